// SPDX-License-Identifier: Apache-2.0
// Runs the conformance suite:
//   conformance --plugin=NAME[=PATH]... [--alone|--mixed] [GoogleTest's options]
// PATH is backends/NAME/NAME.so by default. --alone: each backend by itself and paired with itself;
// --mixed: the pairs of different backends; by default everything.
#include <cstdio>
#include <cstdlib>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

#include "abi_tests/conformance/parameters.h"

namespace {

using namespace trestle::conformance;

bool take_plugin(const std::string& value) {
  const size_t equals = value.find('=');
  const std::string name = value.substr(0, equals);
  const std::string path =
      equals == std::string::npos ? "./backends/" + name + "/" + name + ".so"
                                  : value.substr(equals + 1);
  std::string why;
  if (load_plugin(name, path, &why)) return true;
  std::fprintf(stderr, "cannot load %s: %s\n", name.c_str(), why.c_str());
  return false;
}

// A row of the table that a complete run never met says something that no test looks at.
bool every_row_was_met() {
  bool all = true;
  for (const KnownDifference* row : unmet_rows(places())) {
    all = false;
    std::fprintf(stderr, "no test met the known difference \"%s\" (client %s, server %s, TLS %s)\n",
                 row->feature, row->client, row->server, row->version);
  }
  return all;
}

// Before any library could look: the name of a file that nobody may make.
void ask_for_key_log() {
  const char* folder = std::getenv("TEST_TMPDIR");
  const std::string file = std::string(folder == nullptr ? "/tmp" : folder) + "/key-log." +
                           std::to_string(getpid());
  setenv("SSLKEYLOGFILE", file.c_str(), 1);
}

bool complete_run() {
  return testing::GTEST_FLAG(filter) == "*" && std::getenv("GTEST_TOTAL_SHARDS") == nullptr;
}

}  // namespace

int main(int argc, char** argv) {
  ask_for_key_log();
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument.rfind("--plugin=", 0) == 0) {
      if (!take_plugin(argument.substr(9))) return 1;
    } else if (argument == "--alone") {
      select(Selection::kAlone);
    } else if (argument == "--mixed") {
      select(Selection::kMixed);
    }
  }
  if (plugins().empty()) {
    std::fprintf(stderr, "usage: %s --plugin=NAME[=PATH]... [--alone|--mixed]\n", argv[0]);
    return 2;
  }
  testing::InitGoogleTest(&argc, argv);
  const int failed = RUN_ALL_TESTS();
  return failed == 0 && complete_run() && !every_row_was_met() ? 1 : failed;
}
