#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that trestle.h and backend.h can be called without a C compiler.

Go without cgo and ctypes know fixed-width integers and pointers. So a declaration may use those
and nothing else: no enum, bool, bit-field, long, size_t, FILE, variable arguments, struct by value
as an argument, and at most 8 arguments. Every struct begins with `uint32_t size`.

  check_types.py HEADER...              prints the findings and the counts
  check_types.py --functions HEADER...  prints the names of the declared functions
  check_types.py --structs HEADER...    prints the names of the defined structs
"""
import re
import sys

INTEGERS = {f"{sign}int{bits}_t" for sign in ("", "u") for bits in (8, 16, 32, 64)}
MAX_ARGUMENTS = 8
# Elements of arrays, so small and so plain that they never grow.
WITHOUT_SIZE = {"trestle_bytes", "trestle_backend_canary"}
TOKEN = re.compile(r'[A-Za-z_]\w*|\d\w*|"[^"]*"|\.\.\.|\S')


def tokens_of(text):
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
    text = re.sub(r"//[^\n]*", " ", text)
    text = re.sub(r"\\\n", " ", text)
    text = re.sub(r"^#ifdef __cplusplus$.*?^#endif$", " ", text, flags=re.M | re.S)
    text = re.sub(r"^\s*#[^\n]*", " ", text, flags=re.M)
    text = re.sub(r'__attribute__\s*\(\(\w+(\("\w+"\))?\)\)', " ", text)
    return [token for token in TOKEN.findall(text) if token != "TRESTLE_API"]


def split(tokens, separator):
    """Splits at a separator that is in no bracket."""
    parts, depth = [[]], 0
    for token in tokens:
        depth += (token in "({[") - (token in ")}]")
        if token == separator and depth == 0:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


class Checker:
    def __init__(self, known_structs):
        self.structs = known_structs
        self.functions = []
        self.defined_structs = []
        self.findings = []
        self.declarations = 0

    def find(self, where, what):
        self.findings.append(f"{where}: {what}")

    def check_header(self, text):
        for declaration in split(tokens_of(text), ";"):
            if declaration:
                self.declarations += 1
                self.check_declaration(declaration)

    def check_declaration(self, tokens):
        if tokens[:2] == ["typedef", "struct"]:
            self.check_struct(tokens)
        elif tokens[0] == "typedef":
            self.check_callable(tokens[1:])
        elif "(" in tokens:
            self.functions.append(tokens[tokens.index("(") - 1])
            self.check_callable(tokens)
        else:
            self.find(" ".join(tokens[:4]), "neither a struct nor a function")

    def check_struct(self, tokens):
        name = tokens[2]
        self.structs.add(name)
        if "{" not in tokens:
            return
        self.defined_structs.append(name)
        body = tokens[tokens.index("{") + 1 : len(tokens) - 1 - tokens[::-1].index("}")]
        members = [member for member in split(body, ";") if member]
        if members[0] != ["uint32_t", "size"] and name not in WITHOUT_SIZE:
            self.find(name, "does not begin with `uint32_t size`")
        for member in members:
            if "(" in member:
                self.check_callable(member, name)
            else:
                self.check_value(member, name, by_value=True)

    def check_callable(self, tokens, where=""):
        """A function, or a pointer to one: RESULT NAME(...) or RESULT (*NAME)(...)."""
        groups = tokens.index("(")
        pointer = tokens[groups + 1] == "*"
        name = tokens[groups + 2] if pointer else tokens[groups - 1]
        result = tokens[:groups] if pointer else tokens[: groups - 1]
        start = tokens.index("(", groups + 1) if pointer else groups
        where = f"{where}.{name}" if where else name
        if result != ["void"]:
            self.check_type(result, where)
        arguments = split(tokens[start + 1 : -1], ",")
        if arguments == [["void"]]:
            return
        if len(arguments) > MAX_ARGUMENTS:
            self.find(where, f"{len(arguments)} arguments; at most {MAX_ARGUMENTS}")
        for argument in arguments:
            self.check_value(argument, where, by_value=False)

    def check_value(self, tokens, where, by_value):
        """A member or an argument: TYPE NAME, with an array's length behind it."""
        if tokens == ["..."]:
            return self.find(where, "variable arguments")
        if ":" in tokens:
            return self.find(where, f"bit-field {' '.join(tokens)}")
        if tokens == [] or tokens == ["void"]:
            return self.find(where, "an argument without a type")
        array = "[" in tokens
        head = tokens[: tokens.index("[")] if array else tokens
        if array and not by_value:
            return self.find(where, f"array as an argument: {' '.join(tokens)}")
        self.check_type(head[:-1], f"{where}({head[-1]})", array, by_value)

    def check_type(self, tokens, where, array=False, by_value=False):
        base = [token for token in tokens if token not in ("const", "*")]
        pointer = "*" in tokens
        if len(base) != 1:
            return self.find(where, f"type `{' '.join(tokens)}`")
        base = base[0]
        if base in INTEGERS or (base == "char" and (pointer or array)) or (base == "void" and pointer):
            return
        if base in self.structs and (pointer or by_value):
            return
        self.find(where, f"type `{' '.join(tokens)}`")


def main(arguments):
    listing = arguments[0] if arguments and arguments[0].startswith("--") else None
    headers = arguments[1:] if listing else arguments
    structs, failed, total = set(), 0, 0
    for header in headers:
        checker = Checker(structs)
        with open(header, encoding="utf-8") as file:
            checker.check_header(file.read())
        if listing:
            names = {"--functions": checker.functions, "--structs": checker.defined_structs}
            print("\n".join(sorted(names[listing])))
            continue
        if checker.declarations == 0:
            checker.find(header, "no declaration found")
        for finding in checker.findings:
            print(f"FAILED: {header}: {finding}")
        print(f"{header}: {checker.declarations} declarations, {len(checker.functions)} functions")
        total += checker.declarations
        failed += len(checker.findings)
    if not listing:
        print(f"types: {total} declarations checked, {failed} findings")
    return 1 if failed or not headers else 0


sys.exit(main(sys.argv[1:]))
