// SPDX-License-Identifier: Apache-2.0
// The cipher suites, groups and signature schemes that this wolfSSL negotiates.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace trestle::wolf {

enum class Authentication {
  kTls13,       // by the handshake, not by the suite
  kCertificate, // the server has a certificate
  kPsk,
  kAnonymous,
};

struct Suite {
  uint16_t id; // IANA
  Authentication authentication;
  bool finite_field; // its key exchange is DHE (RFC 7919)
};

// NULL for a suite that this wolfSSL does not negotiate.
const Suite* find_suite(uint16_t id);

bool has_group(uint16_t group);
// wolfSSL's name for an elliptic curve; NULL for a group that isn't one.
const char* curve_name(uint16_t group);

// wolfSSL's list for the schemes, in their order; false if one can't be had.
bool signature_list(const std::vector<uint16_t>& schemes, std::string* list);

}  // namespace trestle::wolf
