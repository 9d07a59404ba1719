// SPDX-License-Identifier: Apache-2.0
#include "backends/common/handshake_messages.h"

#include <string>

#include <gtest/gtest.h>

namespace trestle::backend {
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

trestle_bytes lend(const std::string& bytes) {
  return {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
}

std::string text(const trestle_bytes& bytes) {
  return std::string(bytes.data, bytes.data + bytes.length);
}

std::string client_hello(const std::string& extensions) {
  return number(0x0303, 2) + std::string(32, 'r') + vector("session", 1) +
         vector(number(0x1301, 2) + number(0xC02B, 2), 2) + vector(std::string(1, '\0'), 1) +
         vector(extensions, 2);
}

std::string server_hello(size_t suite, const std::string& extensions) {
  return number(0x0303, 2) + std::string(32, 'r') + vector("", 1) + number(suite, 2) +
         number(0, 1) + vector(extensions, 2);
}

std::string psk_extensions(uint8_t mode) {
  const std::string identities =
      vector("first", 2) + "aged" + vector(std::string("a\0b", 3), 2) + "aged";
  return extension(45, vector(number(mode, 1), 1)) +
         extension(41, vector(identities, 2) + vector("binders", 2));
}

// Each beginning of it is none, but for one that is whole without its extensions.
template <typename Parse>
void expect_none_if_cut(const std::string& whole, Parse parse, size_t without_extensions = 0) {
  ASSERT_TRUE(parse(lend(whole)));
  for (size_t size = 0; size < whole.size(); ++size) {
    if (size != 0 && size == without_extensions) continue;
    // Of that size exactly, so that a sanitizer sees who reads on.
    const std::vector<uint8_t> cut(whole.begin(), whole.begin() + static_cast<long>(size));
    EXPECT_FALSE(parse({cut.data(), cut.size()})) << size << " of " << whole.size();
  }
}

TEST(ClientHello, TellsWhatItOffers) {
  const std::string body =
      client_hello(extension(0, "name") + extension(10, vector(number(0x1D, 2), 2)) +
                   extension(43, vector(number(0x0304, 2) + number(0x7A7A, 2), 1)));
  const auto hello = parse_client_hello(lend(body));
  ASSERT_TRUE(hello);
  EXPECT_EQ(hello->legacy_version, 0x0303);
  EXPECT_EQ(hello->suites, (std::vector<uint16_t>{0x1301, 0xC02B}));
  EXPECT_EQ(hello->versions, (std::vector<uint16_t>{0x0304, 0x7A7A}));
  EXPECT_EQ(hello->groups, (std::vector<uint16_t>{0x1D}));
  EXPECT_FALSE(hello->has_psk);
}

TEST(ClientHello, HasNothingOfExtensionsThatAreNotThere) {
  const auto hello = parse_client_hello(lend(client_hello("")));
  ASSERT_TRUE(hello);
  EXPECT_TRUE(hello->versions.empty());
  EXPECT_TRUE(hello->groups.empty());
  EXPECT_TRUE(hello->psk_identities.empty());
}

TEST(ClientHello, TellsPsksAndTheirMode) {
  const std::string body = client_hello(psk_extensions(1));
  const auto hello = parse_client_hello(lend(body));
  ASSERT_TRUE(hello);
  EXPECT_TRUE(hello->has_psk);
  EXPECT_TRUE(hello->has_psk_dhe_ke);
  ASSERT_EQ(hello->psk_identities.size(), 2u);
  EXPECT_EQ(text(hello->psk_identities[0]), "first");
  EXPECT_TRUE(hello->offers_psk(lend(std::string("a\0b", 3))));
  EXPECT_FALSE(hello->offers_psk(lend("a")));
  EXPECT_FALSE(hello->offers_psk(lend("")));
  EXPECT_FALSE(parse_client_hello(lend(client_hello(psk_extensions(0))))->has_psk_dhe_ke);
}

TEST(ClientHello, CutAnywhereIsNone) {
  expect_none_if_cut(
      client_hello(psk_extensions(1) + extension(10, vector(number(0x1D, 2), 2))),
      parse_client_hello, client_hello("").size() - 2);
}

TEST(ClientHello, ThatDoesNotEndWithItsExtensionsIsNone) {
  EXPECT_FALSE(parse_client_hello(lend(client_hello(extension(0, "name")) + "x")));
}

TEST(ClientHello, AListLongerThanItsExtensionIsNone) {
  EXPECT_FALSE(
      parse_client_hello(lend(client_hello(extension(10, number(200, 2)) + extension(0, "")))));
  EXPECT_FALSE(parse_client_hello(lend(client_hello(extension(10, vector("odd", 2))))));
}

TEST(ServerHello, TellsItsChoice) {
  const auto tls12 = parse_server_hello(lend(server_hello(0xC02B, extension(23, ""))));
  ASSERT_TRUE(tls12);
  EXPECT_EQ(tls12->suite, 0xC02B);
  EXPECT_EQ(tls12->selected_version, 0);
  const auto tls13 = parse_server_hello(
      lend(server_hello(0x1301, extension(51, "key") + extension(43, "\x03\x04"))));
  ASSERT_TRUE(tls13);
  EXPECT_EQ(tls13->suite, 0x1301);
  EXPECT_EQ(tls13->selected_version, 0x0304);
  EXPECT_FALSE(tls13->takes_psk);
  EXPECT_TRUE(
      parse_server_hello(lend(server_hello(0x1301, extension(41, number(0, 2)))))->takes_psk);
}

// Those of TLS 1.2 may have no extensions, not even a length of nothing.
TEST(ServerHello, OfTls12EndsWithItsCompressionMethod) {
  const auto hello =
      parse_server_hello(lend(number(0x0303, 2) + std::string(32, 'r') + vector("", 1) +
                              number(0xC02B, 2) + number(0, 1)));
  ASSERT_TRUE(hello);
  EXPECT_EQ(hello->suite, 0xC02B);
}

TEST(ServerHello, CutAnywhereIsNone) {
  expect_none_if_cut(server_hello(0x1301, extension(43, "\x03\x04") + extension(41, "00")),
                     parse_server_hello, server_hello(0x1301, "").size() - 2);
}

TEST(Certificate, TellsEachAsSent) {
  const std::string tls12 = vector(vector("leaf", 3) + vector("issuer", 3), 3);
  const auto chain = parse_certificates(lend(tls12), false);
  ASSERT_TRUE(chain);
  ASSERT_EQ(chain->size(), 2u);
  EXPECT_EQ(text(chain->at(0)), "leaf");
  EXPECT_EQ(text(chain->at(1)), "issuer");
  expect_none_if_cut(tls12, [](const trestle_bytes& body) {
    return parse_certificates(body, false);
  });
  const std::string tls13 =
      vector("context", 1) + vector(vector("leaf", 3) + vector("extensions", 2), 3);
  ASSERT_TRUE(parse_certificates(lend(tls13), true));
  EXPECT_EQ(text(parse_certificates(lend(tls13), true)->at(0)), "leaf");
  expect_none_if_cut(tls13, [](const trestle_bytes& body) {
    return parse_certificates(body, true);
  });
  EXPECT_TRUE(parse_certificates(lend(vector("", 3)), false)->empty());
}

TEST(ServerKeyExchange, TellsGroupAndScheme) {
  const std::string signature = number(0x0403, 2) + vector("signature", 2);
  const auto curve = parse_server_key_exchange(
      lend(number(3, 1) + number(0x1D, 2) + vector("point", 1) + signature), false);
  ASSERT_TRUE(curve);
  EXPECT_EQ(curve->group, 0x1D);
  EXPECT_EQ(curve->scheme, 0x0403);
  const auto field = parse_server_key_exchange(
      lend(vector("p", 2) + vector("g", 2) + vector("y", 2) + signature), true);
  ASSERT_TRUE(field);
  EXPECT_EQ(field->scheme, 0x0403);
  EXPECT_FALSE(parse_server_key_exchange(lend(vector("p", 2)), true));
}

TEST(CertificateRequest, TellsSchemes) {
  const std::string whole = vector("\x01\x40", 1) + vector("\x04\x03\x08\x04", 2) + vector("", 2);
  EXPECT_EQ(parse_certificate_request(lend(whole)), (std::vector<uint16_t>{0x0403, 0x0804}));
  EXPECT_FALSE(parse_certificate_request(lend(whole.substr(0, 8))));
}

TEST(ClientKeyExchange, TellsThePsksIdentity) {
  const std::string body = vector(std::string("a\0b", 3), 2) + "the rest";
  const auto identity = parse_psk_identity(lend(body));
  ASSERT_TRUE(identity);
  EXPECT_EQ(text(*identity), std::string("a\0b", 3));
  EXPECT_FALSE(parse_psk_identity(lend(body.substr(0, 4))));
}

}  // namespace
}  // namespace trestle::backend
