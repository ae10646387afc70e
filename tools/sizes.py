#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Sizes that a reader can hold: files and functions (CONTRIBUTING.md).

Asks (prints) at 600 lines a file and 60 a function; fails at 1000 and 100.
"""
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FILE_ASK, FILE_FAIL = 600, 1000
FUNCTION_ASK, FUNCTION_FAIL = 60, 100


def functions(lines):
    """(name line, length) of each function: house style puts its opening and
    closing brace in the first column."""
    start = None
    for number, line in enumerate(lines, 1):
        if line == "{":
            start = number
        elif line == "}" and start:
            yield start - 1, number - start + 1
            start = None


def main():
    failed = False
    lengths = []
    for path in sorted((ROOT / "src").rglob("*.c")):
        lines = path.read_text().splitlines()
        name = path.relative_to(ROOT)
        if len(lines) > FILE_ASK:
            print(f"{name}: {len(lines)} lines")
            failed |= len(lines) > FILE_FAIL
        for number, length in functions(lines):
            lengths.append(length)
            if length > FUNCTION_ASK:
                print(f"{name}:{number}: a function of {length} lines")
                failed |= length > FUNCTION_FAIL
    lengths.sort()
    if lengths:
        print(f"sizes: {len(lengths)} functions, median "
              f"{lengths[len(lengths) // 2]} lines, 90 % up to "
              f"{lengths[len(lengths) * 9 // 10]}, longest {lengths[-1]}")
    return 1 if failed else 0


sys.exit(main())
