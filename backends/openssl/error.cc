// SPDX-License-Identifier: Apache-2.0
#include "backends/openssl/error.h"

#include <openssl/proverr.h>

#include <cstdarg>
#include <cstdio>

namespace trestle::openssl {
namespace {

bool tells_missing_algorithm(int library, int reason) {
  return library == ERR_LIB_EVP &&
         (reason == ERR_R_UNSUPPORTED || reason == EVP_R_UNSUPPORTED_ALGORITHM ||
          reason == EVP_R_UNKNOWN_PBE_ALGORITHM || reason == EVP_R_UNSUPPORTED_CIPHER ||
          reason == EVP_R_UNSUPPORTED_PRF || reason == EVP_R_UNSUPPORTED_KEY_DERIVATION_FUNCTION);
}

bool tells_wrong_password(int library, int reason) {
  switch (library) {
    case ERR_LIB_PKCS12:
      // Now and then garbage has a valid padding, and only what is inside doesn't decode.
      return reason == PKCS12_R_MAC_VERIFY_FAILURE || reason == PKCS12_R_PKCS12_CIPHERFINAL_ERROR ||
             reason == PKCS12_R_DECODE_ERROR;
    case ERR_LIB_EVP:
      return reason == EVP_R_BAD_DECRYPT;
    case ERR_LIB_PROV:
      return reason == PROV_R_BAD_DECRYPT;
    default:
      return false;
  }
}

}  // namespace

int32_t fail(trestle_backend_error *error, int32_t result, const char *detail) {
  const unsigned long code = ERR_peek_last_error();
  error->result = code != 0 && ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE
                      ? TRESTLE_RESULT_OUT_OF_MEMORY
                      : result;
  error->library_code = static_cast<int64_t>(code);
  if (code != 0) ERR_error_string_n(code, error->library_text, sizeof error->library_text);
  if (detail != nullptr) snprintf(error->detail, sizeof error->detail, "%s", detail);
  return TRESTLE_BACKEND_ERROR;
}

int32_t failf(trestle_backend_error *error, int32_t result, const char *format, ...) {
  char detail[TRESTLE_BACKEND_TEXT_MAX];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(detail, sizeof detail, format, arguments);
  va_end(arguments);
  return fail(error, result, detail);
}

int32_t fail_unlocking(trestle_backend_error *error, int32_t otherwise, const char *detail) {
  fail(error, otherwise, detail);
  while (const unsigned long code = ERR_get_error()) {
    if (tells_missing_algorithm(ERR_GET_LIB(code), ERR_GET_REASON(code))) {
      error->result = TRESTLE_RESULT_NOT_SUPPORTED;
      break;
    }
    if (tells_wrong_password(ERR_GET_LIB(code), ERR_GET_REASON(code))) {
      error->result = TRESTLE_RESULT_WRONG_PASSWORD;
    }
  }
  return TRESTLE_BACKEND_ERROR;
}

}  // namespace trestle::openssl
