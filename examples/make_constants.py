#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the constants of trestle.h for Rust and Go, under the names that these languages use.

  make_constants.py rust|go CONSTANTS_FILE TRESTLE_H

CONSTANTS_FILE has the value of each, as the compiler evaluates it: abi_tests/gates/trestle.constants.
"""
import re
import sys

# The type that Rust's functions and structs have where the constant is used.
RUST_TYPES = [
    (r"OPTION_", "u32"),
    (r"(RESULT|CATEGORY)_|WAIT_FOREVER$", "i32"),
    (r"(TLS_|VERSION_TLS)", "u16"),
    (r"(CERTIFICATE|PRIVATE_KEY|PSK)$", "u8"),
    (r"\w+_MAX$", "u64"),
    (r"(CERT_DECISION|CLIENT_AUTH)_", "i64"),
    (r"", "u32"),
]


def go_name(name):
    """Suites as crypto/tls names them; the others in Go's way."""
    if name.startswith("TLS_"):
        return name
    return "".join(word.capitalize() for word in name.split("_"))


def rust_line(name, value):
    kind = next(kind for pattern, kind in RUST_TYPES if re.match(pattern, name))
    number = f"0x{int(value):04X}" if name.startswith("TLS_") else value
    return f"pub const {name}: {kind} = {number};"


def main(language, constants_file, header):
    with open(constants_file, encoding="utf-8") as file:
        constants = re.findall(r"^TRESTLE_(\w+) (.+)$", file.read(), flags=re.M)
    # Not in the file, because it grows with the header.
    with open(header, encoding="utf-8") as file:
        constants += re.findall(r"^#define TRESTLE_(ABI_MINOR) (\d+)$", file.read(), flags=re.M)
    print("// SPDX-License-Identifier: Apache-2.0")
    print("// Written by examples/make_constants.py.")
    if language == "rust":
        print("\n".join(rust_line(*constant) for constant in sorted(constants)))
    else:
        print("\npackage trestle\n\n// The constants of trestle.h.\nconst (")
        width = max(len(go_name(name)) for name, _ in constants)
        for name, value in sorted(constants):
            print(f"\t{go_name(name):{width}} = {value}")
        print(")")


main(*sys.argv[1:])
