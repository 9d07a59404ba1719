#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every public struct has the layout that layout.h froze, for C and for C++, and layout.h has every
# public struct.
#   check_layout.sh API_DIRECTORY
set -euo pipefail
api=$1
gates=$(dirname "$0")

passed=0
failed=0

verdict() {  # what, output of a check that must be empty
  if [[ -z $2 ]]; then
    passed=$((passed + 1))
    echo "ok: $1"
  else
    failed=$((failed + 1))
    echo "FAILED: $1"
    sed 's/^/    /' <<<"$2"
  fi
}

compile() {  # compiler, language, standard
  "$1" -x "$2" -std="$3" -Wall -Wextra -pedantic -Werror -fsyntax-only -I "$api" \
    "$gates/layout.h" 2>&1 || echo "$1 ended with exit code $?"
}

verdict "layouts in C11 by gcc" "$(compile gcc c c11)"
verdict "layouts in C++11 by g++" "$(compile g++ c++ c++11)"

structs=$("$gates/check_types.py" --structs "$api/trestle/trestle.h" "$api/trestle/backend.h")
missing=
for struct in $structs; do
  grep -qE "^SIZE\($struct, [0-9]+\);" "$gates/layout.h" || missing+="SIZE($struct, ...) "
done
verdict "layout.h has all $(wc -w <<<"$structs") structs" "$missing"

echo "layout: $passed passed, $failed failed"
[[ $failed -eq 0 ]]
