// SPDX-License-Identifier: Apache-2.0
#include "backends/wolfssl/inbound.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace trestle::wolf {
namespace {

// A host whose peer's bytes come `step` at a time.
struct Peer {
  std::string bytes;
  size_t step = 1u << 20;
  size_t used = 0;
};

int64_t pull(void* peer_pointer, uint8_t* buffer, uint64_t capacity) {
  auto* peer = static_cast<Peer*>(peer_pointer);
  const size_t size = std::min({static_cast<size_t>(capacity), peer->step,
                                peer->bytes.size() - peer->used});
  if (size == 0) return TRESTLE_PULL_WOULD_BLOCK;
  std::memcpy(buffer, peer->bytes.data() + peer->used, size);
  peer->used += size;
  return static_cast<int64_t>(size);
}

std::string record(uint8_t type, const std::string& payload) {
  return std::string{static_cast<char>(type), 3, 3, static_cast<char>(payload.size() >> 8),
                     static_cast<char>(payload.size() & 0xFF)} +
         payload;
}

std::string message(uint8_t type, const std::string& body) {
  return std::string{static_cast<char>(type), 0, static_cast<char>(body.size() >> 8),
                     static_cast<char>(body.size() & 0xFF)} +
         body;
}

// Handshake bytes in records of `size`.
std::string in_records(const std::string& messages, size_t size) {
  std::string records;
  for (size_t i = 0; i < messages.size(); i += size) {
    records += record(22, messages.substr(i, size));
  }
  return records;
}

// Keeps the messages that are shown to it.
struct Listener {
  explicit Listener(bool is_server = false) : is_server(is_server) {}
  const bool is_server;
  Inbound inbound{is_server, [this](uint8_t type, const trestle_bytes& body) {
    messages.push_back(message(type, {reinterpret_cast<const char*>(body.data), body.length}));
  }};
  std::vector<std::string> messages;
};

std::string pull_all(Inbound* inbound, Peer* peer, uint64_t capacity = 4096, bool tls13 = true) {
  const trestle_host host = {sizeof(trestle_host), TRESTLE_BACKEND_ABI, pull, nullptr, nullptr};
  std::string all;
  std::string buffer(capacity, '\0');
  for (;;) {
    const int64_t count =
        inbound->pull(host, peer, tls13, reinterpret_cast<uint8_t*>(buffer.data()), capacity);
    if (count <= 0) return all;
    all.append(buffer, 0, static_cast<size_t>(count));
  }
}

TEST(Inbound, KeepsEachMessagesHeaderWhole) {
  const std::string first = message(2, std::string(70, 'a'));
  const std::string second = message(11, std::string(300, 'b'));
  const std::string third = message(14, "");
  const std::string application_data = record(23, "secret");
  for (size_t size = 1; size < 400; size += 7) {
    for (size_t step : {1u, 3u, 1000u}) {
      Peer peer{in_records(first + second + third, size) + application_data, step};
      Listener inbound;
      const std::string seen = pull_all(&inbound.inbound, &peer, 5);
      // Read the records back: whole headers, the same bytes, the last record untouched.
      std::string messages;
      size_t at = 0;
      size_t rest = 0;
      while (seen[at] == 22) {
        const size_t length = static_cast<uint8_t>(seen[at + 3]) << 8 |
                              static_cast<uint8_t>(seen[at + 4]);
        const std::string payload = seen.substr(at + 5, length);
        if (rest == 0) {
          ASSERT_GE(length, 4u) << "records of " << size;
          rest = 4 + (static_cast<uint8_t>(payload[2]) << 8 | static_cast<uint8_t>(payload[3]));
        }
        ASSERT_LE(length, rest);
        rest -= length;
        messages += payload;
        at += 5 + length;
      }
      EXPECT_EQ(messages, first + second + third);
      EXPECT_EQ(seen.substr(at), application_data);
    }
  }
}

TEST(Inbound, ShowsEachMessageBeforeWolfsslSeesIt) {
  const std::string hello = message(1, std::string(500, 'h'));
  const std::string certificate = message(11, "x");
  Peer peer{in_records(hello + certificate, 33)};
  Listener listener;
  uint8_t byte;
  const trestle_host host = {sizeof(trestle_host), TRESTLE_BACKEND_ABI, pull, nullptr, nullptr};
  ASSERT_EQ(listener.inbound.pull(host, &peer, true, &byte, 1), 1);
  EXPECT_EQ(listener.messages, std::vector<std::string>{hello});
  pull_all(&listener.inbound, &peer);
  EXPECT_EQ(listener.messages, (std::vector<std::string>{hello, certificate}));
}

// A second ServerHello, for one, that follows the ChangeCipherSpec of a HelloRetryRequest.
TEST(Inbound, GoesOnBehindTheChangeCipherSpecOfTls13) {
  const std::string hello = message(2, std::string(50, 'h'));
  Peer peer{record(20, "\x01") + in_records(hello, 3)};
  Listener listener;
  EXPECT_EQ(pull_all(&listener.inbound, &peer), record(20, "\x01") + record(22, hello));
  EXPECT_EQ(listener.messages, std::vector<std::string>{hello});
}

TEST(Inbound, KeepsNoMessageLongerThanWolfsslTakes) {
  Peer peer{record(22, std::string("\x0B\x01\x00\x00", 4) + std::string(1000, 'c'))};
  Listener listener;
  EXPECT_EQ(pull_all(&listener.inbound, &peer), peer.bytes);
  EXPECT_TRUE(listener.messages.empty());
}

TEST(Inbound, LeavesEncryptedHandshakeRecordsAlone) {
  const std::string encrypted = record(20, "\x01") + record(22, "\xFF\xFF") + record(22, "\x01");
  Peer peer{record(22, message(16, "key")) + encrypted};
  Listener listener;
  EXPECT_EQ(pull_all(&listener.inbound, &peer, 4096, false), peer.bytes);
  EXPECT_EQ(listener.messages, std::vector<std::string>{message(16, "key")});
}

TEST(Inbound, NotesAnAlertInTheClear) {
  Peer peer{record(22, message(1, "hello"))};
  Listener inbound;
  pull_all(&inbound.inbound, &peer);
  EXPECT_FALSE(inbound.inbound.plain_alert());
  peer.bytes += record(20, "\x01") + record(21, "\x02\x2A");
  EXPECT_EQ(pull_all(&inbound.inbound, &peer), record(20, "\x01") + record(21, "\x02\x2A"));
  ASSERT_TRUE(inbound.inbound.plain_alert());
  EXPECT_EQ(*inbound.inbound.plain_alert(), 42);
  // Longer ones are encrypted.
  Peer other{record(22, message(1, "hello")) + record(21, std::string(26, 'e'))};
  Listener second;
  pull_all(&second.inbound, &other);
  EXPECT_FALSE(second.inbound.plain_alert());
}

TEST(Inbound, PassesGarbageOnAndSaysSo) {
  for (const std::string& garbage :
       {std::string("HTTP/1.1 400 Bad Request\r\n"), record(22, ""), std::string(16, '\0'),
        record(99, "unknown"), std::string("\x16\x03\x03\xFF\xFF") + std::string(100, 'x')}) {
    Peer peer{garbage};
    Listener inbound;
    EXPECT_EQ(pull_all(&inbound.inbound, &peer), garbage);
    EXPECT_TRUE(inbound.inbound.is_garbage());
  }
}

TEST(Inbound, HandsOnAMessageThatIsCutOff) {
  // Two bytes of a header, then something else.
  Peer peer{record(22, std::string("\x02\x00", 2)) + record(23, "secret")};
  Listener inbound;
  EXPECT_EQ(pull_all(&inbound.inbound, &peer), peer.bytes);
  EXPECT_FALSE(inbound.inbound.is_garbage());
}

std::string alert(int level, int description) {
  return record(21, {static_cast<char>(level), static_cast<char>(description)});
}

const std::string kRefusal = record(23, std::string(1, '\0'));

TEST(Inbound, LetsFourWarningsPassUnheard) {
  for (int description : {41, 90, 112, 255}) {
    for (bool tls13 : {false, true}) {
      std::string four;
      for (int i = 0; i < 4; ++i) four += alert(1, description);
      Listener listener;
      Peer peer{four};
      EXPECT_EQ(pull_all(&listener.inbound, &peer, 4096, tls13), "");
      peer.bytes += alert(2, description);
      EXPECT_EQ(pull_all(&listener.inbound, &peer, 4096, tls13), alert(2, description));
      EXPECT_EQ(listener.inbound.plain_alert(), description);
      Listener other;
      Peer fifth{four + alert(1, description)};
      EXPECT_EQ(pull_all(&other.inbound, &fifth, 4096, tls13), kRefusal);
      EXPECT_FALSE(other.inbound.plain_alert());
    }
  }
}

TEST(Inbound, TakesWarningsForWhatTheVersionSaysOfThem) {
  const std::string hello = record(22, message(1, "hello"));
  Listener tls12(true);
  Peer peer{hello + alert(1, 41)};
  EXPECT_EQ(pull_all(&tls12.inbound, &peer, 4096, false), hello);
  Listener tls13(true);
  Peer newer{hello + alert(1, 90) + alert(1, 41)};
  EXPECT_EQ(pull_all(&tls13.inbound, &newer, 4096, true), hello + alert(1, 41));
  EXPECT_EQ(tls13.inbound.plain_alert(), 41);
}

TEST(Inbound, HandsOnCloseNotify) {
  Listener listener;
  Peer peer{alert(1, 0)};
  EXPECT_EQ(pull_all(&listener.inbound, &peer), alert(1, 0));
  EXPECT_EQ(listener.inbound.plain_alert(), 0);
}

TEST(Inbound, RefusesWarningsAheadOfAClientHello) {
  for (int description : {0, 41, 90, 112}) {
    Listener listener(true);
    Peer peer{alert(1, description)};
    EXPECT_EQ(pull_all(&listener.inbound, &peer), kRefusal);
    EXPECT_FALSE(listener.inbound.plain_alert());
  }
}

}  // namespace
}  // namespace trestle::wolf
