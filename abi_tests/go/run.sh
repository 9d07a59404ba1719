#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the host program in Go and runs it over each backend.
# Which library: see tools/library.sh.
set -euo pipefail
cd "$(dirname "$0")/../.."
if ! command -v go >/dev/null; then
  echo "skipped: the host program in Go: go is not installed"
  echo "0 passed, 0 failed, 1 skipped"
  exit
fi
source tools/library.sh
build=$PWD/.build/abi_tests/go
certificates=$(mktemp -d)
trap 'rm -rf "$certificates"' EXIT
mkdir -p "$build"
examples/peers/make_chain.sh "$certificates"
program=$build/primitives
(cd abi_tests/go && go vet . && CGO_ENABLED=0 go build -o "$program" .)
"$program" abi_tests/gates/trestle.constants "$certificates" openssl gnutls wolfssl
