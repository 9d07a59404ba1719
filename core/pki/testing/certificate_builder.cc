// SPDX-License-Identifier: Apache-2.0
#include "core/pki/testing/certificate_builder.h"

#include <cstdio>
#include <cstdlib>

namespace trestle::pki::testing {
namespace {

Octets general_subtrees(uint8_t tag, const std::vector<Octets>& names) {
  if (names.empty()) return {};
  std::vector<Octets> subtrees;
  for (const Octets& each : names) subtrees.push_back(sequence({each}));
  return tlv(tag, join(subtrees));
}

Octets pss_identifier(const char* hash, uint64_t salt_length) {
  const Octets hash_id = sequence({oid(hash), null()});
  const Octets mask_id = sequence({oid("1.2.840.113549.1.1.8"), hash_id});
  return sequence({oid("1.2.840.113549.1.1.10"),
                   sequence({tlv(0xa0, hash_id), tlv(0xa1, mask_id),
                             tlv(0xa2, integer(salt_length))})});
}

}  // namespace

Octets name(const std::vector<NamePart>& parts) {
  std::vector<Octets> rdns;
  for (const NamePart& part : parts) {
    rdns.push_back(tlv(0x31, sequence({oid(part.type), tlv(part.tag, octets(part.value))})));
  }
  return sequence(rdns);
}

Octets common_name(const std::string& text) { return name({{"2.5.4.3", text}}); }

Octets time(const std::string& text) { return tlv(text.size() == 13 ? 0x17 : 0x18, octets(text)); }

Octets extension(const std::string& dotted, bool critical, const Octets& value) {
  return sequence({oid(dotted), critical ? boolean(true) : Octets(), octet_string(value)});
}

Octets basic_constraints(bool ca, int path_length) {
  return extension("2.5.29.19", true,
                   sequence({ca ? boolean(true) : Octets(),
                             path_length >= 0 ? integer(static_cast<uint64_t>(path_length))
                                              : Octets()}));
}

Octets key_usage(const std::vector<int>& bits) {
  uint8_t octet = 0;
  int last = -1;
  for (int bit : bits) {
    octet = static_cast<uint8_t>(octet | 0x80 >> bit);
    last = bit > last ? bit : last;
  }
  if (last < 0) return extension("2.5.29.15", true, bit_string({}));
  return extension("2.5.29.15", true, bit_string({octet}, static_cast<uint8_t>(7 - last)));
}

Octets ext_key_usage(const std::vector<std::string>& purposes) {
  std::vector<Octets> oids;
  for (const std::string& each : purposes) oids.push_back(oid(each));
  return extension("2.5.29.37", false, sequence(oids));
}

Octets subject_alt_name(const std::vector<Octets>& names) {
  return extension("2.5.29.17", false, sequence(names));
}

Octets dns(const std::string& text) { return tlv(0x82, octets(text)); }
Octets ip(const Octets& address) { return tlv(0x87, address); }
Octets email(const std::string& text) { return tlv(0x81, octets(text)); }
Octets uri(const std::string& text) { return tlv(0x86, octets(text)); }
Octets directory(const Octets& name_der) { return tlv(0xa4, name_der); }

Octets name_constraints(const std::vector<Octets>& permitted, const std::vector<Octets>& excluded,
                        bool critical) {
  return extension("2.5.29.30", critical,
                   sequence({general_subtrees(0xa0, permitted), general_subtrees(0xa1, excluded)}));
}

Octets policies(const std::vector<std::string>& oids, bool critical) {
  std::vector<Octets> infos;
  for (const std::string& each : oids) infos.push_back(sequence({oid(each)}));
  return extension("2.5.29.32", critical, sequence(infos));
}

Octets subject_key_id(const Octets& id) { return extension("2.5.29.14", false, octet_string(id)); }

Octets authority_key_id(const Octets& id) {
  return extension("2.5.29.35", false, sequence({tlv(0x80, id)}));
}

Octets algorithm_identifier(uint16_t scheme) {
  switch (scheme) {
    case kRsaMd5: return sequence({oid("1.2.840.113549.1.1.4"), null()});
    case kRsaSha1: return sequence({oid("1.2.840.113549.1.1.5"), null()});
    case kRsaSha256: return sequence({oid("1.2.840.113549.1.1.11"), null()});
    case kRsaSha384: return sequence({oid("1.2.840.113549.1.1.12"), null()});
    case kRsaSha512: return sequence({oid("1.2.840.113549.1.1.13"), null()});
    case kEcdsaSha1: return sequence({oid("1.2.840.10045.4.1")});
    case kEcdsaSha256: return sequence({oid("1.2.840.10045.4.3.2")});
    case kEcdsaSha384: return sequence({oid("1.2.840.10045.4.3.3")});
    case kEcdsaSha512: return sequence({oid("1.2.840.10045.4.3.4")});
    case kEd25519: return sequence({oid("1.3.101.112")});
    case kEd448: return sequence({oid("1.3.101.113")});
    case kDsaSha1: return sequence({oid("1.2.840.10040.4.3")});
    case kDsaSha256: return sequence({oid("2.16.840.1.101.3.4.3.2")});
    case kRsaPssSha256: return pss_identifier("2.16.840.1.101.3.4.2.1", 32);
    case kRsaPssSha384: return pss_identifier("2.16.840.1.101.3.4.2.2", 48);
    case kRsaPssSha512: return pss_identifier("2.16.840.1.101.3.4.2.3", 64);
    default: fprintf(stderr, "no algorithm identifier for %04x\n", scheme); abort();
  }
}

Octets make_certificate(const Spec& spec, const TestKey& key, const TestKey& signer) {
  const uint16_t scheme = spec.scheme != 0 ? spec.scheme : signer.default_scheme();
  const Octets inner = spec.inner_algorithm.or_else(algorithm_identifier(scheme));
  Octets extension_field;
  if (!spec.extensions.empty()) extension_field = tlv(0xa3, sequence(spec.extensions));
  const Octets tbs = sequence(
      {spec.version.or_else(tlv(0xa0, integer(2))), spec.serial.or_else(integer(1)), inner,
       spec.issuer_name.or_else(common_name(spec.issuer)),
       sequence({time(spec.not_before), time(spec.not_after)}),
       spec.subject_name.or_else(common_name(spec.subject)), spec.spki.or_else(key.spki()),
       spec.extension_field.or_else(extension_field), spec.after_extensions});
  return sequence({tbs, spec.outer_algorithm.or_else(inner),
                   spec.signature.or_else(bit_string(signer.sign(scheme, tbs))),
                   spec.after_signature});
}

CertificatePtr parse_or_die(const Octets& der) {
  std::string error;
  CertificatePtr certificate = Certificate::parse(Bytes(der), &error);
  if (certificate == nullptr) {
    fprintf(stderr, "the test's certificate does not parse: %s\n", error.c_str());
    abort();
  }
  return certificate;
}

std::string parse_error(const Octets& der) {
  std::string error;
  Certificate::parse(Bytes(der), &error);
  return error;
}

}  // namespace trestle::pki::testing
