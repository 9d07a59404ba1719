// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <stdexcept>
#include <string>

#include "abi_tests/harness/program.h"
#include "abi_tests/hostile/bystander.h"
#include "abi_tests/hostile/peer.h"
#include "abi_tests/support/pki.h"

namespace trestle::testing {

constexpr int64_t kHelloTimeoutMs = 300;

// How much later than its time an end may come, also on a loaded machine under a sanitizer: what
// meets this limit doesn't end. The figures that a test prints tell how long it really took.
constexpr int64_t kSlackMs = 20'000;

inline int64_t milliseconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                               begin)
      .count();
}

// The worst of what a test measured, in its output.
class Figures {
 public:
  void note(int64_t victim_ms, int64_t bystander_ms, size_t growth) {
    victim_ms_ = std::max(victim_ms_, victim_ms);
    bystander_ms_ = std::max(bystander_ms_, bystander_ms);
    growth_ = std::max(growth_, growth);
  }
  ~Figures() {
    std::cout << "at most: the victim's end " << victim_ms_ << " ms, a bystander's round "
              << bystander_ms_ << " ms, growth " << (growth_ >> 10) << " KiB\n";
  }

 private:
  int64_t victim_ms_ = 0;
  int64_t bystander_ms_ = 0;
  size_t growth_ = 0;
};

// A program with one worker for handshakes and one for data, and a session of each role whose
// connections meet the peers of the test. They have a queue of their own.
class Victim : public ::testing::TestWithParam<std::string> {
 protected:
  Victim() : program_(one_worker_each()), queue_(program_.new_queue()) {}

  static Program::Options one_worker_each() {
    Program::Options options;
    options.handshake_workers = 1;
    options.data_workers = 1;
    return options;
  }

  Session client_session() {
    Session session = program_.client(GetParam());
    session.trust(pki_.root.cert_pem());
    session.set(TRESTLE_OPTION_SERVER_NAME, "localhost");
    session.set(TRESTLE_OPTION_CERT_DECISION, int64_t{TRESTLE_CERT_DECISION_AUTO});
    return session;
  }
  Session server_session() {
    Session session = program_.server(GetParam());
    session.identity(pki_.server);
    return session;
  }

  // Takes the one that connects now.
  Connection accept() {
    Connection connection(&program_, program_.expect(TRESTLE_PRIM_ACCEPT_IND)->connection);
    if (connection.accept_res(1, queue_) != TRESTLE_RESULT_SUCCESS)
      throw std::runtime_error("accept_res");
    return connection;
  }

  // A message that comes within so many milliseconds, or an empty one.
  Message next_within(uint32_t timeout_ms) {
    const trestle_message* message = nullptr;
    uint32_t count = 0;
    api().queue_get(program_.engine(), queue_, &message, 1, timeout_ms, &count);
    return count == 1 ? Message(program_.engine(), message) : Message();
  }

  // CONNECT_CFM or CONNECT_IND.
  Message end_of_handshake() {
    Message message = program_.next(queue_);
    if (message->primitive != TRESTLE_PRIM_CONNECTION_CONNECT_CFM &&
        message->primitive != TRESTLE_PRIM_CONNECTION_CONNECT_IND) {
      throw std::runtime_error("expected the end of the handshake, got " + message.text());
    }
    return message;
  }

  const TestPki pki_;
  Program program_;
  const uint64_t queue_;
};

#define TRESTLE_ON_EACH_BACKEND(Suite)                                                       \
  INSTANTIATE_TEST_SUITE_P(Backends, Suite, ::testing::ValuesIn(backends()),                 \
                           [](const auto& info) { return info.param; })

}  // namespace trestle::testing
