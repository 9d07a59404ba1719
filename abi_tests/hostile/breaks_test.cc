// SPDX-License-Identifier: Apache-2.0
// Peers that say nothing, break off or stop sending, at each stage of a handshake and after it.
#include "abi_tests/hostile/records.h"
#include "abi_tests/hostile/tls_peer.h"
#include "abi_tests/hostile/victim.h"

namespace trestle::testing {
namespace {

enum class Break { kReset, kHalfClose };

void break_off(Wire& wire, Break how) {
  if (how == Break::kReset) return wire.reset();
  wire.half_close();
  wire.wait_for_end();
}

class Breaks : public Victim {
 protected:
  // The transport ended before the handshake did. A reset may overtake what was sent before it, but
  // it never looks like anything else.
  void expect_ended(Break how) {
    Message end = end_of_handshake();
    if (how == Break::kReset && end->result != TRESTLE_RESULT_TRUNCATED) {
      EXPECT_EQ(end->result, TRESTLE_RESULT_CONNECTION_RESET) << end;
    } else {
      EXPECT_EQ(end->result, TRESTLE_RESULT_TRUNCATED) << end;
    }
  }

  void break_server(const char* where, Break how, const RawPeer::Script& before) {
    SCOPED_TRACE(std::string(where) + (how == Break::kReset ? ": reset" : ": half-close"));
    RawServer server([&](Wire& wire) {
      before(wire);
      break_off(wire, how);
    });
    Session session = client_session();
    session.connect_to("127.0.0.1", server.port(), queue_);
    expect_ended(how);
    session.destroy();
  }

  void break_client(const char* where, Break how, const RawPeer::Script& before) {
    SCOPED_TRACE(std::string(where) + (how == Break::kReset ? ": reset" : ": half-close"));
    Session session = server_session();
    RawClient client(session.listen()->port, [&](Wire& wire) {
      before(wire);
      break_off(wire, how);
    });
    accept();
    expect_ended(how);
    session.destroy();
  }

  // After the handshake: DISCONNECT_IND tells it, whatever is done about it.
  void expect_disconnected(Break how) {
    Message connected = end_of_handshake();
    if (connected->result != TRESTLE_RESULT_SUCCESS) {
      // A reset may already be there when the last message has been written.
      EXPECT_EQ(how, Break::kReset) << connected;
      EXPECT_EQ(connected->result, TRESTLE_RESULT_CONNECTION_RESET) << connected;
      return;
    }
    Message ind = program_.expect(TRESTLE_PRIM_CONNECTION_DISCONNECT_IND, queue_);
    EXPECT_EQ(ind->result, how == Break::kReset ? TRESTLE_RESULT_CONNECTION_RESET
                                                : TRESTLE_RESULT_TRUNCATED)
        << ind;
  }
};

const Break kBoth[] = {Break::kReset, Break::kHalfClose};
const uint16_t kVersions[] = {TRESTLE_VERSION_TLS12, TRESTLE_VERSION_TLS13};

TEST_P(Breaks, OfAServer) {
  for (Break how : kBoth) {
    break_server("at once", how, [](Wire&) {});
    break_server("after the ClientHello", how, [](Wire& wire) { wire.receive_record(); });
    for (uint16_t version : kVersions) {
      // In the middle of the flight, at several places, and in TLS 1.2 after all of it.
      for (int sixth = 1; sixth <= 6; ++sixth) {
        if (sixth == 6 && version == TRESTLE_VERSION_TLS13) continue;
        break_server("in its flight", how, [&](Wire& wire) {
          TlsPeer peer = TlsPeer::server(version, pki_.server);
          const std::string flight = peer.step(wire.receive_record());
          wire.send(flight.substr(0, flight.size() * static_cast<size_t>(sixth) / 6));
        });
      }
    }
  }
}

TEST_P(Breaks, OfAClient) {
  for (Break how : kBoth) {
    break_client("at once", how, [](Wire&) {});
    for (uint16_t version : kVersions) {
      for (size_t part : {20, 200, 0}) {
        break_client("in its hello", how, [&](Wire& wire) {
          const std::string hello = TlsPeer::client(version).step("");
          wire.send(hello.substr(0, part == 0 ? hello.size() : std::min(part, hello.size() - 1)));
        });
      }
      break_client("after the server's flight", how, [&](Wire& wire) {
        TlsPeer peer = TlsPeer::client(version);
        wire.send(peer.step(""));
        wire.receive_record();
      });
    }
  }
}

TEST_P(Breaks, AfterTheHandshake) {
  for (Break how : kBoth) {
    for (uint16_t version : kVersions) {
      SCOPED_TRACE(version);
      {
        Session session = client_session();
        RawServer server([&](Wire& wire) {
          if (TlsPeer::server(version, pki_.server).handshake(wire)) break_off(wire, how);
        });
        session.connect_to("127.0.0.1", server.port(), queue_);
        expect_disconnected(how);
        session.destroy();
      }
      {
        Session session = server_session();
        RawClient client(session.listen()->port, [&](Wire& wire) {
          if (TlsPeer::client(version).handshake(wire)) break_off(wire, how);
        });
        accept();
        expect_disconnected(how);
        session.destroy();
      }
    }
  }
}

// It accepts, or connects, and never says anything, while others are served.
TEST_P(Breaks, Silence) {
  Bystander bystander(&program_, GetParam(), pki_);
  Session clients = client_session();
  Session servers = server_session();
  for (Session* session : {&clients, &servers})
    session->set(TRESTLE_OPTION_HELLO_TIMEOUT, kHelloTimeoutMs);
  const uint16_t port = servers.listen()->port;
  RawServer server([](Wire& wire) { wire.wait_for_end(); });
  RawClient client(port, [](Wire& wire) { wire.wait_for_end(); });
  accept();
  clients.connect_to("127.0.0.1", server.port(), queue_);
  bystander.round();
  for (int i = 0; i < 2; ++i) {
    Message end = end_of_handshake();
    EXPECT_EQ(end->result, TRESTLE_RESULT_HELLO_TIMEOUT) << end;
  }
}

TRESTLE_ON_EACH_BACKEND(Breaks);

}  // namespace
}  // namespace trestle::testing
