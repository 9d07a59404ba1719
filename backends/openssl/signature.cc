// SPDX-License-Identifier: Apache-2.0
#include "backends/openssl/signature.h"

#include <openssl/rsa.h>

#include "backends/openssl/algorithms.h"
#include "backends/openssl/library.h"

namespace trestle::openssl {
namespace {

bool set_pss_parameters(EVP_PKEY_CTX *context) {
  // The mask's hash is the message's, unless the key itself names one.
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
}

}  // namespace

int32_t verify_signature(uint16_t scheme_id, const trestle_bytes *spki,
                         const trestle_bytes *message, const trestle_bytes *signature) {
  ErrorQueueScope error_queue;
  const SignatureScheme *scheme = find_signature_scheme(scheme_id);
  const uint8_t *at = spki->data;
  KeyPtr key(d2i_PUBKEY_ex(nullptr, &at, static_cast<long>(spki->length), library_context(),
                           nullptr));
  DigestContextPtr context(EVP_MD_CTX_new());
  EVP_PKEY_CTX *parameters = nullptr;
  if (!key || !context ||
      EVP_DigestVerifyInit_ex(context.get(), &parameters, scheme->digest, library_context(),
                              nullptr, key.get(), nullptr) != 1 ||
      (scheme->pss && !set_pss_parameters(parameters))) {
    return TRESTLE_BACKEND_ERROR;
  }
  // The library takes a PSS signature without its leading zero bytes; RFC 8017, 8.1.2 doesn't.
  if (scheme->pss && signature->length != static_cast<uint64_t>(EVP_PKEY_get_size(key.get()))) {
    return 0;
  }
  // Negative: a signature that can't even be parsed, which is as wrong as one that doesn't match.
  return EVP_DigestVerify(context.get(), signature->data, signature->length, message->data,
                          message->length) == 1;
}

}  // namespace trestle::openssl
