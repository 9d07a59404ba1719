// SPDX-License-Identifier: Apache-2.0
// Threads: one connection on several, one after the other; several connections at once.
#include <atomic>
#include <thread>

#include "abi_tests/conformance/scenario.h"

namespace trestle::conformance {
namespace {

class ThreadTest : public PairTest {
 protected:
  // Runs on a thread that then ends as the library's workers do.
  template <typename Function>
  void on_a_thread_of_its_own(Function function) {
    std::thread([&] {
      function();
      client_plugin().table->thread_detach();
      if (&client_plugin() != &server_plugin()) server_plugin().table->thread_detach();
    }).join();
  }
};

TEST_P(ThreadTest, EachCallMayComeOnAnotherThread) {
  Scenario scenario(GetParam());
  Pair& pair = scenario.make_pair();
  bool progress = true;
  while (progress) {
    progress = false;
    on_a_thread_of_its_own([&] {
      progress |= advance(&pair.client, &pair.client_outcome, pair.to_client, &pair.to_server);
    });
    on_a_thread_of_its_own([&] {
      progress |= advance(&pair.server, &pair.server_outcome, pair.to_server, &pair.to_client);
    });
  }
  ASSERT_TRUE(pair.established()) << pair.explanation();
  const std::string data(50000, 't');
  std::string received;
  Outcome end;
  on_a_thread_of_its_own([&] { EXPECT_TRUE(pair.client.encrypt(data).ok()); });
  on_a_thread_of_its_own([&] { received = receive(&pair.server, &end); });
  EXPECT_TRUE(received == data);
  on_a_thread_of_its_own([&] { EXPECT_TRUE(pair.server.close().ok()); });
  on_a_thread_of_its_own([&] { receive(&pair.client, &end); });
  EXPECT_EQ(end.text(), "CLOSED");
  on_a_thread_of_its_own([&] {
    pair.client.free();
    pair.server.free();
  });
}

TEST_P(ThreadTest, ConnectionsOfOneContextRunAtOnce) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 5;
  const IdentitySource& source = chain_of(KeyKind::kEcdsaP256, 2);
  const Identity identity(server_plugin(), source);
  ASSERT_TRUE(identity.created().ok());
  Configuration server =
      default_configuration(server_plugin(), TRESTLE_ROLE_SERVER, version());
  server.identity = &identity;
  const Context client_context(
      client_plugin(), default_configuration(client_plugin(), TRESTLE_ROLE_CLIENT, version()));
  const Context server_context(server_plugin(), server);
  std::atomic<int> established{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      for (int round = 0; round < kRounds; ++round) {
        Pair pair(client_context, server_context);
        // Some are refused: errors on one thread are no concern of another.
        const bool refuse = (i + round) % 3 == 0;
        pair.client.on_ask = [refuse](const trestle_ask&) {
          return refuse ? TRESTLE_ANSWER_NO : TRESTLE_ANSWER_YES;
        };
        pair.handshake();
        EXPECT_EQ(pair.established(), !refuse) << pair.explanation();
        EXPECT_TRUE(pair.client.chain() == source.certificates);
        if (!pair.established()) continue;
        Outcome end;
        const std::string data(20000, static_cast<char>('a' + i));
        EXPECT_TRUE(transfer(&pair.client, &pair.server, data, &end) == data);
        ++established;
      }
      client_plugin().table->thread_detach();
      if (&client_plugin() != &server_plugin()) server_plugin().table->thread_detach();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(established, 0);
}

TRESTLE_FOR_EACH_PAIR_AND_VERSION(ThreadTest);

}  // namespace
}  // namespace trestle::conformance
