// SPDX-License-Identifier: Apache-2.0
// Where libtrestle looks for its backends, and what it says when there is none that will do: seen
// through the public functions, in processes with different surroundings.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "abi_tests/support/process.h"
#include "abi_tests/support/temp_dir.h"

namespace trestle::testing {
namespace {

using Environment = std::vector<std::pair<std::string, std::string>>;

std::string absolute(const std::string &path) { return std::filesystem::absolute(path); }

class BackendsTest : public ::testing::Test {
 protected:
  BackendsTest() : directory_(std::filesystem::canonical(temporary_.path())) {}

  // Copies of the real files: links would lead back to the build's own.
  static std::string copy(const std::string &from, const std::string &to) {
    std::filesystem::create_directories(std::filesystem::path(to).parent_path());
    std::filesystem::copy_file(from, to);
    EXPECT_EQ(chmod(to.c_str(), 0755), 0);
    return to;
  }
  std::string copy_plugin(const std::string &name, const std::string &directory) const {
    return copy("backends/" + name + "/" + name + ".so",
                directory_ + "/" + directory + "/" + name + ".so");
  }

  struct Question {
    std::string name;
    std::string engine_directory;
    std::string library = absolute("core/libtrestle.so");
    Environment environment;
    std::string working_directory;
    std::string chdir;
  };

  static std::string ask(const Question &question) {
    ProcessOptions options;
    options.argv = {absolute("abi_tests/guest/ask"), question.library, question.name,
                    question.engine_directory};
    if (!question.chdir.empty()) options.argv.push_back(question.chdir);
    options.environment = question.environment;
    options.working_directory = question.working_directory;
    Process process(options);
    process.close_stdin();
    const auto exit = process.wait_for_exit();
    EXPECT_TRUE(exit.has_value() && !exit->by_signal && exit->code == 0) << process.last_words();
    process.out().wait_for_end();
    return process.out().text();
  }

  static std::string success(const std::string &name, const std::string &path) {
    return "SUCCESS\n" + name + " SUCCESS " + path + "\n\n";
  }
  static std::string failure(const std::string &name, const std::string &result,
                             const std::string &detail) {
    return result + "\n" + name + " " + result + " \n" + detail + "\nerror: " + detail + "\n";
  }

