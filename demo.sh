#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Shows Trestle at work: a program in C loads it, and fetches a page over each backend from each of
# three servers that others wrote, on loopback. Installs what it needs and builds it first.
#
# Options for Bazel itself go into BAZEL_STARTUP_OPTIONS, and for its builds into BAZEL_OPTIONS.
set -euo pipefail
cd "$(dirname "$0")"
backends=(openssl gnutls wolfssl)

tools/setup.sh

targets=(//core:libtrestle.so //examples/c:fetch)
for backend in "${backends[@]}"; do
  targets+=("//backends/$backend:$backend.so")
done
# Where a backend can't be built, the others still show; but what is left of an earlier build proves
# nothing, so the demo fails.
built=yes
# shellcheck disable=SC2086  # the variables hold lists of options
{
  bazel ${BAZEL_STARTUP_OPTIONS:-} build ${BAZEL_OPTIONS:-} --keep_going "${targets[@]}" ||
    built=no
  binaries=$(bazel ${BAZEL_STARTUP_OPTIONS:-} info ${BAZEL_OPTIONS:-} bazel-bin 2>/dev/null)
}
export TRESTLE_LIBRARY=$binaries/core/libtrestle.so

source examples/peers/peers.sh
work=$(mktemp -d)
trap 'stop_peers; rm -rf "$work"' EXIT
examples/peers/make_chain.sh "$work"

row() { printf '%-8s  %-14s  %-7s  %-7s  %-24s  %-24s  %5s  %4s\n' "$@"; }

# What the example said of a thing.
said() { sed -n "s/^$1: //p" "$work/words"; }

ok=0
total=0
attempt() {  # backend, peer, port
  local started=${EPOCHREALTIME/[.,]/} code=0 verdict
  timeout 30 "$binaries/examples/c/fetch" "$1" 127.0.0.1 "$3" "$work/root.pem" localhost \
    >"$work/page" 2>"$work/words" || code=$?
  local milliseconds=$(((${EPOCHREALTIME/[.,]/} - started) / 1000))
  verdict="$(said certificate), name $(said name)"
  total=$((total + 1))
  if [[ $code -eq 0 && -s $work/page ]]; then
    ok=$((ok + 1))
    row "$1" "$(said library)" "$2" "$(said version)" "$(said suite)" "$verdict" \
      "$(wc -c <"$work/page")" "$milliseconds"
  else
    row "$1" "$(said library)" "$2" "$(said version)" "$(said suite)" "FAILED" "" "$milliseconds"
    sed 's/^/    /' "$work/words"
  fi
}

echo
row backend library peer version suite certificate bytes ms
for peer in "${PEER_NAMES[@]}"; do
  start_peer "$peer" "$work"
  for backend in "${backends[@]}"; do
    attempt "$backend" "$peer" "$PEER_PORT"
  done
done

echo
if [[ $built == no ]]; then
  echo "demo: the build is not complete; $ok of $total with what is there"
  exit 1
fi
echo "demo: $ok of $total ok"
[[ $ok -eq $total ]]
