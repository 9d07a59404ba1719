// SPDX-License-Identifier: Apache-2.0
// Prints the table of known differences, as docs/known-differences.md has it.
#include <cstdio>

#include "abi_tests/conformance/known_differences.h"

int main() {
  const std::string table = trestle::conformance::known_differences_as_markdown();
  return std::fputs(table.c_str(), stdout) < 0;
}
