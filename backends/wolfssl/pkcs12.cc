// SPDX-License-Identifier: Apache-2.0
#include "backends/wolfssl/pkcs12.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include "backends/wolfssl/certificate.h"

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

// libwolfssl makes one unit of UTF-16 of each byte, and has room for 128 with the terminator. Other
// passwords would be wrong to it.
void refuse_unusual_password(const trestle_bytes& password) {
  constexpr int kMax = 127;
  if (password.length > kMax || std::any_of(password.data, password.data + password.length,
                                            [](uint8_t byte) { return byte >= 0x80; })) {
    refuse(TRESTLE_RESULT_NOT_SUPPORTED, 0,
           "libwolfssl takes passwords of PKCS#12 of up to %d ASCII characters", kMax);
  }
}

// Whether libwolfssl could have told that the MAC is right. The file ends with it, so that the last
// OID of a hash is the MAC's.
bool has_known_mac(const trestle_bytes& pfx) {
  constexpr uint8_t kSha1[] = {0x06, 0x05, 0x2B, 0x0E, 0x03, 0x02, 0x1A};
  constexpr uint8_t kNistHash[] = {0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02};
  const uint8_t* end = pfx.data + pfx.length;
  const uint8_t* at = std::find_end(pfx.data, end, std::begin(kNistHash), std::end(kNistHash));
  if (at == end) {
    return std::search(pfx.data, end, std::begin(kSha1), std::end(kSha1)) != end;
  }
  at += sizeof kNistHash;
  // SHA-2, but not with 512 bits cut to less, and SHA-3.
  return at != end && *at >= 1 && *at <= 10 && *at != 5 && *at != 6;
}

void parse_pkcs12(const trestle_bytes& der, const trestle_bytes& password,
                  Pkcs12Content* content) {
  refuse_unusual_password(password);
  std::unique_ptr<WC_PKCS12, void (*)(WC_PKCS12*)> pkcs12(wc_PKCS12_new(), wc_PKCS12_free);
  if (!pkcs12) throw std::bad_alloc();
  int result = wc_d2i_PKCS12(der.data, static_cast<word32>(der.length), pkcs12.get());
  if (result < 0) refuse(TRESTLE_RESULT_BAD_CERTIFICATE, result, "not a PKCS#12 in DER");
  const auto* text = reinterpret_cast<const char*>(password.data);
  // wc_PKCS12_parse would do without a MAC.
  if (wolfSSL_PKCS12_verify_mac(pkcs12.get(), text, static_cast<int>(password.length)) !=
      WOLFSSL_SUCCESS) {
    if (!has_known_mac(der)) {
      refuse(TRESTLE_RESULT_NOT_SUPPORTED, 0, "the algorithm of the PKCS#12's MAC");
    }
    refuse(TRESTLE_RESULT_WRONG_PASSWORD, 0, "the PKCS#12's MAC does not match%s",
           password.length == 0 ? "; libwolfssl can't tell whether it has no password at all" : "");
  }
  result = wc_PKCS12_parse(pkcs12.get(), text, &content->key, &content->key_size,
                           &content->certificate, &content->certificate_size, &content->others);
  // It takes the code of its failure for the size of a key in the clear.
  if (static_cast<int32_t>(content->key_size) < 0) {
    content->key_size = 0;
    refuse(TRESTLE_RESULT_BAD_PRIVATE_KEY, 0, "the key in the PKCS#12 does not parse");
  }
  // The MAC was right, so it is what somebody made.
  if (result < 0) refuse(TRESTLE_RESULT_NOT_SUPPORTED, result, "encryption of the PKCS#12");
}

// The bags stand in any order, and for an EC key's own certificate wolfSSL takes any of the curve.
// TLS wants the leaf first and each certificate to certify the one before it.
void append_in_order(const std::vector<trestle_bytes>& found, trestle_backend_identity* identity) {
  std::vector<Certificate> rest(found.begin(), found.end());
  auto next = std::find_if(rest.begin(), rest.end(), [identity](const Certificate& one) {
    return one.goes_with_ec_key(identity->key.data(), identity->key.size());
  });
  if (next == rest.end()) next = rest.begin();
  while (next != rest.end()) {
    identity->append(next->der());
    const Certificate last = std::move(*next);
    rest.erase(next);
    next = std::find_if(rest.begin(), rest.end(),
                        [&last](const Certificate& one) { return last.is_issued_by(one); });
  }
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
  append_in_order(found, identity);
}

}  // namespace trestle::wolf
