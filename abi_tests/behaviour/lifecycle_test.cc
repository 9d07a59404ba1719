// SPDX-License-Identifier: Apache-2.0
// Sessions and connections: several at once, bound, reconnected, destroyed (C 3 and 4.7 to 4.11).
#include <errno.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <set>
#include <system_error>

#include "abi_tests/harness/program.h"

namespace trestle::testing {
namespace {

// A port of ::1, which has no second address, that the system gives to nobody as long as the object
// lives. Who names it may have it with SO_REUSEADDR, as BIND does.
class SharedPort6 {
 public:
  SharedPort6() : socket_(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const int on = 1;
    setsockopt(socket_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    address_.sin6_family = AF_INET6;
    address_.sin6_addr = in6addr_loopback;
    socklen_t length = sizeof address_;
    auto* address = reinterpret_cast<sockaddr*>(&address_);
    if (bind(socket_.get(), address, length) != 0 ||
        getsockname(socket_.get(), address, &length) != 0) {
      throw std::system_error(errno, std::generic_category(), "a port of ::1");
    }
  }
  uint16_t number() const { return ntohs(address_.sin6_port); }

 private:
  UniqueFd socket_;
  sockaddr_in6 address_{};
};

class Lifecycle : public ::testing::TestWithParam<std::string> {
 protected:
  // A server session on an engine of its own; every connection is accepted by accept_one.
  Lifecycle() : server_(server_program_.server(GetParam())) {
    server_.identity(pki_.server);
    listening_ = server_.listen();
  }

  Session client(Program& program) {
    Session session = program.client(GetParam());
    session.trust(pki_.root.cert_pem());
    session.set(TRESTLE_OPTION_CERT_DECISION, int64_t{TRESTLE_CERT_DECISION_AUTO});
    session.set(TRESTLE_OPTION_SERVER_NAME, "localhost");
    return session;
  }

  Connection accept_one() {
    Message accept = server_program_.expect(TRESTLE_PRIM_ACCEPT_IND);
    Connection connection(&server_program_, accept->connection);
    EXPECT_EQ(connection.accept_res(1), TRESTLE_RESULT_SUCCESS);
    Message connected = server_program_.expect(TRESTLE_PRIM_CONNECTION_CONNECT_IND);
    EXPECT_EQ(connected->result, TRESTLE_RESULT_SUCCESS) << connected;
    last_accept_ = accept;
    return connection;
  }

  // The same where the client's session asks about the certificate: it gets a yes.
  Connection accept_one_that_asks(Program& program, Connection& client) {
    Connection connection(&server_program_,
                          server_program_.expect(TRESTLE_PRIM_ACCEPT_IND)->connection);
    EXPECT_EQ(connection.accept_res(1), TRESTLE_RESULT_SUCCESS);
    program.expect(TRESTLE_PRIM_CONNECTION_CERT_IND);
    EXPECT_EQ(client.cert_res(1), TRESTLE_RESULT_SUCCESS);
    program.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM, TRESTLE_RESULT_SUCCESS);
    server_program_.expect(TRESTLE_PRIM_CONNECTION_CONNECT_IND, TRESTLE_RESULT_SUCCESS);
    return connection;
  }

  uint16_t port() const { return listening_->port; }

  // Over two connections of one BIND, to `server`.
  void expect_bind_persists(uint32_t family, const std::string& local, uint16_t bound,
                            const std::string& server) {
    Program program;
    Session session = client(program);
    Connection connection = session.create_connection(family);
    ASSERT_EQ(connection.bind_req(local, bound), TRESTLE_RESULT_SUCCESS);
    Message cfm = program.expect(TRESTLE_PRIM_CONNECTION_BIND_CFM);
    ASSERT_EQ(cfm->result, TRESTLE_RESULT_SUCCESS) << cfm;
    // To another port the second time: the first pair of addresses is in TIME_WAIT.
    for (int round = 0; round < 2; ++round) {
      Message listening = server_.listen(family);
      ASSERT_EQ(listening->result, TRESTLE_RESULT_SUCCESS) << listening;
      ASSERT_EQ(connection.connect_req(server, listening->port), TRESTLE_RESULT_SUCCESS);
      accept_one();
      EXPECT_EQ(last_accept_->family, family);
      EXPECT_EQ(last_accept_->port, bound);
      EXPECT_TRUE(std::equal(last_accept_->address, last_accept_->address + 16,
                             ip_bytes(local).begin()));
      Message connected = program.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM);
      ASSERT_EQ(connected->result, TRESTLE_RESULT_SUCCESS) << connected;
      EXPECT_EQ(connection.disconnect()->result, TRESTLE_RESULT_SUCCESS);
      server_program_.expect(TRESTLE_PRIM_CONNECTION_DISCONNECT_IND);
    }
  }

