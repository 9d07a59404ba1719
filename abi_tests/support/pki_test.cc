// SPDX-License-Identifier: Apache-2.0
#include "abi_tests/support/pki.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "abi_tests/support/process.h"
#include "abi_tests/support/temp_dir.h"

namespace trestle::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// What `openssl verify` says of the certificate, as a server for "good.test" below the root.
std::string verify(const Identity& identity, const Identity& root,
                   const std::vector<std::string>& more = {}) {
  TempDir directory;
  std::vector<std::string> argv = {"openssl", "verify", "-purpose", "sslserver",
                                   "-verify_hostname", "good.test", "-CAfile",
                                   directory.write("root.pem", root.cert_pem())};
  const std::string intermediates = identity.intermediates_pem();
  if (!intermediates.empty()) {
    argv.insert(argv.end(), {"-untrusted", directory.write("intermediates.pem", intermediates)});
  }
  argv.insert(argv.end(), more.begin(), more.end());
  argv.push_back(directory.write("cert.pem", identity.cert_pem()));
  const RunResult result = run(argv);
  return result.exit.code == 0 ? "OK" : result.out + result.err;
}

class PkiTest : public ::testing::Test {
 protected:
  const Identity root_ = Certificate::root("Test Root").issue();
  const Identity ca_ = Certificate::intermediate("Test CA").signed_by(root_).issue();

  // A server certificate that differs from a good one in what the test does to it.
  static Certificate server() { return Certificate::server("good.test"); }
};

TEST_F(PkiTest, PlainChainVerifies) {
  EXPECT_EQ(verify(server().signed_by(ca_).issue(), root_), "OK");
}

TEST_F(PkiTest, EachFlawIsFoundByOpenSsl) {
  const Key other = Key::fresh(ec());
  EXPECT_THAT(verify(server().expired().signed_by(ca_).issue(), root_), HasSubstr("has expired"));
  EXPECT_THAT(verify(server().not_yet_valid().signed_by(ca_).issue(), root_),
              HasSubstr("not yet valid"));
  EXPECT_THAT(verify(server().issue(), root_), HasSubstr("self-signed"));
  EXPECT_THAT(verify(server().signed_by(ca_).issue().without_issuers(), root_),
              HasSubstr("unable to get local issuer"));
  EXPECT_THAT(verify(server().signed_by(ca_, other).issue(), root_),
              HasSubstr("certificate signature failure"));
  EXPECT_THAT(verify(server().signed_by(ca_).corrupt_signature().issue(), root_),
              HasSubstr("certificate signature failure"));
  EXPECT_THAT(verify(server().signed_by(ca_).unknown_critical_extension().issue(), root_),
              HasSubstr("unhandled critical extension"));
  EXPECT_THAT(verify(server().extended_key_usage("clientAuth").signed_by(ca_).issue(), root_),
              HasSubstr("unsuitable certificate purpose"));
  EXPECT_THAT(verify(server().no_subject_alternative_name().dns("other.test").signed_by(ca_)
                         .issue(), root_),
              HasSubstr("hostname mismatch"));
}

TEST_F(PkiTest, FlawsOfTheIssuerAreFoundByOpenSsl) {
  const auto below = [&](Certificate ca) {
    return verify(server().signed_by(ca.signed_by(root_).issue()).issue(), root_);
  };
  EXPECT_EQ(below(Certificate::intermediate("Another CA")), "OK");
  EXPECT_THAT(below(Certificate::intermediate("Not a CA").ca(false)),
              HasSubstr("invalid CA certificate"));
  EXPECT_THAT(below(Certificate::intermediate("Signs CRLs only").key_usage("cRLSign")),
              HasSubstr("error"));
  EXPECT_THAT(below(Certificate::intermediate("Constrained")
                        .name_constraints("permitted;DNS:elsewhere.test")),
              HasSubstr("permitted subtree violation"));

  const Identity short_path =
      Certificate::intermediate("Path 0").path_length(0).signed_by(root_).issue();
  const Identity beyond = Certificate::intermediate("Beyond").signed_by(short_path).issue();
  EXPECT_THAT(verify(server().signed_by(beyond).issue(), root_),
              HasSubstr("path length constraint exceeded"));
}

