// SPDX-License-Identifier: Apache-2.0
//
// The verdict, case by case. The certificates are made here; signatures are checked by libcrypto
// through a checker that counts.
#include "core/pki/verify.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "core/pki/testing/certificate_builder.h"
#include "trestle/trestle.h"

namespace trestle::pki {
namespace {

using namespace testing;

constexpr int64_t kNow = 1750000000;  // 2025-06-15; the certificates run from 2024 to 2034

class CountingChecker : public SignatureChecker {
 public:
  SignatureStatus check(uint16_t scheme, Bytes spki, Bytes message, Bytes signature) override {
    ++checks;
    schemes.insert(scheme);
    if (unsupported.count(scheme) > 0) return SignatureStatus::kUnsupported;
    return verify_signature(scheme, spki, message, signature) ? SignatureStatus::kValid
                                                              : SignatureStatus::kInvalid;
  }

  int checks = 0;
  std::set<uint16_t> schemes;
  std::set<uint16_t> unsupported;
};

// Keys by name, made once.
const TestKey& key(const std::string& which) {
  static std::map<std::string, TestKey> keys;
  auto found = keys.find(which);
  if (found == keys.end()) {
    const std::string kind = which.substr(0, which.find('-'));
    TestKey made = kind == "rsa"       ? TestKey::rsa(2048)
                   : kind == "rsa1024" ? TestKey::rsa(1024)
                   : kind == "dsa"     ? TestKey::dsa(2048)
                   : kind == "p192"    ? TestKey::ec("P-192")
                   : kind == "ed25519" ? TestKey::ed25519()
                   : kind == "ed448"   ? TestKey::ed448()
                                       : TestKey::ec();
    found = keys.emplace(which, made).first;
  }
  return found->second;
}

// The keys have the names of the subject and of the issuer, unless told otherwise.
Octets issue(Spec spec, const std::string& subject_key = "", const std::string& issuer_key = "") {
  return make_certificate(spec, key(subject_key.empty() ? spec.subject : subject_key),
                          key(issuer_key.empty() ? spec.issuer : issuer_key));
}

Spec spec_of(const std::string& subject, const std::string& issuer) {
  Spec spec;
  spec.subject = subject;
  spec.issuer = issuer;
  return spec;
}

Spec ca_spec(const std::string& subject, const std::string& issuer, int path_length = -1) {
  return spec_of(subject, issuer)
      .with(basic_constraints(true, path_length))
      .with(key_usage({5, 6}));
}

Spec leaf_spec(const std::string& issuer, const std::string& subject = "leaf") {
  return spec_of(subject, issuer)
      .with(basic_constraints(false))
      .with(key_usage({0}))
      .with(ext_key_usage({kServerAuth, kClientAuth}))
      .with(subject_alt_name({dns("good.test")}));
}

// Made once: an ECDSA signature, and so the certificate, is another one each time.
const Octets& root() {
  static const Octets der = issue(ca_spec("root", "root"));
  return der;
}
const Octets& middle() {
  static const Octets der = issue(ca_spec("middle", "root"));
  return der;
}
const Octets& leaf() {
  static const Octets der = issue(leaf_spec("middle"));
  return der;
}

struct Question {
  std::vector<Octets> chain;
  std::vector<Octets> anchors;
  Purpose purpose = Purpose::kServer;
  int64_t now = kNow;
  Policy policy = {};
};

Verdict ask(const Question& question, CountingChecker* checker = nullptr) {
  TrustStore store;
  TrustStoreError error;
  for (const Octets& anchor : question.anchors) {
    EXPECT_TRUE(store.add(Bytes(anchor), &error)) << error.text;
  }
  std::vector<Bytes> chain;
  for (const Octets& each : question.chain) chain.push_back(Bytes(each));
  CountingChecker own;
  return verify(parse_chain(chain), store, question.purpose, question.now, question.policy,
                checker != nullptr ? *checker : own);
}

Verdict ask(std::vector<Octets> chain, std::vector<Octets> anchors) {
  return ask(Question{std::move(chain), std::move(anchors)});
}

void expect(const Verdict& verdict, Finding finding, int32_t index, const char* subject) {
  EXPECT_STREQ(finding_name(verdict.finding), finding_name(finding)) << verdict.detail;
  EXPECT_EQ(verdict.certificate_index, index) << verdict.detail;
  EXPECT_EQ(verdict.subject, subject) << verdict.detail;
  EXPECT_EQ(verdict.detail.empty(), finding == Finding::kOk) << verdict.detail;
}

void expect_ok(const Verdict& verdict) { expect(verdict, Finding::kOk, 0, "CN=leaf"); }

TEST(Verify, GoodChains) {
  expect_ok(ask({leaf(), middle()}, {root()}));
  expect_ok(ask({leaf(), middle(), root()}, {root()}));
  expect_ok(ask({issue(leaf_spec("root"))}, {root()}));
  expect_ok(ask({leaf(), middle()}, {middle(), root()}));
}

TEST(Verify, EverySignatureAlgorithm) {
  const std::pair<const char*, uint16_t> kCases[] = {
      {"rsa", kRsaSha256},    {"rsa", kRsaSha384},    {"rsa", kRsaSha512},
      {"rsa", kRsaPssSha256}, {"rsa", kRsaPssSha384}, {"rsa", kRsaPssSha512},
      {"ec", kEcdsaSha256},   {"ec", kEcdsaSha384},   {"ec", kEcdsaSha512},
      {"ed25519", kEd25519},  {"ed448", kEd448},      {"dsa", kDsaSha256}};
  for (const auto& each : kCases) {
    const Octets anchor = issue(ca_spec(each.first, each.first));
    Spec spec = leaf_spec(each.first);
    spec.scheme = each.second;
    CountingChecker checker;
    expect_ok(ask({{issue(spec)}, {anchor}}, &checker));
    EXPECT_EQ(checker.checks, 1);
    const bool is_pss = each.second >= kRsaPssSha256 && each.second <= kRsaPssSha512;
    EXPECT_EQ(checker.schemes.count(is_pss ? each.second - 5 : each.second), 1u);
  }
}

TEST(Verify, OrderAndSuperfluousCertificatesDoNotMatter) {
  const Octets lower = issue(ca_spec("lower", "middle"));
  const Octets end = issue(leaf_spec("lower"));
  const Octets stranger = issue(ca_spec("stranger", "somebody"));
  expect_ok(ask({end, middle(), lower}, {root()}));
  expect_ok(ask({end, root(), middle(), stranger, lower, middle(), end}, {root()}));
  // A malformed certificate that isn't needed.
  expect_ok(ask({end, stranger, octets("garbage"), lower, middle()}, {root()}));
}

TEST(Verify, CrossSigned) {
  // Two roots vouch for `middle`; only one of them is trusted, and either way round works.
  const Octets other = issue(ca_spec("other", "other"));
  const Octets cross = issue(ca_spec("middle", "other"));
  for (const Octets& anchor : {root(), other}) {
    expect_ok(ask({leaf(), middle(), cross}, {anchor}));
    expect_ok(ask({leaf(), cross, middle()}, {anchor}));
  }
  // The root itself is cross-signed by a root that nobody trusts any more.
  const Octets old_cross = issue(ca_spec("root", "old"));
  expect_ok(ask({leaf(), middle(), old_cross, issue(ca_spec("old", "old"))}, {root()}));
}

TEST(Verify, ExpiredCrossSignatureIsSteppedAround) {
  Spec expired = ca_spec("middle", "other");
  expired.not_after = "250101000000Z";
  const Octets other = issue(ca_spec("other", "other"));
  expect_ok(ask({leaf(), issue(expired), middle()}, {other, root()}));
  Spec old_root = ca_spec("root", "root");
  old_root.not_after = "250101000000Z";
  expect_ok(ask({leaf(), middle()}, {issue(old_root), root()}));
  expect(ask({leaf(), middle()}, {issue(old_root)}), Finding::kExpired, -1, "CN=root");
}

TEST(Verify, BacktrackingLeavesNothingBehind) {
  // Two "lower" of different keys below "middle", which allows one intermediate; the first leads
  // nowhere.
  const Octets one_below = issue(ca_spec("middle", "root", 1));
  const Octets dead_end = issue(ca_spec("lower", "middle"), "ec-dead-end", "middle");
  const Octets end = issue(leaf_spec("lower"));
  expect_ok(ask({end, dead_end, issue(ca_spec("lower", "middle")), one_below}, {root()}));
}

TEST(Verify, SeveralIssuersOfOneName) {
  // Anchors and intermediates that share a name and differ in their keys.
  std::vector<Octets> anchors, chain = {leaf()};
  for (int i = 0; i < 5; ++i) {
    const std::string other_key = "ec-" + std::to_string(i);
    anchors.push_back(issue(ca_spec("root", "root"), other_key, other_key));
    chain.push_back(issue(ca_spec("middle", "root"), other_key, "root"));
  }
  anchors.push_back(root());
  chain.push_back(middle());
  CountingChecker checker;
  expect_ok(ask({chain, anchors}, &checker));
  EXPECT_LE(checker.checks, 6 * 6 + 6);
}

TEST(Verify, IdentifiersChooseTheIssuerToTryFirst) {
  std::vector<Octets> anchors;
  for (uint8_t i = 0; i < 10; ++i) {
    const std::string other_key = "ec-" + std::to_string(i);
    const Spec spec = ca_spec("root", "root").with(subject_key_id({i}));
    anchors.push_back(issue(spec, other_key, other_key));
  }
  const Octets end = issue(leaf_spec("root").with(authority_key_id({9})), "leaf", "ec-9");
  CountingChecker checker;
  expect_ok(ask({{end}, anchors}, &checker));
  EXPECT_EQ(checker.checks, 1);
}

TEST(Verify, WrongIdentifiersDoNotDecide) {
  const Octets anchor = issue(ca_spec("root", "root").with(subject_key_id({1})));
  expect_ok(ask({issue(leaf_spec("root").with(authority_key_id({2})))}, {anchor}));
}

TEST(Verify, Loops) {
  const Octets a = issue(ca_spec("a", "b")), b = issue(ca_spec("b", "a"));
  const Octets end = issue(leaf_spec("a"));
  EXPECT_EQ(ask({end, a, b}, {root()}).finding, Finding::kMissingIssuer);
  // With a way out of the loop.
  const Octets exit = issue(ca_spec("b", "root"));
  expect_ok(ask({end, a, b, exit}, {root()}));
}

TEST(Verify, NamesThatDifferInEncodingAreTheSame) {
  Spec spec = leaf_spec("root");
  spec.issuer_name = name({{"2.5.4.3", " ROOT ", 0x13}});
  expect_ok(ask({issue(spec)}, {root()}));
}

// --- What a trust anchor means -----------------------------------------------------------------

TEST(Verify, TrustedSelfSignedLeaf) {
  const Octets self_signed = issue(leaf_spec("leaf"));
  CountingChecker checker;
  expect_ok(ask({{self_signed}, {self_signed}}, &checker));
  EXPECT_EQ(checker.checks, 0) << "trusted as itself";
  const Octets as_openssl_makes_it =
      issue(spec_of("leaf", "leaf").with(basic_constraints(true)).with(subject_key_id({1})));
  expect_ok(ask({as_openssl_makes_it}, {as_openssl_makes_it}));
  const Octets v1 = issue([] {
    Spec spec = spec_of("leaf", "leaf");
    spec.version = Octets();
    return spec;
  }());
  expect_ok(ask({v1}, {v1}));
}

TEST(Verify, TrustedSelfSignedLeafIsStillHeldToTheRules) {
  const Octets self_signed = issue(leaf_spec("leaf"));
  Question question = {{self_signed}, {self_signed}};
  question.now = 2051222400;  // 2035
  expect(ask(question), Finding::kExpired, 0, "CN=leaf");
  const Octets client_only = issue(spec_of("leaf", "leaf").with(ext_key_usage({kClientAuth})));
  expect(ask({client_only}, {client_only}), Finding::kPurpose, 0, "CN=leaf");
  const Octets weak = issue(leaf_spec("leaf"), "rsa1024", "rsa1024");
  expect(ask({weak}, {weak}), Finding::kKeyTooSmall, 0, "CN=leaf");
}

TEST(Verify, AnotherCertificateOfTheSameNameIsNotTrusted) {
  const Octets trusted = issue(leaf_spec("leaf"));
  const Octets forged = issue(leaf_spec("leaf"), "forger", "forger");
  expect(ask({forged}, {trusted}), Finding::kSelfSigned, 0, "CN=leaf");
}

TEST(Verify, TrustedLeafIsNoCa) {
  const Octets trusted = issue(leaf_spec("server", "server"));
  const Octets below = issue(leaf_spec("server"));
  expect(ask({below}, {trusted}), Finding::kCaInvalid, -1, "CN=server");
}

TEST(Verify, TrustedIntermediate) {
  expect_ok(ask({leaf(), middle()}, {middle()}));
  expect_ok(ask({leaf()}, {middle()}));
}

TEST(Verify, TrustedLeafIssuedByACa) {
  expect_ok(ask({leaf()}, {leaf()}));
  expect_ok(ask({leaf(), middle()}, {leaf()}));
}

TEST(Verify, RootsOfVersion1) {
  Spec spec = spec_of("root", "root");
  spec.version = Octets();
  expect_ok(ask({issue(leaf_spec("root"))}, {issue(spec)}));
  Spec intermediate = spec_of("middle", "root");
  intermediate.version = Octets();
  expect(ask({leaf(), issue(intermediate)}, {root()}), Finding::kCaInvalid, 1, "CN=middle");
  expect(ask({leaf()}, {issue(intermediate)}), Finding::kCaInvalid, -1, "CN=middle");
  Spec rolled = spec_of("root", "root");  // self-issued, and still no anchor
  rolled.version = Octets();
  expect(ask({issue(leaf_spec("root"), "leaf", "new root"), issue(rolled, "new root", "root")},
             {root()}),
         Finding::kCaInvalid, 1, "CN=root");
}

TEST(Verify, TheAnchorsOwnSignatureDoesNotCount) {
  for (uint16_t weak : {kRsaMd5, kRsaSha1}) {
    Spec spec = ca_spec("rsa-root", "rsa-root");
    spec.scheme = weak;
    expect_ok(ask({issue(leaf_spec("rsa-root"))}, {issue(spec)}));
  }
}

// --- No way to an anchor ------------------------------------------------------------------------

TEST(Verify, SelfSigned) {
  const Octets self_signed = issue(leaf_spec("leaf"));
  expect(ask({self_signed}, {root()}), Finding::kSelfSigned, 0, "CN=leaf");
  expect(ask({self_signed}, {}), Finding::kSelfSigned, 0, "CN=leaf");
  expect(ask({leaf(), middle(), root()}, {issue(ca_spec("other", "other"))}), Finding::kSelfSigned,
         2, "CN=root");
  expect(ask({leaf(), middle(), root()}, {}), Finding::kSelfSigned, 2, "CN=root");
}

TEST(Verify, MissingIssuer) {
  expect(ask({leaf(), middle()}, {issue(ca_spec("other", "other"))}), Finding::kMissingIssuer, 1,
         "CN=middle");
  expect(ask({leaf(), middle()}, {}), Finding::kMissingIssuer, 1, "CN=middle");
  const Octets lower = issue(ca_spec("lower", "middle"));
  expect(ask({issue(leaf_spec("lower")), lower}, {root()}), Finding::kMissingIssuer, 1, "CN=lower");
}

TEST(Verify, LoneLeaf) {
  expect(ask({leaf()}, {root()}), Finding::kUnableToVerifyLeaf, 0, "CN=leaf");
  expect(ask({leaf()}, {}), Finding::kNoTrustAnchors, 0, "CN=leaf");
  expect(ask({leaf(), issue(ca_spec("stranger", "nobody"))}, {root()}),
         Finding::kUnableToVerifyLeaf, 0, "CN=leaf");
}

TEST(Verify, SelfIssuedButNotSelfSigned) {
  // A key roll-over: same name, the key identifiers tell that another key has signed.
  const Octets rolled = issue(ca_spec("root", "root")
                                  .with(subject_key_id({2}))
                                  .with(authority_key_id({1})), "new root", "root");
  const Octets end = issue(leaf_spec("root"), "leaf", "new root");
  expect_ok(ask({end, rolled}, {root()}));
  expect(ask({end, rolled}, {}), Finding::kMissingIssuer, 1, "CN=root");
}

TEST(Verify, MalformedCertificates) {
  expect(ask({}, {root()}), Finding::kMalformed, -1, "");
  expect(ask({octets("garbage"), middle()}, {root()}), Finding::kMalformed, 0, "");
  expect(ask({leaf(), octets("garbage")}, {root()}), Finding::kMalformed, 1, "");
}

// --- Signatures ---------------------------------------------------------------------------------

Octets damaged(Octets der) {
  der.back() ^= 1;  // within the signature
  return der;
}

TEST(Verify, WrongSignatures) {
  expect(ask({damaged(leaf()), middle()}, {root()}), Finding::kSignature, 0, "CN=leaf");
  expect(ask({damaged(leaf()), middle(), root()}, {root()}), Finding::kSignature, 0, "CN=leaf");
  expect(ask({leaf(), damaged(middle())}, {root()}), Finding::kSignature, 1, "CN=middle");
  const Octets reissued = issue(ca_spec("root", "root"));  // other octets, the same name and key
  expect(ask({damaged(leaf()), middle(), reissued}, {root()}), Finding::kSignature, 0, "CN=leaf");
  expect(ask({issue(leaf_spec("root"), "leaf", "forger")}, {root()}), Finding::kSignature, 0,
         "CN=leaf");
}

TEST(Verify, ARootThatOnlyBorrowsTheName) {
  const Octets fake_root = issue(ca_spec("root", "root"), "forger", "forger");
  const Octets end = issue(leaf_spec("root"), "leaf", "forger");
  expect(ask({end, fake_root}, {root()}), Finding::kSelfSigned, 1, "CN=root");
  // The identifiers tell that the trusted root isn't the one that is meant.
  const Octets named_root = issue(ca_spec("root", "root").with(subject_key_id({1})));
  const Octets elsewhere = issue(leaf_spec("root").with(authority_key_id({2})), "leaf", "forger");
  expect(ask({elsewhere}, {named_root}), Finding::kUnableToVerifyLeaf, 0, "CN=leaf");
}

TEST(Verify, SignatureOfAnotherKind) {
  Spec spec = leaf_spec("root");
  spec.scheme = kRsaSha256;
  expect(ask({issue(spec, "leaf", "rsa")}, {root()}), Finding::kSignature, 0, "CN=leaf");
}

TEST(Verify, UnsupportedAlgorithms) {
  Spec unknown = leaf_spec("root");
  unknown.inner_algorithm = sequence({oid("1.2.3.4")});
  const Verdict verdict = ask({issue(unknown)}, {root()});
  expect(verdict, Finding::kUnsupportedAlgorithm, 0, "CN=leaf");
  EXPECT_NE(verdict.detail.find("1.2.3.4"), std::string::npos);

  Spec unknown_key = leaf_spec("root");
  unknown_key.spki = sequence({sequence({oid("1.2.3.5")}), bit_string({1})});
  expect(ask({issue(unknown_key)}, {root()}), Finding::kUnsupportedAlgorithm, 0, "CN=leaf");

  Spec unknown_ca_key = ca_spec("middle", "root");
  unknown_ca_key.spki = sequence({sequence({oid("1.2.3.5")}), bit_string({1})});
  expect(ask({leaf(), issue(unknown_ca_key)}, {root()}), Finding::kUnsupportedAlgorithm, 0,
         "CN=leaf");

  CountingChecker checker;
  checker.unsupported = {kEd448};
  expect(ask({{issue(leaf_spec("ed448"))}, {issue(ca_spec("ed448", "ed448"))}}, &checker),
         Finding::kUnsupportedAlgorithm, 0, "CN=leaf");
}

TEST(Verify, WeakSignatures) {
  const Octets anchor = issue(ca_spec("rsa", "rsa"));
  Spec spec = leaf_spec("rsa");
  spec.scheme = kRsaMd5;
  CountingChecker checker;
  Question question = {{issue(spec)}, {anchor}};
  question.policy.allow_sha1 = true;
  expect(ask(question, &checker), Finding::kWeakSignature, 0, "CN=leaf");
  EXPECT_EQ(checker.checks, 0) << "MD5 is never even checked";

  spec.scheme = kRsaSha1;
  question.chain = {issue(spec)};
  expect_ok(ask(question));
  question.policy.allow_sha1 = false;
  expect(ask(question), Finding::kWeakSignature, 0, "CN=leaf");

  Spec weak_middle = ca_spec("middle", "root");
  weak_middle.scheme = kEcdsaSha1;
  expect(ask({leaf(), issue(weak_middle)}, {root()}), Finding::kWeakSignature, 1, "CN=middle");
}

// --- The rules of the path ----------------------------------------------------------------------

TEST(Verify, IssuersMustBeCas) {
  const auto with_middle = [](const Spec& spec) { return ask({leaf(), issue(spec)}, {root()}); };
  expect(with_middle(spec_of("middle", "root")), Finding::kCaInvalid, 1, "CN=middle");
  expect(with_middle(leaf_spec("root", "middle")), Finding::kCaInvalid, 1, "CN=middle");
  expect(with_middle(spec_of("middle", "root").with(basic_constraints(true)).with(key_usage({0}))),
         Finding::kCaInvalid, 1, "CN=middle");
  expect_ok(with_middle(spec_of("middle", "root").with(basic_constraints(true))));
  expect(ask({issue(leaf_spec("root"))}, {issue(spec_of("root", "root"))}), Finding::kCaInvalid, -1,
         "CN=root");
}

TEST(Verify, PathLength) {
  const Octets lower = issue(ca_spec("lower", "middle"));
  const Octets end = issue(leaf_spec("lower"));
  const auto with = [&](int root_length, int middle_length) {
    return ask({end, lower, issue(ca_spec("middle", "root", middle_length))},
               {issue(ca_spec("root", "root", root_length))});
  };
  expect_ok(with(2, 1));
  expect(with(2, 0), Finding::kPathLength, 2, "CN=middle");
  expect(with(1, 1), Finding::kPathLength, -1, "CN=root");
  expect_ok(ask({issue(leaf_spec("root"))}, {issue(ca_spec("root", "root", 0))}));
  // A self-issued intermediate doesn't count.
  const Octets rolled = issue(ca_spec("root", "root"), "new root", "root");
  const Octets below = issue(leaf_spec("root"), "leaf", "new root");
  expect_ok(ask({below, rolled}, {issue(ca_spec("root", "root", 0))}));
  // A leaf doesn't count either, even if it is a CA.
  expect_ok(ask({issue(spec_of("leaf", "root").with(basic_constraints(true)))},
                {issue(ca_spec("root", "root", 0))}));
}

TEST(Verify, UnknownCriticalExtensions) {
  const Octets critical = extension("1.2.3.4", true, {});
  expect(ask({issue(leaf_spec("root").with(critical))}, {root()}),
         Finding::kUnknownCriticalExtension, 0, "CN=leaf");
  expect(ask({leaf(), issue(ca_spec("middle", "root").with(critical))}, {root()}),
         Finding::kUnknownCriticalExtension, 1, "CN=middle");
  expect(ask({issue(leaf_spec("root"))}, {issue(ca_spec("root", "root").with(critical))}),
         Finding::kUnknownCriticalExtension, -1, "CN=root");
  expect_ok(ask({issue(leaf_spec("root").with(extension("1.2.3.4", false, {})))}, {root()}));
}

TEST(Verify, KeySizes) {
  expect(ask({issue(leaf_spec("root"), "rsa1024")}, {root()}), Finding::kKeyTooSmall, 0, "CN=leaf");
  expect(ask({issue(leaf_spec("root"), "p192")}, {root()}), Finding::kKeyTooSmall, 0, "CN=leaf");
  expect(ask({issue(leaf_spec("rsa1024"))}, {issue(ca_spec("rsa1024", "rsa1024"))}),
         Finding::kKeyTooSmall, -1, "CN=rsa1024");
  Question question = {{issue(leaf_spec("root"), "rsa1024")}, {root()}};
  question.policy.min_rsa_bits = 1024;
  expect_ok(ask(question));
  question.policy.min_rsa_bits = 1025;
  expect(ask(question), Finding::kKeyTooSmall, 0, "CN=leaf");
  question.policy.min_ec_bits = 257;
  expect(ask(question), Finding::kKeyTooSmall, -1, "CN=root");
}

Verdict ask_leaf(const Spec& spec, Purpose purpose, const std::string& leaf_key = "leaf") {
  Question question = {{issue(spec, leaf_key)}, {root()}};
  question.purpose = purpose;
  return ask(question);
}

TEST(Verify, Purpose) {
  const auto with = [](const std::vector<std::string>& purposes, Purpose purpose) {
    Spec spec = spec_of("leaf", "root");
    if (!purposes.empty()) spec.with(ext_key_usage(purposes));
    return ask_leaf(spec, purpose).finding;
  };
  for (Purpose purpose : {Purpose::kServer, Purpose::kClient}) {
    EXPECT_EQ(with({}, purpose), Finding::kOk);
    EXPECT_EQ(with({kAnyPurpose}, purpose), Finding::kOk);
    EXPECT_EQ(with({kServerAuth, kClientAuth}, purpose), Finding::kOk);
    EXPECT_EQ(with({"1.2.3"}, purpose), Finding::kPurpose);
  }
  EXPECT_EQ(with({kServerAuth}, Purpose::kServer), Finding::kOk);
  EXPECT_EQ(with({kServerAuth}, Purpose::kClient), Finding::kPurpose);
  EXPECT_EQ(with({kClientAuth}, Purpose::kClient), Finding::kOk);
  EXPECT_EQ(with({kClientAuth}, Purpose::kServer), Finding::kPurpose);
  const Octets client_ca = issue(ca_spec("middle", "root").with(ext_key_usage({kClientAuth})));
  expect(ask({leaf(), client_ca}, {root()}), Finding::kPurpose, 1, "CN=middle");
}

TEST(Verify, KeyUsageOfTheLeaf) {
  const auto with = [](const char* leaf_key, const std::vector<int>& bits, Purpose purpose) {
    return ask_leaf(spec_of("leaf", "root").with(key_usage(bits)), purpose, leaf_key).finding;
  };
  EXPECT_EQ(with("ec", {0}, Purpose::kServer), Finding::kOk);
  EXPECT_EQ(with("ec", {2}, Purpose::kServer), Finding::kKeyUsage) << "keyEncipherment only";
  EXPECT_EQ(with("ed25519", {2}, Purpose::kServer), Finding::kKeyUsage);
  EXPECT_EQ(with("rsa", {2}, Purpose::kServer), Finding::kOk);
  EXPECT_EQ(with("rsa", {0}, Purpose::kServer), Finding::kOk);
  EXPECT_EQ(with("rsa", {2}, Purpose::kClient), Finding::kKeyUsage) << "a client signs";
  EXPECT_EQ(with("rsa", {5}, Purpose::kServer), Finding::kKeyUsage);
  EXPECT_EQ(with("rsa", {}, Purpose::kServer), Finding::kKeyUsage);
  expect(ask_leaf(spec_of("leaf", "root").with(key_usage({2})), Purpose::kServer),
         Finding::kKeyUsage, 0, "CN=leaf");
}

Verdict ask_constrained(const Octets& constraints, const Spec& leaf) {
  return ask({issue(leaf), issue(ca_spec("middle", "root").with(constraints))}, {root()});
}

Finding dns_finding(const std::vector<Octets>& permitted, const std::vector<Octets>& excluded,
                    const std::string& host) {
  return ask_constrained(name_constraints(permitted, excluded, false),
                         spec_of("leaf", "middle").with(subject_alt_name({dns(host)})))
      .finding;
}

TEST(Verify, DnsNameConstraints) {
  EXPECT_EQ(dns_finding({dns("good.test")}, {}, "good.test"), Finding::kOk);
  EXPECT_EQ(dns_finding({dns("GOOD.test")}, {}, "a.b.good.TEST"), Finding::kOk);
  EXPECT_EQ(dns_finding({dns("good.test")}, {}, "notgood.test"), Finding::kNameConstraint);
  EXPECT_EQ(dns_finding({dns("good.test")}, {}, "test"), Finding::kNameConstraint);
  EXPECT_EQ(dns_finding({dns("a.test"), dns("b.test")}, {}, "b.test"), Finding::kOk);
  EXPECT_EQ(dns_finding({dns(".good.test")}, {}, "a.good.test"), Finding::kOk);
  EXPECT_EQ(dns_finding({dns(".good.test")}, {}, "good.test"), Finding::kNameConstraint);
  EXPECT_EQ(dns_finding({dns("")}, {}, "good.test"), Finding::kOk);
  EXPECT_EQ(dns_finding({}, {dns("")}, "good.test"), Finding::kNameConstraint);
  EXPECT_EQ(dns_finding({dns("good.test")}, {}, "*.good.test"), Finding::kOk);
  EXPECT_EQ(dns_finding({dns("a.good.test")}, {}, "*.good.test"), Finding::kNameConstraint);
  EXPECT_EQ(dns_finding({}, {dns("bad.test")}, "good.test"), Finding::kOk);
  EXPECT_EQ(dns_finding({}, {dns("bad.test")}, "a.bad.test"), Finding::kNameConstraint);
  EXPECT_EQ(dns_finding({}, {dns("bad.test")}, "bad.test."), Finding::kNameConstraint);
  EXPECT_EQ(dns_finding({}, {dns("a.test")}, "*.test"), Finding::kNameConstraint)
      << "the wildcard could be a.test";
  EXPECT_EQ(dns_finding({}, {dns(".a.test")}, "*.test"), Finding::kNameConstraint);
  EXPECT_EQ(dns_finding({}, {dns("x.a.test")}, "*.test"), Finding::kOk);
  EXPECT_EQ(dns_finding({dns("good.test")}, {dns("bad.good.test")}, "bad.good.test"),
            Finding::kNameConstraint);
  EXPECT_EQ(dns_finding({ip({10, 0, 0, 0, 255, 0, 0, 0})}, {}, "good.test"), Finding::kOk)
      << "a constraint on another kind of name";
}

TEST(Verify, IpNameConstraints) {
  const auto finding = [](const std::vector<Octets>& permitted, const std::vector<Octets>& excluded,
                          const Octets& address) {
    return ask_constrained(name_constraints(permitted, excluded),
                           spec_of("leaf", "middle").with(subject_alt_name({ip(address)})))
        .finding;
  };
  const Octets ten = ip({10, 0, 0, 0, 255, 0, 0, 0});
  const Octets v6 = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  const Octets all_v6 = ip(Octets(32, 0));
  EXPECT_EQ(finding({ten}, {}, {10, 1, 2, 3}), Finding::kOk);
  EXPECT_EQ(finding({ten}, {}, {11, 1, 2, 3}), Finding::kNameConstraint);
  EXPECT_EQ(finding({ten}, {}, v6), Finding::kNameConstraint) << "none of IPv6 is permitted";
  EXPECT_EQ(finding({ip(Octets(8, 0))}, {}, v6), Finding::kNameConstraint);
  EXPECT_EQ(finding({all_v6}, {}, v6), Finding::kOk);
  EXPECT_EQ(finding({}, {all_v6}, {10, 1, 2, 3}), Finding::kOk);
  EXPECT_EQ(finding({}, {ten}, {10, 1, 2, 3}), Finding::kNameConstraint);
  EXPECT_EQ(finding({}, {ten}, v6), Finding::kOk);
  EXPECT_EQ(finding({}, {all_v6}, v6), Finding::kNameConstraint);
}

TEST(Verify, DirectoryNameConstraints) {
  const auto with_subject = [](const std::vector<NamePart>& parts) {
    Spec spec = spec_of("leaf", "middle");
    spec.subject_name = name(parts);
    return spec;
  };
  const Octets csr = directory(name({{"2.5.4.6", "DK"}, {"2.5.4.10", "CSR"}}));
  const Spec inside =
      with_subject({{"2.5.4.6", "dk", 0x13}, {"2.5.4.10", "csr"}, {"2.5.4.3", "x"}});
  const Spec outside = with_subject({{"2.5.4.6", "DK"}, {"2.5.4.3", "x"}});
  const Octets only_csr = name_constraints({csr}, {}), not_csr = name_constraints({}, {csr});
  EXPECT_EQ(ask_constrained(only_csr, inside).finding, Finding::kOk);
  EXPECT_EQ(ask_constrained(only_csr, outside).finding, Finding::kNameConstraint);
  EXPECT_EQ(ask_constrained(not_csr, inside).finding, Finding::kNameConstraint);
  EXPECT_EQ(ask_constrained(not_csr, outside).finding, Finding::kOk);
  Spec no_subject = with_subject({}).with(subject_alt_name({dns("a.test")}));
  EXPECT_EQ(ask_constrained(name_constraints({csr}, {}), no_subject).finding, Finding::kOk);
  no_subject = with_subject({}).with(subject_alt_name({directory(common_name("x"))}));
  EXPECT_EQ(ask_constrained(name_constraints({csr}, {}), no_subject).finding,
            Finding::kNameConstraint);
}

TEST(Verify, ConstraintsOfKindsThatAreNotEvaluated) {
  const Octets rare = tlv(0x88, {0x2a});
  for (const Octets& each : {email("a.test"), uri("a.test"), rare}) {
    const Spec with_name = spec_of("leaf", "middle").with(subject_alt_name({each}));
    const Spec without = spec_of("leaf", "middle").with(subject_alt_name({dns("a.test")}));
    for (bool excluded : {false, true}) {
      const auto constraints = [&](bool critical) {
        return excluded ? name_constraints({}, {each}, critical)
                        : name_constraints({each}, {}, critical);
      };
      EXPECT_EQ(ask_constrained(constraints(true), with_name).finding, Finding::kNameConstraint);
      EXPECT_EQ(ask_constrained(constraints(false), with_name).finding, Finding::kOk);
      EXPECT_EQ(ask_constrained(constraints(true), without).finding, Finding::kOk);
    }
  }
  Spec in_subject = spec_of("leaf", "middle");
  in_subject.subject_name = name({{"1.2.840.113549.1.9.1", "x@a.test", 0x16}});
  EXPECT_EQ(ask_constrained(name_constraints({email("a.test")}, {}), in_subject).finding,
            Finding::kNameConstraint);
}

TEST(Verify, NameConstraintsReachDown) {
  const Octets only_good = name_constraints({dns("good.test")}, {});
  const Octets bad_leaf = issue(leaf_spec("middle").with(extension("1.2.3", false, {})));
  Spec bad = spec_of("leaf", "middle").with(subject_alt_name({dns("bad.test")}));
  expect(ask({issue(bad), middle()}, {issue(ca_spec("root", "root").with(only_good))}),
         Finding::kNameConstraint, 0, "CN=leaf");
  expect_ok(ask({bad_leaf, middle()}, {issue(ca_spec("root", "root").with(only_good))}));
  // An intermediate with a name of its own is held to them, a self-issued one isn't.
  const Octets constrained_root = issue(ca_spec("root", "root").with(only_good));
  const Octets bad_name = subject_alt_name({dns("bad.test")});
  expect(ask({leaf(), issue(ca_spec("middle", "root").with(bad_name))}, {constrained_root}),
         Finding::kNameConstraint, 1, "CN=middle");
  const Octets rolled = issue(ca_spec("root", "root").with(bad_name), "new root", "root");
  expect_ok(ask({issue(leaf_spec("root"), "leaf", "new root"), rolled}, {constrained_root}));
  // A leaf always is.
  const Octets named_as_root = issue(spec_of("root", "root").with(bad_name), "leaf", "root");
  expect(ask({named_as_root}, {constrained_root}), Finding::kNameConstraint, 0, "CN=root");
}

TEST(Verify, NameConstraintsAreBounded) {
  std::vector<Octets> many, names;
  for (int i = 0; i < 2000; ++i) {
    many.push_back(dns("d" + std::to_string(i) + ".test"));
    names.push_back(dns("n" + std::to_string(i) + ".test"));
  }
  EXPECT_EQ(ask_constrained(name_constraints({}, many),
                            spec_of("leaf", "middle").with(subject_alt_name(names)))
                .finding,
            Finding::kTooComplex);
}

// --- Policies -----------------------------------------------------------------------------------

Octets policy_constraints(int require_explicit, int inhibit_mapping = -1) {
  return extension("2.5.29.36", true,
                   sequence({require_explicit >= 0
                                 ? tlv(0x80, {static_cast<uint8_t>(require_explicit)})
                                 : Octets(),
                             inhibit_mapping >= 0
                                 ? tlv(0x81, {static_cast<uint8_t>(inhibit_mapping)})
                                 : Octets()}));
}

Octets policy_mapping(const char* issuer, const char* subject) {
  return extension("2.5.29.33", true, sequence({sequence({oid(issuer), oid(subject)})}));
}

Octets inhibit_any(uint8_t skip) { return extension("2.5.29.54", true, integer(Octets{skip})); }

Finding policy_finding(const std::vector<Octets>& middle_extensions,
                       const std::vector<Octets>& leaf_extensions) {
  Spec ca = ca_spec("middle", "root"), end = spec_of("leaf", "middle");
  for (const Octets& each : middle_extensions) ca.with(each);
  for (const Octets& each : leaf_extensions) end.with(each);
  return ask({issue(end), issue(ca)}, {root()}).finding;
}

TEST(Verify, Policies) {
  const char* kA = "1.2.3.1";
  const char* kB = "1.2.3.2";
  const Octets require = policy_constraints(0);
  EXPECT_EQ(policy_finding({policies({kA}, true)}, {policies({kB}, true)}), Finding::kOk)
      << "nobody requires one";
  EXPECT_EQ(policy_finding({policies({kA}), require}, {policies({kA})}), Finding::kOk);
  EXPECT_EQ(policy_finding({policies({kA}), require}, {policies({kB})}), Finding::kPolicy);
  EXPECT_EQ(policy_finding({policies({kA}), require}, {}), Finding::kPolicy);
  EXPECT_EQ(policy_finding({require}, {policies({kA})}), Finding::kPolicy);
  EXPECT_EQ(policy_finding({policies({kAnyPolicy}), require}, {policies({kA})}), Finding::kOk);
  EXPECT_EQ(policy_finding({policies({kA}), require}, {policies({kAnyPolicy})}), Finding::kOk);
  EXPECT_EQ(policy_finding({policies({kA}), require, inhibit_any(0)}, {policies({kAnyPolicy})}),
            Finding::kPolicy);
  EXPECT_EQ(policy_finding({policies({kA}), require, inhibit_any(1)}, {policies({kAnyPolicy})}),
            Finding::kOk);
  EXPECT_EQ(policy_finding({policies({kA}), policy_constraints(1)}, {policies({kB})}),
            Finding::kPolicy)
      << "the count runs out at the leaf";
  EXPECT_EQ(policy_finding({policies({kA}), policy_constraints(2)}, {policies({kB})}),
            Finding::kOk);
  EXPECT_EQ(policy_finding({policies({kA})}, {policies({kB}), require}), Finding::kPolicy)
      << "the leaf requires it";
  EXPECT_EQ(policy_finding({policies({kA}), policy_mapping(kA, kB), require}, {policies({kB})}),
            Finding::kOk);
  EXPECT_EQ(policy_finding({policies({kA}), policy_mapping(kA, kB), require}, {policies({kA})}),
            Finding::kPolicy);
  EXPECT_EQ(policy_finding({policies({kAnyPolicy}), policy_mapping(kA, kB), require},
                           {policies({kB})}),
            Finding::kOk);
  EXPECT_EQ(policy_finding({policies({kA}), policy_mapping(kA, kAnyPolicy)}, {policies({kA})}),
            Finding::kPolicy)
      << "forbidden whether required or not";
}

TEST(Verify, SelfIssuedCertificatesDoNotCountForPolicies) {
  const Octets upper = issue(ca_spec("middle", "root").with(policy_constraints(2)));
  const Octets end = issue(spec_of("leaf", "middle"), "leaf", "new middle");
  const Octets rolled = issue(ca_spec("middle", "middle"), "new middle", "middle");
  expect_ok(ask({end, rolled, upper}, {root()}));
  const Octets lower = issue(ca_spec("lower", "middle"));
  expect(ask({issue(spec_of("leaf", "lower")), lower, upper}, {root()}), Finding::kPolicy, 0,
         "CN=leaf");
}

TEST(Verify, InhibitedPolicyMapping) {
  const char* kA = "1.2.3.1";
  const char* kB = "1.2.3.2";
  const auto finding = [&](int inhibit) {
    const Octets upper = issue(ca_spec("middle", "root").with(policies({kA})).with(
        policy_constraints(0, inhibit)));
    const Octets lower = issue(
        ca_spec("lower", "middle").with(policies({kA})).with(policy_mapping(kA, kB)));
    const Octets end = issue(spec_of("leaf", "lower").with(policies({kB})));
    return ask({end, lower, upper}, {root()}).finding;
  };
  EXPECT_EQ(finding(0), Finding::kPolicy);
  EXPECT_EQ(finding(1), Finding::kOk);
}

// --- Dates --------------------------------------------------------------------------------------

TEST(Verify, BothSecondsOfTheValidityBelongToIt) {
  const auto at = [](int64_t now) {
    Question question = {{leaf(), middle()}, {root()}};
    question.now = now;
    return ask(question);
  };
  constexpr int64_t kFirst = 1704067200, kLast = 2019686400;  // 2024-01-01, 2034-01-01
  expect_ok(at(kFirst));
  expect_ok(at(kLast));
  expect(at(kFirst - 1), Finding::kNotYetValid, -1, "CN=root");
  expect(at(kLast + 1), Finding::kExpired, -1, "CN=root");
}

TEST(Verify, DatesOfEachCertificate) {
  const auto dated = [](Spec spec, const char* from, const char* to) {
    spec.not_before = from;
    spec.not_after = to;
    return issue(spec);
  };
  expect(ask({dated(leaf_spec("root"), "240101000000Z", "250101000000Z")}, {root()}),
         Finding::kExpired, 0, "CN=leaf");
  expect(ask({dated(leaf_spec("root"), "260101000000Z", "270101000000Z")}, {root()}),
         Finding::kNotYetValid, 0, "CN=leaf");
  const Octets old_middle = dated(ca_spec("middle", "root"), "240101000000Z", "250101000000Z");
  expect(ask({leaf(), old_middle}, {root()}), Finding::kExpired, 1, "CN=middle");
  expect(ask({dated(leaf_spec("root"), "260101000000Z", "250101000000Z")}, {root()}),
         Finding::kNotYetValid, 0, "CN=leaf");
}

// --- Precedence ---------------------------------------------------------------------------------

// Each finding that a complete path can have, from the gravest to the mildest, each time with
// everything that is milder wrong as well.
TEST(Verify, TheGravestFindingIsTold) {
  struct Flaw {
    Finding finding;
    void (*add)(Spec* ca, Spec* leaf);
  };
  const Flaw kFlaws[] = {
      {Finding::kCaInvalid, [](Spec* ca, Spec*) { ca->extensions.erase(ca->extensions.begin()); }},
      {Finding::kUnknownCriticalExtension,
       [](Spec*, Spec* leaf) { leaf->with(extension("1.2.3.4", true, {})); }},
      {Finding::kWeakSignature, [](Spec*, Spec* leaf) { leaf->scheme = kEcdsaSha1; }},
      {Finding::kPurpose, [](Spec*, Spec* leaf) { leaf->with(ext_key_usage({"1.2.3"})); }},
      {Finding::kKeyUsage, [](Spec*, Spec* leaf) { leaf->with(key_usage({2})); }},
      {Finding::kNameConstraint,
       [](Spec* ca, Spec* leaf) {
         ca->with(name_constraints({dns("other.test")}, {}));
         leaf->with(subject_alt_name({dns("good.test")}));
       }},
      {Finding::kPolicy, [](Spec* ca, Spec*) { ca->with(policy_constraints(0)); }},
      {Finding::kExpired, [](Spec*, Spec* leaf) { leaf->not_after = "250101000000Z"; }},
  };
  for (size_t gravest = 0; gravest < std::size(kFlaws); ++gravest) {
    Spec ca = ca_spec("middle", "root"), end = spec_of("leaf", "middle");
    for (size_t i = gravest; i < std::size(kFlaws); ++i) kFlaws[i].add(&ca, &end);
    const Octets chain[] = {issue(end), issue(ca)};
    EXPECT_STREQ(finding_name(ask({chain[0], chain[1]}, {root()}).finding),
                 finding_name(kFlaws[gravest].finding));
    EXPECT_EQ(ask({damaged(chain[0]), chain[1]}, {root()}).finding, Finding::kSignature)
        << "a wrong signature is graver than all of them";
    EXPECT_EQ(ask({chain[0], chain[1]}, {}).finding, Finding::kMissingIssuer)
        << "and so is the lack of an anchor";
  }
}

TEST(Verify, PrecedenceAmongUntrustedChains) {
  Spec expired = leaf_spec("leaf");
  expired.not_after = "250101000000Z";
  expect(ask({issue(expired)}, {root()}), Finding::kSelfSigned, 0, "CN=leaf");
  expect(ask({leaf(), middle(), root(), octets("garbage")}, {}), Finding::kSelfSigned, 2,
         "CN=root");
  expect(ask({leaf(), middle(), octets("garbage")}, {}), Finding::kMalformed, 2, "");
  // The way down from the anchor ends at the first wrong signature.
  Spec md5 = leaf_spec("rsa");
  md5.scheme = kRsaMd5;
  expect(ask({issue(md5), issue(ca_spec("rsa", "root"), "rsa", "forger")}, {root()}),
         Finding::kSignature, 1, "CN=rsa");
  // Of two ways, one refused for its algorithm tells more than one with a wrong signature.
  const Octets wrong = issue(ca_spec("rsa", "root"), "rsa", "forger");
  expect(ask({issue(md5), wrong, issue(ca_spec("rsa", "root"))}, {root()}),
         Finding::kWeakSignature, 0, "CN=leaf");
}

TEST(Verify, TheBestOfSeveralPathsIsTold) {
  // One way has an issuer that is no CA, the other has merely expired.
  Spec expired = ca_spec("middle", "other");
  expired.not_after = "250101000000Z";
  const Octets no_ca = issue(spec_of("middle", "root"));
  const Octets other = issue(ca_spec("other", "other"));
  expect(ask({leaf(), no_ca, issue(expired)}, {root(), other}), Finding::kExpired, 2, "CN=middle");
  expect(ask({leaf(), issue(expired), no_ca}, {root(), other}), Finding::kExpired, 1, "CN=middle");
}

// --- Bounds -------------------------------------------------------------------------------------

TEST(Verify, PathsHaveABound) {
  std::vector<Octets> chain = {issue(leaf_spec("ca-0"))};
  for (int i = 0; i < 8; ++i) {
    chain.push_back(issue(ca_spec("ca-" + std::to_string(i),
                                  i == 7 ? "root" : "ca-" + std::to_string(i + 1))));
  }
  expect_ok(ask(chain, {root()}));  // ten, the anchor included
  Question question = {chain, {root()}};
  question.policy.max_path = 9;
  expect(ask(question), Finding::kChainTooLong, 0, "CN=leaf");
}

TEST(Verify, PeerChainsHaveABound) {
  std::vector<Octets> chain(kMaxPeerCertificates, middle());
  chain[0] = leaf();
  expect_ok(ask(chain, {root()}));
  chain.push_back(middle());
  expect(ask(chain, {root()}), Finding::kChainTooLong, 0, "CN=leaf");
}

TEST(Verify, SignatureChecksHaveABound) {
  // A hundred and more anchors of one name, none of which has signed.
  std::vector<Octets> anchors;
  for (int i = 0; i < kMaxSignatureChecks + 20; ++i) {
    Spec spec = ca_spec("root", "root");
    spec.serial = integer(static_cast<uint64_t>(i + 1));
    anchors.push_back(issue(spec, "ec-" + std::to_string(i % 10), "ec-0"));
  }
  CountingChecker checker;
  expect(ask({{issue(leaf_spec("root"), "leaf", "forger")}, anchors}, &checker),
         Finding::kTooComplex, 0, "CN=leaf");
  EXPECT_EQ(checker.checks, kMaxSignatureChecks);
}

// CAs of one name and one key, each vouching for each other.
std::vector<Octets> mesh(int count) {
  std::vector<Octets> cas;
  for (int i = 0; i < count; ++i) {
    Spec spec = ca_spec("mesh", "mesh");
    spec.serial = integer(static_cast<uint64_t>(i + 10));
    cas.push_back(issue(spec));
  }
  return cas;
}

TEST(Verify, NoSignatureIsCheckedTwice) {
  std::vector<Octets> chain = mesh(4);
  chain.insert(chain.begin(), issue(spec_of("leaf", "mesh").with(ext_key_usage({"1.2.3"}))));
  CountingChecker checker;
  expect(ask({chain, {issue(ca_spec("mesh", "mesh"))}}, &checker), Finding::kPurpose, 0, "CN=leaf");
  EXPECT_LE(checker.checks, 5 + 4 * 4) << "by the anchor, and by each CA over the rest";
}

TEST(Verify, SearchHasABound) {
  // The first way into the mesh is by a CA whose purpose spoils every path through it, and there
  // are more of those than will be walked before the good way in would be tried. Such a peer is
  // refused, and soon.
  std::vector<Octets> chain = mesh(7);
  chain.insert(chain.begin(), issue(leaf_spec("mesh")));
  const Octets bad_entry =
      issue(ca_spec("mesh", "root").with(ext_key_usage({"1.2.3"})), "mesh", "root");
  const Octets good_entry = issue(ca_spec("mesh", "root"));
  std::vector<Octets> bad_first = chain, good_first = chain;
  bad_first.insert(bad_first.begin() + 1, bad_entry);
  bad_first.push_back(good_entry);
  good_first.insert(good_first.begin() + 1, good_entry);
  good_first.push_back(bad_entry);
  CountingChecker checker;
  expect(ask({bad_first, {root()}}, &checker), Finding::kPurpose, 1, "CN=mesh");
  EXPECT_LT(checker.checks, kMaxSignatureChecks) << "it is the steps that have run out";
  expect_ok(ask(good_first, {root()}));
}

TEST(Verify, AStrangersKeyIsNeverUsed) {
  CountingChecker checker;
  ask({{leaf(), middle(), root()}, {issue(ca_spec("other", "other"))}}, &checker);
  EXPECT_EQ(checker.checks, 0);
  ask({{leaf(), issue(ca_spec("middle", "root"), "middle", "forger")}, {root()}}, &checker);
  EXPECT_EQ(checker.checks, 1) << "the anchor's key only";
}

// --- Where the libraries disagree ---------------------------------------------------------------

TEST(Verify, TheCasesOnWhichTheLibrariesDisagree) {
  EXPECT_EQ(ask({leaf(), middle()}, {middle()}).finding, Finding::kOk) << "anchor: intermediate";
  EXPECT_EQ(ask({leaf(), middle()}, {leaf()}).finding, Finding::kOk) << "anchor: CA-issued leaf";
  EXPECT_EQ(ask_leaf(spec_of("leaf", "root").with(ext_key_usage({kClientAuth})), Purpose::kServer)
                .finding, Finding::kPurpose) << "EKU clientAuth only, as a server";
  EXPECT_EQ(ask_leaf(leaf_spec("root"), Purpose::kServer, "rsa1024").finding,
            Finding::kKeyTooSmall) << "RSA-1024 leaf";
  Spec sha1 = leaf_spec("root");
  sha1.scheme = kEcdsaSha1;
  EXPECT_EQ(ask_leaf(sha1, Purpose::kServer).finding, Finding::kWeakSignature) << "SHA-1";
  EXPECT_EQ(ask_leaf(spec_of("leaf", "root").with(key_usage({2})), Purpose::kServer).finding,
            Finding::kKeyUsage) << "EC leaf, keyEncipherment only";
  EXPECT_EQ(ask({leaf()}, {root()}).finding, Finding::kUnableToVerifyLeaf)
      << "missing intermediate";
}

// --- Results ------------------------------------------------------------------------------------

TEST(Verify, ResultsOfC) {
  const std::pair<Finding, int32_t> kRows[] = {
      {Finding::kOk, TRESTLE_RESULT_SUCCESS},
      {Finding::kNotYetValid, TRESTLE_RESULT_CERT_NOT_YET_VALID},
      {Finding::kExpired, TRESTLE_RESULT_CERT_HAS_EXPIRED},
      {Finding::kSelfSigned, TRESTLE_RESULT_CERT_SELF_SIGNED},
      {Finding::kMissingIssuer, TRESTLE_RESULT_CERT_MISSING_ISSUER_CERT},
      {Finding::kUnableToVerifyLeaf, TRESTLE_RESULT_CERT_UNABLE_TO_VERIFY_NO_SELF_SIGNED_CERT},
      {Finding::kNoTrustAnchors, TRESTLE_RESULT_CERT_UNABLE_TO_VERIFY_NO_SELF_SIGNED_CERT},
      {Finding::kCaInvalid, TRESTLE_RESULT_CERT_CA_INVALID},
      {Finding::kPathLength, TRESTLE_RESULT_CERT_CA_INVALID}};
  std::set<Finding> named;
  for (const auto& row : kRows) {
    EXPECT_EQ(c_result(row.first), row.second) << finding_name(row.first);
    named.insert(row.first);
  }
  for (int i = 0; i <= static_cast<int>(Finding::kExpired); ++i) {
    const Finding finding = static_cast<Finding>(i);
    if (named.count(finding) == 0) {
      EXPECT_EQ(c_result(finding), TRESTLE_RESULT_FAILURE) << finding_name(finding);
    }
    EXPECT_EQ(result_code(finding) == TRESTLE_RESULT_SUCCESS, finding == Finding::kOk);
    EXPECT_STRNE(trestle::pki::finding_name(finding), "");
  }
  EXPECT_EQ(result_code(Finding::kNoTrustAnchors), TRESTLE_RESULT_CERT_NO_TRUST_ANCHOR);
  EXPECT_EQ(result_code(Finding::kPathLength), TRESTLE_RESULT_CERT_PATH_LENGTH);
}

}  // namespace
}  // namespace trestle::pki
