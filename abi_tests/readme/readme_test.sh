#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Compiles the README's example from the README itself, runs it, and compares what it prints with
# what the README says that it prints. And every file that the README links to is there.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

passed=0
failed=0

verdict() {  # what, command...
  local what=$1
  shift
  if "$@"; then
    passed=$((passed + 1))
    echo "ok: $what"
  else
    failed=$((failed + 1))
    echo "FAILED: $what"
  fi
}

sed -n '/^```c$/,/^```$/ { /^```/d; p }' README.md >"$folder/example.c"
said=$(sed -nE 's/^It prints `([^`]*)`.*/\1/p' README.md)
lines=$(wc -l <"$folder/example.c")
verdict "the example has $lines lines" test "$lines" -ge 10 -a "$lines" -le 15
verdict "the README says what it prints" test -n "$said"

verdict "it compiles" gcc -std=c99 -Wall -Wextra -pedantic -Werror -I api "$folder/example.c" \
  -o "$folder/example" -ldl
# Where a package would install it: the library under its soname, the plugins where one says.
ln -s "$PWD/core/libtrestle.so" "$folder/libtrestle.so.1"
printed=$(LD_LIBRARY_PATH=$folder TRESTLE_BACKEND_PATH=$PWD/backends/gnutls "$folder/example") ||
  printed="exit code $?"
# Another Debian has another patch level.
verdict "it prints '$said' ($printed)" test "${printed%.*}" = "${said%.*}"

# The README here is a link to the one in the source tree, where the others are.
source_tree=$(dirname "$(readlink -f README.md)")
while read -r link; do
  verdict "$link is there" test -e "$source_tree/$link"
done < <(grep -oE '\]\([^)#:]+\)' README.md | tr -d ']()' | sort -u)

echo "readme: $passed passed, $failed failed"
[[ $failed -eq 0 ]]
