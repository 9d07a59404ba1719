#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Counts what the tests did, one GoogleTest case at a time.

  summarize_tests.py bazel STAGE EVENTS EXIT_CODE   a run of `bazel test`, by its build events (JSON)
  summarize_tests.py script STAGE LOG EXIT_CODE     a script that ends with "N passed, N failed, ..."
  summarize_tests.py total COUNTS...                the sum of the files that the others wrote

The first two print each failure with the end of its log and each skip with its reason, and write
their counts to the file named by the variable COUNTS. What can't be accounted for is a failure: a
target that didn't build, a test without a result or without a case, an end without a count.
"""

import json
import os
import re
import sys
import urllib.parse
import xml.etree.ElementTree as ElementTree

LOG_LINES = 40
# What a sanitizer reports stands above the end, and its first lines tell the most.
REPORT_LINES = 60
REPORT = re.compile(r"WARNING: ThreadSanitizer|ERROR: (Address|Leak)Sanitizer|: runtime error: ")
COUNT_LINE = re.compile(r"^(\d+) passed, (\d+) failed, (\d+) skipped$")
BAZEL_SUCCESS = 0
BAZEL_TESTS_FAILED = 3


class Counts:
    def __init__(self, stage):
        self.stage = stage
        self.passed = 0
        self.failed = 0
        self.skipped = 0

    def fail(self, what, detail=""):
        self.failed += 1
        print(f"FAILED [{self.stage}] {what}")
        for line in detail.rstrip().splitlines():
            print(f"    {line}")

    def skip(self, what, reason):
        self.skipped += 1
        print(f"skipped [{self.stage}] {what}: {reason}")

    def line(self):
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def tail(path):
    """The end of a log, and before it the start of a sanitizer's report that would be cut off."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            lines = file.readlines()
    except OSError as error:
        return f"no log: {error}"
    end = max(0, len(lines) - LOG_LINES)
    for number, line in enumerate(lines[:end]):
        if REPORT.search(line):
            last = min(end, number + REPORT_LINES)
            cut = ["...\n"] if last < end else []
            return "".join(lines[number:last] + cut + lines[end:])
    return "".join(lines[end:])


def local_path(uri):
    return urllib.parse.unquote(urllib.parse.urlparse(uri).path)


def count_case(counts, target, case):
    """Counts one <testcase>; returns whether it failed."""
    name = f"{target} {case.get('classname', '')}.{case.get('name')}".replace(" .", " ")
    problems = case.findall("failure") + case.findall("error")
    skipped = case.find("skipped")
    if problems:
        counts.fail(name, "\n".join(problem.get("message", "") for problem in problems))
        return True
    if skipped is not None:
        # The first line is the place in the source.
        reason = " ".join(skipped.get("message", "").splitlines()[1:]).strip()
        if reason:
            counts.skip(name, reason)
        else:
            counts.fail(name, "skipped without a reason")
            return True
    elif case.get("status") == "notrun":
        counts.skip(name, "disabled in its source")
    else:
        counts.passed += 1
    return False


def count_result(counts, target, result):
    """One run of one test target, or of one shard of it; returns how many cases it accounts for."""
    outputs = {output["name"]: local_path(output["uri"])
               for output in result.get("testActionOutput", []) if "uri" in output}
    log = tail(outputs.get("test.log", "(none)"))
    status = result.get("status", "NO_STATUS")
    try:
        cases = ElementTree.parse(outputs["test.xml"]).findall(".//testcase")
    except (KeyError, OSError, ElementTree.ParseError) as error:
        counts.fail(f"{target} ({status})", f"no readable test.xml: {error!r}\n{log}")
        return 1
    failures = [count_case(counts, target, case) for case in cases]
    if any(failures):
        print("    ... the end of its log:")
        print("".join(f"    | {line}\n" for line in log.splitlines()))
    elif status != "PASSED":
        counts.fail(f"{target} ({status}, though no case failed)", log)
    return len(cases)


