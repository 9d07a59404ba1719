// SPDX-License-Identifier: Apache-2.0
#include "core/pki/algorithms.h"

#include <string_view>

#include "core/pki/der.h"

namespace trestle::pki {
namespace {

using namespace std::string_view_literals;

constexpr int kMaxRsaBits = 16384;   // above, one check costs a worker too long
constexpr int kMaxExponentBits = 64;
constexpr int kMaxDsaBits = 10000;  // and a subgroup of one of FIPS 186-4's sizes

enum class Parameters { kAbsentOrNull, kAbsent, kPss };

struct SignatureRow {
  std::string_view oid;
  uint16_t scheme;
  Parameters parameters;
  bool is_broken;
  bool uses_sha1;
  const char* name;
};

// 1.2.840.113549.1.1.x, 1.2.840.10045.4.x, 1.2.840.10040.4.3, 2.16.840.1.101.3.4.3.2, 1.3.101.11x
constexpr SignatureRow kSignatures[] = {
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x02", 0, Parameters::kAbsentOrNull, true, false,
     "md2WithRSAEncryption"},
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x03", 0, Parameters::kAbsentOrNull, true, false,
     "md4WithRSAEncryption"},
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04", 0, Parameters::kAbsentOrNull, true, false,
     "md5WithRSAEncryption"},
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05", 0x0201, Parameters::kAbsentOrNull, false, true,
     "sha1WithRSAEncryption"},
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b", 0x0401, Parameters::kAbsentOrNull, false, false,
     "sha256WithRSAEncryption"},
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c", 0x0501, Parameters::kAbsentOrNull, false, false,
     "sha384WithRSAEncryption"},
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d", 0x0601, Parameters::kAbsentOrNull, false, false,
     "sha512WithRSAEncryption"},
    {"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a", 0, Parameters::kPss, false, false, "RSASSA-PSS"},
    {"\x2a\x86\x48\xce\x3d\x04\x01", 0x0203, Parameters::kAbsent, false, true, "ecdsa-with-SHA1"},
    {"\x2a\x86\x48\xce\x3d\x04\x03\x02", 0x0403, Parameters::kAbsent, false, false,
     "ecdsa-with-SHA256"},
    {"\x2a\x86\x48\xce\x3d\x04\x03\x03", 0x0503, Parameters::kAbsent, false, false,
     "ecdsa-with-SHA384"},
    {"\x2a\x86\x48\xce\x3d\x04\x03\x04", 0x0603, Parameters::kAbsent, false, false,
     "ecdsa-with-SHA512"},
    {"\x2b\x65\x70", 0x0807, Parameters::kAbsent, false, false, "Ed25519"},
    {"\x2b\x65\x71", 0x0808, Parameters::kAbsent, false, false, "Ed448"},
    {"\x2a\x86\x48\xce\x38\x04\x03", 0x0202, Parameters::kAbsentOrNull, false, true,
     "dsa-with-SHA1"},
    {"\x60\x86\x48\x01\x65\x03\x04\x03\x02", 0x0402, Parameters::kAbsentOrNull, false, false,
     "dsa-with-SHA256"},
};

struct HashRow {
  std::string_view oid;
  uint16_t pss_scheme;
  uint64_t length;
};

constexpr HashRow kPssHashes[] = {
    {"\x60\x86\x48\x01\x65\x03\x04\x02\x01", 0x0809, 32},
    {"\x60\x86\x48\x01\x65\x03\x04\x02\x02", 0x080a, 48},
    {"\x60\x86\x48\x01\x65\x03\x04\x02\x03", 0x080b, 64},
};

struct CurveRow {
  std::string_view oid;
  int bits;
  const char* name;
  bool in_tls = false;
};

