#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The constants that Rust and Go see are those of trestle.h.
#   check_bindings.sh EXAMPLES_DIRECTORY LIST TRESTLE_H
set -euo pipefail
examples=$1

failed=0
for pair in rust:rust/src/constants.rs go:go/trestle/constants.go; do
  if ! difference=$(diff -U0 "$examples/${pair#*:}" \
      <("$examples/make_constants.py" "${pair%%:*}" "$2" "$3")); then
    failed=$((failed + 1))
    echo "FAILED: ${pair#*:} is not what make_constants.py writes"
    sed 's/^/    /' <<<"$difference"
  fi
done
echo "bindings: $((2 - failed)) passed, $failed failed"
[[ $failed -eq 0 ]]
