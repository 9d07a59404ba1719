// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/openssl/identity.h"

namespace trestle::openssl {

// Fill in the identity's key from a PrivateKeyInfo or an EncryptedPrivateKeyInfo (RFC 5958).
int32_t load_pkcs8(const trestle_bytes &der, trestle_backend_identity &identity,
                   trestle_backend_error *error);
int32_t load_encrypted_pkcs8(const trestle_bytes &der, const trestle_bytes &password,
                             trestle_backend_identity &identity, trestle_backend_error *error);

}  // namespace trestle::openssl
