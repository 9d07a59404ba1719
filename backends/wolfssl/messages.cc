// SPDX-License-Identifier: Apache-2.0
#include "backends/wolfssl/messages.h"

#include <algorithm>

namespace trestle::wolf {
namespace {

constexpr size_t kSupportedGroups = 10;
constexpr size_t kPreSharedKey = 41;
constexpr size_t kSupportedVersions = 43;
constexpr size_t kPskKeyExchangeModes = 45;
constexpr size_t kPskDheKe = 1;

// Numbers in their order. Once it has run out of bytes it is at its end, and not well.
class Reader {
 public:
  explicit Reader(const std::vector<uint8_t>& message) : message_(message) {}

  // The header of this message, whole.
  bool begins(uint8_t type) {
    return number(1) == type && number(3) + kMessageHeader == message_.size();
  }
  size_t number(int bytes) {
    size_t value = 0;
    for (; bytes > 0; --bytes, ++used_) {
      value = value << 8 | (used_ < message_.size() ? message_[used_] : 0u);
    }
    return value;
  }
  void skip(size_t bytes) { used_ += bytes; }
  // A list of 16-bit numbers behind its length in bytes.
  std::vector<uint16_t> list(int length_bytes) {
    std::vector<uint16_t> items;
    for (size_t rest = number(length_bytes); rest >= 2 && !at_end(); rest -= 2) {
      items.push_back(static_cast<uint16_t>(number(2)));
    }
    return items;
  }
  // Calls `read` with the type of each, and skips what it leaves. False if they aren't well-formed.
  // TLS 1.2 may have none, not even a length of nothing.
  template <typename Read>
  bool each_extension(Read read) {
    if (!at_end()) skip(2); // their length
    while (!at_end()) {
      const size_t type = number(2);
      const size_t end = number(2) + used_;
      read(type);
      if (used_ > end) return false;
      used_ = end;
    }
    return ok();
  }
  bool ok() const { return used_ <= message_.size(); }
  bool at_end() const { return used_ >= message_.size(); }

 private:
  const std::vector<uint8_t>& message_;
  size_t used_ = 0;
};

}  // namespace

bool contains(const std::vector<uint16_t>& list, uint16_t item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

std::optional<ClientHello> parse_client_hello(const std::vector<uint8_t>& message) {
  ClientHello found;
  bool has_psk = false, has_dhe_mode = false;
  Reader hello(message);
  if (!hello.begins(kClientHello)) return {};
  hello.skip(2 + 32);          // legacy_version, random
  hello.skip(hello.number(1)); // legacy_session_id
  found.suites = hello.list(2);
  hello.skip(hello.number(1)); // legacy_compression_methods
  const bool well = hello.each_extension([&](size_t type) {
    if (type == kSupportedVersions) found.versions = hello.list(1);
    if (type == kSupportedGroups) found.groups = hello.list(2);
    if (type == kPreSharedKey) has_psk = true;
    if (type != kPskKeyExchangeModes) return;
    for (size_t rest = hello.number(1); rest > 0 && !hello.at_end(); --rest) {
      if (hello.number(1) == kPskDheKe) has_dhe_mode = true;
    }
  });
  found.has_psk = has_psk && has_dhe_mode;
  return well ? std::make_optional(found) : std::nullopt;
}

std::optional<ServerHello> parse_server_hello(const std::vector<uint8_t>& message) {
  ServerHello found;
  Reader hello(message);
  if (!hello.begins(kServerHello)) return {};
  hello.skip(2 + 32);          // legacy_version, random
  hello.skip(hello.number(1)); // legacy_session_id_echo
  found.suite = static_cast<uint16_t>(hello.number(2));
  hello.skip(1); // legacy_compression_method
  const bool well = hello.each_extension([&](size_t type) {
    if (type == kPreSharedKey) found.takes_psk = true;
    if (type == kSupportedVersions) {
      found.selected_version = static_cast<uint16_t>(hello.number(2));
    }
  });
  return well ? std::make_optional(found) : std::nullopt;
}

std::optional<KeyExchange> parse_server_key_exchange(const std::vector<uint8_t>& message,
                                                     bool finite_field) {
  KeyExchange found;
  Reader reader(message);
  reader.skip(kMessageHeader);
  if (finite_field) {
    for (int i = 0; i < 3; ++i) reader.skip(reader.number(2)); // p, g, Ys
  } else {
    reader.skip(1); // curve_type
    found.group = static_cast<uint16_t>(reader.number(2));
    reader.skip(reader.number(1)); // the point
  }
  found.scheme = static_cast<uint16_t>(reader.number(2));
  if (!reader.ok()) return {};
  return found;
}

std::vector<uint16_t> schemes_of_certificate_request(const std::vector<uint8_t>& message) {
  Reader reader(message);
  reader.skip(kMessageHeader);
  reader.skip(reader.number(1)); // certificate_types
  return reader.list(2);
}

}  // namespace trestle::wolf
