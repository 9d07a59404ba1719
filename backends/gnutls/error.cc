// SPDX-License-Identifier: Apache-2.0
#include "backends/gnutls/error.h"

#include <gnutls/gnutls.h>

#include <cstdarg>
#include <cstdio>

namespace trestle::gnutls_backend {

int32_t fail(trestle_backend_error *error, int32_t result, int library_code, const char *detail,
             ...) {
  error->result = result;
  error->library_code = library_code;
  if (library_code != 0) {
    std::snprintf(error->library_text, sizeof error->library_text, "%s",
                  gnutls_strerror(library_code));
  }
  va_list arguments;
  va_start(arguments, detail);
  std::vsnprintf(error->detail, sizeof error->detail, detail, arguments);
  va_end(arguments);
  return TRESTLE_BACKEND_ERROR;
}

}  // namespace trestle::gnutls_backend
