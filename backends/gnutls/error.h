// SPDX-License-Identifier: Apache-2.0
// The error record, and what keeps exceptions inside.
#pragma once

#include <cstdint>
#include <new>

#include <trestle/backend.h>

namespace trestle::gnutls_backend {

// Fills the record and returns TRESTLE_BACKEND_ERROR. `library_code` is GnuTLS's own, or 0.
[[gnu::format(printf, 4, 5)]] int32_t fail(trestle_backend_error *error, int32_t result,
                                           int library_code, const char *detail, ...);

// Runs the body of a slot. No exception may leave a C function.
template <typename Body>
int32_t guarded(trestle_backend_error *error, Body body) {
  try {
    return body();
  } catch (const std::bad_alloc &) {
    return fail(error, TRESTLE_RESULT_OUT_OF_MEMORY, 0, "out of memory");
  } catch (...) {
    return fail(error, TRESTLE_RESULT_FAILURE, 0, "unexpected exception");
  }
}

}  // namespace trestle::gnutls_backend
