// SPDX-License-Identifier: Apache-2.0
// Two sides joined by two pipes, and driven until neither gets any further.
#pragma once

#include <string>

#include "abi_tests/conformance/endpoint.h"

namespace trestle::conformance {

struct Pair {
  Pair(const Context& client_context, const Context& server_context);

  // Drives both handshakes until each is established or failed, or both wait for the other. A side
  // that failed has its transport ended, as a host does. A side that is established while the other
  // goes on reads once the other has ended: in TLS 1.3 a client is done before its server is.
  void handshake();
  bool established() const { return client_outcome.ok() && server_outcome.ok(); }
  // Both outcomes in words, for failure messages.
  std::string explanation() const;

  Pipe to_server;
  Pipe to_client;
  Endpoint client;
  Endpoint server;
  Outcome client_outcome;
  Outcome server_outcome;
};

// Drives one side's handshake once, unless it has come to its end; true if it did something.
bool advance(Endpoint* endpoint, Outcome* outcome, const Pipe& in, Pipe* out);

// Sends `data` from one side to the other and returns what arrived until the receiver wants more
// or fails, which `end` then tells.
std::string transfer(Endpoint* from, Endpoint* to, const std::string& data, Outcome* end);
// Decrypts until something other than data comes.
std::string receive(Endpoint* endpoint, Outcome* end);

}  // namespace trestle::conformance
