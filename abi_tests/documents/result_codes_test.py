#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""trestle.h tells of each result, and of each function which results it can return at once.

1. Every TRESTLE_RESULT_* stands in some function's comment, by its whole name or as one of a family
   that ends in `_*`, and by its whole name in docs/primitives.md or the backend author's guide.
2. What the code of a function can return is in its comment, or among the results that the rules at
   the top of trestle.h give to all of its kind.
3. A function that isn't a request or a response returns nothing else than what its comment says.
4. A request's comment names its confirm, a response's the indication that it answers.

The code is that of core/c_api and core/names, and what it calls on the caller's thread.
"""
import os
import re
import sys

# Under Bazel, this file is a link into the source tree, where all others are.
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
SOURCES = ["core/c_api/connection_api.cc", "core/c_api/engine_api.cc", "core/c_api/queue_api.cc",
           "core/c_api/session_api.cc", "core/names/names.cc"]
# Called from there.
SHARED = ["core/c_api/api.h", "core/engine/engine.cc", "core/session/config_option.cc"]
DOCUMENTS = ["docs/primitives.md", "docs/backend-authors-guide.md"]
NAME = re.compile(r"(?<!\w)(?:TRESTLE_RESULT_)?([A-Z][A-Z0-9_]*)(\*?)(?!\w)")
COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.S)
# `name(` or `name<T>(` that isn't a member's; members of Engine begin with begin_.
CALL = re.compile(r"(?<![\w.>:])(\w+)\(|->(begin_\w+)\(")
DEFINITION = re.compile(
    r"^(?:inline |template <[^>]*>\n)*[\w:<>*& ]*?\b(\w+)\([^;{}]*?\)(?: const)?(?: noexcept)? \{\n"
    r"(.*?)^\}", re.M | re.S)


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


class Header:
    def __init__(self):
        text = read("api/trestle/trestle.h")
        self.results = set(re.findall(r"^#define TRESTLE_RESULT_(\w+) ", text, re.M)) - {"SUCCESS"}
        self.rules = re.sub(r"\n \*", "", text[text.index("any request may return") :
                                               text.index("Function comments list")])
        self.comments = {}
        for comment, name in re.findall(
                r"/\*((?:[^*]|\*(?!/))*)\*/\s*TRESTLE_API [^(]*?(trestle_\w+)\(", text):
            self.comments[name] = comment
        self.functions = re.findall(r"^TRESTLE_API [^(]*?(trestle_\w+)\(", text, re.M)

    def named_in(self, text):
        """The results that a text names; a family stands for each of its members."""
        named = set()
        for name, star in NAME.findall(text):
            if star:
                named |= {result for result in self.results if result.startswith(name)}
            elif name in self.results:
                named.add(name)
        return named

    def common_to(self, function):
        request, response, other = (self.named_in(part) for part in self.rules.split("; any "))
        if function.endswith("_req"):
            return request
        return response if function.endswith("_res") else other


class Code:
    def __init__(self):
        self.shared = {}
        for path in SHARED:
            self.shared.update(self.definitions(path))
        self.functions = {}
        for path in SOURCES:
            local = {**self.shared, **self.definitions(path)}
            for name in local:
                if name.startswith("trestle_"):
                    self.functions[name] = self.results_of(name, local, set())

    @staticmethod
    def definitions(path):
        return dict(DEFINITION.findall(COMMENT.sub("", read(path))))

    def results_of(self, name, bodies, seen):
        """Whatever a function, or one that it calls, names as a result."""
        seen.add(name)
        body = bodies[name]
        # What is compared isn't returned, nor what a call gives that is a statement of its own.
        body = re.sub(r"[!=]= TRESTLE_RESULT_\w+", "", body)
        body = re.sub(r"(?<=[;{}\n])\s*\w+\([^;]*\);", "", body)
        found = set(re.findall(r"TRESTLE_RESULT_(\w+)", body)) - {"SUCCESS"}
        for pair in CALL.findall(body):
            called = pair[0] or pair[1]
            if called in bodies and called not in seen:
                found |= self.results_of(called, bodies, seen)
        return found


def check(header, code):
    findings = []
    everywhere = set().union(*(header.named_in(comment) for comment in header.comments.values()))
    written = set().union(*(set(re.findall(r"`([A-Z0-9_]+)`", read(path))) for path in DOCUMENTS))
    common = header.named_in(header.rules)
    for result in sorted(header.results):
        if result not in everywhere | common:
            findings.append(f"trestle.h: no function's comment names {result}")
        if result not in written:
            findings.append(f"{' and '.join(DOCUMENTS)} don't name `{result}`")
    for name in header.functions:
        if name not in header.comments:
            findings.append(f"{name} has no comment")
            continue
        comment = header.comments[name]
        if name.endswith(("_req", "_res")):
            answer = ("_CFM" if name.endswith("_req") else "_IND")
            primitive = name[len("trestle_") : -len("_req")].upper()
            if primitive.split("_", 1)[-1] + answer not in comment.replace("\n *", ""):
                findings.append(f"{name}: the comment names no {primitive}{answer}")
        if name not in code.functions:
            continue
        told, returned = header.named_in(comment), code.functions[name]
        for result in sorted(returned - told - header.common_to(name)):
            findings.append(f"{name} can return {result}; its comment doesn't say so")
        if not name.endswith(("_req", "_res")):
            for result in sorted(told - returned):
                findings.append(f"{name} never returns {result}, as its comment says")
    return findings


def main():
    header, code = Header(), Code()
    findings = check(header, code)
    for finding in findings:
        print("FAILED:", finding)
    checked = set(header.functions) & set(code.functions)
    print(f"result codes: {len(header.results)} results, {len(header.functions)} functions, "
          f"{len(checked)} of them compared with the code, {len(findings)} findings")
    engine_functions = re.findall(r"^TRESTLE_API int32_t (trestle_\w+)\(trestle_engine",
                                  read("api/trestle/trestle.h"), re.M) + ["trestle_constant"]
    missing = sorted(set(engine_functions) - checked)
    for name in missing:
        print(f"FAILED: the code of {name} wasn't found")
    return 1 if findings or missing or not header.results else 0


if __name__ == "__main__":
    sys.exit(main())
