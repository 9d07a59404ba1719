// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace trestle::testing {

// A file descriptor that is closed with its owner.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  ~UniqueFd() { reset(); }
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.release()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) reset(other.release());
    return *this;
  }

  int get() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }
  int release() {
    const int fd = fd_;
    fd_ = -1;
    return fd;
  }
  void reset(int fd = -1);

 private:
  int fd_ = -1;
};

struct SpawnRequest {
  std::vector<std::string> argv;
  std::vector<std::string> environment;  // NAME=value
  std::string working_directory;
  int parent_death_signal;
  // These become 0, 1, 2, ... in the child; it inherits no other descriptor.
  std::vector<int> descriptors;
};

// Starts a program in a process group of its own; throws std::runtime_error when that fails.
pid_t spawn(const SpawnRequest& request);

}  // namespace trestle::testing
