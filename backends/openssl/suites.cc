// SPDX-License-Identifier: Apache-2.0
#include "backends/openssl/suites.h"

#include <openssl/objects.h>

#include <cstring>

#include "backends/openssl/library.h"

namespace trestle::openssl {
namespace {

// Constant after load_suites, and never freed: workers may run while the process ends.
SSL_CTX *the_suites = nullptr;

}  // namespace

bool load_suites(OSSL_LIB_CTX *context) {
  SslCtxPtr ctx(SSL_CTX_new_ex(context, nullptr, TLS_method()));
  // All but what needs something that no configuration here can give.
  if (!ctx ||
      SSL_CTX_set_cipher_list(ctx.get(),
                              "ALL:COMPLEMENTOFALL:!SRP:!kGOST:!kGOST18:@SECLEVEL=0") != 1 ||
      SSL_CTX_set_ciphersuites(ctx.get(),
                               "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:"
                               "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_CCM_SHA256:"
                               "TLS_AES_128_CCM_8_SHA256") != 1) {
    return false;
  }
  the_suites = ctx.release();
  return true;
}

const SSL_CIPHER *find_suite(uint32_t id) {
  const STACK_OF(SSL_CIPHER) *suites = SSL_CTX_get_ciphers(the_suites);
  for (int i = 0; i < sk_SSL_CIPHER_num(suites); ++i) {
    const SSL_CIPHER *suite = sk_SSL_CIPHER_value(suites, i);
    if (SSL_CIPHER_get_protocol_id(suite) == id) return suite;
  }
  return nullptr;
}

bool is_tls13(const SSL_CIPHER *suite) { return SSL_CIPHER_get_kx_nid(suite) == NID_kx_any; }

bool has_sha256(const SSL_CIPHER *suite) {
  return EVP_MD_is_a(SSL_CIPHER_get_handshake_digest(suite), "SHA256") == 1;
}

bool uses_psk_of_tls12(const SSL_CIPHER *suite) {
  return strstr(SSL_CIPHER_standard_name(suite), "_PSK_") != nullptr;
}

}  // namespace trestle::openssl
