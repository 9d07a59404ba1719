#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Compares what a shared object exports and needs with a committed list, line by line:
#   soname NAME          its DT_SONAME, if it has one
#   needed NAME          a DT_NEEDED entry
#   SYMBOL@@VERSION      an exported function (data is never exported)
# Usage:
#   check_symbols.sh OBJECT LIST [HEADER]     with a header, the functions are also the header's
#   check_symbols.sh --print OBJECT           prints what the list should hold
set -euo pipefail

describe() {
  LC_ALL=C readelf --dynamic --wide "$1" |
    sed -nE 's/.*\(SONAME\).*\[(.*)\]/soname \1/p; s/.*\(NEEDED\).*\[(.*)\]/needed \1/p' | sort
  # "A" is the version's own entry.
  nm --dynamic --defined-only --with-symbol-versions --format=posix "$1" |
    awk '$2 == "T" { print $1; next } $2 != "A" { print $1, "is of kind", $2 }' | LC_ALL=C sort
}

if [[ $1 == --print ]]; then
  describe "$2"
  exit
fi
object=$1
list=$2

if [[ ! -s $object || ! -s $list ]]; then
  echo "FAILED: $object or $list is missing or empty"
  exit 1
fi
failed=0
present=$(describe "$object")
if ! difference=$(diff --label "$(basename "$list")" --label "$(basename "$object")" -U0 \
    "$list" <(echo "$present")); then
  failed=$((failed + 1))
  echo "FAILED: $object is not what the list says"
  sed 's/^/    /' <<<"$difference"
fi
if [[ $# -gt 2 ]]; then
  declared=$("$(dirname "$0")/check_types.py" --functions "$3")
  exported=$(sed -nE 's/@@.*//p' <<<"$present")
  if ! difference=$(diff --label "$(basename "$3")" --label "$(basename "$object")" -U0 \
      <(LC_ALL=C sort <<<"$declared") <(echo "$exported")); then
    failed=$((failed + 1))
    echo "FAILED: $object does not export exactly the functions of $3"
    sed 's/^/    /' <<<"$difference"
  fi
fi
echo "symbols: $(wc -l <<<"$present") lines of $(basename "$object") checked, $failed findings"
[[ $failed -eq 0 ]]
