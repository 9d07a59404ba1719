// SPDX-License-Identifier: Apache-2.0
#include "core/pki/certificate.h"

#include <gtest/gtest.h>

#include "core/pki/classify.h"
#include "core/pki/pem.h"
#include "core/pki/testing/certificate_builder.h"

namespace trestle::pki {
namespace {

using namespace testing;

const TestKey& ec_key() {
  static const TestKey key = TestKey::ec();
  return key;
}

const TestKey& rsa_key() {
  static const TestKey key = TestKey::rsa(2048);
  return key;
}

CertificatePtr make(const Spec& spec) {
  return parse_or_die(make_certificate(spec, ec_key(), ec_key()));
}

std::string error_of(const Spec& spec) {
  return parse_error(make_certificate(spec, ec_key(), ec_key()));
}

TEST(Certificate, ReadsEveryField) {
  Spec spec;
  spec.serial = integer(Octets{0x00, 0xff, 0x01});
  spec.not_after = "20500101000000Z";
  const Octets subject =
      name({{"2.5.4.6", "DK", 0x13}, {"2.5.4.10", "CSR"}, {"2.5.4.3", "leaf.test"}});
  spec.subject_name = subject;
  spec.with(basic_constraints(true, 3)).with(key_usage({0, 5})).with(ext_key_usage({kServerAuth}));
  spec.with(subject_alt_name({dns("a.test"), email("x@a.test"), ip({127, 0, 0, 1}), uri("x:y"),
                              directory(common_name("d")), tlv(0x88, {0x2a})}));
  spec.with(subject_key_id({1, 2, 3})).with(authority_key_id({4, 5}));
  const Octets der = make_certificate(spec, ec_key(), ec_key());
  const CertificatePtr certificate = parse_or_die(der);
  EXPECT_EQ(certificate->der, Bytes(der));
  EXPECT_NE(certificate->der.data, der.data()) << "it owns its octets";
  EXPECT_EQ(certificate->version, 3);
  EXPECT_EQ(certificate->serial.to_vector(), (Octets{0x00, 0xff, 0x01}));
  EXPECT_EQ(certificate->signature_algorithm.scheme, kEcdsaSha256);
  EXPECT_EQ(certificate->issuer.text, "CN=Test CA");
  EXPECT_EQ(certificate->subject.text, "C=DK, O=CSR, CN=leaf.test");
  EXPECT_EQ(certificate->subject.der, Bytes(subject));
  EXPECT_EQ(certificate->not_before, 1704067200);
  EXPECT_EQ(certificate->not_after, 2524608000);
  EXPECT_EQ(certificate->key.kind, KeyKind::kEc);
  EXPECT_EQ(certificate->key.spki, Bytes(ec_key().spki()));
  EXPECT_FALSE(certificate->is_self_issued());
  EXPECT_TRUE(verify_signature(kEcdsaSha256, certificate->key.spki, certificate->tbs,
                               certificate->signature));
  const Extensions& extensions = certificate->extensions;
  EXPECT_TRUE(extensions.basic_constraints.is_ca);
  EXPECT_TRUE(extensions.basic_constraints.has_path_length);
  EXPECT_EQ(extensions.basic_constraints.path_length, 3u);
  EXPECT_EQ(extensions.key_usage.bits, kDigitalSignature | kKeyCertSign);
  EXPECT_TRUE(extensions.extended_key_usage.server_auth);
  EXPECT_FALSE(extensions.extended_key_usage.client_auth);
  EXPECT_FALSE(extensions.extended_key_usage.any);
  const GeneralNames& names = extensions.subject_alt_name.names;
  ASSERT_EQ(names.dns.size(), 1u);
  EXPECT_EQ(names.dns[0].text(), "a.test");
  ASSERT_EQ(names.ip.size(), 1u);
  EXPECT_EQ(names.ip[0].to_vector(), (Octets{127, 0, 0, 1}));
  EXPECT_EQ(names.directory.size(), 1u);
  EXPECT_TRUE(names.has_email && names.has_uri && names.has_other);
  EXPECT_EQ(extensions.subject_key_id.to_vector(), (Octets{1, 2, 3}));
  EXPECT_EQ(extensions.authority_key_id.key_id.to_vector(), (Octets{4, 5}));
  EXPECT_EQ(classify(certificate->der), BufferKind::kCertificate);
}

TEST(Certificate, OldVersions) {
  Spec v1;
  v1.version = Octets();
  EXPECT_EQ(make(v1)->version, 1);
  Spec v2;
  v2.version = tlv(0xa0, integer(1));
  v2.extension_field = tlv(0x81, {0x00, 0x55});
  EXPECT_EQ(make(v2)->version, 2);
  v1.extension_field = tlv(0x81, {0x00, 0x55});
  EXPECT_EQ(error_of(v1), "a unique identifier is malformed") << "version 1 has none";
  v2.extension_field = tlv(0xa3, sequence({basic_constraints(true)}));
  EXPECT_EQ(error_of(v2), "the list of extensions is malformed") << "version 2 has none";
  for (const Octets& version : {tlv(0xa0, integer(0)), tlv(0xa0, integer(3)), tlv(0xa0, {})}) {
    Spec spec;
    spec.version = version;
    EXPECT_EQ(error_of(spec), "the version is malformed");
  }
}

TEST(Certificate, SerialNumbers) {
  for (const Octets& good : {Octets{0x00}, Octets{0xff}, Octets(20, 0x7f), Octets(64, 0x7f)}) {
    Spec spec;
    spec.serial = integer(good);
    EXPECT_EQ(error_of(spec), "");
  }
  for (const Octets& bad : {Octets{}, Octets{0x00, 0x01}, Octets(65, 0x7f)}) {
    Spec spec;
    spec.serial = integer(bad);
    EXPECT_EQ(error_of(spec), "the serial number is malformed");
  }
}

TEST(Certificate, SaysWhichPartIsMalformed) {
  const auto error_with = [](auto change) {
    Spec spec;
    spec.with(basic_constraints(false));
    change(&spec);
    return error_of(spec);
  };
  EXPECT_EQ(error_with([](Spec*) {}), "");
  EXPECT_EQ(error_with([](Spec* s) { s->outer_algorithm = algorithm_identifier(kEcdsaSha384); }),
            "the inner and the outer signature algorithm differ");
  EXPECT_EQ(error_with([](Spec* s) { s->inner_algorithm = sequence({}); }),
            "the signature algorithm is malformed");
  EXPECT_EQ(error_with([](Spec* s) { s->signature = bit_string({0x80}, 7); }),
            "the signature is malformed");
  EXPECT_EQ(error_with([](Spec* s) { s->after_signature = null(); }),
            "something follows the signature");
  EXPECT_EQ(error_with([](Spec* s) { s->issuer_name = sequence({}); }), "the issuer is empty");
  EXPECT_EQ(error_with([](Spec* s) { s->issuer_name = sequence({tlv(0x31, {})}); }),
            "the issuer is malformed");
  EXPECT_EQ(error_with([](Spec* s) { s->subject_name = null(); }), "the subject is malformed");
  EXPECT_EQ(error_with([](Spec* s) { s->not_after = "340101000000"; }),
            "the validity is malformed");
  EXPECT_EQ(error_with([](Spec* s) { s->not_after = "341301000000Z"; }),
            "the validity is malformed");
  EXPECT_EQ(error_with([](Spec* s) { s->spki = sequence({}); }), "the public key is malformed");
  EXPECT_EQ(error_with([](Spec* s) { s->after_extensions = null(); }),
            "the list of extensions is malformed");
  EXPECT_EQ(error_with([](Spec* s) { s->extension_field = tlv(0xa3, sequence({})); }),
            "the list of extensions is malformed");
  Octets trailing = make_certificate(Spec(), ec_key(), ec_key());
  trailing.push_back(0);
  EXPECT_EQ(parse_error(trailing), "the outer structure is not one DER SEQUENCE");
  EXPECT_EQ(parse_error({}), "the outer structure is not one DER SEQUENCE");
  EXPECT_EQ(parse_error(Octets(kMaxCertificateSize + 1)),
            "the certificate is larger than 128 KiB");
}

TEST(Certificate, AnEmptySubjectIsAllowed) {
  Spec spec;
  spec.subject_name = sequence({});
  EXPECT_TRUE(make(spec)->subject.empty());
}

TEST(Certificate, Extensions) {
  const auto error_with = [](const Octets& extension) { return error_of(Spec().with(extension)); };
  const auto malformed = [](const char* which) {
    return std::string("the extension ") + which + " is malformed";
  };
  EXPECT_EQ(error_of(Spec().with(basic_constraints(true)).with(basic_constraints(true))),
            "the extension 2.5.29.19 comes twice");
  EXPECT_EQ(error_of(Spec()
                         .with(extension("1.2.3", false, {}))
                         .with(extension("1.2.3", false, {1}))),
            "the extension 1.2.3 comes twice")
      << "unknown ones too";
  EXPECT_EQ(error_with(sequence({oid("1.2.3"), tlv(0x01, {0x01}), octet_string({})})),
            "the list of extensions is malformed")
      << "a boolean that isn't DER";
  Spec many;
  for (size_t i = 0; i <= kMaxExtensions; ++i) {
    many.with(extension("1.2.3." + std::to_string(i), false, {}));
  }
  EXPECT_EQ(error_of(many), "the list of extensions is malformed");

  const struct {
    const char* oid;
    const char* name;
    std::vector<Octets> malformed;
  } kCases[] = {
      {"2.5.29.14", "subjectKeyIdentifier", {{}, integer(1)}},
      {"2.5.29.15", "keyUsage", {{}, bit_string({1}, 7), tlv(0x03, {})}},
      {"2.5.29.17",
       "subjectAltName",
       {sequence({}), sequence({ip({1, 2, 3})}), sequence({dns("\xe4.test")}), sequence({null()}),
        sequence({directory(null())})}},
      {"2.5.29.19",
       "basicConstraints",
       {null(), sequence({integer(1), boolean(true)}),
        sequence({boolean(true), integer(Octets{0xff})}),
        sequence({tlv(0x01, {0x02})})}},
      {"2.5.29.30",
       "nameConstraints",
       {sequence({}), sequence({tlv(0xa0, {})}), sequence({tlv(0xa1, sequence({}))}),
        sequence({tlv(0xa0, sequence({ip({10, 0, 0, 0, 255, 0, 255, 0})}))}),
        sequence({tlv(0xa0, sequence({ip({10, 0, 0, 0})}))}),
        sequence({tlv(0xa0, sequence({dns("a"), tlv(0x80, {1})}))})}},
      {"2.5.29.32", "certificatePolicies", {sequence({}), sequence({sequence({})}),
                                            sequence({sequence({oid("1.2.3"), sequence({})})})}},
      {"2.5.29.33", "policyMappings", {sequence({}), sequence({sequence({oid("1.2.3")})})}},
      {"2.5.29.35", "authorityKeyIdentifier", {null(), sequence({integer(1)})}},
      {"2.5.29.36", "policyConstraints", {sequence({}), sequence({tlv(0x80, {0xff})}),
                                          sequence({tlv(0x80, {})})}},
      {"2.5.29.37", "extKeyUsage", {sequence({}), sequence({integer(1)})}},
      {"2.5.29.54", "inhibitAnyPolicy", {integer(Octets{0x80}), null()}},
  };
  for (const auto& each : kCases) {
    for (const Octets& value : each.malformed) {
      EXPECT_EQ(error_with(extension(each.oid, false, value)), malformed(each.name));
    }
  }
}

TEST(Certificate, ToleratedExtensions) {
  const Octets explicit_false = sequence({boolean(false)});
  EXPECT_FALSE(make(Spec().with(extension("2.5.29.19", true, explicit_false)))
                   ->extensions.basic_constraints.is_ca);
  const Octets huge_length = sequence({boolean(true), integer(Octets(20, 0x7f))});
  EXPECT_GE(make(Spec().with(extension("2.5.29.19", true, huge_length)))
                ->extensions.basic_constraints.path_length, 255u);
  EXPECT_EQ(make(Spec().with(key_usage({})))->extensions.key_usage.bits, 0);
  EXPECT_TRUE(make(Spec().with(key_usage({})))->extensions.key_usage.present);
}

TEST(Certificate, UnknownCriticalExtensionsAreListed) {
  Spec spec;
  spec.with(extension("1.2.3.4", true, {})).with(extension("1.2.3.5", false, {}));
  spec.with(extension("2.5.29.31", true, sequence({})));
  EXPECT_EQ(make(spec)->extensions.unknown_critical,
            (std::vector<std::string>{"1.2.3.4", "2.5.29.31"}));
}

TEST(Certificate, CriticalPoliciesMustBeUnderstood) {
  const auto with_qualifier = [](const char* qualifier, bool critical) {
    const Octets info = sequence({oid(qualifier), tlv(0x16, octets("x"))});
    return make(Spec().with(extension(
        "2.5.29.32", critical, sequence({sequence({oid("1.2.3"), sequence({info})})}))));
  };
  const char* kCps = "1.3.6.1.5.5.7.2.1";
  EXPECT_TRUE(with_qualifier(kCps, true)->extensions.unknown_critical.empty());
  EXPECT_TRUE(with_qualifier("1.2.3", false)->extensions.unknown_critical.empty());
  EXPECT_EQ(with_qualifier("1.2.3", true)->extensions.unknown_critical.size(), 1u);
}

TEST(Certificate, TooManyNames) {
  std::vector<Octets> names(kMaxGeneralNames, dns("a"));
  EXPECT_EQ(error_of(Spec().with(subject_alt_name(names))), "");
  names.push_back(dns("b"));
  EXPECT_EQ(error_of(Spec().with(subject_alt_name(names))),
            "the extension subjectAltName is malformed");
}

TEST(Certificate, SignatureAlgorithms) {
  const auto algorithm_of = [](uint16_t scheme, const TestKey& key) {
    Spec spec;
    spec.scheme = scheme;
    return parse_or_die(make_certificate(spec, ec_key(), key))->signature_algorithm;
  };
  for (uint16_t scheme : {kRsaSha1, kRsaSha256, kRsaSha384, kRsaSha512, kRsaPssSha256,
                          kRsaPssSha384, kRsaPssSha512}) {
    EXPECT_EQ(algorithm_of(scheme, rsa_key()).scheme, scheme);
    EXPECT_EQ(algorithm_of(scheme, rsa_key()).uses_sha1, scheme == kRsaSha1);
  }
  for (uint16_t scheme : {kEcdsaSha1, kEcdsaSha256, kEcdsaSha384, kEcdsaSha512}) {
    EXPECT_EQ(algorithm_of(scheme, ec_key()).scheme, scheme);
    EXPECT_EQ(algorithm_of(scheme, ec_key()).uses_sha1, scheme == kEcdsaSha1);
  }
  EXPECT_EQ(algorithm_of(kEd25519, TestKey::ed25519()).scheme, kEd25519);
  EXPECT_EQ(algorithm_of(kEd448, TestKey::ed448()).scheme, kEd448);
  const TestKey dsa = TestKey::dsa(1024);
  EXPECT_EQ(algorithm_of(kDsaSha1, dsa).scheme, kDsaSha1);
  EXPECT_EQ(algorithm_of(kDsaSha256, dsa).scheme, kDsaSha256);
  const SignatureAlgorithm md5 = algorithm_of(kRsaMd5, rsa_key());
  EXPECT_EQ(md5.scheme, 0);
  EXPECT_TRUE(md5.is_broken);
  EXPECT_EQ(md5.text, "md5WithRSAEncryption");
}

TEST(Certificate, SignatureAlgorithmsThatTlsDoesNotKnow) {
  const auto scheme_of = [](const Octets& identifier) {
    SignatureAlgorithm algorithm;
    EXPECT_TRUE(parse_signature_algorithm(Bytes(identifier), &algorithm));
    return algorithm.scheme;
  };
  const char* kPss = "1.2.840.113549.1.1.10";
  const Octets sha256 = sequence({oid("2.16.840.1.101.3.4.2.1"), null()});
  const Octets sha384 = sequence({oid("2.16.840.1.101.3.4.2.2")});
  const Octets mgf256 = sequence({oid("1.2.840.113549.1.1.8"), sha256});
  const Octets mgf384 = sequence({oid("1.2.840.113549.1.1.8"), sha384});
  const auto pss = [&](const std::vector<Octets>& fields) {
    return scheme_of(sequence({oid(kPss), sequence(fields)}));
  };
  EXPECT_EQ(pss({tlv(0xa0, sha256), tlv(0xa1, mgf256), tlv(0xa2, integer(32))}), kRsaPssSha256);
  EXPECT_EQ(pss({tlv(0xa0, sha384), tlv(0xa1, mgf384), tlv(0xa2, integer(48))}), kRsaPssSha384);
  EXPECT_EQ(pss({tlv(0xa0, sha256), tlv(0xa1, mgf256), tlv(0xa2, integer(32)),
                 tlv(0xa3, integer(1))}), kRsaPssSha256);
  EXPECT_EQ(pss({tlv(0xa0, sha256), tlv(0xa1, mgf256), tlv(0xa2, integer(32)),
                 tlv(0xa3, integer(2))}), 0) << "another trailer";
  EXPECT_EQ(pss({tlv(0xa0, sha256), tlv(0xa1, mgf384), tlv(0xa2, integer(32))}), 0)
      << "the mask's hash differs";
  EXPECT_EQ(pss({tlv(0xa0, sha256), tlv(0xa1, mgf256), tlv(0xa2, integer(20))}), 0)
      << "a shorter salt";
  EXPECT_EQ(pss({tlv(0xa0, sha256), tlv(0xa1, mgf256)}), 0) << "the default salt of 20";
  EXPECT_EQ(pss({}), 0) << "SHA-1 by default";
  EXPECT_EQ(scheme_of(sequence({oid(kPss)})), 0) << "no parameters at all";
  EXPECT_EQ(scheme_of(sequence({oid("1.2.840.10045.4.3.2"), null()})), 0)
      << "ECDSA has no parameters";
  EXPECT_EQ(scheme_of(sequence({oid("1.2.840.113549.1.1.11")})), kRsaSha256) << "NULL left away";
  EXPECT_EQ(scheme_of(sequence({oid("1.2.840.113549.1.1.14"), null()})), 0) << "SHA-224";
  SignatureAlgorithm unknown;
  const Octets identifier = sequence({oid("1.2.3.4"), null()});
  EXPECT_TRUE(parse_signature_algorithm(Bytes(identifier), &unknown));
  EXPECT_EQ(unknown.text, "1.2.3.4");
}

PublicKey key_of(const Octets& spki) {
  PublicKey key;
  EXPECT_TRUE(parse_public_key(Bytes(spki), &key));
  return key;
}

TEST(Certificate, PublicKeys) {
  EXPECT_EQ(key_of(rsa_key().spki()).kind, KeyKind::kRsa);
  EXPECT_EQ(key_of(rsa_key().spki()).bits, 2048);
  EXPECT_EQ(key_of(TestKey::rsa(1024).spki()).bits, 1024);
  const std::pair<const char*, int> kCurves[] = {
      {"P-192", 192}, {"P-224", 224}, {"P-256", 256}, {"P-384", 384}, {"P-521", 521},
      {"secp256k1", 256}, {"brainpoolP256r1", 256}, {"brainpoolP384r1", 384},
      {"brainpoolP512r1", 512}};
  for (const auto& curve : kCurves) {
    const PublicKey key = key_of(TestKey::ec(curve.first).spki());
    EXPECT_EQ(key.kind, KeyKind::kEc) << curve.first;
    EXPECT_EQ(key.bits, curve.second) << curve.first;
  }
  EXPECT_EQ(key_of(TestKey::ed25519().spki()).kind, KeyKind::kEd25519);
  EXPECT_EQ(key_of(TestKey::ed25519().spki()).bits, 256);
  EXPECT_EQ(key_of(TestKey::ed448().spki()).kind, KeyKind::kEd448);
  const PublicKey dsa = key_of(TestKey::dsa(1024).spki());
  EXPECT_EQ(dsa.kind, KeyKind::kDsa);
  EXPECT_EQ(dsa.bits, 1024);
}

Octets rsa_spki(const std::vector<Octets>& key, const char* algorithm = "1.2.840.113549.1.1.1") {
  return sequence({sequence({oid(algorithm), null()}), bit_string(sequence(key))});
}

TEST(Certificate, PublicKeysThatCannotBeUsed) {
  const Octets modulus = integer(Octets(256, 0x7f));
  EXPECT_EQ(key_of(rsa_spki({modulus, integer(65537)})).kind, KeyKind::kRsa);
  EXPECT_EQ(key_of(rsa_spki({modulus, integer(65536)})).kind, KeyKind::kUnknown) << "even exponent";
  EXPECT_EQ(key_of(rsa_spki({modulus, integer(1)})).kind, KeyKind::kUnknown) << "exponent 1";
  EXPECT_EQ(key_of(rsa_spki({modulus, integer(Octets(9, 0x7f))})).kind, KeyKind::kUnknown)
      << "an exponent of 71 bits";
  EXPECT_EQ(key_of(rsa_spki({integer(Octets{0xff}), integer(3)})).kind, KeyKind::kUnknown)
      << "negative modulus";
  EXPECT_EQ(key_of(rsa_spki({integer(Octets(2049, 0x7f)), integer(3)})).kind, KeyKind::kUnknown)
      << "a modulus beyond 16384 bits";
  EXPECT_EQ(key_of(rsa_spki({modulus})).kind, KeyKind::kUnknown);
  EXPECT_EQ(key_of(sequence({sequence({oid("1.2.840.10045.2.1"), sequence({integer(1)})}),
                             bit_string({4, 1, 2})})).text, "EC with explicit parameters");
  EXPECT_EQ(key_of(sequence({sequence({oid("1.2.840.10045.2.1"), oid("1.2.3")}),
                             bit_string({4, 1, 2})})).text, "EC 1.2.3");
  EXPECT_EQ(key_of(sequence({sequence({oid("1.3.101.112")}), bit_string(Octets(31))})).kind,
            KeyKind::kUnknown);
  EXPECT_EQ(key_of(sequence({sequence({oid("1.2.840.10040.4.1")}), bit_string(integer(5))})).kind,
            KeyKind::kUnknown)
      << "DSA with inherited parameters";
  const PublicKey unknown = key_of(sequence({sequence({oid("1.2.3")}), bit_string({1})}));
  EXPECT_EQ(unknown.kind, KeyKind::kUnknown);
  EXPECT_EQ(unknown.text, "1.2.3");
}

TEST(Certificate, SchemeForKey) {
  const auto scheme_with = [](uint16_t scheme, const Octets& spki) {
    const Octets identifier = algorithm_identifier(scheme);
    SignatureAlgorithm algorithm;
    EXPECT_TRUE(parse_signature_algorithm(Bytes(identifier), &algorithm));
    return scheme_for_key(algorithm, key_of(spki));
  };
  const Octets rsa = rsa_key().spki(), ec = ec_key().spki();
  EXPECT_EQ(scheme_with(kRsaSha256, rsa), kRsaSha256);
  EXPECT_EQ(scheme_with(kRsaPssSha256, rsa), kRsaPssRsaeSha256);
  EXPECT_EQ(scheme_with(kRsaPssSha512, rsa), kRsaPssRsaeSha512);
  EXPECT_EQ(scheme_with(kEcdsaSha384, ec), kEcdsaSha384) << "whatever the curve";
  EXPECT_EQ(scheme_with(kEcdsaSha256, rsa), 0);
  EXPECT_EQ(scheme_with(kRsaSha256, ec), 0);
  EXPECT_EQ(scheme_with(kEd25519, ec), 0);

  const Octets modulus = integer(Octets(256, 0x7f));
  const Octets numbers = bit_string(sequence({modulus, integer(65537)}));
  const Octets pss = sequence({sequence({oid("1.2.840.113549.1.1.10")}), numbers});
  EXPECT_EQ(scheme_with(kRsaPssSha384, pss), kRsaPssSha384);
  EXPECT_EQ(scheme_with(kRsaSha256, pss), 0) << "such a key makes no PKCS#1 v1.5 signatures";
  const Octets bound = sequence({algorithm_identifier(kRsaPssSha256), numbers});
  EXPECT_EQ(scheme_with(kRsaPssSha256, bound), kRsaPssSha256);
  EXPECT_EQ(scheme_with(kRsaPssSha384, bound), 0) << "the key is bound to SHA-256";
}

TEST(Certificate, TheDocumentsSampleIsDamagedBeyondItsLostCharacters) {
  // The sample of C's section 3.4.2 with the two characters that its copy has lost put back (as
  // "A"): the outer lengths fit again, but misread characters remain, and the first to be met is in
  // the outer signature algorithm. (pem_test.cc has the copy as it is.)
  constexpr char kRestored[] = R"(-----BEGIN CERTIFICATE-----
MIICdzCCAeCgAwIBAgIBBDANBgkqhkiG9w0BAQUFADBMMQswCQYDVQQGEwJESzEQ
MA4GA1UEBwwHQWFsYm9yZzEMMAoGA1UECgwDQ1NSMR4wHAYDVQQDDDBVDZJ0aWZp
Y2F0ZSBDbXR0b3JpdHkwHhcNMjAwNzI4MDAwMDAwWhcNNDAwMDAwMDAwMDAwMDAw
MQswCQYDVQQGEwJESzEMMAoGA1UECgwDQ1NSMR4wHAYDVQQDEwNDU1IGVExTIFRl
c3QgQ2xpZW50MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDk/Pf7cgJ794fn
siGVCqrwVgQFeKcMRGs3f6zqZ6LbKC3rk4UqDE88BIPYSf/HokgGXTvrmWlowsuu
43wjFgbZgWfK080wZS39KBNUzI/onfPLiqi7y6RRHUtAAuJPHMLUwWHBWTnJlvAA
i4p6eI24gP8+f3laynbulP7MEtHCywiDAQAB03sweTAJBgNVHRMEAjAAMCwGCWCG
SAGG+EIBDQOQfFh1PcGVuU1NMIEdlbmVYXRlZCBBDZJ0aWZpY2F0ZTAdBgNVHQ4E
FgQUUG+uUYMqelfdVlFpTK8Ovi51cnUwHwYDVROjBBgwFoAUMtAal9Q50bedoLEI
gIld9MwGTGAwdQYJKoZIhvcNAQEFBQADgYEAUWC3oJ0EMDGQJx4x1JGbVcEEPl7F
lZSqV37q1OUufWZG/QAH/Q7f2mdhBTruKLKGMbPq3wV/88fhTevTWw8mWJSbgBtZ
t0uDtgRqA8y3u+RIQYNEIuA2cXxGUZYMfwTfBAv34sOCHB7Pq51NvNub9GD5yjbA
7Aw1JHFrQoS/O7A=
-----END CERTIFICATE-----
)";
  std::vector<PemObject> objects;
  PemError error;
  ASSERT_TRUE(decode_pem(Bytes(std::string_view(kRestored)), &objects, &error)) << error.text();
  std::string reason;
  EXPECT_EQ(Certificate::parse(objects[0].der.bytes(), &reason), nullptr);
  EXPECT_EQ(reason, "the signature algorithm is malformed");
}

}  // namespace
}  // namespace trestle::pki
