// SPDX-License-Identifier: Apache-2.0
// What a peer still sends after our close_notify: it can't be answered any more, and is no reason
// to lose what comes behind it.
#include "abi_tests/hostile/records.h"
#include "abi_tests/hostile/tls_peer.h"
#include "abi_tests/hostile/victim.h"

namespace trestle::testing {
namespace {

class Closing : public Victim {
 protected:
  // The peer waits for our end, and then sends what it still has to say.
  static void answer_late(Wire& wire, TlsPeer peer) {
    if (!peer.handshake(wire)) return;
    Seal seal = peer.application_seal();
    wire.wait_for_end();
    wire.send(seal.key_update(true));
    wire.send(seal.seal(kApplicationData, "late"));
    wire.send(seal.seal(kAlert, std::string("\x01\x00", 2)));  // close_notify
    wire.half_close();
    wire.wait_for_end();
  }

  void expect_the_late_data(Connection& connection) {
    Message connected = end_of_handshake();
    ASSERT_EQ(connected->result, TRESTLE_RESULT_SUCCESS) << connected;
    ASSERT_EQ(connection.disconnect_req(), TRESTLE_RESULT_SUCCESS);
    Message late = program_.expect(TRESTLE_PRIM_CONNECTION_DATA_IND, queue_);
    EXPECT_EQ(late.data(), "late");
    EXPECT_EQ(connection.data_res(), TRESTLE_RESULT_SUCCESS);
    Message cfm = program_.expect(TRESTLE_PRIM_CONNECTION_DISCONNECT_CFM, queue_);
    EXPECT_EQ(cfm->result, TRESTLE_RESULT_SUCCESS) << cfm;
  }
};

TEST_P(Closing, AServersKeyUpdateAfterOurCloseNotify) {
  Session session = client_session();
  RawServer server(
      [&](Wire& wire) { answer_late(wire, TlsPeer::server(TRESTLE_VERSION_TLS13, pki_.server)); });
  Connection connection = session.connect_to("127.0.0.1", server.port(), queue_);
  expect_the_late_data(connection);
}

TEST_P(Closing, AClientsKeyUpdateAfterOurCloseNotify) {
  Session session = server_session();
  RawClient client(session.listen()->port, [&](Wire& wire) {
    answer_late(wire, TlsPeer::client(TRESTLE_VERSION_TLS13));
  });
  Connection connection = accept();
  expect_the_late_data(connection);
}

TRESTLE_ON_EACH_BACKEND(Closing);

}  // namespace
}  // namespace trestle::testing
