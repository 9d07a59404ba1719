// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "abi_tests/conformance/known_differences.h"
#include "abi_tests/harness/program.h"

namespace trestle::testing {

// A row of the table of differences for this real server that a complete run never met says
// something that no test looks at.
class EveryRowIsMet : public ::testing::Environment {
 public:
  explicit EveryRowIsMet(std::string server) : server_(std::move(server)) {}

  void TearDown() override {
    if (::testing::GTEST_FLAG(filter) != "*") return;
    std::vector<conformance::Where> places;
    for (const std::string& backend : backends()) places.push_back({backend, server_, "*"});
    for (const conformance::KnownDifference* row : conformance::unmet_rows(places)) {
      if (row->server == server_) {
        ADD_FAILURE() << "no test met the known difference \"" << row->feature << "\" ("
                      << row->client << " with " << row->server << ")";
      }
    }
  }

 private:
  const std::string server_;
};

}  // namespace trestle::testing
