// SPDX-License-Identifier: Apache-2.0
#include "backends/wolfssl/identity.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <memory>

#include "backends/wolfssl/certificate.h"
#include "backends/wolfssl/key.h"
#include "backends/wolfssl/pkcs12.h"

#include <wolfssl/wolfcrypt/error-crypt.h>

using namespace trestle::wolf;

namespace {

// wolfSSL decodes shorter keys, but does not load them.
constexpr int kRsaBitsMin = 1024;

void refuse_rsa_of_other_sizes(const SecretBytes& der) {
  RsaPrivateKey key(der.data(), der.size());
  if (!key) return;
  const int size = wc_RsaEncryptSize(key.get());
  if (size < kRsaBitsMin / 8 || size > RSA_MAX_SIZE / 8) {
    refuse(TRESTLE_RESULT_NOT_SUPPORTED, 0, "RSA keys have %d to %d bits", kRsaBitsMin,
           RSA_MAX_SIZE);
  }
}

void refuse_unknown_algorithm(const SecretBytes& pkcs8) {
  // It unwraps the key in place.
  SecretBytes copy(pkcs8.data(), pkcs8.size());
  word32 algorithm = 0;
  const int size = ToTraditional_ex(copy.data(), static_cast<word32>(copy.size()), &algorithm);
  if (algorithm == 0) refuse(TRESTLE_RESULT_BAD_PRIVATE_KEY, size, "not a PKCS#8 private key");
  if (algorithm != RSAk && algorithm != ECDSAk && algorithm != ED25519k && algorithm != ED448k) {
    refuse(TRESTLE_RESULT_NOT_SUPPORTED, 0,
           "wolfSSL has private keys of RSA, EC, Ed25519 and Ed448 only");
  }
}

// wolfSSL derives keys with HMAC of SHA-1 and SHA-256 (RFC 8018, B.1), and takes any other for one
// of these, so that no password would be right. The head names it in the clear.
bool names_other_prf(const SecretBytes& encrypted) {
  constexpr uint8_t kHmacOid[] = {0x06, 0x08, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x02};
  const uint8_t* end = encrypted.data() + encrypted.size();
  const uint8_t* at = std::search(encrypted.data(), end, std::begin(kHmacOid), std::end(kHmacOid));
  return end - at > 9 && at[9] != 7 && at[9] != 9;
}

SecretBytes decrypt_pkcs8(const trestle_bytes& encrypted, const trestle_bytes& password) {
  SecretBytes key(encrypted);
  const bool other_prf = names_other_prf(key);
  const int size = wc_DecryptPKCS8Key(key.data(), static_cast<word32>(key.size()),
                                      reinterpret_cast<const char*>(password.data),
                                      static_cast<int>(password.length));
  if (size > 0) return SecretBytes(key.data(), static_cast<size_t>(size));
  // What it can decrypt, rightly or wrongly, it decrypts in place.
  const bool untouched = std::memcmp(key.data(), encrypted.data, key.size()) == 0;
  if (untouched || other_prf) {
    refuse(TRESTLE_RESULT_NOT_SUPPORTED, size, "encryption of the private key");
  }
  refuse(TRESTLE_RESULT_WRONG_PASSWORD, size,
         "the private key does not decrypt with this password");
}

SecretBytes take_key(const trestle_backend_identity_source& source) {
  if (source.key_format == TRESTLE_KEY_DSA) {
    refuse(TRESTLE_RESULT_NOT_SUPPORTED, 0, "wolfSSL has no use for DSA keys");
  }
  const bool encrypted = source.key_format == TRESTLE_KEY_PKCS8_ENCRYPTED;
  SecretBytes key =
      encrypted ? decrypt_pkcs8(source.key, source.password) : SecretBytes(source.key);
  if (encrypted || source.key_format == TRESTLE_KEY_PKCS8) refuse_unknown_algorithm(key);
  refuse_rsa_of_other_sizes(key);
  return key;
}

// Loads the identity once, so that contexts find nothing wrong with it later.
void check(const trestle_backend_identity& identity) {
  std::unique_ptr<WOLFSSL_CTX, void (*)(WOLFSSL_CTX*)> context(
      wolfSSL_CTX_new(wolfTLS_server_method()), wolfSSL_CTX_free);
  if (!context) throw std::bad_alloc();
  identity.load(context.get());
  const Certificate leaf(identity.chain());
  if (leaf.unreadable() != 0) {
    refuse(leaf.unreadable() == ASN_CRIT_EXT_E ? TRESTLE_RESULT_NOT_SUPPORTED
                                               : TRESTLE_RESULT_BAD_CERTIFICATE,
           leaf.unreadable(), "wolfSSL can't read the certificate");
  }
  // Its check of an EC pair looks at each half by itself, so that any key goes with any certificate
  // of the curve.
  if (wolfSSL_CTX_check_private_key(context.get()) != WOLFSSL_SUCCESS ||
      !leaf.goes_with_ec_key(identity.key.data(), identity.key.size())) {
    refuse(TRESTLE_RESULT_KEY_MISMATCH, 0, "the private key is not the certificate's");
  }
}

}  // namespace

trestle_backend_identity::trestle_backend_identity(const trestle_backend_identity_source& source) {
  if (source.pkcs12.length > 0) {
    take_pkcs12(source, this);
  } else {
    std::for_each_n(source.certificates, source.certificate_count,
                    [this](const trestle_bytes& certificate) { append(certificate); });
    key = take_key(source);
  }
  check(*this);
}

void trestle_backend_identity::load(WOLFSSL_CTX* context) const {
  int code = wolfSSL_CTX_use_certificate_chain_buffer_format(
      context, certificates.data(), static_cast<long>(certificates.size()), WOLFSSL_FILETYPE_ASN1);
  if (code != WOLFSSL_SUCCESS) {
    refuse(TRESTLE_RESULT_BAD_CERTIFICATE, code, "wolfSSL can't use the certificate");
  }
  code = wolfSSL_CTX_use_PrivateKey_buffer(context, key.data(), static_cast<long>(key.size()),
                                           WOLFSSL_FILETYPE_ASN1);
  if (code != WOLFSSL_SUCCESS) {
    refuse(TRESTLE_RESULT_BAD_PRIVATE_KEY, code, "wolfSSL can't use the private key");
  }
}
