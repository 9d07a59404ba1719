// SPDX-License-Identifier: Apache-2.0
#include "core/messages/words.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "trestle/trestle.h"

namespace trestle {
namespace {

pki::GeneralNames dns_names(const std::vector<std::string>& names) {
  pki::GeneralNames all;
  for (const std::string& name : names) all.dns.emplace_back(std::string_view(name));
  return all;
}

TEST(WordsTest, ATimeoutSaysWhichAndHowLong) {
  EXPECT_EQ(timeout_words(TRESTLE_RESULT_CONNECT_TIMEOUT, 1),
            "TCP did not connect within 1 ms (TRESTLE_OPTION_CONNECT_TIMEOUT)");
  EXPECT_EQ(timeout_words(TRESTLE_RESULT_HELLO_TIMEOUT, 15000),
            "the handshake was not complete within 15000 ms (TRESTLE_OPTION_HELLO_TIMEOUT)");
  EXPECT_EQ(timeout_words(TRESTLE_RESULT_RECEIVE_TIMEOUT, 20),
            "nothing came from the peer in the handshake for 20 ms (TRESTLE_OPTION_RECEIVE_TIMEOUT)");
  EXPECT_EQ(timeout_words(TRESTLE_RESULT_CLOSE_TIMEOUT, 5000),
            "the peer did not close within 5000 ms (TRESTLE_OPTION_CLOSE_TIMEOUT)");
}

TEST(WordsTest, AnAlertHasItsNameIfThereIsOne) {
  const auto received = [](uint32_t alert) {
    return ending_words(TRESTLE_RESULT_ALERT_RECEIVED, alert, TRESTLE_ALERT_DIRECTION_RECEIVED,
                        true);
  };
  EXPECT_EQ(received(0), "the peer sent alert 0 (close_notify)");
  EXPECT_EQ(received(40), "the peer sent alert 40 (handshake_failure)");
  EXPECT_EQ(received(121), "the peer sent alert 121 (ech_required)");
  EXPECT_EQ(received(1), "the peer sent alert 1");
  EXPECT_EQ(received(255), "the peer sent alert 255");
  EXPECT_EQ(ending_words(TRESTLE_RESULT_PROTOCOL_VIOLATION, 20, TRESTLE_ALERT_DIRECTION_SENT, false),
            "alert 20 (bad_record_mac) was sent to the peer");
}

TEST(WordsTest, TheTransportsEndSaysWhen) {
  const auto words = [](int32_t result, bool in_handshake) {
    return ending_words(result, TRESTLE_ALERT_NONE, TRESTLE_ALERT_DIRECTION_NONE, in_handshake);
  };
  EXPECT_EQ(words(TRESTLE_RESULT_TRUNCATED, true),
            "the peer ended the transport without close_notify, within the handshake");
  EXPECT_EQ(words(TRESTLE_RESULT_TRUNCATED, false),
            "the peer ended the transport without close_notify");
  EXPECT_EQ(words(TRESTLE_RESULT_CONNECTION_RESET, false), "the transport was reset");
  EXPECT_EQ(words(TRESTLE_RESULT_TRANSPORT, true), "the transport failed, within the handshake");
  EXPECT_EQ(words(TRESTLE_RESULT_HANDSHAKE_FAILED, true), "");
}

TEST(WordsTest, AMismatchTellsBothSides) {
  const uint8_t four[] = {127, 0, 0, 1};
  const uint8_t sixteen[16] = {0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9};
  pki::GeneralNames names;
  EXPECT_EQ(name_mismatch_words("other.test", names),
            "the certificate is not for \"other.test\"; it has no DNS name and no IP address");
  names.ip = {pki::Bytes(four, sizeof four), pki::Bytes(sixteen, sizeof sixteen)};
  names.dns = {pki::Bytes("localhost"), pki::Bytes("*.good.test")};
  EXPECT_EQ(name_mismatch_words("::1", names),
            "the certificate is not for \"::1\"; it is for \"localhost\", \"*.good.test\", "
            "\"127.0.0.1\", \"fe80::9\"");
}

// Neither a terminal nor a reader is led astray.
TEST(WordsTest, ThePeersNamesAreMadeHarmless) {
  const std::string words = name_mismatch_words(
      "good.test", dns_names({std::string("a\0b\r\n\x1b[2J\x7f", 10), "\", \"good.test\\",
                              "\xe2\x80\xae" "evil", "\xff\xfe"}));
  EXPECT_EQ(words,
            "the certificate is not for \"good.test\"; it is for \"a\\00b\\0d\\0a\\1b[2J\\7f\", "
            "\"\\\", \\\"good.test\\\\\", \"\\e2\\80\\aeevil\", \"fffe\"");
}

TEST(WordsTest, ThePeersNamesAreBounded) {
  const std::string longest(100 * 1000, 'x');
  EXPECT_LT(name_mismatch_words(longest, dns_names({longest})).size(), 700u);
  EXPECT_LT(name_mismatch_words("good.test", dns_names({std::string(100 * 1000, '\n')})).size(),
            400u);
  EXPECT_LT(name_mismatch_words("good.test", dns_names({std::string(100 * 1000, '\xff')})).size(),
            400u);
  const std::string many =
      name_mismatch_words("good.test", dns_names(std::vector<std::string>(4096, "evil.test")));
  EXPECT_LT(many.size(), 400u);
  EXPECT_EQ(many.substr(many.rfind("\"evil.test\"")), "\"evil.test\" and 4073 more");
}

TEST(WordsTest, TheParticularFollowsTheGeneral) {
  EXPECT_EQ(rejected_words(""), "the program rejected the peer's certificate");
  EXPECT_EQ(rejected_words("it has expired"),
            "the program rejected the peer's certificate: it has expired");
  EXPECT_EQ(join_words("", "what the backend says"), "what the backend says");
  EXPECT_EQ(join_words("", ""), "");
}

}  // namespace
}  // namespace trestle
