// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/wolfssl/identity.h"

namespace trestle::wolf {

// Fills the identity from a PFX whose MAC the password fits; refuses any other.
void take_pkcs12(const trestle_backend_identity_source& source,
                 trestle_backend_identity* identity);

}  // namespace trestle::wolf
