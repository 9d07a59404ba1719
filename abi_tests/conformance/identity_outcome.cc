// SPDX-License-Identifier: Apache-2.0
#include "abi_tests/conformance/identity_outcome.h"

#include <map>

#include "abi_tests/conformance/scenario.h"

namespace trestle::conformance {

namespace pki = trestle::testing;

const pki::Identity& identity_leaf(pki::KeySpec spec) {
  static std::map<std::pair<int, int>, pki::Identity> made;
  const auto wanted = std::make_pair(static_cast<int>(spec.kind), spec.bits);
  const auto found = made.find(wanted);
  if (found != made.end()) return found->second;
  const pki::Identity root = pki::Certificate::root("Root").issue();
  const pki::Identity ca = pki::Certificate::intermediate("CA").signed_by(root).issue();
  return made
      .emplace(wanted, pki::Certificate::leaf("leaf")
                           .key(pki::Key::cached(spec, "conformance"))
                           .key_usage("digitalSignature,keyEncipherment")
                           .signed_by(ca)
                           .issue())
      .first->second;
}

IdentitySource source_of(const pki::Identity& identity) {
  return {identity.chain_der(), identity.key().pkcs8_der(), TRESTLE_KEY_PKCS8, "", ""};
}

IdentitySource pkcs12_source(const std::string& bytes, const std::string& password) {
  return {{}, "", TRESTLE_KEY_NONE, bytes, password};
}

void IdentityOutcomeTest::expect_outcome(const std::string& what, const std::string& expected,
                                         const IdentitySource& source,
                                         const std::vector<std::string>& chain_expected) {
  std::string observed = outcome_of(source);
  if (observed == "OK") {
    observed = serves(source, chain_expected.empty() ? source.certificates : chain_expected);
  }
  expect_same(alone(plugin()), "identity: " + what, expected, observed, explanation_);
}

void IdentityOutcomeTest::expect_created(const std::string& what, const std::string& expected,
                                         const IdentitySource& source) {
  const std::string observed = outcome_of(source);
  expect_same(alone(plugin()), "identity: " + what, expected, observed, explanation_);
}

std::string IdentityOutcomeTest::outcome_of(const IdentitySource& source) {
  const Identity identity(plugin(), source);
  const trestle_backend_error& error = identity.created().error;
  if (!source.password.empty()) {
    EXPECT_EQ(std::string(error.library_text).find(source.password), std::string::npos);
    EXPECT_EQ(std::string(error.detail).find(source.password), std::string::npos);
  }
  explanation_ = identity.created().explanation();
  EXPECT_EQ(identity.get() != nullptr, identity.created().ok());
  return identity.created().ok() ? "OK" : identity.created().text();
}

// "OK", or what became of a handshake with it.
std::string IdentityOutcomeTest::serves(const IdentitySource& source,
                                        const std::vector<std::string>& chain) {
  Scenario scenario({&plugin(), &plugin(), TRESTLE_VERSION_TLS12});
  scenario.set_server_identity(source);
  for (Configuration* side : {&scenario.client, &scenario.server}) {
    side->suites = {TRESTLE_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
                    TRESTLE_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256};
    constexpr uint16_t kDsaSuite = TRESTLE_TLS_DHE_DSS_WITH_AES_128_CBC_SHA256;
    if (!plugin().can_suite(kDsaSuite)) continue;
    side->suites.push_back(kDsaSuite);
    allow_dsa(plugin(), side);
  }
  Pair& pair = scenario.make_pair();
  pair.handshake();
  if (!pair.established()) return pair.explanation();
  return pair.client.chain() == chain ? "OK" : "another chain";
}

}  // namespace trestle::conformance
