// SPDX-License-Identifier: Apache-2.0
// Every suite of trestle.h, and what a handshake with it takes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace trestle::conformance {

enum class Authentication { kAnyCertificate, kEcdsa, kRsa, kDsa, kRsaAndPsk, kPsk, kNone };

struct Suite {
  uint16_t id;
  std::string name;  // IANA's

  bool tls13() const { return id >> 8 == 0x13; }
  uint16_t version() const;
  Authentication authentication() const;
  bool uses_psk() const;
  // The server sends a certificate.
  bool uses_certificate() const;
  // Known to no library since TLS 1.2 was new, or never meant to be negotiated (static
  // Diffie-Hellman; TLS_NULL_WITH_NULL_NULL).
  bool is_extinct() const;
};

// In the header's order.
const std::vector<Suite>& all_suites();
const Suite& suite(uint16_t id);

}  // namespace trestle::conformance
