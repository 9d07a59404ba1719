#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Compiles each public header, alone and as the first include, as every C and C++ standard that a
# program may be written in, with all warnings as errors.
#   check_standards.sh API_DIRECTORY
# gcc and clang, both required: a compiler that is missing fails.
set -euo pipefail
api=$1

passed=0
failed=0

compile() {  # compiler, language, standard, header
  local what="$4 as $3 by $1" output
  if output=$(printf '#include <trestle/%s>\n' "$4" |
    "$1" -x "$2" -std="$3" -Wall -Wextra -pedantic -Werror -fsyntax-only -I "$api" - 2>&1); then
    passed=$((passed + 1))
    echo "ok: $what"
  else
    failed=$((failed + 1))
    echo "FAILED: $what"
    sed 's/^/    /' <<<"$output"
  fi
}

compile_all() {  # C compiler, C++ compiler
  local header standard
  for header in "${headers[@]}"; do
    for standard in c99 c11 c17; do
      compile "$1" c "$standard" "$header"
    done
    for standard in c++11 c++14 c++17 c++20; do
      compile "$2" c++ "$standard" "$header"
    done
  done
}

headers=()
for path in "$api"/trestle/*.h; do
  headers+=("$(basename "$path")")
done
for header in trestle.h backend.h; do
  if [[ ! -f $api/trestle/$header ]]; then
    failed=$((failed + 1))
    echo "FAILED: $header is missing in $api/trestle"
  fi
done

compile_all gcc g++
compile_all clang clang++

echo "standards: $passed passed, $failed failed"
[[ $failed -eq 0 ]]
