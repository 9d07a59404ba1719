// SPDX-License-Identifier: Apache-2.0
#include "backends/wolfssl/der.h"

namespace trestle::wolf {

bool DerReader::take(uint8_t tag, trestle_bytes* contents) {
  const auto left = static_cast<uint64_t>(end_ - at_);
  if (left < 2 || at_[0] != tag) return false;
  uint64_t header = 2, length = at_[1];
  if (length >= 0x80) {
    header += length - 0x80;
    if (header == 2 || header > 2 + 3 || header > left) return false;
    length = 0;
    for (uint64_t i = 2; i < header; ++i) length = length << 8 | at_[i];
    if (length < 0x80 || at_[2] == 0) return false;
  }
  if (length > left - header) return false;
  *contents = {at_ + header, length};
  at_ += header + length;
  return true;
}

bool is_sequence(const trestle_bytes& der) {
  DerReader reader(der);
  trestle_bytes contents;
  return reader.take(kDerSequence, &contents) && reader.at_end();
}

}  // namespace trestle::wolf
