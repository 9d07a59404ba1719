// SPDX-License-Identifier: Apache-2.0
// A certificate chain with its private key, checked and in the form that contexts load.
#pragma once

#include <vector>

#include <trestle/backend.h>

#include "backends/wolfssl/secret.h"
#include "backends/wolfssl/wolf.h"

struct trestle_backend_identity {
  std::vector<uint8_t> certificates; // DER, one after the other, leaf first
  trestle::wolf::SecretBytes key;    // DER: PKCS#8 or the form of its algorithm
};

namespace trestle::wolf {

int32_t identity_new(const trestle_backend_identity_source* source,
                     trestle_backend_identity** identity, trestle_backend_error* error);
void identity_free(trestle_backend_identity* identity);

// Into a context. What wolfSSL refuses is BAD_CERTIFICATE or BAD_PRIVATE_KEY.
void load_identity(const trestle_backend_identity& identity, WOLFSSL_CTX* context);

}  // namespace trestle::wolf
