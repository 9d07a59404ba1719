// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "backends/gnutls/handles.h"

struct trestle_backend_identity {
  std::vector<trestle::gnutls_backend::Certificate> certificates;  // leaf first
  trestle::gnutls_backend::PrivateKey key;
};

namespace trestle::gnutls_backend {

// The slot identity_new.
int32_t identity_new(const trestle_backend_identity_source *source,
                     trestle_backend_identity **identity, trestle_backend_error *error) noexcept;

// Puts certificates and key into credentials. Below 0: GnuTLS's code; it checks that key and leaf
// belong together.
int use_identity(const trestle_backend_identity &identity,
                 gnutls_certificate_credentials_t credentials);

}  // namespace trestle::gnutls_backend
