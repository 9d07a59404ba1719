// SPDX-License-Identifier: Apache-2.0
#include "core/pki/pem.h"

#include <gtest/gtest.h>

#include "core/pki/testing/test_key.h"

namespace trestle::pki {
namespace {

using testing::TestKey;

struct Decoded {
  bool ok = false;
  std::vector<PemObject> objects;
  PemError error;
};

Decoded decode(std::string_view text) {
  Decoded result;
  result.ok = decode_pem(Bytes(text), &result.objects, &result.error);
  return result;
}

std::string object(const std::string& label, const std::string& body) {
  return "-----BEGIN " + label + "-----\n" + body + "\n-----END " + label + "-----\n";
}

TEST(Pem, EncodesAndDecodesEveryLength) {
  for (size_t size = 1; size < 200; ++size) {
    std::vector<uint8_t> der(size);
    for (size_t i = 0; i < size; ++i) der[i] = static_cast<uint8_t>(i * 7 + size);
    const Decoded result = decode(encode_pem("CERTIFICATE", Bytes(der)));
    ASSERT_TRUE(result.ok) << size << result.error.text();
    ASSERT_EQ(result.objects.size(), 1u);
    EXPECT_EQ(result.objects[0].der.bytes(), Bytes(der));
  }
}

TEST(Pem, WritesLinesOf64) {
  EXPECT_EQ(encode_pem("X", Bytes(std::vector<uint8_t>(49))),
            "-----BEGIN X-----\n" + std::string(64, 'A') + "\nAA==\n-----END X-----\n");
  EXPECT_EQ(encode_pem("X", Bytes(std::vector<uint8_t>(48))),
            "-----BEGIN X-----\n" + std::string(64, 'A') + "\n-----END X-----\n");
}

TEST(Pem, KnowsTheLabels) {
  const std::pair<const char*, PemKind> kLabels[] = {
      {"CERTIFICATE", PemKind::kCertificate},
      {"X509 CERTIFICATE", PemKind::kCertificate},
      {"TRUSTED CERTIFICATE", PemKind::kTrustedCertificate},
      {"PRIVATE KEY", PemKind::kPrivateKey},
      {"ENCRYPTED PRIVATE KEY", PemKind::kEncryptedPrivateKey},
      {"RSA PRIVATE KEY", PemKind::kRsaPrivateKey},
      {"EC PRIVATE KEY", PemKind::kEcPrivateKey},
      {"DSA PRIVATE KEY", PemKind::kDsaPrivateKey},
      {"X509 CRL", PemKind::kCrl},
      {"EC PARAMETERS", PemKind::kOther},
      {"CERTIFICATE REQUEST", PemKind::kOther}};
  std::string all;
  for (const auto& row : kLabels) all += object(row.first, "AAAA");
  const Decoded result = decode(all);
  ASSERT_TRUE(result.ok) << result.error.text();
  ASSERT_EQ(result.objects.size(), std::size(kLabels));
  for (size_t i = 0; i < std::size(kLabels); ++i) {
    EXPECT_EQ(result.objects[i].label, kLabels[i].first);
    EXPECT_EQ(result.objects[i].kind, kLabels[i].second) << kLabels[i].first;
  }
}

TEST(Pem, IgnoresSurroundingTextAndWhiteSpace) {
  const Decoded result = decode(
      "\xef\xbb\xbf-----BEGIN CERTIFICATE-----\r\n \tAA\r\nECAw==\r\n\r\n"
      "-----END CERTIFICATE-----\r\n"
      "Bag Attributes\n    friendlyName: x\n"
      "  -----BEGIN CERTIFICATE----- AAECAw== -----END CERTIFICATE-----\n"
      "and after that nothing" +
      std::string(1, '\0'));
  ASSERT_TRUE(result.ok) << result.error.text();
  ASSERT_EQ(result.objects.size(), 2u);
  for (const PemObject& each : result.objects) {
    EXPECT_EQ(each.der.bytes(), Bytes(std::vector<uint8_t>{0, 1, 2, 3}));
  }
}

TEST(Pem, ACommentedObjectStaysOut) {
  const std::string commented =
      "# -----BEGIN CERTIFICATE-----\n# AAAA\n# -----END CERTIFICATE-----\n";
  EXPECT_EQ(decode(commented).error.problem, PemProblem::kNoObject);
  EXPECT_FALSE(looks_like_pem(Bytes(std::string_view(commented))));
  const Decoded result = decode(commented + object("CERTIFICATE", "BBBB"));
  ASSERT_TRUE(result.ok);
  EXPECT_EQ(result.objects.size(), 1u);
}

TEST(Pem, NamesTheMalformedObject) {
  const struct {
    const char* body;
    PemProblem problem;
  } kCases[] = {
      {"", PemProblem::kEmptyObject},        {"AAA", PemProblem::kBase64},
      {"AAA*", PemProblem::kBase64},         {"AA=A", PemProblem::kBase64},
      {"A===", PemProblem::kBase64},         {"AAAAA===", PemProblem::kBase64},
      {"AB==", PemProblem::kBase64},         {"AAB=", PemProblem::kBase64},
      {"====", PemProblem::kBase64},         {"Proc-Type: 4,ENCRYPTED\n\nAAAA",
                                              PemProblem::kLegacyEncryption},
      {"Some-Header: x\n\nAAAA", PemProblem::kBase64},
  };
  for (const auto& each : kCases) {
    const Decoded result =
        decode(object("CERTIFICATE", "AAAA") + "\n" + object("PRIVATE KEY", each.body));
    EXPECT_FALSE(result.ok) << each.body;
    EXPECT_EQ(result.error.problem, each.problem) << each.body << ": " << result.error.text();
    EXPECT_EQ(result.error.index, 1u);
    EXPECT_EQ(result.error.label, "PRIVATE KEY");
    EXPECT_EQ(result.objects.size(), 1u);
    EXPECT_EQ(result.error.text().find("PEM object 1 (PRIVATE KEY): "), 0u);
  }
}

TEST(Pem, BoundariesMustMatch) {
  for (const char* text :
       {"-----BEGIN CERTIFICATE-----\nAAAA\n-----END X509 CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nAAAA\n", "-----BEGIN CERTIFICATE----\nAAAA\n",
        "-----BEGIN CERTIFICATE\n-----\nAAAA\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END "
        "CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE", "-----BEGIN "}) {
    EXPECT_EQ(decode(text).error.problem, PemProblem::kBoundary) << text;
  }
  EXPECT_EQ(decode("-----BEGIN " + std::string(500, 'A') + "-----").error.problem,
            PemProblem::kBoundary);
}

TEST(Pem, NothingThere) {
  for (const char* text : {"", "garbage", "-----BEGIN", "-----END CERTIFICATE-----"}) {
    const Decoded result = decode(text);
    EXPECT_FALSE(result.ok);
    EXPECT_EQ(result.error.problem, PemProblem::kNoObject) << text;
    EXPECT_EQ(result.error.text(), "no PEM object in the buffer");
  }
}

TEST(Pem, IsBounded) {
  std::string many;
  for (size_t i = 0; i <= kMaxPemObjects; ++i) many += object("X", "AAAA");
  EXPECT_EQ(decode(many).error.problem, PemProblem::kTooLarge);
  EXPECT_EQ(decode(std::string(kMaxPemInput + 1, 'x')).error.problem, PemProblem::kTooLarge);
}

TEST(Pem, TraditionalEncryptionHasItsOwnError) {
  const Decoded result = decode(TestKey::ec().traditional_pem("secret"));
  EXPECT_FALSE(result.ok);
  EXPECT_EQ(result.error.problem, PemProblem::kLegacyEncryption);
  EXPECT_NE(result.error.text().find("convert the key to PKCS#8"), std::string::npos);
}

// The sample of section 3.4.2 of the CSR Synergy TLS API document, in the copy that we have: in two
// lines (the seventh and the thirteenth) a character was lost, so it can't be decoded by anybody.
constexpr char kDocumentSample[] = R"(-----BEGIN CERTIFICATE-----
MIICdzCCAeCgAwIBAgIBBDANBgkqhkiG9w0BAQUFADBMMQswCQYDVQQGEwJESzEQ
MA4GA1UEBwwHQWFsYm9yZzEMMAoGA1UECgwDQ1NSMR4wHAYDVQQDDDBVDZJ0aWZp
Y2F0ZSBDbXR0b3JpdHkwHhcNMjAwNzI4MDAwMDAwWhcNNDAwMDAwMDAwMDAwMDAw
MQswCQYDVQQGEwJESzEMMAoGA1UECgwDQ1NSMR4wHAYDVQQDEwNDU1IGVExTIFRl
c3QgQ2xpZW50MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDk/Pf7cgJ794fn
siGVCqrwVgQFeKcMRGs3f6zqZ6LbKC3rk4UqDE88BIPYSf/HokgGXTvrmWlowsuu
43wjFgbZgWfK080wZS39KBNUzI/onfPLiqi7y6RRHUtAAuJPHMLUwWHBWTnJlvA
i4p6eI24gP8+f3laynbulP7MEtHCywiDAQAB03sweTAJBgNVHRMEAjAAMCwGCWCG
SAGG+EIBDQOQfFh1PcGVuU1NMIEdlbmVYXRlZCBBDZJ0aWZpY2F0ZTAdBgNVHQ4E
FgQUUG+uUYMqelfdVlFpTK8Ovi51cnUwHwYDVROjBBgwFoAUMtAal9Q50bedoLEI
gIld9MwGTGAwdQYJKoZIhvcNAQEFBQADgYEAUWC3oJ0EMDGQJx4x1JGbVcEEPl7F
lZSqV37q1OUufWZG/QAH/Q7f2mdhBTruKLKGMbPq3wV/88fhTevTWw8mWJSbgBtZ
t0uDtgRqA8y3u+RIQYNEIuA2cXxGUZYMfwTfBAv34sOCHB7Pq51NvNub9GD5yjb
7Aw1JHFrQoS/O7A=
-----END CERTIFICATE-----
)";

TEST(Pem, TheSampleOfTheDocumentHasLostCharacters) {
  const Decoded result = decode(kDocumentSample);
  EXPECT_FALSE(result.ok);
  EXPECT_EQ(result.error.problem, PemProblem::kBase64);
  EXPECT_EQ(result.error.text(),
            "PEM object 0 (CERTIFICATE): base64 of 846 characters, which is not a multiple of 4: "
            "some were lost or added");
}

}  // namespace
}  // namespace trestle::pki
