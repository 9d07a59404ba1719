// SPDX-License-Identifier: Apache-2.0
#include "core/loader/search.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

namespace trestle::loader {
namespace {

std::string fresh_directory() {
  std::string path = std::string(getenv("TEST_TMPDIR")) + "/search-XXXXXX";
  EXPECT_NE(mkdtemp(path.data()), nullptr);
  return path;
}

void touch(const std::string &path) { EXPECT_TRUE(std::ofstream(path).is_open()) << path; }

std::vector<std::string> files_for(const std::vector<Place> &places, const char *name) {
  std::vector<std::string> files;
  for (const Place &place : places) {
    files.push_back(place.unusable.empty() ? place.file(name) : "unusable: " + place.unusable);
  }
  return files;
}

TEST(BackendName, HasOnlyWhatCanNotLeadOutOfADirectory) {
  for (const char *name : {"openssl", "a", "0", "_", "a_9", "abcdefghijklmnopqrstuvwxyz012345"}) {
    EXPECT_TRUE(is_backend_name(name)) << name;
  }
  for (const char *name : {"", ".", "..", "a.b", "a/b", "../openssl", "OpenSSL", "a-b", "a b",
                           "\xC3\xA4", "abcdefghijklmnopqrstuvwxyz0123456", "openssl\n"}) {
    EXPECT_FALSE(is_backend_name(name)) << name;
  }
  EXPECT_FALSE(is_backend_name(std::string_view("open\0ssl", 8)));
}

TEST(InQuotes, IsPrintableAndShort) {
  EXPECT_EQ(in_quotes("a\nb\x7F\xFF"), "\"a?b??\"");
  EXPECT_EQ(in_quotes(std::string(1000, 'x')), "\"" + std::string(64, 'x') + "...\"");
}

TEST(Places, EngineThenEnvironmentThenLibraryThenInstalled) {
  const auto found =
      places({"/engine", "/environment", "/usr/lib/here", "/usr/lib/installed/backends"});
  EXPECT_EQ(files_for(found, "openssl"),
            (std::vector<std::string>{"/engine/openssl.so", "/environment/openssl.so",
                                      "/usr/lib/here/trestle-1/backends/openssl.so",
                                      "/usr/lib/installed/backends/openssl.so"}));
}

TEST(Places, BuildTreeOnlyBesideCore) {
  const auto found = places({"", "", "/build/bin/core", "/installed"});
  EXPECT_EQ(files_for(found, "gnutls"),
            (std::vector<std::string>{"/build/bin/core/trestle-1/backends/gnutls.so",
                                      "/build/bin/backends/gnutls/gnutls.so",
                                      "/installed/gnutls.so"}));
  EXPECT_EQ(places({"", "", "/build/bin/hardcore", "/installed"}).size(), 2u);
}

TEST(Places, EachIsSearchedOnce) {
  const auto found = places({"/same", "/same", "/lib", "/lib/trestle-1/backends"});
  EXPECT_EQ(files_for(found, "x"),
            (std::vector<std::string>{"/same/x.so", "/lib/trestle-1/backends/x.so"}));
}

TEST(Places, RelativeOnesAreNamedAndNotSearched) {
  const auto found = places({"plugins", "./there", "", "/installed"});
  EXPECT_EQ(files_for(found, "x"),
            (std::vector<std::string>{
                "unusable: backend_directory: \"plugins\" is not an absolute path",
                "unusable: TRESTLE_BACKEND_PATH: \"./there\" is not an absolute path",
                "/installed/x.so"}));
}

TEST(Surroundings, EnvironmentAndCompiledInDirectory) {
  ASSERT_EQ(setenv("TRESTLE_BACKEND_PATH", "/from/environment", 1), 0);
  const Surroundings with = surroundings_of_process("/engine");
  ASSERT_EQ(unsetenv("TRESTLE_BACKEND_PATH"), 0);
  const Surroundings without = surroundings_of_process("");
  EXPECT_EQ(with.engine_directory, "/engine");
  EXPECT_EQ(with.environment, "/from/environment");
  EXPECT_EQ(without.environment, "");
  EXPECT_EQ(without.installed.substr(0, 9), "/usr/lib/");
  // This code is in an executable here, and not in libtrestle.
  EXPECT_EQ(without.library_directory, "");
}

TEST(NamesIn, PluginFilesOfEveryPlaceSortedAndUnique) {
  const std::string first = fresh_directory();
  const std::string second = fresh_directory();
  const std::string build = fresh_directory();
  touch(first + "/zeta.so");
  touch(first + "/alpha.so");
  touch(first + "/.so");
  touch(first + "/Upper.so");
  touch(first + "/alpha.so.1");
  touch(first + "/alpha");
  touch(first + "/liba-b.so");
  ASSERT_EQ(mkdir((first + "/directory.so").c_str(), 0755), 0);
  ASSERT_EQ(symlink("alpha.so", (first + "/link.so").c_str()), 0);
  ASSERT_EQ(symlink("nowhere", (first + "/dangling.so").c_str()), 0);
  touch(second + "/alpha.so");
  touch(second + "/beta.so");
  ASSERT_EQ(mkdir((build + "/gamma").c_str(), 0755), 0);
  touch(build + "/gamma/gamma.so");
  ASSERT_EQ(mkdir((build + "/empty").c_str(), 0755), 0);
  const std::vector<Place> all = {{first, Place::Layout::kFlat, ""},
                                  {second, Place::Layout::kFlat, ""},
                                  {"", Place::Layout::kFlat, "refused"},
                                  {"/does/not/exist", Place::Layout::kFlat, ""},
                                  {build, Place::Layout::kBuildTree, ""}};
  EXPECT_EQ(names_in(all), (std::vector<std::string>{"alpha", "beta", "gamma", "link", "zeta"}));
}

}  // namespace
}  // namespace trestle::loader
