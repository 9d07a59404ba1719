// SPDX-License-Identifier: Apache-2.0
// Flow control (C 3.2, 4.13): windows, and memory that stays bounded whatever the other side does.
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "abi_tests/harness/program.h"
#include "abi_tests/support/memory.h"

namespace trestle::testing {
namespace {

constexpr size_t kMiB = 1024 * 1024;
// What a connection that has come to a stop may hold of the data, both ends together.
constexpr size_t kGrowthMax = 2 * kMiB;

// The most that TCP keeps of what one side has sent and the other has not read.
size_t socket_buffers() {
  size_t sum = 0;
  for (const char* direction : {"rmem", "wmem"}) {
    std::ifstream file(std::string("/proc/sys/net/ipv4/tcp_") + direction);
    size_t least = 0, initial = 0, most = 0;
    file >> least >> initial >> most;
    if (!file) throw std::runtime_error("the system doesn't tell the size of its buffers");
    sum += most;
  }
  return sum;
}

// One worker of each kind: what one connection does shows that another has had its turns.
Program::Options one_worker() {
  Program::Options options;
  options.handshake_workers = options.data_workers = 1;
  return options;
}

class Windows : public ::testing::TestWithParam<std::string> {
 protected:
  Windows()
      : server_program_(one_worker()),
        program_(one_worker()),
        server_(server_program_.server(GetParam())),
        session_(program_.client(GetParam())) {
    server_.identity(pki_.server);
    session_.trust(pki_.root.cert_pem());
  }

  // Connects the two sides; their options are set before.
  void connect() {
    port_ = server_.listen()->port;
    client_ = session_.connect_to("127.0.0.1", port_).handle();
    Message accept = server_program_.expect(TRESTLE_PRIM_ACCEPT_IND);
    peer_ = accept->connection;
    ASSERT_EQ(peer().accept_res(1), TRESTLE_RESULT_SUCCESS);
    ASSERT_EQ(client().finish_connect()->result, TRESTLE_RESULT_SUCCESS);
    ASSERT_EQ(server_program_.expect(TRESTLE_PRIM_CONNECTION_CONNECT_IND)->result,
              TRESTLE_RESULT_SUCCESS);
  }
  Connection client() { return Connection(&program_, client_); }
  Connection peer() { return Connection(&server_program_, peer_); }

  // The clock: another connection of the same sessions, on queues of its own.
  void connect_clock() {
    clock_queue_ = program_.new_queue();
    clock_peer_queue_ = server_program_.new_queue();
    clock_ = session_.connect_to("127.0.0.1", port_, clock_queue_).handle();
    clock_peer_ = server_program_.expect(TRESTLE_PRIM_ACCEPT_IND)->connection;
    ASSERT_EQ(api().accept_res(server_program_.engine(), clock_peer_, 1, clock_peer_queue_),
              TRESTLE_RESULT_SUCCESS);
    program_.expect(TRESTLE_PRIM_CONNECTION_CERT_IND, clock_queue_);
    ASSERT_EQ(Connection(&program_, clock_).cert_res(1), TRESTLE_RESULT_SUCCESS);
    ASSERT_EQ(program_.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM, clock_queue_)->result,
              TRESTLE_RESULT_SUCCESS);
    ASSERT_EQ(server_program_.expect(TRESTLE_PRIM_CONNECTION_CONNECT_IND, clock_peer_queue_)->result,
              TRESTLE_RESULT_SUCCESS);
    tick();
  }
  // Time passes: both workers have had a few hundred turns, and have looked at each socket that
  // was ready.
  void tick() {
    Connection here(&program_, clock_), there(&server_program_, clock_peer_);
    for (int i = 0; i < 200; ++i) {
      one_way(here, program_, clock_queue_, there, server_program_, clock_peer_queue_);
      one_way(there, server_program_, clock_peer_queue_, here, program_, clock_queue_);
    }
  }
  static void one_way(Connection& from, Program& sender, uint64_t sender_queue, Connection& to,
                      Program& receiver, uint64_t receiver_queue) {
    ASSERT_EQ(from.data_req("tick"), TRESTLE_RESULT_SUCCESS);
    ASSERT_EQ(sender.expect(TRESTLE_PRIM_CONNECTION_DATA_CFM, sender_queue)->result,
              TRESTLE_RESULT_SUCCESS);
    ASSERT_EQ(receiver.expect(TRESTLE_PRIM_CONNECTION_DATA_IND, receiver_queue).data(), "tick");
    ASSERT_EQ(to.data_res(), TRESTLE_RESULT_SUCCESS);
  }
  // Ticks until no confirm has come for one; how many came.
  size_t confirmed_until_it_stops(Growth* growth) {
    size_t confirmed = 0;
    for (bool moves = true; moves;) {
      moves = false;
      tick();
      while (Message cfm = program_.poll()) {
        EXPECT_EQ(cfm->primitive, uint32_t{TRESTLE_PRIM_CONNECTION_DATA_CFM});
        EXPECT_EQ(cfm->result, TRESTLE_RESULT_SUCCESS) << cfm;
        ++confirmed;
        moves = true;
      }
      growth->note();
    }
    return confirmed;
  }

