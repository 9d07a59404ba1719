// SPDX-License-Identifier: Apache-2.0
// Records without data, and answers that a peer provokes and never reads, on an established
// connection: cut off, or carried on at a bounded memory; others go on; the program can always
// leave.
#include <functional>
#include <vector>

#include "abi_tests/support/memory.h"
#include "abi_tests/hostile/records.h"
#include "abi_tests/hostile/tls_peer.h"
#include "abi_tests/hostile/victim.h"

namespace trestle::testing {
namespace {

constexpr uint64_t kFullSwing = 1 << 20;
// A peer that never reads can be stopped before that.
constexpr int64_t kSwingMs = 150;
constexpr uint32_t kLookMs = 10;
constexpr int64_t kCloseTimeoutMs = 100;
constexpr size_t kGrowthMax = 8 << 20;

// The next part of a flood.
using Part = std::function<std::string(Seal&)>;

struct Flood {
  const char* what;
  uint16_t version;
  Part part;
};

Part sealed(uint8_t type, const std::string& plaintext) {
  return [=](Seal& seal) { return seal.seal(type, plaintext); };
}

// A byte of data after so many of the others: the backends count what comes without data.
Part with_data(Part part, int before_each_byte) {
  return [=](Seal& seal) {
    std::string bytes;
    for (int i = 0; i < before_each_byte; ++i) bytes += part(seal);
    return bytes + seal.seal(kApplicationData, "x");
  };
}

Part key_update(bool update_requested) {
  return [=](Seal& seal) { return seal.key_update(update_requested); };
}

// RFC 8446, 4.6.1: lifetime, age, nonce, ticket, no extension.
std::string ticket13() {
  return handshake_message(kNewSessionTicket, number(7200, 4) + number(1, 4) + number(1, 1) + "n" +
                                                  number(200, 2) + std::string(200, 't') +
                                                  number(0, 2));
}

// RFC 5246, 7.4.1.2, as an attempt to renegotiate; what it says doesn't matter.
std::string client_hello12() {
  return handshake_message(
      kClientHello, number(0x0303, 2) + std::string(32, 'r') + number(0, 1) + number(2, 2) +
                        number(TRESTLE_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, 2) + number(1, 1) +
                        number(0, 1));
}

const std::string kNoRenegotiation("\x01\x64", 2);
const std::string kUserCanceled("\x01\x5A", 2);

std::vector<Flood> floods_of_both(uint16_t version) {
  const Part empty = sealed(kApplicationData, "");
  const Part canceled = sealed(kAlert, kUserCanceled);
  return {
      {"empty data", version, empty},
      {"empty data and a byte in 17 records", version, with_data(empty, 16)},
      {"a byte in each record", version, with_data(empty, 0)},
      {"user_canceled", version, canceled},
      {"user_canceled and data", version, with_data(canceled, 1)},
  };
}

std::vector<Flood> key_updates() {
  const Part silent = key_update(false), asking = key_update(true);
  return {
      {"key updates", TRESTLE_VERSION_TLS13, silent},
      {"key updates and data", TRESTLE_VERSION_TLS13, with_data(silent, 1)},
      {"key updates to be answered", TRESTLE_VERSION_TLS13, asking},
      {"key updates to be answered, and data", TRESTLE_VERSION_TLS13, with_data(asking, 1)},
  };
}

std::vector<Flood> floods_of_servers() {
  const Part ticket = sealed(kHandshake, ticket13());
  const Part request = sealed(kHandshake, handshake_message(kHelloRequest, ""));
  return {
      {"tickets", TRESTLE_VERSION_TLS13, ticket},
      {"tickets and data", TRESTLE_VERSION_TLS13, with_data(ticket, 1)},
      {"HelloRequests", TRESTLE_VERSION_TLS12, request},
      {"HelloRequests and data", TRESTLE_VERSION_TLS12, with_data(request, 1)},
      {"no_renegotiation", TRESTLE_VERSION_TLS12, sealed(kAlert, kNoRenegotiation)},
  };
}

std::vector<Flood> floods_of_clients() {
  const Part hello = sealed(kHandshake, client_hello12());
  return {
      {"ClientHellos", TRESTLE_VERSION_TLS12, hello},
      {"ClientHellos and data", TRESTLE_VERSION_TLS12, with_data(hello, 1)},
      {"no_renegotiation", TRESTLE_VERSION_TLS12, sealed(kAlert, kNoRenegotiation)},
  };
}

void flood_until_the_end(Wire& wire, TlsPeer peer, const Part& part) {
  if (!peer.handshake(wire)) return;
  Seal seal = peer.application_seal();
  std::string some;
  do {
    some.clear();
    while (some.size() < 16384) some += part(seal);
  } while (wire.send(some));
}

enum class Leave { kDisconnect, kDestroy };

class EstablishedFloods : public Victim {
 protected:
  EstablishedFloods() : bystander_(&program_, GetParam(), pki_) { bystander_.round(); }

  // Answers every DATA_IND that is there. False once DISCONNECT_IND was among them.
  bool answer_all(Connection& connection) {
    while (Message message = program_.poll(queue_)) {
      if (!answer(connection, message)) return false;
    }
    return true;
  }

  bool answer(Connection& connection, const Message& message) {
    if (message->primitive == TRESTLE_PRIM_CONNECTION_DISCONNECT_IND) {
      EXPECT_EQ(api().result_category(message->result), TRESTLE_CATEGORY_TLS) << message;
      return false;
    }
    EXPECT_EQ(message->primitive, uint32_t{TRESTLE_PRIM_CONNECTION_DATA_IND}) << message;
    connection.data_res();
    return true;
  }

