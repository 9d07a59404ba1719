// SPDX-License-Identifier: Apache-2.0
// CONFIG_CERT_VERIFY and the verdict: real certificates of real servers, and the same judgement on
// every backend, in both versions, whether the program is asked or the session decides.
#include <gtest/gtest.h>

#include <ostream>

#include "abi_tests/configuration/met_rows.h"
#include "abi_tests/configuration/sides.h"
#include "abi_tests/conformance/known_differences.h"

namespace trestle::testing {
namespace {

using conformance::expect_same;

// A server's certificates, what the client trusts, and what it must think of them.
struct Case {
  std::string name;
  Identity server;
  std::string trusted;  // PEM; "": nothing
  const char* result;   // of CERT_IND: one of C's eight
  const char* code;     // the finding
  int32_t index = -1;   // of the certificate at fault
  std::string subject = "";
  std::string extra_chain = "";  // PEM, sent in place of the server's intermediates
  bool tls13_only = false;       // s_server itself refuses to use it in TLS 1.2
};

void PrintTo(const Case& each, std::ostream* out) { *out << each.name; }

struct Chain {
  Identity root = Certificate::root("Verify Root").issue();
  Identity other_root = Certificate::root("Other Root").issue();
  Identity ca = Certificate::intermediate("Verify CA").signed_by(root).issue();
  std::string anchors = root.cert_pem();

