#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Shows that summarize_tests.py counts right, and that nothing that went wrong is lost."""

import json
import os
import subprocess
import sys
import tempfile
import unittest

SUMMARIZE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "summarize_tests.py")

PASS = '<testcase name="Pass" classname="A" status="run" result="completed" />'
FAIL = '<testcase name="Fail" classname="A" status="run"><failure message="one is two"/></testcase>'
SKIP = ('<testcase name="Skip" classname="A" status="run" result="skipped">'
        '<skipped message="a_test.cc:7&#x0A;no such thing"/></testcase>')
SILENT_SKIP = ('<testcase name="Skip" classname="A" status="run" result="skipped">'
               '<skipped message="a_test.cc:7&#x0A;"/></testcase>')
DISABLED = '<testcase name="DISABLED_Off" classname="A" status="notrun" result="suppressed" />'
CRASH = '<testcase name="a/a_test" status="run"><error message="exited with error code 134"/></testcase>'


class SummarizeTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        self.events = []

    def path(self, name, content=None):
        path = os.path.join(self.directory, name)
        if content is not None:
            with open(path, "w", encoding="utf-8") as file:
                file.write(content)
        return path

    def configured(self, label):
        self.events.append({"id": {"targetConfigured": {"label": label}},
                            "configured": {"targetKind": "cc_test rule"}})

    def completed(self, label, **event):
        self.events.append({"id": {"targetCompleted": {"label": label}}, **event})

    def target(self, label, cases, status="PASSED", log="the log\n"):
        """A test that ran; `cases` is the inside of its test.xml, or None for no such file."""
        number = len(self.events)
        self.configured(label)
        self.completed(label, completed={"success": True})
        outputs = [{"name": "test.log", "uri": "file://" + self.path(f"{number}.log", log)}]
        if cases is not None:
            xml = self.path(f"{number}.xml", f"<testsuites><testsuite>{cases}</testsuite></testsuites>")
            outputs.append({"name": "test.xml", "uri": "file://" + xml})
        self.events.append({"id": {"testResult": {"label": label}},
                            "testResult": {"status": status, "testActionOutput": outputs}})

    def run_tool(self, *arguments):
        environment = dict(os.environ, COUNTS=self.path("counts"))
        return subprocess.run([sys.executable, SUMMARIZE, *arguments], env=environment,
                              stdout=subprocess.PIPE, universal_newlines=True, check=False)

    def expect(self, mode, path, exit_code, counts, *words):
        result = self.run_tool(mode, "stage", path, str(exit_code))
        last = result.stdout.splitlines()[-1]
        self.assertEqual(last, f"[stage] {counts}", result.stdout)
        for word in words:
            self.assertIn(word, result.stdout)
        self.assertEqual(result.returncode, 0 if ", 0 failed" in counts else 1)
        with open(self.path("counts"), encoding="utf-8") as file:
            self.assertEqual(file.read().strip(), counts)

    def expect_bazel(self, exit_code, counts, *words):
        path = self.path("events", "".join(json.dumps(event) + "\n" for event in self.events))
        self.expect("bazel", path, exit_code, counts, *words)

    def test_counts_cases(self):
        self.target("//a:a_test", PASS + PASS)
        self.target("//a:b_test", PASS)
        self.expect_bazel(0, "3 passed, 0 failed, 0 skipped")

    def test_failure_has_its_message_and_its_log(self):
        self.target("//a:a_test", PASS + FAIL, "FAILED", "said something\n")
        self.expect_bazel(3, "1 passed, 1 failed, 0 skipped",
                          "FAILED [stage] //a:a_test A.Fail", "one is two", "said something")

    def test_skip_has_its_reason(self):
        self.target("//a:a_test", PASS + SKIP + DISABLED)
        self.expect_bazel(0, "1 passed, 0 failed, 2 skipped",
                          "skipped [stage] //a:a_test A.Skip: no such thing",
                          "A.DISABLED_Off: disabled in its source")

    def test_skip_without_a_reason_fails(self):
        self.target("//a:a_test", SILENT_SKIP)
        self.expect_bazel(0, "0 passed, 1 failed, 0 skipped", "skipped without a reason")

    def test_crash_fails(self):
        self.target("//a:a_test", CRASH, "FAILED")
        self.expect_bazel(3, "0 passed, 1 failed, 0 skipped", "exited with error code 134")

    def test_failure_after_the_cases_fails(self):
        self.target("//a:a_test", PASS, "FAILED", "LeakSanitizer\n")
        self.expect_bazel(3, "1 passed, 1 failed, 0 skipped", "no case failed", "LeakSanitizer")

    def test_report_of_a_sanitizer_is_shown_from_its_start(self):
        frames = "".join(f"    #{number} frame\n" for number in range(100))
        log = f"before\nWARNING: ThreadSanitizer: data race\n{frames}the end\n"
        self.target("//a:a_test", CRASH, "FAILED", log)
        self.expect_bazel(3, "0 passed, 1 failed, 0 skipped", "data race", "#1 frame", "the end")

    def test_missing_xml_fails(self):
        self.target("//a:a_test", None)
        self.expect_bazel(0, "0 passed, 1 failed, 0 skipped", "no readable test.xml")

    def test_test_without_a_case_fails(self):
        self.target("//a:a_test", "")
        self.expect_bazel(0, "0 passed, 1 failed, 0 skipped", "has no test case")

    def test_target_that_does_not_build_fails(self):
        self.target("//a:a_test", PASS)
        self.configured("//a:b_test")
        self.completed("//a:b_test", completed={})
        self.expect_bazel(1, "1 passed, 1 failed, 0 skipped", "//a:b_test does not build")

    def test_test_that_never_ran_fails(self):
        self.configured("//a:a_test")
        self.expect_bazel(8, "0 passed, 1 failed, 0 skipped", "//a:a_test has no result")

    def test_target_for_another_configuration_is_skipped(self):
        self.target("//a:a_test", PASS)
        for label, aborted, children in (
                ("//a:old_bazel_test", {"reason": "ANALYSIS_FAILURE"},
                 [{"unconfiguredLabel": {"label": "@platforms//:incompatible"}}]),
                ("//a:new_bazel_test", {"reason": "SKIPPED"}, [])):
            self.configured(label)
            self.completed(label, aborted=aborted, children=children)
        self.expect_bazel(0, "1 passed, 0 failed, 2 skipped", "not for this configuration")

    def test_analysis_failure_fails(self):
        self.configured("//a:a_test")
        self.completed("//a:a_test", aborted={"reason": "ANALYSIS_FAILURE"},
                       children=[{"unconfiguredLabel": {"label": "//a:missing"}}])
        self.expect_bazel(1, "0 passed, 1 failed, 0 skipped", "//a:a_test does not build")

    def test_bazel_that_fails_without_a_target_fails(self):
        self.target("//a:a_test", PASS)
        self.expect_bazel(1, "1 passed, 1 failed, 0 skipped", "bazel ended with exit code 1")

    def test_run_without_tests_fails(self):
        self.expect_bazel(0, "0 passed, 1 failed, 0 skipped", "bazel ran no test")

    def test_missing_events_fail(self):
        self.expect("bazel", self.path("nothing"), 37, "0 passed, 1 failed, 0 skipped")

    def test_script_tells_its_counts(self):
        log = self.path("log", "ok: a\nskipped: b: no tool\n1 passed, 0 failed, 1 skipped\n")
        self.expect("script", log, 0, "1 passed, 0 failed, 1 skipped", "skipped [stage] b: no tool")

    def test_script_with_failures_shows_its_log(self):
        log = self.path("log", "FAILED: a\n1 passed, 1 failed, 0 skipped\n")
        self.expect("script", log, 1, "1 passed, 1 failed, 0 skipped", "| FAILED: a")

    def test_script_that_breaks_off_fails(self):
        log = self.path("log", "ok: a\nSegmentation fault\n")
        self.expect("script", log, 139, "0 passed, 1 failed, 0 skipped", "no count", "Segmentation")

    def test_script_that_fails_after_its_count_fails(self):
        log = self.path("log", "1 passed, 0 failed, 0 skipped\n")
        self.expect("script", log, 2, "1 passed, 1 failed, 0 skipped", "exit code 2")

    def test_script_that_checks_nothing_fails(self):
        log = self.path("log", "0 passed, 0 failed, 0 skipped\n")
        self.expect("script", log, 0, "0 passed, 1 failed, 0 skipped", "checked nothing")

    def test_total_is_the_sum(self):
        paths = [self.path("a", "1 passed, 0 failed, 2 skipped\n"),
                 self.path("b", "3 passed, 0 failed, 4 skipped\n")]
        result = self.run_tool("total", *paths)
        self.assertEqual(result.stdout, "4 passed, 0 failed, 6 skipped\n")
        self.assertEqual(result.returncode, 0)
        paths.append(self.path("c", "0 passed, 1 failed, 0 skipped\n"))
        self.assertEqual(self.run_tool("total", *paths).returncode, 1)

    def test_total_of_nothing_is_no_success(self):
        path = self.path("a", "0 passed, 0 failed, 1 skipped\n")
        self.assertEqual(self.run_tool("total", path).returncode, 1)
        self.assertNotEqual(self.run_tool("total", self.path("b", "rubbish\n")).returncode, 0)


if __name__ == "__main__":
    unittest.main()
