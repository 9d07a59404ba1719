// SPDX-License-Identifier: Apache-2.0
#include "core/pki/algorithms.h"

#include <gtest/gtest.h>

#include <set>

#include "core/pki/testing/test_key.h"

namespace trestle::pki {
namespace {

// A backend is asked about these alone, so a wrong entry would leave it to the TLS library what a
// key may be used for.
TEST(KeyAllows, TheSchemesOfItsOwnAlgorithm) {
  const std::set<uint16_t> pkcs1 = {0x0201, 0x0401, 0x0501, 0x0601};
  const std::set<uint16_t> rsae = {0x0804, 0x0805, 0x0806};
  const std::set<uint16_t> pss = {0x0809, 0x080a, 0x080b};
  const std::set<uint16_t> ecdsa = {0x0203, 0x0403, 0x0503, 0x0603};
  const std::set<uint16_t> dsa = {0x0202, 0x0402};
  std::set<uint16_t> rsa = pkcs1;
  rsa.insert(rsae.begin(), rsae.end());
  const struct {
    KeyKind kind;
    bool is_tls_point;
    uint16_t pss_scheme;
    std::set<uint16_t> allowed;
  } keys[] = {
      {KeyKind::kUnknown, false, 0, {}}, {KeyKind::kRsa, false, 0, rsa},
      {KeyKind::kRsaPss, false, 0, pss}, {KeyKind::kRsaPss, false, 0x080a, {0x080a}},
      {KeyKind::kEc, true, 0, ecdsa},    {KeyKind::kEc, false, 0, {}},
      {KeyKind::kDsa, false, 0, dsa},    {KeyKind::kEd25519, false, 0, {0x0807}},
      {KeyKind::kEd448, false, 0, {0x0808}},
  };
  std::set<uint16_t> schemes = {0x0000, 0x0807, 0x0808, 0x081a, 0xffff};
  for (const auto& more : {pkcs1, rsae, pss, ecdsa, dsa}) schemes.insert(more.begin(), more.end());
  for (const auto& each : keys) {
    PublicKey key;
    key.kind = each.kind;
    key.is_tls_point = each.is_tls_point;
    key.pss_scheme = each.pss_scheme;
    for (uint16_t scheme : schemes) {
      EXPECT_EQ(key_allows(key, scheme), each.allowed.count(scheme) == 1)
          << "kind " << static_cast<int>(each.kind) << ", scheme " << scheme;
    }
  }
}

PublicKey parsed(const std::vector<uint8_t>& spki) {
  PublicKey key;
  EXPECT_TRUE(parse_public_key(spki, &key));
  return key;
}

TEST(PublicKey, IsUsableOnTheCurvesOfTlsUncompressed) {
  for (const char* curve : {"P-256", "P-384", "P-521"})
    EXPECT_TRUE(parsed(testing::TestKey::ec(curve).spki()).is_usable()) << curve;
  for (const char* curve : {"P-224", "secp256k1", "brainpoolP256r1"})
    EXPECT_FALSE(parsed(testing::TestKey::ec(curve).spki()).is_usable()) << curve;
  std::vector<uint8_t> spki = testing::TestKey::ec("P-256").spki();
  for (uint8_t form : {2, 3, 6, 7}) {
    spki[spki.size() - 65] = form;
    EXPECT_FALSE(parsed(spki).is_usable()) << int{form};
  }
}

TEST(PublicKey, AnEvenModulusIsNone) {
  std::vector<uint8_t> spki = testing::TestKey::rsa(2048).spki();
  EXPECT_TRUE(parsed(spki).is_usable());
  spki[spki.size() - 6] &= 0xfe;  // before the exponent, 02 03 01 00 01
  EXPECT_FALSE(parsed(spki).is_usable());
}

std::vector<uint8_t> element(uint8_t tag, const std::vector<uint8_t>& contents) {
  std::vector<uint8_t> der = {tag, 0x82, static_cast<uint8_t>(contents.size() >> 8),
                              static_cast<uint8_t>(contents.size())};
  if (contents.size() < 0x100) der = {tag, 0x81, static_cast<uint8_t>(contents.size())};
  if (contents.size() < 0x80) der = {tag, static_cast<uint8_t>(contents.size())};
  der.insert(der.end(), contents.begin(), contents.end());
  return der;
}

std::vector<uint8_t> operator+(std::vector<uint8_t> left, const std::vector<uint8_t>& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

std::vector<uint8_t> number(size_t bytes) {
  return element(0x02, std::vector<uint8_t>{0} + std::vector<uint8_t>(bytes, 0xff));
}

// One check costs a worker the more, the longer they are.
TEST(PublicKey, OfDsaHasNumbersOfTheSizesInUse) {
  const auto dsa = [](size_t p, size_t q, size_t g, size_t y) {
    const std::vector<uint8_t> oid = {0x06, 7, 0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01};
    const std::vector<uint8_t> parameters = element(0x30, number(p) + number(q) + number(g));
    return parsed(element(0x30, element(0x30, oid + parameters) +
                                    element(0x03, std::vector<uint8_t>{0} + number(y))));
  };
  EXPECT_TRUE(dsa(256, 32, 256, 256).is_usable());
  EXPECT_TRUE(dsa(128, 20, 128, 1).is_usable());
  EXPECT_FALSE(dsa(256, 31, 256, 256).is_usable());
  EXPECT_FALSE(dsa(256, 256, 256, 256).is_usable());
  EXPECT_FALSE(dsa(256, 32, 257, 256).is_usable());
  EXPECT_FALSE(dsa(256, 32, 256, 257).is_usable());
  EXPECT_FALSE(dsa(2000, 32, 256, 256).is_usable());
}

}  // namespace
}  // namespace trestle::pki
