// SPDX-License-Identifier: Apache-2.0
// A session's configuration in wolfSSL's form.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <trestle/backend.h>

#include "backends/wolfssl/identity.h"
#include "backends/wolfssl/suites.h"
#include "backends/wolfssl/wolf.h"

struct trestle_backend_context {
  explicit trestle_backend_context(const trestle_backend_config& config);

  bool has(trestle::wolf::Authentication authentication) const;

  struct Free {
    void operator()(WOLFSSL_CTX* context) const { wolfSSL_CTX_free(context); }
  };

  const bool is_client;
  const bool tls13;
  const bool has_identity;
  const uint32_t client_auth;
  const std::vector<uint16_t> suites;
  const std::vector<uint16_t> groups;
  const std::vector<uint16_t> signature_schemes;
  const trestle::backend::SecretBytes psk;
  const std::string psk_identity;
  std::vector<uint16_t> own_schemes; // what our own key signs with in TLS 1.2
  std::vector<uint16_t> psk_suites;  // of TLS 1.3, for an external PSK: those with SHA-256
  std::unique_ptr<WOLFSSL_CTX, Free> library;
};
