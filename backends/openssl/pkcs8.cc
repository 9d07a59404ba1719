// SPDX-License-Identifier: Apache-2.0
#include "backends/openssl/pkcs8.h"

#include <openssl/asn1.h>

#include "backends/common/secret_bytes.h"
#include "backends/openssl/error.h"

namespace trestle::openssl {
namespace {

using KeyInfoPtr = std::unique_ptr<PKCS8_PRIV_KEY_INFO, Freer<PKCS8_PRIV_KEY_INFO_free>>;
using EncryptedKeyPtr = std::unique_ptr<X509_SIG, Freer<X509_SIG_free>>;

// Memory of the library that holds a private key.
class Secret {
 public:
  Secret(uint8_t *data, size_t length) : data_(data), length_(length) {}
  ~Secret() { OPENSSL_clear_free(data_, length_); }
  Secret(const Secret &) = delete;
  Secret &operator=(const Secret &) = delete;

  trestle_bytes bytes() const { return {data_, length_}; }

 private:
  uint8_t *data_;
  size_t length_;
};

KeyInfoPtr parse_version1(const uint8_t *data, long length) {
  const uint8_t *at = data;
  KeyInfoPtr info(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &at, length));
  return at == data + length ? std::move(info) : nullptr;
}

// Steps over an element's header. The tag comes with its class. False if the element isn't whole.
bool read_header(const uint8_t **at, const uint8_t *end, long *length, int *tag) {
  constexpr int kError = 0x80;
  int tag_class = 0;
  const int flags = ASN1_get_object(at, length, tag, &tag_class, end - *at);
  *tag |= tag_class;
  return (flags & kError) == 0;
}

// The library knows version 1 alone, which is version 2 without the public key at its end.
KeyInfoPtr parse_version2(const trestle_bytes &der) {
  backend::SecretBytes copy(der);
  const uint8_t *const end = copy.data() + copy.size();
  const uint8_t *body = copy.data();
  long length = 0;
  int tag = 0;
  if (!read_header(&body, end, &length, &tag) || tag != V_ASN1_SEQUENCE || body + length != end) {
    return nullptr;
  }
  const uint8_t *last = body;
  for (const uint8_t *at = body; at != end; at += length) {
    last = at;
    if (!read_header(&at, end, &length, &tag)) return nullptr;
  }
  if (tag != (V_ASN1_CONTEXT_SPECIFIC | 1)) return nullptr;
  // The header of what is kept isn't longer than the one that it replaces.
  const int kept = static_cast<int>(last - body);
  const int size = ASN1_object_size(1, kept, V_ASN1_SEQUENCE);
  uint8_t *const version1 = copy.data() + (last - copy.data()) - size;
  uint8_t *at = version1;
  ASN1_put_object(&at, 1, kept, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
  return parse_version1(version1, size);
}

KeyInfoPtr parse_key_info(const trestle_bytes &der) {
  KeyInfoPtr info = parse_version1(der.data, static_cast<long>(der.length));
  return info ? std::move(info) : parse_version2(der);
}

KeyPtr take_key(const KeyInfoPtr &info) {
  return KeyPtr(EVP_PKCS82PKEY_ex(info.get(), library_context(), nullptr));
}

}  // namespace

KeyPtr parse_pkcs8(const trestle_bytes &der) {
  const KeyInfoPtr info = parse_key_info(der);
  return info ? take_key(info) : nullptr;
}

KeyPtr parse_encrypted_pkcs8(const trestle_bytes &der, const trestle_bytes &password) {
  const uint8_t *at = der.data;
  const EncryptedKeyPtr encrypted(d2i_X509_SIG(nullptr, &at, static_cast<long>(der.length)));
  if (!encrypted) return nullptr;
  const X509_ALGOR *algorithm = nullptr;
  const ASN1_OCTET_STRING *contents = nullptr;
  X509_SIG_get0(encrypted.get(), &algorithm, &contents);
  uint8_t *data = nullptr;
  int length = 0;
  if (PKCS12_pbe_crypt_ex(algorithm, reinterpret_cast<const char *>(password.data), -1,
                          ASN1_STRING_get0_data(contents), ASN1_STRING_length(contents), &data,
                          &length, 0, library_context(), nullptr) == nullptr) {
    refuse_unlocking(TRESTLE_RESULT_BAD_PRIVATE_KEY, "encrypted private key");
  }
  const Secret decrypted(data, static_cast<size_t>(length));
  const KeyInfoPtr info = parse_key_info(decrypted.bytes());
  // One wrong password in 256 leaves a valid padding, and garbage.
  if (!info) refuse(TRESTLE_RESULT_WRONG_PASSWORD, "encrypted private key");
  return take_key(info);
}

}  // namespace trestle::openssl
