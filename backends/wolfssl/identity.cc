// SPDX-License-Identifier: Apache-2.0
#include "backends/wolfssl/identity.h"

#include <memory>
#include <utility>

#include "backends/wolfssl/certificate.h"
#include "backends/wolfssl/error.h"

#include <wolfssl/wolfcrypt/asn_public.h>
#include <wolfssl/wolfcrypt/error-crypt.h>
#include <wolfssl/wolfcrypt/memory.h>
#include <wolfssl/wolfcrypt/pkcs12.h>
#include <wolfssl/wolfcrypt/rsa.h>

namespace trestle::wolf {
namespace {

// --- Private keys --------------------------------------------------------------------------------

void refuse_oversized_rsa(const SecretBytes& der) {
  RsaKey key;
  if (wc_InitRsaKey(&key, nullptr) != 0) throw std::bad_alloc();
  Cleanup<RsaKey, wc_FreeRsaKey> free_key(&key);
  word32 used = 0;
  if (wc_RsaPrivateKeyDecode(der.data(), &used, &key, static_cast<word32>(der.size())) == 0 &&
      wc_RsaEncryptSize(&key) > RSA_MAX_SIZE / 8) {
    refuse(TRESTLE_RESULT_NOT_SUPPORTED, 0, "RSA keys end at %d bits", RSA_MAX_SIZE);
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
  SecretBytes key(encrypted.data, encrypted.length);
  if (!is_sequence(encrypted)) {
    refuse(TRESTLE_RESULT_BAD_PRIVATE_KEY, 0, "not an encrypted PKCS#8 private key");
  }
  const bool other_prf = names_other_prf(key);
  const auto* text = reinterpret_cast<const char*>(password.data);
  const int size = wc_DecryptPKCS8Key(key.data(), static_cast<word32>(key.size()),
                                      text != nullptr ? text : "",
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
  if (source.key_format == TRESTLE_KEY_NONE) {
    refuse(TRESTLE_RESULT_NO_IDENTITY, 0, "the certificate has no private key");
  }
  if (source.key_format == TRESTLE_KEY_DSA) {
    refuse(TRESTLE_RESULT_NOT_SUPPORTED, 0, "wolfSSL has no use for DSA keys");
  }
  SecretBytes key = source.key_format == TRESTLE_KEY_PKCS8_ENCRYPTED
                        ? decrypt_pkcs8(source.key, source.password)
                        : SecretBytes(source.key.data, source.key.length);
  if (source.key_format == TRESTLE_KEY_PKCS8 ||
      source.key_format == TRESTLE_KEY_PKCS8_ENCRYPTED) {
    refuse_unknown_algorithm(key);
  }
  refuse_oversized_rsa(key);
  return key;
}

// --- PKCS#12 -------------------------------------------------------------------------------------

// What wc_PKCS12_parse hands over.
struct Pkcs12Content {
  byte* key = nullptr;
  word32 key_size = 0;
  byte* certificate = nullptr;
  word32 certificate_size = 0;
  WC_DerCertList* others = nullptr;

  ~Pkcs12Content() {
    if (key != nullptr) explicit_bzero(key, key_size);
    wolfSSL_Free(key);
    wolfSSL_Free(certificate);
    // wc_FreeCertList is declared but not exported.
    while (others != nullptr) {
      WC_DerCertList* next = others->next;
      wolfSSL_Free(others->buffer);
      wolfSSL_Free(others);
      others = next;
    }
  }
};

void parse_pkcs12(const trestle_bytes& pfx, const trestle_bytes& password,
                  Pkcs12Content* content) {
  std::unique_ptr<WC_PKCS12, void (*)(WC_PKCS12*)> pkcs12(wc_PKCS12_new(), wc_PKCS12_free);
  if (!pkcs12) throw std::bad_alloc();
  int result = wc_d2i_PKCS12(pfx.data, static_cast<word32>(pfx.length), pkcs12.get());
  if (result < 0 || !is_sequence(pfx)) {
    refuse(TRESTLE_RESULT_BAD_CERTIFICATE, result, "not a PKCS#12 in DER");
  }
  // It wants a string, and would take what comes before a NUL for the whole.
  const SecretBytes terminated(password.data, password.length, 1);
  const auto* text = reinterpret_cast<const char*>(terminated.data());
  if (std::strlen(text) != password.length) {
    refuse(TRESTLE_RESULT_WRONG_PASSWORD, 0, "a password with a NUL");
  }
  result = wc_PKCS12_parse(pkcs12.get(), text, &content->key, &content->key_size,
                           &content->certificate, &content->certificate_size, &content->others);
  if (result == MAC_CMP_FAILED_E) {
    refuse(TRESTLE_RESULT_WRONG_PASSWORD, result, "the PKCS#12's MAC does not match");
  }
  // It does not mind a PFX without a MAC; who made such a one can't be told.
  if (wolfSSL_PKCS12_verify_mac(pkcs12.get(), text, static_cast<int>(password.length)) != 1) {
    refuse(TRESTLE_RESULT_BAD_CERTIFICATE, 0, "a PKCS#12 without a MAC");
  }
  // The MAC was right, so it is what somebody made.
  if (result < 0) refuse(TRESTLE_RESULT_NOT_SUPPORTED, result, "encryption of the PKCS#12");
}

void append(const trestle_bytes& certificate, std::vector<uint8_t>* chain) {
  chain->insert(chain->end(), certificate.data, certificate.data + certificate.length);
}

// The bags stand in any order, and for an EC key's own certificate wolfSSL takes any of the curve.
// TLS wants the leaf first and each certificate to certify the one before it.
std::vector<uint8_t> order_chain(const std::vector<trestle_bytes>& found, const SecretBytes& key) {
  std::vector<Certificate> rest(found.begin(), found.end());
  std::vector<uint8_t> chain;
  auto next = std::find_if(rest.begin(), rest.end(), [&key](const Certificate& one) {
    return one.goes_with_ec_key(key.data(), key.size());
  });
  if (next == rest.end()) next = rest.begin();
  while (next != rest.end()) {
    append(next->der(), &chain);
    const Certificate last = std::move(*next);
    rest.erase(next);
    next = std::find_if(rest.begin(), rest.end(),
                        [&last](const Certificate& one) { return last.is_issued_by(one); });
  }
  return chain;
}

void take_pkcs12(const trestle_backend_identity_source& source,
                 trestle_backend_identity* identity) {
  Pkcs12Content content;
  parse_pkcs12(source.pkcs12, source.password, &content);
  if (content.key == nullptr) {
    refuse(TRESTLE_RESULT_NO_IDENTITY, 0, "the PKCS#12 has no private key");
  }
  if (content.certificate == nullptr) {
    refuse(TRESTLE_RESULT_KEY_MISMATCH, 0, "the PKCS#12 has no certificate of its key");
  }
  identity->key = SecretBytes(content.key, content.key_size);
  std::vector<trestle_bytes> found = {{content.certificate, content.certificate_size}};
  for (const WC_DerCertList* node = content.others; node != nullptr; node = node->next) {
    found.push_back({node->buffer, node->bufferSz});
  }
  identity->certificates = order_chain(found, identity->key);
}

void take_certificates(const trestle_backend_identity_source& source,
                       std::vector<uint8_t>* chain) {
  if (source.certificate_count == 0) refuse(TRESTLE_RESULT_NO_IDENTITY, 0, "no certificate");
  for (uint32_t i = 0; i < source.certificate_count; ++i) {
    // wolfSSL does not look at what follows the leaf before a peer does.
    if (!is_sequence(source.certificates[i])) {
      refuse(TRESTLE_RESULT_BAD_CERTIFICATE, 0, "certificate %u", i);
    }
    append(source.certificates[i], chain);
  }
}

// Loads the identity once, so that contexts find nothing wrong with it later.
void check_identity(const trestle_backend_identity& identity) {
  std::unique_ptr<WOLFSSL_CTX, void (*)(WOLFSSL_CTX*)> context(
      wolfSSL_CTX_new(wolfTLS_server_method()), wolfSSL_CTX_free);
  if (!context) throw std::bad_alloc();
  load_identity(identity, context.get());
  // Its check of an EC pair looks at each half by itself, so that any key goes with any certificate
  // of the curve.
  const Certificate leaf({identity.certificates.data(), identity.certificates.size()});
  if (wolfSSL_CTX_check_private_key(context.get()) != WOLFSSL_SUCCESS ||
      !leaf.goes_with_ec_key(identity.key.data(), identity.key.size())) {
    refuse(TRESTLE_RESULT_KEY_MISMATCH, 0, "the private key is not the certificate's");
  }
}

}  // namespace

void load_identity(const trestle_backend_identity& identity, WOLFSSL_CTX* context) {
  int code = wolfSSL_CTX_use_certificate_chain_buffer_format(
      context, identity.certificates.data(), static_cast<long>(identity.certificates.size()),
      WOLFSSL_FILETYPE_ASN1);
  if (code != WOLFSSL_SUCCESS) {
    refuse(TRESTLE_RESULT_BAD_CERTIFICATE, code, "wolfSSL can't use the certificate");
  }
  code = wolfSSL_CTX_use_PrivateKey_buffer(context, identity.key.data(),
                                           static_cast<long>(identity.key.size()),
                                           WOLFSSL_FILETYPE_ASN1);
  if (code != WOLFSSL_SUCCESS) {
    refuse(TRESTLE_RESULT_BAD_PRIVATE_KEY, code, "wolfSSL can't use the private key");
  }
}

int32_t identity_new(const trestle_backend_identity_source* source,
                     trestle_backend_identity** identity, trestle_backend_error* error) {
  return run_slot(error, [&] {
    auto made = std::make_unique<trestle_backend_identity>();
    if (source->pkcs12.length > 0) {
      take_pkcs12(*source, made.get());
    } else {
      take_certificates(*source, &made->certificates);
      made->key = take_key(*source);
    }
    check_identity(*made);
    *identity = made.release();
    return TRESTLE_BACKEND_OK;
  });
}

void identity_free(trestle_backend_identity* identity) { delete identity; }

}  // namespace trestle::wolf
