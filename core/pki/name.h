// SPDX-License-Identifier: Apache-2.0
//
// RFC 9525: is this certificate one of the service that the program asked for?
//
// - Only subjectAltName counts; the subject's common name never does.
// - An IP address is compared with iPAddress entries only, octet by octet; a DNS name with dNSName
//   entries only.
// - A wildcard is the whole left-most label of a presented name and stands for exactly one label;
//   at least two labels follow it ("*.test" matches nothing). No public suffix list is consulted.
// - DNS names are ASCII: an internationalised name has to come as A-labels. Case doesn't matter.
// - One trailing dot of the reference is dropped: "good.test." is the absolute form of the same DNS
//   name, and SNI (RFC 6066 section 3) is sent without it too. A presented name with a trailing dot
//   matches nothing, since RFC 5280 doesn't allow it.
// - The zone of an IPv6 address ("fe80::1%eth0") is this host's own business and is dropped.
// - A reference that is neither ("1.2.3", "0x7f.1", with a NUL, a space, a bracket, a star) is
//   refused, and so are presented names of that kind.
#pragma once

#include <string>
#include <string_view>

#include "core/pki/certificate.h"

namespace trestle::pki {

enum class ReferenceKind { kInvalid, kDnsName, kIpAddress };

struct Reference {
  ReferenceKind kind = ReferenceKind::kInvalid;
  std::string value;  // a DNS name in lower case without trailing dot, or 4 or 16 address octets
};

// Reads what the program typed. A DNS name's `value` is what SNI wants.
Reference parse_reference(std::string_view text);

enum class NameMatch { kMatch, kMismatch, kInvalidReference };

NameMatch match_name(const Certificate& certificate, const Reference& reference);
NameMatch match_name(const Certificate& certificate, std::string_view reference);

}  // namespace trestle::pki
