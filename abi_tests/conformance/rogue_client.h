// SPDX-License-Identifier: Apache-2.0
// A TLS 1.2 client that leaves out what it has to send: ECDHE_ECDSA with AES_128_GCM_SHA256 on
// secp256r1, just enough of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace trestle::conformance {

class RogueClient {
 public:
  enum class Certificate { kSkipped, kEmpty, kSent };

  RogueClient();

  // The first flight.
  const std::string& hello() const { return hello_; }
  // The second flight, to a server's whole first one. `certificates` (DER) are sent without any
  // proof of the private key: no CertificateVerify follows.
  std::string answer(const std::string& server_flight, Certificate certificate,
                     const std::vector<std::string>& certificates = {});
  // After that: the next record under this client's keys.
  std::string record(uint8_t type, const std::string& plaintext);

 private:
  std::string random_;
  std::string hello_;       // the record
  std::string transcript_;  // all handshake messages so far
  std::string key_;
  std::string iv_;
  uint64_t sequence_ = 0;
};

}  // namespace trestle::conformance
