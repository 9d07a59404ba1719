// SPDX-License-Identifier: Apache-2.0
// A session's configuration in wolfSSL's form.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <trestle/backend.h>

#include "backends/wolfssl/identity.h"
#include "backends/wolfssl/wolf.h"

struct trestle_backend_context {
  struct Free {
    void operator()(WOLFSSL_CTX* context) const { wolfSSL_CTX_free(context); }
  };

  std::unique_ptr<WOLFSSL_CTX, Free> library;
  uint32_t role = 0;
  uint32_t client_auth = TRESTLE_CLIENT_AUTH_NONE;
  bool tls13 = false;
  bool has_identity = false;
  std::vector<uint16_t> suites;
  std::vector<uint16_t> groups;
  std::vector<uint16_t> signature_schemes;
  std::vector<uint16_t> own_schemes; // of these, what our own key signs with in TLS 1.2
  trestle::wolf::SecretBytes psk;
  std::string psk_identity;
  std::vector<uint16_t> psk_suites; // of TLS 1.3, for an external PSK: those with SHA-256
};

namespace trestle::wolf {

int32_t context_new(const trestle_backend_config* config, trestle_backend_context** context,
                    trestle_backend_error* error);
void context_free(trestle_backend_context* context);

}  // namespace trestle::wolf
