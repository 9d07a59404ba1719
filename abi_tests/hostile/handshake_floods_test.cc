// SPDX-License-Identifier: Apache-2.0
// Records that a handshake may ignore, without end: it ends all the same, at its deadline or
// before, and others on the same worker go on.
#include <functional>
#include <vector>

#include "abi_tests/support/memory.h"
#include "abi_tests/hostile/records.h"
#include "abi_tests/hostile/tls_peer.h"
#include "abi_tests/hostile/victim.h"

namespace trestle::testing {
namespace {

// Some bytes more than one turn of a worker takes: so the flood is in full swing.
constexpr uint64_t kFullSwing = 4 << 20;
constexpr size_t kGrowthMax = 8 << 20;

struct Flood {
  const char* what;
  std::string bytes;
};

const std::string kUserCanceled("\x01\x5A", 2);
const std::string kUnrecognizedName("\x01\x70", 2);

// What anybody can send without keys.
std::vector<Flood> floods_in_the_clear() {
  std::string many_requests;
  while (many_requests.size() < kFragmentMax) many_requests += handshake_message(kHelloRequest, "");
  return {
      {"HelloRequests", record(kHandshake, handshake_message(kHelloRequest, ""))},
      {"HelloRequests, 4,096 in a record", record(kHandshake, many_requests)},
      {"warnings user_canceled", record(kAlert, kUserCanceled)},
      {"warnings unrecognized_name", record(kAlert, kUnrecognizedName)},
      {"empty alerts", record(kAlert, "")},
      {"change_cipher_spec", record(kChangeCipherSpec, "\x01")},
      {"empty handshake records", record(kHandshake, "")},
      {"empty application data", record(kApplicationData, "")},
  };
}

class HandshakeFloods : public Victim {
 protected:
  HandshakeFloods() : bystander_(&program_, GetParam(), pki_) { bystander_.round(); }

  static void prepare(Session& session) {
    session.set(TRESTLE_OPTION_HELLO_TIMEOUT, kHelloTimeoutMs);
    session.set(TRESTLE_OPTION_RECEIVE_TIMEOUT, int64_t{0});
  }

  // The victim's handshake runs into the peer's flood.
  void expect_bounded(RawPeer& peer, std::chrono::steady_clock::time_point begin) {
    Growth growth;
    peer.wait_until_sent(kFullSwing);
    const int64_t round = bystander_.round().count();
    growth.note();
    Message end = end_of_handshake();
    const int64_t ms = milliseconds_since(begin);
    growth.note();
    figures_.note(ms, round, growth.most());
    EXPECT_NE(end->result, TRESTLE_RESULT_SUCCESS);
    EXPECT_TRUE(end->result == TRESTLE_RESULT_PROTOCOL_VIOLATION ||
                end->result == TRESTLE_RESULT_ALERT_RECEIVED ||
                end->result == TRESTLE_RESULT_HELLO_TIMEOUT)
        << end;
    EXPECT_LT(ms, kHelloTimeoutMs + kSlackMs) << end;
    EXPECT_LT(growth.most(), kGrowthMax) << end;
  }

  void flood_a_client(const char* what, const RawPeer::Script& script) {
    SCOPED_TRACE(what);
    Session session = client_session();
    prepare(session);
    RawServer server(script);
    const auto begin = std::chrono::steady_clock::now();
    session.connect_to("127.0.0.1", server.port(), queue_);
    expect_bounded(server, begin);
    session.destroy();
  }

  void flood_a_server(const char* what, const RawPeer::Script& script) {
    SCOPED_TRACE(what);
    Session session = server_session();
    prepare(session);
    const uint16_t port = session.listen()->port;
    const auto begin = std::chrono::steady_clock::now();
    RawClient client(port, script);
    accept();
    expect_bounded(client, begin);
    session.destroy();
  }

  Bystander bystander_;
  Figures figures_;
};

TEST_P(HandshakeFloods, BeforeTheServerHello) {
  for (const Flood& one : floods_in_the_clear())
    flood_a_client(one.what, [&](Wire& wire) { flood(wire, one.bytes); });
}

TEST_P(HandshakeFloods, BeforeTheClientHello) {
  for (const Flood& one : floods_in_the_clear())
    flood_a_server(one.what, [&](Wire& wire) { flood(wire, one.bytes); });
}

// The hellos are exchanged; in TLS 1.3, everything but change_cipher_spec is to be encrypted now.
TEST_P(HandshakeFloods, AfterTheServerHello) {
  for (uint16_t version : {TRESTLE_VERSION_TLS12, TRESTLE_VERSION_TLS13}) {
    for (const Flood& one : floods_in_the_clear()) {
      flood_a_client(one.what, [&](Wire& wire) {
        TlsPeer peer = TlsPeer::server(version, pki_.server);
        const std::string flight = peer.step(wire.receive_record());
        wire.send(first_record(flight));
        flood(wire, one.bytes);
      });
    }
  }
}

TEST_P(HandshakeFloods, AfterTheClientHello) {
  for (uint16_t version : {TRESTLE_VERSION_TLS12, TRESTLE_VERSION_TLS13}) {
    for (const Flood& one : floods_in_the_clear()) {
      flood_a_server(one.what, [&](Wire& wire) {
        TlsPeer peer = TlsPeer::client(version);
        wire.send(peer.step(""));
        flood(wire, one.bytes);
      });
    }
  }
}

// TLS 1.3, under the keys of the handshake: empty records of each type, and of none.
TEST_P(HandshakeFloods, EncryptedInPlaceOfEncryptedExtensions) {
  for (uint8_t type : {kAlert, kHandshake, kApplicationData}) {
    flood_a_client("empty encrypted records", [&](Wire& wire) {
      TlsPeer peer = TlsPeer::server(TRESTLE_VERSION_TLS13, pki_.server);
      const std::string flight = peer.step(wire.receive_record());
      Seal seal = peer.handshake_seal();
      wire.send(first_record(flight));
      std::string some;
      do {
        some.clear();
        for (int i = 0; i < 1000; ++i) some += seal.seal(type, "");
      } while (wire.send(some));
    });
  }
}

TRESTLE_ON_EACH_BACKEND(HandshakeFloods);

}  // namespace
}  // namespace trestle::testing
