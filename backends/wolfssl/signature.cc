// SPDX-License-Identifier: Apache-2.0
#include "backends/wolfssl/signature.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <vector>

#include "backends/wolfssl/der.h"
#include "backends/wolfssl/public_key.h"
#include "backends/wolfssl/wolf.h"

#include <wolfssl/wolfcrypt/asn.h>
#include <wolfssl/wolfcrypt/ecc.h>
#include <wolfssl/wolfcrypt/ed25519.h>
#include <wolfssl/wolfcrypt/ed448.h>
#include <wolfssl/wolfcrypt/hash.h>
#include <wolfssl/wolfcrypt/rsa.h>

namespace trestle::wolf {
namespace {

using der::Reader;

constexpr int32_t kValid = 1;
constexpr int32_t kInvalid = 0;
constexpr int32_t kUnsupported = TRESTLE_BACKEND_ERROR;

// kRsaPss is rsa_pss_rsae: of a key for any use of RSA; kRsaPssOnly of one restricted to it.
enum class Algorithm { kRsaPkcs1, kRsaPss, kRsaPssOnly, kEcdsa, kDsa, kEd25519, kEd448 };

// What a scheme asks for.
struct Scheme {
  uint16_t id;
  Algorithm algorithm;
  wc_HashType hash;
  int mgf;         // RSA-PSS: of the same hash
  int digest_info; // RSA PKCS#1: wolfCrypt's name of the hash's OID
};

constexpr Scheme kSchemes[] = {
    {0x0201, Algorithm::kRsaPkcs1, WC_HASH_TYPE_SHA, 0, SHAh},
    {0x0401, Algorithm::kRsaPkcs1, WC_HASH_TYPE_SHA256, 0, SHA256h},
    {0x0501, Algorithm::kRsaPkcs1, WC_HASH_TYPE_SHA384, 0, SHA384h},
    {0x0601, Algorithm::kRsaPkcs1, WC_HASH_TYPE_SHA512, 0, SHA512h},
    {0x0804, Algorithm::kRsaPss, WC_HASH_TYPE_SHA256, WC_MGF1SHA256, 0},
    {0x0805, Algorithm::kRsaPss, WC_HASH_TYPE_SHA384, WC_MGF1SHA384, 0},
    {0x0806, Algorithm::kRsaPss, WC_HASH_TYPE_SHA512, WC_MGF1SHA512, 0},
    {0x0809, Algorithm::kRsaPssOnly, WC_HASH_TYPE_SHA256, WC_MGF1SHA256, 0},
    {0x080A, Algorithm::kRsaPssOnly, WC_HASH_TYPE_SHA384, WC_MGF1SHA384, 0},
    {0x080B, Algorithm::kRsaPssOnly, WC_HASH_TYPE_SHA512, WC_MGF1SHA512, 0},
    {0x0203, Algorithm::kEcdsa, WC_HASH_TYPE_SHA, 0, 0},
    {0x0403, Algorithm::kEcdsa, WC_HASH_TYPE_SHA256, 0, 0},
    {0x0503, Algorithm::kEcdsa, WC_HASH_TYPE_SHA384, 0, 0},
    {0x0603, Algorithm::kEcdsa, WC_HASH_TYPE_SHA512, 0, 0},
    {0x0202, Algorithm::kDsa, WC_HASH_TYPE_SHA, 0, 0},
    {0x0402, Algorithm::kDsa, WC_HASH_TYPE_SHA256, 0, 0},
    {0x0807, Algorithm::kEd25519, WC_HASH_TYPE_NONE, 0, 0},
    {0x0808, Algorithm::kEd448, WC_HASH_TYPE_NONE, 0, 0},
};

const Scheme* find_scheme(uint16_t id) {
  const auto* found = std::find_if(std::begin(kSchemes), std::end(kSchemes),
                                   [id](const Scheme& scheme) { return scheme.id == id; });
  return found == std::end(kSchemes) ? nullptr : found;
}

constexpr uint8_t kOidMgf1[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x08};
constexpr uint8_t kOidSha1[] = {0x2B, 0x0E, 0x03, 0x02, 0x1A};
constexpr uint8_t kOidSha256[] = {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01};
constexpr uint8_t kOidSha384[] = {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02};
constexpr uint8_t kOidSha512[] = {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03};

template <size_t n>
bool is(Span oid, const uint8_t (&expected)[n]) {
  return oid == Span{expected, n};
}

// wolfCrypt refuses NULL even for nothing.
Span span_of(const trestle_bytes& bytes) {
  static constexpr uint8_t kNothing = 0;
  return {bytes.data ? bytes.data : &kNothing, static_cast<size_t>(bytes.length)};
}
word32 size32(Span span) { return static_cast<word32>(span.size); }

struct Digest {
  uint8_t bytes[WC_MAX_DIGEST_SIZE];
  word32 size = 0;
};

bool compute_digest(wc_HashType hash, Span message, Digest* digest) {
  const int size = wc_HashGetDigestSize(hash);
  if (size <= 0 || message.size > UINT32_MAX) return false;
  digest->size = static_cast<word32>(size);
  return wc_Hash(hash, message.data, size32(message), digest->bytes, digest->size) == 0;
}

// --- RSA -----------------------------------------------------------------------------------------

bool is_hash_oid(Span oid, wc_HashType hash) {
  switch (hash) {
    case WC_HASH_TYPE_SHA: return is(oid, kOidSha1);
    case WC_HASH_TYPE_SHA256: return is(oid, kOidSha256);
    case WC_HASH_TYPE_SHA384: return is(oid, kOidSha384);
    case WC_HASH_TYPE_SHA512: return is(oid, kOidSha512);
    default: return false;
  }
}

bool is_absent_or_null(Span parameters) {
  Reader reader(parameters);
  return parameters.empty() || (reader.read(der::kNull).empty() && reader.at_end());
}

// An optional [n] AlgorithmIdentifier whose default is `absent`.
bool read_algorithm_field(Reader* reader, uint8_t number, Span absent, der::Algorithm* algorithm) {
  Span field;
  *algorithm = {absent, {}};
  if (!reader->read_if(der::explicit_tag(number), &field)) return true;
  Reader inner(field);
  return der::parse_algorithm(inner.read(der::kSequence), algorithm) && inner.at_end();
}

bool is_hash(const der::Algorithm& algorithm, wc_HashType hash) {
  return is_hash_oid(algorithm.oid, hash) && is_absent_or_null(algorithm.parameters);
}

// An optional [2] INTEGER; -1 if it isn't one that could do.
int read_salt_length(Reader* reader) {
  Span field;
  if (!reader->read_if(der::explicit_tag(2), &field)) return 20;
  Reader inner(field);
  const Span value = inner.read(der::kInteger);
  return inner.at_end() && value.size == 1 && value.data[0] < 0x80 ? value.data[0] : -1;
}

// Whether a key that is restricted to RSASSA-PSS allows a scheme (RFC 4055, 3.3): the same hash for
// message and mask, and a salt no longer than the scheme's, which is as long as its hash.
bool pss_parameters_allow(Span parameters, wc_HashType hash) {
  if (parameters.empty()) return true;
  Reader outer(parameters);
  Reader fields(outer.read(der::kSequence));
  der::Algorithm message_hash, mask, mask_hash;
  if (!read_algorithm_field(&fields, 0, {kOidSha1, sizeof kOidSha1}, &message_hash) ||
      !read_algorithm_field(&fields, 1, {kOidMgf1, sizeof kOidMgf1}, &mask)) {
    return false;
  }
  const int salt = read_salt_length(&fields);
  if (!fields.at_end() || !outer.at_end() || salt < 0) return false;
  Reader mask_parameters(mask.parameters);
  // Without parameters the mask's hash is SHA-1, which no scheme has.
  if (!der::parse_algorithm(mask_parameters.read(der::kSequence), &mask_hash)) return false;
  return mask_parameters.at_end() && is(mask.oid, kOidMgf1) && is_hash(message_hash, hash) &&
         is_hash(mask_hash, hash) && salt <= wc_HashGetDigestSize(hash);
}

bool load_rsa_key(Span der_key, RsaKey* key, Span* modulus) {
  Reader outer(der_key);
  Reader inner(outer.read(der::kSequence));
  *modulus = der::magnitude(inner.read(der::kInteger));
  const Span exponent = der::magnitude(inner.read(der::kInteger));
  if (!inner.at_end() || !outer.at_end()) return false;
  // RSA_MAX_SIZE is what wolfSSL was built for. A huge exponent only serves to keep us busy.
  if (modulus->size < 64 || modulus->size > RSA_MAX_SIZE / 8) return false;
  if (exponent.empty() || exponent.size > 8) return false;
  if ((modulus->data[modulus->size - 1] & 1) == 0) return false;
  return wc_RsaPublicKeyDecodeRaw(modulus->data, size32(*modulus), exponent.data, size32(exponent),
                                  key) == 0;
}

int32_t verify_pkcs1(const Scheme& scheme, const Digest& digest, Span signature, RsaKey* key) {
  uint8_t recovered[RSA_MAX_SIZE / 8];
  const int recovered_size = wc_RsaSSL_Verify(signature.data, size32(signature), recovered,
                                              sizeof recovered, key);
  if (recovered_size < 0) return kInvalid;
  // The expected DigestInfo is made and compared whole: nothing is parsed that a forger wrote.
  uint8_t expected[MAX_ENCODED_SIG_SZ];
  const word32 expected_size =
      wc_EncodeSignature(expected, digest.bytes, digest.size, scheme.digest_info);
  return Span{recovered, static_cast<size_t>(recovered_size)} == Span{expected, expected_size};
}

int32_t verify_pss(const Scheme& scheme, const Digest& digest, Span signature, RsaKey* key) {
  uint8_t input[RSA_MAX_SIZE / 8], recovered[RSA_MAX_SIZE / 8];
  std::memcpy(input, signature.data, signature.size);
  // The salt's length is told, since the default differs for 1024-bit keys and SHA-512.
  const int salt = static_cast<int>(digest.size);
  const int recovered_size = wc_RsaPSS_Verify_ex(input, size32(signature), recovered,
                                                 sizeof recovered, scheme.hash, scheme.mgf, salt,
                                                 key);
  if (recovered_size < 0) return kInvalid;
  return wc_RsaPSS_CheckPadding_ex(digest.bytes, digest.size, recovered,
                                   static_cast<word32>(recovered_size), scheme.hash, salt, 0) == 0;
}

int32_t verify_rsa(const Scheme& scheme, const PublicKey& public_key, const Digest& digest,
                   Span signature) {
  const bool fits = scheme.algorithm == Algorithm::kRsaPssOnly
                        ? public_key.kind == KeyKind::kRsaPss &&
                              pss_parameters_allow(public_key.parameters, scheme.hash)
                        : public_key.kind == KeyKind::kRsa &&
                              is_absent_or_null(public_key.parameters);
  if (!fits) return kUnsupported;
  RsaKey key;
  if (wc_InitRsaKey(&key, nullptr) != 0) return kUnsupported;
  Cleanup<RsaKey, wc_FreeRsaKey> free_key(&key);
  Span modulus;
  if (!load_rsa_key(public_key.key, &key, &modulus)) return kUnsupported;
  if (signature.size != modulus.size) return kInvalid;
  if (std::memcmp(signature.data, modulus.data, modulus.size) >= 0) return kInvalid;
  return scheme.algorithm == Algorithm::kRsaPkcs1 ? verify_pkcs1(scheme, digest, signature, &key)
                                                  : verify_pss(scheme, digest, signature, &key);
}

// --- ECDSA and DSA -------------------------------------------------------------------------------

bool read_minimal_positive(Reader* reader, Span* value) {
  const Span content = reader->read(der::kInteger);
  *value = der::magnitude(content);
  if (value->empty()) return false;
  return content.size == value->size || (content.size == value->size + 1 && value->data[0] >= 0x80);
}

// SEQUENCE { r, s }, strictly: wolfSSL tolerates other encodings of the same numbers.
bool parse_r_s(Span signature, Span* r, Span* s) {
  Reader outer(signature);
  Reader inner(outer.read(der::kSequence));
  return read_minimal_positive(&inner, r) && read_minimal_positive(&inner, s) && inner.at_end() &&
         outer.at_end();
}

int32_t verify_ecdsa(const PublicKey& public_key, const Digest& digest, Span signature) {
  const KeyKind kind = public_key.kind;
  if (kind != KeyKind::kP256 && kind != KeyKind::kP384 && kind != KeyKind::kP521) {
    return kUnsupported;
  }
  ecc_key key;
  if (wc_ecc_init(&key) != 0) return kUnsupported;
  Cleanup<ecc_key, wc_ecc_free> free_key(&key);
  word32 used = 0;
  // Decoding does not look whether the point is on the curve.
  if (wc_EccPublicKeyDecode(public_key.spki.data, &used, &key, size32(public_key.spki)) != 0 ||
      wc_ecc_check_key(&key) != 0) {
    return kUnsupported;
  }
  Span r, s;
  if (!parse_r_s(signature, &r, &s)) return kInvalid;
  int valid = 0;
  const int result = wc_ecc_verify_hash(signature.data, size32(signature), digest.bytes,
                                        digest.size, &valid, &key);
  return result == 0 && valid == 1 ? kValid : kInvalid;
}

// With wolfCrypt's arithmetic: wc_DsaVerify takes 20-byte digests alone, and its decoder takes
// anything for the parameters.
struct DsaPublicKey {
  mp_int p, q, g, y;
};

bool read_number(Span bytes, mp_int* number) {
  return mp_init(number) == MP_OKAY && bytes.size <= 3072 / 8 &&
         mp_read_unsigned_bin(number, bytes.data, size32(bytes)) == MP_OKAY;
}

bool load_dsa_key(const PublicKey& public_key, DsaPublicKey* key) {
  Span p, q, g, y;
  Reader outer(public_key.parameters);
  Reader fields(outer.read(der::kSequence));
  Reader value(public_key.key);
  return read_minimal_positive(&fields, &p) && read_minimal_positive(&fields, &q) &&
         read_minimal_positive(&fields, &g) && fields.at_end() && outer.at_end() &&
         read_minimal_positive(&value, &y) && value.at_end() && read_number(p, &key->p) &&
         read_number(q, &key->q) && read_number(g, &key->g) && read_number(y, &key->y);
}

// The sizes of FIPS 186-4, 4.2, and older ones.
bool is_usable(DsaPublicKey* key) {
  const int q_bits = mp_count_bits(&key->q);
  return mp_count_bits(&key->p) >= 512 && (q_bits == 160 || q_bits == 224 || q_bits == 256) &&
         mp_isodd(&key->p) && mp_isodd(&key->q) && !mp_isone(&key->g) && !mp_isone(&key->y) &&
         mp_cmp(&key->g, &key->p) == MP_LT && mp_cmp(&key->y, &key->p) == MP_LT;
}

// FIPS 186-4, 4.7.
bool dsa_equation_holds(DsaPublicKey* key, mp_int* r, mp_int* s, const Digest& digest) {
  const int q_bits = mp_count_bits(&key->q);
  const word32 used = std::min<word32>(digest.size, static_cast<word32>(q_bits) / 8);
  mp_int w, u1, u2;
  if (mp_init_multi(&w, &u1, &u2, nullptr, nullptr, nullptr) != MP_OKAY) return false;
  return mp_read_unsigned_bin(&u1, digest.bytes, used) == MP_OKAY &&
         mp_invmod(s, &key->q, &w) == MP_OKAY && mp_mulmod(&u1, &w, &key->q, &u1) == MP_OKAY &&
         mp_mulmod(r, &w, &key->q, &u2) == MP_OKAY &&
         mp_exptmod(&key->g, &u1, &key->p, &u1) == MP_OKAY &&
         mp_exptmod(&key->y, &u2, &key->p, &u2) == MP_OKAY &&
         mp_mulmod(&u1, &u2, &key->p, &w) == MP_OKAY && mp_mod(&w, &key->q, &w) == MP_OKAY &&
         mp_cmp(r, &w) == MP_EQ;
}

int32_t verify_dsa(const PublicKey& public_key, const Digest& digest, Span signature) {
  DsaPublicKey key;
  if (public_key.kind != KeyKind::kDsa || !load_dsa_key(public_key, &key) || !is_usable(&key)) {
    return kUnsupported;
  }
  Span r_bytes, s_bytes;
  mp_int r, s;
  if (!parse_r_s(signature, &r_bytes, &s_bytes) || !read_number(r_bytes, &r) ||
      !read_number(s_bytes, &s) || mp_cmp(&r, &key.q) != MP_LT || mp_cmp(&s, &key.q) != MP_LT) {
    return kInvalid;
  }
  return dsa_equation_holds(&key, &r, &s, digest) ? kValid : kInvalid;
}

// --- EdDSA ---------------------------------------------------------------------------------------

int32_t verify_ed25519(const PublicKey& public_key, Span message, Span signature) {
  if (public_key.kind != KeyKind::kEd25519) return kUnsupported;
  ed25519_key key;
  if (wc_ed25519_init(&key) != 0) return kUnsupported;
  Cleanup<ed25519_key, wc_ed25519_free> free_key(&key);
  if (wc_ed25519_import_public(public_key.key.data, size32(public_key.key), &key) != 0) {
    return kUnsupported;
  }
  if (signature.size != ED25519_SIG_SIZE) return kInvalid;
  int valid = 0;
  const int result = wc_ed25519_verify_msg(signature.data, size32(signature), message.data,
                                           size32(message), &valid, &key);
  return result == 0 && valid == 1 ? kValid : kInvalid;
}

int32_t verify_ed448(const PublicKey& public_key, Span message, Span signature) {
  if (public_key.kind != KeyKind::kEd448) return kUnsupported;
  ed448_key key;
  if (wc_ed448_init(&key) != 0) return kUnsupported;
  Cleanup<ed448_key, wc_ed448_free> free_key(&key);
  if (wc_ed448_import_public(public_key.key.data, size32(public_key.key), &key) != 0) {
    return kUnsupported;
  }
  if (signature.size != ED448_SIG_SIZE) return kInvalid;
  int valid = 0;
  const int result = wc_ed448_verify_msg(signature.data, size32(signature), message.data,
                                         size32(message), &valid, &key, nullptr, 0);
  return result == 0 && valid == 1 ? kValid : kInvalid;
}

}  // namespace

bool can_verify(uint16_t scheme) { return find_scheme(scheme) != nullptr; }

int32_t verify_signature(uint16_t scheme_id, const trestle_bytes* spki,
                         const trestle_bytes* message_bytes,
                         const trestle_bytes* signature_bytes) {
  const Scheme* scheme = find_scheme(scheme_id);
  PublicKey key;
  if (scheme == nullptr || !parse_public_key(span_of(*spki), &key)) return kUnsupported;
  const Span message = span_of(*message_bytes);
  const Span signature = span_of(*signature_bytes);
  if (message.size > UINT32_MAX || key.spki.size > UINT16_MAX) return kUnsupported;
  if (signature.size > UINT16_MAX) return kInvalid;
  if (scheme->algorithm == Algorithm::kEd25519) return verify_ed25519(key, message, signature);
  if (scheme->algorithm == Algorithm::kEd448) return verify_ed448(key, message, signature);
  Digest digest;
  if (!compute_digest(scheme->hash, message, &digest)) return kUnsupported;
  switch (scheme->algorithm) {
    case Algorithm::kEcdsa: return verify_ecdsa(key, digest, signature);
    case Algorithm::kDsa: return verify_dsa(key, digest, signature);
    default: return verify_rsa(*scheme, key, digest, signature);
  }
}

}  // namespace trestle::wolf
