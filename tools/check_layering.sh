#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Dependencies point one way: core -> api, backends -> api. Fails when core reaches a backend or a
# TLS library, when a backend reaches core or another backend's library, or when either includes
# what it must not. Tests of core may use a TLS library (they make certificates with it), but no
# backend; tests of backends may call a plugin as the host does, through core/checked_calls, and use
# nothing else of core.
#
# Options for Bazel itself go into BAZEL_STARTUP_OPTIONS.
set -euo pipefail
cd "${TRESTLE_SOURCE_DIR:-$(dirname "$0")/..}"

checks=0
failures=0

query() {
  # shellcheck disable=SC2086  # the variable holds a list of options
  bazel ${BAZEL_STARTUP_OPTIONS:-} query --noshow_progress "$1"
}

# A rule holds when nothing was found against it.
verdict() {
  local what=$1 found=$2
  checks=$((checks + 1))
  if [[ -z $found ]]; then
    echo "ok: $what"
  else
    failures=$((failures + 1))
    echo "FAILED: $what"
    sed 's/^/    /' <<<"$found"
  fi
}

# One path from the first set of targets to the second, if there is any.
forbid_dependency() {
  local what=$1 from=$2 to=$3 found
  if ! found=$(query "somepath($from, $to)"); then
    found="bazel query failed"
  fi
  verdict "$what" "$found"
}

forbid_include() {
  local what=$1 folder=$2 pattern=$3 found
  shift 3
  found=$(grep -rnE "$@" --include='*.h' --include='*.c' --include='*.cc' --include='*.S' \
    "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]($pattern)" "$folder" || true)
  verdict "$what" "$found"
}

tls_libraries="(@system//:openssl + @system//:gnutls + @system//:wolfssl)"
shipped="attr(testonly, 0, //core/...)"

forbid_dependency "core doesn't depend on backends" "//core/..." "//backends/..."
forbid_dependency "core doesn't depend on a TLS library" "$shipped" "$tls_libraries"
forbid_dependency "backends don't depend on core" "attr(testonly, 0, //backends/...)" "//core/..."
forbid_dependency "tests of backends use core/checked_calls alone" "//backends/..." \
  "(//core/... except deps(//core/checked_calls))"
forbid_include "core includes no file of backends" core "(\.\./)*backends/"
forbid_include "backends include no file of core" backends "(\.\./)*core/"
forbid_include "core includes no header of a TLS library" core "(openssl|gnutls|wolfssl)/" \
  --exclude-dir=testing
forbid_include "api includes no header of a TLS library, of core or of backends" api \
  "(\.\./)*(openssl|gnutls|wolfssl|core|backends)/"

# Each plugin links its own library alone.
for backend in openssl gnutls wolfssl; do
  [[ -d backends/$backend ]] || continue
  others=$(printf '%s\n' openssl gnutls wolfssl | grep -vx "$backend" | paste -sd' ')
  others="(@system//:${others% *} + @system//:${others#* })"
  forbid_dependency "the $backend plugin depends on no other TLS library" \
    "attr(testonly, 0, //backends/$backend/...)" "$others"
done

echo "$((checks - failures)) passed, $failures failed, 0 skipped"
[[ $failures -eq 0 ]]
