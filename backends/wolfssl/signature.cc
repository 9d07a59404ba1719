// SPDX-License-Identifier: Apache-2.0
#include "backends/wolfssl/signature.h"

#include <algorithm>
#include <cstring>
#include <iterator>

#include "backends/wolfssl/key.h"

#include <wolfssl/wolfcrypt/asn.h>
#include <wolfssl/wolfcrypt/hash.h>

namespace trestle::wolf {
namespace {

constexpr int32_t kInvalid = 0;
constexpr int32_t kUnsupported = TRESTLE_BACKEND_ERROR;

// Bytes as wolfCrypt takes them: it refuses NULL even for nothing.
struct Span {
  explicit Span(const trestle_bytes& bytes)
      : data(bytes.data != nullptr ? bytes.data : reinterpret_cast<const uint8_t*>("")),
        size(static_cast<word32>(bytes.length)) {}

  const uint8_t* data;
  word32 size;
};

struct Digest {
  Digest(wc_HashType type, Span message) : size(static_cast<word32>(wc_HashGetDigestSize(type))) {
    if (wc_Hash(type, message.data, message.size, bytes, size) != 0) throw std::bad_alloc();
  }

  uint8_t bytes[WC_MAX_DIGEST_SIZE];
  const word32 size;
};

struct Scheme {
  uint16_t id;
  const char* name; // wolfSSL's
  int32_t (*verify)(const Scheme& scheme, Span spki, Span message, Span signature);
  wc_HashType hash = WC_HASH_TYPE_NONE;
  int mgf = 0; // RSA-PSS: of the same hash
};

bool is_below_modulus(Span signature, RsaKey* key) {
  mp_int number;
  return mp_init(&number) == MP_OKAY &&
         mp_read_unsigned_bin(&number, signature.data, signature.size) == MP_OKAY &&
         mp_cmp(&number, &key->n) == MP_LT;
}

bool is_pkcs1(const Scheme& scheme, const Digest& digest, Span signature, RsaKey* key) {
  uint8_t recovered[RSA_MAX_SIZE / 8];
  const int size = wc_RsaSSL_Verify(signature.data, signature.size, recovered, sizeof recovered,
                                    key);
  // The expected DigestInfo is made and compared whole: nothing is parsed that a forger wrote.
  uint8_t expected[MAX_ENCODED_SIG_SZ];
  const word32 expected_size =
      wc_EncodeSignature(expected, digest.bytes, digest.size, wc_HashGetOID(scheme.hash));
  return size > 0 && static_cast<word32>(size) == expected_size &&
         std::memcmp(recovered, expected, expected_size) == 0;
}

bool is_pss(const Scheme& scheme, const Digest& digest, Span signature, RsaKey* key) {
  uint8_t input[RSA_MAX_SIZE / 8], recovered[RSA_MAX_SIZE / 8];
  std::memcpy(input, signature.data, signature.size);
  // The salt's length is told, since the default differs for 1024-bit keys and SHA-512.
  const int salt = static_cast<int>(digest.size);
  const int size = wc_RsaPSS_Verify_ex(input, signature.size, recovered, sizeof recovered,
                                       scheme.hash, scheme.mgf, salt, key);
  return size >= 0 &&
         wc_RsaPSS_CheckPadding_ex(digest.bytes, digest.size, recovered,
                                   static_cast<word32>(size), scheme.hash, salt, 0) == 0;
}

template <auto is_padded>
int32_t verify_rsa(const Scheme& scheme, Span spki, Span message, Span signature) {
  RsaPublicKey key(spki.data, spki.size);
  if (!key) return kUnsupported;
  // RSA_MAX_SIZE is what wolfSSL was built for. A huge exponent only serves to keep us busy.
  const auto size = static_cast<word32>(wc_RsaEncryptSize(key.get()));
  if (size < 64 || size > RSA_MAX_SIZE / 8 || mp_count_bits(&key.get()->e) > 64) {
    return kUnsupported;
  }
  return signature.size == size && is_below_modulus(signature, key.get()) &&
         is_padded(scheme, Digest(scheme.hash, message), signature, key.get());
}

int32_t verify_ecdsa(const Scheme& scheme, Span spki, Span message, Span signature) {
  EcPublicKey key(spki.data, spki.size);
  // Decoding does not look whether the point is on the curve.
  if (!key || wc_ecc_check_key(key.get()) != 0) return kUnsupported;
  const Digest digest(scheme.hash, message);
  int valid = 0;
  return wc_ecc_verify_hash(signature.data, signature.size, digest.bytes, digest.size, &valid,
                            key.get()) == 0 &&
         valid == 1;
}

int verify_without_context(const byte* signature, word32 signature_size, const byte* message,
                           word32 message_size, int* valid, ed448_key* key) {
  return wc_ed448_verify_msg(signature, signature_size, message, message_size, valid, key, nullptr,
                             0);
}

template <typename PublicKey, auto verify>
int32_t verify_eddsa(const Scheme&, Span spki, Span message, Span signature) {
  PublicKey key(spki.data, spki.size);
  if (!key) return kUnsupported;
  int valid = 0;
  return verify(signature.data, signature.size, message.data, message.size, &valid,
                key.get()) == 0 &&
         valid == 1;
}

// wolfSSL offers rsa_pss_rsae and rsa_pss_pss of a hash together, under one name. Its DSA takes
// digests of SHA-1 alone, which is of no use.
constexpr Scheme kSchemes[] = {
    {0x0201, "RSA+SHA1", verify_rsa<is_pkcs1>, WC_HASH_TYPE_SHA},
    {0x0401, "RSA+SHA256", verify_rsa<is_pkcs1>, WC_HASH_TYPE_SHA256},
    {0x0501, "RSA+SHA384", verify_rsa<is_pkcs1>, WC_HASH_TYPE_SHA384},
    {0x0601, "RSA+SHA512", verify_rsa<is_pkcs1>, WC_HASH_TYPE_SHA512},
    {0x0804, "RSA-PSS+SHA256", verify_rsa<is_pss>, WC_HASH_TYPE_SHA256, WC_MGF1SHA256},
    {0x0805, "RSA-PSS+SHA384", verify_rsa<is_pss>, WC_HASH_TYPE_SHA384, WC_MGF1SHA384},
    {0x0806, "RSA-PSS+SHA512", verify_rsa<is_pss>, WC_HASH_TYPE_SHA512, WC_MGF1SHA512},
    {0x0809, "RSA-PSS+SHA256", verify_rsa<is_pss>, WC_HASH_TYPE_SHA256, WC_MGF1SHA256},
    {0x080A, "RSA-PSS+SHA384", verify_rsa<is_pss>, WC_HASH_TYPE_SHA384, WC_MGF1SHA384},
    {0x080B, "RSA-PSS+SHA512", verify_rsa<is_pss>, WC_HASH_TYPE_SHA512, WC_MGF1SHA512},
    {0x0203, "ECDSA+SHA1", verify_ecdsa, WC_HASH_TYPE_SHA},
    {0x0403, "ECDSA+SHA256", verify_ecdsa, WC_HASH_TYPE_SHA256},
    {0x0503, "ECDSA+SHA384", verify_ecdsa, WC_HASH_TYPE_SHA384},
    {0x0603, "ECDSA+SHA512", verify_ecdsa, WC_HASH_TYPE_SHA512},
    {0x0807, "ED25519", verify_eddsa<Ed25519PublicKey, wc_ed25519_verify_msg>},
    {0x0808, "ED448", verify_eddsa<Ed448PublicKey, verify_without_context>},
};

const Scheme* find_scheme(uint16_t id) {
  const auto* found = std::find_if(std::begin(kSchemes), std::end(kSchemes),
                                   [id](const Scheme& scheme) { return scheme.id == id; });
  return found == std::end(kSchemes) ? nullptr : found;
}

}  // namespace

const char* scheme_name(uint16_t scheme) {
  const Scheme* found = find_scheme(scheme);
  return found == nullptr ? nullptr : found->name;
}

int32_t verify_signature(uint16_t scheme_id, const trestle_bytes* spki,
                         const trestle_bytes* message, const trestle_bytes* signature) {
  if (message->length > UINT32_MAX) return kUnsupported;
  const Scheme& scheme = *find_scheme(scheme_id);
  trestle_backend_error error = {}; // nobody asks
  return run(&error, [&] {
    return scheme.verify(scheme, Span(*spki), Span(*message), Span(*signature));
  });
}

}  // namespace trestle::wolf
