// SPDX-License-Identifier: Apache-2.0
// Error records.
#pragma once

#include <exception>
#include <new>

#include "backends/openssl/library.h"

namespace trestle::openssl {

// Fills the record with the library's last error, if there is one, and our own words; `detail` may
// be NULL. Returns TRESTLE_BACKEND_ERROR.
int32_t fail(trestle_backend_error *error, int32_t result, const char *detail);

// The same with text built as printf does.
__attribute__((format(printf, 3, 4))) int32_t failf(trestle_backend_error *error, int32_t result,
                                                    const char *format, ...);

// For what needed a password: WRONG_PASSWORD or NOT_SUPPORTED if the library's errors say so, else
// `otherwise`.
int32_t fail_unlocking(trestle_backend_error *error, int32_t otherwise, const char *detail);

// Runs the body of a slot that reports errors: no exception leaves it, and its errors are its own.
template <typename Body>
int32_t run_slot(trestle_backend_error *error, Body body) {
  ErrorQueueScope error_queue;
  try {
    return body();
  } catch (const std::bad_alloc &) {
    return fail(error, TRESTLE_RESULT_OUT_OF_MEMORY, nullptr);
  } catch (const std::exception &exception) {
    return fail(error, TRESTLE_RESULT_FAILURE, exception.what());
  }
}

}  // namespace trestle::openssl
