// SPDX-License-Identifier: Apache-2.0
// From a configuration to a GnuTLS priority.
#pragma once

#include <cstdint>
#include <vector>

#include "backends/gnutls/handles.h"

namespace trestle::gnutls_backend {

struct Negotiable {
  Priority priority;
  std::vector<uint16_t> suites;  // those of the versions that take part
  bool has_tls12 = false;
  bool has_tls13 = false;
};

// OK, or ERROR on anything that GnuTLS cannot honour.
int32_t make_negotiable(const trestle_backend_config &config, Negotiable *negotiable,
                        trestle_backend_error *error);

// Can GnuTLS do it, as it is set up on this machine? A system-wide file may forbid algorithms.
bool can_offer_suite(uint16_t suite);
bool can_offer_group(uint16_t group);
bool can_verify(uint16_t signature_scheme);

}  // namespace trestle::gnutls_backend