// ("sv": two of these arcs are a zero octet.)
constexpr CurveRow kCurves[] = {
    {"\x2a\x86\x48\xce\x3d\x03\x01\x01"sv, 192, "EC secp192r1"},
    {"\x2b\x81\x04\x00\x21"sv, 224, "EC secp224r1"},
    {"\x2a\x86\x48\xce\x3d\x03\x01\x07"sv, 256, "EC secp256r1", true},
    {"\x2b\x81\x04\x00\x22"sv, 384, "EC secp384r1", true},
    {"\x2b\x81\x04\x00\x23"sv, 521, "EC secp521r1", true},
    {"\x2b\x81\x04\x00\x0a"sv, 256, "EC secp256k1"},
    {"\x2b\x24\x03\x03\x02\x08\x01\x01\x07"sv, 256, "EC brainpoolP256r1"},
    {"\x2b\x24\x03\x03\x02\x08\x01\x01\x0b"sv, 384, "EC brainpoolP384r1"},
    {"\x2b\x24\x03\x03\x02\x08\x01\x01\x0d"sv, 512, "EC brainpoolP512r1"},
};

constexpr std::string_view kMgf1 = "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08";
constexpr std::string_view kRsaEncryption = "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01";
constexpr std::string_view kRsaPss = "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a";
constexpr std::string_view kEcPublicKey = "\x2a\x86\x48\xce\x3d\x02\x01";
constexpr std::string_view kDsa = "\x2a\x86\x48\xce\x38\x04\x01";
constexpr std::string_view kEd25519 = "\x2b\x65\x70";
constexpr std::string_view kEd448 = "\x2b\x65\x71";

struct AlgorithmIdentifier {
  Bytes oid;
  bool has_parameters = false;
  der::Element parameters;

  bool parameters_are_null() const {
    return has_parameters && parameters.tag == der::kNull && parameters.contents.empty();
  }
};

bool parse_algorithm_identifier(Bytes contents, AlgorithmIdentifier* algorithm) {
  der::Reader reader(contents);
  if (!reader.read(der::kObjectIdentifier, &algorithm->oid) || !der::is_valid_oid(algorithm->oid)) {
    return false;
  }
  if (reader.at_end()) return true;
  algorithm->has_parameters = true;
  return reader.read(&algorithm->parameters) && reader.at_end();
}

// The hash that an AlgorithmIdentifier names, if it is one of those that TLS uses with RSASSA-PSS.
const HashRow* pss_hash(Bytes contents) {
  AlgorithmIdentifier algorithm;
  if (!parse_algorithm_identifier(contents, &algorithm)) return nullptr;
  if (algorithm.has_parameters && !algorithm.parameters_are_null()) return nullptr;
  for (const HashRow& row : kPssHashes) {
    if (row.oid == algorithm.oid.text()) return &row;
  }
  return nullptr;
}

// hashAlgorithm [0]: its default is SHA-1, for which TLS has no PSS scheme, so it must be there.
const HashRow* read_hash(der::Reader* reader) {
  Bytes field, contents;
  if (!reader->read(der::context_constructed(0), &field)) return nullptr;
  if (!der::read_single(field, der::kSequence, &contents)) return nullptr;
  return pss_hash(contents);
}

const HashRow* read_mask_hash(der::Reader* reader) {
  Bytes field, contents;
  AlgorithmIdentifier mask;
  if (!reader->read(der::context_constructed(1), &field) ||
      !der::read_single(field, der::kSequence, &contents) ||
      !parse_algorithm_identifier(contents, &mask) || mask.oid.text() != kMgf1 ||
      !mask.has_parameters || mask.parameters.tag != der::kSequence) {
    return nullptr;
  }
  return pss_hash(mask.parameters.contents);
}

// RFC 4055 section 3.1, narrowed to what RFC 8446 section 4.2.3 allows: the mask's hash is the
// hash, the salt is as long as it. 0 for anything else.
uint16_t pss_scheme(const AlgorithmIdentifier& algorithm) {
  if (!algorithm.has_parameters || algorithm.parameters.tag != der::kSequence) return 0;
  der::Reader reader(algorithm.parameters.contents);
  const HashRow* hash = read_hash(&reader);
  const HashRow* mask_hash = hash != nullptr ? read_mask_hash(&reader) : nullptr;
  Bytes field, octets;
  uint64_t salt_length = 0;
  if (mask_hash == nullptr || mask_hash != hash ||
      !reader.read(der::context_constructed(2), &field) ||
      !der::read_single(field, der::kInteger, &octets) ||
      !der::parse_unsigned(octets, &salt_length) || salt_length != hash->length) {
    return 0;
  }
  if (reader.next_is(der::context_constructed(3))) {
    uint64_t trailer = 0;
    if (!reader.read(der::context_constructed(3), &field) ||
        !der::read_single(field, der::kInteger, &octets) ||
        !der::parse_unsigned(octets, &trailer) || trailer != 1) {
      return 0;
    }
  }
  return reader.at_end() ? hash->pss_scheme : 0;
}

