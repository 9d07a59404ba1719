// SPDX-License-Identifier: Apache-2.0
// The table of docs/cipher-suites.md: which backend has which suite, and who proved it.
#pragma once

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "abi_tests/conformance/suites.h"

namespace trestle::testing {

// Real peers that a suite was negotiated with.
enum class Proof { kOpenSslServer, kOpenSslClient, kGnuTlsServer, kGnuTlsClient };

class SuiteTable {
 public:
  void refused(const std::string& backend, const conformance::Suite& suite);
  // Two Trestle sides negotiated it.
  void met(const std::string& client, const std::string& server, const conformance::Suite& suite);
  void proved(const std::string& backend, const conformance::Suite& suite, Proof proof);

  // The whole document. A suite that a backend has, but that not every pair of
  // Trestle sides negotiated, is "unproved".
  std::string markdown() const;

 private:
  bool met_all(const std::string& backend, uint16_t suite) const;
  std::string cell(const std::string& backend, uint16_t suite) const;
  void add_rows(bool named_by_c, std::string* text) const;

  std::set<std::pair<std::string, uint16_t>> refused_;
  std::set<std::tuple<std::string, std::string, uint16_t>> met_;
  std::map<std::pair<std::string, uint16_t>, std::set<Proof>> proofs_;
};

// The one that the tests of this program fill.
SuiteTable& suite_table();

}  // namespace trestle::testing
