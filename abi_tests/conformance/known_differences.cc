// SPDX-License-Identifier: Apache-2.0
#include "abi_tests/conformance/known_differences.h"

namespace trestle::conformance {

const std::vector<KnownDifference>& known_differences() {
  static const std::vector<KnownDifference> table = {};
  return table;
}

std::string known_differences_as_markdown() {
  std::string text =
      "| Feature | Client | Server | TLS | What happens instead | Why |\n"
      "|---|---|---|---|---|---|\n";
  for (const KnownDifference& row : known_differences()) {
    const bool alone = std::string(row.server) == "-";
    text += std::string("| ") + row.feature + " | " + row.client + " | " +
            (alone ? "(alone)" : row.server) + " | " + row.version + " | " + row.deviation +
            " | " + row.reason + " |\n";
  }
  return text;
}

}  // namespace trestle::conformance