  TestPki pki_;
  Program server_program_;
  Session server_;
  Message listening_;
  Message last_accept_;
};

TEST_P(Lifecycle, SeveralConnectionsInOneSessionAtOnce) {
  Program program;
  Session session = client(program);
  std::vector<Connection> clients, servers;
  for (int i = 0; i < 5; ++i) {
    clients.push_back(session.connect_to("127.0.0.1", port()));
    servers.push_back(accept_one());
    ASSERT_EQ(program.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM)->result, TRESTLE_RESULT_SUCCESS);
  }
  for (int i = 0; i < 5; ++i) clients[i].send("hello " + std::to_string(i));
  std::set<std::string> received;
  for (int i = 0; i < 5; ++i) {
    Message data = server_program_.expect(TRESTLE_PRIM_CONNECTION_DATA_IND);
    received.insert(std::string(data.data()));
  }
  EXPECT_EQ(received, (std::set<std::string>{"hello 0", "hello 1", "hello 2", "hello 3", "hello 4"}));
}

TEST_P(Lifecycle, TwoEnginesKnowNothingOfEachOther) {
  Program one, two;
  Session session_one = client(one), session_two = client(two);
  Connection first = session_one.connect_to("127.0.0.1", port());
  Connection first_server = accept_one();
  ASSERT_EQ(one.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM)->result, TRESTLE_RESULT_SUCCESS);
  Connection second = session_two.connect_to("127.0.0.1", port());
  Connection second_server = accept_one();
  ASSERT_EQ(two.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM)->result, TRESTLE_RESULT_SUCCESS);
  // A handle of the other engine is foreign.
  EXPECT_EQ(api().connection_destroy_req(two.engine(), first.handle(), 1),
            TRESTLE_RESULT_BAD_HANDLE);
  EXPECT_EQ(api().session_destroy_req(one.engine(), session_two.handle(), 1),
            TRESTLE_RESULT_BAD_HANDLE);
  EXPECT_EQ(one.shut_down().size(), 1u);
  Message end = server_program_.expect(TRESTLE_PRIM_CONNECTION_DISCONNECT_IND);
  EXPECT_EQ(end->connection, first_server.handle());
  second.send("still here");
  EXPECT_EQ(second_server.receive(10), "still here");
}

TEST_P(Lifecycle, IPv6) {
  if (!has_loopback(IpVersion::kV6)) GTEST_SKIP() << "this machine has no ::1";
  Message listening = server_.listen(TRESTLE_FAMILY_IP6);
  ASSERT_EQ(listening->result, TRESTLE_RESULT_SUCCESS) << listening;
  Program program;
  Session session = client(program);
  Connection connection = session.connect_to("::1", listening->port);
  Connection server_side = accept_one();
  ASSERT_EQ(program.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM)->result, TRESTLE_RESULT_SUCCESS);
  connection.send("six");
  EXPECT_EQ(server_side.receive(3), "six");
}

TEST_P(Lifecycle, BindPersistsOverAReconnect) {
  // Taken on 127.0.0.1 for as long as this lasts, so nobody is given it on another address.
  const ReservedPort reserved;
  expect_bind_persists(TRESTLE_FAMILY_IP4, "127.0.0.9", reserved.number(), "127.0.0.1");
}

TEST_P(Lifecycle, BindPersistsOverAReconnectOfIPv6) {
  if (!has_loopback(IpVersion::kV6)) GTEST_SKIP() << "this machine has no ::1";
  const SharedPort6 shared;
  expect_bind_persists(TRESTLE_FAMILY_IP6, "::1", shared.number(), "::1");
}