  const TempDir temporary_;
  const std::string directory_;
};

std::string real_path(const std::string &path) { return std::filesystem::canonical(path); }

TEST_F(BackendsTest, TheBuildTreesPluginsLieBesideTheLibrary) {
  for (const char *name : {"openssl", "wolfssl", "gnutls"}) {
    Question question;
    question.name = name;
    EXPECT_EQ(ask(question),
              success(name, real_path(std::string("backends/") + name + "/" + name + ".so")));
  }
}

TEST_F(BackendsTest, AllThatCanBeFound) {
  const std::string text = ask({});
  EXPECT_EQ(text.rfind("SUCCESS\n", 0), 0u) << text;
  size_t before = 0;
  for (const char *name : {"\ngnutls SUCCESS ", "\nopenssl SUCCESS ", "\nwolfssl SUCCESS "}) {
    const size_t place = text.find(name);
    ASSERT_NE(place, std::string::npos) << text;
    EXPECT_GE(place, before) << "sorted by name";
    before = place;
  }
}

TEST_F(BackendsTest, AnInstalledLibraryFindsThePluginsOfItsOwnDirectory) {
  const std::string library = copy("core/libtrestle.so", directory_ + "/lib/libtrestle.so.1");
  const std::string plugin = copy_plugin("openssl", "lib/trestle-1/backends");
  Question question;
  question.name = "openssl";
  question.library = library;
  EXPECT_EQ(ask(question), success("openssl", plugin));
}

TEST_F(BackendsTest, ALibraryThatWasLoadedByARelativePath) {
  copy("core/libtrestle.so", directory_ + "/lib/libtrestle.so.1");
  const std::string plugin = copy_plugin("openssl", "lib/trestle-1/backends");
  Question question;
  question.name = "openssl";
  question.library = "./libtrestle.so.1";
  question.working_directory = directory_ + "/lib";
  EXPECT_EQ(ask(question), success("openssl", plugin));
}

// What the relative path led to isn't looked up in another directory.
TEST_F(BackendsTest, ARelativePathAndAnotherCurrentDirectory) {
  copy("core/libtrestle.so", directory_ + "/lib/libtrestle.so.1");
  copy_plugin("openssl", "lib/trestle-1/backends");
  copy("core/libtrestle.so", directory_ + "/elsewhere/libtrestle.so.1");
  const std::string elsewhere = copy_plugin("openssl", "elsewhere/trestle-1/backends");
  Question question;
  question.name = "openssl";
  question.library = "./libtrestle.so.1";
  question.working_directory = directory_ + "/lib";
  question.chdir = directory_ + "/elsewhere";
  EXPECT_EQ(ask(question).find(elsewhere), std::string::npos);
}

TEST_F(BackendsTest, TheEnginesDirectoryThenTheEnvironments) {
  const std::string engines = copy_plugin("openssl", "engine");
  const std::string users = copy_plugin("openssl", "user");
  Question question;
  question.name = "openssl";
  question.environment = {{"TRESTLE_BACKEND_PATH", directory_ + "/user"}};
  EXPECT_EQ(ask(question), success("openssl", users));
  question.engine_directory = directory_ + "/engine";
  EXPECT_EQ(ask(question), success("openssl", engines));
}

TEST_F(BackendsTest, ANameOfTheEnvironmentIsTheDefault) {
  Question question;
  question.name = "default";
  EXPECT_EQ(ask(question), "SUCCESS\n");
  question.environment = {{"TRESTLE_BACKEND", "no_such"}};
  const std::string text = ask(question);
  EXPECT_EQ(text.rfind("BACKEND_NOT_FOUND\nerror: ", 0), 0u) << text;
  EXPECT_NE(text.find("/backends/no_such/no_such.so: No such file or directory\n"),
            std::string::npos)
      << text;
}

TEST_F(BackendsTest, NotFoundNamesEachPath) {
  Question question;
  question.name = "no_such";
  question.engine_directory = directory_;
  question.environment = {{"TRESTLE_BACKEND_PATH", directory_ + "/user"}};
  const std::string text = ask(question);
  EXPECT_EQ(text.rfind("BACKEND_NOT_FOUND\nno_such BACKEND_NOT_FOUND \n", 0), 0u) << text;
  for (const std::string &directory :
       {directory_, directory_ + "/user", absolute("core/trestle-1/backends"),
        absolute("backends/no_such")}) {
    EXPECT_NE(text.find("\n" + directory + "/no_such.so: No such file or directory"),
              std::string::npos)
        << directory << " in\n"
        << text;
  }
}

TEST_F(BackendsTest, OthersMayWriteThePlugin) {
  const std::string plugin = copy_plugin("openssl", "engine");
  ASSERT_EQ(chmod(plugin.c_str(), 0757), 0);
  Question question;
  question.name = "openssl";
  question.engine_directory = directory_ + "/engine";
  EXPECT_EQ(ask(question),
            failure("openssl", "BACKEND_REFUSED",
                    plugin + ": owner " + std::to_string(geteuid()) +
                        ", mode 0757: group or others may write"));
}

TEST_F(BackendsTest, OthersMayWriteItsDirectory) {
  const std::string plugin = copy_plugin("openssl", "engine");
  ASSERT_EQ(chmod((directory_ + "/engine").c_str(), 0777), 0);
  Question question;
  question.name = "openssl";
  question.engine_directory = directory_ + "/engine";
  EXPECT_EQ(ask(question),
            failure("openssl", "BACKEND_REFUSED",
                    plugin + ": directory " + directory_ + "/engine: owner " +
                        std::to_string(geteuid()) + ", mode 0777: group or others may write"));
}

TEST_F(BackendsTest, ARelativeDirectory) {
  Question question;
  question.name = "openssl";
  question.environment = {{"TRESTLE_BACKEND_PATH", "backends"}};
  EXPECT_EQ(ask(question),
            failure("openssl", "BACKEND_REFUSED",
                    "TRESTLE_BACKEND_PATH: \"backends\" is not an absolute path"));
}

TEST_F(BackendsTest, AFileThatIsNoPlugin) {
  const std::string plugin = copy("core/libtrestle.so", directory_ + "/engine/openssl.so");
  Question question;
  question.name = "openssl";
  question.engine_directory = directory_ + "/engine";
  EXPECT_EQ(ask(question), failure("openssl", "BACKEND_BAD_ABI",
                                   plugin + ": it has no function trestle_backend_entry"));
}

TEST_F(BackendsTest, AnImpossibleName) {
  Question question;
  question.name = "../openssl";
  EXPECT_EQ(ask(question),
            failure("../openssl", "BACKEND_BAD_NAME",
                    "\"../openssl\": a backend's name is 1 to 32 of a-z, 0-9 and _"));
}

}  // namespace
}  // namespace trestle::testing
