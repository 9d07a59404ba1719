// SPDX-License-Identifier: Apache-2.0
// The backend fails, in each of its functions and at each step: every request is confirmed once, the
// failure is told, nothing is left behind.
#include <gtest/gtest.h>

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
