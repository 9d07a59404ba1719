// SPDX-License-Identifier: Apache-2.0
// A child of fork() gets a clear answer from every function that takes an engine, and the parent
// doesn't notice.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <map>
#include <regex>

#include "abi_tests/guest/client.h"
#include "abi_tests/support/peers.h"
#include "abi_tests/support/temp_dir.h"

// Only asked by AddressSanitizer. In a child it finds its allocator's locks as other threads held them
// when the process forked, so that its search for leaks at the exit would never end.
static const pid_t kParent = getpid();
extern "C" int __lsan_is_turned_off();
extern "C" __attribute__((visibility("default"))) int __lsan_is_turned_off() {
  return getpid() != kParent;
}

namespace trestle::guest {
namespace {

using Calls = std::map<std::string, std::function<int32_t()>>;

// Every function that takes an engine, with arguments that are good in the parent.
class EveryCall {
 public:
  EveryCall(const trestle_functions &t, trestle_engine *e, uint64_t queue, uint64_t session,
            uint64_t connection, const trestle_message *message, uint8_t *buffer)
      : buffer_(buffer) {
    calls_["engine_shutdown_req"] = [=] { return t.engine_shutdown_req(e, queue, 0); };
    calls_["engine_destroy"] = [=] { return t.engine_destroy(e); };
    calls_["queue_create"] = [=] { return t.queue_create(e, 0, &handle_); };
    calls_["queue_destroy"] = [=] { return t.queue_destroy(e, queue); };
    calls_["queue_get"] = [=] { return t.queue_get(e, queue, &fetched_, 1, 0, &count_); };
    calls_["queue_fd"] = [=] { return t.queue_fd(e, queue, &fd_); };
    calls_["message_release"] = [=] { return t.message_release(e, message); };
    calls_["backend_query_req"] = [=] { return t.backend_query_req(e, queue, nullptr, 0); };
    calls_["backend_capability_req"] = [=] {
      return t.backend_capability_req(e, queue, nullptr, TRESTLE_CAPABILITY_VERSION,
                                      TRESTLE_VERSION_TLS13, 0);
    };
    calls_["session_create_req"] = [=] {
      return t.session_create_req(e, queue, TRESTLE_ROLE_CLIENT, nullptr, 0);
    };
    calls_["session_destroy_req"] = [=] { return t.session_destroy_req(e, session, 0); };
    calls_["config_cipher_req"] = [=] {
      return t.config_cipher_req(e, session, &suite_, 1, 0, 0, 0);
    };
    calls_["config_cert_client_req"] = [=] {
      return t.config_cert_client_req(e, session, TRESTLE_PSK, bytes_, 16, nullptr, 0, 0);
    };
    calls_["config_cert_verify_req"] = [=] {
      return t.config_cert_verify_req(e, session, bytes_, 16, 0);
    };
    calls_["config_compression_req"] = [=] { return t.config_compression_req(e, session, 0, 0); };
    calls_["config_option_req"] = [=] {
      return t.config_option_req(e, session, TRESTLE_OPTION_SEND_WINDOW, 2, nullptr, 0, 0);
    };
    calls_["connection_create_req"] = [=] {
      return t.connection_create_req(e, session, TRESTLE_FAMILY_IP4, 0, 0);
    };
    calls_["connection_destroy_req"] = [=] { return t.connection_destroy_req(e, connection, 0); };
    calls_["connection_bind_req"] = [=] {
      return t.connection_bind_req(e, connection, bytes_, 0, 0);
    };
    calls_["connection_connect_req"] = [=] {
      return t.connection_connect_req(e, connection, bytes_, 1, 0);
    };
    calls_["connection_disconnect_req"] = [=] {
      return t.connection_disconnect_req(e, connection, 0);
    };
    calls_["connection_disconnect_res"] = [=] {
      return t.connection_disconnect_res(e, connection);
    };
    calls_["connection_cert_res"] = [=] { return t.connection_cert_res(e, connection, 1); };
    calls_["connection_data_req"] = [=] {
      return t.connection_data_req(e, connection, bytes_, 1, TRESTLE_DATA_COPY, 0);
    };
    calls_["connection_data_res"] = [=] { return t.connection_data_res(e, connection); };
    calls_["buffer_allocate"] = [=] { return t.buffer_allocate(e, 1, &allocated_); };
    calls_["buffer_free"] = [=] { return t.buffer_free(e, buffer_); };
    calls_["listen_req"] = [=] {
      return t.listen_req(e, session, TRESTLE_FAMILY_IP4, bytes_, 0, 0);
    };
    calls_["unlisten_req"] = [=] { return t.unlisten_req(e, connection, 0); };
    calls_["accept_res"] = [=] { return t.accept_res(e, connection, 1, 0); };
  }

  const Calls &calls() const { return calls_; }

 private:
  Calls calls_;
  uint8_t bytes_[16] = {127, 0, 0, 1};
  uint16_t suite_ = TRESTLE_TLS_AES_128_GCM_SHA256;
  uint8_t *buffer_;
  uint8_t *allocated_ = nullptr;
  uint64_t handle_ = 0;
  const trestle_message *fetched_ = nullptr;
  uint32_t count_ = 0;
  int32_t fd_ = -1;
};

// A connected client in this process, and what every function's call needs.
class ForkTest : public ::testing::Test {
 protected:
  ForkTest() : trestle_(load_trestle("core/libtrestle.so")), client_(trestle_) {
    testing::ServerOptions options;
    options.identity = pki_.server;
    options.mode = testing::ServerMode::kEcho;
    server_ = testing::start_server(testing::ServerKind::kGnuTls, options);
  }

