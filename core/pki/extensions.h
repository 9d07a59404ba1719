// SPDX-License-Identifier: Apache-2.0
//
// The extensions of RFC 5280 section 4.2 that path validation reads, as plain values. Octets are
// borrowed from the certificate.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/pki/bytes.h"

namespace trestle::pki {

// More names than this in one extension make a certificate malformed: what a peer sends must not
// cost without bound.
constexpr size_t kMaxGeneralNames = 4096;
constexpr size_t kMaxExtensions = 128;

struct BasicConstraints {
  bool present = false;
  bool is_ca = false;
  bool has_path_length = false;
  uint32_t path_length = 0;
};

// Bit n of the KeyUsage BIT STRING is 1 << n.
constexpr uint16_t kDigitalSignature = 1 << 0;
constexpr uint16_t kKeyEncipherment = 1 << 2;
constexpr uint16_t kKeyAgreement = 1 << 4;
constexpr uint16_t kKeyCertSign = 1 << 5;

struct KeyUsage {
  bool present = false;
  uint16_t bits = 0;
};

struct ExtendedKeyUsage {
  bool present = false;
  bool any = false;
  bool server_auth = false;
  bool client_auth = false;
};

// A directoryName's RDNs in the canonical form of distinguished_name.h.
using DirectoryName = std::vector<std::string>;

struct GeneralNames {
  std::vector<Bytes> dns;  // 7-bit, otherwise as it stands
  std::vector<Bytes> ip;   // subjectAltName: 4 or 16 octets; constraint: 8 or 32, address and mask
  std::vector<DirectoryName> directory;
  bool has_email = false;
  bool has_uri = false;
  bool has_other = false;  // otherName, x400Address, ediPartyName, registeredID

  size_t count() const { return dns.size() + ip.size() + directory.size(); }
};

struct SubjectAltName {
  bool present = false;
  GeneralNames names;
};

struct NameConstraints {
  bool present = false;
  bool critical = false;
  GeneralNames permitted;
  GeneralNames excluded;
};

struct CertificatePolicies {
  bool present = false;
  bool any = false;
  std::vector<std::string> oids;  // contents octets; anyPolicy not among them
};

struct PolicyRules {
  std::vector<std::pair<std::string, std::string>> mappings;  // issuer's policy, subject's policy
  bool maps_any = false;                                      // anyPolicy on either side: forbidden
  bool has_require_explicit = false;
  bool has_inhibit_mapping = false;
  bool has_inhibit_any = false;
  uint32_t require_explicit = 0;
  uint32_t inhibit_mapping = 0;
  uint32_t inhibit_any = 0;
};

struct AuthorityKeyIdentifier {
  Bytes key_id;         // empty: not given
  Bytes issuer_serial;  // contents of the INTEGER; empty: not given
};

struct Extensions {
  BasicConstraints basic_constraints;
  KeyUsage key_usage;
  ExtendedKeyUsage extended_key_usage;
  SubjectAltName subject_alt_name;
  NameConstraints name_constraints;
  CertificatePolicies policies;
  PolicyRules policy_rules;
  Bytes subject_key_id;  // empty: not given
  AuthorityKeyIdentifier authority_key_id;
  // Names or dotted identifiers of critical extensions that nothing here processes. Among them are
  // CRL distribution points and Netscape's types if somebody marks them critical.
  std::vector<std::string> unknown_critical;
};

// `contents` is what stands inside the SEQUENCE OF Extension. False, with the reason, if one is
// malformed or comes twice.
bool parse_extensions(Bytes contents, Extensions* extensions, std::string* error);

}  // namespace trestle::pki
