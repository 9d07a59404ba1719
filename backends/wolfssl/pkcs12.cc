// SPDX-License-Identifier: Apache-2.0
#include "backends/wolfssl/pkcs12.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

#include "backends/wolfssl/certificate.h"
#include "backends/wolfssl/error.h"
#include "backends/wolfssl/pfx.h"

#include <wolfssl/wolfcrypt/pkcs12.h>

namespace trestle::wolf {
namespace {

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

// libwolfssl makes one unit of UTF-16 of each byte for the keys of RFC 7292, and takes the bytes as
// they are for those of RFC 8018: these are the bytes with which it gets them right.
SecretBytes password_for_bags(const Pfx& pfx, const trestle_bytes& password, bool none) {
  if (!uses_bmp_string(pfx)) return SecretBytes(password.data, password.length, 1);
  if (none) refuse(TRESTLE_RESULT_NOT_SUPPORTED, 0, "a PKCS#12 whose password is none at all");
  const SecretBytes units = bmp_string(password);
  SecretBytes latin1(nullptr, 0, units.size() / 2);
  for (size_t i = 0; i < latin1.size(); ++i) {
    if (units.data()[2 * i] != 0) {
      refuse(TRESTLE_RESULT_NOT_SUPPORTED, 0, "a password beyond Latin-1 for this PKCS#12");
    }
    latin1.data()[i] = units.data()[2 * i + 1];
  }
  return latin1;
}

// libwolfssl's own check of the MAC knows only passwords of up to 127 characters, takes each byte for
// one, knows no missing password, and doesn't mind a PFX without a MAC.
SecretBytes check_mac(const Pfx& pfx, const trestle_bytes& password) {
  // It wants a string, and would take what comes before a NUL for the whole.
  if (password.length != 0 && std::memchr(password.data, 0, password.length) != nullptr) {
    refuse(TRESTLE_RESULT_WRONG_PASSWORD, 0, "a password with a NUL");
  }
  if (mac_fits(pfx, bmp_string(password))) return password_for_bags(pfx, password, false);
  // PKCS#12 knows an empty password and none.
  if (password.length == 0 && mac_fits(pfx, SecretBytes())) {
    return password_for_bags(pfx, password, true);
  }
  refuse(TRESTLE_RESULT_WRONG_PASSWORD, 0, "the PKCS#12's MAC does not match");
}

void parse_pkcs12(const trestle_bytes& der, const trestle_bytes& password,
                  Pkcs12Content* content) {
  const Pfx pfx = take_apart(der);
  const SecretBytes text = check_mac(pfx, password);
  std::unique_ptr<WC_PKCS12, void (*)(WC_PKCS12*)> pkcs12(wc_PKCS12_new(), wc_PKCS12_free);
  if (!pkcs12) throw std::bad_alloc();
  const std::vector<uint8_t> checked = without_mac(pfx);
  int result = wc_d2i_PKCS12(checked.data(), static_cast<word32>(checked.size()), pkcs12.get());
  if (result < 0) refuse(TRESTLE_RESULT_BAD_CERTIFICATE, result, "not a PKCS#12");
  result = wc_PKCS12_parse(pkcs12.get(), reinterpret_cast<const char*>(text.data()),
                           &content->key, &content->key_size, &content->certificate,
                           &content->certificate_size, &content->others);
  // It takes the code of its failure for the size of a key in the clear.
  if (static_cast<int32_t>(content->key_size) < 0) {
    content->key_size = 0;
    refuse(TRESTLE_RESULT_BAD_PRIVATE_KEY, 0, "the key in the PKCS#12 does not parse");
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

}  // namespace

void take_pkcs12(const trestle_backend_identity_source& source,
                 trestle_backend_identity* identity) {
  Pkcs12Content content;
  parse_pkcs12(source.pkcs12, source.password, &content);
  if (content.key == nullptr) {
    refuse(TRESTLE_RESULT_NO_IDENTITY, 0, "the PKCS#12 has no private key");
  }
  if (content.certificate == nullptr) {
    refuse(content.others != nullptr ? TRESTLE_RESULT_KEY_MISMATCH : TRESTLE_RESULT_BAD_CERTIFICATE,
           0, "the PKCS#12 has no certificate of its key");
  }
  identity->key = SecretBytes(content.key, content.key_size);
  std::vector<trestle_bytes> found = {{content.certificate, content.certificate_size}};
  for (const WC_DerCertList* node = content.others; node != nullptr; node = node->next) {
    found.push_back({node->buffer, node->bufferSz});
  }
  identity->certificates = order_chain(found, identity->key);
}

}  // namespace trestle::wolf
