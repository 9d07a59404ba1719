#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds and runs the README's example by the README's own lines, and compares what it prints with
# what the README says that it prints; then lets it fail. And every file that the README links to is
# there.
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
verdict "the example has $lines lines" test "$lines" -eq 15
verdict "the README says what it prints" test -n "$said"
verdict "it is C99, without a warning" gcc -std=c99 -Wall -Wextra -pedantic -Werror -I api \
  -fsyntax-only "$folder/example.c"

# A clone in which the lines before these, which install and build, have been followed.
clone=$folder/clone
mkdir "$clone"
ln -s "$PWD/README.md" "$PWD/api" "$clone"
ln -s "$PWD" "$clone/bazel-bin"
sed -n '/^sed .*README.md/,/^```$/ { /^```/d; p }' README.md >"$folder/example.sh"
printed=$(cd "$clone" && sh -e "$folder/example.sh") || printed+=" (exit code $?)"
# Another Debian has another patch level.
verdict "by the README's lines it prints '$said' ($printed)" test "${printed%.*}" = "${said%.*}"

fails() {  # path of the library, what it says
  local printed code=0
  printed=$(TRESTLE_LIBRARY=$1 "$clone/example") || code=$?
  echo "exit code $code: $printed"
  [[ $code -eq 1 && $printed == *"$2"* ]]
}
# A copy, because a link would lead to the plugins.
cp core/libtrestle.so "$folder/libtrestle.so"
verdict "it fails without the plugin" fails "$folder/libtrestle.so" \
  "BACKEND_QUERY_CFM: BACKEND_NOT_FOUND, $folder/"
verdict "it fails without the library" fails "$folder/absent.so" "$folder/absent.so: cannot open"

# The README here is a link to the one in the source tree, where the others are.
source_tree=$(dirname "$(readlink -f README.md)")
while read -r link; do
  verdict "$link is there" test -e "$source_tree/$link"
done < <(grep -oE '\]\([^)#:]+\)' README.md | tr -d ']()' | sort -u)

echo "readme: $passed passed, $failed failed"
[[ $failed -eq 0 ]]
