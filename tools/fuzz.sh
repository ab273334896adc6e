#!/bin/bash
# Runs every fuzz target of tests/fuzz for the given number of seconds (default 60) from its committed corpus. Needs clang.
set -u
cd "$(dirname "$0")/.."
seconds=${1:-60}
{ cmake --preset fuzz && cmake --build build/fuzz --target fuzzers; } >build-fuzz.log 2>&1 || { tail -n 30 build-fuzz.log; exit 1; }
rm -f build-fuzz.log
failed=0 count=0
for target in build/fuzz/fuzz_*; do
    [ -x "$target" ] && [ -f "$target" ] || continue
    name=$(basename "$target")
    corpus=$(mktemp -d)
    seeds=tests/fuzz/corpus/$name
    count=$((count + 1))
    if "$target" -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=20 -artifact_prefix="$corpus/" "$corpus" $([ -d "$seeds" ] && echo "$seeds") >"$corpus.log" 2>&1; then
        echo "$name: $(grep -o '#[0-9]*.DONE.*' "$corpus.log" | tail -n 1)"
        rm -rf "$corpus" "$corpus.log"
    else
        echo "$name: FAILED, see $corpus and $corpus.log"
        tail -n 20 "$corpus.log"
        failed=$((failed + 1))
    fi
done
echo "$((count - failed)) passed, $failed failed"
[ "$failed" -eq 0 ]
