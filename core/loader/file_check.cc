// SPDX-License-Identifier: Apache-2.0
#include "core/loader/file_check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <utility>

namespace trestle::loader {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor &) = delete;
  Descriptor &operator=(const Descriptor &) = delete;
  int get() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }

 private:
  const int fd_;
};

CheckedFile refused(std::string reason) {
  CheckedFile file;
  file.verdict = CheckedFile::Verdict::kRefused;
  file.reason = std::move(reason);
  return file;
}

// Only "it isn't there" lets the search go on; a file that can't be looked at is refused.
CheckedFile not_reached(int error) {
  if (error != ENOENT && error != ENOTDIR) return refused(system_text(error));
  CheckedFile file;
  file.reason = system_text(error);
  return file;
}

// Empty if nobody but root and the effective user can change what has this status.
std::string objection(const struct stat &status) {
  const uid_t user = geteuid();
  const bool foreign = status.st_uid != 0 && status.st_uid != user;
  const bool writable = (status.st_mode & (S_IWGRP | S_IWOTH)) != 0;
  if (!foreign && !writable) return {};
  char facts[64];
  snprintf(facts, sizeof facts, "owner %u, mode %04o: ", static_cast<unsigned>(status.st_uid),
           static_cast<unsigned>(status.st_mode & 07777));
  return facts + (foreign ? "the owner is neither root nor this process's user " +
                                std::to_string(user)
                          : std::string("group or others may write"));
}

std::string objection_to_directory(const std::string &directory, const struct stat &status) {
  const std::string found = objection(status);
  return found.empty() ? found : "directory " + directory + ": " + found;
}

// "/a/b" -> "/a" and "b"; "/b" -> "/" and "b".
std::pair<std::string, std::string> split(const std::string &path) {
  const size_t slash = path.rfind('/');
  return {slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1)};
}

// `path` is free of symbolic links; each step is on what the step before has opened.
CheckedFile check_resolved(const std::string &path) {
  const auto [directory, name] = split(path);
  const Descriptor parent(
      open(directory.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat status;
  if (!parent.is_open() || fstat(parent.get(), &status) != 0) return not_reached(errno);
  std::string found = objection_to_directory(directory, status);
  if (!found.empty()) return refused(std::move(found));

  // O_PATH: a FIFO doesn't block, and a device isn't woken.
  const Descriptor file(openat(parent.get(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!file.is_open() || fstat(file.get(), &status) != 0) return not_reached(errno);
  if (!S_ISREG(status.st_mode)) return refused("not a regular file");
  found = objection(status);
  if (!found.empty()) return refused(std::move(found));
  return {CheckedFile::Verdict::kTrusted, path, status.st_dev, status.st_ino, {}};
}

}  // namespace

CheckedFile check_file(const std::string &path) {
  const std::unique_ptr<char, void (*)(void *)> resolved(realpath(path.c_str(), nullptr), free);
  if (resolved == nullptr) return not_reached(errno);
  if (path != resolved.get()) {
    // Whoever may write here decides what the link leads to.
    const std::string directory = split(path).first;
    struct stat status;
    if (stat(directory.c_str(), &status) != 0) return not_reached(errno);
    std::string found = objection_to_directory(directory, status);
    if (!found.empty()) return refused(std::move(found));
  }
  CheckedFile file = check_resolved(resolved.get());
  if (file.verdict == CheckedFile::Verdict::kRefused && path != resolved.get()) {
    file.reason = "leads to " + std::string(resolved.get()) + ": " + file.reason;
  }
  return file;
}

std::string system_text(int error) {
  char buffer[128];
  return strerror_r(error, buffer, sizeof buffer);  // the GNU one: thread-safe, never NULL
}

}  // namespace trestle::loader
