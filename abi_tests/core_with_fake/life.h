// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "abi_tests/harness/program.h"
#include "backends/fake/fake.h"

namespace trestle::testing {

// The script of the fake backend that libtrestle.so loads.
fake::Control& script();

// A certificate with its key; one for all tests.
const Identity& some_identity();

// Behaves at the beginning of each test, and must have nothing left at its end.
class FakeTest : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;
};

// A client's and a server's session of one engine, and somebody who answers every indication and
// keeps the books: each accepted request has one confirm.
class Life {
 public:
  Life() : Life(Program::Options()) {}
  explicit Life(const Program::Options& options) : program_(options) {}

  Program& program() { return program_; }

  // From the first session to the last, as far as it goes. `cert_decision` is the client's.
  void live(int64_t cert_decision = TRESTLE_CERT_DECISION_ASK);
  // Ends the engine. Afterwards each accepted request must have been confirmed.
  void end();

  // What came, by primitive, in order.
  const std::vector<Message>& of(uint32_t primitive) { return messages_[primitive]; }
  bool came(uint32_t primitive, int32_t result);
  // How often this result came in any message.
  int count(int32_t result) const;

  uint8_t cert_answer = 1;

 private:
  // A request that was accepted is awaited; one that was not has no result: -1.
  int32_t await(int32_t accepted, uint32_t cfm, uint64_t tag);
  Message next();
  void answer(const Message& message);
  uint64_t create_session(uint32_t role);
  bool configure(uint64_t client, uint64_t server, int64_t cert_decision);
  void talk(uint64_t client, uint16_t port);

  Program program_;
  std::map<uint64_t, uint32_t> outstanding_;  // tag: primitive of the confirm
  std::map<uint32_t, std::vector<Message>> messages_;
};

// Two engines, connected or about to be.
class TwoEngines {
 public:
  explicit TwoEngines(const Program::Options& options = Program::Options());
  ~TwoEngines();  // lets go what a test that failed has left held
  // Connects one more; the server's side is in peer().
  Connection connect(Session& session);
  Connection connect() { return connect(client); }
  Connection peer() { return Connection(&server_program, peer_); }
  uint16_t port() const { return listening_->port; }

  Program server_program, program;
  Session server, client;

 private:
  Message listening_;
  uint64_t peer_ = 0;
};

}  // namespace trestle::testing
