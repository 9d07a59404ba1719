// SPDX-License-Identifier: Apache-2.0
// The system refuses, at each call that a worker makes: every request is confirmed once, nothing is
// left behind, and where the refusal is the end of something, it is told.
#include <dlfcn.h>
#include <errno.h>
#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstring>

#include "abi_tests/core_with_fake/life.h"

namespace {

// The call that fails on the workers: after `skip` good ones, once.
struct Refusal {
  std::atomic<const char*> call{nullptr};
  std::atomic<int> skip{0};
  std::atomic<int> error{0};
  std::atomic<bool> reached{false};
};
Refusal refusal;

bool is_refused(const char* call) {
  const char* wanted = refusal.call;
  if (!wanted || gettid() == getpid() || std::strcmp(wanted, call) != 0) return false;
  if (refusal.skip.fetch_sub(1) != 0) return false;
  refusal.reached = true;
  errno = refusal.error;
  return true;
}

template <typename F>
F* real(const char* name) {
  return reinterpret_cast<F*>(dlsym(RTLD_NEXT, name));
}

}  // namespace

// This program's own come before the C library's, also for libtrestle.so.
extern "C" {

int epoll_ctl(int epoll, int operation, int fd, epoll_event* event) noexcept {
  static auto* const next = real<int(int, int, int, epoll_event*)>("epoll_ctl");
  if (operation == EPOLL_CTL_ADD && is_refused("epoll_ctl")) return -1;
  return next(epoll, operation, fd, event);
}

int socket(int domain, int type, int protocol) noexcept {
  static auto* const next = real<int(int, int, int)>("socket");
  return is_refused("socket") ? -1 : next(domain, type, protocol);
}

int bind(int fd, const sockaddr* address, socklen_t size) noexcept {
  static auto* const next = real<int(int, const sockaddr*, socklen_t)>("bind");
  return is_refused("bind") ? -1 : next(fd, address, size);
}

int listen(int fd, int backlog) noexcept {
  static auto* const next = real<int(int, int)>("listen");
  return is_refused("listen") ? -1 : next(fd, backlog);
}

int accept4(int fd, sockaddr* address, socklen_t* size, int flags) {
  static auto* const next = real<int(int, sockaddr*, socklen_t*, int)>("accept4");
  return is_refused("accept4") ? -1 : next(fd, address, size, flags);
}

int connect(int fd, const sockaddr* address, socklen_t size) {
  static auto* const next = real<int(int, const sockaddr*, socklen_t)>("connect");
  return is_refused("connect") ? -1 : next(fd, address, size);
}

ssize_t send(int fd, const void* data, size_t size, int flags) {
  static auto* const next = real<ssize_t(int, const void*, size_t, int)>("send");
  return is_refused("send") ? -1 : next(fd, data, size, flags);
}

ssize_t recv(int fd, void* data, size_t size, int flags) {
  static auto* const next = real<ssize_t(int, void*, size_t, int)>("recv");
  return is_refused("recv") ? -1 : next(fd, data, size, flags);
}

}  // extern "C"

namespace trestle::testing {
namespace {

struct Call {
  const char* name;
  int error;
  int steps;  // calls that a whole life makes for sure
  int32_t told;  // as what: in some message, whichever step it is; SUCCESS: it need not be told
};

// For the test's name.
std::ostream& operator<<(std::ostream& stream, const Call& call) { return stream << call.name; }

class SystemFailures : public FakeTest, public ::testing::WithParamInterface<Call> {
 protected:
  void TearDown() override {
    refusal.call = nullptr;
    FakeTest::TearDown();
  }
};

TEST_P(SystemFailures, AtEachStepOfALife) {
  const Call& call = GetParam();
  for (int step = 0; step < call.steps; ++step) {
    SCOPED_TRACE(std::string(call.name) + " at step " + std::to_string(step));
    Life life;
    refusal.error = call.error;
    refusal.skip = step;
    refusal.reached = false;
    refusal.call = call.name;
    life.live();
    refusal.call = nullptr;
    EXPECT_TRUE(refusal.reached) << "a life makes fewer calls";
    EXPECT_TRUE(call.told == TRESTLE_RESULT_SUCCESS || life.count(call.told) >= 1);
    // The engine is as good as before.
    life.live();
    EXPECT_TRUE(life.came(TRESTLE_PRIM_CONNECTION_DISCONNECT_CFM, TRESTLE_RESULT_SUCCESS));
    life.end();
  }
}

INSTANTIATE_TEST_SUITE_P(
    Calls, SystemFailures,
    ::testing::Values(
        // The listener, both sides in the handshake, both sides on their data workers.
        Call{"epoll_ctl", ENOSPC, 5, TRESTLE_RESULT_SYSTEM},
        // LISTEN, CONNECTION_CREATE's probe, CONNECT.
        Call{"socket", EMFILE, 3, TRESTLE_RESULT_SYSTEM},
        Call{"bind", EACCES, 1, TRESTLE_RESULT_SYSTEM},
        Call{"listen", EADDRINUSE, 1, TRESTLE_RESULT_ADDRESS_IN_USE},
        // Tried again: nothing to tell.
        Call{"accept4", EMFILE, 1, TRESTLE_RESULT_SUCCESS},
        Call{"connect", ENETUNREACH, 1, TRESTLE_RESULT_CONNECT_UNREACHABLE},
        Call{"send", ECONNRESET, 4, TRESTLE_RESULT_SUCCESS},
        Call{"recv", ECONNRESET, 4, TRESTLE_RESULT_SUCCESS}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace trestle::testing
