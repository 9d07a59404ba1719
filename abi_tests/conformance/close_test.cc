// SPDX-License-Identifier: Apache-2.0
// How a connection ends: a clean close, a truncation and an alert are told apart.
#include "abi_tests/conformance/scenario.h"
#include "abi_tests/conformance/wire.h"

namespace trestle::conformance {
namespace {

// Each test runs with the client, then with the server, as the one who ends the connection.
class CloseTest : public PairTest {
 protected:
  struct Ends {
    Endpoint* one;
    Endpoint* other;
    Pipe* to_other;
    Pipe* to_one;
  };

  template <typename Test>
  void for_both_ends(Test test) {
    for (bool client_first : {true, false}) {
      SCOPED_TRACE(client_first ? "client ends" : "server ends");
      Scenario scenario(GetParam());
      Pair& pair = scenario.make_established_pair();
      if (client_first) {
        test(Ends{&pair.client, &pair.server, &pair.to_server, &pair.to_client});
      } else {
        test(Ends{&pair.server, &pair.client, &pair.to_client, &pair.to_server});
      }
    }
  }
};

TEST_P(CloseTest, CloseNotifyIsClosed) {
  for_both_ends([](Ends ends) {
    ASSERT_TRUE(ends.one->encrypt("last words").ok());
    ASSERT_TRUE(ends.one->close().ok());
    ends.to_other->end();
    Outcome end;
    EXPECT_EQ(receive(ends.other, &end), "last words");
    EXPECT_EQ(end.text(), "CLOSED") << end.explanation();
    // And stays so.
    std::string data;
    EXPECT_EQ(ends.other->decrypt(&data).text(), "CLOSED");
  });
}

TEST_P(CloseTest, DataStillComesAfterOnesOwnClose) {
  for_both_ends([](Ends ends) {
    ASSERT_TRUE(ends.one->close().ok());
    ASSERT_TRUE(ends.other->encrypt("before I knew").ok());
    Outcome end;
    EXPECT_EQ(receive(ends.one, &end), "before I knew");
    EXPECT_EQ(end.text(), "WANT_READ") << end.explanation();
    receive(ends.other, &end);
    EXPECT_EQ(end.text(), "CLOSED") << end.explanation();
    ASSERT_TRUE(ends.other->close().ok());
    receive(ends.one, &end);
    EXPECT_EQ(end.text(), "CLOSED") << end.explanation();
  });
}

TEST_P(CloseTest, EndOfTransportIsTruncation) {
  for_both_ends([](Ends ends) {
    ASSERT_TRUE(ends.one->encrypt("and then").ok());
    ends.to_other->end();
    Outcome end;
    EXPECT_EQ(receive(ends.other, &end), "and then");
    EXPECT_EQ(end.text(), "TRUNCATED") << end.explanation();
  });
}

TEST_P(CloseTest, EndOfTransportWithinARecordIsTruncation) {
  for_both_ends([](Ends ends) {
    const uint64_t before = ends.to_other->sent().size();
    ends.to_other->set_arrived(before);
    ASSERT_TRUE(ends.one->encrypt("half of this").ok());
    const std::string record = ends.to_other->drain();
    ends.to_other->set_arrived(Pipe::kNoLimit);
    ends.to_other->write(record.substr(0, record.size() / 2));
    ends.to_other->end();
    Outcome end;
    EXPECT_EQ(receive(ends.other, &end), "");
    EXPECT_EQ(end.text(), "TRUNCATED") << end.explanation();
  });
}

TEST_P(CloseTest, AbortReachesThePeerAsItsAlert) {
  constexpr uint8_t kAccessDenied = 49;
  constexpr uint8_t kInternalError = 80;
  for (uint8_t alert : {kAccessDenied, kInternalError}) {
    for_both_ends([this, alert](Ends ends) {
      if (ends.one->plugin().table->abort == nullptr) return;
      EXPECT_EQ(ends.one->abort(alert).text(), "OK");
      ends.to_other->end();
      Outcome end;
      receive(ends.other, &end);
      expect_same(where(), "abort with alert " + std::to_string(alert),
                  "ALERT_RECEIVED, alert " + std::to_string(alert) + " received", end.text(),
                  end.explanation());
    });
  }
}

TEST_P(CloseTest, ChangedRecordIsAViolation) {
  for_both_ends([this](Ends ends) {
    const uint64_t before = ends.to_other->sent().size();
    ASSERT_TRUE(ends.one->encrypt("to be changed").ok());
    ends.to_other->flip(ends.to_other->sent().size() - 3, 0x10);
    Outcome end;
    EXPECT_EQ(receive(ends.other, &end), "");
    expect_same(where(), "changed record: receiver's result",
                "PROTOCOL_VIOLATION, alert 20 sent", end.text(), end.explanation());
    ends.to_one->end();
    receive(ends.one, &end);
    expect_same(where(), "changed record: sender's result", "ALERT_RECEIVED, alert 20 received",
                end.text(), end.explanation());
    EXPECT_GT(ends.to_other->sent().size(), before);
  });
}

TEST_P(CloseTest, RecordOutOfNowhereIsAViolation) {
  for_both_ends([this](Ends ends) {
    ends.to_other->write(make_record(kApplicationDataRecord, std::string(40, 'x')));
    Outcome end;
    EXPECT_EQ(receive(ends.other, &end), "");
    expect_same(where(), "forged record: receiver's result", "PROTOCOL_VIOLATION, alert 20 sent",
                end.text(), end.explanation());
  });
}

TEST_P(CloseTest, PlaintextAlertIsNotBelieved) {
  for_both_ends([](Ends ends) {
    // A fatal internal_error of whoever can write into the transport.
    ends.to_other->write(make_record(kAlertRecord, std::string("\x02\x50", 2)));
    Outcome end;
    receive(ends.other, &end);
    EXPECT_TRUE(end.failed()) << end.text();
    EXPECT_NE(end.error.result, TRESTLE_RESULT_ALERT_RECEIVED) << end.explanation();
  });
}

TEST_P(CloseTest, FailedConnectionStaysFailed) {
  for_both_ends([](Ends ends) {
    ASSERT_TRUE(ends.one->encrypt("to be changed").ok());
    ends.to_other->flip(ends.to_other->sent().size() - 3, 0x10);
    Outcome end;
    receive(ends.other, &end);
    ASSERT_TRUE(end.failed());
    ASSERT_TRUE(ends.one->encrypt("a record that is right").ok());
    EXPECT_EQ(receive(ends.other, &end), "");
    EXPECT_TRUE(end.failed()) << end.text();
    EXPECT_TRUE(ends.other->encrypt("after the end").failed());
  });
}

// One close_notify is enough, and nothing may follow it.
TEST_P(CloseTest, NothingIsSentAfterOnesOwnClose) {
  for_both_ends([](Ends ends) {
    ASSERT_TRUE(ends.one->close().ok());
    const uint64_t sent = ends.to_other->sent().size();
    EXPECT_TRUE(ends.one->close().ok());
    const Outcome late = ends.one->encrypt("too late");
    EXPECT_EQ(late.text(), "FAILURE") << late.explanation();
    EXPECT_EQ(ends.to_other->sent().size(), sent);
    Outcome end;
    EXPECT_EQ(receive(ends.other, &end), "");
    EXPECT_EQ(end.text(), "CLOSED") << end.explanation();
  });
}

// What ended the connection may come along with data, and is told after it.
TEST_P(CloseTest, AFailureBehindDataHoldsForWritingToo) {
  for_both_ends([](Ends ends) {
    ASSERT_TRUE(ends.one->encrypt("the last that is right").ok());
    ASSERT_TRUE(ends.one->encrypt("to be changed").ok());
    ends.to_other->flip(ends.to_other->sent().size() - 3, 0x10);
    std::string data;
    ASSERT_TRUE(ends.other->decrypt(&data).ok());
    EXPECT_EQ(data, "the last that is right");
    Outcome end;
    receive(ends.other, &end);
    ASSERT_TRUE(end.failed()) << end.text();
    const uint64_t sent = ends.to_one->sent().size();
    EXPECT_EQ(ends.other->encrypt("after the end").error.result, end.error.result);
    EXPECT_EQ(ends.other->close().error.result, end.error.result);
    EXPECT_EQ(ends.to_one->sent().size(), sent);
  });
}

TRESTLE_FOR_EACH_PAIR_AND_VERSION(CloseTest);

}  // namespace
}  // namespace trestle::conformance
