// SPDX-License-Identifier: Apache-2.0
#include "trestle/dlopen.h"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <regex>
#include <set>
#include <string>

#include "abi_tests/support/process.h"
#include "abi_tests/support/temp_dir.h"

namespace trestle::testing {
namespace {

const std::string kHere = "abi_tests/guest/";

std::string file(const std::string &name) { return std::filesystem::canonical(kHere + name); }

// Comments out, so that a function that is only talked about isn't taken for a declaration.
std::string header_without_comments() {
  std::string text = read_file("api/trestle/trestle.h");
  for (size_t begin; (begin = text.find("/*")) != std::string::npos;) {
    text.erase(begin, text.find("*/", begin) + 2 - begin);
  }
  return text;
}

std::set<std::string> functions_of_header() {
  static const std::regex kFunction(R"(TRESTLE_API[^;]*?\b(trestle_\w+)\()");
  const std::string text = header_without_comments();
  std::set<std::string> names;
  for (auto match = std::sregex_iterator(text.begin(), text.end(), kFunction);
       match != std::sregex_iterator(); ++match) {
    names.insert((*match)[1]);
  }
  return names;
}

TEST(Dlopen, HasEveryFunctionOfTheHeader) {
  std::set<std::string> members;
#define NAME(name) members.insert("trestle_" #name);
  TRESTLE_DLOPEN_EACH(NAME)
#undef NAME
  EXPECT_GE(members.size(), 39u);
  EXPECT_EQ(members, functions_of_header());
}

struct Run {
  const char *program;
  const char *library;  // NULL: left to the header
  std::string directory;  // for LD_LIBRARY_PATH
};

std::string output_of(const Run &run) {
  ProcessOptions options;
  options.argv = {file(run.program)};
  if (run.library != nullptr) options.argv.push_back(file(run.library));
  if (!run.directory.empty()) options.environment.emplace_back("LD_LIBRARY_PATH", run.directory);
  Process process(options);
  process.close_stdin();
  const auto exit = process.wait_for_exit();
  EXPECT_TRUE(exit.has_value() && !exit->by_signal && exit->code == 0) << process.last_words();
  process.out().wait_for_end();
  return process.out().text();
}

constexpr const char *kPrograms[] = {"dlopen_user_c", "dlopen_user_cc"};

TEST(Dlopen, LoadsACompleteLibrary) {
  for (const char *program : kPrograms) {
    EXPECT_EQ(output_of({program, "fake_whole.so", ""}), "success, ABI 1000, size 1\n");
  }
}

TEST(Dlopen, LoadsALibraryOfALaterMinor) {
  for (const char *program : kPrograms) {
    EXPECT_EQ(output_of({program, "fake_later_minor.so", ""}), "success, ABI 1007, size 1\n");
  }
}

TEST(Dlopen, RefusesAnotherMajor) {
  for (const char *program : kPrograms) {
    EXPECT_EQ(output_of({program, "fake_other_major.so", ""}),
              "801, empty 1: libtrestle has ABI 2.0, this program needs 1.0 or a later 1.x\n");
  }
}

TEST(Dlopen, RefusesAnEarlierMinor) {
  EXPECT_EQ(output_of({"dlopen_user_of_1_3", "fake_whole.so", ""}),
            "801, empty 1: libtrestle has ABI 1.0, this program needs 1.3 or a later 1.x\n");
  EXPECT_EQ(output_of({"dlopen_user_of_1_3", "fake_later_minor.so", ""}),
            "success, ABI 1007, size 1\n");
}

TEST(Dlopen, NamesEveryMissingFunction) {
  for (const char *program : kPrograms) {
    EXPECT_EQ(output_of({program, "fake_incomplete.so", ""}),
              "1, empty 1: libtrestle lacks trestle_queue_fd, trestle_accept_res\n");
  }
}

TEST(Dlopen, RefusesWhatIsNotLibtrestle) {
  EXPECT_EQ(output_of({"dlopen_user_c", "not_trestle.so", ""}),
            "1, empty 1: not libtrestle: it has no function trestle_abi\n");
}

TEST(Dlopen, TellsWhyAFileDoesNotLoad) {
  trestle_functions functions;
  char error[512];
  EXPECT_EQ(trestle_dlopen("/does/not/exist.so", &functions, error, sizeof error),
            TRESTLE_RESULT_FAILURE);
  EXPECT_STREQ(error,
               "/does/not/exist.so: cannot open shared object file: No such file or directory");
}

TEST(Dlopen, WithoutAPathLooksForTheSonameAndThenForTheDevelopersLink) {
  const TempDir directory;
  const auto link = [&](const char *library, const char *name) {
    std::filesystem::create_symlink(file(library), directory.path() + "/" + name);
  };
  EXPECT_EQ(output_of({"dlopen_user_c", nullptr, directory.path()}),
            "1, empty 1: libtrestle.so.1: cannot open shared object file: No such file or "
            "directory; libtrestle.so: cannot open shared object file: No such file or "
            "directory\n");
  link("fake_whole.so", "libtrestle.so");
  EXPECT_EQ(output_of({"dlopen_user_c", nullptr, directory.path()}),
            "success, ABI 1000, size 1\n");
  link("fake_later_minor.so", "libtrestle.so.1");
  EXPECT_EQ(output_of({"dlopen_user_c", nullptr, directory.path()}),
            "success, ABI 1007, size 1\n");
}

TEST(Dlopen, NullArguments) {
  char error[16] = "untouched";
  EXPECT_EQ(trestle_dlopen(nullptr, nullptr, error, sizeof error), TRESTLE_RESULT_NULL_ARGUMENT);
  EXPECT_STREQ(error, "untouched");
  trestle_functions functions;
  EXPECT_EQ(trestle_dlopen("/does/not/exist.so", &functions, nullptr, 0), TRESTLE_RESULT_FAILURE);
}

TEST(Dlopen, AnErrorIsCutOffAtItsBuffer) {
  trestle_functions functions;
  for (size_t size = 1; size <= 24; size++) {
    char error[32];
    std::memset(error, '#', sizeof error);
    EXPECT_EQ(trestle_dlopen("/does/not/exist.so", &functions, error, size),
              TRESTLE_RESULT_FAILURE);
    EXPECT_EQ(std::strlen(error), size - 1);
    EXPECT_EQ(error[size], '#');
  }
}

TEST(Dlopen, TwiceIsTheSameLibrary) {
  trestle_functions first, second;
  char error[512];
  const std::string path = file("fake_whole.so");
  ASSERT_EQ(trestle_dlopen(path.c_str(), &first, error, sizeof error), TRESTLE_RESULT_SUCCESS)
      << error;
  ASSERT_EQ(trestle_dlopen(path.c_str(), &second, error, sizeof error), TRESTLE_RESULT_SUCCESS);
  EXPECT_STREQ(error, "");
  EXPECT_EQ(std::memcmp(&first, &second, sizeof first), 0);
}

}  // namespace
}  // namespace trestle::testing
