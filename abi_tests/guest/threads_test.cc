// SPDX-License-Identifier: Apache-2.0
// Threads of the program come, call, and end; its signals stay as they are.
#include <gtest/gtest.h>
#include <signal.h>

#include <memory>
#include <thread>
#include <vector>

#include "abi_tests/guest/client.h"
#include "abi_tests/support/peers.h"

namespace trestle::guest {
namespace {

class ThreadsTest : public ::testing::Test {
 protected:
  ThreadsTest() : trestle_(load_trestle("core/libtrestle.so")) { start_server(); }

  void start_server() {
    testing::ServerOptions options;
    options.identity = pki_.server;
    options.mode = testing::ServerMode::kEcho;
    server_ = testing::start_server(testing::ServerKind::kGnuTls, options);
  }

  void expect_exchange(Client &client, const char *backend) {
    const Reply reply = client.exchange(backend, server_->port(), pki_.root.cert_pem());
    EXPECT_TRUE(reply.ok()) << backend << ": " << reply.text;
  }

  testing::TestPki pki_;
  std::unique_ptr<testing::Server> server_;
  const trestle_functions trestle_;
};

constexpr const char *kBackends[] = {"openssl", "wolfssl", "gnutls"};

TEST_F(ThreadsTest, ThatAskAndEndBeforeTheAnswer) {
  Client client(trestle_);
  constexpr int kThreads = 100;
  for (const char *backend : kBackends) {
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; i++) {
      threads.emplace_back([&] {
        EXPECT_EQ(trestle_.session_create_req(client.engine(), client.queue(),
                                              TRESTLE_ROLE_CLIENT, backend, 0),
                  TRESTLE_RESULT_SUCCESS);
      });
    }
    for (std::thread &thread : threads) thread.join();
    for (int i = 0; i < kThreads; i++) {
      const Reply reply = client.await(TRESTLE_PRIM_SESSION_CREATE_CFM);
      EXPECT_TRUE(reply.ok()) << reply.text;
    }
    expect_exchange(client, backend);
  }
}

TEST_F(ThreadsTest, ThatMakeAnEngineForOthers) {
  for (const char *backend : kBackends) {
    std::unique_ptr<Client> client;
    std::thread([&] { client = std::make_unique<Client>(trestle_); }).join();
    expect_exchange(*client, backend);
    std::thread([&] { expect_exchange(*client, backend); }).join();
    std::thread([&] { client.reset(); }).join();
  }
}

TEST_F(ThreadsTest, ThatLiveALifeEach) {
  std::vector<std::thread> threads;
  for (const char *backend : kBackends) {
    for (int i = 0; i < 3; i++) {
      threads.emplace_back([this, backend] {
        Client client(trestle_);
        expect_exchange(client, backend);
      });
    }
  }
  for (std::thread &thread : threads) thread.join();
}

bool can_be_blocked(int signal) {
  // 32 and 33 are the C library's own.
  return signal != SIGKILL && signal != SIGSTOP && signal != 32 && signal != 33;
}

// The mask and the dispositions of the program are as before.
TEST_F(ThreadsTest, LeaveTheProgramsSignalsAlone) {
  sigset_t mask_before;
  ASSERT_EQ(pthread_sigmask(SIG_SETMASK, nullptr, &mask_before), 0);
  struct sigaction before[65];
  for (int signal = 1; signal <= 64; signal++) sigaction(signal, nullptr, &before[signal]);
  {
    Client client(trestle_);
    for (const char *backend : kBackends) expect_exchange(client, backend);
  }
  sigset_t mask_after;
  ASSERT_EQ(pthread_sigmask(SIG_SETMASK, nullptr, &mask_after), 0);
  for (int signal = 1; signal <= 64; signal++) {
    if (!can_be_blocked(signal)) continue;
    EXPECT_EQ(sigismember(&mask_after, signal), sigismember(&mask_before, signal)) << signal;
    struct sigaction after;
    ASSERT_EQ(sigaction(signal, nullptr, &after), 0);
    EXPECT_EQ(after.sa_handler, before[signal].sa_handler) << "signal " << signal;
  }
}

// With SIGPIPE's default action, which ends the process: the peer is gone, and the program goes on
// sending.
TEST_F(ThreadsTest, AreNotKilledBySigpipe) {
  struct sigaction action;
  ASSERT_EQ(sigaction(SIGPIPE, nullptr, &action), 0);
  ASSERT_EQ(action.sa_handler, SIG_DFL);
  for (const char *backend : kBackends) {
    Client client(trestle_);
    const Reply connected = client.connect(backend, server_->port(), pki_.root.cert_pem());
    ASSERT_TRUE(connected.ok()) << connected.text;
    server_->process().signal(SIGKILL);
    ASSERT_TRUE(server_->wait_for_exit().has_value());
    // Until the library has noticed. Nothing is lost: each request has its answer.
    Reply reply;
    do {
      reply = client.send(std::string(16384, 'x'));
    } while (reply.ok());
    start_server();
  }
}

}  // namespace
}  // namespace trestle::guest
