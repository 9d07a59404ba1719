// SPDX-License-Identifier: Apache-2.0
// A yes is a yes: whatever the library itself thinks of a certificate, the host has decided.
#include <functional>

#include "abi_tests/conformance/scenario.h"
#include "abi_tests/support/pki.h"

namespace trestle::conformance {
namespace {

namespace pki = trestle::testing;

struct Doubtful {
  const char* what;
  IdentitySource source;
};

IdentitySource source_of(const pki::Identity& identity) {
  return {identity.chain_der(), identity.key().pkcs8_der(), TRESTLE_KEY_PKCS8, "", ""};
}

const std::vector<Doubtful>& all_doubtful() {
  static const std::vector<Doubtful> all = [] {
    const pki::Identity root = pki::Certificate::root("Root").issue();
    const auto leaf = [] { return pki::Certificate::leaf("leaf").dns("server.test"); };
    const pki::Identity not_a_ca = leaf().signed_by(root).issue();
    std::vector<Doubtful> list;
    const auto add = [&list](const char* what, const pki::Certificate& certificate) {
      list.push_back({what, source_of(certificate.issue())});
    };
    add("expired", leaf().expired().signed_by(root));
    add("not yet valid", leaf().not_yet_valid().signed_by(root));
    add("self-signed", leaf());
    add("signed by another key", leaf().signed_by(root, pki::Key::fresh(pki::ec())));
    add("with a changed signature", leaf().corrupt_signature().signed_by(root));
    add("issued by no CA", leaf().signed_by(not_a_ca));
    add("a CA itself", leaf().ca(true).signed_by(root));
    add("for code signing alone", leaf().extended_key_usage("codeSigning").signed_by(root));
    add("with key usage keyAgreement alone", leaf().key_usage("keyAgreement").signed_by(root));
    add("with key usage keyCertSign alone", leaf().key_usage("keyCertSign").signed_by(root));
    add("with RSA and key usage keyEncipherment alone",
        leaf().key(pki::rsa(2048)).key_usage("keyEncipherment").signed_by(root));
    add("with an unknown critical extension",
        leaf().unknown_critical_extension().signed_by(root));
    add("with name constraints",
        leaf().name_constraints("permitted;DNS:other.test").signed_by(root));
    add("of X.509 version 1", leaf().version1().signed_by(root));
    add("without a name", pki::Certificate::leaf("").signed_by(root));
    add("of another host", pki::Certificate::leaf("other").dns("other.test").signed_by(root));
    add("with RSA of 1024 bits", leaf().key(pki::rsa(1024)).signed_by(root));
    add("signed with SHA-1", leaf().digest("SHA1").signed_by(root));
    return list;
  }();
  return all;
}

// One's own certificate is nobody's to doubt.
bool has_as_its_own(const Plugin& plugin, const Doubtful& doubtful) {
  return Identity(plugin, doubtful.source).created().ok();
}

class OwnCertificateTest : public BackendTest {};

TEST_P(OwnCertificateTest, MayBeAny) {
  for (const Doubtful& each : all_doubtful()) {
    expect_same(alone(plugin()), std::string("one's own certificate ") + each.what, "taken",
                has_as_its_own(plugin(), each) ? "taken" : "refused");
  }
}

TRESTLE_FOR_EACH_BACKEND(OwnCertificateTest);

class YesTest : public PairTest {
 protected:
  void expect_taken(const std::string& what, Scenario* scenario,
                    const std::function<const Endpoint&(const Pair&)>& asked,
                    const IdentitySource& source) {
    Pair& pair = scenario->make_pair();
    pair.handshake();
    // The question was asked, and what the peer sent was in it.
    const bool right_chain = asked(pair).chain() == source.certificates;
    const std::string observed = !pair.established()  ? "refused"
                                 : right_chain        ? "taken"
                                                      : "taken without a question";
    expect_same(where(), what, "taken", observed, pair.explanation());
  }
};

TEST_P(YesTest, ToAnyServer) {
  for (const Doubtful& each : all_doubtful()) {
    if (!has_as_its_own(server_plugin(), each)) continue;
    Scenario scenario(GetParam());
    scenario.set_server_identity(each.source);
    expect_taken(std::string("a yes to a server certificate ") + each.what, &scenario,
                 [](const Pair& pair) -> const Endpoint& { return pair.client; }, each.source);
  }
}

TEST_P(YesTest, ToAnyClient) {
  for (const Doubtful& each : all_doubtful()) {
    if (!has_as_its_own(client_plugin(), each)) continue;
    Scenario scenario(GetParam());
    scenario.server.client_auth = TRESTLE_CLIENT_AUTH_REQUIRE;
    scenario.set_client_identity(each.source);
    expect_taken(std::string("a yes to a client certificate ") + each.what, &scenario,
                 [](const Pair& pair) -> const Endpoint& { return pair.server; }, each.source);
  }
}

TRESTLE_FOR_EACH_PAIR_AND_VERSION(YesTest);

}  // namespace
}  // namespace trestle::conformance
