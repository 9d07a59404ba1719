// SPDX-License-Identifier: Apache-2.0
// Certificate, chain and private key, as the program gave them.
#pragma once

#include "backends/openssl/library.h"

// Immutable once made; contexts of all threads share it.
struct trestle_backend_identity {
  trestle::openssl::KeyPtr key;
  trestle::openssl::CertificatePtr certificate;
  trestle::openssl::CertificatesPtr chain;  // what follows the certificate, in sending order
};

namespace trestle::openssl {

// The table's slots.
int32_t identity_new(const trestle_backend_identity_source *source,
                     trestle_backend_identity **identity, trestle_backend_error *error);
void identity_free(trestle_backend_identity *identity);

}  // namespace trestle::openssl
