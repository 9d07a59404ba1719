// SPDX-License-Identifier: Apache-2.0
#include "backends/openssl/pkcs8.h"

#include <openssl/asn1.h>

#include <climits>
#include <cstring>

#include "backends/openssl/error.h"

namespace trestle::openssl {
namespace {

using KeyInfoPtr = std::unique_ptr<PKCS8_PRIV_KEY_INFO, Freer<PKCS8_PRIV_KEY_INFO_free>>;
using EncryptedKeyPtr = std::unique_ptr<X509_SIG, Freer<X509_SIG_free>>;

// Memory of the library that held a private key.
class Secret {
 public:
  Secret(uint8_t *data, size_t length) : data_(data), length_(length) {}
  ~Secret() { OPENSSL_clear_free(data_, length_); }
  Secret(const Secret &) = delete;
  Secret &operator=(const Secret &) = delete;

  const uint8_t *data() const { return data_; }
  long length() const { return static_cast<long>(length_); }

 private:
  uint8_t *data_;
  size_t length_;
};

KeyInfoPtr parse_version1(const uint8_t *data, long length) {
  const uint8_t *at = data;
  KeyInfoPtr info(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &at, length));
  return at == data + length ? std::move(info) : nullptr;
}

bool is_error(int object) { return (object & 0x80) != 0; }

// The length of what precedes the publicKey of version 2 in the body; -1 if there is none.
long length_before_public_key(const uint8_t *body, long length) {
  const uint8_t *at = body;
  const uint8_t *end = body + length;
  while (at < end) {
    const uint8_t *element = at;
    long size = 0;
    int tag = 0, type = 0;
    if (is_error(ASN1_get_object(&at, &size, &tag, &type, end - at))) return -1;
    at += size;
    if (type == V_ASN1_CONTEXT_SPECIFIC && tag == 1) return at == end ? element - body : -1;
  }
  return -1;
}

// The library knows version 1 alone, which is version 2 without the public key.
KeyInfoPtr parse_key_info(const uint8_t *data, long length) {
  KeyInfoPtr info = parse_version1(data, length);
  if (info) return info;
  const uint8_t *body = data;
  long body_length = 0;
  int tag = 0, type = 0;
  if (is_error(ASN1_get_object(&body, &body_length, &tag, &type, length)) ||
      tag != V_ASN1_SEQUENCE || body + body_length != data + length) {
    return nullptr;
  }
  const long kept = length_before_public_key(body, body_length);
  if (kept < 0) return nullptr;
  const int size = ASN1_object_size(1, static_cast<int>(kept), V_ASN1_SEQUENCE);
  uint8_t *version1 = static_cast<uint8_t *>(OPENSSL_malloc(static_cast<size_t>(size)));
  if (version1 == nullptr) throw std::bad_alloc();
  Secret owned(version1, static_cast<size_t>(size));
  ASN1_put_object(&version1, 1, static_cast<int>(kept), V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
  memcpy(version1, body, static_cast<size_t>(kept));
  return parse_version1(owned.data(), owned.length());
}

int32_t take_key(const PKCS8_PRIV_KEY_INFO *info, trestle_backend_identity &identity,
                 trestle_backend_error *error) {
  identity.key.reset(EVP_PKCS82PKEY_ex(info, library_context(), nullptr));
  return identity.key ? TRESTLE_BACKEND_OK : fail(error, TRESTLE_RESULT_BAD_PRIVATE_KEY, nullptr);
}

}  // namespace

int32_t load_pkcs8(const trestle_bytes &der, trestle_backend_identity &identity,
                   trestle_backend_error *error) {
  const KeyInfoPtr info = parse_key_info(der.data, static_cast<long>(der.length));
  return info ? take_key(info.get(), identity, error)
              : fail(error, TRESTLE_RESULT_BAD_PRIVATE_KEY, nullptr);
}

int32_t load_encrypted_pkcs8(const trestle_bytes &der, const trestle_bytes &password,
                             trestle_backend_identity &identity, trestle_backend_error *error) {
  const uint8_t *at = der.data;
  const EncryptedKeyPtr encrypted(d2i_X509_SIG(nullptr, &at, static_cast<long>(der.length)));
  if (!encrypted || at != der.data + der.length) {
    return fail(error, TRESTLE_RESULT_BAD_PRIVATE_KEY, nullptr);
  }
  if (password.length > INT_MAX) return fail(error, TRESTLE_RESULT_WRONG_PASSWORD, nullptr);
  const X509_ALGOR *algorithm = nullptr;
  const ASN1_OCTET_STRING *contents = nullptr;
  X509_SIG_get0(encrypted.get(), &algorithm, &contents);
  const char *text =
      password.length != 0 ? reinterpret_cast<const char *>(password.data) : "";
  uint8_t *data = nullptr;
  int length = 0;
  if (PKCS12_pbe_crypt_ex(algorithm, text, static_cast<int>(password.length),
                          ASN1_STRING_get0_data(contents), ASN1_STRING_length(contents), &data,
                          &length, 0, library_context(), nullptr) == nullptr) {
    return fail_unlocking(error, TRESTLE_RESULT_BAD_PRIVATE_KEY, "encrypted private key");
  }
  const Secret decrypted(data, static_cast<size_t>(length));
  const KeyInfoPtr info = parse_key_info(decrypted.data(), decrypted.length());
  // One wrong password in 256 leaves a valid padding, and garbage.
  return info ? take_key(info.get(), identity, error)
              : fail(error, TRESTLE_RESULT_WRONG_PASSWORD, nullptr);
}

}  // namespace trestle::openssl
