#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs ./demo.sh as a user does and checks how it ends.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

code=0
output=$(./demo.sh 2>&1) || code=$?
echo "$output"
if [[ $code -eq 0 && ${output##*$'\n'} == "demo: 9 of 9 ok" ]]; then
  echo "1 passed, 0 failed, 0 skipped"
else
  echo "FAILED: the demo ended with exit code $code"
  echo "0 passed, 1 failed, 0 skipped"
  exit 1
fi
