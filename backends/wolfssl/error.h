// SPDX-License-Identifier: Apache-2.0
// Error records: the backend's words, wolfSSL's code and wolfSSL's words.
#pragma once

#include <exception>
#include <new>

#include <trestle/backend.h>

namespace trestle::wolf {

// Fills in the record and returns TRESTLE_BACKEND_ERROR. `code` is wolfSSL's, or 0.
int32_t fail(trestle_backend_error* error, int32_t result, int64_t code, const char* detail);

// What a slot is left with when something can't be honoured.
struct Refusal {
  int32_t result;
  int64_t code;
  char detail[TRESTLE_BACKEND_TEXT_MAX];
};
[[noreturn]] __attribute__((format(printf, 3, 4))) void refuse(int32_t result, int64_t code,
                                                               const char* detail, ...);

// wolfSSL's queue of errors is the thread's: nobody finds another's there.
class ErrorQueueScope {
 public:
  ErrorQueueScope();
  ~ErrorQueueScope();
};

// Runs a slot's body so that no exception leaves it.
template <typename Body>
int32_t run_slot(trestle_backend_error* error, Body body) {
  const ErrorQueueScope error_queue;
  try {
    return body();
  } catch (const Refusal& refusal) {
    return fail(error, refusal.result, refusal.code, refusal.detail);
  } catch (const std::bad_alloc&) {
    return fail(error, TRESTLE_RESULT_OUT_OF_MEMORY, 0, "out of memory");
  } catch (const std::exception& exception) {
    return fail(error, TRESTLE_RESULT_FAILURE, 0, exception.what());
  }
}

}  // namespace trestle::wolf