  void expect_bounded(RawPeer& peer, Connection& connection, Leave leave) {
    Message connected = end_of_handshake();
    ASSERT_EQ(connected->result, TRESTLE_RESULT_SUCCESS) << connected;
    Growth growth;
    const auto begin = std::chrono::steady_clock::now();
    bool up = true;
    while (up && peer.sent() < kFullSwing && milliseconds_since(begin) < kSwingMs) {
      if (Message message = next_within(kLookMs)) up = answer(connection, message);
      growth.note();
    }
    const int64_t round = bystander_.round().count();
    growth.note();
    up = up && answer_all(connection);
    const auto leaving = std::chrono::steady_clock::now();
    if (up) leave_now(connection, leave);
    const int64_t ms = milliseconds_since(leaving);
    growth.note();
    figures_.note(ms, round, growth.most());
    EXPECT_LT(ms, (leave == Leave::kDisconnect ? kCloseTimeoutMs : 0) + kSlackMs);
    EXPECT_LT(growth.most(), kGrowthMax);
    if (!up) {
      EXPECT_EQ(connection.disconnect_res(), TRESTLE_RESULT_SUCCESS);
    }
  }

  // Waits for the confirm; what is on its way before it may come, and be answered.
  void leave_now(Connection& connection, Leave leave) {
    const bool disconnect = leave == Leave::kDisconnect;
    ASSERT_EQ(disconnect ? connection.disconnect_req() : connection.destroy_req(),
              TRESTLE_RESULT_SUCCESS);
    for (bool ended = false;;) {
      Message message = program_.next(queue_);
      if (message->primitive == TRESTLE_PRIM_CONNECTION_DESTROY_CFM) {
        EXPECT_EQ(message->result, TRESTLE_RESULT_SUCCESS) << message;
        return;
      }
      if (message->primitive == TRESTLE_PRIM_CONNECTION_DISCONNECT_CFM) {
        if (!ended) {
          EXPECT_TRUE(message->result == TRESTLE_RESULT_SUCCESS ||
                      message->result == TRESTLE_RESULT_CLOSE_TIMEOUT ||
                      // The flood was cut off before, or meanwhile.
                      message->result == TRESTLE_RESULT_NOT_CONNECTED ||
                      message->result == TRESTLE_RESULT_PROTOCOL_VIOLATION)
              << message;
        }
        return;
      }
      if (!answer(connection, message)) ended = true;
    }
  }

  void flood_a_client(const Flood& one) {
    for (Leave leave : {Leave::kDisconnect, Leave::kDestroy}) {
      SCOPED_TRACE(std::string(one.what) + (leave == Leave::kDestroy ? ", destroy" : ""));
      Session session = client_session();
      session.set(TRESTLE_OPTION_CLOSE_TIMEOUT, kCloseTimeoutMs);
      RawServer server([&](Wire& wire) {
        flood_until_the_end(wire, TlsPeer::server(one.version, pki_.server), one.part);
      });
      Connection connection = session.connect_to("127.0.0.1", server.port(), queue_);
      expect_bounded(server, connection, leave);
      session.destroy();
      EXPECT_FALSE(program_.poll(queue_));
    }
  }

  void flood_a_server(const Flood& one) {
    for (Leave leave : {Leave::kDisconnect, Leave::kDestroy}) {
      SCOPED_TRACE(std::string(one.what) + (leave == Leave::kDestroy ? ", destroy" : ""));
      Session session = server_session();
      session.set(TRESTLE_OPTION_CLOSE_TIMEOUT, kCloseTimeoutMs);
      RawClient client(session.listen()->port, [&](Wire& wire) {
        flood_until_the_end(wire, TlsPeer::client(one.version), one.part);
      });
      Connection connection = accept();
      expect_bounded(client, connection, leave);
      session.destroy();
      EXPECT_FALSE(program_.poll(queue_));
    }
  }

  Bystander bystander_;
  Figures figures_;
};

TEST_P(EstablishedFloods, OfAServerWithRecordsOfTls12) {
  for (const Flood& one : floods_of_both(TRESTLE_VERSION_TLS12)) flood_a_client(one);
}

TEST_P(EstablishedFloods, OfAServerWithRecordsOfTls13) {
  for (const Flood& one : floods_of_both(TRESTLE_VERSION_TLS13)) flood_a_client(one);
}

TEST_P(EstablishedFloods, OfAServerWithKeyUpdates) {
  for (const Flood& one : key_updates()) flood_a_client(one);
}

TEST_P(EstablishedFloods, OfAServerWithItsOwnMessages) {
  for (const Flood& one : floods_of_servers()) flood_a_client(one);
}

TEST_P(EstablishedFloods, OfAClientWithRecordsOfTls12) {
  for (const Flood& one : floods_of_both(TRESTLE_VERSION_TLS12)) flood_a_server(one);
}

TEST_P(EstablishedFloods, OfAClientWithRecordsOfTls13) {
  for (const Flood& one : floods_of_both(TRESTLE_VERSION_TLS13)) flood_a_server(one);
}

TEST_P(EstablishedFloods, OfAClientWithKeyUpdates) {
  for (const Flood& one : key_updates()) flood_a_server(one);
}

TEST_P(EstablishedFloods, OfAClientWithItsOwnMessages) {
  for (const Flood& one : floods_of_clients()) flood_a_server(one);
}

TRESTLE_ON_EACH_BACKEND(EstablishedFloods);

}  // namespace
}  // namespace trestle::testing