  TestPki pki_;
  std::string lent_;  // for BORROW without waiting for the confirm: outlives the engines
  Program server_program_, program_;
  Session server_, session_;
  uint16_t port_ = 0;
  uint64_t client_ = 0, peer_ = 0;
  uint64_t clock_ = 0, clock_peer_ = 0, clock_queue_ = 0, clock_peer_queue_ = 0;
};

TEST_P(Windows, OneUnconfirmedRequestByDefault) {
  connect();
  std::string big(8 * 1024 * 1024, 'x');  // more than the sockets' buffers: stays unconfirmed
  ASSERT_EQ(client().data_req(big), TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(client().data_req("y"), TRESTLE_RESULT_WINDOW_FULL);
  // Nothing of the refused request arrives, everything of the other does.
  std::string received = peer().receive(big.size());
  EXPECT_EQ(received, big);
  EXPECT_EQ(program_.expect(TRESTLE_PRIM_CONNECTION_DATA_CFM)->result, TRESTLE_RESULT_SUCCESS);
  client().send("y");
  EXPECT_EQ(peer().receive(1), "y");
}

TEST_P(Windows, OneUnansweredIndicationByDefault) {
  connect();
  client().send(std::string(300 * 1024, 'x'), 4096);
  Message first = server_program_.expect(TRESTLE_PRIM_CONNECTION_DATA_IND);
  // A later request's confirm shows that the worker had time to indicate more, had it been allowed.
  ASSERT_EQ(peer().data_req("a"), TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(server_program_.next()->primitive, uint32_t{TRESTLE_PRIM_CONNECTION_DATA_CFM});
  EXPECT_FALSE(server_program_.poll());
  ASSERT_EQ(peer().data_res(), TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(peer().data_res(), TRESTLE_RESULT_NOTHING_TO_ANSWER);
  peer().receive(300 * 1024 - first->length);
}

TEST_P(Windows, LargerOnes) {
  session_.set(TRESTLE_OPTION_SEND_WINDOW, int64_t{3});
  server_.set(TRESTLE_OPTION_RECEIVE_WINDOW, int64_t{4});
  connect();
  std::string big(8 * 1024 * 1024, 'x');
  for (int i = 0; i < 3; ++i) ASSERT_EQ(client().data_req(big), TRESTLE_RESULT_SUCCESS) << i;
  EXPECT_EQ(client().data_req("y"), TRESTLE_RESULT_WINDOW_FULL);
  uint64_t received = 0;
  for (int i = 0; i < 4; ++i)
    received += server_program_.expect(TRESTLE_PRIM_CONNECTION_DATA_IND)->length;
  ASSERT_EQ(peer().data_req("a"), TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(server_program_.next()->primitive, uint32_t{TRESTLE_PRIM_CONNECTION_DATA_CFM});
  EXPECT_FALSE(server_program_.poll());
  for (int i = 0; i < 4; ++i) ASSERT_EQ(peer().data_res(), TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(peer().receive(3 * big.size() - received).size(), 3 * big.size() - received);
}

TEST_P(Windows, AProgramThatNeverAnswersStopsThePeer) {
  // What is neither in TCP's hands nor in the buffer that the program lends for all requests would
  // have to sit in the library, on one side or the other.
  lent_.assign(kMiB, 'x');
  const size_t explained = socket_buffers() / lent_.size();
  const size_t requests = explained + 16;
  session_.set(TRESTLE_OPTION_SEND_WINDOW, static_cast<int64_t>(requests));
  connect();
  connect_clock();
  Growth growth;
  for (size_t i = 0; i < requests; ++i)
    ASSERT_EQ(client().data_req(lent_, TRESTLE_DATA_BORROW), TRESTLE_RESULT_SUCCESS);
  Message only = server_program_.expect(TRESTLE_PRIM_CONNECTION_DATA_IND);
  const size_t confirmed = confirmed_until_it_stops(&growth);
  EXPECT_LE(confirmed, explained);
  EXPECT_FALSE(server_program_.poll()) << "a second DATA_IND";
  EXPECT_LT(growth.most(), kGrowthMax);
  // It was stopped and not lost: with the answers, everything comes.
  uint64_t received = only->length;
  only.release();
  ASSERT_EQ(peer().data_res(), TRESTLE_RESULT_SUCCESS);
  while (received < requests * lent_.size()) {
    Message more = server_program_.expect(TRESTLE_PRIM_CONNECTION_DATA_IND);
    received += more->length;
    ASSERT_EQ(peer().data_res(), TRESTLE_RESULT_SUCCESS);
  }
  growth.note();
  EXPECT_LT(growth.most(), kGrowthMax);
  for (size_t i = confirmed; i < requests; ++i)
    program_.expect(TRESTLE_PRIM_CONNECTION_DATA_CFM, TRESTLE_RESULT_SUCCESS);
}

// The same with requests that are as large as they may be: none is encrypted ahead of TCP.
TEST_P(Windows, APeerThatNeverReadsStopsConfirms) {
  lent_.assign(TRESTLE_DATA_LENGTH_MAX, 'x');
  const size_t explained = socket_buffers() / lent_.size();
  const size_t requests = explained + 1;
  session_.set(TRESTLE_OPTION_SEND_WINDOW, static_cast<int64_t>(requests));
  connect();
  connect_clock();
  Growth growth;
  for (size_t i = 0; i < requests; ++i)
    ASSERT_EQ(client().data_req(lent_, TRESTLE_DATA_BORROW), TRESTLE_RESULT_SUCCESS);
  server_program_.expect(TRESTLE_PRIM_CONNECTION_DATA_IND);  // never answered
  const size_t confirmed = confirmed_until_it_stops(&growth);
  EXPECT_LE(confirmed, explained);
  EXPECT_LT(growth.most(), kGrowthMax);
  // The destruction's confirm is in line behind the data's.
  ASSERT_EQ(client().destroy_req(), TRESTLE_RESULT_SUCCESS);
  for (size_t i = confirmed; i < requests; ++i)
    program_.expect(TRESTLE_PRIM_CONNECTION_DATA_CFM, TRESTLE_RESULT_CANCELLED);
  program_.expect(TRESTLE_PRIM_CONNECTION_DESTROY_CFM, TRESTLE_RESULT_SUCCESS);
}

TEST_P(Windows, TheThreeWaysToGiveData) {
  connect();
  client().send("copied");
  EXPECT_EQ(peer().receive(6), "copied");
  std::string mine = "borrowed";
  ASSERT_EQ(client().data_req(mine, TRESTLE_DATA_BORROW), TRESTLE_RESULT_SUCCESS);
  program_.expect(TRESTLE_PRIM_CONNECTION_DATA_CFM);
  EXPECT_EQ(peer().receive(8), "borrowed");
  uint8_t* buffer = nullptr;
  ASSERT_EQ(api().buffer_allocate(program_.engine(), 11, &buffer), TRESTLE_RESULT_SUCCESS);
  std::copy_n("handed over", 11, buffer);
  ASSERT_EQ(client().data_req({reinterpret_cast<char*>(buffer), 11}, TRESTLE_DATA_HANDOVER),
            TRESTLE_RESULT_SUCCESS);
  program_.expect(TRESTLE_PRIM_CONNECTION_DATA_CFM);
  EXPECT_EQ(peer().receive(11), "handed over");
  // Nothing is a valid amount.
  ASSERT_EQ(client().data_req(""), TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(program_.expect(TRESTLE_PRIM_CONNECTION_DATA_CFM)->result, TRESTLE_RESULT_SUCCESS);
}

TEST_P(Windows, EverySizeAroundARecord) {
  connect();
  std::string sent, received;
  for (size_t size : {1, 2, 1000, 16383, 16384, 16385, 32768, 65535, 65536, 65537, 1000003}) {
    std::string data(size, static_cast<char>('a' + size % 26));
    ASSERT_EQ(client().data_req(data), TRESTLE_RESULT_SUCCESS);
    EXPECT_EQ(peer().receive(size), data);
    EXPECT_EQ(program_.expect(TRESTLE_PRIM_CONNECTION_DATA_CFM)->result, TRESTLE_RESULT_SUCCESS);
  }
}

INSTANTIATE_TEST_SUITE_P(Backends, Windows, ::testing::ValuesIn(backends()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace trestle::testing
