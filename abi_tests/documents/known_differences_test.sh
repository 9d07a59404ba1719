#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The table in docs/known-differences.md is the one that the conformance suite uses.
set -euo pipefail
page=docs/known-differences.md
expected=$(abi_tests/documents/print_known_differences)
written=$(sed -n '/^<!-- begin: generated/,/^<!-- end/p' "$page" | sed '1d;$d')
rows=$(wc -l <<<"$expected")
[[ $rows -gt 2 ]] || { echo "FAILED: the program prints no rows"; exit 1; }
if ! diff --label "$page" --label "the conformance suite" -U0 <(echo "$written") <(echo "$expected"); then
  echo "FAILED: $page is out of date; run tools/update_known_differences.sh"
  exit 1
fi
echo "known differences: $((rows - 2)) rows, as the page has them"
