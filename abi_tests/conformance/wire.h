// SPDX-License-Identifier: Apache-2.0
// What can be read of a flight without keys (RFC 8446, 4 and 5; RFC 5246, 7).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace trestle::conformance {

constexpr uint8_t kChangeCipherSpecRecord = 20;
constexpr uint8_t kAlertRecord = 21;
constexpr uint8_t kHandshakeRecord = 22;
constexpr uint8_t kApplicationDataRecord = 23;

constexpr uint8_t kClientHello = 1;
constexpr uint8_t kServerHello = 2;
constexpr uint8_t kCertificate = 11;
constexpr uint8_t kServerKeyExchange = 12;
constexpr uint8_t kCertificateRequest = 13;

constexpr uint16_t kServerNameExtension = 0;
constexpr uint16_t kSupportedGroupsExtension = 10;
constexpr uint16_t kSignatureAlgorithmsExtension = 13;
constexpr uint16_t kAlpnExtension = 16;
constexpr uint16_t kSessionTicketExtension = 35;
constexpr uint16_t kPreSharedKeyExtension = 41;
constexpr uint16_t kEarlyDataExtension = 42;
constexpr uint16_t kSupportedVersionsExtension = 43;
constexpr uint16_t kKeyShareExtension = 51;

// "0403 0804": IANA's numbers, for comparison and printing.
std::string in_hexadecimal(const std::vector<uint16_t>& numbers);

struct Record {
  uint8_t type;
  std::string body;
};

// Complete records at the beginning of `bytes`.
std::vector<Record> records_of(const std::string& bytes);
// A record of TLS 1.2 (and 1.3 on the wire).
std::string make_record(uint8_t type, const std::string& body);

struct HandshakeMessage {
  uint8_t type;
  std::string body;
};

// The handshake messages in the clear, up to the first record that can't be read.
std::vector<HandshakeMessage> handshake_messages_of(const std::string& bytes);

// A ClientHello or ServerHello. A mistake in it throws std::runtime_error.
struct Hello {
  uint16_t legacy_version = 0;
  std::string random;
  std::string session_id;
  std::vector<uint16_t> suites;  // a ServerHello's has one
  std::string compressions;
  std::map<uint16_t, std::string> extensions;

  bool has(uint16_t extension) const { return extensions.count(extension) != 0; }
  // The 16-bit numbers of a list with a length before it, or none.
  std::vector<uint16_t> list(uint16_t extension) const;
};

Hello parse_hello(const HandshakeMessage& message);
// The groups in a ClientHello's key_share, in order.
std::vector<uint16_t> key_share_groups(const Hello& client_hello);
// The group in a ServerHello's key_share.
uint16_t key_share_group(const Hello& server_hello);
bool is_hello_retry_request(const Hello& server_hello);

}  // namespace trestle::conformance
