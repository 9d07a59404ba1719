// SPDX-License-Identifier: Apache-2.0
// Many threads, many objects, the same ones again and again.
#include <gtest/gtest.h>
#include <poll.h>

#include <future>
#include <random>
#include <thread>

#include "abi_tests/core_with_fake/life.h"

namespace trestle::testing {
namespace {

constexpr uint8_t kLoopback[16] = {127, 0, 0, 1};

class Crowd : public FakeTest {};

TEST_F(Crowd, EnginesInALoop) {
  for (int i = 0; i < 50; ++i) {
    Program::Options options;
    options.handshake_workers = 1 + i % 3;
    options.data_workers = 1 + i % 2;
    Program program(options);
    if (i % 3 == 0) continue;
    Session session = program.client("fake");
    session.create_connection();
    if (i % 3 == 1) program.shut_down();
  }
}

TEST_F(Crowd, OneSlotForAllConnections) {
  Program::Options options;
  options.connections_max = 1;
  options.sessions_max = 1;
  Program program(options);
  // Whoever has the confirm of the end may begin again at once.
  for (int i = 0; i < 300; ++i) {
    Session session = program.client("fake");
    for (int j = 0; j < 3; ++j)
      EXPECT_EQ(session.create_connection().destroy()->result, TRESTLE_RESULT_SUCCESS);
    EXPECT_EQ(session.destroy()->result, TRESTLE_RESULT_SUCCESS);
  }
}

TEST_F(Crowd, ListenersInALoop) {
  Program::Options options;
  options.sessions_max = 1;
  Program program(options);
  Session server = program.server("fake");
  server.identity(some_identity());
  for (int i = 0; i < 100; ++i) {
    Message listening = server.listen();
    ASSERT_EQ(listening->result, TRESTLE_RESULT_SUCCESS) << listening;
    ASSERT_EQ(api().unlisten_req(program.engine(), listening->listener, 1),
              TRESTLE_RESULT_SUCCESS);
    program.expect(TRESTLE_PRIM_UNLISTEN_CFM);
  }
}

TEST_F(Crowd, SixtyFourSessionsInParallel) {
  constexpr int kSessions = 64;
  std::vector<std::thread> threads;
  TwoEngines two;
  std::atomic<bool> stop{false};
  std::thread server([&] {
    while (!stop) {
      Message message = two.server_program.poll();
      if (!message) {
        std::this_thread::yield();
        continue;
      }
      Connection connection(&two.server_program, message->connection);
      if (message->primitive == TRESTLE_PRIM_ACCEPT_IND) connection.accept_res(1);
      if (message->primitive == TRESTLE_PRIM_CONNECTION_DATA_IND) {
        // The echo's buffer is free again before the next data: the window is one.
        EXPECT_EQ(connection.data_req(message.data()), TRESTLE_RESULT_SUCCESS);
        connection.data_res();
      }
      if (message->primitive == TRESTLE_PRIM_CONNECTION_DISCONNECT_IND)
        connection.disconnect_res();
    }
  });
  std::atomic<int> good{0};
  for (int i = 0; i < kSessions; ++i) {
    threads.emplace_back([&, i] {
      // Each thread is a program of its own on the shared engine: its own queue.
      uint64_t queue = two.program.new_queue();
      trestle_engine* engine = two.program.engine();
      auto await = [&](uint32_t primitive) {
        for (;;) {
          Message message = two.program.next(queue);
          if (message->primitive == TRESTLE_PRIM_CONNECTION_CERT_IND)
            api().connection_cert_res(engine, message->connection, 1);
          if (message->primitive == primitive) return message;
        }
      };
      ASSERT_EQ(api().session_create_req(engine, queue, TRESTLE_ROLE_CLIENT, "fake", 1),
                TRESTLE_RESULT_SUCCESS);
      uint64_t session = await(TRESTLE_PRIM_SESSION_CREATE_CFM)->session;
      ASSERT_EQ(api().connection_create_req(engine, session, TRESTLE_FAMILY_IP4, 0, 2),
                TRESTLE_RESULT_SUCCESS);
      uint64_t connection = await(TRESTLE_PRIM_CONNECTION_CREATE_CFM)->connection;
      ASSERT_EQ(api().connection_connect_req(engine, connection, kLoopback, two.port(), 3),
                TRESTLE_RESULT_SUCCESS);
      ASSERT_EQ(await(TRESTLE_PRIM_CONNECTION_CONNECT_CFM)->result, TRESTLE_RESULT_SUCCESS);
      for (int round = 0; round < 5; ++round) {
        const std::string text = "session " + std::to_string(i) + " round " + std::to_string(round);
        ASSERT_EQ(api().connection_data_req(engine, connection,
                                            reinterpret_cast<const uint8_t*>(text.data()),
                                            text.size(), TRESTLE_DATA_COPY, 4),
                  TRESTLE_RESULT_SUCCESS);
        // The echo may overtake the confirm in the queue of events, not in order of cause.
        bool confirmed = false, echoed = false;
        while (!confirmed || !echoed) {
          Message message = two.program.next(queue);
          if (message->primitive == TRESTLE_PRIM_CONNECTION_DATA_CFM) confirmed = true;
          if (message->primitive == TRESTLE_PRIM_CONNECTION_DATA_IND) {
            EXPECT_EQ(message.data(), text);
            echoed = true;
            api().connection_data_res(engine, connection);
          }
        }
      }
      ASSERT_EQ(api().session_destroy_req(engine, session, 5), TRESTLE_RESULT_SUCCESS);
      await(TRESTLE_PRIM_SESSION_DESTROY_CFM);
      EXPECT_EQ(api().queue_destroy(engine, queue), TRESTLE_RESULT_SUCCESS);
      ++good;
    });
  }
  for (std::thread& one : threads) one.join();
  stop = true;
  server.join();
  EXPECT_EQ(good, kSessions);
}

TEST_F(Crowd, SeveralConsumersOfOneQueue) {
  constexpr uint64_t kRequests = 2000;
  Program program;
  Session session = program.client("fake");
  std::mutex mutex;
  std::map<uint64_t, int> seen;
  std::vector<std::thread> consumers;
  for (int i = 0; i < 4; ++i) {
    consumers.emplace_back([&] {
      const trestle_message* messages[8];
      uint32_t count = 0;
      for (;;) {
        int32_t result = api().queue_get(program.engine(), program.queue(), messages, 8,
                                         TRESTLE_WAIT_FOREVER, &count);
        if (result != TRESTLE_RESULT_SUCCESS) {
          EXPECT_EQ(result, TRESTLE_RESULT_SHUT_DOWN);
          return;
        }
        std::lock_guard<std::mutex> lock(mutex);
        for (uint32_t m = 0; m < count; ++m) {
          ++seen[messages[m]->tag];
          api().message_release(program.engine(), messages[m]);
        }
      }
    });
  }
  constexpr uint64_t kFirst = 1000;
  for (uint64_t i = 0; i < kRequests; ++i) {
    ASSERT_EQ(api().config_compression_req(program.engine(), session.handle(), 0, kFirst + i),
              TRESTLE_RESULT_SUCCESS);
  }
  ASSERT_EQ(api().engine_shutdown_req(program.engine(), program.queue(), 1),
            TRESTLE_RESULT_SUCCESS);
  for (std::thread& one : consumers) one.join();
  EXPECT_EQ(seen.size(), kRequests + 1);
  for (auto [tag, times] : seen) EXPECT_EQ(times, 1) << tag;
}

TEST_F(Crowd, AQueueThatSomebodyWaitsOnStays) {
  Program program;
  for (int round = 0; round < 100; ++round) {
    uint64_t queue = program.new_queue();
    std::atomic<bool> coming{false};
    int32_t got = -1;
    std::thread waiter([&] {
      const trestle_message* message = nullptr;
      uint32_t count = 0;
      coming = true;
      got = api().queue_get(program.engine(), queue, &message, 1, TRESTLE_WAIT_FOREVER, &count);
      if (got == TRESTLE_RESULT_SUCCESS) api().message_release(program.engine(), message);
    });
    while (!coming) std::this_thread::yield();
    for (int i = 0; i < round; ++i) std::this_thread::yield();
    // Nobody was there yet, and finds no queue; or somebody waits, and goes on doing so.
    int32_t result = api().queue_destroy(program.engine(), queue);
    if (result == TRESTLE_RESULT_BUSY) {
      EXPECT_EQ(api().backend_query_req(program.engine(), queue, "none", 1),
                TRESTLE_RESULT_SUCCESS);
    }
    waiter.join();
    EXPECT_EQ(got, result == TRESTLE_RESULT_BUSY ? TRESTLE_RESULT_SUCCESS
                                                 : TRESTLE_RESULT_BAD_HANDLE);
  }
}

TEST_F(Crowd, QueuesComeAndGoUnderThoseWhoReadThem) {
  Program program;
  std::atomic<uint64_t> current{0};
  std::atomic<bool> stop{false};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!stop) {
        const trestle_message* message = nullptr;
        uint32_t count = 0;
        int32_t fd = -1, result;
        result = api().queue_get(program.engine(), current, &message, 1, 0, &count);
        EXPECT_TRUE(result == TRESTLE_RESULT_TIMEOUT || result == TRESTLE_RESULT_BAD_HANDLE);
        result = api().queue_fd(program.engine(), current, &fd);
        EXPECT_TRUE(result == TRESTLE_RESULT_SUCCESS || result == TRESTLE_RESULT_BAD_HANDLE);
      }
    });
  }
  for (int i = 0; i < 500; ++i) {
    uint64_t queue = program.new_queue();
    current = queue;
    while (api().queue_destroy(program.engine(), queue) == TRESTLE_RESULT_BUSY)
      std::this_thread::yield();
  }
  stop = true;
  for (std::thread& one : readers) one.join();
}

