#!/bin/bash
# Builds hanse once for each bug of src/base/mutant.h and lets the scenarios of tests/simulation/sim and the seeds of `hanse sim` look for it.
# Each must be found. Usage: tools/sim_mutants.sh [number ...]; ALL=1 goes on after the first find, to see who finds what.
# The last line is "N mutants, N caught".
set -u
cd "$(dirname "$0")/.."
build=build/mutant seeds=${SEEDS:-1..60} hours=${HOURS:-0.015}
count=$(awk '/MUTANT_SMALL_QUORUM = 1/ {n = 1} n && /^    MUTANT_[A-Z_]+[ ,]/ && !/MUTANT_COUNT/ {print n++}' src/base/mutant.h | tail -1)
name_of() { grep -oE '^    MUTANT_[A-Z_]+' src/base/mutant.h | sed -n "${1}s/^ *MUTANT_//p" | tr 'A-Z_' 'a-z '; }
numbers=("$@")
[ $# -eq 0 ] && mapfile -t numbers < <(seq 1 "$count")
scenarios=(); for source in tests/simulation/sim/test_*.c; do scenarios+=("$(basename "$source" .c)"); done
log=$(mktemp)
trap 'rm -f "$log"' EXIT
caught=0 total=0

build_one() { # number
    cmake -S . -B $build -G Ninja -DCMAKE_BUILD_TYPE=Release -DHANSE_MUTANT="$1" >"$log" 2>&1 &&
        cmake --build $build --target hanse "${scenarios[@]/#/simulation_sim_}" >>"$log" 2>&1 || { tail -n 30 "$log"; exit 1; }
}

# Prints who finds it and how; fails when nobody does.
look() {
    local found=1
    for scenario in "${scenarios[@]}"; do
        { timeout 120 "$build/simulation_sim_$scenario"; } >"$log" 2>&1 && continue # the braces: an abort is told into the log
        found=0
        printf '    %-30s %s\n' "$scenario" "$(grep -m1 -oE '(agreement|quorum|votes|sealers|roots|time|once|expired|order|durability|promise|bounds): .*|no block .*|[^ ]+: Assertion.*|[0-9a-zA-Z_> -]+ [!<=]+ .*' "$log" | cut -c1-150)"
        [ -z "${ALL:-}" ] && return 0
    done
    timeout 300 "$build/hanse" sim --seeds "$seeds" --hours "$hours" --jobs 2 --quiet >"$log" 2>&1 || {
        found=0
        printf '    %-30s %s\n' "hanse sim" "$(grep -m1 '^seed' "$log" | cut -c1-150); $(tail -1 "$log")"
    }
    return $found
}

for number in "${numbers[@]}"; do
    build_one "$number"
    echo "$number $(name_of "$number")"
    total=$((total + 1))
    if look; then caught=$((caught + 1)); else echo "    NOT FOUND"; fi
done
echo "$total mutants, $caught caught"
[ "$total" -eq "$caught" ]
