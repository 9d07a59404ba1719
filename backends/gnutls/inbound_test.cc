// SPDX-License-Identifier: Apache-2.0
#include "backends/gnutls/inbound.h"

#include <gtest/gtest.h>

#include <string>

namespace trestle::gnutls_backend {
namespace {

std::string record(uint8_t type, const std::string &body) {
  const auto length = static_cast<uint16_t>(body.size());
  return std::string{static_cast<char>(type), 3, 3, static_cast<char>(length >> 8),
                     static_cast<char>(length & 0xFF)} +
         body;
}

// A handshake message's header, and as much of its body as `sent` says.
std::string message(uint32_t announced, size_t sent) {
  return std::string{2, static_cast<char>(announced >> 16), static_cast<char>(announced >> 8),
                     static_cast<char>(announced)} +
         std::string(sent, 'm');
}

Inbound seen(const std::string &bytes, size_t step) {
  Inbound inbound;
  for (size_t at = 0; at < bytes.size(); at += step) {
    const std::string part = bytes.substr(at, step);
    inbound.see(reinterpret_cast<const uint8_t *>(part.data()), part.size());
  }
  return inbound;
}

const std::string kFatal42{2, 42};

TEST(InboundTest, FindsAnOversizedMessageInAnySplit) {
  const std::string body = message(70000, 70000) + message(0xFFFFFF, 0);
  std::string stream;
  for (size_t at = 0; at < body.size(); at += 999) stream += record(22, body.substr(at, 999));
  for (size_t step : {1, 5, 997, 100000}) {
    EXPECT_TRUE(seen(stream, step).has_oversized_message()) << step;
  }
}

TEST(InboundTest, LeavesOrdinaryMessagesAlone) {
  const std::string body = message(131072, 131072) + message(0, 0) + message(3, 3);
  std::string stream;
  for (size_t at = 0; at < body.size(); at += 16384) stream += record(22, body.substr(at, 16384));
  EXPECT_FALSE(seen(stream, 1000).has_oversized_message());
}

TEST(InboundTest, ReadsNoMessagesUnderKeys) {
  const std::string encrypted = std::string(40, '\xFF');
  EXPECT_FALSE(seen(record(20, "\x01") + record(22, encrypted), 3).has_oversized_message());
  EXPECT_FALSE(seen(record(23, encrypted) + record(22, encrypted), 3).has_oversized_message());
}

TEST(InboundTest, TellsAFatalAlertInTheClear) {
  const std::string hello = record(22, message(50, 50));
  EXPECT_EQ(seen(record(21, kFatal42), 1).plaintext_alert(), 42);
  EXPECT_EQ(seen(hello + record(21, kFatal42), 4).plaintext_alert(), 42);
  EXPECT_EQ(seen(hello + record(20, "\x01") + record(21, kFatal42), 9).plaintext_alert(), 42);
}

TEST(InboundTest, TellsNothingElse) {
  EXPECT_EQ(seen("", 1).plaintext_alert(), -1);
  const std::string warning = record(21, std::string{1, 112});
  EXPECT_EQ(seen(warning, 1).plaintext_alert(), 112);
  EXPECT_EQ(seen(warning, 1).plaintext_fatal_alert(), -1);
  EXPECT_EQ(seen(record(21, kFatal42), 1).plaintext_fatal_alert(), 42);
  EXPECT_EQ(seen(record(21, std::string(24, 2)), 1).plaintext_alert(), -1) << "encrypted";
  EXPECT_EQ(seen(record(21, kFatal42).substr(0, 6), 1).plaintext_alert(), -1) << "half";
  EXPECT_EQ(seen(record(21, kFatal42) + record(22, message(9, 9)), 1).plaintext_alert(), -1);
  EXPECT_EQ(seen(record(23, "data") + record(21, kFatal42), 1).plaintext_alert(), -1);
}

TEST(InboundTest, IsBlindToWhatIsNotTls) {
  const Inbound inbound = seen("HTTP/1.1 400 Bad Request\r\n" + record(21, kFatal42), 7);
  EXPECT_EQ(inbound.plaintext_alert(), -1);
  EXPECT_FALSE(inbound.has_oversized_message());
}

// What a peer must send more of to be followed further.
TEST(InboundTest, CountsTheBytesOfMessagesWithoutTheirHeaders) {
  const std::string two = message(50, 50) + message(0, 0) + message(7, 7);
  std::string in_pieces;
  for (char byte : two) in_pieces += record(22, std::string(1, byte));
  EXPECT_EQ(seen(in_pieces, 3).message_bytes(), 57u);
  EXPECT_EQ(seen(record(20, "\x01") + record(22, message(50, 50)), 3).message_bytes(), 0u);
}

}  // namespace
}  // namespace trestle::gnutls_backend