TEST_P(Lifecycle, BindFailuresOfIPv6) {
  if (!has_loopback(IpVersion::kV6)) GTEST_SKIP() << "this machine has no ::1";
  Message listening = server_.listen(TRESTLE_FAMILY_IP6);
  ASSERT_EQ(listening->result, TRESTLE_RESULT_SUCCESS) << listening;
  Program program;
  Session session = client(program);
  Connection connection = session.create_connection(TRESTLE_FAMILY_IP6);
  const SharedPort6 shared;
  ASSERT_EQ(connection.bind_req("::1", shared.number()), TRESTLE_RESULT_SUCCESS);
  program.expect(TRESTLE_PRIM_CONNECTION_BIND_CFM, TRESTLE_RESULT_SUCCESS);
  ASSERT_EQ(connection.bind_req("::1", listening->port), TRESTLE_RESULT_SUCCESS);
  program.expect(TRESTLE_PRIM_CONNECTION_BIND_CFM, TRESTLE_RESULT_ADDRESS_IN_USE);
  ASSERT_EQ(connection.bind_req("2001:db8::1", 0), TRESTLE_RESULT_SUCCESS);
  program.expect(TRESTLE_PRIM_CONNECTION_BIND_CFM, TRESTLE_RESULT_ADDRESS_NOT_AVAILABLE);
  // The first one stays in force.
  ASSERT_EQ(connection.connect_req("::1", listening->port), TRESTLE_RESULT_SUCCESS);
  accept_one();
  EXPECT_EQ(last_accept_->port, shared.number());
  program.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM, TRESTLE_RESULT_SUCCESS);
}

TEST_P(Lifecycle, BoundAddressIsUsedAgainAfterDisconnect) {
  Program program;
  Session session = client(program);
  Connection connection = session.create_connection();
  // Any port of another loopback address: the address shows at the peer, the port may change.
  ASSERT_EQ(connection.bind_req("127.0.0.9", 0), TRESTLE_RESULT_SUCCESS);
  ASSERT_EQ(program.expect(TRESTLE_PRIM_CONNECTION_BIND_CFM)->result, TRESTLE_RESULT_SUCCESS);
  for (int round = 0; round < 3; ++round) {
    ASSERT_EQ(connection.connect_req("127.0.0.1", port()), TRESTLE_RESULT_SUCCESS);
    Message accept = server_program_.expect(TRESTLE_PRIM_ACCEPT_IND);
    EXPECT_EQ(accept->address[3], 9) << "round " << round;
    Connection peer(&server_program_, accept->connection);
    ASSERT_EQ(peer.accept_res(1), TRESTLE_RESULT_SUCCESS);
    ASSERT_EQ(program.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM)->result, TRESTLE_RESULT_SUCCESS);
    server_program_.expect(TRESTLE_PRIM_CONNECTION_CONNECT_IND);
    EXPECT_EQ(connection.disconnect()->result, TRESTLE_RESULT_SUCCESS);
    Message end = server_program_.expect(TRESTLE_PRIM_CONNECTION_DISCONNECT_IND);
    EXPECT_EQ(end->result, TRESTLE_RESULT_SUCCESS) << end;
  }
}

TEST_P(Lifecycle, BindFailures) {
  Program program;
  Session session = client(program);
  Connection connection = session.create_connection();
  ASSERT_EQ(connection.bind_req("127.0.0.1", port()), TRESTLE_RESULT_SUCCESS);
  Message cfm = program.expect(TRESTLE_PRIM_CONNECTION_BIND_CFM);
  EXPECT_EQ(cfm->result, TRESTLE_RESULT_ADDRESS_IN_USE) << cfm;
  ASSERT_EQ(connection.bind_req("192.0.2.1", 0), TRESTLE_RESULT_SUCCESS);
  cfm = program.expect(TRESTLE_PRIM_CONNECTION_BIND_CFM);
  EXPECT_EQ(cfm->result, TRESTLE_RESULT_ADDRESS_NOT_AVAILABLE) << cfm;
  // Neither has harmed the connection.
  ASSERT_EQ(connection.connect_req("127.0.0.1", port()), TRESTLE_RESULT_SUCCESS);
  accept_one();
  EXPECT_EQ(program.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM)->result, TRESTLE_RESULT_SUCCESS);
}

