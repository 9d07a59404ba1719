// SPDX-License-Identifier: Apache-2.0
#include "core/pki/extensions.h"

#include <set>
#include <string_view>

#include "core/pki/der.h"
#include "core/pki/distinguished_name.h"

namespace trestle::pki {
namespace {

constexpr uint32_t kMaxSkip = 255;  // any larger count is as good as this one
constexpr std::string_view kAnyPolicy("\x55\x1d\x20\x00", 4);
constexpr std::string_view kAnyPurpose("\x55\x1d\x25\x00", 4);
constexpr std::string_view kServerAuth = "\x2b\x06\x01\x05\x05\x07\x03\x01";
constexpr std::string_view kClientAuth = "\x2b\x06\x01\x05\x05\x07\x03\x02";
constexpr std::string_view kCpsQualifier = "\x2b\x06\x01\x05\x05\x07\x02\x01";
constexpr std::string_view kUserNoticeQualifier = "\x2b\x06\x01\x05\x05\x07\x02\x02";

bool is_any_policy(Bytes oid) { return oid.text() == kAnyPolicy; }

// A count such as pathLenConstraint: non-negative; kMaxSkip stands for everything above it.
bool parse_count(Bytes contents, uint32_t* count) {
  uint64_t value = 0;
  if (!der::is_valid_integer(contents) || (contents[0] & 0x80) != 0) return false;
  if (!der::parse_unsigned(contents, &value) || value > kMaxSkip) value = kMaxSkip;
  *count = static_cast<uint32_t>(value);
  return true;
}

bool parse_basic_constraints(Bytes value, bool, Extensions* out) {
  Bytes contents, octets;
  if (!der::read_single(value, der::kSequence, &contents)) return false;
  der::Reader reader(contents);
  BasicConstraints& constraints = out->basic_constraints;
  constraints.present = true;
  bool present = false;
  // An encoded FALSE breaks DER's rule about defaults, but many a CA has written it.
  if (!reader.read_optional(der::kBoolean, &present, &octets)) return false;
  if (present && !der::parse_boolean(octets, &constraints.is_ca)) return false;
  if (!reader.read_optional(der::kInteger, &constraints.has_path_length, &octets)) return false;
  if (constraints.has_path_length && !parse_count(octets, &constraints.path_length)) return false;
  return reader.at_end();
}

bool parse_key_usage(Bytes value, bool, Extensions* out) {
  Bytes contents, bits;
  int unused_bits = 0;
  if (!der::read_single(value, der::kBitString, &contents) ||
      !der::parse_bit_string(contents, &bits, &unused_bits)) {
    return false;
  }
  out->key_usage.present = true;
  for (size_t n = 0; n < 9 && n / 8 < bits.size; ++n) {
    if ((bits[n / 8] & (0x80 >> n % 8)) != 0) {
      out->key_usage.bits = static_cast<uint16_t>(out->key_usage.bits | 1 << n);
    }
  }
  return true;
}

bool parse_extended_key_usage(Bytes value, bool, Extensions* out) {
  Bytes contents, oid;
  if (!der::read_single(value, der::kSequence, &contents) || contents.empty()) return false;
  der::Reader reader(contents);
  ExtendedKeyUsage& usage = out->extended_key_usage;
  usage.present = true;
  while (!reader.at_end()) {
    if (!reader.read(der::kObjectIdentifier, &oid) || !der::is_valid_oid(oid)) return false;
    if (oid.text() == kAnyPurpose) usage.any = true;
    if (oid.text() == kServerAuth) usage.server_auth = true;
    if (oid.text() == kClientAuth) usage.client_auth = true;
  }
  return true;
}

bool is_ia5(Bytes text) {
  for (uint8_t c : text) {
    if (c >= 0x80) return false;
  }
  return true;
}

// A network and its mask, whose one bits must come first (RFC 4632).
bool is_address_range(Bytes octets) {
  if (octets.size != 8 && octets.size != 32) return false;
  bool ended = false;
  for (uint8_t octet : octets.from(octets.size / 2)) {
    for (int bit = 7; bit >= 0; --bit) {
      const bool one = (octet >> bit & 1) != 0;
      if (one && ended) return false;
      ended = !one;
    }
  }
  return true;
}

bool add_directory_name(Bytes contents, GeneralNames* names) {
  DistinguishedName name;
  if (!parse_distinguished_name(contents, &name)) return false;
  names->directory.push_back(std::move(name.canonical_rdns));
  return true;
}

bool add_general_name(const der::Element& element, bool is_constraint, GeneralNames* names) {
  switch (element.tag) {
    case der::context(1):
      names->has_email = true;
      return is_ia5(element.contents);
    case der::context(2):
      names->dns.push_back(element.contents);
      return is_ia5(element.contents);
    case der::context_constructed(4):
      return add_directory_name(element.contents, names);
    case der::context(6):
      names->has_uri = true;
      return is_ia5(element.contents);
    case der::context(7):
      names->ip.push_back(element.contents);
      return is_constraint ? is_address_range(element.contents)
                           : element.contents.size == 4 || element.contents.size == 16;
    case der::context_constructed(0):
    case der::context_constructed(3):
    case der::context_constructed(5):
    case der::context(8):
      names->has_other = true;
      return true;
    default:
      return false;
  }
}

bool parse_subject_alt_name(Bytes value, bool, Extensions* out) {
  Bytes contents;
  if (!der::read_single(value, der::kSequence, &contents) || contents.empty()) return false;
  der::Reader reader(contents);
  out->subject_alt_name.present = true;
  for (size_t count = 0; !reader.at_end(); ++count) {
    der::Element element;
    if (count == kMaxGeneralNames || !reader.read(&element) ||
        !add_general_name(element, false, &out->subject_alt_name.names)) {
      return false;
    }
  }
  return true;
}

// GeneralSubtrees; each with the default minimum of 0 and no maximum, as RFC 5280 demands.
bool parse_subtrees(Bytes contents, GeneralNames* names) {
  der::Reader reader(contents);
  if (reader.at_end()) return false;
  for (size_t count = 0; !reader.at_end(); ++count) {
    Bytes subtree;
    der::Element base;
    if (count == kMaxGeneralNames || !reader.read(der::kSequence, &subtree)) return false;
    der::Reader fields(subtree);
    if (!fields.read(&base) || !fields.at_end()) return false;
    if (!add_general_name(base, true, names)) return false;
  }
  return true;
}

bool parse_name_constraints(Bytes value, bool critical, Extensions* out) {
  Bytes contents, subtrees;
  if (!der::read_single(value, der::kSequence, &contents) || contents.empty()) return false;
  der::Reader reader(contents);
  NameConstraints& constraints = out->name_constraints;
  constraints.present = true;
  constraints.critical = critical;
  bool present = false;
  if (!reader.read_optional(der::context_constructed(0), &present, &subtrees)) return false;
  if (present && !parse_subtrees(subtrees, &constraints.permitted)) return false;
  if (!reader.read_optional(der::context_constructed(1), &present, &subtrees)) return false;
  if (present && !parse_subtrees(subtrees, &constraints.excluded)) return false;
  return reader.at_end();
}

// The two qualifiers of RFC 5280 say nothing about validity; any other might.
bool has_only_known_qualifiers(Bytes contents, bool* well_formed) {
  der::Reader reader(contents);
  *well_formed = !reader.at_end();
  bool known = true;
  while (!reader.at_end()) {
    Bytes info, oid;
    if (!reader.read(der::kSequence, &info)) return *well_formed = false;
    der::Reader fields(info);
    if (!fields.read(der::kObjectIdentifier, &oid)) return *well_formed = false;
    known = known && (oid.text() == kCpsQualifier || oid.text() == kUserNoticeQualifier);
  }
  return known;
}

bool parse_policies(Bytes value, bool critical, Extensions* out) {
  Bytes contents;
  if (!der::read_single(value, der::kSequence, &contents) || contents.empty()) return false;
  der::Reader reader(contents);
  out->policies.present = true;
  bool all_known = true;
  while (!reader.at_end()) {
    Bytes info, oid, qualifiers;
    if (!reader.read(der::kSequence, &info)) return false;
    der::Reader fields(info);
    if (!fields.read(der::kObjectIdentifier, &oid) || !der::is_valid_oid(oid)) return false;
    bool present = false, well_formed = true;
    if (!fields.read_optional(der::kSequence, &present, &qualifiers) || !fields.at_end()) {
      return false;
    }
    if (present && !has_only_known_qualifiers(qualifiers, &well_formed)) all_known = false;
    if (!well_formed) return false;
    if (is_any_policy(oid)) {
      out->policies.any = true;
    } else if (out->policies.oids.size() < kMaxGeneralNames) {
      out->policies.oids.emplace_back(oid.text());
    } else {
      return false;
    }
  }
  // RFC 5280 section 4.2.1.4: a critical one must be understood to the last qualifier.
  if (critical && !all_known) out->unknown_critical.push_back("certificatePolicies' qualifier");
  return true;
}

bool parse_policy_mappings(Bytes value, bool, Extensions* out) {
  Bytes contents;
  if (!der::read_single(value, der::kSequence, &contents) || contents.empty()) return false;
  der::Reader reader(contents);
  PolicyRules& rules = out->policy_rules;
  while (!reader.at_end()) {
    Bytes pair, issuer, subject;
    if (!reader.read(der::kSequence, &pair)) return false;
    der::Reader fields(pair);
    if (!fields.read(der::kObjectIdentifier, &issuer) || !der::is_valid_oid(issuer) ||
        !fields.read(der::kObjectIdentifier, &subject) || !der::is_valid_oid(subject) ||
        !fields.at_end() || rules.mappings.size() == kMaxGeneralNames) {
      return false;
    }
    rules.maps_any = rules.maps_any || is_any_policy(issuer) || is_any_policy(subject);
    rules.mappings.emplace_back(issuer.text(), subject.text());
  }
  return true;
}

bool parse_policy_constraints(Bytes value, bool, Extensions* out) {
  Bytes contents, octets;
  if (!der::read_single(value, der::kSequence, &contents) || contents.empty()) return false;
  der::Reader reader(contents);
  PolicyRules& rules = out->policy_rules;
  if (!reader.read_optional(der::context(0), &rules.has_require_explicit, &octets)) return false;
  if (rules.has_require_explicit && !parse_count(octets, &rules.require_explicit)) return false;
  if (!reader.read_optional(der::context(1), &rules.has_inhibit_mapping, &octets)) return false;
  if (rules.has_inhibit_mapping && !parse_count(octets, &rules.inhibit_mapping)) return false;
  return reader.at_end();
}

bool parse_inhibit_any(Bytes value, bool, Extensions* out) {
  Bytes contents;
  out->policy_rules.has_inhibit_any = true;
  return der::read_single(value, der::kInteger, &contents) &&
         parse_count(contents, &out->policy_rules.inhibit_any);
}

bool parse_subject_key_id(Bytes value, bool, Extensions* out) {
  return der::read_single(value, der::kOctetString, &out->subject_key_id);
}

bool parse_authority_key_id(Bytes value, bool, Extensions* out) {
  Bytes contents, ignored;
  if (!der::read_single(value, der::kSequence, &contents)) return false;
  der::Reader reader(contents);
  AuthorityKeyIdentifier& id = out->authority_key_id;
  bool present = false;
  return reader.read_optional(der::context(0), &present, &id.key_id) &&
         reader.read_optional(der::context_constructed(1), &present, &ignored) &&
         reader.read_optional(der::context(2), &present, &id.issuer_serial) && reader.at_end();
}

struct KnownExtension {
  std::string_view oid;
  const char* name;
  bool (*parse)(Bytes value, bool critical, Extensions* out);
};

constexpr KnownExtension kKnown[] = {
    {"\x55\x1d\x0e", "subjectKeyIdentifier", parse_subject_key_id},
    {"\x55\x1d\x0f", "keyUsage", parse_key_usage},
    {"\x55\x1d\x11", "subjectAltName", parse_subject_alt_name},
    {"\x55\x1d\x13", "basicConstraints", parse_basic_constraints},
    {"\x55\x1d\x1e", "nameConstraints", parse_name_constraints},
    {"\x55\x1d\x20", "certificatePolicies", parse_policies},
    {"\x55\x1d\x21", "policyMappings", parse_policy_mappings},
    {"\x55\x1d\x23", "authorityKeyIdentifier", parse_authority_key_id},
    {"\x55\x1d\x24", "policyConstraints", parse_policy_constraints},
    {"\x55\x1d\x25", "extKeyUsage", parse_extended_key_usage},
    {"\x55\x1d\x36", "inhibitAnyPolicy", parse_inhibit_any},
};

struct RawExtension {
  Bytes oid;
  bool critical = false;
  Bytes value;
};

bool parse_raw_extension(Bytes contents, RawExtension* extension) {
  der::Reader reader(contents);
  bool present = false;
  Bytes octets;
  if (!reader.read(der::kObjectIdentifier, &extension->oid) ||
      !der::is_valid_oid(extension->oid) ||
      !reader.read_optional(der::kBoolean, &present, &octets)) {
    return false;
  }
  if (present && !der::parse_boolean(octets, &extension->critical)) return false;
  return reader.read(der::kOctetString, &extension->value) && reader.at_end();
}

bool parse_value(const RawExtension& raw, Extensions* extensions, std::string* error) {
  for (const KnownExtension& known : kKnown) {
    if (known.oid != raw.oid.text()) continue;
    if (known.parse(raw.value, raw.critical, extensions)) return true;
    *error = std::string("the extension ") + known.name + " is malformed";
    return false;
  }
  if (raw.critical) extensions->unknown_critical.push_back(der::oid_text(raw.oid));
  return true;
}

}  // namespace

bool parse_extensions(Bytes contents, Extensions* extensions, std::string* error) {
  *error = "the list of extensions is malformed";
  der::Reader reader(contents);
  if (reader.at_end()) return false;
  std::set<std::string_view> seen;
  while (!reader.at_end()) {
    Bytes one;
    RawExtension raw;
    if (seen.size() == kMaxExtensions || !reader.read(der::kSequence, &one) ||
        !parse_raw_extension(one, &raw)) {
      return false;
    }
    if (!seen.insert(raw.oid.text()).second) {
      *error = "the extension " + der::oid_text(raw.oid) + " comes twice";
      return false;
    }
    if (!parse_value(raw, extensions, error)) return false;
  }
  error->clear();
  return true;
}

}  // namespace trestle::pki
