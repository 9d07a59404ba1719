// SPDX-License-Identifier: Apache-2.0
#include "backends/wolfssl/public_key.h"

namespace trestle::wolf {
namespace {

using der::Reader;

constexpr uint8_t kOidRsa[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01};
constexpr uint8_t kOidRsaPss[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0A};
constexpr uint8_t kOidEc[] = {0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01};
constexpr uint8_t kOidDsa[] = {0x2A, 0x86, 0x48, 0xCE, 0x38, 0x04, 0x01};
constexpr uint8_t kOidEd25519[] = {0x2B, 0x65, 0x70};
constexpr uint8_t kOidEd448[] = {0x2B, 0x65, 0x71};
constexpr uint8_t kOidP256[] = {0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07};
constexpr uint8_t kOidP384[] = {0x2B, 0x81, 0x04, 0x00, 0x22};
constexpr uint8_t kOidP521[] = {0x2B, 0x81, 0x04, 0x00, 0x23};

template <size_t n>
bool is(Span oid, const uint8_t (&expected)[n]) {
  return oid == Span{expected, n};
}

KeyKind kind_of_curve(Span parameters) {
  Reader reader(parameters);
  const Span curve = reader.read(der::kOid);
  if (!reader.at_end()) return KeyKind::kOther;
  if (is(curve, kOidP256)) return KeyKind::kP256;
  if (is(curve, kOidP384)) return KeyKind::kP384;
  return is(curve, kOidP521) ? KeyKind::kP521 : KeyKind::kOther;
}

KeyKind kind_of(const der::Algorithm& algorithm) {
  if (is(algorithm.oid, kOidRsa)) return KeyKind::kRsa;
  if (is(algorithm.oid, kOidRsaPss)) return KeyKind::kRsaPss;
  if (is(algorithm.oid, kOidEc)) return kind_of_curve(algorithm.parameters);
  if (is(algorithm.oid, kOidDsa)) return KeyKind::kDsa;
  // These have no parameters (RFC 8410, 3).
  if (!algorithm.parameters.empty()) return KeyKind::kOther;
  if (is(algorithm.oid, kOidEd25519)) return KeyKind::kEd25519;
  return is(algorithm.oid, kOidEd448) ? KeyKind::kEd448 : KeyKind::kOther;
}

}  // namespace

bool parse_public_key(Span spki, PublicKey* key) {
  Reader outer(spki);
  Reader inner(outer.read(der::kSequence));
  der::Algorithm algorithm;
  if (!der::parse_algorithm(inner.read(der::kSequence), &algorithm)) return false;
  *key = {kind_of(algorithm), spki, algorithm.parameters,
          der::whole_bits(inner.read(der::kBitString))};
  return inner.at_end() && outer.at_end() && !key->key.empty();
}

CertificateParts parts_of(Span certificate) {
  Reader outer(certificate);
  Reader fields(outer.read(der::kSequence));
  Reader tbs(fields.read(der::kSequence));
  Span version;
  tbs.read_if(der::explicit_tag(0), &version);
  tbs.read(der::kInteger);  // serial number
  tbs.read(der::kSequence); // signature
  CertificateParts parts;
  parts.issuer = tbs.read_whole(der::kSequence);
  tbs.read(der::kSequence); // validity
  parts.subject = tbs.read_whole(der::kSequence);
  parts.public_key = tbs.read_whole(der::kSequence);
  return tbs.ok() ? parts : CertificateParts();
}

Span public_key_of(Span certificate) { return parts_of(certificate).public_key; }

}  // namespace trestle::wolf
