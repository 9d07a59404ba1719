// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "backends/gnutls/handles.h"

struct trestle_backend_identity {
  std::vector<trestle::gnutls_backend::Certificate> certificates;  // leaf first
  trestle::gnutls_backend::PrivateKey key;
};

namespace trestle::gnutls_backend {

// Refuses as the slot identity_new says.
std::unique_ptr<trestle_backend_identity> make_identity(
    const trestle_backend_identity_source &source);

// Puts certificates and key into credentials. Below 0: GnuTLS's code; it checks that key and leaf
// belong together.
int use_identity(const trestle_backend_identity &identity,
                 gnutls_certificate_credentials_t credentials);

}  // namespace trestle::gnutls_backend