TEST_F(PkiTest, RevocationListTellsWhatItWasTold) {
  TempDir directory;
  const Identity good = server().signed_by(ca_).issue();
  const Identity bad = server().signed_by(ca_).issue();
  const auto verify_with = [&](const Identity& identity, const RevocationList& list) {
    return verify(identity, root_,
                  {"-crl_check", "-CRLfile", directory.write("crl.pem", list.pem())});
  };
  RevocationList list(ca_);
  list.revoke(bad);
  EXPECT_EQ(verify_with(good, list), "OK");
  EXPECT_THAT(verify_with(bad, list), HasSubstr("certificate revoked"));
  list.valid_days(-30, -1);
  EXPECT_THAT(verify_with(good, list), HasSubstr("CRL has expired"));
  list.valid_days(-1, 30).signed_by_wrong_key(Key::fresh(ec()));
  EXPECT_THAT(verify_with(good, list), HasSubstr("CRL signature failure"));
}

TEST_F(PkiTest, NamesAndConstantsArriveInTheCertificate) {
  const Identity identity = Certificate::leaf("first")
                                .common_name("second")
                                .organization("Trestle")
                                .dns("a.test")
                                .ip("192.0.2.7")
                                .email("a@b.test")
                                .uri("urn:x")
                                .serial(77)
                                .issue();
  const std::string text = run({"openssl", "x509", "-noout", "-text"}, identity.cert_pem()).out;
  EXPECT_THAT(text, HasSubstr("O = Trestle, CN = first, CN = second"));
  EXPECT_THAT(text,
              HasSubstr("DNS:a.test, IP Address:192.0.2.7, email:a@b.test, URI:urn:x"));
  EXPECT_THAT(text, HasSubstr("Serial Number: 77 (0x4d)"));
  EXPECT_EQ(identity.subject(), "CN=second,CN=first,O=Trestle");
  EXPECT_EQ(identity.sha256_fingerprint().size(), 64u);
}

TEST_F(PkiTest, AnyByteMayStandInADnsName) {
  using namespace std::string_literals;
  const std::string name = "good.test\0.evil.test"s;
  EXPECT_THAT(Certificate::leaf("x").dns(name).issue().cert_der(), HasSubstr(name));
}

TEST_F(PkiTest, EmptySubjectMakesTheNamesCritical) {
  const Identity identity = Certificate::leaf("").dns("a.test").issue();
  EXPECT_EQ(identity.subject(), "");
  EXPECT_THAT(run({"openssl", "x509", "-noout", "-text"}, identity.cert_pem()).out,
              HasSubstr("Subject Alternative Name: critical"));
}

TEST_F(PkiTest, VersionOneHasNoExtensions) {
  const std::string text =
      run({"openssl", "x509", "-noout", "-text"}, server().version1().issue().cert_pem()).out;
  EXPECT_THAT(text, HasSubstr("Version: 1 (0x0)"));
  EXPECT_THAT(text, Not(HasSubstr("X509v3")));
}

TEST_F(PkiTest, SignatureAlgorithmIsTheOneAskedFor) {
  const auto text_of = [](Certificate description) {
    return run({"openssl", "x509", "-noout", "-text"}, description.issue().cert_pem()).out;
  };
  EXPECT_THAT(text_of(server().key(rsa())), HasSubstr("sha256WithRSAEncryption"));
  EXPECT_THAT(text_of(server().key(rsa()).digest("SHA1")), HasSubstr("sha1WithRSAEncryption"));
  EXPECT_THAT(text_of(server().key(rsa()).digest("MD5")), HasSubstr("md5WithRSAEncryption"));
  EXPECT_THAT(text_of(server().key(rsa()).pss()), HasSubstr("rsassaPss"));
  EXPECT_THAT(text_of(server().key(ec(384)).digest("SHA384")), HasSubstr("ecdsa-with-SHA384"));
  EXPECT_THAT(text_of(server().key(dsa(1024))), HasSubstr("dsa_with_SHA256"));
  EXPECT_THAT(text_of(server().key(ed25519())), HasSubstr("ED25519"));
  EXPECT_THAT(text_of(server().key(ed448())), HasSubstr("ED448"));
}

TEST_F(PkiTest, ChainHasTheIntermediatesButNotTheRoot) {
  const Identity leaf = server().signed_by(ca_).issue();
  EXPECT_EQ(leaf.chain_pem(), leaf.cert_pem() + ca_.cert_pem());
  EXPECT_EQ(leaf.intermediates_pem(), ca_.cert_pem());
  EXPECT_EQ(leaf.chain_der(), (std::vector<std::string>{leaf.cert_der(), ca_.cert_der()}));
  EXPECT_EQ(root_.chain_pem(), root_.cert_pem());
}

