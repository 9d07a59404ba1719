// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "abi_tests/support/capture.h"

namespace trestle::testing {

struct ProcessOptions {
  std::vector<std::string> argv;

  // The child gets a small, fixed environment (PATH, LANG=C, the sanitizers' options), so that
  // nobody's settings change a test, and these.
  std::vector<std::pair<std::string, std::string>> environment;

  std::string working_directory;

  // Opens kLogPath in the child, captured as log(). It is a terminal, because stdio flushes each
  // line to a terminal and only every 4 KiB to anything else.
  bool log_channel = false;

  // Everything that the child writes to stdout is given back to it on stdin.
  bool echo = false;

  // What the child gets when the test itself dies.
  int parent_death_signal = 9;  // SIGKILL
};

struct ExitStatus {
  bool by_signal = false;
  int code = 0;  // The exit code, or the signal's number.
};

// A child process in a process group of its own. It ends with the object, or with the test,
// whichever comes first, and so do the processes that it started in its group.
class Process {
 public:
  // Throws std::runtime_error when the program can't be run.
  explicit Process(ProcessOptions options);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  static constexpr const char* kLogPath = "/dev/fd/3";

  pid_t pid() const;

  // Queues the bytes for the child's stdin; never waits.
  void write(std::string_view data);
  // The child sees end of file after what is queued.
  void close_stdin();

  const Capture& out() const;
  const Capture& err() const;
  const Capture& log() const;

  // Sends a signal to the child alone; nothing happens once it has ended.
  void signal(int number);

  // Nothing when it still runs at the deadline.
  std::optional<ExitStatus> wait_for_exit(std::chrono::milliseconds timeout = kPatience) const;

  // The end of what it said, for the text of a failure.
  std::string last_words() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

struct RunResult {
  ExitStatus exit;
  std::string out;
  std::string err;
};

// Runs a program to its end; throws std::runtime_error when it doesn't end in time.
RunResult run(std::vector<std::string> argv, std::string_view input = {},
              std::chrono::milliseconds timeout = kPatience);

}  // namespace trestle::testing
