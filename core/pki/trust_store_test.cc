// SPDX-License-Identifier: Apache-2.0
#include "core/pki/trust_store.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "core/pki/pem.h"
#include "core/pki/testing/certificate_builder.h"

namespace trestle::pki {
namespace {

using namespace testing;

const TestKey& the_key() {
  static const TestKey key = TestKey::ec();
  return key;
}

Octets ca(const std::string& name) {
  Spec spec;
  spec.subject = spec.issuer = name;
  spec.with(basic_constraints(true));
  return make_certificate(spec, the_key(), the_key());
}

Octets pem(const char* label, const Octets& der) { return octets(encode_pem(label, Bytes(der))); }

std::string error_of(const Octets& buffer, Malformed malformed = Malformed::kIsAnError) {
  TrustStore store;
  TrustStoreError error;
  const bool added = store.add(Bytes(buffer), malformed, &error);
  EXPECT_EQ(added, error.text.empty());
  EXPECT_EQ(store.empty(), !added) << "all or nothing";
  return error.text;
}

TEST(TrustStore, SeveralInOneBuffer) {
  for (bool as_pem : {true, false}) {
    Octets buffer;
    for (const char* name : {"a", "b", "c"}) {
      const Octets one = as_pem ? pem("CERTIFICATE", ca(name)) : ca(name);
      buffer.insert(buffer.end(), one.begin(), one.end());
    }
    TrustStore store;
    TrustStoreError error;
    ASSERT_TRUE(store.add(Bytes(buffer), &error)) << error.text;
    EXPECT_EQ(store.size(), 3u);
    const CertificatePtr b = parse_or_die(ca("B"));
    ASSERT_NE(store.find(b->subject.canonical), nullptr) << "found by the canonical name";
    EXPECT_EQ(store.find(b->subject.canonical)->size(), 1u);
    EXPECT_EQ(store.find("nobody"), nullptr);
  }
}

TEST(TrustStore, BuffersAddUpAndDuplicatesAreIgnored) {
  const Octets a = ca("a"), b = ca("b");
  TrustStore store;
  TrustStoreError error;
  EXPECT_TRUE(store.add(Bytes(a), &error));
  EXPECT_TRUE(store.add(Bytes(join({a, b, a})), &error));
  EXPECT_TRUE(store.add(Bytes(pem("X509 CERTIFICATE", a)), &error));
  EXPECT_EQ(store.size(), 2u);
  EXPECT_TRUE(store.contains(*parse_or_die(a)));
  EXPECT_FALSE(store.contains(*parse_or_die(ca("a")))) << "another signature, other octets";
  EXPECT_TRUE(store.contains_key_of(*parse_or_die(ca("a"))));
  EXPECT_FALSE(store.contains_key_of(*parse_or_die(ca("c"))));
}

TEST(TrustStore, TheErrorNamesTheCertificate) {
  Octets cut = ca("b");
  cut.pop_back();
  const Octets good = pem("CERTIFICATE", ca("a"));
  EXPECT_EQ(error_of(join({good, good, pem("CERTIFICATE", cut)})),
            "certificate 2: the outer structure is not one DER SEQUENCE");
  EXPECT_EQ(error_of(join({ca("a"), cut})), "certificate 1: what follows is not DER");
  EXPECT_EQ(error_of(join({ca("a"), sequence({}), ca("b")})),
            "certificate 1: the TBS part is malformed");
  EXPECT_EQ(error_of(join({good, octets("-----BEGIN CERTIFICATE-----\nAAAA")})),
            "PEM object 1 (CERTIFICATE): no END boundary follows");
  TrustStore store;
  TrustStoreError error;
  EXPECT_FALSE(store.add(Bytes(join({good, pem("CERTIFICATE", cut)})), &error));
  EXPECT_EQ(error.index, 1u);
}

TEST(TrustStore, OnlyCertificates) {
  const Octets good = pem("CERTIFICATE", ca("a"));
  EXPECT_EQ(error_of(join({good, pem("PRIVATE KEY", the_key().pkcs8())})),
            "certificate 1: a PRIVATE KEY is not a certificate");
  EXPECT_EQ(error_of(pem("TRUSTED CERTIFICATE", ca("a"))),
            "certificate 0: TRUSTED CERTIFICATE carries settings of one library; use CERTIFICATE");
  EXPECT_EQ(error_of({}), "the buffer holds nothing, not a certificate");
  EXPECT_EQ(error_of(octets("garbage")), "the buffer holds unknown data, not a certificate");
  EXPECT_EQ(error_of({0x30}), "certificate 0: what follows is not DER");
  EXPECT_EQ(error_of(the_key().pkcs8()),
            "the buffer holds a PKCS#8 private key, not a certificate");
  EXPECT_EQ(error_of(the_key().pkcs12("x")), "the buffer holds a PKCS#12 file, not a certificate");
}

TEST(TrustStore, MalformedOnesCanBeSkipped) {
  Octets cut = ca("b");
  cut.pop_back();
  const Octets buffer = join({pem("CERTIFICATE", cut), pem("CERTIFICATE", ca("a"))});
  TrustStore store;
  TrustStoreError error;
  EXPECT_TRUE(store.add(Bytes(buffer), Malformed::kIsSkipped, &error)) << error.text;
  EXPECT_EQ(store.size(), 1u);
  EXPECT_EQ(error_of(pem("CERTIFICATE", cut), Malformed::kIsSkipped),
            "no certificate in the buffer can be used");
}

TEST(TrustStore, EveryRootOfTheSystemParses) {
  std::ifstream file("/etc/ssl/certs/ca-certificates.crt", std::ios::binary);
  if (!file) GTEST_SKIP() << "no /etc/ssl/certs/ca-certificates.crt (package ca-certificates)";
  const Octets bundle((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  TrustStore store;
  TrustStoreError error;
  EXPECT_TRUE(store.add(Bytes(bundle), &error)) << error.text;
  EXPECT_GT(store.size(), 50u);
}

}  // namespace
}  // namespace trestle::pki
