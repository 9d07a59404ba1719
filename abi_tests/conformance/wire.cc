// SPDX-License-Identifier: Apache-2.0
#include "abi_tests/conformance/wire.h"

#include <cstdio>
#include <stdexcept>

namespace trestle::conformance {
namespace {

constexpr size_t kRecordHeader = 5;
constexpr size_t kMessageHeader = 4;

// Reads from the front of a string.
class Reader {
 public:
  explicit Reader(const std::string& bytes) : bytes_(bytes) {}

  bool empty() const { return at_ == bytes_.size(); }
  size_t number(int width) {
    size_t value = 0;
    for (const char byte : take(static_cast<size_t>(width))) {
      value = value << 8 | static_cast<uint8_t>(byte);
    }
    return value;
  }
  uint16_t number16() { return static_cast<uint16_t>(number(2)); }
  std::string take(size_t length) {
    if (bytes_.size() - at_ < length) throw std::runtime_error("hello is too short");
    at_ += length;
    return bytes_.substr(at_ - length, length);
  }
  // Bytes with their length before them.
  std::string vector(int width) { return take(number(width)); }

 private:
  const std::string& bytes_;
  size_t at_ = 0;
};

std::vector<uint16_t> numbers(const std::string& bytes) {
  std::vector<uint16_t> list;
  for (Reader reader(bytes); !reader.empty();) list.push_back(reader.number16());
  return list;
}

}  // namespace

std::string in_hexadecimal(const std::vector<uint16_t>& numbers) {
  std::string text;
  for (uint16_t number : numbers) {
    char word[8];
    std::snprintf(word, sizeof word, "%s%04x", text.empty() ? "" : " ", unsigned{number});
    text += word;
  }
  return text;
}

std::vector<Record> records_of(const std::string& bytes) {
  std::vector<Record> records;
  size_t at = 0;
  while (bytes.size() - at >= kRecordHeader) {
    const auto byte = [&bytes, at](size_t i) { return static_cast<uint8_t>(bytes[at + i]); };
    const size_t length = size_t{byte(3)} << 8 | byte(4);
    if (bytes.size() - at - kRecordHeader < length) break;
    records.push_back({byte(0), bytes.substr(at + kRecordHeader, length)});
    at += kRecordHeader + length;
  }
  return records;
}

std::string make_record(uint8_t type, const std::string& body) {
  std::string record = {static_cast<char>(type), 3, 3, static_cast<char>(body.size() >> 8),
                        static_cast<char>(body.size() & 0xFF)};
  return record + body;
}

std::vector<HandshakeMessage> handshake_messages_of(const std::string& bytes) {
  std::string stream;
  for (const Record& record : records_of(bytes)) {
    if (record.type != kHandshakeRecord) break;
    stream += record.body;
  }
  std::vector<HandshakeMessage> messages;
  size_t at = 0;
  while (stream.size() - at >= kMessageHeader) {
    const auto byte = [&stream, at](size_t i) { return static_cast<uint8_t>(stream[at + i]); };
    const size_t length = size_t{byte(1)} << 16 | size_t{byte(2)} << 8 | byte(3);
    if (stream.size() - at - kMessageHeader < length) break;
    messages.push_back({byte(0), stream.substr(at + kMessageHeader, length)});
    at += kMessageHeader + length;
  }
  return messages;
}

std::vector<uint16_t> Hello::list(uint16_t extension) const {
  const auto found = extensions.find(extension);
  if (found == extensions.end()) return {};
  // supported_versions alone counts its bytes in one byte.
  return numbers(Reader(found->second).vector(extension == kSupportedVersionsExtension ? 1 : 2));
}

Hello parse_hello(const HandshakeMessage& message) {
  Hello hello;
  Reader reader(message.body);
  hello.legacy_version = reader.number16();
  hello.random = reader.take(32);
  hello.session_id = reader.vector(1);
  if (message.type == kClientHello) {
    hello.suites = numbers(reader.vector(2));
    hello.compressions = reader.vector(1);
  } else {
    hello.suites = {reader.number16()};
    hello.compressions = reader.take(1);
  }
  if (reader.empty()) return hello;
  const std::string extensions = reader.vector(2);
  for (Reader rest(extensions); !rest.empty();) {
    const uint16_t type = rest.number16();
    if (!hello.extensions.emplace(type, rest.vector(2)).second) {
      throw std::runtime_error("an extension twice");
    }
  }
  return hello;
}

std::vector<uint16_t> key_share_groups(const Hello& client_hello) {
  std::vector<uint16_t> groups;
  const auto found = client_hello.extensions.find(kKeyShareExtension);
  if (found == client_hello.extensions.end()) return groups;
  const std::string shares = Reader(found->second).vector(2);
  for (Reader reader(shares); !reader.empty();) {
    groups.push_back(reader.number16());
    reader.vector(2);
  }
  return groups;
}

uint16_t key_share_group(const Hello& server_hello) {
  const auto found = server_hello.extensions.find(kKeyShareExtension);
  if (found == server_hello.extensions.end()) throw std::runtime_error("no key_share");
  return Reader(found->second).number16();
}

bool is_hello_retry_request(const Hello& server_hello) {
  // RFC 8446, 4.1.3: the SHA-256 of "HelloRetryRequest"; its beginning is enough.
  return server_hello.random.compare(0, 8, "\xCF\x21\xAD\x74\xE5\x9A\x61\x11", 8) == 0;
}

}  // namespace trestle::conformance
