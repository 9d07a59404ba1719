#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs the program with fresh certificates: primitives_test.sh BACKEND...
set -euo pipefail
certificates=$(mktemp -d)
trap 'rm -rf "$certificates"' EXIT
examples/peers/make_chain.sh "$certificates"
TRESTLE_LIBRARY=$PWD/core/libtrestle.so abi_tests/c/primitives \
  abi_tests/gates/trestle.constants "$certificates" "$@"
