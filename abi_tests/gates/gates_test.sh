#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Shows that each gate bites: it accepts what is unchanged, and fails, for the right reason, on each
# kind of change that it is there to catch.
#   gates_test.sh API_DIRECTORY
set -euo pipefail
gates=$(cd "$(dirname "$0")" && pwd)
original=$(cd "$1" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

passed=0
failed=0

expect() {  # what, expected exit code (0 or 1), expected text, command...
  local what=$1 expected=$2 text=$3 output code=0
  shift 3
  output=$("$@" 2>&1) || code=$?
  if [[ $code -eq $expected ]] && grep -qF -- "$text" <<<"$output"; then
    passed=$((passed + 1))
    echo "ok: $what"
  else
    failed=$((failed + 1))
    printf 'FAILED: %s (exit code %s, expected %s and "%s")\n%s\n' \
      "$what" "$code" "$expected" "$text" "$output"
  fi
}

# A copy of the headers, changed by a sed script, or not at all.
headers() {  # header, sed script
  rm -rf api
  cp -rL "$original" api
  chmod -R u+w api
  [[ $# -eq 0 ]] && return
  sed -E -i "$2" "api/trestle/$1"
  if cmp -s "api/trestle/$1" "$original/trestle/$1"; then
    failed=$((failed + 1))
    echo "FAILED: '$2' changes nothing in $1"
  fi
}

# A line more, before the end of a header.
add() {  # header, line
  headers "$1" "s|^#endif /\* TRESTLE_.*_H_ \*/|$2\n&|"
}

# A PATH with these programs alone.
path_with() {
  rm -rf bin
  mkdir bin
  local tool
  for tool in "$@"; do
    ln -s "$(type -P "$tool")" "bin/$tool"
  done
}

standards() { "$gates/check_standards.sh" api; }
headers
expect "standards: the headers" 0 "0 failed" standards
add trestle.h 'size_t trestle_probe(void);'
expect "standards: a type without its include" 1 "FAILED: trestle.h as c99 by gcc" standards
add backend.h 'int32_t trestle_probe(int32_t new);'
expect "standards: a keyword of C++ as a name" 1 "FAILED: backend.h as c++11 by g++" standards
add trestle.h 'typedef struct trestle_probe { union { int32_t a; int32_t b; }; } trestle_probe;'
expect "standards: an anonymous union" 1 "FAILED: trestle.h as c99 by gcc" standards
headers
rm api/trestle/backend.h
expect "standards: no backend.h" 1 "FAILED: backend.h is missing" standards
headers
path_with bash basename sed
expect "standards: no compiler" 1 "FAILED: trestle.h as c99 by gcc" \
  env PATH="$folder/bin" "$gates/check_standards.sh" api
path_with bash basename sed gcc g++ as
expect "standards: no second compiler" 1 "FAILED: trestle.h as c99 by clang" \
  env PATH="$folder/bin" "$gates/check_standards.sh" api

types() { "$gates/check_types.py" api/trestle/trestle.h api/trestle/backend.h; }
headers
expect "types: the headers" 0 "0 findings" types
expect_type() {  # what, declaration
  add trestle.h "$2"
  expect "types: $1" 1 "FAILED: api/trestle/trestle.h: $3" types
}
expect_type "long" 'long trestle_probe(void);' 'trestle_probe: type `long`'
expect_type "int" 'int32_t trestle_probe(int flags);' 'trestle_probe(flags): type `int`'
expect_type "bool" 'int32_t trestle_probe(bool on);' 'trestle_probe(on): type `bool`'
expect_type "size_t" 'int32_t trestle_probe(size_t n);' 'trestle_probe(n): type `size_t`'
expect_type "FILE" 'int32_t trestle_probe(FILE *f);' 'trestle_probe(f): type `FILE *`'
expect_type "char by value" 'int32_t trestle_probe(char c);' 'trestle_probe(c): type `char`'
expect_type "an enum" 'enum trestle_probe { TRESTLE_PROBE };' 'enum trestle_probe'
expect_type "an enum as an argument" 'int32_t trestle_probe(enum e a);' 'trestle_probe(a): type'
expect_type "variable arguments" 'int32_t trestle_probe(const char *f, ...);' \
  'trestle_probe: variable arguments'
expect_type "a struct by value" 'int32_t trestle_probe(trestle_bytes b);' \
  'trestle_probe(b): type `trestle_bytes`'
expect_type "a struct as the result" 'trestle_bytes trestle_probe(void);' \
  'trestle_probe: type `trestle_bytes`'
expect_type "nine arguments" "int32_t trestle_probe($(printf 'int32_t a%s, ' {1..8})int32_t a9);" \
  'trestle_probe: 9 arguments; at most 8'
expect_type "nine arguments of a pointer to a function" \
  "typedef int32_t (*trestle_probe)($(printf 'int32_t a%s, ' {1..8})int32_t a9);" \
  'trestle_probe: 9 arguments; at most 8'
expect_type "an array as an argument" 'int32_t trestle_probe(uint8_t a[16]);' \
  'trestle_probe: array as an argument'
expect_type "a bit-field" 'typedef struct trestle_probe { uint32_t size; uint32_t a : 1; } trestle_probe;' \
  'trestle_probe: bit-field'
expect_type "a struct without size" 'typedef struct trestle_probe { uint64_t a; } trestle_probe;' \
  'trestle_probe: does not begin with `uint32_t size`'
expect_type "a slot with a wrong type" \
  'typedef struct trestle_probe { uint32_t size; int32_t (*slot)(long a); } trestle_probe;' \
  'trestle_probe.slot(a): type `long`'

layout() { "$gates/check_layout.sh" api; }
headers
expect "layout: the headers" 0 "0 failed" layout
headers trestle.h 's/^  uint64_t session;$/  uint32_t session;/'
expect "layout: a narrower field" 1 "trestle_message.session is not where and what it was" layout
headers trestle.h '/^  uint16_t version; /{h;d};/^  uint16_t suite; /{G}'
expect "layout: two fields change places" 1 "trestle_message.suite is not where" layout
headers trestle.h 's|^  uint8_t address\[16\]; .*|&\n  uint64_t more;|'
expect "layout: a field more, not frozen" 1 "trestle_message has another size" layout
headers backend.h 's|^  int32_t \(\*capability\)|  void (*probe)(void);\n&|'
expect "layout: a slot in the middle of the table" 1 \
  "trestle_backend.capability is not where" layout
add trestle.h 'typedef struct trestle_probe { uint32_t size; uint32_t a; } trestle_probe;'
expect "layout: a struct that is not frozen" 1 "SIZE(trestle_probe, ...)" layout
headers trestle.h 's/TRESTLE_VERSION_MAJOR \* 1000000/TRESTLE_VERSION_MAJOR * 100/; s/^#define TRESTLE_VERSION_MAJOR .*/#define TRESTLE_VERSION_MAJOR 3/'
expect "layout: a version that does not compare" 1 "major version" layout
headers trestle.h 's/^  \((TRESTLE_VERSION_MAJOR .*)\)$/  \1/'
expect "layout: a version without parentheses" 1 "TRESTLE_VERSION" layout
headers trestle.h 's/^#define TRESTLE_ABI .*/#define TRESTLE_ABI TRESTLE_ABI_MAJOR/'
expect "layout: an ABI number without its minor" 1 "number of the ABI" layout

constants() { "$gates/check_constants.py" api "$1.h" "$gates/$1.constants"; }
headers
expect "constants: trestle.h" 0 "0 findings" constants trestle
expect "constants: backend.h" 0 "0 findings" constants backend
headers trestle.h 's/^(#define TRESTLE_RESULT_TIMEOUT) 305/\1 306/'
expect "constants: a changed result" 1 "TRESTLE_RESULT_TIMEOUT was 305 and is 306" constants trestle
headers trestle.h '/^#define TRESTLE_PRIM_ACCEPT_RES /d'
expect "constants: a removed primitive" 1 "TRESTLE_PRIM_ACCEPT_RES is gone" constants trestle
headers backend.h 's/^(#define TRESTLE_BACKEND_ENTRY) .*/\1 "entry"/'
expect "constants: a changed text" 1 'TRESTLE_BACKEND_ENTRY was "trestle_backend_entry"' \
  constants backend
add trestle.h '#define TRESTLE_RESULT_PROBE 305'
expect "constants: one that is not in the list" 1 "TRESTLE_RESULT_PROBE is new" constants trestle
expect "constants: a number used twice" 1 "are the same number" constants trestle
headers
python=$(python3 -c 'import sys; print(sys.executable)')
expect "constants: no compiler" 1 "FileNotFoundError" \
  env PATH="$folder/none" "$python" "$gates/check_constants.py" api trestle.h \
    "$gates/trestle.constants"

# A library and its source, for the gates that read binaries.
library() {  # sed script for the source
  cat >library.c <<'SOURCE'
#include <trestle/trestle.h>
struct trestle_engine {
  uint32_t private_field;
};
uint32_t trestle_abi(void) { return TRESTLE_ABI; }
int32_t trestle_queue_get(trestle_engine *engine, uint64_t queue, const trestle_message **messages,
                          uint32_t capacity, int32_t timeout_ms, uint32_t *count) {
  return engine && queue && messages && capacity && timeout_ms && count;
}
SOURCE
  cat >library.map <<'MAP'
TRESTLE_1.0 { global: trestle_*; local: *; };
MAP
  [[ $# -gt 0 ]] && sed -E -i "$1" library.c library.map
  gcc -g -fPIC -shared -Wl,-soname,libprobe.so.1 -Wl,--version-script=library.map -I api \
    library.c -o library.so
}

headers
library
"$gates/check_symbols.sh" --print library.so >list
symbols() { "$gates/check_symbols.sh" library.so list "$@"; }
expect "symbols: the library" 0 "0 findings" symbols
expect "symbols: a function of the header that is not exported" 1 "-trestle_version" \
  symbols api/trestle/trestle.h
library '/^uint32_t trestle_abi/d'
expect "symbols: a removed function" 1 "-trestle_abi@@TRESTLE_1.0" symbols
library 's/^uint32_t trestle_abi.*/&\nuint32_t trestle_probe(void) { return 0; }/'
expect "symbols: a function that is not in the list" 1 "+trestle_probe@@TRESTLE_1.0" symbols
library 's/TRESTLE_1\.0/TRESTLE_2.0/'
expect "symbols: another version" 1 "+trestle_abi@@TRESTLE_2.0" symbols
library 's/^uint32_t trestle_abi.*/&\nuint32_t trestle_probe = 1;/'
expect "symbols: exported data" 1 "+trestle_probe@@TRESTLE_1.0 is of kind D" symbols
library 's/trestle_\*;/*;/; s/^uint32_t trestle_abi.*/&\nuint32_t leak(void) { return 0; }/'
expect "symbols: a foreign name" 1 "+leak@@TRESTLE_1.0" symbols
library
gcc -shared -fPIC -Wl,-soname,libprobe.so.1 -Wl,--version-script=library.map -I api library.c \
  -Wl,--no-as-needed -lm -o library.so
expect "symbols: a library more that it needs" 1 "+needed libm.so.6" symbols
rm library.so
expect "symbols: no library" 1 "is missing or empty" symbols
library
: >empty
expect "symbols: an empty list" 1 "is missing or empty" \
  "$gates/check_symbols.sh" library.so empty

abi() { "$gates/check_abi.sh" library.so library.abi api/trestle; }
"$gates/check_abi.sh" --print library.so api/trestle >library.abi
expect "abi: the library" 0 "2 functions of library.so checked, 0 findings" abi
library 's/private_field;/&\n  uint64_t another_private_field;/'
expect "abi: a private struct may change" 0 "0 findings" abi
headers trestle.h 's/^  uint64_t session;$/  int64_t session;/'
library
expect "abi: a field of another type" 1 "FAILED: abidiff ended with exit code" abi
headers trestle.h '/^  uint16_t version; /{h;d};/^  uint16_t suite; /{G}'
library
expect "abi: two fields change places" 1 "FAILED: abidiff ended with exit code" abi
headers
gcc -g -fPIC -shared -I api "$gates/plugin.c" -o plugin.so
"$gates/check_abi.sh" --print plugin.so api/trestle >plugin.abi
expect "abi: the plugin" 0 "1 functions of plugin.so checked, 0 findings" \
  "$gates/check_abi.sh" plugin.so plugin.abi api/trestle
headers backend.h 's/^  (int64_t \(\*pull\)\(void \*\w+, uint8_t \*\w+), uint64_t /\1, uint32_t /'
gcc -g -fPIC -shared -I api "$gates/plugin.c" -o plugin.so
expect "abi: an argument of a slot" 1 "FAILED: abidiff ended with exit code" \
  "$gates/check_abi.sh" plugin.so plugin.abi api/trestle
headers
library '/^uint32_t trestle_abi/d'
expect "abi: a removed function" 1 "FAILED: abidiff ended with exit code" abi
library 's/^uint32_t (trestle_abi.*)/uint64_t \1/; s/^#include.*/#define trestle_abi other_abi\n&\n#undef trestle_abi/'
expect "abi: another type of result" 1 "FAILED: abidiff ended with exit code" abi
library 's/^uint32_t trestle_abi.*/&\nuint32_t trestle_probe(void) { return 0; }/'
expect "abi: an added function" 1 "FAILED: abidiff ended with exit code" abi
library
strip library.so
expect "abi: no debug information" 1 "FAILED: library.so has no debug information" abi
expect "abi: no debug information for a new description" 1 "has no debug information" \
  "$gates/check_abi.sh" --print library.so api/trestle
rm library.so
expect "abi: no library" 1 "FAILED: library.so is missing" abi
library
: >empty
expect "abi: an empty description" 1 "FAILED: empty is missing or empty" \
  "$gates/check_abi.sh" library.so empty api/trestle
sed "s/ elf-symbol-id='trestle_abi@[^']*'//" library.abi >untyped.abi
expect "abi: a function without its types" 1 "FAILED: untyped.abi has no types for trestle_abi" \
  "$gates/check_abi.sh" library.so untyped.abi api/trestle
path_with bash grep readelf abidw sed sort comm basename
expect "abi: no abidiff" 1 "FAILED: abidiff is not installed" \
  env PATH="$folder/bin" "$gates/check_abi.sh" library.so library.abi api/trestle

echo "gates: $passed passed, $failed failed"
[[ $failed -eq 0 ]]
