#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that no constant of the public headers ever changes.

A program has constants compiled in, so a changed value breaks it without a word, and abidiff does
not see macros. A list per header has each constant with its value; it only grows.

  check_constants.py API_DIRECTORY HEADER LIST       compares, prints the findings and the counts
  check_constants.py --print API_DIRECTORY HEADER    prints what the list should hold
HEADER is trestle.h or backend.h.
"""
import collections
import re
import subprocess
import sys
import tempfile

# What is meant to change from release to release.
VERSIONS = re.compile(
    r"TRESTLE_VERSION(_MAJOR|_MINOR|_PATCH)?$|TRESTLE_(BACKEND_)?ABI(_MINOR)?$"
)
NOT_CONSTANTS = re.compile(r"TRESTLE_API$|TRESTLE_\w+_H_$")
# Within each of these families a number has one meaning.
UNIQUE = re.compile(r"TRESTLE_(RESULT|PRIM|OPTION|CAPABILITY|CATEGORY|TLS)_")


def names(api, header):
    with open(f"{api}/trestle/{header}", encoding="utf-8") as file:
        found = set(re.findall(r"^#define (TRESTLE_\w+)[ \\]", file.read(), flags=re.M))
    return sorted(n for n in found if not VERSIONS.match(n) and not NOT_CONSTANTS.match(n))


def values(api, header):
    """Name to value, as the compiler evaluates it; text in quotes."""
    wanted = names(api, header)
    prints = "\n".join(f'  show("{n}", _Generic(({n}), char *: 1, default: 0), (intmax_t)({n}));'
                       for n in wanted)
    program = f"""#include <trestle/{header}>
#include <inttypes.h>
#include <stdio.h>
static void show(const char *name, int is_text, intmax_t value) {{
  if (is_text) printf("%s \\"%s\\"\\n", name, (const char *)value);
  else printf("%s %jd\\n", name, value);
}}
int main(void) {{
{prints}
  return 0;
}}
"""
    with tempfile.TemporaryDirectory() as folder:
        binary = f"{folder}/constants"
        subprocess.run(["gcc", "-std=c11", "-I", api, "-x", "c", "-", "-o", binary],
                       input=program, text=True, check=True)
        lines = subprocess.run([binary], text=True, capture_output=True, check=True).stdout
    return dict(line.split(" ", 1) for line in lines.splitlines())


def compare(frozen, present):
    findings = []
    for name, value in frozen.items():
        if name not in present:
            findings.append(f"{name} is gone")
        elif present[name] != value:
            findings.append(f"{name} was {value} and is {present[name]}")
    findings += [f"{name} is new: add it to the list" for name in present if name not in frozen]
    meanings = collections.defaultdict(list)
    for name, value in present.items():
        family = UNIQUE.match(name)
        if family:
            meanings[family.group(1), value].append(name)
    findings += [f"{' and '.join(same)} are the same number"
                 for same in meanings.values() if len(same) > 1]
    return findings


def main(arguments):
    if arguments[0] == "--print":
        for name, value in values(*arguments[1:]).items():
            print(name, value)
        return 0
    api, header, list_file = arguments
    with open(list_file, encoding="utf-8") as file:
        frozen = dict(line.rstrip("\n").split(" ", 1) for line in file)
    findings = compare(frozen, values(api, header))
    for finding in findings:
        print(f"FAILED: {finding}")
    print(f"constants: {len(frozen)} of {header} checked, {len(findings)} findings")
    return 1 if findings or not frozen else 0


sys.exit(main(sys.argv[1:]))
