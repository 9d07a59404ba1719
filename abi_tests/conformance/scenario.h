// SPDX-License-Identifier: Apache-2.0
// A client and a server that would get on: tests change one thing and see what happens.
#pragma once

#include <memory>
#include <vector>

#include "abi_tests/conformance/material.h"
#include "abi_tests/conformance/pair.h"
#include "abi_tests/conformance/parameters.h"

namespace trestle::conformance {

class Scenario {
 public:
  // The library's defaults on both sides; the server has an ECDSA certificate. `version` 0: both.
  explicit Scenario(const PairParameter& parameter);

  void set_server_identity(const IdentitySource& source);
  void set_client_identity(const IdentitySource& source);

  // A new pair of the present configurations. Lives as long as the scenario.
  Pair& make_pair();
  // The same after the handshake, which must have worked.
  Pair& make_established_pair();

  Configuration client;
  Configuration server;

 private:
  const Plugin& client_plugin_;
  const Plugin& server_plugin_;
  // Destroyed from the last to the first: connections, contexts, identities.
  std::vector<std::unique_ptr<Identity>> identities_;
  std::vector<std::unique_ptr<Context>> contexts_;
  std::vector<std::unique_ptr<Pair>> pairs_;
};

}  // namespace trestle::conformance
