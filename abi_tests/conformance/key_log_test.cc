// SPDX-License-Identifier: Apache-2.0
// Keys are for nobody else, also where the environment wants them in a file.
#include <cstdlib>

#include <unistd.h>

#include "abi_tests/conformance/scenario.h"

namespace trestle::conformance {
namespace {

class KeyLogTest : public PairTest {};

TEST_P(KeyLogTest, NoFileAppears) {
  const char* file = std::getenv("SSLKEYLOGFILE");
  ASSERT_NE(file, nullptr) << "main sets it";
  Scenario scenario(GetParam());
  scenario.make_established_pair();
  EXPECT_NE(access(file, F_OK), 0) << file;
}

TRESTLE_FOR_EACH_PAIR_AND_VERSION(KeyLogTest);

}  // namespace
}  // namespace trestle::conformance
