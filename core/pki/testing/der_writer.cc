// SPDX-License-Identifier: Apache-2.0
#include "core/pki/testing/der_writer.h"

#include <cstdlib>

namespace trestle::pki::testing {

Octets octets(std::string_view text) { return Octets(text.begin(), text.end()); }

Octets join(const std::vector<Octets>& parts) {
  Octets all;
  for (const Octets& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

Octets tlv(uint8_t tag, const Octets& contents) {
  Octets out = {tag};
  const size_t size = contents.size();
  if (size < 0x80) {
    out.push_back(static_cast<uint8_t>(size));
  } else {
    Octets length;
    for (size_t rest = size; rest > 0; rest >>= 8) {
      length.insert(length.begin(), static_cast<uint8_t>(rest));
    }
    out.push_back(static_cast<uint8_t>(0x80 | length.size()));
    out.insert(out.end(), length.begin(), length.end());
  }
  out.insert(out.end(), contents.begin(), contents.end());
  return out;
}

Octets sequence(const std::vector<Octets>& parts) { return tlv(0x30, join(parts)); }

Octets integer(uint64_t value) {
  Octets contents;
  do {
    contents.insert(contents.begin(), static_cast<uint8_t>(value));
    value >>= 8;
  } while (value > 0);
  if ((contents[0] & 0x80) != 0) contents.insert(contents.begin(), 0);
  return tlv(0x02, contents);
}

Octets integer(const Octets& contents) { return tlv(0x02, contents); }

Octets boolean(bool value) { return tlv(0x01, {static_cast<uint8_t>(value ? 0xff : 0x00)}); }

Octets null() { return {0x05, 0x00}; }

Octets oid(std::string_view dotted) {
  std::vector<uint64_t> arcs;
  const std::string text(dotted);
  for (const char* at = text.c_str(); *at != '\0';) {
    char* end = nullptr;
    arcs.push_back(strtoull(at, &end, 10));
    at = *end == '.' ? end + 1 : end;
  }
  arcs[1] += arcs[0] * 40;
  Octets contents;
  for (size_t i = 1; i < arcs.size(); ++i) {
    Octets arc = {static_cast<uint8_t>(arcs[i] & 0x7f)};
    for (uint64_t rest = arcs[i] >> 7; rest > 0; rest >>= 7) {
      arc.insert(arc.begin(), static_cast<uint8_t>(0x80 | (rest & 0x7f)));
    }
    contents.insert(contents.end(), arc.begin(), arc.end());
  }
  return tlv(0x06, contents);
}

Octets bit_string(const Octets& value, uint8_t unused_bits) {
  return tlv(0x03, join({{unused_bits}, value}));
}

Octets octet_string(const Octets& value) { return tlv(0x04, value); }

}  // namespace trestle::pki::testing
