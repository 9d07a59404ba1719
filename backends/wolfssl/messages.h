// SPDX-License-Identifier: Apache-2.0
// What of the TLS record and handshake protocols travels in the clear, as far as we look at it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace trestle::wolf {

// Records (RFC 8446, 5.1).
constexpr uint8_t kChangeCipherSpec = 20;
constexpr uint8_t kAlert = 21;
constexpr uint8_t kHandshake = 22;
constexpr uint8_t kApplicationData = 23;
constexpr size_t kRecordHeader = 5;

// Handshake messages (RFC 5246, 7.4; RFC 8446, 4).
constexpr uint8_t kClientHello = 1;
constexpr uint8_t kServerHello = 2;
constexpr uint8_t kCertificate = 11;
constexpr uint8_t kServerKeyExchange = 12;
constexpr uint8_t kCertificateRequest = 13;
constexpr uint8_t kCertificateVerify = 15;
constexpr uint8_t kClientKeyExchange = 16;
constexpr size_t kMessageHeader = 4;

inline uint32_t read24(const uint8_t* at) {
  return static_cast<uint32_t>(at[0]) << 16 | static_cast<uint32_t>(at[1]) << 8 | at[2];
}

bool contains(const std::vector<uint16_t>& list, uint16_t item);

struct ClientHello {
  std::vector<uint16_t> suites;
  std::vector<uint16_t> versions; // RFC 8446, 4.2.1; empty without the extension
  std::vector<uint16_t> groups;   // RFC 8446, 4.2.7; empty without the extension
  bool has_psk = false;           // RFC 8446, 4.2.11, with psk_dhe_ke (4.2.9)
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

// The signature schemes that a CertificateRequest of TLS 1.2 lists (RFC 5246, 7.4.4).
std::vector<uint16_t> schemes_of_certificate_request(const std::vector<uint8_t>& message);

}  // namespace trestle::wolf
