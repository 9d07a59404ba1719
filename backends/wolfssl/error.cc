// SPDX-License-Identifier: Apache-2.0
#include "backends/wolfssl/error.h"

#include <cstdarg>
#include <cstdio>

#include "backends/wolfssl/wolf.h"

namespace trestle::wolf {

int32_t fail(trestle_backend_error* error, int32_t result, int64_t code, const char* detail) {
  error->result = result;
  error->library_code = code;
  if (code != 0) {
    const char* text = wolfSSL_ERR_reason_error_string(static_cast<unsigned long>(code));
    std::snprintf(error->library_text, sizeof error->library_text, "%s", text ? text : "");
  }
  std::snprintf(error->detail, sizeof error->detail, "%s", detail);
  return TRESTLE_BACKEND_ERROR;
}

void refuse(int32_t result, int64_t code, const char* detail, ...) {
  Refusal refusal = {result, code, {}};
  va_list arguments;
  va_start(arguments, detail);
  std::vsnprintf(refusal.detail, sizeof refusal.detail, detail, arguments);
  va_end(arguments);
  throw refusal;
}

ErrorQueueScope::ErrorQueueScope() { wolfSSL_ERR_clear_error(); }
ErrorQueueScope::~ErrorQueueScope() { wolfSSL_ERR_clear_error(); }

}  // namespace trestle::wolf
