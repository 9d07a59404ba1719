// SPDX-License-Identifier: Apache-2.0
// What depends on the program that loads: captured symbols, and privileges. Each case is a process
// of its own.
#include <errno.h>
#include <gtest/gtest.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

namespace {

std::string file(const std::string &name) {
  return std::filesystem::canonical("core/loader/" + name);
}

// Both lines that the program prints, and its exit status where it fails.
std::string run(const std::string &command) {
  FILE *pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return "popen failed";
  std::string output;
  char buffer[1024];
  for (size_t n; (n = fread(buffer, 1, sizeof buffer, pipe)) > 0;) output.append(buffer, n);
  const int status = pclose(pipe);
  return status == 0 ? output : output + "status " + std::to_string(status);
}

class LoadOne : public testing::Test {
 protected:
  LoadOne() {
    std::string path = std::string(getenv("TEST_TMPDIR")) + "/load_one-XXXXXX";
    EXPECT_NE(mkdtemp(path.data()), nullptr);
    directory_ = std::filesystem::canonical(path);
    EXPECT_EQ(chmod(directory_.c_str(), 0755), 0);
    for (const char *name : {"good", "own_reference", "library_reference"}) {
      std::filesystem::copy_file(file(std::string(name) + ".so"), plugin(name));
      EXPECT_EQ(chmod(plugin(name).c_str(), 0644), 0);
    }
  }

  std::string plugin(const std::string &name) const { return directory_ + "/" + name + ".so"; }

  std::string load(const std::string &program, const std::string &name,
                   const std::string &environment = "") const {
    return run(environment + " " + file(program) + " " + directory_ + " " + name);
  }

  std::string directory_;
};

TEST_F(LoadOne, AnOrdinaryProgram) {
  EXPECT_EQ(load("load_one", "good"), "SUCCESS\n\n");
  EXPECT_EQ(load("load_one", "own_reference"), "SUCCESS\n\n");
  EXPECT_EQ(load("load_one", "library_reference"), "SUCCESS\n\n");
}

TEST_F(LoadOne, AProgramThatExportsThePluginsSymbol) {
  const std::string program = file("load_one_exporting");
  EXPECT_EQ(load("load_one_exporting", "good"), "SUCCESS\n\n");
  EXPECT_EQ(load("load_one_exporting", "own_reference"),
            "BACKEND_CAPTURED\n" + plugin("own_reference") +
                ": the plugin's trestle_test_truth is not in own_reference.so* but in " + program +
                "\n");
}

TEST_F(LoadOne, AProgramThatExportsWhatOnlyTheLibraryCalls) {
  EXPECT_EQ(load("load_one_exporting", "library_reference"),
            "BACKEND_CAPTURED\n" + plugin("library_reference") +
                ": the program's trestle_test_truth is not in libc.so* but in " +
                file("load_one_exporting") + "\n");
}

TEST_F(LoadOne, APreloadedLibrary) {
  const std::string capturer = file("capturer.so");
  EXPECT_EQ(load("load_one", "good", "LD_PRELOAD=" + capturer),
            "BACKEND_CAPTURED\n" + plugin("good") +
                ": the plugin's getppid is not in libc.so* but in " + capturer + "\n");
}

// The file's name alone is no proof: an executable is never the TLS library.
TEST_F(LoadOne, AProgramThatIsCalledLikeTheLibrary) {
  const std::string program = directory_ + "/own_reference.so.program";
  std::filesystem::copy_file(file("load_one_exporting"), program);
  EXPECT_EQ(run(program + " " + directory_ + " own_reference"),
            "BACKEND_CAPTURED\n" + plugin("own_reference") +
                ": the plugin's trestle_test_truth is not in own_reference.so* but in " + program +
                "\n");
}

// Such a program's stub for a function stands for the function itself.
TEST_F(LoadOne, APositionDependentProgramThatUsesTheSameFunction) {
  EXPECT_EQ(load("load_one_position_dependent", "good"), "SUCCESS with a stub\n\n");
}

TEST_F(LoadOne, APositionDependentProgramWhoseStubLeadsAstray) {
  const std::string capturer = file("capturer.so");
  EXPECT_EQ(load("load_one_position_dependent", "good", "LD_PRELOAD=" + capturer),
            "BACKEND_CAPTURED with a stub\n" + plugin("good") +
                ": the plugin's getppid is not in libc.so* but in " + capturer + "\n");
}

// Loads `good` from TRESTLE_BACKEND_PATH alone.
std::string load_by_environment(const std::string &program, const std::string &directory) {
  return run("TRESTLE_BACKEND_PATH=" + directory + " " + program + " '' good");
}

TEST_F(LoadOne, TheEnvironmentCountsNothingInASetUserIdProgram) {
  const std::string program = directory_ + "/program";
  std::filesystem::copy_file(file("load_one"), program);
  ASSERT_EQ(chmod(program.c_str(), 0755), 0);
  ASSERT_EQ(load_by_environment(program, directory_), "SUCCESS\n\n");
  if (chown(program.c_str(), 54321, static_cast<gid_t>(-1)) != 0) {
    GTEST_SKIP() << "only root can give a file away: " << strerror(errno);
  }
  ASSERT_EQ(chmod(program.c_str(), 04755), 0);
  const std::string output = load_by_environment(program, directory_);
  if (output == "SUCCESS\n\n" && access("/proc/self/mountinfo", R_OK) == 0 &&
      run("findmnt -no OPTIONS -T " + directory_).find("nosuid") != std::string::npos) {
    GTEST_SKIP() << directory_ << " is mounted with nosuid";
  }
  EXPECT_EQ(output.rfind("BACKEND_NOT_FOUND\n", 0), 0u) << output;
  EXPECT_EQ(output.find(directory_), std::string::npos) << output;
}

}  // namespace
