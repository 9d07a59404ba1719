// SPDX-License-Identifier: Apache-2.0
#include "core/pki/name_constraints.h"

#include <algorithm>
#include <string_view>

#include "core/pki/text.h"

namespace trestle::pki {
namespace {

constexpr size_t kMaxShownName = 128;

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return ascii_lower(x) == ascii_lower(y); });
}

// `name` is `domain`, or ends with "." and `domain`.
bool is_in_domain(std::string_view name, std::string_view domain) {
  if (domain.empty()) return true;
  if (domain[0] == '.') {  // at least one more label
    return name.size() > domain.size() &&
           equals_ignoring_case(name.substr(name.size() - domain.size()), domain);
  }
  if (name.size() == domain.size()) return equals_ignoring_case(name, domain);
  return name.size() > domain.size() && name[name.size() - domain.size() - 1] == '.' &&
         equals_ignoring_case(name.substr(name.size() - domain.size()), domain);
}

std::string_view without_trailing_dot(std::string_view name) {
  if (!name.empty() && name.back() == '.') name.remove_suffix(1);
  return name;
}

bool dns_is_permitted(Bytes name, Bytes constraint) {
  return is_in_domain(name.text(), without_trailing_dot(constraint.text()));
}

// "*.test" reaches into the excluded "a.test", and into ".test" of course.
bool wildcard_overlaps(std::string_view parent, std::string_view domain) {
  if (!domain.empty() && domain[0] == '.') domain.remove_prefix(1);
  const size_t dot = domain.find('.');
  return dot != std::string_view::npos && equals_ignoring_case(domain.substr(dot + 1), parent);
}

bool dns_is_excluded(Bytes name_octets, Bytes constraint) {
  const std::string_view name = without_trailing_dot(name_octets.text());
  const std::string_view domain = without_trailing_dot(constraint.text());
  if (is_in_domain(name, domain)) return true;
  return name.substr(0, 2) == "*." && wildcard_overlaps(name.substr(2), domain);
}

bool ip_is_within(Bytes address, Bytes range) {
  if (range.size != 2 * address.size) return false;
  for (size_t i = 0; i < address.size; ++i) {
    const uint8_t mask = range[address.size + i];
    if ((address[i] & mask) != (range[i] & mask)) return false;
  }
  return true;
}

bool directory_is_within(const DirectoryName& name, const DirectoryName& base) {
  return is_within(name, base);
}

// One name against the permitted and the excluded subtrees of its own kind.
template <typename Name, typename Permits, typename Excludes>
bool is_allowed(const Name& name, const std::vector<Name>& permitted,
                const std::vector<Name>& excluded, Permits permits, Excludes excludes) {
  for (const Name& each : excluded) {
    if (excludes(name, each)) return false;
  }
  if (permitted.empty()) return true;
  return std::any_of(permitted.begin(), permitted.end(),
                     [&](const Name& each) { return permits(name, each); });
}

std::string shown(const char* kind, Bytes name) {
  std::string text = is_utf8(name.text()) ? escape_text(name.text(), "\\", kMaxShownName)
                                          : hex_text(name, kMaxShownName / 2);
  shorten_text(kMaxShownName, &text);
  return std::string(kind) + " " + text;
}

bool check_dns(const NameConstraints& constraints, const GeneralNames& names, std::string* detail) {
  for (Bytes name : names.dns) {
    if (!is_allowed(name, constraints.permitted.dns, constraints.excluded.dns, dns_is_permitted,
                    dns_is_excluded)) {
      *detail = shown("the DNS name", name);
      return false;
    }
  }
  return true;
}

bool check_ip(const NameConstraints& constraints, const GeneralNames& names, std::string* detail) {
  for (Bytes address : names.ip) {
    if (!is_allowed(address, constraints.permitted.ip, constraints.excluded.ip, ip_is_within,
                    ip_is_within)) {
      *detail = "the IP address " + hex_text(address, 16);
      return false;
    }
  }
  return true;
}

bool check_directory(const NameConstraints& constraints, const Certificate& certificate,
                     std::string* detail) {
  const auto allowed = [&](const DirectoryName& name) {
    return is_allowed(name, constraints.permitted.directory, constraints.excluded.directory,
                      directory_is_within, directory_is_within);
  };
  if (!certificate.subject.empty() && !allowed(certificate.subject.canonical_rdns)) {
    *detail = "the subject";
    return false;
  }
  for (const DirectoryName& name : certificate.extensions.subject_alt_name.names.directory) {
    if (allowed(name)) continue;
    *detail = "a directory name";
    return false;
  }
  return true;
}

// Kinds that nothing here evaluates: refused where a critical constraint meets such a name.
bool check_others(const NameConstraints& constraints, const Certificate& certificate,
                  std::string* detail) {
  if (!constraints.critical) return true;
  const GeneralNames& names = certificate.extensions.subject_alt_name.names;
  const GeneralNames& permitted = constraints.permitted;
  const GeneralNames& excluded = constraints.excluded;
  if ((permitted.has_email || excluded.has_email) &&
      (names.has_email || certificate.subject.has_email_address)) {
    *detail = "an email address (such constraints are not evaluated)";
    return false;
  }
  if ((permitted.has_uri || excluded.has_uri) && names.has_uri) {
    *detail = "a URI (such constraints are not evaluated)";
    return false;
  }
  if ((permitted.has_other || excluded.has_other) && names.has_other) {
    *detail = "a name of a rare kind (such constraints are not evaluated)";
    return false;
  }
  return true;
}

}  // namespace

ConstraintResult check_name_constraints(const NameConstraints& constraints,
                                        const Certificate& certificate, ComparisonBudget* budget,
                                        std::string* detail) {
  const GeneralNames& names = certificate.extensions.subject_alt_name.names;
  const uint64_t comparisons =
      (names.count() + 1) * (constraints.permitted.count() + constraints.excluded.count());
  if (comparisons > budget->left) {
    *detail = "more names and name constraints than will be compared";
    return ConstraintResult::kTooComplex;
  }
  budget->left -= comparisons;
  const bool allowed = check_dns(constraints, names, detail) &&
                       check_ip(constraints, names, detail) &&
                       check_directory(constraints, certificate, detail) &&
                       check_others(constraints, certificate, detail);
  return allowed ? ConstraintResult::kAllowed : ConstraintResult::kViolated;
}

}  // namespace trestle::pki
