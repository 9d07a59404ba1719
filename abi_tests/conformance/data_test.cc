// SPDX-License-Identifier: Apache-2.0
// Application data, both ways.
#include <random>

#include "abi_tests/conformance/scenario.h"

namespace trestle::conformance {
namespace {

std::string pattern(uint64_t length) {
  std::string bytes(length, '\0');
  std::mt19937 random(static_cast<uint32_t>(length));
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

class DataTest : public PairTest {};

TEST_P(DataTest, ArrivesAsSentBothWays) {
  Scenario scenario(GetParam());
  Pair& pair = scenario.make_established_pair();
  for (uint64_t length : {1, 2, 15, 16, 17, 255, 1024, 16383, 16384, 16385, 65536, 1048576}) {
    const std::string data = pattern(length);
    Outcome end;
    EXPECT_TRUE(transfer(&pair.client, &pair.server, data, &end) == data) << length;
    EXPECT_EQ(end.text(), "WANT_READ") << end.explanation();
    EXPECT_TRUE(transfer(&pair.server, &pair.client, data, &end) == data) << length;
    EXPECT_EQ(end.text(), "WANT_READ") << end.explanation();
  }
}

TEST_P(DataTest, GetsEachByteAlone) {
  Scenario scenario(GetParam());
  Pair& pair = scenario.make_established_pair();
  const std::string data = pattern(3000);
  pair.to_server.set_arrived(pair.to_server.read_so_far());
  ASSERT_TRUE(pair.client.encrypt(data).ok());
  std::string received;
  for (uint64_t arrived = pair.to_server.read_so_far(); arrived <= pair.to_server.sent().size();
       ++arrived) {
    pair.to_server.set_arrived(arrived);
    Outcome end;
    received += receive(&pair.server, &end);
    ASSERT_EQ(end.text(), "WANT_READ") << end.explanation();
  }
  EXPECT_TRUE(received == data);
}

TEST_P(DataTest, SurvivesAnySplitOfTheRecords) {
  Scenario scenario(GetParam());
  Pair& pair = scenario.make_established_pair();
  std::mt19937 random(1);
  std::string sent;
  for (int i = 0; i < 60; ++i) {
    const std::string data = pattern(1 + random() % 5000);
    sent += data;
    ASSERT_TRUE(pair.server.encrypt(data).ok());
  }
  std::string received;
  uint64_t arrived = pair.to_client.read_so_far();
  while (arrived < pair.to_client.sent().size()) {
    arrived = std::min<uint64_t>(arrived + 1 + random() % 9000, pair.to_client.sent().size());
    pair.to_client.set_arrived(arrived);
    pair.to_client.set_read_max(1 + random() % 4000);
    Outcome end;
    received += receive(&pair.client, &end);
    ASSERT_EQ(end.text(), "WANT_READ") << end.explanation();
  }
  EXPECT_TRUE(received == sent);
}

TRESTLE_FOR_EACH_PAIR_AND_VERSION(DataTest);

class LargeDataTest : public BackendTest {};

// The most that a program hands over at once; and the way back is as open as before.
TEST_P(LargeDataTest, LeavesInOneCall) {
  for (uint16_t version : {TRESTLE_VERSION_TLS12, TRESTLE_VERSION_TLS13}) {
    Scenario scenario({&plugin(), &plugin(), version});
    Pair& pair = scenario.make_established_pair();
    const std::string data = pattern(16777216);
    Outcome end;
    EXPECT_TRUE(transfer(&pair.client, &pair.server, data, &end) == data);
    EXPECT_EQ(end.text(), "WANT_READ") << end.explanation();
    EXPECT_EQ(transfer(&pair.server, &pair.client, "thank you", &end), "thank you");
    EXPECT_EQ(end.text(), "WANT_READ") << end.explanation();
  }
}

TRESTLE_FOR_EACH_BACKEND(LargeDataTest);

}  // namespace
}  // namespace trestle::conformance
