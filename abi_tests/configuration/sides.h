// SPDX-License-Identifier: Apache-2.0
// Two Trestle sides that meet on the loopback, and one that is called by a real client.
#pragma once

#include <string>
#include <string_view>

#include "abi_tests/harness/program.h"

namespace trestle::testing {

// A connection between two Trestle sides, and the end of its handshake as each saw it.
struct Meeting {
  Connection client;
  Connection server;
  Message client_end;  // CONNECT_CFM
  Message server_end;  // CONNECT_IND

  bool established() const;
  std::string text() const;  // both ends, for failure messages
};

// Each side is a program of its own, as it would be in life; so no message of one side comes in
// between those of the other.
class Sides {
 public:
  Program& client_program() { return client_program_; }
  Program& server_program() { return server_program_; }
  Session client(std::string_view backend) { return client_program_.client(backend); }
  Session server(std::string_view backend) { return server_program_.server(backend); }

  // Both accept each certificate that they are asked about.
  Meeting meet(Session client, uint16_t port);
  // The client disconnects, and the server answers it.
  void part(Meeting& meeting);

 private:
  Program server_program_;
  Program client_program_;
};

// What one side sends arrives at the other, both ways. Fails the test otherwise.
void expect_to_carry_data(Meeting& meeting);

// LISTEN, which must succeed; returns the port.
uint16_t listen_on(Session& server);

// Awaits a connection to a listening session and accepts it; the handshake begins.
Connection accept_next(Program& program);

// How a handshake ended, as the table of known differences says it:
// "HANDSHAKE_FAILED, alert 51 sent".
std::string outcome_text(const Message& end);

// Sends back the first data that comes and awaits the client's close.
void echo_once(Program& program, Connection& connection);

}  // namespace trestle::testing
