// SPDX-License-Identifier: Apache-2.0
// The cipher suites and groups that this wolfSSL negotiates.
#pragma once

#include <cstdint>

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

struct Group {
  uint16_t id;      // IANA
  const char* name; // wolfSSL's of an elliptic curve; NULL for a finite field
};
const Group* find_group(uint16_t id);

}  // namespace trestle::wolf