def is_incompatible(event):
    """Whether the target isn't for this configuration (target_compatible_with)."""
    if event["aborted"].get("reason") == "SKIPPED":
        return True
    causes = [child.get("unconfiguredLabel", {}).get("label", "")
              for child in event.get("children", [])]
    return bool(causes) and all(cause.endswith("//:incompatible") for cause in causes)


def read_events(path):
    events = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            event = json.loads(line)
            kind, identity = next(iter(event["id"].items()))
            events.setdefault(kind, []).append((identity, event))
    return events


def count_bazel(counts, events_path, exit_code):
    try:
        events = read_events(events_path)
    except (OSError, ValueError) as error:
        counts.fail(f"bazel (exit code {exit_code})", f"no readable events: {error}")
        return
    waiting = {identity["label"] for identity, event in events.get("targetConfigured", [])
               if event.get("configured", {}).get("targetKind", "").endswith("_test rule")}
    cases = {}
    for identity, event in events.get("testResult", []):
        label = identity["label"]
        waiting.discard(label)
        cases[label] = cases.get(label, 0) + count_result(counts, label, event["testResult"])
    for identity, event in events.get("targetCompleted", []):
        label = identity["label"]
        if "aborted" in event and is_incompatible(event):
            waiting.discard(label)
            counts.skip(label, "not for this configuration")
        elif not event.get("completed", {}).get("success"):
            waiting.discard(label)
            counts.fail(f"{label} does not build")
    for label in sorted(waiting):
        counts.fail(f"{label} has no result")
    for label, number in sorted(cases.items()):
        if number == 0:
            counts.fail(f"{label} has no test case")
    if exit_code not in (BAZEL_SUCCESS, BAZEL_TESTS_FAILED) and counts.failed == 0:
        counts.fail(f"bazel ended with exit code {exit_code}")
    if exit_code == BAZEL_SUCCESS and not cases:
        counts.fail("bazel ran no test")


def count_script(counts, log_path, exit_code):
    with open(log_path, encoding="utf-8", errors="replace") as file:
        lines = file.read().splitlines()
    for line in lines:
        if line.startswith("skipped: "):
            print(f"skipped [{counts.stage}] {line[len('skipped: '):]}")
    match = COUNT_LINE.match(lines[-1]) if lines else None
    if match is None:
        counts.fail(f"it ended with exit code {exit_code} and no count", tail(log_path))
        return
    counts.passed, counts.failed, counts.skipped = map(int, match.groups())
    if counts.failed:
        print(f"FAILED [{counts.stage}] {counts.failed} of its checks; the end of its log:")
        print("".join(f"    | {line}\n" for line in tail(log_path).splitlines()))
    elif exit_code != 0:
        counts.fail(f"it ended with exit code {exit_code}, though no check failed", tail(log_path))
    elif counts.passed == 0 and counts.skipped == 0:
        counts.fail("it checked nothing", tail(log_path))


def total(paths):
    sums = [0, 0, 0]
    for path in paths:
        with open(path, encoding="utf-8") as file:
            match = COUNT_LINE.match(file.read().strip())
        if match is None:
            raise SystemExit(f"{path} holds no count")
        sums = [a + int(b) for a, b in zip(sums, match.groups())]
    print(f"{sums[0]} passed, {sums[1]} failed, {sums[2]} skipped")
    return 1 if sums[1] or not sums[0] else 0


def main(arguments):
    if len(arguments) >= 2 and arguments[0] == "total":
        return total(arguments[1:])
    if len(arguments) != 4 or arguments[0] not in ("bazel", "script"):
        raise SystemExit(__doc__)
    mode, stage, path, exit_code = arguments
    counts = Counts(stage)
    count = count_bazel if mode == "bazel" else count_script
    count(counts, path, int(exit_code))
    with open(os.environ["COUNTS"], "w", encoding="utf-8") as file:
        print(counts.line(), file=file)
    print(f"[{stage}] {counts.line()}")
    return 1 if counts.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
