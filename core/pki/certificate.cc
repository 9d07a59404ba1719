// SPDX-License-Identifier: Apache-2.0
#include "core/pki/certificate.h"

#include "core/pki/der.h"

namespace trestle::pki {
namespace {

bool fail(std::string* error, const char* reason) {
  *error = reason;
  return false;
}

// version [0] EXPLICIT INTEGER DEFAULT v1; DER doesn't write a default.
bool read_version(der::Reader* tbs, int* version) {
  bool present = false;
  Bytes field, octets;
  if (!tbs->read_optional(der::context_constructed(0), &present, &field)) return false;
  *version = 1;
  if (!present) return true;
  uint64_t value = 0;
  if (!der::read_single(field, der::kInteger, &octets) || !der::parse_unsigned(octets, &value) ||
      value < 1 || value > 2) {
    return false;
  }
  *version = static_cast<int>(value) + 1;
  return true;
}

// Negative and zero serials exist (RFC 5280 section 4.1.2.2 asks to bear with them).
bool read_serial(der::Reader* tbs, Bytes* serial) {
  return tbs->read(der::kInteger, serial) && der::is_valid_integer(*serial) &&
         serial->size <= kMaxSerialOctets;
}

bool read_name(der::Reader* tbs, DistinguishedName* name) {
  Bytes whole;
  return tbs->read_whole(der::kSequence, &whole) && parse_distinguished_name(whole, name);
}

bool read_validity(der::Reader* tbs, int64_t* not_before, int64_t* not_after) {
  Bytes contents;
  der::Element from, to;
  if (!tbs->read(der::kSequence, &contents)) return false;
  der::Reader reader(contents);
  return reader.read(&from) && reader.read(&to) && reader.at_end() &&
         der::parse_time(from.tag, from.contents, not_before) &&
         der::parse_time(to.tag, to.contents, not_after);
}

// issuerUniqueID [1] and subjectUniqueID [2], which nobody uses, belong to version 2 and up.
bool skip_unique_ids(der::Reader* tbs, int version) {
  for (uint8_t number : {1, 2}) {
    bool present = false;
    Bytes ignored;
    if (!tbs->read_optional(der::context(number), &present, &ignored)) return false;
    if (present && version < 2) return false;
  }
  return true;
}

}  // namespace

CertificatePtr Certificate::parse(Bytes der, std::string* error) {
  if (der.size > kMaxCertificateSize) {
    fail(error, "the certificate is larger than 128 KiB");
    return nullptr;
  }
  std::shared_ptr<Certificate> certificate(new Certificate(der));
  if (!certificate->read(error)) return nullptr;
  error->clear();
  return certificate;
}

bool Certificate::read(std::string* error) {
  Bytes contents, algorithm, bits;
  if (!der::read_single(der, der::kSequence, &contents)) {
    return fail(error, "the outer structure is not one DER SEQUENCE");
  }
  der::Reader reader(contents);
  if (!reader.read_whole(der::kSequence, &tbs)) return fail(error, "the TBS part is malformed");
  if (!reader.read_whole(der::kSequence, &algorithm) ||
      !parse_signature_algorithm(algorithm, &signature_algorithm)) {
    return fail(error, "the signature algorithm is malformed");
  }
  if (!reader.read(der::kBitString, &bits) || !der::parse_octet_bit_string(bits, &signature)) {
    return fail(error, "the signature is malformed");
  }
  if (!reader.at_end()) return fail(error, "something follows the signature");
  Bytes tbs_contents;
  der::read_single(tbs, der::kSequence, &tbs_contents);  // it was read as one above
  return read_tbs(tbs_contents, algorithm, error);
}

bool Certificate::read_tbs(Bytes contents, Bytes outer_algorithm, std::string* error) {
  der::Reader reader(contents);
  Bytes inner_algorithm, spki;
  if (!read_version(&reader, &version)) return fail(error, "the version is malformed");
  if (!read_serial(&reader, &serial)) return fail(error, "the serial number is malformed");
  if (!reader.read_whole(der::kSequence, &inner_algorithm) || inner_algorithm != outer_algorithm) {
    return fail(error, "the inner and the outer signature algorithm differ");
  }
  if (!read_name(&reader, &issuer)) return fail(error, "the issuer is malformed");
  if (issuer.empty()) return fail(error, "the issuer is empty");
  if (!read_validity(&reader, &not_before, &not_after)) {
    return fail(error, "the validity is malformed");
  }
  if (!read_name(&reader, &subject)) return fail(error, "the subject is malformed");
  if (!reader.read_whole(der::kSequence, &spki) || !parse_public_key(spki, &key)) {
    return fail(error, "the public key is malformed");
  }
  if (!skip_unique_ids(&reader, version)) return fail(error, "a unique identifier is malformed");
  if (reader.at_end()) return true;
  Bytes field, list;
  if (version != 3 || !reader.read(der::context_constructed(3), &field) || !reader.at_end() ||
      !der::read_single(field, der::kSequence, &list)) {
    return fail(error, "the list of extensions is malformed");
  }
  return parse_extensions(list, &extensions, error);
}

}  // namespace trestle::pki