  Reply connect() { return client_.connect("openssl", server_->port(), pki_.root.cert_pem()); }

  // What the child returns: 0, or the number of the check that failed.
  static void expect_child_succeeds(const std::function<int()> &in_child) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) _exit(in_child());
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
    EXPECT_EQ(WEXITSTATUS(status), 0);
  }

  void expect_parent_goes_on() {
    Reply reply = client_.send("after\n");
    EXPECT_TRUE(reply.ok()) << reply.text;
    reply = client_.receive(6);
    EXPECT_TRUE(reply.ok()) << reply.text;
    EXPECT_EQ(client_.received(), "after\n");
    reply = client_.disconnect();
    EXPECT_TRUE(reply.ok()) << reply.text;
    reply = client_.exchange("openssl", server_->port(), pki_.root.cert_pem());
    EXPECT_TRUE(reply.ok()) << reply.text;
  }

  testing::TestPki pki_;
  std::unique_ptr<testing::Server> server_;
  const trestle_functions trestle_;
  Client client_;
};

TEST_F(ForkTest, EveryFunctionThatTakesAnEngineTellsTheChild) {
  const Reply connected = connect();
  ASSERT_TRUE(connected.ok()) << connected.text;
  uint8_t *buffer = nullptr;
  ASSERT_EQ(trestle_.buffer_allocate(client_.engine(), 16, &buffer), TRESTLE_RESULT_SUCCESS);
  // A message that is held over the fork.
  ASSERT_EQ(trestle_.backend_query_req(client_.engine(), client_.queue(), "openssl", 0),
            TRESTLE_RESULT_SUCCESS);
  const trestle_message *message = nullptr;
  uint32_t count = 0;
  ASSERT_EQ(trestle_.queue_get(client_.engine(), client_.queue(), &message, 1,
                               TRESTLE_WAIT_FOREVER, &count),
            TRESTLE_RESULT_SUCCESS);
  const EveryCall every(trestle_, client_.engine(), client_.queue(), connected.session,
                        client_.connection(), message, buffer);
  expect_child_succeeds([&] {
    int number = 0;
    for (const auto &[name, call] : every.calls()) {
      number++;
      if (call() != TRESTLE_RESULT_FORKED) {
        fprintf(stderr, "%s: not FORKED\n", name.c_str());
        return number;
      }
    }
    return 0;
  });
  EXPECT_EQ(trestle_.message_release(client_.engine(), message), TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(trestle_.buffer_free(client_.engine(), buffer), TRESTLE_RESULT_SUCCESS);
  expect_parent_goes_on();
}

// The list above is complete.
TEST_F(ForkTest, EveryFunctionThatTakesAnEngineIsCalled) {
  std::string header = testing::read_file("api/trestle/trestle.h");
  for (size_t begin; (begin = header.find("/*")) != std::string::npos;) {
    header.erase(begin, header.find("*/", begin) + 2 - begin);
  }
  static const std::regex kFunction(R"(trestle_(\w+)\(trestle_engine \*engine[,)])");
  std::vector<std::string> declared;
  for (auto match = std::sregex_iterator(header.begin(), header.end(), kFunction);
       match != std::sregex_iterator(); ++match) {
    declared.push_back((*match)[1]);
  }
  std::sort(declared.begin(), declared.end());
  const EveryCall every(trestle_, nullptr, 0, 0, 0, nullptr, nullptr);
  std::vector<std::string> called;
  for (const auto &[name, call] : every.calls()) called.push_back(name);
  EXPECT_EQ(called, declared);
}

// Exit handlers and destructors of a child that leaves by exit() find nothing of ours to trip over.
TEST_F(ForkTest, AChildThatExits) {
  const Reply connected = connect();
  ASSERT_TRUE(connected.ok()) << connected.text;
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) exit(0);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
  expect_parent_goes_on();
}

// What needs no engine works in the child.
TEST_F(ForkTest, NamesAreForEverybody) {
  expect_child_succeeds([this] {
    int64_t value = 0;
    if (trestle_.abi() != TRESTLE_ABI) return 1;
    if (std::string(trestle_.result_name(TRESTLE_RESULT_FORKED)) != "FORKED") return 2;
    if (trestle_.constant("TRESTLE_RESULT_FORKED", &value) != TRESTLE_RESULT_SUCCESS) return 3;
    return value == TRESTLE_RESULT_FORKED ? 0 : 4;
  });
}

TEST_F(ForkTest, ManyChildrenWhileTheParentConnects) {
  for (int i = 0; i < 20; i++) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) _exit(trestle_.engine_destroy(client_.engine()));
    const Reply reply = client_.exchange("openssl", server_->port(), pki_.root.cert_pem());
    EXPECT_TRUE(reply.ok()) << reply.text;
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), TRESTLE_RESULT_FORKED);
  }
}

}  // namespace
}  // namespace trestle::guest
