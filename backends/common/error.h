// SPDX-License-Identifier: Apache-2.0
// Error records, and how the body of a slot is left.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <new>

#include <trestle/backend.h>

namespace trestle::backend {

// Each plugin's own: its library's words for one of the library's codes.
void write_library_text(int64_t code, char* text, size_t size);

// Fills in the record and returns TRESTLE_BACKEND_ERROR. `code` is the library's, or 0.
__attribute__((format(printf, 4, 5))) int32_t fail(trestle_backend_error* error, int32_t result,
                                                   int64_t code, const char* detail, ...);

// Where the record's other fields say everything; the host has its own words for those.
int32_t fail(trestle_backend_error* error, int32_t result, int64_t code);

// Leaves the slot that run_slot runs, which then fails like that.
[[noreturn]] __attribute__((format(printf, 3, 4))) void refuse(int32_t result, int64_t code,
                                                               const char* detail, ...);

struct Refusal {
  int32_t result;
  int64_t code;
  char detail[TRESTLE_BACKEND_TEXT_MAX];
};

// Runs a slot's body so that no exception leaves it.
template <typename Body>
int32_t run_slot(trestle_backend_error* error, Body body) {
  try {
    return body();
  } catch (const Refusal& refusal) {
    return fail(error, refusal.result, refusal.code, "%s", refusal.detail);
  } catch (const std::bad_alloc&) {
    return fail(error, TRESTLE_RESULT_OUT_OF_MEMORY, 0, "out of memory");
  } catch (const std::exception& exception) {
    return fail(error, TRESTLE_RESULT_FAILURE, 0, "%s", exception.what());
  }
}

}  // namespace trestle::backend
