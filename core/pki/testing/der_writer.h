// SPDX-License-Identifier: Apache-2.0
//
// Writes DER octet by octet, so that a test can also write what no library would.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace trestle::pki::testing {

using Octets = std::vector<uint8_t>;

Octets octets(std::string_view text);
Octets join(const std::vector<Octets>& parts);
Octets tlv(uint8_t tag, const Octets& contents);
Octets sequence(const std::vector<Octets>& parts);
Octets integer(uint64_t value);
Octets integer(const Octets& contents);
Octets boolean(bool value);
Octets null();
Octets oid(std::string_view dotted);
Octets bit_string(const Octets& value, uint8_t unused_bits = 0);
Octets octet_string(const Octets& value);

}  // namespace trestle::pki::testing
