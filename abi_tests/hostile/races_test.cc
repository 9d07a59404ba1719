// SPDX-License-Identifier: Apache-2.0
// Sessions, listeners and whole engines that end while clients connect: each end is confirmed once,
// and nothing hangs.
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

#include "abi_tests/hostile/tls_peer.h"
#include "abi_tests/hostile/victim.h"
#include "abi_tests/support/loopback.h"

namespace trestle::testing {
namespace {

// Threads that connect, say hello, and go away again, as fast as they can, until the object ends.
class Crowd {
 public:
  Crowd() : hello_(TlsPeer::client(TRESTLE_VERSION_TLS13).step("")) {
    for (std::thread& one : threads_) one = std::thread([this] { run(); });
  }
  ~Crowd() {
    stopped_ = true;
    for (std::thread& one : threads_) one.join();
  }
  // Where to connect from now on; 0: nowhere.
  void head_for(uint16_t port) { port_ = port; }

 private:
  void run() {
    for (unsigned round = 0; !stopped_; ++round) {
      // A SYN that meets a listener in its last moment is lost: no waiting for the next one.
      const uint16_t port = port_;
      const int fd = port == 0 ? -1 : connect_to_loopback(port, SOCK_NONBLOCK);
      if (fd < 0) {
        std::this_thread::yield();
        continue;
      }
      // Some leave at once, some in the middle of the hello, some after it.
      const size_t length = hello_.size() * (round % 3) / 2;
      if (length > 0) ::send(fd, hello_.data(), length, MSG_NOSIGNAL);
      linger none{1, 0};  // no port is left in TIME_WAIT
      setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
      close(fd);
    }
  }

  const std::string hello_;
  std::atomic<bool> stopped_{false};
  std::atomic<uint16_t> port_{0};
  std::thread threads_[2];
};

class Races : public Victim {
 protected:
  static constexpr int kRounds = 200;
  static constexpr int kEngines = 40;

  // A server session that is ready to listen, without waiting for it.
  static uint64_t begin_session(Program& program, const Identity& identity,
                                const std::string& backend) {
    Session session = program.server(backend);
    session.identity(identity);
    return session.handle();
  }

  static void listen_req(Program& program, uint64_t session) {
    const std::vector<uint8_t> address = ip_bytes("127.0.0.1");
    ASSERT_EQ(api().listen_req(program.engine(), session, TRESTLE_FAMILY_IP4, address.data(), 0,
                               program.next_tag()),
              TRESTLE_RESULT_SUCCESS);
  }

  // Takes messages, and answers ACCEPT_IND (every third with a no), until `enough` says so.
  template <typename F>
  static void serve(Program& program, F&& enough) {
    for (unsigned i = 0;; ++i) {
      Message message = program.next();
      if (message->primitive == TRESTLE_PRIM_ACCEPT_IND)
        Connection(&program, message->connection).accept_res(i % 3 != 0);
      if (enough(message)) return;
    }
  }

  // After so many ACCEPT_IND.
  static void serve_accepts(Program& program, int count) {
    if (count == 0) return;
    serve(program, [&](const Message& message) {
      return message->primitive == TRESTLE_PRIM_ACCEPT_IND && --count == 0;
    });
  }

