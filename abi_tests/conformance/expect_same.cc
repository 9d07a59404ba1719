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

const KnownDifference* find_row(const std::vector<KnownDifference>& table, const Where& where,
                                const std::string& feature) {
  for (const KnownDifference& row : table) {
    if (row.feature == feature && concerns(row, where)) return &row;
  }
  return nullptr;
}

}  // namespace

std::string judge(const std::vector<KnownDifference>& table, const Where& where,
                  const std::string& feature, const std::string& expected,
                  const std::string& observed) {
  const KnownDifference* row = find_row(table, where, feature);
  const std::string place = "\"" + feature + "\" (client " + where.client + ", server " +
                            where.server + ", TLS " + where.version + ")";
  const std::string facts = "\n  expected: " + expected + "\n  observed: " + observed;
  if (row == nullptr) return observed == expected ? "" : place + facts;
  if (observed == expected) return "a known difference has gone, remove its row: " + place;
  if (observed == row->deviation) return "";
  return place + " is neither right nor the known difference" + facts +
         "\n  known:    " + row->deviation;
}

void expect_same(const Where& where, const std::string& feature, const std::string& expected,
                 const std::string& observed, const std::string& explanation) {
  const KnownDifference* row = find_row(known_differences(), where, feature);
  if (row != nullptr) met_rows().insert(row);
  const std::string judgement =
      judge(known_differences(), where, feature, expected, observed);
  if (!judgement.empty()) ADD_FAILURE() << judgement << "\n" << explanation;
}

std::vector<const KnownDifference*> unmet_rows(const std::vector<Where>& places) {
  std::vector<const KnownDifference*> unmet;
  for (const KnownDifference& row : known_differences()) {
    // Where an earlier row comes first, this one is not due.
    const bool due = std::any_of(places.begin(), places.end(), [&row](const Where& where) {
      return find_row(known_differences(), where, row.feature) == &row;
    });
    if (due && met_rows().count(&row) == 0) unmet.push_back(&row);
  }
  return unmet;
}

}  // namespace trestle::conformance
