// SPDX-License-Identifier: Apache-2.0
#include "backends/openssl/signature.h"

#include <openssl/core_names.h>
#include <openssl/rsa.h>

#include <climits>
#include <cstring>
#include <initializer_list>

#include "backends/openssl/algorithms.h"
#include "backends/openssl/library.h"

namespace trestle::openssl {
namespace {

KeyPtr parse_public_key(const trestle_bytes &spki) {
  if (spki.length == 0 || spki.length > LONG_MAX) return nullptr;
  const uint8_t *at = spki.data;
  KeyPtr key(d2i_PUBKEY_ex(nullptr, &at, static_cast<long>(spki.length), library_context(),
                           nullptr));
  return at == spki.data + spki.length ? std::move(key) : nullptr;
}

// The curves of TLS by name. Parameters spelt out are forbidden in X.509 (RFC 5480, 2.1.1), and a
// forger's own generator could hide in them.
bool is_accepted_curve(EVP_PKEY *key) {
  constexpr char kSpeltOut[] = OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS;
  int spelt_out = 0;
  if (EVP_PKEY_get_int_param(key, kSpeltOut, &spelt_out) != 1 || spelt_out != 0) return false;
  char name[32];
  size_t length = 0;
  if (EVP_PKEY_get_group_name(key, name, sizeof name, &length) != 1) return false;
  for (const char *curve : {SN_X9_62_prime256v1, SN_secp384r1, SN_secp521r1}) {
    if (strcmp(name, curve) == 0) return true;
  }
  return false;
}

// The library takes a PSS signature without its leading zero bytes; RFC 8017, 8.1.2 doesn't.
bool has_length_of_key(const trestle_bytes &signature, const EVP_PKEY *key) {
  return signature.length == static_cast<uint64_t>(EVP_PKEY_get_size(key));
}

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
  if (scheme == nullptr) return TRESTLE_BACKEND_ERROR;
  KeyPtr key = parse_public_key(*spki);
  if (!key || EVP_PKEY_get_base_id(key.get()) != scheme->key_type ||
      (scheme->key_type == EVP_PKEY_EC && !is_accepted_curve(key.get()))) {
    return TRESTLE_BACKEND_ERROR;
  }
  DigestContextPtr context(EVP_MD_CTX_new());
  EVP_PKEY_CTX *parameters = nullptr;
  if (!context || EVP_DigestVerifyInit_ex(context.get(), &parameters, scheme->digest,
                                          library_context(), nullptr, key.get(), nullptr) != 1 ||
      (scheme->pss && !set_pss_parameters(parameters))) {
    return TRESTLE_BACKEND_ERROR;
  }
  if (signature->length == 0) return 0;
  if (scheme->pss && !has_length_of_key(*signature, key.get())) return 0;
  // Negative: a signature that can't even be parsed, which is as wrong as one that doesn't match.
  return EVP_DigestVerify(context.get(), signature->data, signature->length, message->data,
                          message->length) == 1;
}

}  // namespace trestle::openssl
