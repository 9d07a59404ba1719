// SPDX-License-Identifier: Apache-2.0
// Handshake messages (RFC 5246, 7.4; RFC 8446, 4), as far as a plugin looks at them by itself.
// What the functions take is the body, behind the header of four bytes; what they return lends from
// it. Nothing means that the message isn't well-formed.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <trestle/backend.h>

namespace trestle::backend {

constexpr uint8_t kClientHello = 1;
constexpr uint8_t kServerHello = 2;
constexpr uint8_t kCertificate = 11;
constexpr uint8_t kServerKeyExchange = 12;
constexpr uint8_t kCertificateRequest = 13;
constexpr uint8_t kCertificateVerify = 15;
constexpr uint8_t kClientKeyExchange = 16;
constexpr size_t kMessageHeader = 4;

struct ClientHello {
  uint16_t legacy_version = 0;
  std::vector<uint16_t> suites;
  std::vector<uint16_t> versions; // RFC 8446, 4.2.1; empty without the extension
  std::vector<uint16_t> groups;   // RFC 8446, 4.2.7; empty without the extension
  bool has_psk = false;           // RFC 8446, 4.2.11
  bool has_psk_dhe_ke = false;    // RFC 8446, 4.2.9
  std::vector<trestle_bytes> psk_identities;

  bool offers_psk(const trestle_bytes& identity) const;
};
std::optional<ClientHello> parse_client_hello(const trestle_bytes& body);

struct ServerHello {
  uint16_t suite = 0;
  uint16_t selected_version = 0; // RFC 8446, 4.2.1; 0 without the extension
  bool takes_psk = false;        // RFC 8446, 4.2.11
};
std::optional<ServerHello> parse_server_hello(const trestle_bytes& body);

// The certificates of a Certificate message (RFC 5246, 7.4.2; RFC 8446, 4.4.2); none if it is empty.
std::optional<std::vector<trestle_bytes>> parse_certificates(const trestle_bytes& body,
                                                             bool tls13);

// What a ServerKeyExchange of TLS 1.2 (RFC 5246, 7.4.3; RFC 8422, 5.4) is signed with.
struct KeyExchange {
  uint16_t group = 0; // of an elliptic curve; 0 for a finite field
  uint16_t scheme = 0;
};
std::optional<KeyExchange> parse_server_key_exchange(const trestle_bytes& body, bool finite_field);

// The signature schemes that a CertificateRequest of TLS 1.2 lists (RFC 5246, 7.4.4).
std::optional<std::vector<uint16_t>> parse_certificate_request(const trestle_bytes& body);

// The identity in a ClientKeyExchange of a PSK suite (RFC 4279, 2).
std::optional<trestle_bytes> parse_psk_identity(const trestle_bytes& body);

bool contains(const std::vector<uint16_t>& list, uint16_t item);
bool have_common(const std::vector<uint16_t>& list, const std::vector<uint16_t>& other);

}  // namespace trestle::backend
