#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Renews what the ABI gates compare with, after the API has grown on purpose. Lines that vanish or
# change in the difference it leaves behind are a broken ABI; layout.h is edited by hand.
#
# Options for Bazel itself go into BAZEL_STARTUP_OPTIONS, and for its builds into BAZEL_OPTIONS.
set -euo pipefail
cd "$(dirname "$0")/.."
gates=abi_tests/gates
plugins=(openssl gnutls wolfssl)

targets=(//core:libtrestle.so //abi_tests/gates:plugin.so)
for plugin in "${plugins[@]}"; do
  targets+=("//backends/$plugin:$plugin.so")
done
# shellcheck disable=SC2086  # the variables hold lists of options
{
  bazel ${BAZEL_STARTUP_OPTIONS:-} build ${BAZEL_OPTIONS:-} "${targets[@]}"
  binaries=$(bazel ${BAZEL_STARTUP_OPTIONS:-} info ${BAZEL_OPTIONS:-} bazel-bin)
}

renew() {  # file, command...: the file stays as it was when the command fails
  local file=$1
  shift
  "$@" >"$file.new"
  mv "$file.new" "$file"
}

for header in trestle backend; do
  renew "$gates/$header.constants" "$gates/check_constants.py" --print api "$header.h"
done
renew $gates/libtrestle.symbols "$gates/check_symbols.sh" --print "$binaries/core/libtrestle.so"
renew $gates/libtrestle.abi "$gates/check_abi.sh" --print "$binaries/core/libtrestle.so" api/trestle
renew $gates/backend.abi "$gates/check_abi.sh" --print "$binaries/abi_tests/gates/plugin.so" api/trestle
for plugin in "${plugins[@]}"; do
  renew "$gates/$plugin.symbols" "$gates/check_symbols.sh" --print "$binaries/backends/$plugin/$plugin.so"
done
renew examples/rust/src/constants.rs examples/make_constants.py rust \
  "$gates/trestle.constants" api/trestle/trestle.h
renew examples/go/trestle/constants.go examples/make_constants.py go \
  "$gates/trestle.constants" api/trestle/trestle.h
git --no-pager diff --stat -- "$gates" examples
