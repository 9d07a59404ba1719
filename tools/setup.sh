#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs from Debian what building and testing need, as far as it is missing. Called by demo.sh
# and test.sh; a second run only looks.
set -euo pipefail

packages=(
  # to build
  bazel-bootstrap bazel-rules-java g++ gcc clang git binutils ca-certificates python3
  googletest libgtest-dev libgmock-dev
  libssl-dev libgnutls28-dev libwolfssl-dev
  # programs to talk to, and the ABI gates
  openssl gnutls-bin nginx curl abigail-tools
)

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  echo "setup: this is not Debian; install what corresponds to: ${packages[*]} golang cargo" >&2
  exit 1
fi

# A Go or Rust of one's own is as good as Debian's.
command -v go >/dev/null || packages+=(golang-go)
command -v cargo >/dev/null || packages+=(cargo)

is_installed() {
  [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

missing=()
for package in "${packages[@]}"; do
  is_installed "$package" || missing+=("$package")
done
[[ ${#missing[@]} -gt 0 ]] || exit 0

as_root=()
if [[ $(id -u) -ne 0 ]]; then
  if ! command -v sudo >/dev/null; then
    echo "setup: neither root nor sudo; install as root: apt-get install ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi

log=$(mktemp)
policy=/usr/sbin/policy-rc.d
made_policy=
clean_up() {
  rm -f "$log"
  [[ -z $made_policy ]] || "${as_root[@]}" rm -f "$policy"
}
trap clean_up EXIT

# Debian would start nginx as a service on port 80. This file, where there is none, says not to.
if [[ ! -e $policy ]]; then
  made_policy=yes
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
  "${as_root[@]}" chmod 755 "$policy"
fi

apt_get() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 \
    -o Dpkg::Use-Pty=0 --quiet --yes "$@" </dev/null >>"$log" 2>&1
}

echo "setup: installing ${missing[*]}"
apt_get update || echo "setup: apt-get update failed; going on with the lists that are here" >&2
if ! apt_get install --no-install-recommends "${missing[@]}"; then
  echo "setup: apt-get install failed:" >&2
  tail -n 30 "$log" >&2
  exit 1
fi
