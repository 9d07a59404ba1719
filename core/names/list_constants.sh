#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints `CONSTANT(NAME)` for each integer constant that trestle.h defines, sorted as strcmp does.
# The compiler computes the values: a macro may be composed of others, and a text among them would
# not compile.
set -eu

for header in "$@"; do
  case $header in
    */trestle.h) break ;;
  esac
done

# Not constants: the include guard, which has no value, and TRESTLE_API, an attribute.
sed -nE 's/^#define (TRESTLE_[A-Za-z0-9_]+)[[:space:]]+[^[:space:]].*/\1/p' "$header" |
  grep -vx TRESTLE_API | LC_ALL=C sort -u | sed 's/.*/CONSTANT(&)/'
