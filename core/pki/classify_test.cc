// SPDX-License-Identifier: Apache-2.0
#include "core/pki/classify.h"

#include <gtest/gtest.h>

#include "core/pki/pem.h"
#include "core/pki/testing/test_key.h"

namespace trestle::pki {
namespace {

using namespace testing;

BufferKind kind_of(const Octets& buffer) { return classify(Bytes(buffer)); }

TEST(Classify, PrivateKeysInDer) {
  const TestKey rsa = TestKey::rsa(1024), ec = TestKey::ec(), dsa = TestKey::dsa(1024);
  const TestKey edwards = TestKey::ed25519();
  for (const TestKey* key : {&rsa, &ec, &dsa, &edwards}) {
    EXPECT_EQ(kind_of(key->pkcs8()), BufferKind::kPrivateKey);
    EXPECT_EQ(kind_of(key->encrypted_pkcs8("secret")), BufferKind::kEncryptedPrivateKey);
    EXPECT_EQ(kind_of(key->pkcs12("secret")), BufferKind::kPkcs12);
    EXPECT_EQ(kind_of(key->spki()), BufferKind::kUnknown) << "a public key is none of ours";
  }
  EXPECT_EQ(kind_of(rsa.traditional()), BufferKind::kRsaPrivateKey);
  EXPECT_EQ(kind_of(ec.traditional()), BufferKind::kEcPrivateKey);
  EXPECT_EQ(kind_of(dsa.traditional()), BufferKind::kDsaPrivateKey);
}

TEST(Classify, Pem) {
  const TestKey key = TestKey::ec();
  EXPECT_EQ(classify(Bytes(std::string_view(encode_pem("PRIVATE KEY", Bytes(key.pkcs8()))))),
            BufferKind::kPem);
  EXPECT_EQ(classify(Bytes(std::string_view("0 text first\n-----BEGIN X-----\n"))),
            BufferKind::kPem)
      << "'0' is also the tag of a SEQUENCE";
}

// The shape is what counts here; certificate_test.cc reads real ones.
Octets signed_shape(const std::vector<Octets>& tbs) {
  return sequence({sequence(tbs), sequence({oid("1.2.840.10045.4.3.2")}), bit_string({1, 2, 3})});
}

TEST(Classify, CertificatesAndRevocationLists) {
  const Octets algorithm = sequence({oid("1.2.840.10045.4.3.2")});
  const Octets name = sequence({});
  const Octets time = tlv(0x17, octets("240101000000Z"));
  const Octets v3 = signed_shape({tlv(0xa0, integer(2)), integer(7), algorithm, name,
                                  sequence({time, time}), name});
  const Octets v1 = signed_shape({integer(7), algorithm, name, sequence({time, time}), name});
  EXPECT_EQ(kind_of(v3), BufferKind::kCertificate);
  EXPECT_EQ(kind_of(v1), BufferKind::kCertificate);
  EXPECT_EQ(kind_of(join({v3, v1})), BufferKind::kCertificate) << "one after the other";
  EXPECT_EQ(kind_of(signed_shape({integer(1), algorithm, name, time, time})), BufferKind::kCrl);
  EXPECT_EQ(kind_of(signed_shape({algorithm, name, time})), BufferKind::kCrl);
  EXPECT_EQ(kind_of(signed_shape({})), BufferKind::kUnknown);
}

TEST(Classify, Pkcs12InBer) {
  const Octets ber = {0x30, 0x80, 0x02, 0x01, 0x03, 0x30, 0x80, 0x06, 0x09, 0x2a,
                      0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01, 0xa0, 0x80};
  EXPECT_EQ(kind_of(ber), BufferKind::kPkcs12);
  for (size_t size = 0; size < 18; ++size) {
    EXPECT_NE(kind_of(Octets(ber.begin(), ber.begin() + size)), BufferKind::kPkcs12) << size;
  }
}

TEST(Classify, NothingOfInterest) {
  EXPECT_EQ(classify(Bytes()), BufferKind::kEmpty);
  EXPECT_EQ(classify(Bytes(std::string_view("garbage"))), BufferKind::kUnknown);
  EXPECT_EQ(kind_of({0x30}), BufferKind::kUnknown);
  EXPECT_EQ(kind_of({0x30, 0x00}), BufferKind::kUnknown);
  EXPECT_EQ(kind_of(sequence({integer(0)})), BufferKind::kUnknown);
  EXPECT_EQ(kind_of(sequence({integer(2), octet_string({1})})), BufferKind::kUnknown);
  Octets key = TestKey::ec().pkcs8();
  key.push_back(0);
  EXPECT_EQ(kind_of(key), BufferKind::kUnknown) << "trailing octets";
}

TEST(Classify, TruncatedKeysAreUnknown) {
  const TestKey ec = TestKey::ec();
  for (const Octets& der : {ec.pkcs8(), ec.traditional(), ec.encrypted_pkcs8("secret")}) {
    for (size_t size = 1; size < der.size(); ++size) {
      EXPECT_EQ(kind_of(Octets(der.begin(), der.begin() + size)), BufferKind::kUnknown) << size;
    }
  }
}

TEST(Classify, EveryKindHasAName) {
  for (int kind = 0; kind <= static_cast<int>(BufferKind::kPkcs12); ++kind) {
    EXPECT_STRNE(buffer_kind_name(static_cast<BufferKind>(kind)), "");
  }
  EXPECT_STREQ(buffer_kind_name(BufferKind::kPkcs12), "a PKCS#12 file");
}

}  // namespace
}  // namespace trestle::pki
