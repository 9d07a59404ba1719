// SPDX-License-Identifier: Apache-2.0
// Pre-shared keys: the suites of TLS 1.2, and external PSKs of TLS 1.3.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <vector>

#include "trestle/backend.h"

namespace trestle::openssl {

class Psk {
 public:
  Psk() = default;
  // `tls13_suite`: a SHA-256 suite of TLS 1.3 that the session offers; 0 if it has none.
  Psk(const trestle_bytes &key, const trestle_bytes &identity, uint16_t tls13_suite);
  ~Psk();
  Psk(Psk &&) = default;
  Psk &operator=(Psk &&) = default;

  bool empty() const { return key_.empty(); }
  const std::vector<uint8_t> &key() const { return key_; }
  const std::vector<uint8_t> &identity() const { return identity_; }
  uint16_t tls13_suite() const { return tls13_suite_; }
  bool identity_is(const uint8_t *identity, size_t length) const;

 private:
  std::vector<uint8_t> key_;
  std::vector<uint8_t> identity_;
  uint16_t tls13_suite_ = 0;
};

// Has the context's connections use the PSK of their trestle_backend_context.
void use_psk(SSL_CTX *ctx, uint32_t role);

}  // namespace trestle::openssl
