// SPDX-License-Identifier: Apache-2.0
#include "backends/openssl/error.h"

#include <openssl/proverr.h>

namespace trestle {
namespace openssl {
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

void refuse(int32_t result, const char *detail) {
  const unsigned long code = ERR_peek_last_error();
  const bool out_of_memory = code != 0 && ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE;
  backend::refuse(out_of_memory ? TRESTLE_RESULT_OUT_OF_MEMORY : result,
                  static_cast<int64_t>(code), "%s", detail);
}

void refuse_unlocking(int32_t otherwise, const char *detail) {
  int32_t result = otherwise;
  const unsigned long last = ERR_peek_last_error();
  while (const unsigned long code = ERR_get_error()) {
    if (tells_missing_algorithm(ERR_GET_LIB(code), ERR_GET_REASON(code))) {
      result = TRESTLE_RESULT_NOT_SUPPORTED;
      break;
    }
    if (tells_wrong_password(ERR_GET_LIB(code), ERR_GET_REASON(code))) {
      result = TRESTLE_RESULT_WRONG_PASSWORD;
    }
  }
  backend::refuse(result, static_cast<int64_t>(last), "%s", detail);
}

}  // namespace openssl

void backend::write_library_text(int64_t code, char *text, size_t size) {
  ERR_error_string_n(static_cast<unsigned long>(code), text, size);
}

}  // namespace trestle