int bit_length(Bytes magnitude) {
  if (magnitude.empty() || magnitude.size > static_cast<size_t>(kMaxRsaBits)) return 0;
  int top_bits = 0;
  for (uint8_t top = magnitude[0]; top != 0; top = static_cast<uint8_t>(top >> 1)) ++top_bits;
  return static_cast<int>(magnitude.size - 1) * 8 + top_bits;
}

void read_rsa(Bytes encoded, KeyKind kind, PublicKey* key) {
  Bytes contents, octets, modulus, exponent;
  if (!der::read_single(encoded, der::kSequence, &contents)) return;
  der::Reader reader(contents);
  if (!reader.read(der::kInteger, &octets) || !der::parse_positive(octets, &modulus) ||
      !reader.read(der::kInteger, &octets) || !der::parse_positive(octets, &exponent) ||
      !reader.at_end()) {
    return;
  }
  const int exponent_bits = bit_length(exponent);
  key->bits = bit_length(modulus);
  const bool usable = key->bits > 0 && key->bits <= kMaxRsaBits && exponent_bits >= 2 &&
                      exponent_bits <= kMaxExponentBits && (exponent[exponent.size - 1] & 1) != 0 &&
                      (modulus[modulus.size - 1] & 1) != 0;
  if (usable) key->kind = kind;
}

// Named curves only (RFC 5480 section 2.1.1): explicit parameters let the sender choose the group.
void read_ec(const AlgorithmIdentifier& algorithm, Bytes point, PublicKey* key) {
  if (!algorithm.has_parameters || algorithm.parameters.tag != der::kObjectIdentifier) return;
  key->text = "EC " + der::oid_text(algorithm.parameters.contents);
  if (point.empty()) return;
  for (const CurveRow& row : kCurves) {
    if (row.oid != algorithm.parameters.contents.text()) continue;
    key->kind = KeyKind::kEc;
    key->bits = row.bits;
    key->text = row.name;
    const size_t coordinate = static_cast<size_t>(row.bits + 7) / 8;
    key->is_tls_point = row.in_tls && point[0] == 4 && point.size == 1 + 2 * coordinate;
  }
}

// Parameters p, q, g, and y as the key (RFC 3279, 2.3.2).
void read_dsa(const AlgorithmIdentifier& algorithm, Bytes encoded, PublicKey* key) {
  if (!algorithm.has_parameters || algorithm.parameters.tag != der::kSequence) return;
  der::Reader reader(algorithm.parameters.contents);
  Bytes octets, p, q, g, y;
  for (Bytes* number : {&p, &q, &g}) {
    if (!reader.read(der::kInteger, &octets) || !der::parse_positive(octets, number)) return;
  }
  if (!reader.at_end() || !der::read_single(encoded, der::kInteger, &octets) ||
      !der::parse_positive(octets, &y)) {
    return;
  }
  key->bits = bit_length(p);
  const int q_bits = bit_length(q);
  const bool usable = key->bits > 0 && key->bits <= kMaxDsaBits &&
                      (q_bits == 160 || q_bits == 224 || q_bits == 256) && g.size <= p.size &&
                      y.size <= p.size;
  if (usable) key->kind = KeyKind::kDsa;
}

void read_edwards(const AlgorithmIdentifier& algorithm, Bytes point, KeyKind kind, size_t size,
                  int bits, PublicKey* key) {
  key->bits = bits;
  if (!algorithm.has_parameters && point.size == size) key->kind = kind;
}

