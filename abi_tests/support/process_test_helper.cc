// SPDX-License-Identifier: Apache-2.0
// Starts a process, prints its id, and waits to be killed.
#include <unistd.h>

#include <iostream>

#include "abi_tests/support/process.h"

int main() {
  trestle::testing::ProcessOptions options;
  options.argv = {"sleep", "1000"};
  const trestle::testing::Process sleeper(std::move(options));
  std::cout << sleeper.pid() << std::endl;
  pause();
}
