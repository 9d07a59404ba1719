#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Renews docs/cipher-suites.md with what the test of the cipher suites finds.
#
# Options for Bazel itself go into BAZEL_STARTUP_OPTIONS, and for its builds into BAZEL_OPTIONS.
set -euo pipefail
cd "$(dirname "$0")/.."
export TRESTLE_SUITE_TABLE=$PWD/docs/cipher-suites.md
# shellcheck disable=SC2086  # the variables hold lists of options
bazel ${BAZEL_STARTUP_OPTIONS:-} run ${BAZEL_OPTIONS:-} //abi_tests/configuration:suites_test
git --no-pager diff --stat -- docs/cipher-suites.md