TEST_F(Crowd, NoQueueIsBornAfterTheEnd) {
  Program program;
  program.shut_down();
  uint64_t queue = 0;
  EXPECT_EQ(api().queue_create(program.engine(), 0, &queue), TRESTLE_RESULT_SHUT_DOWN);
}

// What the players share: handles that came lately, of both kinds.
struct Handles {
  std::atomic<uint64_t> confirmed{0};
  std::atomic<uint64_t> sessions[6] = {};
  std::atomic<uint64_t> connections[18] = {};
};

// One thread that calls any function with any handle, right or wrong, and answers at random.
class Mischief {
 public:
  Mischief(Program& program, uint16_t port, uint64_t seed, Handles& handles)
      : program_(program), port_(port), random_(seed), handles_(handles) {}

  // Until the players together have seen so many confirms, and got the backend to work so often.
  void play(uint64_t confirms, uint64_t handshakes) {
    while (handles_.confirmed < confirms ||
           script().calls(fake::Slot::kHandshake) < handshakes) {
      step();
      while (Message message = program_.poll()) see(message);
      std::this_thread::yield();
    }
  }

  uint64_t accepted = 0;

 private:
  uint64_t pick(uint64_t n) { return random_() % n; }
  uint64_t session() { return pick(50) ? handles_.sessions[pick(6)].load() : any(); }
  uint64_t connection() { return pick(50) ? handles_.connections[pick(18)].load() : any(); }
  uint64_t any() {
    const uint64_t wrong[] = {0, random_(), program_.queue(), handles_.sessions[0],
                              handles_.connections[0]};
    return wrong[pick(5)];
  }

