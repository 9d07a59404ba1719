// SPDX-License-Identifier: Apache-2.0
// A session's configuration in the library's terms.
#pragma once

#include <string>

#include "backends/openssl/library.h"
#include "backends/openssl/psk.h"

// Immutable once made; connections of all threads share it.
struct trestle_backend_context {
  uint32_t role = 0;
  uint32_t dh_bits_min = 0;
  std::string server_name;
  trestle::openssl::Psk psk;
  trestle::openssl::SslCtxPtr ctx;
};

namespace trestle::openssl {

// The table's slots.
int32_t context_new(const trestle_backend_config *config, trestle_backend_context **context,
                    trestle_backend_error *error);
void context_free(trestle_backend_context *context);

}  // namespace trestle::openssl
