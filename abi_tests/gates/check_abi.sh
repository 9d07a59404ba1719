#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Compares a shared object with a committed description of its ABI, by libabigail. Any difference
# fails, an addition too: a description is renewed with intent, never by chance. Without the tools,
# or without debug information (where abidiff sees no types and finds nothing), it fails.
#   check_abi.sh OBJECT DESCRIPTION HEADER_DIRECTORY
#   check_abi.sh --print OBJECT HEADER_DIRECTORY       prints what the description should be
# What the headers in HEADER_DIRECTORY don't define is private and may change.
set -euo pipefail

# Names of the exported functions, and of those whose types the description knows.
exported() { sed -nE "s/.*<elf-symbol name='([^']*)'.* type='func-type'.*/\\1/p" "$1" | sort; }
described() { sed -nE "s/.* elf-symbol-id='([^'@]*).*/\\1/p" "$1" | sort; }

fail() {
  echo "FAILED: $*"
  exit 1
}

for tool in abidw abidiff readelf; do
  command -v "$tool" >/dev/null || fail "$tool is not installed"
done

public_only=(--drop-private-types --exported-interfaces-only)

demand_debug_information() {
  [[ -s $1 ]] || fail "$1 is missing"
  # A here-string: grep may end before readelf does, and a pipe would then fail.
  grep -qF .debug_info <<<"$(readelf --sections --wide "$1")" ||
    fail "$1 has no debug information"
}

if [[ $1 == --print ]]; then
  demand_debug_information "$2" >&2
  # Not --no-show-locs: without its place, abidiff takes a public struct for a private one and
  # filters its changes out.
  exec abidw --headers-dir "$3" "${public_only[@]}" --no-corpus-path --no-comp-dir-path "$2"
fi
object=$1
description=$2
headers=$3

demand_debug_information "$object"
[[ -s $description ]] || fail "$description is missing or empty"
untyped=$(comm -23 <(exported "$description") <(described "$description"))
[[ -z $untyped ]] || fail "$description has no types for" $untyped
code=0
report=$(abidiff --headers-dir2 "$headers" "${public_only[@]}" "$description" "$object" 2>&1) ||
  code=$?
if [[ $code -ne 0 ]]; then
  sed 's/^/    /' <<<"$report"
  fail "abidiff ended with exit code $code: the ABI of $(basename "$object") has changed"
fi
echo "abi: $(described "$description" | wc -l) functions of $(basename "$object") checked," \
  "0 findings"