  void step() {
    const trestle_functions& t = api();
    trestle_engine* e = program_.engine();
    static const uint8_t bytes[100000] = {};
    int32_t accepted_now = TRESTLE_RESULT_BAD_HANDLE;
    switch (pick(20)) {
      case 0: case 1:
        accepted_now = t.session_create_req(e, pick(20) ? program_.queue() : any(),
                                            TRESTLE_ROLE_CLIENT, "fake", 1);
        break;
      case 2:
        if (pick(8) == 0) accepted_now = t.session_destroy_req(e, session(), 1);
        break;
      case 3: case 4: case 5:
        accepted_now = t.connection_create_req(e, session(), TRESTLE_FAMILY_IP4,
                                               pick(4) ? 0 : any(), 1);
        break;
      case 6: case 7: case 8:
        accepted_now = t.connection_connect_req(e, connection(), kLoopback, port_, 1);
        break;
      case 9: accepted_now = t.connection_disconnect_req(e, connection(), 1); break;
      case 10: accepted_now = t.connection_destroy_req(e, connection(), 1); break;
      case 11: case 12: case 13:
        accepted_now = t.connection_data_req(e, connection(), bytes, pick(sizeof bytes),
                                             TRESTLE_DATA_COPY, 1);
        break;
      case 14: t.connection_data_res(e, connection()); break;
      case 15: t.connection_cert_res(e, connection(), pick(8) != 0); break;
      case 16: t.connection_disconnect_res(e, connection()); break;
      case 17: accepted_now = t.config_compression_req(e, session(), 0, 1); break;
      case 18: accepted_now = t.connection_bind_req(e, connection(), kLoopback, 0, 1); break;
      case 19: t.accept_res(e, connection(), 1, pick(2) ? 0 : any()); break;
    }
    accepted += accepted_now == TRESTLE_RESULT_SUCCESS;
  }