TEST_P(Lifecycle, AFailedBindKeepsTheOneBefore) {
  Program program;
  Session session = client(program);
  Connection connection = session.create_connection();
  const ReservedPort reserved;  // as above
  const uint16_t bound = reserved.number();
  ASSERT_EQ(connection.bind_req("127.0.0.9", bound), TRESTLE_RESULT_SUCCESS);
  ASSERT_EQ(program.expect(TRESTLE_PRIM_CONNECTION_BIND_CFM)->result, TRESTLE_RESULT_SUCCESS);
  // An address that isn't ours, and a port that is taken.
  ASSERT_EQ(connection.bind_req("192.0.2.1", 0), TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(program.expect(TRESTLE_PRIM_CONNECTION_BIND_CFM)->result,
            TRESTLE_RESULT_ADDRESS_NOT_AVAILABLE);
  ASSERT_EQ(connection.bind_req("127.0.0.1", port()), TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(program.expect(TRESTLE_PRIM_CONNECTION_BIND_CFM)->result,
            TRESTLE_RESULT_ADDRESS_IN_USE);
  // To another port the second time: the first pair of addresses is in TIME_WAIT.
  for (uint16_t to : {port(), server_.listen()->port}) {
    ASSERT_EQ(connection.connect_req("127.0.0.1", to), TRESTLE_RESULT_SUCCESS);
    Message accept = server_program_.expect(TRESTLE_PRIM_ACCEPT_IND);
    EXPECT_EQ(accept->address[3], 9);
    EXPECT_EQ(accept->port, bound);
    Connection peer(&server_program_, accept->connection);
    ASSERT_EQ(peer.accept_res(1), TRESTLE_RESULT_SUCCESS);
    program.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM, TRESTLE_RESULT_SUCCESS);
    server_program_.expect(TRESTLE_PRIM_CONNECTION_CONNECT_IND);
    EXPECT_EQ(connection.disconnect()->result, TRESTLE_RESULT_SUCCESS);
    server_program_.expect(TRESTLE_PRIM_CONNECTION_DISCONNECT_IND);
  }
}

// The next BIND takes the place of the one before.
TEST_P(Lifecycle, ASecondBindCounts) {
  Program program;
  Session session = client(program);
  Connection connection = session.create_connection();
  for (const char* address : {"127.0.0.9", "127.0.0.8"}) {
    ASSERT_EQ(connection.bind_req(address, 0), TRESTLE_RESULT_SUCCESS);
    ASSERT_EQ(program.expect(TRESTLE_PRIM_CONNECTION_BIND_CFM)->result, TRESTLE_RESULT_SUCCESS);
  }
  ASSERT_EQ(connection.connect_req("127.0.0.1", port()), TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(server_program_.expect(TRESTLE_PRIM_ACCEPT_IND)->address[3], 8);
}

// An IPv4 address is four bytes, and what lies behind them is not looked at.
TEST_P(Lifecycle, IPv4AddressesAreFourBytes) {
  const long page = sysconf(_SC_PAGESIZE);
  void* pages = mmap(nullptr, static_cast<size_t>(2 * page), PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(pages, MAP_FAILED);
  auto* border = static_cast<uint8_t*>(pages) + page;
  ASSERT_EQ(mprotect(border, static_cast<size_t>(page), PROT_NONE), 0);
  uint8_t* localhost = border - 4;
  std::copy_n(ip_bytes("127.0.0.1").data(), 4, localhost);

  trestle_engine* engine = server_program_.engine();
  ASSERT_EQ(api().listen_req(engine, server_.handle(), TRESTLE_FAMILY_IP4, localhost, 0, 1),
            TRESTLE_RESULT_SUCCESS);
  Message listening = server_program_.expect(TRESTLE_PRIM_LISTEN_CFM);
  ASSERT_EQ(listening->result, TRESTLE_RESULT_SUCCESS) << listening;
  Program program;
  Session session = client(program);
  Connection connection = session.create_connection();
  ASSERT_EQ(api().connection_bind_req(program.engine(), connection.handle(), localhost, 0, 2),
            TRESTLE_RESULT_SUCCESS);
  program.expect(TRESTLE_PRIM_CONNECTION_BIND_CFM, TRESTLE_RESULT_SUCCESS);
  ASSERT_EQ(api().connection_connect_req(program.engine(), connection.handle(), localhost,
                                         listening->port, 3),
            TRESTLE_RESULT_SUCCESS);
  accept_one();
  program.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM, TRESTLE_RESULT_SUCCESS);
  munmap(pages, static_cast<size_t>(2 * page));
}

TEST_P(Lifecycle, AClientSessionDoesNotListenAndIsNoneTheWorse) {
  Program program;
  Session session = program.client(GetParam());
  for (int i = 0; i < 2; ++i) {
    Message cfm = session.listen();
    EXPECT_EQ(cfm->result, TRESTLE_RESULT_WRONG_STATE) << cfm;
    EXPECT_EQ(cfm->listener, 0u);
  }
  session.trust(pki_.root.cert_pem());
  session.set(TRESTLE_OPTION_SEND_WINDOW, int64_t{4});
  Connection connection = session.connect_to("127.0.0.1", port());
  Connection server_side = accept_one_that_asks(program, connection);
  connection.send("as ever");
  EXPECT_EQ(server_side.receive(7), "as ever");
  // Now it is configured for good, and still doesn't listen.
  EXPECT_EQ(session.option(TRESTLE_OPTION_SEND_WINDOW, int64_t{5})->result,
            TRESTLE_RESULT_WRONG_STATE);
  EXPECT_EQ(session.listen()->result, TRESTLE_RESULT_WRONG_STATE);
}

TEST_P(Lifecycle, AFailedConnectInvalidatesTheConnection) {
  Program program;
  Session session = client(program);
  ReservedPort nobody;
  Connection connection = session.connect_to("127.0.0.1", nobody.number());
  Message cfm = program.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM);
  EXPECT_EQ(cfm->result, TRESTLE_RESULT_CONNECT_REFUSED) << cfm;
  EXPECT_EQ(cfm->error->library_code, ECONNREFUSED);
  ASSERT_EQ(connection.connect_req("127.0.0.1", port()), TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(program.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM)->result,
            TRESTLE_RESULT_INVALIDATED);
  ASSERT_EQ(connection.data_req("x"), TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(program.expect(TRESTLE_PRIM_CONNECTION_DATA_CFM)->result, TRESTLE_RESULT_INVALIDATED);
  EXPECT_EQ(connection.destroy()->result, TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(connection.destroy_req(), TRESTLE_RESULT_BAD_HANDLE);
  // The session is as good as before.
  session.connect_to("127.0.0.1", port());
  accept_one();
  EXPECT_EQ(program.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM)->result, TRESTLE_RESULT_SUCCESS);
}

TEST_P(Lifecycle, DirtyDestroyConfirmsEverythingFirst) {
  Program program;
  Session session = client(program);
  session.set(TRESTLE_OPTION_SEND_WINDOW, int64_t{8});
  Connection established = session.connect_to("127.0.0.1", port());
  accept_one();
  ASSERT_EQ(program.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM)->result, TRESTLE_RESULT_SUCCESS);
  Connection connecting = session.create_connection();

  // The server never answers its DATA_IND, so most of this stays on its way.
  std::string big(4 * 1024 * 1024, 'x');
  for (int i = 0; i < 6; ++i) ASSERT_EQ(established.data_req(big), TRESTLE_RESULT_SUCCESS);
  ASSERT_EQ(connecting.connect_req("127.0.0.1", port()), TRESTLE_RESULT_SUCCESS);
  ASSERT_EQ(api().session_destroy_req(program.engine(), session.handle(), 77),
            TRESTLE_RESULT_SUCCESS);
  int data_confirms = 0, connect_confirms = 0;
  for (;;) {
    Message message = program.next();
    if (message->primitive == TRESTLE_PRIM_SESSION_DESTROY_CFM) {
      EXPECT_EQ(message->tag, 77u);
      EXPECT_EQ(message->result, TRESTLE_RESULT_SUCCESS);
      break;
    }
    data_confirms += message->primitive == TRESTLE_PRIM_CONNECTION_DATA_CFM;
    connect_confirms += message->primitive == TRESTLE_PRIM_CONNECTION_CONNECT_CFM;
  }
  EXPECT_EQ(data_confirms, 6);
  EXPECT_EQ(connect_confirms, 1);
  EXPECT_FALSE(program.poll());
  EXPECT_EQ(established.data_req("x"), TRESTLE_RESULT_BAD_HANDLE);
  EXPECT_EQ(api().session_destroy_req(program.engine(), session.handle(), 78),
            TRESTLE_RESULT_BAD_HANDLE);
}

TEST_P(Lifecycle, ShutdownIsTheLastMessage) {
  Program program;
  Session session = client(program);
  Connection connection = session.connect_to("127.0.0.1", port());
  accept_one();
  ASSERT_EQ(program.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM)->result, TRESTLE_RESULT_SUCCESS);
  std::string big(8 * 1024 * 1024, 'x');
  ASSERT_EQ(connection.data_req(big), TRESTLE_RESULT_SUCCESS);
  std::vector<Message> messages = program.shut_down();
  ASSERT_EQ(messages.size(), 2u);
  EXPECT_EQ(messages[0]->primitive, TRESTLE_PRIM_CONNECTION_DATA_CFM);
  EXPECT_EQ(messages[0]->result, TRESTLE_RESULT_CANCELLED);
  EXPECT_EQ(messages[1]->result, TRESTLE_RESULT_SUCCESS);
  const trestle_message* none = nullptr;
  uint32_t count = 0;
  EXPECT_EQ(api().queue_get(program.engine(), program.queue(), &none, 1, TRESTLE_WAIT_FOREVER,
                            &count),
            TRESTLE_RESULT_SHUT_DOWN);
  EXPECT_EQ(api().session_create_req(program.engine(), program.queue(), TRESTLE_ROLE_CLIENT,
                                     nullptr, 1),
            TRESTLE_RESULT_SHUT_DOWN);
  EXPECT_EQ(api().engine_shutdown_req(program.engine(), program.queue(), 1),
            TRESTLE_RESULT_SHUT_DOWN);
}

