// SPDX-License-Identifier: Apache-2.0
#include "backends/wolfssl/error.h"

#include <cstdarg>
#include <cstdio>

#include "backends/wolfssl/wolf.h"

namespace trestle::wolf {

int32_t fail(trestle_backend_error* error, int32_t result, int64_t code, const char* detail, ...) {
  error->result = result;
  error->library_code = code;
  if (code != 0) {
    const char* text = wolfSSL_ERR_reason_error_string(static_cast<unsigned long>(code));
    std::snprintf(error->library_text, sizeof error->library_text, "%s", text ? text : "");
  }
  va_list arguments;
  va_start(arguments, detail);
  std::vsnprintf(error->detail, sizeof error->detail, detail, arguments);
  va_end(arguments);
  return TRESTLE_BACKEND_ERROR;
}

}  // namespace trestle::wolf
