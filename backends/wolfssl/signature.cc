// SPDX-License-Identifier: Apache-2.0
#include "backends/wolfssl/signature.h"

#include <algorithm>
#include <cstring>
#include <iterator>

#include "backends/wolfssl/der.h"
#include "backends/wolfssl/wolf.h"

#include <wolfssl/wolfcrypt/asn.h>
#include <wolfssl/wolfcrypt/dsa.h>
#include <wolfssl/wolfcrypt/ecc.h>
#include <wolfssl/wolfcrypt/ed25519.h>
#include <wolfssl/wolfcrypt/ed448.h>
#include <wolfssl/wolfcrypt/hash.h>
#include <wolfssl/wolfcrypt/rsa.h>

namespace trestle::wolf {
namespace {

constexpr int32_t kInvalid = 0;
constexpr int32_t kUnsupported = TRESTLE_BACKEND_ERROR;

// kRsaPss is rsa_pss_rsae: of a key for any use of RSA; kRsaPssOnly of one restricted to it.
enum class Algorithm { kRsaPkcs1, kRsaPss, kRsaPssOnly, kEcdsa, kDsa, kEd25519, kEd448 };

struct Scheme {
  uint16_t id;
  const char* name; // wolfSSL's, in handshakes; NULL: for certificates alone
  Algorithm algorithm;
  wc_HashType hash;
  int mgf; // RSA-PSS: of the same hash
};

// wolfSSL offers rsa_pss_rsae and rsa_pss_pss of a hash together, under one name.
constexpr Scheme kSchemes[] = {
    {0x0201, "RSA+SHA1", Algorithm::kRsaPkcs1, WC_HASH_TYPE_SHA, 0},
    {0x0401, "RSA+SHA256", Algorithm::kRsaPkcs1, WC_HASH_TYPE_SHA256, 0},
    {0x0501, "RSA+SHA384", Algorithm::kRsaPkcs1, WC_HASH_TYPE_SHA384, 0},
    {0x0601, "RSA+SHA512", Algorithm::kRsaPkcs1, WC_HASH_TYPE_SHA512, 0},
    {0x0804, "RSA-PSS+SHA256", Algorithm::kRsaPss, WC_HASH_TYPE_SHA256, WC_MGF1SHA256},
    {0x0805, "RSA-PSS+SHA384", Algorithm::kRsaPss, WC_HASH_TYPE_SHA384, WC_MGF1SHA384},
    {0x0806, "RSA-PSS+SHA512", Algorithm::kRsaPss, WC_HASH_TYPE_SHA512, WC_MGF1SHA512},
    {0x0809, "RSA-PSS+SHA256", Algorithm::kRsaPssOnly, WC_HASH_TYPE_SHA256, WC_MGF1SHA256},
    {0x080A, "RSA-PSS+SHA384", Algorithm::kRsaPssOnly, WC_HASH_TYPE_SHA384, WC_MGF1SHA384},
    {0x080B, "RSA-PSS+SHA512", Algorithm::kRsaPssOnly, WC_HASH_TYPE_SHA512, WC_MGF1SHA512},
    {0x0203, "ECDSA+SHA1", Algorithm::kEcdsa, WC_HASH_TYPE_SHA, 0},
    {0x0403, "ECDSA+SHA256", Algorithm::kEcdsa, WC_HASH_TYPE_SHA256, 0},
    {0x0503, "ECDSA+SHA384", Algorithm::kEcdsa, WC_HASH_TYPE_SHA384, 0},
    {0x0603, "ECDSA+SHA512", Algorithm::kEcdsa, WC_HASH_TYPE_SHA512, 0},
    {0x0202, nullptr, Algorithm::kDsa, WC_HASH_TYPE_SHA, 0},
    {0x0402, nullptr, Algorithm::kDsa, WC_HASH_TYPE_SHA256, 0},
    {0x0807, "ED25519", Algorithm::kEd25519, WC_HASH_TYPE_NONE, 0},
    {0x0808, "ED448", Algorithm::kEd448, WC_HASH_TYPE_NONE, 0},
};

const Scheme* find_scheme(uint16_t id) {
  const auto* found = std::find_if(std::begin(kSchemes), std::end(kSchemes),
                                   [id](const Scheme& scheme) { return scheme.id == id; });
  return found == std::end(kSchemes) ? nullptr : found;
}

// Bytes as wolfCrypt takes them: it refuses NULL even for nothing.
struct Span {
  explicit Span(const trestle_bytes& bytes)
      : data(bytes.data != nullptr ? bytes.data : reinterpret_cast<const uint8_t*>("")),
        size(static_cast<word32>(bytes.length)) {}

