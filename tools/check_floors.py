#!/usr/bin/env python3
"""Fails when a file of src/ includes a header of a floor above its own (or a floor nobody listed).

Usage: check_floors.py SOURCE_DIR. The order of the floors is read from cmake/floors.cmake, so there is one list.
"""
import pathlib
import re
import sys


def main() -> int:
    root = pathlib.Path(sys.argv[1])
    floors = re.findall(r"^hanse_floor\((\w+)", (root / "cmake/floors.cmake").read_text(), re.M)
    level = {name: i for i, name in enumerate(floors)}
    problems = []
    for path in sorted((root / "src").rglob("*.[ch]")):
        floor = path.relative_to(root / "src").parts[0]
        if floor not in level:
            problems.append(f"{path}: folder {floor} is not a floor of cmake/floors.cmake")
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = re.match(r'\s*#\s*include\s+"([^"/]+)/', line)
            if not match:
                continue
            used = match.group(1)
            if used == "hanse":  # include/hanse: the client floor's contract
                used = "client"
            if used not in level:
                problems.append(f"{path}:{number}: includes {used}/, which is not a floor")
            elif level[used] > level[floor]:
                problems.append(f"{path}:{number}: {floor} includes {used}, a floor above it")
    print("\n".join(problems) or f"{len(floors)} floors, no include points upwards")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
