// SPDX-License-Identifier: Apache-2.0
// A backend that breaks the rules of backend.h: the core crashes on nothing that it says, never waits
// for it in a loop, and takes no connection for verified that isn't.
#include <gtest/gtest.h>

#include <cstring>

#include "abi_tests/core_with_fake/life.h"

namespace trestle::testing {
namespace {

using fake::Misbehaviour;
using fake::Slot;
using fake::Vice;

class Nonsense : public FakeTest {
 protected:
  static Misbehaviour returning(int32_t code, const trestle_backend_error* error = nullptr) {
    Misbehaviour how;
    how.returns = code;
    how.error = error;
    return how;
  }
  // CONNECT_CFM of a connection to a server that behaves as far as the script lets it.
  static Message connect(TwoEngines& two) {
    Connection connection = two.client.connect_to("127.0.0.1", two.port());
    Message accept = two.server_program.expect(TRESTLE_PRIM_ACCEPT_IND);
    EXPECT_EQ(Connection(&two.server_program, accept->connection).accept_res(1),
              TRESTLE_RESULT_SUCCESS);
    return connection.finish_connect();
  }
};

TEST_F(Nonsense, AFailureIsNeverASuccess) {
  const Slot slots[] = {Slot::kIdentityNew, Slot::kContextNew, Slot::kConnectionNew,
                        Slot::kHandshake,   Slot::kEncrypt,    Slot::kDecrypt};
  for (Slot slot : slots) {
    for (int32_t result : {0, -1, INT32_MIN}) {
      SCOPED_TRACE("slot " + std::to_string(static_cast<int>(slot)));
      script().reset();
      trestle_backend_error error{};
      error.size = sizeof error;
      error.result = result;
      script().misbehave(slot, returning(TRESTLE_BACKEND_ERROR, &error));
      Life life;
      life.live();
      life.end();
      EXPECT_GE(script().calls(slot), 1u);
      EXPECT_GE(life.count(TRESTLE_RESULT_FAILURE), 1);
    }
  }
}

TEST_F(Nonsense, ACodeThatDoesNotExistIsAFailure) {
  const Slot slots[] = {Slot::kIdentityNew, Slot::kContextNew, Slot::kConnectionNew,
                        Slot::kHandshake,   Slot::kEncrypt,    Slot::kDecrypt, Slot::kClose};
  for (Slot slot : slots) {
    for (int32_t code : {3, 77, -2, INT32_MAX, INT32_MIN}) {
      SCOPED_TRACE("slot " + std::to_string(static_cast<int>(slot)));
      script().reset();
      script().misbehave(slot, returning(code));
      Life life;
      life.live();
      life.end();
      EXPECT_GE(script().calls(slot), 1u);
      EXPECT_TRUE(slot == Slot::kClose || life.count(TRESTLE_RESULT_FAILURE) >= 1);
    }
  }
}

TEST_F(Nonsense, SuccessWithoutAnObject) {
  for (Slot slot : {Slot::kIdentityNew, Slot::kContextNew, Slot::kConnectionNew}) {
    script().reset();
    script().misbehave(slot, returning(TRESTLE_BACKEND_OK));
    Life life;
    life.live();
    life.end();
    EXPECT_GE(life.count(TRESTLE_RESULT_FAILURE), 1);
  }
}

TEST_F(Nonsense, AnErrorRecordOfGarbage) {
  trestle_backend_error error;
  std::memset(&error, 'x', sizeof error);  // texts without an end, an alert beyond all alerts
  script().misbehave(Slot::kHandshake, returning(TRESTLE_BACKEND_ERROR, &error), 1);
  TwoEngines two;
  Message cfm = connect(two);
  if (cfm->result == TRESTLE_RESULT_SUCCESS) GTEST_FAIL() << cfm;
  Message ind = two.server_program.expect(TRESTLE_PRIM_CONNECTION_CONNECT_IND);
  bool garbage_seen = false;
  for (const Message& message : {cfm, ind}) {
    ASSERT_NE(message->error, nullptr);
    EXPECT_LE(message->error->alert, 255u);
    EXPECT_LE(message->error->alert_direction, uint32_t{TRESTLE_ALERT_DIRECTION_RECEIVED});
    garbage_seen |= message.detail() == std::string(TRESTLE_BACKEND_TEXT_MAX, 'x') &&
                    message->error->library_text == message.detail();
  }
  EXPECT_TRUE(garbage_seen);
}

TEST_F(Nonsense, AnAlertWithoutADirectionOrADirectionWithoutAnAlert) {
  const std::pair<uint32_t, uint32_t> pairs[] = {
      {42, 0}, {42, 3}, {255, TRESTLE_ALERT_DIRECTION_SENT}, {300, TRESTLE_ALERT_DIRECTION_SENT}};
  for (auto [alert, direction] : pairs) {
    TwoEngines two;
    trestle_backend_error error{};
    error.result = TRESTLE_RESULT_PROTOCOL_VIOLATION;
    error.alert = alert;
    error.alert_direction = direction;
    script().misbehave(Slot::kHandshake, returning(TRESTLE_BACKEND_ERROR, &error));
    Message cfm = connect(two);
    EXPECT_EQ(cfm->result, TRESTLE_RESULT_PROTOCOL_VIOLATION);
    EXPECT_EQ(cfm.alert(), uint32_t{TRESTLE_ALERT_NONE});
    EXPECT_EQ(cfm->error->alert_direction, uint32_t{TRESTLE_ALERT_DIRECTION_NONE});
    script().reset();
  }
}

TEST_F(Nonsense, DecryptingToAnImpossibleLength) {
  for (uint64_t length : {uint64_t{0}, uint64_t{64 * 1024 + 1}, UINT64_MAX}) {
    SCOPED_TRACE(length);
    TwoEngines two;
    Connection connection = two.connect();
    Misbehaviour how;
    how.length = length;
    script().misbehave(Slot::kDecrypt, how);
    ASSERT_EQ(two.peer().data_req("x"), TRESTLE_RESULT_SUCCESS);
    Message end = two.program.expect(TRESTLE_PRIM_CONNECTION_DISCONNECT_IND);
    EXPECT_EQ(end->result, TRESTLE_RESULT_FAILURE) << end;
    EXPECT_EQ(end.detail(), "the backend told an impossible length");
    EXPECT_EQ(connection.disconnect_res(), TRESTLE_RESULT_SUCCESS);
    script().reset();
  }
}

// backend.h: after a no, the handshake fails. A library that ignores its callback must not win.
TEST_F(Nonsense, GoingOnAfterANo) {
  script().indulge(Vice::kIgnoresAnswers);
  for (int64_t decision : {TRESTLE_CERT_DECISION_ASK, TRESTLE_CERT_DECISION_AUTO}) {
    Life life;
    life.cert_answer = 0;
    life.live(decision);
    life.end();
    EXPECT_FALSE(life.came(TRESTLE_PRIM_CONNECTION_CONNECT_CFM, TRESTLE_RESULT_SUCCESS));
    ASSERT_EQ(life.of(TRESTLE_PRIM_CONNECTION_CONNECT_CFM).size(), 1u);
    const Message& cfm = life.of(TRESTLE_PRIM_CONNECTION_CONNECT_CFM)[0];
    if (decision == TRESTLE_CERT_DECISION_ASK) {
      EXPECT_EQ(cfm->result, TRESTLE_RESULT_CERT_REJECTED) << cfm;
    } else {
      EXPECT_EQ(api().result_category(cfm->result), TRESTLE_CATEGORY_CERTIFICATE) << cfm;
    }
  }
}

TEST_F(Nonsense, AskingAboutNothing) {
  for (Vice also : {Vice::kAsksAboutNothing, Vice::kIgnoresAnswers}) {
    script().indulge(Vice::kAsksAboutNothing);
    script().indulge(also);
    Life life;
    life.live();
    life.end();
    EXPECT_TRUE(life.of(TRESTLE_PRIM_CONNECTION_CERT_IND).empty());
    EXPECT_FALSE(life.came(TRESTLE_PRIM_CONNECTION_CONNECT_CFM, TRESTLE_RESULT_SUCCESS));
  }
}

TEST_F(Nonsense, AskingOutOfTurn) {
  script().indulge(Vice::kAsksBeforeHandshake);
  {
    Life life;
    life.live();
    life.end();
    EXPECT_FALSE(life.came(TRESTLE_PRIM_CONNECTION_CONNECT_CFM, TRESTLE_RESULT_SUCCESS));
  }
  script().reset();
  script().indulge(Vice::kAsksWhileDecrypting);
  Life life;
  life.live();
  life.end();
  // The answer is no; what the backend makes of it is its own matter.
  EXPECT_TRUE(life.came(TRESTLE_PRIM_CONNECTION_CONNECT_CFM, TRESTLE_RESULT_SUCCESS));
  EXPECT_EQ(life.of(TRESTLE_PRIM_CONNECTION_CERT_IND).size(), 1u);
}

TEST_F(Nonsense, NotAskingAtAll) {
  // The handshake is done before it began.
  script().misbehave(Slot::kHandshake, returning(TRESTLE_BACKEND_OK));
  Life life;
  life.live();
  life.end();
  ASSERT_EQ(life.of(TRESTLE_PRIM_CONNECTION_CONNECT_CFM).size(), 1u);
  const Message& cfm = life.of(TRESTLE_PRIM_CONNECTION_CONNECT_CFM)[0];
  EXPECT_EQ(cfm->result, TRESTLE_RESULT_HANDSHAKE_FAILED) << cfm;
  EXPECT_EQ(cfm.detail(), "the backend did not ask about the peer's certificate");
}

// A PSK alone excuses nobody: it has to be what the handshake went by.
TEST_F(Nonsense, NotAskingBecauseThereIsAPsk) {
  script().misbehave(Slot::kHandshake, returning(TRESTLE_BACKEND_OK));
  script().indulge(Vice::kIgnoresPsks);
  TwoEngines two;
  ASSERT_EQ(two.client.cert_client(TRESTLE_PSK, "a key")->result, TRESTLE_RESULT_SUCCESS);
  Message cfm = connect(two);
  EXPECT_EQ(cfm->result, TRESTLE_RESULT_HANDSHAKE_FAILED) << cfm;
  EXPECT_EQ(cfm.detail(), "the backend did not ask about the peer's certificate");
}

TEST_F(Nonsense, AServerThatRequiresACertificateHasToAskForItToo) {
  Program program;
  Session server = program.server("fake");
  server.identity(some_identity());
  server.set(TRESTLE_OPTION_CLIENT_AUTH, int64_t{TRESTLE_CLIENT_AUTH_REQUIRE});
  Message listening = server.listen();
  Session client = program.client("fake");
  script().misbehave(Slot::kHandshake, returning(TRESTLE_BACKEND_OK));
  client.connect_to("127.0.0.1", listening->port);
  Message ind;
  for (;;) {
    ind = program.next();
    if (ind->primitive == TRESTLE_PRIM_ACCEPT_IND)
      Connection(&program, ind->connection).accept_res(1);
    if (ind->primitive == TRESTLE_PRIM_CONNECTION_CONNECT_IND) break;
  }
  EXPECT_EQ(ind->result, TRESTLE_RESULT_HANDSHAKE_FAILED) << ind;
}

TEST_F(Nonsense, SignaturesThatAreNeitherRightNorWrong) {
  for (int32_t answer : {2, -7, INT32_MAX}) {
    script().answer_signatures(answer);
    Life life;
    life.live(TRESTLE_CERT_DECISION_AUTO);
    life.end();
    EXPECT_FALSE(life.came(TRESTLE_PRIM_CONNECTION_CONNECT_CFM, TRESTLE_RESULT_SUCCESS));
  }
}

TEST_F(Nonsense, JunkOnTheWire) {
  script().push_junk(64 * 1024 * 1024);
  Life life;
  life.live();
  life.end();
  EXPECT_FALSE(life.came(TRESTLE_PRIM_CONNECTION_CONNECT_CFM, TRESTLE_RESULT_SUCCESS));
}

}  // namespace
}  // namespace trestle::testing
