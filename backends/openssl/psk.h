// SPDX-License-Identifier: Apache-2.0
// Pre-shared keys: the suites of TLS 1.2, and external PSKs of TLS 1.3.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <string>
#include <vector>

#include "backends/common/secret_bytes.h"

namespace trestle::openssl {

struct Psk {
  backend::SecretBytes key;
  std::vector<uint8_t> identity;
  const SSL_CIPHER *tls13_suite = nullptr;  // one with SHA-256, to which it is bound; or NULL
  std::string tls13_suites;                 // all of TLS 1.3, with those that fit it first
};

// Has the context's connections use the PSK of their trestle_backend_context.
void use_psk(SSL_CTX *ctx, uint32_t role);

}  // namespace trestle::openssl
