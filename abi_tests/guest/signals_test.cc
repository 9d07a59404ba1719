// SPDX-License-Identifier: Apache-2.0
// The program's signals never reach the library's threads. No other thread than theirs and the main
// one is in this process.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "abi_tests/guest/client.h"

namespace trestle::guest {
namespace {

constexpr const char *kBackends[] = {"openssl", "wolfssl", "gnutls"};

bool can_be_blocked(int signal) {
  // 32 and 33 are the C library's own.
  return signal != SIGKILL && signal != SIGSTOP && signal != 32 && signal != 33;
}

using Threads = std::set<std::string>;

Threads threads_of_process() {
  Threads threads;
  for (const auto &entry : std::filesystem::directory_iterator("/proc/self/task")) {
    threads.insert(entry.path());
  }
  return threads;
}

// As the kernel has them: bit N - 1 for signal N.
uint64_t blocked_signals(const std::string &thread) {
  std::ifstream status(thread + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind("SigBlk:", 0) == 0) return std::stoull(line.substr(7), nullptr, 16);
  }
  ADD_FAILURE() << thread;
  return 0;
}

TEST(Signals, AreAllBlockedInTheLibrarysThreads) {
  // ThreadSanitizer adds a thread of its own to a process that starts its first one.
  std::thread([] {}).join();
  const Threads before = threads_of_process();
  const trestle_functions trestle = load_trestle("core/libtrestle.so");
  Client client(trestle);
  for (const char *backend : kBackends) EXPECT_TRUE(client.query(backend).ok());
  size_t workers = 0;
  for (const std::string &thread : threads_of_process()) {
    if (before.count(thread) != 0) continue;
    workers++;
    const uint64_t mask = blocked_signals(thread);
    for (int signal = 1; signal <= 64; signal++) {
      if (!can_be_blocked(signal)) continue;
      EXPECT_NE(mask & (uint64_t{1} << (signal - 1)), 0u) << "signal " << signal;
    }
  }
  EXPECT_EQ(workers, 4u) << "two for handshakes, two for data";
}

std::atomic<int> g_handled{0};

// The main thread, the only one of the program, blocks it: so it must stay pending.
TEST(Signals, AreNotTakenByTheLibrarysThreads) {
  struct sigaction action = {};
  action.sa_handler = [](int) { g_handled++; };
  ASSERT_EQ(sigaction(SIGUSR1, &action, nullptr), 0);
  sigset_t blocked, before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR1);
  const trestle_functions trestle = load_trestle("core/libtrestle.so");
  Client client(trestle);
  ASSERT_EQ(pthread_sigmask(SIG_BLOCK, &blocked, &before), 0);
  ASSERT_EQ(kill(getpid(), SIGUSR1), 0);
  for (const char *backend : kBackends) EXPECT_TRUE(client.query(backend).ok());
  sigset_t pending;
  ASSERT_EQ(sigpending(&pending), 0);
  EXPECT_EQ(sigismember(&pending, SIGUSR1), 1);
  EXPECT_EQ(g_handled, 0);
  ASSERT_EQ(pthread_sigmask(SIG_SETMASK, &before, nullptr), 0);
  EXPECT_EQ(g_handled, 1);
}

}  // namespace
}  // namespace trestle::guest
