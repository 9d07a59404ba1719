#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the examples in C, Rust and Go and runs each over the three backends: against servers that
# others wrote, and into the failures that a user meets first.
# Which library: see tools/library.sh.
set -euo pipefail
cd "$(dirname "$0")/.."
source examples/peers/peers.sh
source tools/library.sh
build=$PWD/.build/examples
work=$(mktemp -d)
trap 'stop_peers; rm -rf "$work"' EXIT
mkdir -p "$build"

backends=(openssl gnutls wolfssl)
runs_per_language=23
passed=0
failed=0
skipped=0

build_c() {
  gcc -std=c99 -O2 -Wall -Wextra -pedantic -Werror -I api examples/c/fetch.c -o "$build/c" -ldl
}
build_rust() {
  (cd examples/rust && cargo build --quiet --locked --release --target-dir "$build/target")
  cp "$build/target/release/fetch" "$build/rust"
}
build_go() { (cd examples/go && CGO_ENABLED=0 go build -o "$build/go" .); }

# Runs a command that fetches a page (expected: 0) or fails (1), with these words on stderr.
expect() {  # what, expected, extended regular expression, command...
  local what=$1 expected=$2 pattern=$3 code=0
  shift 3
  timeout 30 "$@" >"$work/page" 2>"$work/words" || code=$?
  if [[ $((code != 0)) -eq $expected ]] && grep -qE -- "$pattern" "$work/words" &&
    [[ $expected -eq 1 || $(head -c 5 "$work/page") == HTTP/ ]]; then
    passed=$((passed + 1))
    echo "ok: $what"
  else
    failed=$((failed + 1))
    echo "FAILED: $what (exit code $code, expected words: $pattern)"
    sed 's/^/    /' "$work/words"
  fi
}

run() {  # language
  local fetch=$build/$1 backend peer
  for backend in "${backends[@]}"; do
    for peer in "${PEER_NAMES[@]}"; do
      expect "$1 fetches from $peer over $backend" 0 "certificate: SUCCESS.*" \
        "$fetch" "$backend" 127.0.0.1 "${ports[$peer]}" "$work/chain/root.pem" localhost
    done
    expect "$1 over $backend refuses another name" 1 "CERT_REJECTED.*alert 42" \
      "$fetch" "$backend" 127.0.0.1 "${ports[openssl]}" "$work/chain/root.pem" other.test
    expect "$1 over $backend refuses an unknown root" 1 "CERT_REJECTED" \
      "$fetch" "$backend" 127.0.0.1 "${ports[openssl]}" "$work/other/root.pem"
    expect "$1 over $backend says that nobody listens" 1 "CONNECT_REFUSED" \
      "$fetch" "$backend" 127.0.0.1 1 "$work/chain/root.pem"
  done
  expect "$1 says where it looked for a backend" 1 "BACKEND_NOT_FOUND.*/backends" \
    "$fetch" absent 127.0.0.1 "${ports[openssl]}" "$work/chain/root.pem"
  # 65,536 more than the server's port: modulo 65,536 it would be right.
  expect "$1 refuses a port that is none" 1 "above 65535|number too large|invalid port" \
    "$fetch" openssl 127.0.0.1 "$((ports[openssl] + 65536))" "$work/chain/root.pem"
  expect "$1 says which file it can't read" 1 "$work/chain: .*[Ii]s a directory" \
    "$fetch" openssl 127.0.0.1 "${ports[openssl]}" "$work/chain"
  expect "$1 loads no part of too large a file" 1 "TOO_LARGE" \
    "$fetch" openssl 127.0.0.1 "${ports[openssl]}" "$work/large.pem" localhost
  expect "$1 says that it can't write the page" 1 "stdout: .*[Nn]o space left" \
    bash -c '"$@" >/dev/full' - \
    "$fetch" openssl 127.0.0.1 "${ports[openssl]}" "$work/chain/root.pem" localhost
}

examples/peers/make_chain.sh "$work/chain"
examples/peers/make_chain.sh "$work/other"
# One byte more than a request takes, and all that is needed at the beginning.
cp "$work/chain/root.pem" "$work/large.pem"
truncate -s $((1024 * 1024 + 1)) "$work/large.pem"
declare -A ports
for peer in "${PEER_NAMES[@]}"; do
  start_peer "$peer" "$work/chain"
  ports[$peer]=$PEER_PORT
done

declare -A tools=([c]=gcc [rust]=cargo [go]=go)
for language in c rust go; do
  if ! command -v "${tools[$language]}" >/dev/null; then
    skipped=$((skipped + runs_per_language))
    echo "skipped: $runs_per_language runs of the $language example: no ${tools[$language]}"
  elif "build_$language"; then
    run "$language"
  else
    failed=$((failed + runs_per_language))
    echo "FAILED: the $language example does not build"
  fi
done

echo "$passed passed, $failed failed, $skipped skipped"
[[ $failed -eq 0 ]]
