// SPDX-License-Identifier: Apache-2.0
#include "backends/openssl/suites.h"

#include <openssl/objects.h>

#include <algorithm>
#include <vector>

#include "backends/openssl/library.h"

namespace trestle::openssl {
namespace {

// Sorted by id; constant after load_suites. Never destroyed: workers may run while the process
// ends.
std::vector<Suite> &the_suites = *new std::vector<Suite>;

bool by_id(const Suite &a, const Suite &b) { return a.id < b.id; }

// The library's list also names suites that need what no configuration here can give: SRP, GOST.
bool can_be_configured(const SSL_CIPHER *cipher) {
  switch (SSL_CIPHER_get_kx_nid(cipher)) {
    case NID_kx_rsa:
    case NID_kx_dhe:
    case NID_kx_ecdhe:
    case NID_kx_psk:
    case NID_kx_rsa_psk:
    case NID_kx_dhe_psk:
    case NID_kx_ecdhe_psk:
    case NID_kx_any:
      return true;
    default:
      return false;
  }
}

Suite describe(const SSL_CIPHER *cipher) {
  Suite suite;
  const int exchange = SSL_CIPHER_get_kx_nid(cipher);
  suite.id = SSL_CIPHER_get_protocol_id(cipher);
  suite.name = SSL_CIPHER_get_name(cipher);
  suite.tls13 = exchange == NID_kx_any;
  suite.sha256 = EVP_MD_is_a(SSL_CIPHER_get_handshake_digest(cipher), "SHA256") == 1;
  suite.psk = exchange == NID_kx_psk || exchange == NID_kx_rsa_psk ||
              exchange == NID_kx_dhe_psk || exchange == NID_kx_ecdhe_psk;
  suite.anonymous = SSL_CIPHER_get_auth_nid(cipher) == NID_auth_null;
  return suite;
}

}  // namespace

bool load_suites(OSSL_LIB_CTX *context) {
  SslCtxPtr ctx(SSL_CTX_new_ex(context, nullptr, TLS_method()));
  if (!ctx || SSL_CTX_set_cipher_list(ctx.get(), "ALL:COMPLEMENTOFALL:@SECLEVEL=0") != 1 ||
      SSL_CTX_set_ciphersuites(ctx.get(),
                               "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:"
                               "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_CCM_SHA256:"
                               "TLS_AES_128_CCM_8_SHA256") != 1) {
    return false;
  }
  const STACK_OF(SSL_CIPHER) *ciphers = SSL_CTX_get_ciphers(ctx.get());
  for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); ++i) {
    const SSL_CIPHER *cipher = sk_SSL_CIPHER_value(ciphers, i);
    if (can_be_configured(cipher)) the_suites.push_back(describe(cipher));
  }
  std::sort(the_suites.begin(), the_suites.end(), by_id);
  return true;
}

const Suite *find_suite(uint32_t id) {
  if (id > UINT16_MAX) return nullptr;
  Suite key;
  key.id = static_cast<uint16_t>(id);
  const auto found = std::lower_bound(the_suites.begin(), the_suites.end(), key, by_id);
  return found != the_suites.end() && found->id == id ? &*found : nullptr;
}

}  // namespace trestle::openssl
