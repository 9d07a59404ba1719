// SPDX-License-Identifier: Apache-2.0
// The one place where backends may differ. Tests compare what they observe with what every backend
// should do; where a TLS library makes that impossible, the first row of the table that covers the
// place says what happens instead, and why. A test fails when it meets a difference without a row,
// and also when a row's difference has gone.
#pragma once

#include <string>
#include <vector>

namespace trestle::conformance {

struct KnownDifference {
  const char* feature;    // as the test names it
  const char* client;     // backend, or a program of a TLS library's own; "*": any
  const char* server;     // as `client`; "-": a test of one backend alone, named by `client`
  const char* version;    // "1.2", "1.3"; "*": any, or no version takes part
  const char* deviation;  // what is observed instead
  const char* reason;
};

const std::vector<KnownDifference>& known_differences();

// The table for the documentation.
std::string known_differences_as_markdown();

// Where an observation was made. `server` is "-" in a test of one backend alone.
struct Where {
  std::string client;
  std::string server;
  std::string version;  // "1.2", "1.3" or "*"
};

// "" if `observed` is right: equal to `expected`, or to what the row of `table` for this place
// says. Else what is wrong, in words.
std::string judge(const std::vector<KnownDifference>& table, const Where& where,
                  const std::string& feature, const std::string& expected,
                  const std::string& observed);

// Fails the running test with that judgement over known_differences(), to which `explanation` is
// added.
void expect_same(const Where& where, const std::string& feature, const std::string& expected,
                 const std::string& observed, const std::string& explanation = "");

// Rows that no call of expect_same has met, out of those that concern a place of `places`.
std::vector<const KnownDifference*> unmet_rows(const std::vector<Where>& places);

}  // namespace trestle::conformance
