// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "trestle/backend.h"

namespace trestle::openssl {

// The table's verify_signature.
int32_t verify_signature(uint16_t scheme, const trestle_bytes *spki, const trestle_bytes *message,
                         const trestle_bytes *signature);

}  // namespace trestle::openssl
