# SPDX-License-Identifier: Apache-2.0
"""The conformance suite over a list of backends."""

load("@rules_cc//cc:defs.bzl", "cc_test")

def conformance_tests(backends):
    """One test for each backend by itself and one for all mixed pairs.

    Args:
      backends: names; the plugin is //backends/NAME:NAME.so.
    """
    for backend in backends:
        cc_test(
            name = backend + "_test",
            args = ["--alone", "--plugin=" + backend],
            data = ["//backends/%s:%s.so" % (backend, backend)],
            deps = [":suite"],
        )
    if len(backends) > 1:
        cc_test(
            name = "mixed_test",
            args = ["--mixed"] + ["--plugin=" + backend for backend in backends],
            data = ["//backends/%s:%s.so" % (backend, backend) for backend in backends],
            deps = [":suite"],
        )
