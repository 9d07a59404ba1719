// SPDX-License-Identifier: Apache-2.0
// Flow control (C 3.2, 4.13): windows, and memory that stays bounded whatever the other side does.
#include <gtest/gtest.h>

#include <malloc.h>

#include <thread>

#include "abi_tests/harness/program.h"

namespace trestle::testing {
namespace {

class Windows : public ::testing::TestWithParam<std::string> {
 protected:
  Windows() : server_(server_program_.server(GetParam())), session_(program_.client(GetParam())) {
    server_.identity(pki_.server);
    session_.trust(pki_.root.cert_pem());
  }

  // Connects the two sides; their options are set before.
  void connect() {
    Message listening = server_.listen();
    client_ = session_.connect_to("127.0.0.1", listening->port).handle();
    Message accept = server_program_.expect(TRESTLE_PRIM_ACCEPT_IND);
    peer_ = accept->connection;
    ASSERT_EQ(peer().accept_res(1), TRESTLE_RESULT_SUCCESS);
    ASSERT_EQ(client().finish_connect()->result, TRESTLE_RESULT_SUCCESS);
    ASSERT_EQ(server_program_.expect(TRESTLE_PRIM_CONNECTION_CONNECT_IND)->result,
              TRESTLE_RESULT_SUCCESS);
  }
  Connection client() { return Connection(&program_, client_); }
  Connection peer() { return Connection(&server_program_, peer_); }

  TestPki pki_;
  std::string lent_;  // for BORROW without waiting for the confirm: outlives the engines
  Program server_program_, program_;
  Session server_, session_;
  uint64_t client_ = 0, peer_ = 0;
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
  session_.set(TRESTLE_OPTION_SEND_WINDOW, int64_t{64});
  connect();
  // 64 MiB are offered; what is neither confirmed nor held by the program's own 64 borrowed
  // requests would have to sit in the library.
  lent_.assign(1024 * 1024, 'x');
  malloc_trim(0);
  size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
  for (int i = 0; i < 64; ++i)
    ASSERT_EQ(client().data_req(lent_, TRESTLE_DATA_BORROW), TRESTLE_RESULT_SUCCESS);
  Message only = server_program_.expect(TRESTLE_PRIM_CONNECTION_DATA_IND);
  // The sockets' buffers take a few MiB; then it stops. Stopped is: two looks with the same count.
  int confirmed = 0, last = -1;
  while (confirmed != last) {
    last = confirmed;
    const trestle_message* message = nullptr;
    uint32_t count = 0;
    while (api().queue_get(program_.engine(), program_.queue(), &message, 1, 300, &count) ==
           TRESTLE_RESULT_SUCCESS) {
      api().message_release(program_.engine(), message);
      ++confirmed;
    }
  }
  EXPECT_LT(confirmed, 32);
  EXPECT_FALSE(server_program_.poll());
  size_t after = mallinfo2().uordblks + mallinfo2().hblkhd;
  EXPECT_LT(after, before + 2 * 1024 * 1024);
}

TEST_P(Windows, APeerThatNeverReadsStopsConfirms) {
  connect();
  std::string chunk(16 * 1024 * 1024, 'x');
  ASSERT_EQ(client().data_req(chunk, TRESTLE_DATA_BORROW), TRESTLE_RESULT_SUCCESS);
  server_program_.expect(TRESTLE_PRIM_CONNECTION_DATA_IND);  // never answered
  // The destruction's confirm is in line behind the data's.
  ASSERT_EQ(client().destroy_req(), TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(program_.expect(TRESTLE_PRIM_CONNECTION_DATA_CFM)->result, TRESTLE_RESULT_CANCELLED);
  EXPECT_EQ(program_.expect(TRESTLE_PRIM_CONNECTION_DESTROY_CFM)->result, TRESTLE_RESULT_SUCCESS);
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
