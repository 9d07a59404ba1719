#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Shows that check_layering.sh accepts a clean tree and fails on each kind of violation. It works on
# a small tree of its own, which has this one's WORKSPACE and third_party.
set -euo pipefail
source_dir=$(cd "$(dirname "$0")/.." && pwd)
tree=$(mktemp -d)
bazel_base=$(mktemp -d)
export BAZEL_STARTUP_OPTIONS="--output_base=$bazel_base --max_idle_secs=60"
export TRESTLE_SOURCE_DIR=$tree/tree
# shellcheck disable=SC2086
trap 'cd "$tree/tree" && bazel $BAZEL_STARTUP_OPTIONS shutdown 2>/dev/null; cd /; chmod -R u+w "$bazel_base"; rm -rf "$tree" "$bazel_base"' EXIT
mkdir "$TRESTLE_SOURCE_DIR"
cp -r "$source_dir"/{WORKSPACE,BUILD.bazel,.bazelignore,third_party} "$TRESTLE_SOURCE_DIR"

passed=0
failed=0

cc_rule() {  # kind name deps
  printf '%s(name = "%s", srcs = ["%s.cc"], deps = [%s])\n' "$1" "$2" "$2" "$3"
}

clean_tree() {
  cd "$TRESTLE_SOURCE_DIR"
  rm -rf api core backends abi_tests
  mkdir -p api/trestle core/checked_calls backends/{openssl,gnutls,wolfssl} abi_tests
  cp "$source_dir/api/BUILD.bazel" api/
  cc_rule cc_library core '"//api:trestle"' >core/BUILD.bazel
  cc_rule cc_library checked_calls '"//api:trestle"' >core/checked_calls/BUILD.bazel
  cc_rule cc_library pki '"@system//:openssl"' >abi_tests/BUILD.bazel
  cc_rule cc_test core_test '":core", "//abi_tests:pki"' >>core/BUILD.bazel
  echo '#include "core/core.h"' >core/core.cc
  local name
  for name in openssl gnutls wolfssl; do
    cc_rule cc_library "$name" "\"//api:trestle\", \"@system//:$name\"" >"backends/$name/BUILD.bazel"
    echo '#include <trestle/backend.h>' >"backends/$name/$name.cc"
  done
}

expect() {  # what, expected line of the gate's output, expected exit code
  local output code=0
  output=$("$source_dir/tools/check_layering.sh" 2>&1) || code=$?
  if grep -qF -- "$2" <<<"$output" && [[ $code -eq $3 ]]; then
    passed=$((passed + 1))
    echo "ok: $1"
  else
    failed=$((failed + 1))
    printf 'FAILED: %s (exit code %s)\n%s\n' "$1" "$code" "$output"
  fi
}

clean_tree
expect "a clean tree passes" "11 passed, 0 failed, 0 skipped" 0

clean_tree
cc_rule cc_library bad '"//backends/openssl:openssl"' >>core/BUILD.bazel
expect "core depending on a backend fails" "FAILED: core doesn't depend on backends" 1

clean_tree
cc_rule cc_test bad_test '"//backends/openssl:openssl"' >>core/BUILD.bazel
expect "a test of core depending on a backend fails" "FAILED: core doesn't depend on backends" 1

clean_tree
cc_rule cc_library bad '"//abi_tests:pki"' >>core/BUILD.bazel
expect "core reaching a TLS library through another package fails" \
  "FAILED: core doesn't depend on a TLS library" 1

clean_tree
cc_rule cc_library bad '"//core:core"' >>backends/gnutls/BUILD.bazel
expect "a backend depending on core fails" "FAILED: backends don't depend on core" 1

clean_tree
cc_rule cc_test bad_test '"//core:core"' >>backends/gnutls/BUILD.bazel
expect "a test of a backend depending on core fails" \
  "FAILED: tests of backends use core/checked_calls alone" 1

clean_tree
cc_rule cc_library bad '"@system//:wolfssl"' >>backends/openssl/BUILD.bazel
expect "a plugin with another's library fails" \
  "FAILED: the openssl plugin depends on no other TLS library" 1

clean_tree
echo '#include "backends/openssl/context.h"' >core/bad.cc
expect "core including a backend's header fails" "FAILED: core includes no file of backends" 1

clean_tree
echo '  #  include "../../core/engine.h"' >backends/openssl/bad.h
expect "a backend including core by a relative path fails" \
  "FAILED: backends include no file of core" 1

clean_tree
echo '#include <openssl/ssl.h>' >core/bad.cc
expect "core including a TLS library's header fails" \
  "FAILED: core includes no header of a TLS library" 1

clean_tree
echo '#include <gnutls/gnutls.h>' >api/trestle/bad.h
expect "api including a TLS library's header fails" "FAILED: api includes no header" 1

clean_tree
rm -r core
expect "a tree without core fails" "FAILED: core doesn't depend on backends" 1

echo "$passed passed, $failed failed, 0 skipped"
[[ $failed -eq 0 ]]
