// SPDX-License-Identifier: Apache-2.0
// The backend fails, in each of its functions and at each step: every request is confirmed once, the
// failure is told, nothing is left behind.
#include <gtest/gtest.h>

#include <thread>

#include "abi_tests/core_with_fake/life.h"

namespace trestle::testing {
namespace {

using fake::Slot;

constexpr int32_t kScripted = TRESTLE_RESULT_NO_COMMON_VERSION;  // nobody else says that

class Failures : public FakeTest {};

TEST_F(Failures, NoneByItself) {
  Life life;
  life.live();
  life.end();
  EXPECT_TRUE(life.came(TRESTLE_PRIM_CONNECTION_CONNECT_CFM, TRESTLE_RESULT_SUCCESS));
  EXPECT_TRUE(life.came(TRESTLE_PRIM_CONNECTION_CONNECT_IND, TRESTLE_RESULT_SUCCESS));
  EXPECT_TRUE(life.came(TRESTLE_PRIM_CONNECTION_DISCONNECT_CFM, TRESTLE_RESULT_SUCCESS));
  EXPECT_TRUE(life.came(TRESTLE_PRIM_CONNECTION_DISCONNECT_IND, TRESTLE_RESULT_SUCCESS));
  EXPECT_EQ(life.of(TRESTLE_PRIM_CONNECTION_DATA_CFM).size(), 3u);
  EXPECT_EQ(life.of(TRESTLE_PRIM_SESSION_DESTROY_CFM).size(), 2u);
}

// A TLS library may be unable to write as long as it has a part of a message of the peer's.
TEST_F(Failures, WritingThatHasToWaitIsTriedAgainWithWhatComes) {
  TwoEngines two;
  Connection connection = two.connect();
  fake::Misbehaviour waits;
  waits.returns = TRESTLE_BACKEND_WANT_READ;
  script().misbehave(Slot::kEncrypt, waits);
  ASSERT_EQ(connection.data_req("late"), TRESTLE_RESULT_SUCCESS);
  // The worker has come to it.
  while (script().calls(Slot::kEncrypt) == 0) std::this_thread::yield();
  EXPECT_FALSE(two.program.poll());
  script().reset();
  ASSERT_EQ(two.peer().data_req("more"), TRESTLE_RESULT_SUCCESS);
  std::map<uint32_t, Message> came;
  for (int i = 0; i < 2; ++i) {
    const Message message = two.program.next();
    came[message->primitive] = message;
  }
  EXPECT_EQ(came[TRESTLE_PRIM_CONNECTION_DATA_CFM]->result, TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(came[TRESTLE_PRIM_CONNECTION_DATA_IND].data(), "more");
  std::string received;
  while (received.empty()) {
    const Message message = two.server_program.next();
    if (message->primitive == TRESTLE_PRIM_CONNECTION_DATA_IND) received = message.data();
  }
  EXPECT_EQ(received, "late");
}

struct Failure {
  Slot slot;
  uint32_t steps;  // calls that the life above makes for sure
  bool told;       // whether the failure reaches the program whichever call it is
};

TEST_F(Failures, InEachFunctionAtEachStep) {
  const Failure failures[] = {
      {Slot::kIdentityNew, 1, true},   {Slot::kContextNew, 2, true},
      {Slot::kConnectionNew, 2, true}, {Slot::kHandshake, 4, true},
      {Slot::kEncrypt, 6, true},       {Slot::kDecrypt, 8, false},
      {Slot::kClose, 2, false},
  };
  for (const Failure& failure : failures) {
    for (uint32_t step = 0; step < failure.steps; ++step) {
      SCOPED_TRACE("slot " + std::to_string(static_cast<int>(failure.slot)) + " step " +
                   std::to_string(step));
      script().reset();
      script().fail(failure.slot, kScripted, step);
      Life life;
      life.live();
      life.end();
      EXPECT_GT(script().calls(failure.slot), step) << "the failure was never reached";
      EXPECT_TRUE(!failure.told || life.count(kScripted) >= 1);
    }
  }
}

TEST_F(Failures, TheBackendsWordsStandBehindTheCores) {
  TwoEngines two;
  script().fail(Slot::kHandshake, TRESTLE_RESULT_TRUNCATED);
  two.client.connect_to("127.0.0.1", two.port());
  two.server_program.expect(TRESTLE_PRIM_ACCEPT_IND);
  EXPECT_EQ(two.program.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM).detail(),
            "the peer ended the transport without close_notify, within the handshake: "
            "the script says so");
}

TEST_F(Failures, AConnectionThatFailedLeavesItsSessionAsGoodAsBefore) {
  TwoEngines two;
  for (Slot slot : {Slot::kConnectionNew, Slot::kHandshake}) {
    script().fail(slot, kScripted);
    Connection failed = two.client.connect_to("127.0.0.1", two.port());
    Message accept = two.server_program.expect(TRESTLE_PRIM_ACCEPT_IND);
    // The server's side does not get as far as the backend before the client has failed.
    Message cfm = two.program.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM);
    EXPECT_EQ(cfm->result, kScripted) << cfm;
    EXPECT_EQ(cfm.detail(), "the script says so");
    EXPECT_STREQ(cfm->error->backend, "fake");
    EXPECT_EQ(failed.destroy()->result, TRESTLE_RESULT_SUCCESS);
    ASSERT_EQ(Connection(&two.server_program, accept->connection).accept_res(0),
              TRESTLE_RESULT_SUCCESS);
    Connection good = two.connect();
    good.send("good");
    EXPECT_EQ(two.peer().receive(4), "good");
  }
}

TEST_F(Failures, AContextThatFailedFailsEachConnect) {
  Program program;
  Session session = program.client("fake");
  script().fail(Slot::kContextNew, kScripted);
  ReservedPort nobody;
  for (int i = 0; i < 3; ++i) {
    session.connect_to("127.0.0.1", nobody.number());
    EXPECT_EQ(program.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM)->result, kScripted);
  }
  EXPECT_EQ(script().calls(Slot::kContextNew), 1u);
}

}  // namespace
}  // namespace trestle::testing
