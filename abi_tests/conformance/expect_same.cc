// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "abi_tests/conformance/known_differences.h"

namespace trestle::conformance {
namespace {

bool covers(const char* pattern, const std::string& value) {
  // A test of one backend alone is no pair with any server.
  if (std::string(pattern) == "*") return value != "-";
  return pattern == value;
}

bool concerns(const KnownDifference& row, const Where& where) {
  return covers(row.client, where.client) && covers(row.server, where.server) &&
         (where.version == "*" || covers(row.version, where.version));
}

std::set<const KnownDifference*>& met_rows() {
  static std::set<const KnownDifference*> met;
  return met;
}

const KnownDifference* find_row(const Where& where, const std::string& feature) {
  for (const KnownDifference& row : known_differences()) {
    if (row.feature == feature && concerns(row, where)) return &row;
  }
  return nullptr;
}

}  // namespace

void expect_same(const Where& where, const std::string& feature, const std::string& expected,
                 const std::string& observed, const std::string& explanation) {
  const KnownDifference* row = find_row(where, feature);
  if (row == nullptr) {
    EXPECT_EQ(observed, expected) << feature << " (client " << where.client << ", server "
                                  << where.server << ", TLS " << where.version << ")\n"
                                  << explanation;
    return;
  }
  met_rows().insert(row);
  EXPECT_NE(observed, expected) << "the known difference \"" << feature << "\" (client "
                                << where.client << ", server " << where.server << ", TLS "
                                << where.version << ") has gone: remove its row";
  EXPECT_EQ(observed, row->deviation)
      << feature << " (client " << where.client << ", server " << where.server << ", TLS "
      << where.version << "): neither right nor the known difference\n"
      << explanation;
}

std::vector<const KnownDifference*> unmet_rows(const std::vector<Where>& places) {
  std::vector<const KnownDifference*> unmet;
  for (const KnownDifference& row : known_differences()) {
    const bool due = std::any_of(places.begin(), places.end(),
                                 [&row](const Where& where) { return concerns(row, where); });
    if (due && met_rows().count(&row) == 0) unmet.push_back(&row);
  }
  return unmet;
}

}  // namespace trestle::conformance