  const uint8_t* data;
  word32 size;
};

struct Digest {
  Digest(wc_HashType type, Span message) {
    const int length = wc_HashGetDigestSize(type);
    if (length > 0 && wc_Hash(type, message.data, message.size, bytes,
                              static_cast<word32>(length)) == 0) {
      size = static_cast<word32>(length);
    }
  }

  uint8_t bytes[WC_MAX_DIGEST_SIZE];
  word32 size = 0; // 0: it could not be made
};

// wolfSSL reads more than DER, and little of an AlgorithmIdentifier, but it writes nothing else: what
// it has read is written again by `encode` and compared.
template <typename Encode>
bool is_written_as(Span der, Encode encode) {
  uint8_t again[2048]; // a DSA key of 3072 bits has 1,220
  const int size = encode(again, static_cast<word32>(sizeof again));
  return size > 0 && static_cast<word32>(size) == der.size &&
         std::memcmp(again, der.data, der.size) == 0;
}

// --- RSA -----------------------------------------------------------------------------------------

size_t header_size(const uint8_t* der) { return 2u + (der[1] > 0x80 ? der[1] - 0x80u : 0u); }

// wolfSSL decodes both kinds of RSA keys without telling which one it was. The parameters of
// RSASSA-PSS are the host's business; those of rsaEncryption are NULL, or missing.
bool is_of_kind(const trestle_bytes& spki, RsaKey* key, bool pss_only) {
  const uint8_t kAlgorithm[] = {0x30, 13,   0x06, 0x09, 0x2A, 0x86, 0x48, 0x86,
                                0xF7, 0x0D, 0x01, 0x01, 0x01, 0x05, 0x00};
  uint8_t written[RSA_MAX_SIZE / 8 + 64];
  const int size = wc_RsaKeyToPublicDer(key, written, sizeof written);
  if (size <= 0 || !is_sequence(spki)) return false;
  // The BIT STRING is the same in each case.
  const uint8_t* bits = written + header_size(written) + sizeof kAlgorithm;
  const auto bits_size = static_cast<size_t>(written + size - bits);
  const size_t head = header_size(spki.data);
  if (spki.length < head + 13 + bits_size) return false;
  const uint8_t* algorithm = spki.data + head;
  const size_t algorithm_size = spki.length - head - bits_size;
  if (std::memcmp(algorithm + algorithm_size, bits, bits_size) != 0 || algorithm[0] != 0x30 ||
      algorithm[1] + 2u != algorithm_size || algorithm[1] >= 0x80 ||
      std::memcmp(algorithm + 2, kAlgorithm + 2, 10) != 0) {
    return false;
  }
  if (pss_only) return algorithm[12] == 10;
  return algorithm[12] == 1 &&
         (algorithm_size == 13 || (algorithm_size == sizeof kAlgorithm &&
                                   std::memcmp(algorithm, kAlgorithm, sizeof kAlgorithm) == 0));
}

bool is_below_modulus(Span signature, RsaKey* key) {
  mp_int number;
  return mp_init(&number) == MP_OKAY &&
         mp_read_unsigned_bin(&number, signature.data, signature.size) == MP_OKAY &&
         mp_cmp(&number, &key->n) == MP_LT;
}

int32_t verify_pkcs1(const Scheme& scheme, const Digest& digest, Span signature, RsaKey* key) {
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

int32_t verify_pss(const Scheme& scheme, const Digest& digest, Span signature, RsaKey* key) {
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

int32_t verify_rsa(const Scheme& scheme, Span spki, const Digest& digest, Span signature) {
  RsaKey key;
  if (wc_InitRsaKey(&key, nullptr) != 0) return kUnsupported;
  Cleanup<RsaKey, wc_FreeRsaKey> free_key(&key);
  word32 used = 0;
  if (wc_RsaPublicKeyDecode(spki.data, &used, &key, spki.size) != 0) return kUnsupported;
  // RSA_MAX_SIZE is what wolfSSL was built for. A huge exponent only serves to keep us busy.
  const auto size = static_cast<word32>(wc_RsaEncryptSize(&key));
  if (size < 64 || size > RSA_MAX_SIZE / 8 || mp_iseven(&key.n) || mp_count_bits(&key.e) > 64 ||
      !is_of_kind({spki.data, spki.size}, &key, scheme.algorithm == Algorithm::kRsaPssOnly)) {
    return kUnsupported;
  }
  if (signature.size != size || !is_below_modulus(signature, &key)) return kInvalid;
  return scheme.algorithm == Algorithm::kRsaPkcs1 ? verify_pkcs1(scheme, digest, signature, &key)
                                                  : verify_pss(scheme, digest, signature, &key);
}

// --- ECDSA and DSA -------------------------------------------------------------------------------

struct Pair {
  uint8_t r[MAX_ECC_BYTES], s[MAX_ECC_BYTES];
  word32 r_size = sizeof r, s_size = sizeof s;
};

// SEQUENCE { r, s }. wolfSSL reads other encodings of the same numbers, too, but writes DER.
bool read_pair(Span signature, Pair* pair) {
  uint8_t again[ECC_MAX_SIG_SIZE];
  word32 size = sizeof again;
  return wc_ecc_sig_to_rs(signature.data, signature.size, pair->r, &pair->r_size, pair->s,
                          &pair->s_size) == 0 &&
         wc_ecc_rs_raw_to_sig(pair->r, pair->r_size, pair->s, pair->s_size, again, &size) == 0 &&
         size == signature.size && std::memcmp(again, signature.data, size) == 0;
}

// The curves of TLS by name. Parameters spelt out, which could be anything, have no index.
bool is_accepted_curve(const ecc_key& key) {
  return key.idx >= 0 && (key.idx == wc_ecc_get_curve_idx(ECC_SECP256R1) ||
                          key.idx == wc_ecc_get_curve_idx(ECC_SECP384R1) ||
                          key.idx == wc_ecc_get_curve_idx(ECC_SECP521R1));
}

bool verify_with(ecc_key* key, const Digest& digest, Span signature) {
  Pair pair;
  int valid = 0;
  return read_pair(signature, &pair) &&
         wc_ecc_verify_hash(signature.data, signature.size, digest.bytes, digest.size, &valid,
                            key) == 0 &&
         valid == 1;
}

int32_t verify_ecdsa(Span spki, const Digest& digest, Span signature) {
  ecc_key key;
  if (wc_ecc_init(&key) != 0) return kUnsupported;
  Cleanup<ecc_key, wc_ecc_free> free_key(&key);
  word32 used = 0;
  // Decoding does not look whether the point is on the curve.
  if (wc_EccPublicKeyDecode(spki.data, &used, &key, spki.size) != 0 || !is_accepted_curve(key) ||
      wc_ecc_check_key(&key) != 0) {
    return kUnsupported;
  }
  for (const int compressed : {0, 1}) {
    const auto encode = [&](uint8_t* out, word32 size) {
      return wc_EccPublicKeyToDer_ex(&key, out, size, 1, compressed);
    };
    if (is_written_as(spki, encode)) return verify_with(&key, digest, signature);
  }
  return kUnsupported;
}

// The sizes of FIPS 186-4, 4.2, and older ones; wolfSSL's decoder takes anything.
bool is_usable(DsaKey* key) {
  const int p_bits = mp_count_bits(&key->p);
  const int q_bits = mp_count_bits(&key->q);
  return p_bits >= 512 && p_bits <= 3072 && (q_bits == 160 || q_bits == 224 || q_bits == 256) &&
         mp_isodd(&key->p) && mp_isodd(&key->q) && mp_cmp_d(&key->g, 1) == MP_GT &&
         mp_cmp_d(&key->y, 1) == MP_GT && mp_cmp(&key->g, &key->p) == MP_LT &&
         mp_cmp(&key->y, &key->p) == MP_LT;
}

// FIPS 186-4, 4.7, with wolfCrypt's arithmetic: wc_DsaVerify takes 20-byte digests alone.
bool dsa_equation_holds(DsaKey* key, const Pair& pair, const Digest& digest) {
  const word32 used = std::min(digest.size, static_cast<word32>(mp_count_bits(&key->q)) / 8);
  mp_int r, s, w, u1, u2;
  if (mp_init_multi(&r, &s, &w, &u1, &u2, nullptr) != MP_OKAY) return false;
  return mp_read_unsigned_bin(&r, pair.r, pair.r_size) == MP_OKAY &&
         mp_read_unsigned_bin(&s, pair.s, pair.s_size) == MP_OKAY && !mp_iszero(&r) &&
         !mp_iszero(&s) && mp_cmp(&r, &key->q) == MP_LT && mp_cmp(&s, &key->q) == MP_LT &&
         mp_read_unsigned_bin(&u1, digest.bytes, used) == MP_OKAY &&
         mp_invmod(&s, &key->q, &w) == MP_OKAY && mp_mulmod(&u1, &w, &key->q, &u1) == MP_OKAY &&
         mp_mulmod(&r, &w, &key->q, &u2) == MP_OKAY &&
         mp_exptmod(&key->g, &u1, &key->p, &u1) == MP_OKAY &&
         mp_exptmod(&key->y, &u2, &key->p, &u2) == MP_OKAY &&
         mp_mulmod(&u1, &u2, &key->p, &w) == MP_OKAY && mp_mod(&w, &key->q, &w) == MP_OKAY &&
         mp_cmp(&r, &w) == MP_EQ;
}

int32_t verify_dsa(Span spki, const Digest& digest, Span signature) {
  DsaKey key;
  if (wc_InitDsaKey(&key) != 0) return kUnsupported;
  Cleanup<DsaKey, wc_FreeDsaKey> free_key(&key);
  word32 used = 0;
  const auto encode = [&](uint8_t* out, word32 size) {
    return wc_DsaKeyToPublicDer(&key, out, size);
  };
  if (wc_DsaPublicKeyDecode(spki.data, &used, &key, spki.size) != 0 || !is_usable(&key) ||
      !is_written_as(spki, encode)) {
    return kUnsupported;
  }
  Pair pair;
  return read_pair(signature, &pair) && dsa_equation_holds(&key, pair, digest);
}

// --- EdDSA ---------------------------------------------------------------------------------------

int32_t verify_ed25519(Span spki, Span message, Span signature) {
  ed25519_key key;
  if (wc_ed25519_init(&key) != 0) return kUnsupported;
  Cleanup<ed25519_key, wc_ed25519_free> free_key(&key);
  word32 used = 0;
  const auto encode = [&](uint8_t* out, word32 size) {
    return wc_Ed25519PublicKeyToDer(&key, out, size, 1);
  };
  if (wc_Ed25519PublicKeyDecode(spki.data, &used, &key, spki.size) != 0 ||
      !is_written_as(spki, encode)) {
    return kUnsupported;
  }
  int valid = 0;
  return wc_ed25519_verify_msg(signature.data, signature.size, message.data, message.size, &valid,
                               &key) == 0 &&
         valid == 1;
}

int32_t verify_ed448(Span spki, Span message, Span signature) {
  ed448_key key;
  if (wc_ed448_init(&key) != 0) return kUnsupported;
  Cleanup<ed448_key, wc_ed448_free> free_key(&key);
  word32 used = 0;
  const auto encode = [&](uint8_t* out, word32 size) {
    return wc_Ed448PublicKeyToDer(&key, out, size, 1);
  };
  if (wc_Ed448PublicKeyDecode(spki.data, &used, &key, spki.size) != 0 ||
      !is_written_as(spki, encode)) {
    return kUnsupported;
  }
  int valid = 0;
  return wc_ed448_verify_msg(signature.data, signature.size, message.data, message.size, &valid,
                             &key, nullptr, 0) == 0 &&
         valid == 1;
}

int32_t verify(const Scheme& scheme, Span spki, Span message, Span signature) {
  if (scheme.algorithm == Algorithm::kEd25519) return verify_ed25519(spki, message, signature);
  if (scheme.algorithm == Algorithm::kEd448) return verify_ed448(spki, message, signature);
  const Digest digest(scheme.hash, message);
  if (digest.size == 0) return kUnsupported;
  if (scheme.algorithm == Algorithm::kEcdsa) return verify_ecdsa(spki, digest, signature);
  if (scheme.algorithm == Algorithm::kDsa) return verify_dsa(spki, digest, signature);
  return verify_rsa(scheme, spki, digest, signature);
}

}  // namespace

bool can_verify(uint16_t scheme) { return find_scheme(scheme) != nullptr; }

const char* handshake_name(uint16_t scheme) {
  const Scheme* found = find_scheme(scheme);
  return found == nullptr ? nullptr : found->name;
}

int32_t verify_signature(uint16_t scheme_id, const trestle_bytes* spki,
                         const trestle_bytes* message, const trestle_bytes* signature) {
  const Scheme* scheme = find_scheme(scheme_id);
  if (scheme == nullptr || message->length > UINT32_MAX || spki->length > UINT16_MAX) {
    return kUnsupported;
  }
  // Too long a signature is like one that is too short; the key must fit in any case.
  const trestle_bytes none = {nullptr, 0};
  const Span readable(signature->length > UINT16_MAX ? none : *signature);
  const int32_t result = verify(*scheme, Span(*spki), Span(*message), readable);
  wolfSSL_ERR_clear_error();
  return result;
}

}  // namespace trestle::wolf
