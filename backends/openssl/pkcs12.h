// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/openssl/identity.h"

namespace trestle::openssl {

// Fills the identity from a PFX whose MAC the password fits.
void load_pkcs12(const trestle_bytes &pfx, const trestle_bytes &password,
                 trestle_backend_identity &identity);

}  // namespace trestle::openssl
