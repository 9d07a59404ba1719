// SPDX-License-Identifier: Apache-2.0
#include "abi_tests/support/process.h"

#include <errno.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <thread>

namespace trestle::testing {
namespace {

using ::testing::HasSubstr;

constexpr std::chrono::milliseconds kShort{50};

ProcessOptions shell(const std::string& script) {
  ProcessOptions options;
  options.argv = {"sh", "-c", script};
  return options;
}

bool is_running(pid_t pid) {
  if (kill(pid, 0) != 0 && errno == ESRCH) return false;
  // A zombie has ended, too; whoever adopted it has not reaped it yet.
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  const std::string text{std::istreambuf_iterator<char>(status), {}};
  return text.find("State:\tZ") == std::string::npos && !text.empty();
}

// A killed process that isn't our child tells nobody that it has ended.
bool ends(pid_t pid) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (is_running(pid)) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

TEST(ProcessTest, OutputAndExitCodeArrive) {
  const RunResult result = run({"sh", "-c", "cat; echo problem >&2; exit 3"}, "some input");
  EXPECT_EQ(result.out, "some input");
  EXPECT_EQ(result.err, "problem\n");
  EXPECT_FALSE(result.exit.by_signal);
  EXPECT_EQ(result.exit.code, 3);
}

TEST(ProcessTest, DeathBySignalIsTold) {
  Process process(shell("kill -TERM $$"));
  const auto exit = process.wait_for_exit();
  ASSERT_TRUE(exit);
  EXPECT_TRUE(exit->by_signal);
  EXPECT_EQ(exit->code, SIGTERM);
}

TEST(ProcessTest, UnknownProgramThrows) {
  EXPECT_THROW(run({"trestle-no-such-program"}), std::runtime_error);
}

TEST(ProcessTest, WaitEndsAtItsDeadline) {
  Process process(shell("exec cat"));
  EXPECT_FALSE(process.out().wait_for("never", kShort));
  EXPECT_FALSE(process.wait_for_exit(kShort));
  EXPECT_THROW(run({"sleep", "60"}, "", kShort), std::runtime_error);
}

TEST(ProcessTest, WaitEndsAtOnceWhenTheTextCanNoLongerCome) {
  Process process(shell("echo something else"));
  EXPECT_FALSE(process.out().wait_for("never", std::chrono::hours(1)));
}

TEST(ProcessTest, ConversationByStandardInputAndOutput) {
  Process process(shell("while read line; do echo \"got $line\"; done; echo end"));
  process.write("one\n");
  EXPECT_TRUE(process.out().wait_for("got one"));
  process.write("two\n");
  EXPECT_TRUE(process.out().wait_for("got two"));
  process.close_stdin();
  EXPECT_TRUE(process.out().wait_for("end"));
  EXPECT_EQ(process.wait_for_exit()->code, 0);
}

TEST(ProcessTest, MuchDataGoesThrough) {
  const std::string data(size_t{8} << 20, 'x');
  EXPECT_EQ(run({"cat"}, data).out.size(), data.size());
}

TEST(ProcessTest, InputForADeadChildIsDropped) {
  Process process(shell("exec <&-; echo closed; exec sleep 60"));
  ASSERT_TRUE(process.out().wait_for("closed"));
  process.write(std::string(size_t{1} << 20, 'x'));
  process.close_stdin();
  process.signal(SIGKILL);
  EXPECT_TRUE(process.wait_for_exit());
  process.write("more");
  process.signal(SIGTERM);
}

TEST(ProcessTest, LogChannelIsFlushedByLineAndKeepsEveryByte) {
  ProcessOptions options;
  // mawk and gawk write through stdio, so the line arrives early only because of the terminal.
  options.argv = {"awk", "BEGIN { print \"first\\tline\\r\" > \"/dev/fd/3\"; getline; }"};
  options.log_channel = true;
  Process process(std::move(options));
  EXPECT_TRUE(process.log().wait_for("first\tline\r\n"));
  process.close_stdin();
  ASSERT_TRUE(process.wait_for_exit());
  EXPECT_EQ(process.log().text(), "first\tline\r\n");
}

TEST(ProcessTest, EchoGivesItsOutputBack) {
  ProcessOptions options = shell("echo ping; read line; echo \"back: $line\" >&2");
  options.echo = true;
  Process process(std::move(options));
  EXPECT_TRUE(process.err().wait_for("back: ping"));
}

TEST(ProcessTest, DestructorEndsTheWholeGroup) {
  pid_t child = 0;
  pid_t grandchild = 0;
  {
    Process process(shell("sleep 1000 & echo $!; wait"));
    ASSERT_TRUE(process.out().wait_for("\n"));
    child = process.pid();
    grandchild = std::stoi(process.out().text());
    ASSERT_TRUE(is_running(child));
    ASSERT_TRUE(is_running(grandchild));
  }
  EXPECT_FALSE(is_running(child));
  EXPECT_TRUE(ends(grandchild));
}

TEST(ProcessTest, SurvivesTheThreadThatStartedIt) {
  std::unique_ptr<Process> process;
  std::thread([&] { process = std::make_unique<Process>(shell("exec cat")); }).join();
  process->write("still here");
  EXPECT_TRUE(process->out().wait_for("still here"));
}

TEST(ProcessTest, EndsWithTheTest) {
  // The helper starts a sleeper in another group and is killed: only the death signal is left to end
  // the sleeper.
  ProcessOptions options;
  options.argv = {"abi_tests/support/process_test_helper"};
  Process helper(std::move(options));
  ASSERT_TRUE(helper.out().wait_for("\n")) << helper.last_words();
  const pid_t sleeper = std::stoi(helper.out().text());
  ASSERT_TRUE(is_running(sleeper));
  helper.signal(SIGKILL);
  ASSERT_TRUE(helper.wait_for_exit());
  EXPECT_TRUE(ends(sleeper));
}

TEST(ProcessTest, EnvironmentIsSmallAndFixed) {
  setenv("TRESTLE_TEST_LEAK", "leaked", 1);
  ProcessOptions options = shell("env");
  options.environment = {{"TRESTLE_TEST_GIVEN", "given"}};
  Process process(std::move(options));
  ASSERT_TRUE(process.wait_for_exit());
  EXPECT_THAT(process.out().text(), HasSubstr("TRESTLE_TEST_GIVEN=given"));
  EXPECT_THAT(process.out().text(), ::testing::Not(HasSubstr("leaked")));
}

TEST(ProcessTest, NoDescriptorOfTheTestReachesTheChild) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);  // without close-on-exec, as a library under test may do
  const RunResult result = run({"ls", "/proc/self/fd"});
  EXPECT_EQ(result.out, "0\n1\n2\n3\n");  // 3 is the directory that ls itself reads
  close(ends[0]);
  close(ends[1]);
}

TEST(CaptureTest, KeepsTheFirstPartAndCountsTheRest) {
  Capture capture;
  const std::string block(Capture::kKept / 2 + 1, 'x');
  capture.append(block);
  capture.append(block);
  EXPECT_EQ(capture.total_bytes(), 2 * block.size());
  EXPECT_EQ(capture.text().size(), Capture::kKept);
  EXPECT_TRUE(capture.wait_for_bytes(2 * block.size(), kShort));
}

TEST(CaptureTest, FindsATextThatComesInPieces) {
  Capture capture;
  std::thread writer([&] {
    for (const char* piece : {"hel", "lo wo", "r", "ld"}) capture.append(piece);
  });
  EXPECT_TRUE(capture.wait_for("hello world"));
  writer.join();
}

}  // namespace
}  // namespace trestle::testing
