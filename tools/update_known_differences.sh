#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Writes the table of docs/known-differences.md anew, from the one that the conformance suite uses.
#
# Options for Bazel itself go into BAZEL_STARTUP_OPTIONS, and for its builds into BAZEL_OPTIONS.
set -euo pipefail
cd "$(dirname "$0")/.."
page=docs/known-differences.md
# shellcheck disable=SC2086  # the variables hold lists of options
{
  bazel ${BAZEL_STARTUP_OPTIONS:-} build ${BAZEL_OPTIONS:-} \
    //abi_tests/documents:print_known_differences
  binaries=$(bazel ${BAZEL_STARTUP_OPTIONS:-} info ${BAZEL_OPTIONS:-} bazel-bin)
}
table=$("$binaries/abi_tests/documents/print_known_differences")
{
  sed '/^<!-- begin: generated/q' "$page"
  echo "$table"
  sed -n '/^<!-- end/,$p' "$page"
} >"$page.new"
mv "$page.new" "$page"
git --no-pager diff --stat -- "$page"
