// SPDX-License-Identifier: Apache-2.0
#include "core/pki/name.h"

#include <arpa/inet.h>

#include <algorithm>

#include "core/pki/text.h"

namespace trestle::pki {
namespace {

constexpr size_t kMaxDnsName = 253;
constexpr size_t kMaxLabel = 63;
constexpr size_t kMaxAddressText = 64;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Letters, digits, hyphen, and the underscore that names in use do have.
bool is_label_character(char c) {
  const char lower = ascii_lower(c);
  return is_digit(c) || (lower >= 'a' && lower <= 'z') || c == '-' || c == '_';
}

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= kMaxLabel &&
         std::all_of(label.begin(), label.end(), is_label_character);
}

// Resolvers read a name whose last label is a number ("127.1", "1.0x7f") as an IPv4 address.
bool is_number(std::string_view label) {
  if (label.size() >= 2 && label[0] == '0' && ascii_lower(label[1]) == 'x') {
    return std::all_of(label.begin() + 2, label.end(), [](char c) {
      return is_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'f');
    });
  }
  return std::all_of(label.begin(), label.end(), is_digit);
}

bool is_dns_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxDnsName) return false;
  for (size_t start = 0;;) {
    const size_t dot = name.find('.', start);
    const std::string_view label = name.substr(start, dot - start);
    if (!is_label(label)) return false;
    if (dot == std::string_view::npos) return !is_number(label);
    start = dot + 1;
  }
}

bool parse_address(std::string_view text, std::string* octets) {
  if (text.size() >= kMaxAddressText || text.find('\0') != std::string_view::npos) return false;
  const std::string copy(text);  // inet_pton wants a terminator
  uint8_t address[16];
  if (inet_pton(AF_INET, copy.c_str(), address) == 1) {
    octets->assign(address, address + 4);
    return true;
  }
  if (inet_pton(AF_INET6, copy.substr(0, copy.find('%')).c_str(), address) == 1) {
    octets->assign(address, address + 16);
    return true;
  }
  return false;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return ascii_lower(x) == ascii_lower(y); });
}

bool matches_dns_name(std::string_view presented, std::string_view reference) {
  if (presented.substr(0, 2) != "*.") {
    return is_dns_name(presented) && equals_ignoring_case(presented, reference);
  }
  const std::string_view parent = presented.substr(2);
  if (!is_dns_name(parent) || parent.find('.') == std::string_view::npos) return false;
  const size_t dot = reference.find('.');
  return dot != std::string_view::npos && equals_ignoring_case(parent, reference.substr(dot + 1));
}

}  // namespace

Reference parse_reference(std::string_view text) {
  Reference reference;
  if (parse_address(text, &reference.value)) {
    reference.kind = ReferenceKind::kIpAddress;
    return reference;
  }
  if (!text.empty() && text.back() == '.') text.remove_suffix(1);
  if (!is_dns_name(text)) return reference;
  reference.kind = ReferenceKind::kDnsName;
  for (char c : text) reference.value += ascii_lower(c);
  return reference;
}

NameMatch match_name(const Certificate& certificate, const Reference& reference) {
  const GeneralNames& names = certificate.extensions.subject_alt_name.names;
  bool matches = false;
  switch (reference.kind) {
    case ReferenceKind::kInvalid:
      return NameMatch::kInvalidReference;
    case ReferenceKind::kIpAddress:
      matches = std::any_of(names.ip.begin(), names.ip.end(),
                            [&](Bytes ip) { return ip.text() == reference.value; });
      break;
    case ReferenceKind::kDnsName:
      matches = std::any_of(names.dns.begin(), names.dns.end(), [&](Bytes dns) {
        return matches_dns_name(dns.text(), reference.value);
      });
      break;
  }
  return matches ? NameMatch::kMatch : NameMatch::kMismatch;
}

NameMatch match_name(const Certificate& certificate, std::string_view reference) {
  return match_name(certificate, parse_reference(reference));
}

}  // namespace trestle::pki
