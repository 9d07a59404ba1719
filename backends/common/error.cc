// SPDX-License-Identifier: Apache-2.0
#include "backends/common/error.h"

#include <cstdarg>
#include <cstdio>

namespace trestle::backend {

int32_t fail(trestle_backend_error* error, int32_t result, int64_t code) {
  error->result = result;
  error->library_code = code;
  if (code != 0) write_library_text(code, error->library_text, sizeof error->library_text);
  return TRESTLE_BACKEND_ERROR;
}

int32_t fail(trestle_backend_error* error, int32_t result, int64_t code, const char* detail, ...) {
  va_list arguments;
  va_start(arguments, detail);
  std::vsnprintf(error->detail, sizeof error->detail, detail, arguments);
  va_end(arguments);
  return fail(error, result, code);
}

void refuse(int32_t result, int64_t code, const char* detail, ...) {
  Refusal refusal = {result, code, {}};
  va_list arguments;
  va_start(arguments, detail);
  std::vsnprintf(refusal.detail, sizeof refusal.detail, detail, arguments);
  va_end(arguments);
  throw refusal;
}

}  // namespace trestle::backend
