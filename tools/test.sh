#!/bin/bash
# Builds and runs the tests: release | asan | tsan | e2e | interop | all. The last line is "N passed, N failed" (", N skipped").
# Each flavour has its own build folder; tests take free ports and temporary directories, so runs can go side by side.
set -u
cd "$(dirname "$0")/.."
jobs=${TEST_JOBS:-2}
passed=0 failed=0 skipped=0

build() { # preset
    echo "== building $1"
    local log
    log=$(mktemp)
    if ! { cmake --preset "$1" && cmake --build "build/$1"; } >"$log" 2>&1; then
        tail -n 60 "$log"
        rm -f "$log"
        failed=$((failed + 1))
        return 1
    fi
    rm -f "$log"
}

run() { # preset, ctest arguments
    local preset=$1 report log
    shift
    echo "== testing $preset $*"
    report=$(mktemp) log=$(mktemp)
    if ctest --test-dir "build/$preset" -j"$jobs" --output-on-failure --output-junit "$report" "$@" >"$log" 2>&1; then
        grep -E 'Test +#|^Total' "$log"
    else
        tail -n 400 "$log"
    fi
    rm -f "$log"
    read -r p f s < <(python3 - "$report" <<'END'
import sys, xml.etree.ElementTree as tree
try:
    suite = tree.parse(sys.argv[1]).getroot()
    total, failures, skips = (int(suite.get(k, 0)) for k in ("tests", "failures", "skipped"))
    disabled = int(suite.get("disabled", 0))
    print(total - failures - skips - disabled, failures, skips + disabled)
except Exception:
    print(0, 1, 0)
END
)
    rm -f "$report"
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
}

# Public SDKs against a chain of four nodes. Those that cannot be had here are skipped, with a word why.
interop() {
    echo "== testing interop: public SDKs against four nodes"
    local report p f s seconds=400
    [ -n "${SDKS:-}" ] && seconds=1200
    report=$(mktemp)
    INTEROP_FETCH_SECONDS=${INTEROP_FETCH_SECONDS:-60} timeout "$seconds" python3 tests/interop/run.py | tee "$report"
    if read -r p f s < <(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed, \([0-9]*\) skipped$/\1 \2 \3/p' "$report"); then
        passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    else
        echo "interop: no result within $seconds s"
        failed=$((failed + 1))
    fi
    rm -f "$report"
}

what=${1:-all}
case $what in
release | all) build release && run release -LE 'e2e|tsan' ;;&
asan | all) build asan && run asan -LE 'e2e|tsan' ;;&
e2e | all) build release && run release -L e2e ;;&
interop | all) build release && interop ;;&
tsan | all) build tsan && run tsan -L tsan ;;&
esac
line="$passed passed, $failed failed"
[ "$skipped" -gt 0 ] && line="$line, $skipped skipped"
echo "$line"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