  void see(const Message& message) {
    handles_.confirmed += message->tag != 0;
    if (message->session != 0) handles_.sessions[pick(6)] = message->session;
    if (message->connection != 0) handles_.connections[pick(18)] = message->connection;
    Connection connection(&program_, message->connection);
    if (message->primitive == TRESTLE_PRIM_CONNECTION_CERT_IND && pick(4) != 0)
      connection.cert_res(1);
    if (message->primitive == TRESTLE_PRIM_CONNECTION_DATA_IND && pick(4) != 0)
      connection.data_res();
    // What failed has only its end before it.
    if (message->primitive == TRESTLE_PRIM_CONNECTION_CONNECT_CFM && message->result != 0 &&
        pick(2) != 0)
      accepted += api().connection_destroy_req(program_.engine(), message->connection, 1) ==
                  TRESTLE_RESULT_SUCCESS;
  }

  Program& program_;
  const uint16_t port_;
  std::mt19937_64 random_;
  Handles& handles_;
};

TEST_F(Crowd, AnyFunctionWithAnyHandleOnManyThreads) {
  constexpr int kThreads = 6;
  constexpr uint64_t kConfirms = 10000, kHandshakes = 200;
  TwoEngines two;
  std::atomic<bool> stop{false};
  std::thread server([&] {
    while (!stop) {
      Message message = two.server_program.poll();
      if (!message) {
        std::this_thread::yield();
        continue;
      }
      Connection connection(&two.server_program, message->connection);
      if (message->primitive == TRESTLE_PRIM_ACCEPT_IND) connection.accept_res(1);
      if (message->primitive == TRESTLE_PRIM_CONNECTION_DATA_IND) connection.data_res();
      if (message->primitive == TRESTLE_PRIM_CONNECTION_DISCONNECT_IND) connection.disconnect_res();
      if (message->primitive == TRESTLE_PRIM_CONNECTION_CONNECT_IND && message->result != 0)
        connection.destroy_req();
    }
  });
  Program::Options options;
  // Few, so that each slot is used again and again.
  options.sessions_max = 4;
  options.connections_max = 12;
  // The players are faster than the workers: what they ask for must not be old when its turn comes.
  options.queue_capacity = 24;
  Program program(options);
  Handles handles;
  std::vector<std::unique_ptr<Mischief>> players;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    players.push_back(std::make_unique<Mischief>(program, two.port(), 1000 + i, handles));
    threads.emplace_back([player = players.back().get()] { player->play(kConfirms, kHandshakes); });
  }
  for (std::thread& one : threads) one.join();
  uint64_t accepted = 1, confirmed = handles.confirmed;  // the shutdown
  for (const auto& player : players) accepted += player->accepted;
  for (const Message& message : program.shut_down()) confirmed += message->tag != 0;
  EXPECT_EQ(confirmed, accepted);
  stop = true;
  server.join();
}

}  // namespace
}  // namespace trestle::testing
