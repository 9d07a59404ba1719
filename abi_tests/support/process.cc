// SPDX-License-Identifier: Apache-2.0
#include "abi_tests/support/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "abi_tests/support/spawn.h"

extern char** environ;

namespace trestle::testing {
namespace {

[[noreturn]] void throw_errno(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

struct Pipe {
  UniqueFd reader;
  UniqueFd writer;
};

Pipe make_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw_errno("pipe");
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

// A terminal that changes no byte. We read the master side, the child writes to the other.
Pipe make_terminal() {
  int master = -1;
  int slave = -1;
  if (openpty(&master, &slave, nullptr, nullptr, nullptr) != 0) throw_errno("openpty");
  Pipe terminal{UniqueFd(master), UniqueFd(slave)};
  fcntl(master, F_SETFD, FD_CLOEXEC);
  fcntl(slave, F_SETFD, FD_CLOEXEC);
  termios settings;
  if (tcgetattr(slave, &settings) != 0) throw_errno("tcgetattr");
  cfmakeraw(&settings);
  if (tcsetattr(slave, TCSANOW, &settings) != 0) throw_errno("tcsetattr");
  return terminal;
}

bool is_sanitizer_setting(std::string_view entry) {
  for (std::string_view prefix : {"ASAN_", "LSAN_", "TSAN_", "UBSAN_"}) {
    if (entry.substr(0, prefix.size()) == prefix) return true;
  }
  return false;
}

std::vector<std::string> child_environment(const ProcessOptions& options) {
  std::vector<std::string> result = {
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C", "TZ=UTC"};
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (is_sanitizer_setting(*entry)) result.emplace_back(*entry);
  }
  for (const auto& [name, value] : options.environment) result.push_back(name + "=" + value);
  return result;
}

std::string tail(const std::string& text, size_t length) {
  return text.size() <= length ? text : "..." + text.substr(text.size() - length);
}

}  // namespace

// One thread per child moves all its bytes and reaps it.
class Process::Impl {
 public:
  explicit Impl(ProcessOptions options) : options_(std::move(options)) {
    Pipe in = make_pipe();
    Pipe out = make_pipe();
    Pipe err = make_pipe();
    SpawnRequest request{options_.argv, child_environment(options_), options_.working_directory,
                         options_.parent_death_signal,
                         {in.reader.get(), out.writer.get(), err.writer.get()}};
    Pipe terminal;
    if (options_.log_channel) {
      terminal = make_terminal();
      request.descriptors.push_back(terminal.writer.get());
    }
    wake_ = UniqueFd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!wake_.is_open()) throw_errno("eventfd");
    pid_ = spawn(request);
    pidfd_ = UniqueFd(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)));
    if (!pidfd_.is_open()) {
      kill(-pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
      throw_errno("pidfd_open");
    }
    stdin_ = std::move(in.writer);
    fcntl(stdin_.get(), F_SETFL, O_NONBLOCK);
    streams_[0] = {std::move(out.reader), &out_};
    streams_[1] = {std::move(err.reader), &err_};
    streams_[2] = {std::move(terminal.reader), &log_};
    if (!options_.log_channel) log_.end();
    thread_ = std::thread([this] { serve(); });
  }

  ~Impl() {
    {
      std::lock_guard lock(mutex_);
      if (!reaped_) kill(-pid_, SIGKILL);
    }
    thread_.join();
  }

  pid_t pid() const { return pid_; }
  const Capture& out() const { return out_; }
  const Capture& err() const { return err_; }
  const Capture& log() const { return log_; }
  const ProcessOptions& options() const { return options_; }

  void write(std::string_view data) {
    {
      std::lock_guard lock(mutex_);
      pending_input_.append(data);
    }
    wake();
  }

  void close_stdin() {
    {
      std::lock_guard lock(mutex_);
      close_input_ = true;
    }
    wake();
  }

  void signal(int number) {
    std::lock_guard lock(mutex_);
    if (!reaped_) kill(pid_, number);
  }

  std::optional<ExitStatus> wait_for_exit(std::chrono::milliseconds timeout) const {
    std::unique_lock lock(mutex_);
    exited_.wait_until(lock, std::chrono::steady_clock::now() + timeout,
                       [this] { return exit_.has_value(); });
    return exit_;
  }

 private:
  struct Stream {
    UniqueFd fd;
    Capture* capture = nullptr;
  };

  static constexpr size_t kStreams = 3;

