// SPDX-License-Identifier: Apache-2.0
// Many connections wait for their programs' decisions at once, on two workers, and hold no thread.
#include <gtest/gtest.h>

#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "abi_tests/harness/program.h"

namespace trestle::testing {
namespace {

// Fewer under a sanitizer (see .bazelrc).
size_t connection_count() {
  const char* text = getenv("TRESTLE_TEST_PARKED");
  return text ? strtoul(text, nullptr, 10) : 10000;
}

long resident_kib() {
  std::ifstream statm("/proc/self/statm");
  long size = 0, resident = 0;
  statm >> size >> resident;
  return resident * sysconf(_SC_PAGESIZE) / 1024;
}

// One descriptor per connection in each of the two processes. Only root raises the hard limit.
bool raise_descriptor_limit() {
  const rlim_t wanted = connection_count() + 1000;
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_max = std::max(files.rlim_max, wanted);
  files.rlim_cur = files.rlim_max;
  return setrlimit(RLIMIT_NOFILE, &files) == 0;
}

class Parked : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (!raise_descriptor_limit())
      GTEST_SKIP() << "RLIMIT_NOFILE is too low for " << connection_count() << " connections";
  }
};

// The other process: a server that accepts whatever comes until its standard input ends.
int serve(const std::string& backend) {
  if (!raise_descriptor_limit()) return 1;
  Program program;
  Session session = program.server(backend);
  session.identity(Certificate::server("localhost").issue());
  session.set(TRESTLE_OPTION_HELLO_TIMEOUT, int64_t{0});
  session.set(TRESTLE_OPTION_RECEIVE_TIMEOUT, int64_t{0});
  session.set(TRESTLE_OPTION_ACCEPT_WINDOW, int64_t{1024});
  std::printf("port %u.\n", session.listen()->port);
  std::fflush(stdout);
  int32_t fd = -1;
  api().queue_fd(program.engine(), program.queue(), &fd);
  pollfd waiting[2] = {{fd, POLLIN, 0}, {0, POLLIN, 0}};
  while (poll(waiting, 2, -1) > 0 && waiting[1].revents == 0) {
    while (Message message = program.poll()) {
      if (message->primitive == TRESTLE_PRIM_ACCEPT_IND)
        Connection(&program, message->connection).accept_res(1);
    }
  }
  return 0;
}

uint16_t port_of(const Process& server) {
  if (!server.out().wait_for(".\n")) throw std::runtime_error("the server said nothing");
  return static_cast<uint16_t>(std::stoi(server.out().text().substr(5)));
}

TEST_P(Parked, ThousandsAtOnceOnTwoWorkers) {
  const size_t count = connection_count();
  ProcessOptions process;
  process.argv = {"/proc/self/exe", "--serve", GetParam()};
  for (const char* name : {"TEST_SRCDIR", "TEST_WORKSPACE", "TEST_TMPDIR"})
    if (const char* value = getenv(name)) process.environment.emplace_back(name, value);
  Process server(process);
  const uint16_t port = port_of(server);
  Program::Options options;
  options.handshake_workers = 2;
  Program program(options);
  Session session = program.client(GetParam());
  session.set(TRESTLE_OPTION_RECEIVE_TIMEOUT, int64_t{0});
  session.set(TRESTLE_OPTION_HELLO_TIMEOUT, int64_t{0});
  session.set(TRESTLE_OPTION_CONNECT_TIMEOUT, int64_t{0});

  long before = resident_kib();
  std::vector<Connection> waiting;
  // A bounded number under way at once: the listen queue is no part of this test.
  constexpr size_t kUnderWay = 256;
  size_t asked = 0;
  while (asked < count) {
    if (waiting.size() < count && waiting.size() - asked < kUnderWay) {
      waiting.push_back(Connection(&program, 0));
      ASSERT_EQ(api().connection_create_req(program.engine(), session.handle(),
                                            TRESTLE_FAMILY_IP4, 0, program.next_tag()),
                TRESTLE_RESULT_SUCCESS);
    }
    bool full = waiting.size() == count || waiting.size() - asked == kUnderWay;
    Message message = full ? program.next() : program.poll();
    if (!message) continue;
    Connection connection(&program, message->connection);
    if (message->primitive == TRESTLE_PRIM_CONNECTION_CREATE_CFM) {
      ASSERT_EQ(message->result, TRESTLE_RESULT_SUCCESS) << message;
      ASSERT_EQ(connection.connect_req("127.0.0.1", port), TRESTLE_RESULT_SUCCESS);
    } else {
      ASSERT_EQ(message->primitive, uint32_t{TRESTLE_PRIM_CONNECTION_CERT_IND}) << message;
      waiting[asked++] = connection;
    }
  }
  std::printf("%zu connections wait; resident memory grew by %ld KiB for each\n", count,
              (resident_kib() - before) / static_cast<long>(count));

  // All of them wait; one more goes through at once.
  Connection fast = session.connect_to("127.0.0.1", port);
  EXPECT_EQ(fast.finish_connect()->result, TRESTLE_RESULT_SUCCESS);

  // Half of them get a yes, and each comes to its end; the others are destroyed as they wait.
  for (size_t i = 0; i < count / 2; ++i)
    ASSERT_EQ(waiting[i].cert_res(1), TRESTLE_RESULT_SUCCESS);
  for (size_t i = 0; i < count / 2; ++i) {
    Message cfm = program.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM);
    ASSERT_EQ(cfm->result, TRESTLE_RESULT_SUCCESS) << cfm;
  }
  std::vector<Message> rest = program.shut_down();
  size_t cancelled = 0;
  for (const Message& message : rest)
    cancelled += message->primitive == TRESTLE_PRIM_CONNECTION_CONNECT_CFM &&
                 message->result == TRESTLE_RESULT_CANCELLED;
  EXPECT_EQ(cancelled, count - count / 2);
}

INSTANTIATE_TEST_SUITE_P(Backends, Parked, ::testing::ValuesIn(backends()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace trestle::testing

int main(int argc, char** argv) {
  if (argc == 3 && std::string(argv[1]) == "--serve") return trestle::testing::serve(argv[2]);
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
