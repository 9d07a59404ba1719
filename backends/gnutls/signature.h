// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <trestle/backend.h>

namespace trestle::gnutls_backend {

// The slot verify_signature.
int32_t verify_signature(uint16_t scheme, const trestle_bytes *spki, const trestle_bytes *message,
                         const trestle_bytes *signature) noexcept;

}  // namespace trestle::gnutls_backend
