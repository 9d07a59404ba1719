// SPDX-License-Identifier: Apache-2.0
#include "core/loader/file_check.h"

#include <errno.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

namespace trestle::loader {
namespace {

using Verdict = CheckedFile::Verdict;

// No user of this machine, and not the one that runs the tests.
constexpr uid_t kSomebody = 54321;

class FileCheck : public testing::Test {
 protected:
  FileCheck() {
    std::string path = std::string(getenv("TEST_TMPDIR")) + "/file_check-XXXXXX";
    EXPECT_NE(mkdtemp(path.data()), nullptr);
    char *resolved = realpath(path.c_str(), nullptr);
    directory_ = resolved;
    free(resolved);
  }

  std::string make_directory(const std::string &name, mode_t mode) {
    const std::string path = directory_ + "/" + name;
    EXPECT_EQ(mkdir(path.c_str(), 0700), 0);
    EXPECT_EQ(chmod(path.c_str(), mode), 0);
    return path;
  }

  static std::string make_file(const std::string &path, mode_t mode) {
    EXPECT_TRUE(std::ofstream(path).is_open()) << path;
    EXPECT_EQ(chmod(path.c_str(), mode), 0);
    return path;
  }

  std::string directory_;
};

TEST_F(FileCheck, TrustsAFileThatOnlyItsOwnerMayWrite) {
  for (const mode_t mode : {0444, 0600, 0644, 0755}) {
    const std::string path = make_file(directory_ + "/" + std::to_string(mode) + ".so", mode);
    const CheckedFile file = check_file(path);
    EXPECT_EQ(file.verdict, Verdict::kTrusted) << file.reason;
    EXPECT_EQ(file.path, path);
    EXPECT_EQ(file.reason, "");
    struct stat status;
    ASSERT_EQ(stat(path.c_str(), &status), 0);
    EXPECT_EQ(file.device, status.st_dev);
    EXPECT_EQ(file.inode, status.st_ino);
  }
}

TEST_F(FileCheck, RefusesAFileThatOthersMayWrite) {
  for (const auto &[mode, text] : {std::pair<mode_t, const char *>{0664, "0664"},
                                   {0646, "0646"},
                                   {0777, "0777"},
                                   {0620, "0620"}}) {
    const std::string path = make_file(directory_ + "/" + text + ".so", mode);
    const CheckedFile file = check_file(path);
    EXPECT_EQ(file.verdict, Verdict::kRefused);
    EXPECT_EQ(file.reason, "owner " + std::to_string(geteuid()) + ", mode " + text +
                               ": group or others may write");
  }
}

TEST_F(FileCheck, RefusesADirectoryThatOthersMayWrite) {
  for (const mode_t mode : {0775, 0757, 01777}) {
    const std::string directory = make_directory(std::to_string(mode), mode);
    const CheckedFile file = check_file(make_file(directory + "/a.so", 0644));
    EXPECT_EQ(file.verdict, Verdict::kRefused);
    EXPECT_EQ(file.reason.find("directory " + directory + ": owner "), 0u) << file.reason;
    EXPECT_NE(file.reason.find(": group or others may write"), std::string::npos) << file.reason;
  }
}

TEST_F(FileCheck, RefusesAFileOfSomebodyElse) {
  const std::string path = make_file(directory_ + "/a.so", 0644);
  if (chown(path.c_str(), kSomebody, static_cast<gid_t>(-1)) != 0) {
    GTEST_SKIP() << "only root can give a file away: " << system_text(errno);
  }
  const CheckedFile file = check_file(path);
  EXPECT_EQ(file.verdict, Verdict::kRefused);
  EXPECT_EQ(file.reason,
            "owner 54321, mode 0644: the owner is neither root nor this process's user " +
                std::to_string(geteuid()));
}

TEST_F(FileCheck, RefusesADirectoryOfSomebodyElse) {
  const std::string directory = make_directory("theirs", 0755);
  const std::string path = make_file(directory + "/a.so", 0644);
  if (chown(directory.c_str(), kSomebody, static_cast<gid_t>(-1)) != 0) {
    GTEST_SKIP() << "only root can give a directory away: " << system_text(errno);
  }
  const CheckedFile file = check_file(path);
  EXPECT_EQ(file.verdict, Verdict::kRefused);
  EXPECT_EQ(file.reason.find("directory " + directory + ": owner 54321, mode 0755: "), 0u)
      << file.reason;
}

constexpr int kOutOfReach = 100;

// What the check says to a process of that user: a Verdict, or kOutOfReach.
int verdict_as(uid_t user, const std::string &path) {
  const pid_t child = fork();
  if (child == 0) {
    if (setuid(user) != 0 || access(path.c_str(), F_OK) != 0) _exit(kOutOfReach);
    _exit(static_cast<int>(check_file(path).verdict));
  }
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  return WEXITSTATUS(status);
}

TEST_F(FileCheck, AnUnprivilegedUserTrustsRootAndOneself) {
  ASSERT_EQ(chmod(directory_.c_str(), 0755), 0);
  const std::string roots = make_file(directory_ + "/roots.so", 0644);
  const std::string own = make_file(directory_ + "/own.so", 0644);
  const std::string other = make_file(directory_ + "/other.so", 0644);
  if (chown(own.c_str(), kSomebody, static_cast<gid_t>(-1)) != 0 ||
      chown(other.c_str(), kSomebody - 1, static_cast<gid_t>(-1)) != 0) {
    GTEST_SKIP() << "only root can give a file away: " << system_text(errno);
  }
  if (verdict_as(kSomebody, roots) == kOutOfReach) {
    GTEST_SKIP() << directory_ << " can't be reached by another user";
  }
  EXPECT_EQ(verdict_as(kSomebody, roots), static_cast<int>(Verdict::kTrusted));
  EXPECT_EQ(verdict_as(kSomebody, own), static_cast<int>(Verdict::kTrusted));
  EXPECT_EQ(verdict_as(kSomebody, other), static_cast<int>(Verdict::kRefused));
}

TEST_F(FileCheck, WhatIsNotThereIsNotFound) {
  const std::string file = make_file(directory_ + "/a.so", 0644);
  ASSERT_EQ(symlink("nowhere", (directory_ + "/dangling.so").c_str()), 0);
  for (const std::string &path :
       {directory_ + "/b.so", directory_ + "/no/b.so", directory_ + "/dangling.so"}) {
    const CheckedFile found = check_file(path);
    EXPECT_EQ(found.verdict, Verdict::kNotFound) << path;
    EXPECT_EQ(found.reason, "No such file or directory");
  }
  EXPECT_EQ(check_file(file + "/b.so").verdict, Verdict::kNotFound);
  EXPECT_EQ(check_file(file + "/b.so").reason, "Not a directory");
}

TEST_F(FileCheck, WhatCanNotBeLookedAtIsRefused) {
  ASSERT_EQ(symlink("loop.so", (directory_ + "/loop.so").c_str()), 0);
  const CheckedFile loop = check_file(directory_ + "/loop.so");
  EXPECT_EQ(loop.verdict, Verdict::kRefused);
  EXPECT_EQ(loop.reason, "Too many levels of symbolic links");
  const CheckedFile long_name = check_file(directory_ + "/" + std::string(300, 'x') + ".so");
  EXPECT_EQ(long_name.verdict, Verdict::kRefused);
  EXPECT_EQ(long_name.reason, "File name too long");
}

TEST_F(FileCheck, OnlyRegularFiles) {
  make_directory("d.so", 0755);
  ASSERT_EQ(mkfifo((directory_ + "/fifo.so").c_str(), 0644), 0);
  for (const char *name : {"/d.so", "/fifo.so"}) {
    const CheckedFile file = check_file(directory_ + name);
    EXPECT_EQ(file.verdict, Verdict::kRefused) << name;
    EXPECT_EQ(file.reason, "not a regular file") << name;
  }
}

TEST_F(FileCheck, FollowsALinkToATrustedFile) {
  const std::string target = make_file(make_directory("target", 0755) + "/real.so", 0755);
  ASSERT_EQ(symlink("target/real.so", (directory_ + "/link.so").c_str()), 0);
  const CheckedFile file = check_file(directory_ + "/link.so");
  EXPECT_EQ(file.verdict, Verdict::kTrusted) << file.reason;
  EXPECT_EQ(file.path, target);
}

TEST_F(FileCheck, ALinkIsAsGoodAsWhatItLeadsTo) {
  const std::string writable_file = make_file(directory_ + "/real.so", 0666);
  ASSERT_EQ(symlink("real.so", (directory_ + "/to_file.so").c_str()), 0);
  const CheckedFile to_file = check_file(directory_ + "/to_file.so");
  EXPECT_EQ(to_file.verdict, Verdict::kRefused);
  EXPECT_EQ(to_file.reason, "leads to " + writable_file + ": owner " +
                                std::to_string(geteuid()) +
                                ", mode 0666: group or others may write");

  const std::string writable_directory = make_directory("writable", 0777);
  make_file(writable_directory + "/real.so", 0644);
  ASSERT_EQ(symlink("writable/real.so", (directory_ + "/to_directory.so").c_str()), 0);
  const CheckedFile to_directory = check_file(directory_ + "/to_directory.so");
  EXPECT_EQ(to_directory.verdict, Verdict::kRefused);
  EXPECT_NE(to_directory.reason.find("directory " + writable_directory), std::string::npos)
      << to_directory.reason;
}

TEST_F(FileCheck, ALinkInADirectoryThatOthersMayWriteIsRefused) {
  const std::string target = make_file(directory_ + "/real.so", 0644);
  const std::string writable = make_directory("writable", 0777);
  ASSERT_EQ(symlink(target.c_str(), (writable + "/a.so").c_str()), 0);
  const CheckedFile file = check_file(writable + "/a.so");
  EXPECT_EQ(file.verdict, Verdict::kRefused);
  EXPECT_EQ(file.reason.find("directory " + writable + ": "), 0u) << file.reason;
}

TEST_F(FileCheck, ADirectoryMayBeALink) {
  const std::string path = make_file(make_directory("real", 0755) + "/a.so", 0644);
  ASSERT_EQ(symlink("real", (directory_ + "/link").c_str()), 0);
  const CheckedFile file = check_file(directory_ + "/link/a.so");
  EXPECT_EQ(file.verdict, Verdict::kTrusted) << file.reason;
  EXPECT_EQ(file.path, path);
}

}  // namespace
}  // namespace trestle::loader
