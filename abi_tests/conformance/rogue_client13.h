// SPDX-License-Identifier: Apache-2.0
// A TLS 1.3 client that leaves out what it has to send: AES_128_GCM_SHA256 on secp256r1, just
// enough of it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <openssl/evp.h>

namespace trestle::conformance {

// The protection of one direction (RFC 8446, 5.2).
class Tls13Keys {
 public:
  explicit Tls13Keys(const std::string& traffic_secret);
  std::string seal(uint8_t type, const std::string& plaintext);
  // A record's body; what was in it, without its type.
  std::string open(const std::string& body);

 private:
  std::string next_nonce();

  std::string key_;
  std::string iv_;
  uint64_t sequence_ = 0;
};

class RogueClient13 {
 public:
  RogueClient13();

  // The first flight.
  const std::string& hello() const { return hello_; }
  // Takes in a server's whole flight.
  void read(const std::string& server_flight);
  // After that: handshake messages (not yet in records), then Finished over them.
  std::string finish_after(const std::string& messages);
  // After `read`: a record under the handshake's keys.
  std::string record(uint8_t type, const std::string& plaintext) {
    return keys_->seal(type, plaintext);
  }

  // Without any proof of the private key: no CertificateVerify goes with it.
  static std::string certificate_message(const std::vector<std::string>& certificates);

 private:
  void agree(const std::string& server_share);

  std::shared_ptr<EVP_PKEY> key_;
  std::string hello_;       // the record
  std::string transcript_;  // all handshake messages so far
  std::string client_secret_;
  std::optional<Tls13Keys> keys_;
  std::optional<Tls13Keys> server_keys_;
};

}  // namespace trestle::conformance