TEST_F(PkiTest, CachedKeyIsOneKeyPerLabelAndSpecification) {
  EXPECT_EQ(Key::cached(rsa(1024), "a").pkcs8_der(), Key::cached(rsa(1024), "a").pkcs8_der());
  EXPECT_NE(Key::cached(rsa(1024), "a").pkcs8_der(), Key::cached(rsa(1024), "b").pkcs8_der());
  EXPECT_NE(Key::fresh(ec()).pkcs8_der(), Key::fresh(ec()).pkcs8_der());
  EXPECT_NE(server().issue().with_key(Key::fresh(ec())).key().public_key_der(),
            server().issue().key().public_key_der());
}

struct KeyFormatCase {
  const char* name;
  KeySpec spec;
  const char* traditional_label;  // null when there is no such form
};

class KeyFormatTest : public ::testing::TestWithParam<KeyFormatCase> {
 protected:
  // The public half that the openssl program finds in a key file.
  static std::string public_half(const std::string& key, const std::string& form) {
    return run({"openssl", "pkey", "-inform", form, "-passin", "pass:secret", "-pubout"}, key).out;
  }
};

TEST_P(KeyFormatTest, EveryFormHoldsTheSameKey) {
  const Key key = Key::cached(GetParam().spec, "formats");
  const std::string expected = key.public_key_pem();
  EXPECT_THAT(key.pkcs8_pem(), StartsWith("-----BEGIN PRIVATE KEY-----"));
  EXPECT_EQ(public_half(key.pkcs8_pem(), "PEM"), expected);
  EXPECT_EQ(public_half(key.pkcs8_der(), "DER"), expected);
  EXPECT_THAT(key.encrypted_pkcs8_pem("secret"),
              StartsWith("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
  EXPECT_EQ(public_half(key.encrypted_pkcs8_pem("secret"), "PEM"), expected);
  EXPECT_EQ(public_half(key.encrypted_pkcs8_der("secret"), "DER"), expected);
  EXPECT_EQ(public_half(key.encrypted_pkcs8_pem("other"), "PEM"), "");
}

TEST_P(KeyFormatTest, TraditionalFormExistsForTheOldKinds) {
  const Key key = Key::cached(GetParam().spec, "formats");
  if (GetParam().traditional_label == nullptr) {
    EXPECT_THROW(key.traditional_pem(), std::runtime_error);
    EXPECT_THROW(key.traditional_der(), std::invalid_argument);
    return;
  }
  const std::string expected = key.public_key_pem();
  EXPECT_THAT(key.traditional_pem(),
              StartsWith("-----BEGIN " + std::string(GetParam().traditional_label)));
  EXPECT_EQ(public_half(key.traditional_pem(), "PEM"), expected);
  EXPECT_EQ(public_half(key.traditional_der(), "DER"), expected);
  EXPECT_THAT(key.encrypted_traditional_pem("secret"), HasSubstr("Proc-Type: 4,ENCRYPTED"));
  EXPECT_EQ(public_half(key.encrypted_traditional_pem("secret"), "PEM"), expected);
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, KeyFormatTest,
    ::testing::Values(KeyFormatCase{"Rsa", rsa(), "RSA PRIVATE KEY"},
                      KeyFormatCase{"Ec", ec(), "EC PRIVATE KEY"},
                      KeyFormatCase{"Dsa", dsa(1024), "DSA PRIVATE KEY"},
                      KeyFormatCase{"Ed25519", ed25519(), nullptr},
                      KeyFormatCase{"Ed448", ed448(), nullptr}),
    [](const auto& info) { return std::string(info.param.name); });

TEST_F(PkiTest, Pkcs12HoldsKeyCertificateAndIntermediate) {
  const Identity leaf = server().signed_by(ca_).issue();
  for (const Pkcs12Cipher cipher : {Pkcs12Cipher::kAes256, Pkcs12Cipher::kTripleDes}) {
    const std::string store = leaf.pkcs12("secret", cipher);
    const std::string text =
        run({"openssl", "pkcs12", "-passin", "pass:secret", "-nodes"}, store).out;
    EXPECT_THAT(text, HasSubstr(leaf.cert_pem()));
    EXPECT_THAT(text, HasSubstr(ca_.cert_pem()));
    EXPECT_THAT(text, HasSubstr(leaf.key().pkcs8_pem()));
    EXPECT_NE(run({"openssl", "pkcs12", "-passin", "pass:other", "-nodes"}, store).exit.code, 0);
  }
}

TEST_F(PkiTest, ImpossibleDescriptionSaysWhy) {
  EXPECT_THROW(server().ip("not an address").issue(), std::runtime_error);
  EXPECT_THROW(server().key_usage("nonsense").issue(), std::runtime_error);
  EXPECT_THROW(server().digest("nonsense").issue(), std::runtime_error);
  EXPECT_THROW(Key::fresh(ec(123)), std::runtime_error);
}

}  // namespace
}  // namespace trestle::testing
