#!/usr/bin/env python3
"""Prints the lines and branches of src/ that ran, by floor: coverage.py BUILD_FOLDER [--files].

Each object of the floors is asked with `gcov --json-format`. A line or branch counts once, however many objects hold it
(functions in headers), and as reached when any object ran it. An object that no test linked counts with all its lines."""

import json
import os
import re
import subprocess
import sys

SOURCE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BATCH = 40  # objects for one gcov process


def floors():
    """From the ground up, as the build lists them."""
    with open(os.path.join(SOURCE, "cmake", "floors.cmake")) as f:
        return re.search(r"set\(HANSE_FLOORS ([^)]*)\)", f.read()).group(1).split()


def notes(build):
    """The .gcno files of the floors' libraries; those of the tests' own sources are elsewhere."""
    found = []
    for folder, _, names in os.walk(os.path.join(build, "CMakeFiles")):
        if "/src/" in folder + "/":
            found += [os.path.join(folder, name) for name in names if name.endswith(".gcno")]
    return sorted(found)


def reports(build, files):
    for start in range(0, len(files), BATCH):
        out = subprocess.run(["gcov", "--json-format", "--branch-probabilities", "--stdout", *files[start:start + BATCH]],
                             cwd=build, check=True, capture_output=True, text=True).stdout
        for line in out.splitlines():
            if line.startswith("{"):
                yield json.loads(line)


def collect(build):
    """({(file, line): reached}, {(file, line, branch of the line): reached}) for files of src/."""
    lines, branches = {}, {}
    for report in reports(build, notes(build)):
        for file in report["files"]:
            path = os.path.relpath(os.path.join(report["current_working_directory"], file["file"]), SOURCE)
            if not path.startswith("src" + os.sep):
                continue
            counted = {}  # branches that earlier entries of the same line have (a line in two functions is listed twice)
            for line in file["lines"]:
                key = path, line["line_number"]
                lines[key] = lines.get(key, False) or line["count"] > 0
                for branch in line["branches"]:
                    index = counted[key] = counted.get(key, -1) + 1
                    branches[key + (index,)] = branches.get(key + (index,), False) or branch["count"] > 0
    return lines, branches


def group_of(key, by_file):
    return key[0][len("src/"):] if by_file else key[0].split(os.sep)[1]


def print_table(lines, branches, names, by_file):
    counts = {}
    for column, table in ((0, lines), (2, branches)):
        for key, reached in table.items():
            for name in (group_of(key, by_file), "all"):
                row = counts.setdefault(name, [0, 0, 0, 0])
                row[column] += 1
                row[column + 1] += reached
    print("| %s | Lines | reached | % | Branches | reached | % |".replace("%s", "File" if by_file else "Floor"))
    print("|---|---:|---:|---:|---:|---:|---:|")
    for name in names or sorted(counts.keys() - {"all"}):
        if name in counts:
            print_row(name, counts[name], "")
    if "all" in counts:
        print_row("all", counts["all"], "**")


def print_row(name, row, mark):
    cells = [name]
    for total, reached in (row[:2], row[2:]):
        cells += [str(total), str(reached), "%.1f" % (100 * reached / total) if total else "-"]
    print("| " + " | ".join(mark + cell + mark for cell in cells) + " |")


def main():
    by_file = "--files" in sys.argv[1:]
    build = os.path.abspath(next(a for a in sys.argv[1:] if not a.startswith("-")))
    lines, branches = collect(build)
    if not lines:
        sys.exit("%s holds no counts of gcc: build the coverage preset and run its tests" % build)
    print_table(lines, branches, None if by_file else floors(), by_file)


if __name__ == "__main__":
    main()
