// SPDX-License-Identifier: Apache-2.0
// What the rogue clients write their messages with.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace trestle::conformance {

inline void check(bool ok, const char* what) {
  if (!ok) throw std::runtime_error(what);
}

inline std::string number(uint64_t value, int width) {
  std::string bytes;
  for (int i = width - 1; i >= 0; --i) bytes += static_cast<char>(value >> 8 * i & 0xFF);
  return bytes;
}

// Bytes with their length before them.
inline std::string vector(const std::string& bytes, int width) {
  return number(bytes.size(), width) + bytes;
}

inline std::string handshake_message(uint8_t type, const std::string& body) {
  return std::string(1, static_cast<char>(type)) + vector(body, 3);
}

inline unsigned char* writable(std::string* bytes) {
  return reinterpret_cast<unsigned char*>(bytes->data());
}

inline const unsigned char* readable(const std::string& bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

}  // namespace trestle::conformance
