#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The layer rule: which folder may include from which. Arrows point down only.

Exits 1 and names every line that breaks it. The table below is the
architecture; ARCHITECTURE.md draws it.
"""
import pathlib
import re
import sys

SRC = pathlib.Path(__file__).resolve().parent.parent / "src"

# folder -> folders that it may include from, besides itself
ALLOWED = {
    "base": set(),
    "auth": {"base"},
    "wire": {"base"},
    "net": {"base"},
    "store": {"base"},
    "blob": {"base"},
    "hub": {"base", "auth", "store", "blob"},
    "dialect": {"base", "auth", "hub", "store", "blob"},
    "dialect/http": {"base", "auth", "hub", "store", "blob", "dialect"},
    "dialect/line": {"base", "auth", "hub", "store", "blob", "dialect"},
    "dialect/native": {"base", "auth", "hub", "store", "blob", "dialect",
                       "wire"},
    "edge": {"base", "net", "hub", "blob", "dialect"},
    "server": {"base", "auth", "net", "store", "blob", "hub", "dialect",
               "dialect/http", "dialect/line", "dialect/native", "edge"},
    "link": {"base", "net", "wire"},
    "client/cli": {"base", "link", "wire"},
}

# A codec is pure: only base and wire, so that it can be fuzzed by itself.
CODEC = re.compile(r"_wire\.[ch]$")
CODEC_ALLOWED = {"base", "wire"}

# The generated vocabulary belongs to those who speak it.
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')

# What no source may call: unbounded or locale-bound, or a second way to do
# what base/ does.
BANNED = re.compile(r"\b(strcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|rand"
                    r"|srand|alloca)\s*\(")


def folder_of(path):
    return str(pathlib.PurePosixPath(path).parent)


def check(path):
    relative = path.relative_to(SRC).as_posix()
    folder = folder_of(relative)
    if folder not in ALLOWED:
        yield f"src/{relative}: the folder is not in the table of tools/layers.py"
        return
    allowed = ALLOWED[folder] | {folder}
    if CODEC.search(relative):
        allowed = CODEC_ALLOWED | {folder}
    is_test = relative.endswith(("_test.c", "_test.h", "_fuzz.c"))
    for number, line in enumerate(path.read_text().splitlines(), 1):
        include = INCLUDE.match(line)
        if include:
            target = folder_of(include.group(1))
            if target == ".":
                yield f"src/{relative}:{number}: include from src/: {line.strip()}"
            elif target not in allowed and not is_test:
                yield (f"src/{relative}:{number}: {folder} may not include "
                       f"from {target}")
        if BANNED.search(line):
            yield f"src/{relative}:{number}: banned call: {line.strip()}"


def main():
    files = sorted(p for p in SRC.rglob("*.[ch]"))
    faults = [fault for path in files for fault in check(path)]
    print("\n".join(faults) or f"layers: {len(files)} files keep the rule")
    return 1 if faults else 0


sys.exit(main())
