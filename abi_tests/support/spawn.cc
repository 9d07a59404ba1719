// SPDX-License-Identifier: Apache-2.0
#include "abi_tests/support/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <future>
#include <mutex>
#include <condition_variable>
#include <deque>
#include <functional>
#include <stdexcept>
#include <system_error>
#include <thread>

namespace trestle::testing {
namespace {

// Descriptors below this number are the child's own.
constexpr int kFirstSafeDescriptor = 16;
constexpr int kHighestDescriptorToClose = 4096;

// The kernel sends the death signal when the *thread* that forked ends. So one thread, which lives
// as long as the process, does all forks.
class Spawner {
 public:
  static Spawner& instance() {
    static Spawner* const spawner = new Spawner;  // Its thread never ends, so neither does it.
    return *spawner;
  }

  pid_t run(std::function<pid_t()> job) {
    std::packaged_task<pid_t()> task(std::move(job));
    std::future<pid_t> result = task.get_future();
    {
      std::lock_guard lock(mutex_);
      tasks_.push_back(std::move(task));
    }
    changed_.notify_one();
    return result.get();
  }

 private:
  Spawner() {
    std::thread([this] { serve(); }).detach();
  }

  void serve() {
    for (;;) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return !tasks_.empty(); });
      std::packaged_task<pid_t()> task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::packaged_task<pid_t()>> tasks_;
};

std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (const std::string& string : strings) result.push_back(const_cast<char*>(string.c_str()));
  result.push_back(nullptr);
  return result;
}

UniqueFd duplicate_out_of_the_way(int fd) {
  UniqueFd copy(fcntl(fd, F_DUPFD_CLOEXEC, kFirstSafeDescriptor));
  if (!copy.is_open()) throw std::system_error(errno, std::generic_category(), "dup");
  return copy;
}

void close_on_exec_from(int first) {
  constexpr unsigned kCloseOnExec = 4;  // CLOSE_RANGE_CLOEXEC
  if (syscall(SYS_close_range, static_cast<unsigned>(first), ~0U, kCloseOnExec) == 0) return;
  for (int fd = first; fd < kHighestDescriptorToClose; ++fd) fcntl(fd, F_SETFD, FD_CLOEXEC);
}

// All that the child needs, made before the fork: after it, only plain system calls are safe.
struct ChildPlan {
  std::vector<char*> argv;
  std::vector<char*> environment;
  const char* working_directory;
  int parent_death_signal;
  pid_t parent;
  std::vector<int> descriptors;
  int error_pipe;
};

[[noreturn]] void become_child(const ChildPlan& plan) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, plan.parent_death_signal);
  if (getppid() != plan.parent) _exit(127);  // The test died before the line above.
  for (size_t i = 0; i < plan.descriptors.size(); ++i) {
    dup2(plan.descriptors[i], static_cast<int>(i));
  }
  close_on_exec_from(static_cast<int>(plan.descriptors.size()));
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE, SIG_DFL);  // An ignored signal would stay ignored.
  if (plan.working_directory == nullptr || chdir(plan.working_directory) == 0) {
    execvpe(plan.argv[0], plan.argv.data(), plan.environment.data());
  }
  const int error = errno;
  [[maybe_unused]] const ssize_t written = write(plan.error_pipe, &error, sizeof error);
  _exit(127);
}

pid_t fork_and_exec(const SpawnRequest& request) {
  std::vector<UniqueFd> copies;
  ChildPlan plan{pointers(request.argv), pointers(request.environment), nullptr,
                 request.parent_death_signal, getpid(), {}, -1};
  if (!request.working_directory.empty()) {
    plan.working_directory = request.working_directory.c_str();
  }
  for (int fd : request.descriptors) {
    copies.push_back(duplicate_out_of_the_way(fd));
    plan.descriptors.push_back(copies.back().get());
  }
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  UniqueFd error_reader(ends[0]);
  UniqueFd error_writer = duplicate_out_of_the_way(ends[1]);
  close(ends[1]);
  plan.error_pipe = error_writer.get();

  const pid_t pid = fork();
  if (pid < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid == 0) become_child(plan);
  setpgid(pid, pid);  // Both sides do it, so that it is done for whoever comes first.
  error_writer.reset();
  int error = 0;
  if (read(error_reader.get(), &error, sizeof error) == sizeof error) {
    waitpid(pid, nullptr, 0);
    throw std::runtime_error("cannot run " + request.argv[0] + ": " + strerror(error));
  }
  return pid;
}

}  // namespace

void UniqueFd::reset(int fd) {
  if (fd_ >= 0) close(fd_);
  fd_ = fd;
}

pid_t spawn(const SpawnRequest& request) {
  if (request.argv.empty()) throw std::invalid_argument("spawn: no program named");
  return Spawner::instance().run([&request] { return fork_and_exec(request); });
}

}  // namespace trestle::testing
