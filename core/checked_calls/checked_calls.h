// SPDX-License-Identifier: Apache-2.0
// The slots of a backend that take what a program or a peer has made up. backend.h says what they
// may rely on; here it is seen to, once for all backends. What fails a check is answered in the
// backend's stead, and the backend not called.
#pragma once

#include "trestle/backend.h"

namespace trestle {

// Each as the slot of its name; `error` as the host hands it to a backend.
int32_t checked_verify_signature(const trestle_backend& backend, uint16_t scheme,
                                 const trestle_bytes& spki, const trestle_bytes& message,
                                 const trestle_bytes& signature);
int32_t checked_identity_new(const trestle_backend& backend,
                             const trestle_backend_identity_source& source,
                             trestle_backend_identity** identity, trestle_backend_error* error);
int32_t checked_context_new(const trestle_backend& backend, const trestle_backend_config& config,
                            trestle_backend_context** context, trestle_backend_error* error);

// OK, or ERROR with BAD_CERTIFICATE if one isn't well-formed (RFC 5280, 4.1), or there is none.
int32_t check_certificates(const trestle_bytes* certificates, uint32_t count,
                           trestle_backend_error* error);

// By the suite's IANA number.
bool is_tls13_suite(uint16_t suite);
bool is_anonymous_suite(uint16_t suite);
bool is_dss_suite(uint16_t suite);

}  // namespace trestle
