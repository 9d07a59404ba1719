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

// Can GnuTLS, as it is set up on this machine, offer the suite?
bool can_offer(uint16_t suite);

}  // namespace trestle::gnutls_backend
