#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the host program in Rust and runs it over each backend.
# Which library: see tools/library.sh.
set -euo pipefail
cd "$(dirname "$0")/../.."
if ! command -v cargo >/dev/null; then
  echo "skipped: the host program in Rust: cargo is not installed"
  echo "0 passed, 0 failed, 1 skipped"
  exit
fi
source tools/library.sh
build=$PWD/.build/abi_tests/rust
certificates=$(mktemp -d)
trap 'rm -rf "$certificates"' EXIT
mkdir -p "$build"
examples/peers/make_chain.sh "$certificates"
(cd abi_tests/rust && cargo build --quiet --locked --target-dir "$build")
program=$build/debug/primitives
"$program" abi_tests/gates/trestle.constants "$certificates" openssl gnutls wolfssl
