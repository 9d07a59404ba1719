// SPDX-License-Identifier: Apache-2.0
#include "backends/common/handshake_messages.h"

#include <algorithm>

namespace trestle::backend {
namespace {

constexpr size_t kSupportedGroups = 10;
constexpr size_t kPreSharedKey = 41;
constexpr size_t kSupportedVersions = 43;
constexpr size_t kPskKeyExchangeModes = 45;
constexpr uint8_t kPskDheKe = 1;

// Takes one thing after the other. What isn't there is zero or empty, and is remembered.
class Reader {
 public:
  explicit Reader(const trestle_bytes& bytes) : at_(bytes.data), left_(bytes.length) {}

  bool ok() const { return ok_; }
  bool more() const { return ok_ && left_ != 0; }

  trestle_bytes bytes(uint64_t length) {
    ok_ = ok_ && length <= left_;
    if (!ok_) return {nullptr, 0};
    const trestle_bytes taken = {at_, length};
    at_ += length;
    left_ -= length;
    return taken;
  }
  uint32_t number(int size) {
    const trestle_bytes octets = bytes(static_cast<uint64_t>(size));
    uint32_t value = 0;
    for (uint64_t i = 0; i < octets.length; ++i) value = value << 8 | octets.data[i];
    return value;
  }
  uint16_t number16() { return static_cast<uint16_t>(number(2)); }
  // Behind its length (RFC 8446, 3.4).
  trestle_bytes vector(int length_size) { return bytes(number(length_size)); }
  std::vector<uint16_t> list16(int length_size) {
    Reader items(vector(length_size));
    std::vector<uint16_t> list;
    while (items.more()) list.push_back(items.number16());
    ok_ = ok_ && items.ok();
    return list;
  }
  // Calls `read` for each. TLS 1.2 may have none, not even a length of nothing.
  template <typename Read>
  void each_extension(Read read) {
    if (!more()) return;
    Reader extensions(vector(2));
    while (extensions.more()) {
      const uint32_t type = extensions.number(2);
      Reader extension(extensions.vector(2));
      read(type, extension);
      ok_ = ok_ && extension.ok();
    }
    ok_ = ok_ && extensions.ok() && left_ == 0;
  }

 private:
  const uint8_t* at_;
  uint64_t left_;
  bool ok_ = true;
};

std::vector<trestle_bytes> read_psk_identities(Reader& extension) {
  constexpr uint64_t kTicketAge = 4;
  Reader list(extension.vector(2));
  std::vector<trestle_bytes> identities;
  while (list.more()) {
    const trestle_bytes identity = list.vector(2);
    list.bytes(kTicketAge);
    if (list.ok()) identities.push_back(identity);
  }
  return identities;
}

template <typename Found>
std::optional<Found> if_ok(const Reader& reader, Found found) {
  return reader.ok() ? std::make_optional(std::move(found)) : std::nullopt;
}

}  // namespace

bool ClientHello::offers_psk(const trestle_bytes& identity) const {
  return std::any_of(psk_identities.begin(), psk_identities.end(), [&](const auto& offered) {
    return std::equal(offered.data, offered.data + offered.length, identity.data,
                      identity.data + identity.length);
  });
}

std::optional<ClientHello> parse_client_hello(const trestle_bytes& body) {
  ClientHello found;
  Reader hello(body);
  found.legacy_version = hello.number16();
  hello.bytes(32); // random
  hello.vector(1); // legacy_session_id
  found.suites = hello.list16(2);
  hello.vector(1); // legacy_compression_methods
  hello.each_extension([&](uint32_t type, Reader& extension) {
    if (type == kSupportedVersions) found.versions = extension.list16(1);
    if (type == kSupportedGroups) found.groups = extension.list16(2);
    if (type == kPreSharedKey) {
      found.has_psk = true;
      found.psk_identities = read_psk_identities(extension);
    }
    if (type == kPskKeyExchangeModes) {
      const trestle_bytes modes = extension.vector(1);
      found.has_psk_dhe_ke =
          std::find(modes.data, modes.data + modes.length, kPskDheKe) != modes.data + modes.length;
    }
  });
  return if_ok(hello, std::move(found));
}

std::optional<ServerHello> parse_server_hello(const trestle_bytes& body) {
  ServerHello found;
  Reader hello(body);
  hello.bytes(2 + 32); // legacy_version, random
  hello.vector(1);     // legacy_session_id_echo
  found.suite = hello.number16();
  hello.bytes(1); // legacy_compression_method
  hello.each_extension([&](uint32_t type, Reader& extension) {
    if (type == kPreSharedKey) found.takes_psk = true;
    if (type == kSupportedVersions) found.selected_version = extension.number16();
  });
  return if_ok(hello, found);
}

std::optional<std::vector<trestle_bytes>> parse_certificates(const trestle_bytes& body,
                                                             bool tls13) {
  std::vector<trestle_bytes> found;
  Reader message(body);
  if (tls13) message.vector(1); // certificate_request_context
  Reader list(message.vector(3));
  while (list.more()) {
    found.push_back(list.vector(3));
    if (tls13) list.vector(2); // extensions
  }
  if (!list.ok()) return {};
  return if_ok(message, std::move(found));
}

std::optional<KeyExchange> parse_server_key_exchange(const trestle_bytes& body,
                                                     bool finite_field) {
  KeyExchange found;
  Reader exchange(body);
  if (finite_field) {
    for (int i = 0; i < 3; ++i) exchange.vector(2); // p, g, Ys
  } else {
    exchange.bytes(1); // curve_type
    found.group = exchange.number16();
    exchange.vector(1); // the point
  }
  found.scheme = exchange.number16();
  return if_ok(exchange, found);
}

std::optional<std::vector<uint16_t>> parse_certificate_request(const trestle_bytes& body) {
  Reader request(body);
  request.vector(1); // certificate_types
  std::vector<uint16_t> schemes = request.list16(2);
  return if_ok(request, std::move(schemes));
}

std::optional<trestle_bytes> parse_psk_identity(const trestle_bytes& body) {
  Reader exchange(body);
  const trestle_bytes identity = exchange.vector(2);
  return if_ok(exchange, identity);
}

bool contains(const std::vector<uint16_t>& list, uint16_t item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

bool have_common(const std::vector<uint16_t>& list, const std::vector<uint16_t>& other) {
  return std::any_of(list.begin(), list.end(),
                     [&other](uint16_t item) { return contains(other, item); });
}

}  // namespace trestle::backend
