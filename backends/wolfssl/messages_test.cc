// SPDX-License-Identifier: Apache-2.0
#include "backends/wolfssl/messages.h"

#include <string>

#include <gtest/gtest.h>

namespace trestle::wolf {
namespace {

std::string number(size_t value, int bytes) {
  std::string text;
  for (int i = bytes - 1; i >= 0; --i) text += static_cast<char>(value >> (8 * i));
  return text;
}

// Behind its length.
std::string vector(const std::string& content, int length_bytes) {
  return number(content.size(), length_bytes) + content;
}

std::string extension(size_t type, const std::string& content) {
  return number(type, 2) + vector(content, 2);
}

std::vector<uint8_t> message(uint8_t type, const std::string& body) {
  const std::string text = number(type, 1) + vector(body, 3);
  return {text.begin(), text.end()};
}

std::vector<uint8_t> client_hello(const std::string& extensions) {
  return message(1, number(0x0303, 2) + std::string(32, 'r') + vector("session", 1) +
                        vector(number(0x1301, 2) + number(0xC02B, 2), 2) +
                        vector(std::string(1, '\0'), 1) + vector(extensions, 2));
}

std::vector<uint8_t> server_hello(size_t suite, const std::string& extensions) {
  return message(2, number(0x0303, 2) + std::string(32, 'r') + vector("", 1) + number(suite, 2) +
                        number(0, 1) + vector(extensions, 2));
}

std::string psk_extensions(uint8_t mode) {
  return extension(45, vector(number(mode, 1), 1)) + extension(41, "identities and binders");
}

TEST(ClientHello, TellsWhatItOffers) {
  const auto hello = parse_client_hello(
      client_hello(extension(0, "name") + extension(10, vector(number(0x1D, 2), 2)) +
                   extension(43, vector(number(0x0304, 2) + number(0x7A7A, 2), 1))));
  ASSERT_TRUE(hello);
  EXPECT_EQ(hello->suites, (std::vector<uint16_t>{0x1301, 0xC02B}));
  EXPECT_EQ(hello->versions, (std::vector<uint16_t>{0x0304, 0x7A7A}));
  EXPECT_EQ(hello->groups, (std::vector<uint16_t>{0x1D}));
  EXPECT_FALSE(hello->has_psk);
}

TEST(ClientHello, HasNothingOfExtensionsThatAreNotThere) {
  const auto hello = parse_client_hello(client_hello(""));
  ASSERT_TRUE(hello);
  EXPECT_TRUE(hello->versions.empty());
  EXPECT_TRUE(hello->groups.empty());
}

TEST(ClientHello, PskCountsWithForwardSecrecyAlone) {
  EXPECT_TRUE(parse_client_hello(client_hello(psk_extensions(1)))->has_psk);
  EXPECT_FALSE(parse_client_hello(client_hello(psk_extensions(0)))->has_psk);
}

TEST(ClientHello, CutAnywhereIsNone) {
  const auto whole = client_hello(psk_extensions(1) + extension(10, vector(number(0x1D, 2), 2)));
  ASSERT_TRUE(parse_client_hello(whole));
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(parse_client_hello({whole.begin(), whole.begin() + static_cast<long>(size)}));
  }
  EXPECT_FALSE(parse_client_hello(server_hello(0x1301, "")));
}

TEST(ClientHello, AListLongerThanItsExtensionIsNone) {
  EXPECT_FALSE(parse_client_hello(client_hello(extension(10, number(200, 2)) + extension(0, ""))));
}

TEST(ServerHello, TellsItsChoice) {
  const auto tls12 = parse_server_hello(server_hello(0xC02B, extension(23, "")));
  ASSERT_TRUE(tls12);
  EXPECT_EQ(tls12->suite, 0xC02B);
  EXPECT_EQ(tls12->selected_version, 0);
  const auto tls13 =
      parse_server_hello(server_hello(0x1301, extension(51, "key") + extension(43, "\x03\x04")));
  ASSERT_TRUE(tls13);
  EXPECT_EQ(tls13->suite, 0x1301);
  EXPECT_EQ(tls13->selected_version, 0x0304);
  EXPECT_FALSE(tls13->takes_psk);
  EXPECT_TRUE(parse_server_hello(server_hello(0x1301, extension(41, number(0, 2))))->takes_psk);
  EXPECT_FALSE(parse_server_hello(client_hello("")));
}

// Those of TLS 1.2 may have no extensions, not even a length of nothing.
TEST(ServerHello, OfTls12EndsWithItsCompressionMethod) {
  const auto hello = parse_server_hello(message(2, number(0x0303, 2) + std::string(32, 'r') +
                                                       vector("", 1) + number(0xC02B, 2) +
                                                       number(0, 1)));
  ASSERT_TRUE(hello);
  EXPECT_EQ(hello->suite, 0xC02B);
}

TEST(ServerHello, CutAnywhereIsNone) {
  const auto whole = server_hello(0x1301, extension(43, "\x03\x04") + extension(41, "00"));
  ASSERT_TRUE(parse_server_hello(whole));
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(parse_server_hello({whole.begin(), whole.begin() + static_cast<long>(size)}));
  }
}

TEST(ServerKeyExchange, TellsGroupAndScheme) {
  const std::string signature = number(0x0403, 2) + vector("signature", 2);
  const auto curve =
      parse_server_key_exchange(message(12, number(3, 1) + number(0x1D, 2) +
                                                vector("point", 1) + signature), false);
  ASSERT_TRUE(curve);
  EXPECT_EQ(curve->group, 0x1D);
  EXPECT_EQ(curve->scheme, 0x0403);
  const auto field = parse_server_key_exchange(
      message(12, vector("p", 2) + vector("g", 2) + vector("y", 2) + signature), true);
  ASSERT_TRUE(field);
  EXPECT_EQ(field->scheme, 0x0403);
  EXPECT_FALSE(parse_server_key_exchange(message(12, vector("p", 2)), true));
}

TEST(CertificateRequest, TellsSchemes) {
  const auto whole = message(13, vector("\x01\x40", 1) + vector("\x04\x03\x08\x04", 2) +
                                     vector("", 2));
  EXPECT_EQ(schemes_of_certificate_request(whole), (std::vector<uint16_t>{0x0403, 0x0804}));
  EXPECT_TRUE(schemes_of_certificate_request({whole.begin(), whole.begin() + 8}).empty());
}

}  // namespace
}  // namespace trestle::wolf
