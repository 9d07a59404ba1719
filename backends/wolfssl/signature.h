// SPDX-License-Identifier: Apache-2.0
// One signature, one public key (X.509): the crypto below the core's path validation.
#pragma once

#include <trestle/backend.h>

namespace trestle::wolf {

// As the slot of the plugin ABI.
int32_t verify_signature(uint16_t scheme, const trestle_bytes* spki, const trestle_bytes* message,
                         const trestle_bytes* signature);

// Whether verify_signature knows this IANA signature scheme.
bool can_verify(uint16_t scheme);

// wolfSSL's name for a scheme of handshakes; NULL if it isn't one.
const char* handshake_name(uint16_t scheme);

}  // namespace trestle::wolf