  void wake() {
    const uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof one);
  }

  // Until the child has ended and everything that it wrote has been read.
  void serve() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);  // A write to a dead child raises SIGPIPE here.
    while (!ended_) serve_once(-1);
    while (serve_once(0)) {
    }
    for (Stream& stream : streams_) stream.capture->end();
    {
      std::lock_guard lock(mutex_);
      exit_ = *ended_;
    }
    exited_.notify_all();
  }

  // Returns whether any output came.
  bool serve_once(int timeout) {
    std::array<pollfd, kStreams + 3> polled;
    for (size_t i = 0; i < kStreams; ++i) polled[i] = {streams_[i].fd.get(), POLLIN, 0};
    polled[kStreams] = {ended_ ? -1 : pidfd_.get(), POLLIN, 0};
    polled[kStreams + 1] = {wake_.get(), POLLIN, 0};
    polled[kStreams + 2] = {input_waits() ? stdin_.get() : -1, POLLOUT, 0};
    if (poll(polled.data(), polled.size(), timeout) < 0) return false;
    bool any_output = false;
    for (size_t i = 0; i < kStreams; ++i) {
      if (polled[i].revents != 0) any_output |= read_from(streams_[i]);
    }
    if ((polled[kStreams + 1].revents & POLLIN) != 0) {
      uint64_t count;
      [[maybe_unused]] const ssize_t got = read(wake_.get(), &count, sizeof count);
    }
    if (polled[kStreams + 2].revents != 0) write_input();
    if (polled[kStreams].revents != 0) reap();
    return any_output;
  }

  bool input_waits() {
    std::lock_guard lock(mutex_);
    return stdin_.is_open() && (close_input_ || !pending_input_.empty());
  }

  bool read_from(Stream& stream) {
    const ssize_t got = read(stream.fd.get(), buffer_.data(), buffer_.size());
    if (got <= 0) {  // A terminal whose other side is closed says EIO instead of 0.
      stream.fd.reset();
      stream.capture->end();
      return false;
    }
    const std::string_view data(buffer_.data(), static_cast<size_t>(got));
    if (options_.echo && stream.capture == &out_) write(data);
    stream.capture->append(data);
    return true;
  }

  void write_input() {
    std::lock_guard lock(mutex_);
    if (!pending_input_.empty()) {
      const ssize_t sent = ::write(stdin_.get(), pending_input_.data(), pending_input_.size());
      if (sent > 0) {
        pending_input_.erase(0, static_cast<size_t>(sent));
      } else if (errno != EAGAIN) {  // The child reads no more.
        pending_input_.clear();
        stdin_.reset();
      }
    }
    if (close_input_ && pending_input_.empty()) stdin_.reset();
  }

  // The rest of its group goes first: while the child is not reaped, the group's number is its own.
  void reap() {
    std::lock_guard lock(mutex_);
    kill(-pid_, SIGKILL);
    siginfo_t info{};
    while (waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED) != 0 && errno == EINTR) {
    }
    reaped_ = true;
    ended_ = ExitStatus{info.si_code != CLD_EXITED, info.si_status};
  }

  const ProcessOptions options_;
  pid_t pid_ = -1;
  UniqueFd pidfd_;
  UniqueFd wake_;
  UniqueFd stdin_;
  std::array<Stream, kStreams> streams_;
  Capture out_;
  Capture err_;
  Capture log_;
  // The thread's own.
  std::array<char, 65536> buffer_;
  std::optional<ExitStatus> ended_;

  mutable std::mutex mutex_;
  mutable std::condition_variable exited_;
  bool reaped_ = false;  // From here on the pid may be somebody else's.
  std::optional<ExitStatus> exit_;  // Set when all output has been read, too.
  std::string pending_input_;
  bool close_input_ = false;

  std::thread thread_;
};

Process::Process(ProcessOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Process::~Process() = default;

pid_t Process::pid() const { return impl_->pid(); }
void Process::write(std::string_view data) { impl_->write(data); }
void Process::close_stdin() { impl_->close_stdin(); }
const Capture& Process::out() const { return impl_->out(); }
const Capture& Process::err() const { return impl_->err(); }
const Capture& Process::log() const { return impl_->log(); }
void Process::signal(int number) { impl_->signal(number); }

std::optional<ExitStatus> Process::wait_for_exit(std::chrono::milliseconds timeout) const {
  return impl_->wait_for_exit(timeout);
}

std::string Process::last_words() const {
  constexpr size_t kLength = 3000;
  std::string text;
  for (const std::string& word : impl_->options().argv) text += word + " ";
  text += "\n--- stdout\n" + tail(out().text(), kLength);
  text += "\n--- stderr\n" + tail(err().text(), kLength);
  if (impl_->options().log_channel) text += "\n--- log\n" + tail(log().text(), kLength);
  return text;
}

RunResult run(std::vector<std::string> argv, std::string_view input,
              std::chrono::milliseconds timeout) {
  ProcessOptions options;
  options.argv = std::move(argv);
  Process process(std::move(options));
  process.write(input);
  process.close_stdin();
  const std::optional<ExitStatus> exit = process.wait_for_exit(timeout);
  if (!exit) throw std::runtime_error("did not end in time: " + process.last_words());
  return {*exit, process.out().text(), process.err().text()};
}

}  // namespace trestle::testing