void read_key(const AlgorithmIdentifier& algorithm, Bytes encoded, PublicKey* key) {
  const std::string_view oid = algorithm.oid.text();
  if (oid == kRsaEncryption) {
    key->text = "RSA";
    if (!algorithm.has_parameters || algorithm.parameters_are_null()) {
      read_rsa(encoded, KeyKind::kRsa, key);
    }
  } else if (oid == kRsaPss) {
    key->text = "RSASSA-PSS";
    key->pss_scheme = pss_scheme(algorithm);
    if (!algorithm.has_parameters || key->pss_scheme != 0) {
      read_rsa(encoded, KeyKind::kRsaPss, key);
    }
  } else if (oid == kEcPublicKey) {
    key->text = "EC with explicit parameters";
    read_ec(algorithm, encoded, key);
  } else if (oid == kDsa) {
    key->text = "DSA";
    read_dsa(algorithm, encoded, key);
  } else if (oid == kEd25519) {
    key->text = "Ed25519";
    read_edwards(algorithm, encoded, KeyKind::kEd25519, 32, 256, key);
  } else if (oid == kEd448) {
    key->text = "Ed448";
    read_edwards(algorithm, encoded, KeyKind::kEd448, 57, 456, key);
  } else {
    key->text = der::oid_text(algorithm.oid);
  }
}

}  // namespace

bool parse_signature_algorithm(Bytes whole, SignatureAlgorithm* result) {
  *result = SignatureAlgorithm();
  Bytes contents;
  AlgorithmIdentifier algorithm;
  if (!der::read_single(whole, der::kSequence, &contents) ||
      !parse_algorithm_identifier(contents, &algorithm)) {
    return false;
  }
  result->text = der::oid_text(algorithm.oid);
  for (const SignatureRow& row : kSignatures) {
    if (row.oid != algorithm.oid.text()) continue;
    result->text = row.name;
    result->is_broken = row.is_broken;
    result->uses_sha1 = row.uses_sha1;
    const bool null_is_fine = row.parameters == Parameters::kAbsentOrNull;
    const bool fits =
        !algorithm.has_parameters || (null_is_fine && algorithm.parameters_are_null());
    if (row.parameters == Parameters::kPss) {
      result->scheme = pss_scheme(algorithm);
    } else if (fits) {
      result->scheme = row.scheme;
    }
  }
  return true;
}

bool parse_public_key(Bytes whole, PublicKey* key) {
  *key = PublicKey();
  key->spki = whole;
  Bytes contents, algorithm_contents, bits, encoded;
  AlgorithmIdentifier algorithm;
  if (!der::read_single(whole, der::kSequence, &contents)) return false;
  der::Reader reader(contents);
  if (!reader.read(der::kSequence, &algorithm_contents) ||
      !parse_algorithm_identifier(algorithm_contents, &algorithm) ||
      !reader.read(der::kBitString, &bits) || !reader.at_end() ||
      !der::parse_octet_bit_string(bits, &encoded)) {
    return false;
  }
  read_key(algorithm, encoded, key);
  return true;
}

bool key_allows(const PublicKey& key, uint16_t scheme) {
  const bool pairs_with_hash = scheme < 0x0700;  // hash and signature (RFC 5246, 7.4.1.4.1)
  const uint8_t signature = scheme & 0xff;
  switch (key.kind) {
    case KeyKind::kUnknown: return false;
    case KeyKind::kRsa:
      return (pairs_with_hash && signature == 1) || (scheme >= 0x0804 && scheme <= 0x0806);
    case KeyKind::kRsaPss:
      return scheme >= 0x0809 && scheme <= 0x080b &&
             (key.pss_scheme == 0 || key.pss_scheme == scheme);
    case KeyKind::kEc: return pairs_with_hash && signature == 3 && key.is_tls_point;
    case KeyKind::kDsa: return pairs_with_hash && signature == 2;
    case KeyKind::kEd25519: return scheme == 0x0807;
    case KeyKind::kEd448: return scheme == 0x0808;
  }
  return false;
}

uint16_t scheme_for_key(const SignatureAlgorithm& algorithm, const PublicKey& key) {
  uint16_t scheme = algorithm.scheme;
  const bool is_pss = scheme >= 0x0809 && scheme <= 0x080b;
  if (is_pss && key.kind == KeyKind::kRsa) scheme = static_cast<uint16_t>(scheme - 5);
  return key_allows(key, scheme) ? scheme : 0;
}

}  // namespace trestle::pki
