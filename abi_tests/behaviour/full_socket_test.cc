// SPDX-License-Identifier: Apache-2.0
// TCP takes nothing at the moment: what is to be sent waits, and with it what is to come behind it.
#include <dlfcn.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include <condition_variable>
#include <mutex>

#include "abi_tests/behaviour/with_libssl.h"

namespace {

// While it is full, the workers' calls of send are refused as for a full buffer.
class Valve {
 public:
  bool refuses() {
    if (gettid() == getpid()) return false;
    std::lock_guard<std::mutex> lock(mutex_);
    if (!full_) return false;
    ++refused_;
    changed_.notify_all();
    return true;
  }
  void fill() {
    std::lock_guard<std::mutex> lock(mutex_);
    full_ = true;
    refused_ = 0;
  }
  void wait_until_refused() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return refused_ > 0; });
  }
  // Nobody is told, as opposed to a real buffer: something has to come from the peer.
  void drain() {
    std::lock_guard<std::mutex> lock(mutex_);
    full_ = false;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool full_ = false;
  int refused_ = 0;
};
Valve valve;

}  // namespace

// This program's own comes before the C library's, also for libtrestle.so.
extern "C" ssize_t send(int fd, const void* data, size_t size, int flags) {
  static auto* const next =
      reinterpret_cast<ssize_t (*)(int, const void*, size_t, int)>(dlsym(RTLD_NEXT, "send"));
  if (valve.refuses()) {
    errno = EAGAIN;
    return -1;
  }
  return next(fd, data, size, flags);
}

namespace trestle::testing {
namespace {

class FullSocket : public WithLibssl {
 protected:
  // No timeout helps: what has to happen happens of itself.
  FullSocket() { session_->set(TRESTLE_OPTION_CLOSE_TIMEOUT, int64_t{0}); }
  ~FullSocket() override { valve.drain(); }

  // The valve opens, and the worker has a reason to look.
  void let_flow() {
    valve.drain();
    peer().write("look");
  }
  void expect_the_end_of_tcp(uint64_t bytes) {
    EXPECT_EQ(peer().read_to_the_end(), bytes);
    EXPECT_EQ(peer().end(), PeerEnd::kCloseNotify) << name_of(peer().end());
    EXPECT_TRUE(peer().sees_fin());
  }
  void expect_a_clean_end(Connection& connection) {
    peer().close_notify();
    EXPECT_EQ(connection.receive(4), "look");
    program_->expect(TRESTLE_PRIM_CONNECTION_DISCONNECT_CFM, TRESTLE_RESULT_SUCCESS);
  }
};

TEST_P(FullSocket, TheEndOfTcpFollowsALateCloseNotify) {
  Connection connection = connect();
  valve.fill();
  ASSERT_EQ(connection.disconnect_req(), TRESTLE_RESULT_SUCCESS);
  valve.wait_until_refused();
  let_flow();
  expect_the_end_of_tcp(0);
  expect_a_clean_end(connection);
}

TEST_P(FullSocket, TheEndOfTcpFollowsLateData) {
  Connection connection = connect();
  valve.fill();
  ASSERT_EQ(connection.data_req(std::string(300000, 'x')), TRESTLE_RESULT_SUCCESS);
  ASSERT_EQ(connection.disconnect_req(), TRESTLE_RESULT_SUCCESS);
  valve.wait_until_refused();
  let_flow();
  expect_the_end_of_tcp(300000);
  program_->expect(TRESTLE_PRIM_CONNECTION_DATA_CFM, TRESTLE_RESULT_SUCCESS);
  expect_a_clean_end(connection);
}

// A byte that was not sent is as good as a million.
TEST_P(FullSocket, NoCloseNotifyBehindAByteThatIsNotSent) {
  Connection connection = connect();
  valve.fill();
  ASSERT_EQ(connection.data_req("x"), TRESTLE_RESULT_SUCCESS);
  valve.wait_until_refused();
  ASSERT_EQ(connection.destroy_req(), TRESTLE_RESULT_SUCCESS);
  program_->expect(TRESTLE_PRIM_CONNECTION_DATA_CFM, TRESTLE_RESULT_CANCELLED);
  program_->expect(TRESTLE_PRIM_CONNECTION_DESTROY_CFM, TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(peer().read_to_the_end(), 0u);
  EXPECT_EQ(peer().end(), PeerEnd::kTruncated) << name_of(peer().end());
}

// DESTROY's own attempt may succeed; then everything was sent, and it may say so.
TEST_P(FullSocket, ConfirmedIsExactlyWhatArrives) {
  Connection connection = connect();
  valve.fill();
  ASSERT_EQ(connection.data_req("x"), TRESTLE_RESULT_SUCCESS);
  valve.wait_until_refused();
  valve.drain();
  ASSERT_EQ(connection.destroy_req(), TRESTLE_RESULT_SUCCESS);
  Message cfm = program_->expect(TRESTLE_PRIM_CONNECTION_DATA_CFM);
  program_->expect(TRESTLE_PRIM_CONNECTION_DESTROY_CFM, TRESTLE_RESULT_SUCCESS);
  const bool confirmed = cfm->result == TRESTLE_RESULT_SUCCESS;
  EXPECT_EQ(peer().read_to_the_end(), confirmed ? 1u : 0u);
  EXPECT_EQ(peer().end() == PeerEnd::kCloseNotify, confirmed) << cfm << name_of(peer().end());
}

INSTANTIATE_TEST_SUITE_P(Backends, FullSocket,
                         ::testing::Combine(::testing::ValuesIn(backends()),
                                            ::testing::Values(TRESTLE_VERSION_TLS12,
                                                              TRESTLE_VERSION_TLS13),
                                            ::testing::Values(TRESTLE_ROLE_CLIENT,
                                                              TRESTLE_ROLE_SERVER)),
                         with_libssl_name);

}  // namespace
}  // namespace trestle::testing