  // SESSION_DESTROY: exactly one confirm, and nothing behind it.
  static void destroy_session(Program& program, uint64_t session) {
    const uint64_t tag = program.next_tag();
    ASSERT_EQ(api().session_destroy_req(program.engine(), session, tag), TRESTLE_RESULT_SUCCESS);
    serve(program, [&](const Message& message) {
      if (message->primitive != TRESTLE_PRIM_SESSION_DESTROY_CFM) return false;
      EXPECT_EQ(message->tag, tag);
      EXPECT_EQ(message->result, TRESTLE_RESULT_SUCCESS) << message;
      return true;
    });
    EXPECT_FALSE(program.poll());
  }
};

TEST_P(Races, ASessionEndsWhileItAccepts) {
  Crowd crowd;
  for (int round = 0; round < kRounds && !HasFailure(); ++round) {
    const uint64_t session = begin_session(program_, pki_.server, GetParam());
    listen_req(program_, session);
    crowd.head_for(program_.expect(TRESTLE_PRIM_LISTEN_CFM, TRESTLE_RESULT_SUCCESS)->port);
    serve_accepts(program_, round % 8);
    destroy_session(program_, session);
  }
}

TEST_P(Races, ASessionEndsWhileItBeginsToListen) {
  for (int round = 0; round < kRounds && !HasFailure(); ++round) {
    const uint64_t session = begin_session(program_, pki_.server, GetParam());
    listen_req(program_, session);
    const uint64_t tag = program_.next_tag();
    ASSERT_EQ(api().session_destroy_req(program_.engine(), session, tag), TRESTLE_RESULT_SUCCESS);
    Message listen = program_.expect(TRESTLE_PRIM_LISTEN_CFM);
    EXPECT_TRUE(listen->result == TRESTLE_RESULT_SUCCESS ||
                listen->result == TRESTLE_RESULT_CANCELLED)
        << listen;
    EXPECT_EQ(program_.expect(TRESTLE_PRIM_SESSION_DESTROY_CFM)->tag, tag);
    EXPECT_FALSE(program_.poll());
  }
}

TEST_P(Races, AListenerEndsWhileItAccepts) {
  Crowd crowd;
  const uint64_t session = begin_session(program_, pki_.server, GetParam());
  for (int round = 0; round < kRounds && !HasFailure(); ++round) {
    listen_req(program_, session);
    uint64_t listener = 0;
    // Connections of the listeners before still tell of their ends.
    serve(program_, [&](const Message& message) {
      if (message->primitive != TRESTLE_PRIM_LISTEN_CFM) return false;
      EXPECT_EQ(message->result, TRESTLE_RESULT_SUCCESS) << message;
      listener = message->listener;
      crowd.head_for(message->port);
      return true;
    });
    serve_accepts(program_, round % 8);
    const uint64_t tag = program_.next_tag();
    ASSERT_EQ(api().unlisten_req(program_.engine(), listener, tag), TRESTLE_RESULT_SUCCESS);
    serve(program_, [&](const Message& message) {
      // No ACCEPT_IND comes after it: the next round would take it for its own.
      if (message->primitive != TRESTLE_PRIM_UNLISTEN_CFM) return false;
      EXPECT_EQ(message->tag, tag);
      return true;
    });
    EXPECT_EQ(api().unlisten_req(program_.engine(), listener, tag), TRESTLE_RESULT_BAD_HANDLE);
  }
  crowd.head_for(0);
  destroy_session(program_, session);
}

TEST_P(Races, AnEngineShutsDownWhileItAccepts) {
  Crowd crowd;
  for (int round = 0; round < kEngines && !HasFailure(); ++round) {
    Program program(one_worker_each());
    listen_req(program, begin_session(program, pki_.server, GetParam()));
    crowd.head_for(program.expect(TRESTLE_PRIM_LISTEN_CFM, TRESTLE_RESULT_SUCCESS)->port);
    serve_accepts(program, round % 8);
    int confirms = 0;
    for (const Message& message : program.shut_down())
      confirms += message->primitive == TRESTLE_PRIM_ENGINE_SHUTDOWN_CFM;
    EXPECT_EQ(confirms, 1);
    const trestle_message* none = nullptr;
    uint32_t count = 0;
    EXPECT_EQ(api().queue_get(program.engine(), program.queue(), &none, 1, TRESTLE_WAIT_FOREVER,
                              &count),
              TRESTLE_RESULT_SHUT_DOWN);
  }
}

TEST_P(Races, AnEngineIsDestroyedWhileItAccepts) {
  Crowd crowd;
  for (int round = 0; round < kEngines && !HasFailure(); ++round) {
    Program program(one_worker_each());
    listen_req(program, begin_session(program, pki_.server, GetParam()));
    crowd.head_for(program.expect(TRESTLE_PRIM_LISTEN_CFM, TRESTLE_RESULT_SUCCESS)->port);
    serve_accepts(program, round % 8);
  }
}

TRESTLE_ON_EACH_BACKEND(Races);

}  // namespace
}  // namespace trestle::testing
