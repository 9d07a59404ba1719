// SPDX-License-Identifier: Apache-2.0
// The records of a flight, as far as they can be read without keys (RFC 8446, 5.1).
#pragma once

#include <cstdint>
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

struct Record {
  uint8_t type;
  std::string body;
};

// Complete records at the beginning of `bytes`.
std::vector<Record> records_of(const std::string& bytes);
// A record of TLS 1.2 (and 1.3 on the wire).
std::string make_record(uint8_t type, const std::string& body);

}  // namespace trestle::conformance
