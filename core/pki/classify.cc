// SPDX-License-Identifier: Apache-2.0
#include "core/pki/classify.h"

#include "core/pki/der.h"
#include "core/pki/pem.h"

namespace trestle::pki {
namespace {

constexpr uint8_t kPkcs7Data[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01};
constexpr uint8_t kPkcs7SignedData[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02};

// Skips one identifier and its length octets, BER's indefinite and long-winded lengths included:
// PFX files are BER, and several programs write them so.
bool enter_ber(Bytes* input, uint8_t tag) {
  if (input->size < 2 || (*input)[0] != tag) return false;
  const uint8_t first = (*input)[1];
  const size_t count = first < 0x80 ? 0 : first & 0x7f;
  if (count > sizeof(uint64_t) || input->size < 2 + count) return false;
  *input = input->from(2 + count);
  return true;
}

// PFX ::= SEQUENCE { version INTEGER (3), authSafe ContentInfo { contentType pkcs7, ... }, ... }
bool is_pkcs12(Bytes buffer) {
  if (!enter_ber(&buffer, der::kSequence)) return false;
  if (!enter_ber(&buffer, der::kInteger) || buffer.empty() || buffer[0] != 3) return false;
  buffer = buffer.from(1);
  if (!enter_ber(&buffer, der::kSequence)) return false;
  if (!enter_ber(&buffer, der::kObjectIdentifier) || buffer.size < sizeof(kPkcs7Data)) return false;
  const Bytes oid = buffer.first(sizeof(kPkcs7Data));
  return oid == Bytes(kPkcs7Data, sizeof(kPkcs7Data)) ||
         oid == Bytes(kPkcs7SignedData, sizeof(kPkcs7SignedData));
}

bool is_algorithm_identifier(Bytes contents) {
  der::Reader reader(contents);
  Bytes oid;
  return reader.read(der::kObjectIdentifier, &oid) && der::is_valid_oid(oid);
}

// Counts the INTEGERs that fill the rest of a structure; -1 if there is anything else.
int count_integers(der::Reader reader) {
  int count = 0;
  for (Bytes ignored; !reader.at_end(); ++count) {
    if (!reader.read(der::kInteger, &ignored)) return -1;
  }
  return count;
}

// PKCS#8, PKCS#1, SEC 1 and DSA keys all begin with a version number.
BufferKind classify_versioned_key(der::Reader body) {
  Bytes version_octets;
  uint64_t version = 0;
  if (!body.read(der::kInteger, &version_octets) ||
      !der::parse_unsigned(version_octets, &version) || version > 1) {
    return BufferKind::kUnknown;
  }
  Bytes contents;
  if (body.next_is(der::kSequence)) {
    const bool pkcs8 = body.read(der::kSequence, &contents) && is_algorithm_identifier(contents) &&
                       body.next_is(der::kOctetString);
    return pkcs8 ? BufferKind::kPrivateKey : BufferKind::kUnknown;
  }
  if (body.next_is(der::kOctetString)) {
    return version == 1 ? BufferKind::kEcPrivateKey : BufferKind::kUnknown;
  }
  switch (count_integers(body)) {
    case 5:
      return version == 0 ? BufferKind::kDsaPrivateKey : BufferKind::kUnknown;
    case 8:
      return version == 0 ? BufferKind::kRsaPrivateKey : BufferKind::kUnknown;
    default:
      return BufferKind::kUnknown;
  }
}

// A certificate and a CRL are both SEQUENCE { tbs, AlgorithmIdentifier, BIT STRING }; what tells
// them apart is the fourth part of the TBS after the version: Validity, or a bare time.
BufferKind classify_signed(Bytes tbs_contents) {
  der::Reader tbs(tbs_contents);
  bool has_version = false;
  Bytes contents;
  if (!tbs.read_optional(der::context_constructed(0), &has_version, &contents)) {
    return BufferKind::kUnknown;
  }
  bool has_integer = false;
  if (!tbs.read_optional(der::kInteger, &has_integer, &contents) ||
      !tbs.read(der::kSequence, &contents) || !is_algorithm_identifier(contents) ||
      !tbs.read(der::kSequence, &contents)) {
    return BufferKind::kUnknown;
  }
  if (tbs.next_is(der::kSequence)) {
    return has_integer ? BufferKind::kCertificate : BufferKind::kUnknown;
  }
  const bool is_time = tbs.next_is(der::kUtcTime) || tbs.next_is(der::kGeneralizedTime);
  return is_time && !has_version ? BufferKind::kCrl : BufferKind::kUnknown;
}

BufferKind classify_der(Bytes buffer) {
  der::Reader outer(buffer);
  Bytes contents, first, second;
  if (!outer.read(der::kSequence, &contents)) return BufferKind::kUnknown;
  der::Reader body(contents);
  if (body.next_is(der::kInteger)) {
    return outer.at_end() ? classify_versioned_key(body) : BufferKind::kUnknown;
  }
  if (!body.read(der::kSequence, &first)) return BufferKind::kUnknown;
  if (body.next_is(der::kOctetString)) {
    const bool encrypted = outer.at_end() && is_algorithm_identifier(first) &&
                           body.read(der::kOctetString, &second) && body.at_end();
    return encrypted ? BufferKind::kEncryptedPrivateKey : BufferKind::kUnknown;
  }
  if (!body.read(der::kSequence, &second) || !is_algorithm_identifier(second) ||
      !body.next_is(der::kBitString)) {
    return BufferKind::kUnknown;
  }
  return classify_signed(first);
}

}  // namespace

BufferKind classify(Bytes buffer) {
  if (buffer.empty()) return BufferKind::kEmpty;
  const BufferKind kind = classify_der(buffer);
  if (kind != BufferKind::kUnknown) return kind;
  if (is_pkcs12(buffer)) return BufferKind::kPkcs12;
  return looks_like_pem(buffer) ? BufferKind::kPem : BufferKind::kUnknown;
}

const char* buffer_kind_name(BufferKind kind) {
  switch (kind) {
    case BufferKind::kEmpty: return "nothing";
    case BufferKind::kUnknown: return "unknown data";
    case BufferKind::kPem: return "PEM";
    case BufferKind::kCertificate: return "a DER certificate";
    case BufferKind::kCrl: return "a DER certificate revocation list";
    case BufferKind::kPrivateKey: return "a PKCS#8 private key";
    case BufferKind::kEncryptedPrivateKey: return "an encrypted PKCS#8 private key";
    case BufferKind::kRsaPrivateKey: return "a PKCS#1 RSA private key";
    case BufferKind::kEcPrivateKey: return "a SEC 1 EC private key";
    case BufferKind::kDsaPrivateKey: return "a DSA private key";
    case BufferKind::kPkcs12: return "a PKCS#12 file";
  }
  return "unknown data";
}

}  // namespace trestle::pki
