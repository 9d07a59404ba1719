// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backends/openssl/library.h"

namespace trestle::openssl {

// The key of a PrivateKeyInfo or an EncryptedPrivateKeyInfo (RFC 5958); NULL if it can't be used.
KeyPtr parse_pkcs8(const trestle_bytes &der);
KeyPtr parse_encrypted_pkcs8(const trestle_bytes &der, const trestle_bytes &password);

}  // namespace trestle::openssl
