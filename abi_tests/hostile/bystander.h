// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

#include "abi_tests/harness/program.h"
#include "abi_tests/support/pki.h"

namespace trestle::testing {

// A client and a server of the same program, which are to go on whatever happens to others.
class Bystander {
 public:
  Bystander(Program* program, const std::string& backend, const TestPki& pki);

  // Connects, does the handshake, sends data there and back, and destroys both ends; throws if
  // anything of it fails. How long it took. Its messages come on the program's first queue, where
  // nothing else may wait.
  std::chrono::milliseconds round();

 private:
  Program* program_;
  Session client_;
  Session server_;
  uint16_t port_;
  uint64_t server_queue_;
};

}  // namespace trestle::testing
