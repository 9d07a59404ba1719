// SPDX-License-Identifier: Apache-2.0
// The question about the peer's certificates.
#include "abi_tests/conformance/scenario.h"
#include "abi_tests/conformance/wire.h"

namespace trestle::conformance {
namespace {

class AskTest : public PairTest {
 protected:
  // A server that requires the client's certificate, and a client that has one.
  Scenario mutual(int client_chain_length) {
    Scenario scenario(GetParam());
    scenario.server.client_auth = TRESTLE_CLIENT_AUTH_REQUIRE;
    scenario.set_client_identity(chain_of(KeyKind::kEcdsaP256, client_chain_length));
    return scenario;
  }
};

TEST_P(AskTest, BringsTheServersChainOnceAsSent) {
  for (int length : {1, 3, 9}) {
    const IdentitySource& source = chain_of(KeyKind::kEcdsaP256, length);
    Scenario scenario(GetParam());
    scenario.set_server_identity(source);
    Pair& pair = scenario.make_established_pair();
    EXPECT_EQ(pair.client.asks(), 1);
    EXPECT_EQ(pair.server.asks(), 0);
    EXPECT_TRUE(pair.client.chain() == source.certificates) << "chain of " << length;
  }
}

TEST_P(AskTest, BringsTheClientsChainOnceAsSent) {
  for (int length : {1, 3, 9}) {
    const IdentitySource& source = chain_of(KeyKind::kEcdsaP256, length);
    Scenario scenario = mutual(length);
    Pair& pair = scenario.make_established_pair();
    EXPECT_EQ(pair.client.asks(), 1);
    EXPECT_EQ(pair.server.asks(), 1);
    EXPECT_TRUE(pair.server.chain() == source.certificates) << "chain of " << length;
  }
}

TEST_P(AskTest, ClientHasSentOnlyItsHelloBefore) {
  Scenario scenario = mutual(1);
  Pair& pair = scenario.make_established_pair();
  for (const Record& record : records_of(pair.client.sent_before_ask())) {
    // TLS 1.3 may have its ChangeCipherSpec for middleboxes, which says nothing.
    const bool hello = record.type == kHandshakeRecord && record.body[0] == kClientHello;
    const bool for_middleboxes =
        version() == TRESTLE_VERSION_TLS13 && record.type == kChangeCipherSpecRecord;
    EXPECT_TRUE(hello || for_middleboxes) << "record type " << int{record.type};
  }
}

TEST_P(AskTest, ServerHasSentNothingBetweenTheClientsCertificateAndTheQuestion) {
  Scenario scenario = mutual(1);
  Pair& pair = scenario.make_pair();
  uint64_t sent_before_clients_flight = 0;
  pair.client.on_ask = [&](const trestle_ask&) {
    sent_before_clients_flight = pair.to_client.sent().size();
    return TRESTLE_ANSWER_YES;
  };
  pair.handshake();
  ASSERT_TRUE(pair.established()) << pair.explanation();
  EXPECT_EQ(pair.server.sent_before_ask().size(), sent_before_clients_flight);
}

TEST_P(AskTest, ClientsNoReachesTheServerAsBadCertificate) {
  Scenario scenario(GetParam());
  Pair& pair = scenario.make_pair();
  pair.client.on_ask = [](const trestle_ask&) { return TRESTLE_ANSWER_NO; };
  pair.handshake();
  EXPECT_EQ(pair.client.asks(), 1);
  expect_same(where(), "server certificate rejected: client's result",
              "CERT_REJECTED, alert 42 sent", pair.client_outcome.text(), pair.explanation());
  expect_same(where(), "server certificate rejected: server's result",
              "ALERT_RECEIVED, alert 42 received", pair.server_outcome.text(),
              pair.explanation());
}

TEST_P(AskTest, ServersNoReachesTheClientAsBadCertificate) {
  Scenario scenario = mutual(1);
  Pair& pair = scenario.make_pair();
  pair.server.on_ask = [](const trestle_ask&) { return TRESTLE_ANSWER_NO; };
  pair.handshake();
  EXPECT_EQ(pair.server.asks(), 1);
  expect_same(where(), "client certificate rejected: server's result",
              "CERT_REJECTED, alert 42 sent", pair.server_outcome.text(), pair.explanation());
  expect_same(where(), "client certificate rejected: client's result",
              "ALERT_RECEIVED, alert 42 received", pair.client_outcome.text(),
              pair.explanation());
}

TRESTLE_FOR_EACH_PAIR_AND_VERSION(AskTest);

}  // namespace
}  // namespace trestle::conformance
