// SPDX-License-Identifier: Apache-2.0
#include "backends/wolfssl/pfx.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <new>

#include "backends/wolfssl/der.h"
#include "backends/wolfssl/error.h"

#include <wolfssl/wolfcrypt/hmac.h>

namespace trestle::wolf {
namespace {

constexpr uint8_t kDataOid[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x01};
constexpr uint8_t kPbeArc[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x0C, 0x01};
constexpr uint8_t kSha1Oid[] = {0x2B, 0x0E, 0x03, 0x02, 0x1A};
constexpr uint8_t kSha2Arc[] = {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02};

template <size_t kSize>
bool begins_with(const trestle_bytes& bytes, const uint8_t (&head)[kSize]) {
  return bytes.length >= kSize && std::memcmp(bytes.data, head, kSize) == 0;
}

wc_HashType hash_of(const trestle_bytes& oid) {
  if (oid.length == sizeof kSha1Oid && begins_with(oid, kSha1Oid)) return WC_HASH_TYPE_SHA;
  if (oid.length != sizeof kSha2Arc + 1 || !begins_with(oid, kSha2Arc)) return WC_HASH_TYPE_NONE;
  switch (oid.data[sizeof kSha2Arc]) {
    case 1: return WC_HASH_TYPE_SHA256;
    case 2: return WC_HASH_TYPE_SHA384;
    case 3: return WC_HASH_TYPE_SHA512;
    case 4: return WC_HASH_TYPE_SHA224;
    default: return WC_HASH_TYPE_NONE;
  }
}

bool read_iterations(const trestle_bytes& integer, uint32_t* iterations) {
  if (integer.length == 0 || integer.length > 4 || integer.data[0] >= 0x80) return false;
  *iterations = 0;
  for (uint64_t i = 0; i < integer.length; ++i) *iterations = *iterations << 8 | integer.data[i];
  return *iterations != 0;
}

// The octets of a ContentInfo of the type data (RFC 5652, 4).
bool read_data(const trestle_bytes& content_info, trestle_bytes* octets) {
  DerReader info(content_info);
  trestle_bytes type, content;
  if (!info.take(kDerObjectIdentifier, &type) || type.length != sizeof kDataOid ||
      !begins_with(type, kDataOid) || !info.take(kDerContext0, &content) || !info.at_end()) {
    return false;
  }
  DerReader inside(content);
  return inside.take(kDerOctetString, octets) && inside.at_end();
}

// MacData; a hash that isn't known becomes none.
bool read_mac(const trestle_bytes& mac_data, Pfx* pfx) {
  DerReader mac(mac_data);
  trestle_bytes digest_info, algorithm, oid, iterations;
  if (!mac.take(kDerSequence, &digest_info) || !mac.take(kDerOctetString, &pfx->salt)) return false;
  pfx->iterations = 1;
  if (!mac.at_end() && !(mac.take(kDerInteger, &iterations) &&
                         read_iterations(iterations, &pfx->iterations) && mac.at_end())) {
    return false;
  }
  DerReader info(digest_info);
  if (!info.take(kDerSequence, &algorithm) || !info.take(kDerOctetString, &pfx->digest) ||
      !info.at_end() || !DerReader(algorithm).take(kDerObjectIdentifier, &oid)) {
    return false;
  }
  pfx->hash = hash_of(oid);
  return true;
}

// The character that begins here, or -1: these are no UTF-8 (RFC 3629).
int32_t take_character(const uint8_t** at, const uint8_t* end) {
  const uint8_t lead = *(*at)++;
  if (lead < 0x80) return lead;
  const int more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
  if (lead < 0xC2 || lead > 0xF4 || end - *at < more) return -1;
  int32_t character = lead & (0x3F >> more);
  for (int i = 0; i < more; ++i) {
    const uint8_t next = *(*at)++;
    if ((next & 0xC0) != 0x80) return -1;
    character = character << 6 | (next & 0x3F);
  }
  constexpr int32_t kFirst[] = {0, 0x80, 0x800, 0x10000};
  const bool surrogate = character >= 0xD800 && character < 0xE000;
  return character < kFirst[more] || character > 0x10FFFF || surrogate ? -1 : character;
}

bool is_utf8(const trestle_bytes& text) {
  const uint8_t* end = text.data + text.length;
  for (const uint8_t* at = text.data; at != end;) {
    if (take_character(&at, end) < 0) return false;
  }
  return true;
}

uint8_t* put_unit(uint8_t* to, int32_t unit) {
  *to++ = static_cast<uint8_t>(unit >> 8);
  *to++ = static_cast<uint8_t>(unit);
  return to;
}

size_t rounded_up(size_t size, size_t block) { return (size + block - 1) / block * block; }

// Over and over, to the end of a block.
uint8_t* put_repeated(uint8_t* to, const uint8_t* data, size_t size, size_t block) {
  for (size_t i = 0; i < rounded_up(size, block); ++i) *to++ = data[i % size];
  return to;
}

// RFC 7292, B.2, with the ID of a MAC. The key is as long as the hash, so that one round makes it.
// wc_PKCS12_PBKDF_ex would do, had it a way to say that there is no password.
bool derive_mac_key(const Pfx& pfx, const SecretBytes& password, SecretBytes* key) {
  constexpr uint8_t kMacId = 3;
  const auto block = static_cast<size_t>(wc_HashGetBlockSize(pfx.hash));
  const size_t size = block + rounded_up(pfx.salt.length, block) +
                      rounded_up(password.size(), block);
  SecretBytes input(nullptr, 0, size);
  uint8_t* to = input.data();
  for (size_t i = 0; i < block; ++i) *to++ = kMacId;
  to = put_repeated(to, pfx.salt.data, pfx.salt.length, block);
  put_repeated(to, password.data(), password.size(), block);
  const auto key_size = static_cast<word32>(key->size());
  int code = wc_Hash(pfx.hash, input.data(), static_cast<word32>(size), key->data(), key_size);
  for (uint32_t i = 1; code == 0 && i < pfx.iterations; ++i) {
    code = wc_Hash(pfx.hash, key->data(), key_size, key->data(), key_size);
  }
  return code == 0;
}

}  // namespace

Pfx take_apart(const trestle_bytes& der) {
  DerReader outside(der);
  trestle_bytes body, version, content_info, mac_data;
  Pfx pfx = {};
  if (!outside.take(kDerSequence, &body) || !outside.at_end()) {
    refuse(TRESTLE_RESULT_BAD_CERTIFICATE, 0, "not a PKCS#12 in DER");
  }
  DerReader parts(body);
  if (!parts.take(kDerInteger, &version) || !parts.take(kDerSequence, &content_info) ||
      !read_data(content_info, &pfx.safe)) {
    refuse(TRESTLE_RESULT_BAD_CERTIFICATE, 0, "not a PKCS#12 under a password");
  }
  pfx.before_mac = {body.data, static_cast<uint64_t>(parts.at() - body.data)};
  if (parts.at_end()) refuse(TRESTLE_RESULT_BAD_CERTIFICATE, 0, "a PKCS#12 without a MAC");
  if (!parts.take(kDerSequence, &mac_data) || !parts.at_end() || !read_mac(mac_data, &pfx)) {
    refuse(TRESTLE_RESULT_BAD_CERTIFICATE, 0, "the PKCS#12's MAC does not parse");
  }
  if (pfx.hash == WC_HASH_TYPE_NONE) {
    refuse(TRESTLE_RESULT_NOT_SUPPORTED, 0, "the hash of the PKCS#12's MAC");
  }
  return pfx;
}

std::vector<uint8_t> without_mac(const Pfx& pfx) {
  const uint64_t length = pfx.before_mac.length;
  std::vector<uint8_t> der = {kDerSequence};
  const int length_size = length >= 0x10000 ? 3 : length >= 0x100 ? 2 : length >= 0x80 ? 1 : 0;
  if (length_size != 0) der.push_back(static_cast<uint8_t>(0x80 + length_size));
  for (int i = length_size == 0 ? 0 : length_size - 1; i >= 0; --i) {
    der.push_back(static_cast<uint8_t>(length >> (8 * i)));
  }
  der.insert(der.end(), pfx.before_mac.data, pfx.before_mac.data + length);
  return der;
}

SecretBytes bmp_string(const trestle_bytes& password) {
  const bool utf8 = is_utf8(password);
  // No character takes more units of UTF-16 than bytes of UTF-8.
  SecretBytes room(nullptr, 0, 2 * password.length + 2);
  uint8_t* to = room.data();
  const uint8_t* end = password.data + password.length;
  for (const uint8_t* at = password.data; at != end;) {
    const int32_t character = utf8 ? take_character(&at, end) : *at++;
    if (character < 0x10000) {
      to = put_unit(to, character);
    } else {
      to = put_unit(to, 0xD800 + ((character - 0x10000) >> 10));
      to = put_unit(to, 0xDC00 + (character & 0x3FF));
    }
  }
  to = put_unit(to, 0);
  return SecretBytes(room.data(), static_cast<size_t>(to - room.data()));
}

bool mac_fits(const Pfx& pfx, const SecretBytes& password) {
  SecretBytes key(nullptr, 0, static_cast<size_t>(wc_HashGetDigestSize(pfx.hash)));
  uint8_t digest[WC_MAX_DIGEST_SIZE];
  Hmac hmac;
  if (!derive_mac_key(pfx, password, &key) || wc_HmacInit(&hmac, nullptr, INVALID_DEVID) != 0) {
    throw std::bad_alloc();
  }
  Cleanup<Hmac, wc_HmacFree> free_hmac(&hmac);
  if (wc_HmacSetKey(&hmac, pfx.hash, key.data(), static_cast<word32>(key.size())) != 0 ||
      wc_HmacUpdate(&hmac, pfx.safe.data, static_cast<word32>(pfx.safe.length)) != 0 ||
      wc_HmacFinal(&hmac, digest) != 0) {
    throw std::bad_alloc();
  }
  return pfx.digest.length == key.size() &&
         wolfSSL_CRYPTO_memcmp(digest, pfx.digest.data, key.size()) == 0;
}

bool uses_bmp_string(const Pfx& pfx) {
  // Each AlgorithmIdentifier stands in the clear.
  const uint8_t* end = pfx.safe.data + pfx.safe.length;
  return std::search(pfx.safe.data, end, std::begin(kPbeArc), std::end(kPbeArc)) != end;
}

}  // namespace trestle::wolf