  Certificate leaf() const { return Certificate::server("localhost").signed_by(ca); }
};

const Chain& chain() {
  static const Chain made;
  return made;
}

const std::string kLeaf = "CN=localhost";

void add_successes(std::vector<Case>* cases) {
  const Chain& c = chain();
  const Identity good = c.leaf().issue();
  const Identity own = Certificate::server("localhost").issue();
  cases->push_back({"Good", good, c.anchors, "SUCCESS", "SUCCESS"});
  cases->push_back({"AnchorIsTheIntermediate", good, c.ca.cert_pem(), "SUCCESS", "SUCCESS"});
  cases->push_back({"AnchorIsTheIssuedLeaf", good, good.cert_pem(), "SUCCESS", "SUCCESS"});
  cases->push_back({"AnchorIsTheSelfSignedLeaf", own, own.cert_pem(), "SUCCESS", "SUCCESS"});
  cases->push_back({"AnchorFillsTheGap", good.without_issuers(),
                    c.other_root.cert_pem() + c.ca.cert_pem(), "SUCCESS", "SUCCESS"});
}

void add_dates(std::vector<Case>* cases) {
  const Chain& c = chain();
  const char* early = "CERT_NOT_YET_VALID";
  const char* late = "CERT_HAS_EXPIRED";
  cases->push_back({"LeafNotYetValid", c.leaf().not_yet_valid().issue(), c.anchors, early, early, 0,
                    kLeaf});
  cases->push_back({"LeafExpired", c.leaf().expired().issue(), c.anchors, late, late, 0, kLeaf});
  const Identity late_ca =
      Certificate::intermediate("Late CA").expired().signed_by(c.root).issue();
  cases->push_back({"IntermediateExpired",
                    Certificate::server("localhost").signed_by(late_ca).issue(), c.anchors, late,
                    late, 1, "CN=Late CA"});
  const Identity late_root = Certificate::root("Late Root").expired().issue();
  cases->push_back({"AnchorExpired", Certificate::server("localhost").signed_by(late_root).issue(),
                    late_root.cert_pem(), late, late, -1, "CN=Late Root"});
}

void add_unknown_issuers(std::vector<Case>* cases) {
  const Chain& c = chain();
  const Identity good = c.leaf().issue();
  const Identity own = Certificate::server("localhost").issue();
  const std::string other = c.other_root.cert_pem();
  const char* self_signed = "CERT_SELF_SIGNED";
  const char* missing = "CERT_MISSING_ISSUER_CERT";
  const char* unable = "CERT_UNABLE_TO_VERIFY_NO_SELF_SIGNED_CERT";
  cases->push_back({"SelfSigned", own, other, self_signed, self_signed, 0, kLeaf});
  cases->push_back({"SelfSignedRootSent", good, other, self_signed, self_signed, 2,
                    "CN=Verify Root", c.ca.cert_pem() + c.root.cert_pem()});
  cases->push_back({"MissingIssuer", good, other, missing, missing, 1, "CN=Verify CA"});
  cases->push_back({"LoneLeaf", good.without_issuers(), c.anchors, unable, unable, 0, kLeaf});
  // Nothing is trusted: never SUCCESS.
  cases->push_back({"NoAnchors", good, "", missing, missing, 1, "CN=Verify CA"});
  cases->push_back({"NoAnchorsLoneLeaf", good.without_issuers(), "", unable, "CERT_NO_TRUST_ANCHOR",
                    0, kLeaf});
  cases->push_back({"NoAnchorsSelfSigned", own, "", self_signed, self_signed, 0, kLeaf});
}

void add_bad_issuers(std::vector<Case>* cases) {
  const Chain& c = chain();
  const char* invalid = "CERT_CA_INVALID";
  const Identity not_a_ca = Certificate::leaf("Not a CA").signed_by(c.ca).issue();
  cases->push_back({"IssuerIsNoCa", Certificate::server("localhost").signed_by(not_a_ca).issue(),
                    c.anchors, invalid, invalid, 1, "CN=Not a CA"});
  const Identity short_ca =
      Certificate::intermediate("Short CA").path_length(0).signed_by(c.root).issue();
  const Identity below = Certificate::intermediate("CA below").signed_by(short_ca).issue();
  cases->push_back({"PathLength", Certificate::server("localhost").signed_by(below).issue(),
                    c.anchors, invalid, "CERT_PATH_LENGTH", 2, "CN=Short CA"});
  const Identity limited_ca = Certificate::intermediate("Limited CA")
                                  .name_constraints("permitted;DNS:good.test")
                                  .signed_by(c.root)
                                  .issue();
  cases->push_back({"NameConstraint", Certificate::server("localhost").signed_by(limited_ca).issue(),
                    c.anchors, "FAILURE", "CERT_NAME_CONSTRAINT", 0, kLeaf});
  const Identity strict_ca = Certificate::intermediate("Strict CA")
                                 .extension("policyConstraints", "critical,requireExplicitPolicy:0")
                                 .signed_by(c.root)
                                 .issue();
  cases->push_back({"Policy", Certificate::server("localhost").signed_by(strict_ca).issue(),
                    c.anchors, "FAILURE", "CERT_POLICY", 0, kLeaf});
  const Identity odd_ca = Certificate::intermediate("Odd CA")
                              .unknown_critical_extension()
                              .signed_by(c.root)
                              .issue();
  cases->push_back({"UnknownCriticalExtensionInCa",
                    Certificate::server("localhost").signed_by(odd_ca).issue(), c.anchors,
                    "FAILURE", "CERT_UNKNOWN_CRITICAL_EXTENSION", 1, "CN=Odd CA"});
}

void add_bad_leaves(std::vector<Case>* cases) {
  const Chain& c = chain();
  const auto add = [&](const char* name, const Identity& leaf, const char* code) {
    cases->push_back({name, leaf, c.anchors, "FAILURE", code, 0, kLeaf});
  };
  add("SignatureByAnother",
      Certificate::server("localhost").signed_by(c.ca, Key::cached(ec(), "another")).issue(),
      "CERT_SIGNATURE");
  add("SignatureChanged", c.leaf().corrupt_signature().issue(), "CERT_SIGNATURE");
  add("Sha1", c.leaf().digest("SHA1").issue(), "CERT_WEAK_SIGNATURE");
  add("Rsa1024", c.leaf().key(rsa(1024)).issue(), "CERT_KEY_TOO_SMALL");
  add("Sha3", c.leaf().digest("SHA3-256").issue(), "CERT_UNSUPPORTED_ALGORITHM");
  add("PurposeOfClients", c.leaf().extended_key_usage("clientAuth").issue(), "CERT_PURPOSE");
  add("KeyUsageOfRsaForEc", c.leaf().key_usage("keyEncipherment").issue(), "CERT_KEY_USAGE");
  cases->back().tls13_only = true;
  add("UnknownCriticalExtension", c.leaf().unknown_critical_extension().issue(),
      "CERT_UNKNOWN_CRITICAL_EXTENSION");
  add("EmptyAlternativeNames",
      Certificate::leaf("localhost")
          .raw_extension("2.5.29.17", std::string("\x30\x00", 2), false)
          .signed_by(c.ca)
          .issue(),
      "CERT_MALFORMED");
  cases->back().subject = "";  // it can't be read
  Identity issuer = c.root;
  for (int i = 0; i < 12; ++i) {
    issuer = Certificate::intermediate("CA " + std::to_string(i)).signed_by(issuer).issue();
  }
  add("LongChain", Certificate::server("localhost").signed_by(issuer).issue(),
      "CERT_CHAIN_TOO_LONG");
}

const std::vector<Case>& cases() {
  static const std::vector<Case> all = [] {
    std::vector<Case> made;
    add_successes(&made);
    add_dates(&made);
    add_unknown_issuers(&made);
    add_bad_issuers(&made);
    add_bad_leaves(&made);
    return made;
  }();
  return all;
}

// openssl s_server with these certificates, whatever it thinks of them.
OpenSslServer serve(const Case& each, const TempDir& directory) {
  ServerOptions options;
  options.identity = each.server;
  options.openssl_ciphers = "ALL:@SECLEVEL=0";
  options.session_tickets = false;
  if (!each.extra_chain.empty()) {
    options.extra_arguments = {"-cert_chain", directory.write("chain.pem", each.extra_chain)};
  }
  return OpenSslServer(options);
}

std::string place_of(const Message& message) {
  if (message->error == nullptr) return "";
  return ", certificate " + std::to_string(message->error->certificate_index) + " '" +
         message->error->subject + "'";
}

std::string place_of(const Case& each) {
  if (each.result == std::string("SUCCESS")) return "";
  return ", certificate " + std::to_string(each.index) + " '" + each.subject + "'";
}

class Verify : public ::testing::TestWithParam<Case> {
 protected:
  Session client(const std::string& backend, uint16_t version) {
    Session session = program_.client(backend);
    session.versions(version, version);
    session.set(TRESTLE_OPTION_SERVER_NAME, "localhost");
    if (!GetParam().trusted.empty()) session.trust(GetParam().trusted);
    return session;
  }

