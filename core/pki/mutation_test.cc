// SPDX-License-Identifier: Apache-2.0
//
// Certificates with octets changed, cut off and put in: whatever comes out, nothing crashes, hangs
// or reads astray (run under the sanitizers), and nothing that was changed is accepted.
#include <gtest/gtest.h>

#include "core/pki/classify.h"
#include "core/pki/name.h"
#include "core/pki/pem.h"
#include "core/pki/testing/certificate_builder.h"
#include "core/pki/verify.h"

namespace trestle::pki {
namespace {

using namespace testing;

class RealChecker : public SignatureChecker {
 public:
  SignatureStatus check(uint16_t scheme, Bytes spki, Bytes message, Bytes signature) override {
    return verify_signature(scheme, spki, message, signature) ? SignatureStatus::kValid
                                                              : SignatureStatus::kInvalid;
  }
};

// Says yes to everything, so that the rules behind the signatures see the mutants too.
class GullibleChecker : public SignatureChecker {
 public:
  SignatureStatus check(uint16_t, Bytes, Bytes, Bytes) override { return SignatureStatus::kValid; }
};

class Mutation : public ::testing::Test {
 protected:
  void SetUp() override {
    const TestKey ca_key = TestKey::ec(), leaf_key = TestKey::ed25519();
    Spec ca;
    ca.subject = ca.issuer = "Test CA";
    ca.with(basic_constraints(true, 1)).with(key_usage({5})).with(subject_key_id({1, 2}));
    ca.with(name_constraints({dns("test"), ip({10, 0, 0, 0, 255, 0, 0, 0})}, {email("x.test")}));
    ca.with(policies({"1.2.3.1"}));
    anchor_ = make_certificate(ca, ca_key, ca_key);
    Spec middle = ca;
    middle.subject = "middle";
    middle.with(extension("2.5.29.36", true, sequence({tlv(0x80, {0})})));
    const Octets mapping = sequence({oid("1.2.3.1"), oid("1.2.3.2")});
    middle.with(extension("2.5.29.33", true, sequence({mapping})));
    middle_ = make_certificate(middle, leaf_key, ca_key);
    Spec leaf;
    leaf.issuer = "middle";
    leaf.with(key_usage({0})).with(ext_key_usage({kServerAuth})).with(authority_key_id({1, 2}));
    leaf.with(subject_alt_name(
        {dns("*.good.test"), ip({10, 0, 0, 1}), directory(common_name("x"))}));
    leaf.with(policies({"1.2.3.2"}));
    leaf_ = make_certificate(leaf, leaf_key, leaf_key);
    TrustStoreError error;
    ASSERT_TRUE(store_.add(Bytes(anchor_), &error)) << error.text;
    ASSERT_EQ(ask(leaf_, middle_, &real_), Finding::kOk);
  }

  Finding ask(const Octets& leaf, const Octets& middle, SignatureChecker* checker) {
    const PeerChain chain = parse_chain({Bytes(leaf), Bytes(middle)});
    if (chain.entries[0].certificate != nullptr) {
      match_name(*chain.entries[0].certificate, "www.good.test");
    }
    return verify(chain, store_, Purpose::kServer, 1750000000, Policy(), *checker).finding;
  }

  void try_mutant(const Octets& mutant, bool is_leaf) {
    const Octets& leaf = is_leaf ? mutant : leaf_;
    const Octets& middle = is_leaf ? middle_ : mutant;
    EXPECT_NE(ask(leaf, middle, &real_), Finding::kOk);
    ask(leaf, middle, &gullible_);
    classify(Bytes(mutant));
    TrustStore store;
    TrustStoreError error;
    store.add(Bytes(mutant), &error);
  }

  Octets anchor_, middle_, leaf_;
  TrustStore store_;
  RealChecker real_;
  GullibleChecker gullible_;
};

TEST_F(Mutation, EveryOctetChanged) {
  for (const Octets* original : {&leaf_, &middle_}) {
    for (size_t i = 0; i < original->size(); ++i) {
      for (uint8_t change : {0x01, 0x20, 0x80, 0xff}) {
        Octets mutant = *original;
        mutant[i] = static_cast<uint8_t>(mutant[i] ^ change);
        try_mutant(mutant, original == &leaf_);
      }
    }
  }
}

TEST_F(Mutation, EveryLengthCutOff) {
  for (const Octets* original : {&leaf_, &middle_}) {
    for (size_t size = 0; size < original->size(); ++size) {
      // A copy of just that size, so that the sanitizer sees a read beyond it.
      try_mutant(Octets(original->begin(), original->begin() + static_cast<long>(size)),
                 original == &leaf_);
    }
  }
}

TEST_F(Mutation, AnOctetPutInOrTakenOut) {
  for (const Octets* original : {&leaf_, &middle_}) {
    for (size_t i = 0; i < original->size(); ++i) {
      Octets longer = *original, shorter = *original;
      longer.insert(longer.begin() + static_cast<long>(i), 0x00);
      shorter.erase(shorter.begin() + static_cast<long>(i));
      try_mutant(longer, original == &leaf_);
      try_mutant(shorter, original == &leaf_);
    }
  }
}

TEST_F(Mutation, EveryOctetOfPemChanged) {
  const std::string original = encode_pem("CERTIFICATE", Bytes(leaf_));
  for (size_t i = 0; i < original.size(); ++i) {
    for (char replacement : {'\0', '-', '=', 'A', '\n'}) {
      std::string mutant = original;
      mutant[i] = replacement;
      std::vector<PemObject> objects;
      PemError error;
      const bool decoded = decode_pem(Bytes(std::string_view(mutant)), &objects, &error);
      EXPECT_EQ(decoded, error.problem == PemProblem::kNone);
      mutant.resize(i);
      decode_pem(Bytes(std::string_view(mutant)), &objects, &error);
    }
  }
}

}  // namespace
}  // namespace trestle::pki
