// SPDX-License-Identifier: Apache-2.0
// What wolfSSL's server gets wrong about a ClientHello, so that it is looked at before.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace trestle::wolf {

struct ClientHello {
  std::vector<uint16_t> suites;
  std::vector<uint16_t> versions; // RFC 8446, 4.2.1; empty without the extension
  std::vector<uint16_t> groups;   // RFC 8446, 4.2.7; empty without the extension
  bool has_psk = false;           // RFC 8446, 4.2.11, with psk_dhe_ke (4.2.9)

  bool excludes(uint16_t version) const;
  bool has_version(uint16_t version) const;
  bool has_suite(uint16_t suite) const;
  bool has_group_of(const std::vector<uint16_t>& list) const;
};

// From a handshake message with its header. Nothing if it isn't a whole and well-formed one; wolfSSL
// then finds out the same.
std::optional<ClientHello> parse_client_hello(const std::vector<uint8_t>& message);

}  // namespace trestle::wolf
