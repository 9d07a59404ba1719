// SPDX-License-Identifier: Apache-2.0
#include "backends/wolfssl/der.h"

namespace trestle::wolf::der {
namespace {

// Splits the first element off `rest`: definite, minimal lengths of up to three bytes.
bool split(Span rest, size_t* header, size_t* length) {
  if (rest.size < 2) return false;
  const uint8_t first = rest.data[1];
  *header = 2;
  *length = first;
  if (first >= 0x80) {
    const size_t count = first & 0x7F;
    if (count == 0 || count > 3 || rest.size < 2 + count) return false;
    *length = 0;
    for (size_t i = 0; i < count; ++i) *length = *length << 8 | rest.data[2 + i];
    if (rest.data[2] == 0 || *length < 0x80) return false;
    *header += count;
  }
  return rest.size - *header >= *length;
}

}  // namespace

Span Reader::read_whole(uint8_t tag) {
  size_t header = 0, length = 0;
  if (!ok_ || rest_.empty() || rest_.data[0] != tag || !split(rest_, &header, &length)) {
    ok_ = false;
    return {};
  }
  const Span whole = {rest_.data, header + length};
  rest_ = {rest_.data + whole.size, rest_.size - whole.size};
  return whole;
}

Span Reader::read(uint8_t tag) {
  const Span whole = read_whole(tag);
  size_t header = 0, length = 0;
  if (!ok_ || !split(whole, &header, &length)) return {};
  return {whole.data + header, length};
}

bool Reader::read_if(uint8_t tag, Span* content) {
  if (!ok_ || rest_.empty() || rest_.data[0] != tag) return false;
  *content = read(tag);
  return ok_;
}

Span magnitude(Span integer) {
  if (integer.empty() || (integer.data[0] & 0x80) != 0) return {};
  while (!integer.empty() && integer.data[0] == 0) integer = {integer.data + 1, integer.size - 1};
  return integer;
}

Span whole_bits(Span bit_string) {
  if (bit_string.size < 2 || bit_string.data[0] != 0) return {};
  return {bit_string.data + 1, bit_string.size - 1};
}

bool parse_algorithm(Span content, Algorithm* algorithm) {
  Reader reader(content);
  algorithm->oid = reader.read(kOid);
  const Span whole = content;
  const size_t used = reader.ok() ? static_cast<size_t>(algorithm->oid.data - whole.data) +
                                        algorithm->oid.size
                                  : 0;
  algorithm->parameters = {whole.data + used, whole.size - used};
  return reader.ok();
}

}  // namespace trestle::wolf::der
