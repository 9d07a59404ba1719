// SPDX-License-Identifier: Apache-2.0
// One signature, one public key (X.509): the crypto below the core's path validation.
#pragma once

#include <trestle/backend.h>

namespace trestle::wolf {

// As the slot of the plugin ABI.
int32_t verify_signature(uint16_t scheme, const trestle_bytes* spki, const trestle_bytes* message,
                         const trestle_bytes* signature);

// wolfSSL's name for an IANA signature scheme; NULL if it doesn't know it.
const char* scheme_name(uint16_t scheme);

}  // namespace trestle::wolf
