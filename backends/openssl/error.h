// SPDX-License-Identifier: Apache-2.0
// Error records.
#pragma once

#include "backends/common/error.h"
#include "backends/openssl/library.h"

namespace trestle::openssl {

// Leaves the slot with the library's last error, if there is one, and our own words.
[[noreturn]] void refuse(int32_t result, const char *detail);

// For what needed a password: WRONG_PASSWORD or NOT_SUPPORTED if the library's errors say so, else
// `otherwise`.
[[noreturn]] void refuse_unlocking(int32_t otherwise, const char *detail);

// What the library gives only if it has the memory.
template <typename Pointer>
Pointer need(Pointer made) {
  if (made == nullptr) throw std::bad_alloc();
  return made;
}

// Runs the body of a slot that reports errors: no exception leaves it, and its errors are its own.
template <typename Body>
int32_t run_slot(trestle_backend_error *error, Body body) {
  ErrorQueueScope error_queue;
  return backend::run_slot(error, body);
}

}  // namespace trestle::openssl
