// SPDX-License-Identifier: Apache-2.0
// From a configuration to a GnuTLS priority.
#pragma once

#include <cstdint>

#include "backends/gnutls/handles.h"

namespace trestle::gnutls_backend {

// Refuses what GnuTLS cannot honour.
Priority make_priority(const trestle_backend_config &config);

// Can GnuTLS do it, as it is set up on this machine? A system-wide file may forbid algorithms.
bool can_offer_suite(uint16_t suite);
bool can_offer_group(uint16_t group);
bool can_verify(uint16_t signature_scheme);

}  // namespace trestle::gnutls_backend
