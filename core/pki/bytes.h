// SPDX-License-Identifier: Apache-2.0
//
// A borrowed view of octets (C++17 has no std::span). It owns nothing: whoever makes one says how
// long the octets live.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace trestle::pki {

struct Bytes {
  const uint8_t* data = nullptr;
  size_t size = 0;

  constexpr Bytes() = default;
  constexpr Bytes(const uint8_t* octets, size_t count) : data(octets), size(count) {}
  Bytes(const std::vector<uint8_t>& octets) : data(octets.data()), size(octets.size()) {}
  explicit Bytes(std::string_view text)
      : data(reinterpret_cast<const uint8_t*>(text.data())), size(text.size()) {}

  bool empty() const { return size == 0; }
  uint8_t operator[](size_t i) const { return data[i]; }
  const uint8_t* begin() const { return data; }
  const uint8_t* end() const { return data + size; }

  Bytes first(size_t count) const { return Bytes(data, count); }
  Bytes from(size_t offset) const { return Bytes(data + offset, size - offset); }
  std::string_view text() const {
    return std::string_view(reinterpret_cast<const char*>(data), size);
  }
  std::vector<uint8_t> to_vector() const { return std::vector<uint8_t>(begin(), end()); }
};

inline bool operator==(Bytes a, Bytes b) {
  return a.size == b.size && (a.size == 0 || std::memcmp(a.data, b.data, a.size) == 0);
}
inline bool operator!=(Bytes a, Bytes b) { return !(a == b); }

}  // namespace trestle::pki
