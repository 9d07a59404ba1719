// SPDX-License-Identifier: Apache-2.0
#include "abi_tests/configuration/suite_table.h"

#include <cstdio>

#include "abi_tests/harness/program.h"

namespace trestle::testing {
namespace {

using conformance::all_suites;
using conformance::Suite;

// C's suites are the first of the header, and of its list; this is the last of them.
constexpr uint16_t kLastOfC = TRESTLE_TLS_RSA_PSK_WITH_AES_256_CBC_SHA;

constexpr char kIntroduction[] =
    "# Cipher suites\n"
    "\n"
    "Which backend has which suite, on Debian 12's OpenSSL, GnuTLS and wolfSSL. A test writes the\n"
    "table from what it has seen, and fails when the two differ.\n"
    "\n"
    "- **no**: `CONFIG_CIPHER_CFM` is `SUITE_NOT_SUPPORTED`, its detail names the suite, and the\n"
    "  configuration before stays in force.\n"
    "- **yes**: named by `CONFIG_CIPHER_REQ`, exactly this suite was negotiated and carried data,\n"
    "  between two Trestle sides, as client and as server: both on this backend, and with every other\n"
    "  backend that has the suite.\n"
    "- **O**: as client of `openssl s_server`, too, and as server of `openssl s_client`.\n"
    "- **G**: as client of `gnutls-serv`, too, and as server of `gnutls-cli`. **g**: of `gnutls-serv`\n"
    "  alone, because gnutls-cli 3.7.9 crashes after a handshake with DHE_PSK.\n"
    "\n"
    "A session that never names its suites has those of TLS 1.3 that begin with AES_128_GCM,\n"
    "AES_256_GCM or CHACHA20, and ECDHE with the same ciphers.\n";

std::string number(uint16_t id) {
  char text[8];
  std::snprintf(text, sizeof text, "0x%04X", unsigned{id});
  return text;
}

}  // namespace

void SuiteTable::refused(const std::string& backend, const Suite& suite) {
  refused_.insert({backend, suite.id});
}

void SuiteTable::met(const std::string& client, const std::string& server, const Suite& suite) {
  met_.insert({client, server, suite.id});
}

void SuiteTable::proved(const std::string& backend, const Suite& suite, Proof proof) {
  proofs_[{backend, suite.id}].insert(proof);
}

bool SuiteTable::met_all(const std::string& backend, uint16_t suite) const {
  for (const std::string& other : backends()) {
    if (refused_.count({other, suite}) != 0) continue;
    if (met_.count({backend, other, suite}) == 0 || met_.count({other, backend, suite}) == 0)
      return false;
  }
  return true;
}

std::string SuiteTable::cell(const std::string& backend, uint16_t suite) const {
  if (refused_.count({backend, suite}) != 0) return "no";
  if (!met_all(backend, suite)) return "unproved";
  const auto found = proofs_.find({backend, suite});
  if (found == proofs_.end()) return "yes";
  const auto has = [&](Proof proof) { return found->second.count(proof) != 0; };
  std::string text = "yes";
  if (has(Proof::kOpenSslServer) && has(Proof::kOpenSslClient)) text += " O";
  if (has(Proof::kGnuTlsServer)) text += has(Proof::kGnuTlsClient) ? " G" : " g";
  return text;
}

void SuiteTable::add_rows(bool named_by_c, std::string* text) const {
  *text += "\n| Suite | Number |";
  for (const std::string& backend : backends()) *text += " " + backend + " |";
  *text += "\n|---|---|";
  for (size_t i = 0; i < backends().size(); ++i) *text += "---|";
  *text += "\n";
  bool in_c = true;
  for (const Suite& suite : all_suites()) {
    if (in_c == named_by_c) {
      *text += "| " + suite.name + " | " + number(suite.id) + " |";
      for (const std::string& backend : backends()) *text += " " + cell(backend, suite.id) + " |";
      *text += "\n";
    }
    if (suite.id == kLastOfC) in_c = false;
  }
}

std::string SuiteTable::markdown() const {
  std::string text = kIntroduction;
  text += "\n## Suites that the CSR Synergy TLS API names\n";
  add_rows(true, &text);
  text += "\n## Today's suites\n";
  add_rows(false, &text);
  return text;
}

SuiteTable& suite_table() {
  static SuiteTable table;
  return table;
}

}  // namespace trestle::testing