  // What CERT_IND said, or the end of the handshake if there was none.
  std::string asked(Session session, const Server& server) {
    Connection connection = session.connect_to(server.address(), server.port());
    Message message = program_.next();
    if (message->primitive != TRESTLE_PRIM_CONNECTION_CERT_IND)
      return "not asked: " + std::string(api().result_name(message->result));
    EXPECT_EQ(connection.cert_res(0), TRESTLE_RESULT_SUCCESS);
    program_.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM, TRESTLE_RESULT_CERT_REJECTED);
    std::string text = api().result_name(message->result);
    return text + ", " + api().result_name(message.error_code()) + place_of(message);
  }

  // How CONNECT_CFM ended when the session decided by itself.
  std::string decided(Session session, const Server& server) {
    session.set(TRESTLE_OPTION_CERT_DECISION, int64_t{TRESTLE_CERT_DECISION_AUTO});
    session.connect_to(server.address(), server.port());
    Message message = program_.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM);
    if (message->result == TRESTLE_RESULT_SUCCESS) {
      session.destroy();
    } else {
      EXPECT_EQ(message->result, message.error_code());
      EXPECT_EQ(message.alert(), uint32_t{TRESTLE_ALERT_BAD_CERTIFICATE}) << message;
    }
    return api().result_name(message->result) + place_of(message);
  }

  Program program_;
};

TEST_P(Verify, OneVerdictOnAllBackends) {
  const Case& each = GetParam();
  TempDir directory;
  OpenSslServer server = serve(each, directory);
  for (const std::string& backend : backends()) {
    for (uint16_t version : {TRESTLE_VERSION_TLS12, TRESTLE_VERSION_TLS13}) {
      if (each.tls13_only && version == TRESTLE_VERSION_TLS12) continue;
      const std::string in = version == TRESTLE_VERSION_TLS12 ? "1.2" : "1.3";
      expect_same({backend, "s_server", in}, "verdict asked for: " + each.name,
                  each.result + std::string(", ") + each.code + place_of(each),
                  asked(client(backend, version), server));
      expect_same({backend, "s_server", in}, "verdict decided on: " + each.name,
                  each.code + place_of(each), decided(client(backend, version), server));
    }
  }
}

const ::testing::Environment* const rows =
    ::testing::AddGlobalTestEnvironment(new EveryRowIsMet("s_server"));

INSTANTIATE_TEST_SUITE_P(Chains, Verify, ::testing::ValuesIn(cases()),
                         [](const ::testing::TestParamInfo<Case>& info) {
                           return info.param.name;
                         });

}  // namespace

}  // namespace trestle::testing
