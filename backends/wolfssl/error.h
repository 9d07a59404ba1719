// SPDX-License-Identifier: Apache-2.0
// Error records: the backend's words, wolfSSL's code and wolfSSL's words.
#pragma once

#include <new>

#include <trestle/backend.h>

namespace trestle::wolf {

// Fills in the record and returns TRESTLE_BACKEND_ERROR. `code` is wolfSSL's, or 0.
__attribute__((format(printf, 4, 5))) int32_t fail(trestle_backend_error* error, int32_t result,
                                                   int64_t code, const char* detail, ...);

// Runs a slot's body so that no exception leaves it.
template <typename Body>
int32_t guarded(trestle_backend_error* error, Body body) {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return fail(error, TRESTLE_RESULT_OUT_OF_MEMORY, 0, "out of memory");
  }
}

}  // namespace trestle::wolf