TEST_P(Lifecycle, AConnectionMayHaveAQueueOfItsOwn) {
  Program program;
  Session session = client(program);
  uint64_t own = program.new_queue();
  Connection connection = session.connect_to("127.0.0.1", port(), own);
  accept_one();
  EXPECT_EQ(program.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM, own)->result,
            TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(api().queue_destroy(program.engine(), own), TRESTLE_RESULT_BUSY);
  ASSERT_EQ(connection.destroy_req(), TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(program.expect(TRESTLE_PRIM_CONNECTION_DESTROY_CFM, own)->result,
            TRESTLE_RESULT_SUCCESS);
  EXPECT_FALSE(program.poll());
  EXPECT_EQ(api().queue_destroy(program.engine(), own), TRESTLE_RESULT_SUCCESS);
}

TEST_P(Lifecycle, AnAcceptedConnectionDoesNotConnect) {
  Program program;
  Session session = client(program);
  session.connect_to("127.0.0.1", port());
  Connection accepted = accept_one();
  ASSERT_EQ(accepted.disconnect_req(), TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(server_program_.expect(TRESTLE_PRIM_CONNECTION_DISCONNECT_CFM)->result,
            TRESTLE_RESULT_SUCCESS);
  ASSERT_EQ(accepted.connect_req("127.0.0.1", port()), TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(server_program_.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM)->result,
            TRESTLE_RESULT_WRONG_STATE);
  ASSERT_EQ(accepted.bind_req("127.0.0.1", 0), TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(server_program_.expect(TRESTLE_PRIM_CONNECTION_BIND_CFM)->result,
            TRESTLE_RESULT_WRONG_STATE);
  EXPECT_EQ(accepted.destroy()->result, TRESTLE_RESULT_SUCCESS);
}

TEST_P(Lifecycle, ARefusedAcceptAndUnlisten) {
  Program program;
  Session session = client(program);
  session.connect_to("127.0.0.1", port());
  Message accept = server_program_.expect(TRESTLE_PRIM_ACCEPT_IND);
  Connection refused(&server_program_, accept->connection);
  EXPECT_EQ(refused.accept_res(2), TRESTLE_RESULT_BAD_ARGUMENT);
  ASSERT_EQ(refused.accept_res(0), TRESTLE_RESULT_SUCCESS);
  EXPECT_NE(refused.accept_res(1), TRESTLE_RESULT_SUCCESS);
  Message cfm = program.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM);
  EXPECT_TRUE(cfm->result == TRESTLE_RESULT_TRUNCATED ||
              cfm->result == TRESTLE_RESULT_CONNECTION_RESET)
      << cfm;
  ASSERT_EQ(api().unlisten_req(server_program_.engine(), listening_->listener, 5),
            TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(server_program_.expect(TRESTLE_PRIM_UNLISTEN_CFM)->tag, 5u);
  EXPECT_EQ(api().unlisten_req(server_program_.engine(), listening_->listener, 6),
            TRESTLE_RESULT_BAD_HANDLE);
  session.connect_to("127.0.0.1", port());
  EXPECT_EQ(program.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM)->result,
            TRESTLE_RESULT_CONNECT_REFUSED);
}

INSTANTIATE_TEST_SUITE_P(Backends, Lifecycle, ::testing::ValuesIn(backends()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace trestle::testing
