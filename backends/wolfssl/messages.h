// SPDX-License-Identifier: Apache-2.0
// What wolfSSL gets wrong about handshake messages in the clear, so that we look at them, too.
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

// From a handshake message with its header. Nothing if it isn't a whole and well-formed one;
// wolfSSL then finds out the same.
std::optional<ClientHello> parse_client_hello(const std::vector<uint8_t>& message);

struct ServerHello {
  uint16_t suite = 0;
  uint16_t selected_version = 0; // RFC 8446, 4.2.1; 0 without the extension
  bool takes_psk = false;        // RFC 8446, 4.2.11
};
std::optional<ServerHello> parse_server_hello(const std::vector<uint8_t>& message);

// What a ServerKeyExchange of TLS 1.2 (RFC 5246, 7.4.3; RFC 8422, 5.4) is signed with.
struct KeyExchange {
  uint16_t group = 0; // of an elliptic curve; 0 for a finite field
  uint16_t scheme = 0;
};
std::optional<KeyExchange> parse_server_key_exchange(const std::vector<uint8_t>& message,
                                                     bool finite_field);

}  // namespace trestle::wolf
