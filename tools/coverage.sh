#!/bin/bash
# Lines and branches of src/ that the unit, conformance and simulation tests reach, by floor: builds the `coverage` preset, runs
# the tests, reads gcc's counts. coverage.sh [ctest regex]: only those tests. The counts stay in build/coverage.
set -eu
cd "$(dirname "$0")/.."
tests=${1:-'^(unit|conformance|simulation)/'}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { cmake --preset coverage && cmake --build build/coverage; } >"$log" 2>&1; then
    tail -n 60 "$log"
    exit 1
fi
find build/coverage -name '*.gcda' -delete
if ctest --test-dir build/coverage -j"${TEST_JOBS:-2}" -R "$tests" --output-on-failure >"$log" 2>&1; then
    grep '^Total' "$log"
else
    tail -n 200 "$log"
    exit 1
fi
python3 tools/coverage.py build/coverage
