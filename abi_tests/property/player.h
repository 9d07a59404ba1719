// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "abi_tests/property/model.h"

namespace trestle::testing {

// A program that makes random moves with one session after the other, and looks at everything that
// comes of them with the model's eyes. Each step draws from the seed and its own number alone, so a
// run is played again move by move, also when a message comes a little earlier or later.
class Player {
 public:
  Player(const std::string& backend, uint64_t seed, uint32_t role);
  virtual ~Player() = default;

  void play(uint64_t steps);
  // The latest moves, for the report of a failure.
  std::string history() const;
  // How often each message came, by its primitive and result.
  const std::map<std::string, uint64_t>& tally() const { return tally_; }

 protected:
  // What a role has of its own.
  virtual Session new_session() = 0;
  virtual void role_move() = 0;  // one move out of `1 in 4`
  virtual uint16_t target_port() const = 0;
  virtual void session_is_gone() {}

  uint64_t pick(uint64_t below) { return random_() % below; }
  void note(const std::string& what);
  // Awaits this request's confirm; what comes before it is seen.
  Message await(uint32_t primitive, uint64_t tag);
  // A queue for a connection: 0, the session's, or one of two others.
  uint64_t some_queue();
  uint64_t queue_of(uint64_t named) const { return named == 0 ? program_->queue() : named; }
  uint64_t dead_queue() const { return dead_queue_; }
  size_t live() const;
  bool ending(const ConnectionModel& c) const;

  const std::string backend_;
  std::unique_ptr<Model> model_;  // has what the engine borrows, and outlives it
  std::unique_ptr<Program> program_;
  std::unique_ptr<Session> session_;
  Model::Settings settings_;  // that a session begins with

 private:
  static constexpr size_t kOwnQueues = 2;
  struct Arrival {
    Message message;
    uint64_t queue = 0;
  };

  void start_engine();
  void open_session();
  void end_life();
  void destroy_session();
  void end_engine();
  void leave_requests_in_flight();
  void engine_request(uint32_t cfm, uint64_t queue);
  int32_t submit_to_engine(uint32_t cfm, uint64_t queue, uint64_t tag);
  void shut_down();
  void read_to_the_end(uint64_t queue, uint64_t shutdown_tag);
  void expect_refusals();
  void move();
  template <typename F>
  ConnectionModel* choose(F&& makes_sense);
  void random_primitive();
  void random_request(uint32_t cfm);
  void random_answer(uint32_t res);
  void destroy_a_queue();
  void request(ConnectionModel& c, uint32_t cfm);
  int32_t submit(const ConnectionModel& c, uint32_t cfm, uint64_t tag, PendingRequest* pending);
  int32_t submit_data(const ConnectionModel& c, uint64_t tag, PendingRequest* pending);
  std::string random_commands(const ConnectionModel& c, PendingRequest* pending);
  void answer_cert(ConnectionModel& c);
  void answer_data(ConnectionModel& c);
  void answer_disconnect(ConnectionModel& c);
  void answer_accept(ConnectionModel& c);
  void configure();
  void configure_compression();
  void configure_cipher();
  void configure_option();
  void configuration(uint32_t cfm, uint64_t tag, int32_t result, int32_t expected,
                     int32_t confirmed, const std::string& what);
  void see(const Arrival& arrival);
  Arrival poll();
  Arrival next();
  void settle();
  bool settle_one(ConnectionModel& c, bool answers_data);
  bool unsettled(const ConnectionModel& c) const;

  const uint64_t seed_;
  std::mt19937_64 random_;
  std::array<uint64_t, kOwnQueues> queues_;
  uint64_t dead_queue_ = 0;
  uint64_t dead_session_ = 0;
  uint64_t step_ = 0;
  bool resting_ = false;
  std::deque<std::string> history_;
  std::map<std::string, uint64_t> tally_;
};

// Connects to a CommandServer.
class ClientPlayer : public Player {
 public:
  ClientPlayer(const std::string& backend, uint64_t seed, uint16_t port, const Identity& root);

 private:
  Session new_session() override;
  void role_move() override;
  uint16_t target_port() const override { return port_; }

  const uint16_t port_;
  const Identity root_;
};

class CommandClient;

// Listens for a CommandClient.
class ServerPlayer : public Player {
 public:
  ServerPlayer(const std::string& backend, uint64_t seed, CommandClient* peer, const TestPki& pki);

 private:
  Session new_session() override;
  void role_move() override;
  uint16_t target_port() const override { return 1; }  // a server's connections connect nowhere
  void session_is_gone() override;
  void listen();
  void unlisten();
  void aim();

  CommandClient* const peer_;
  const TestPki& pki_;
  std::vector<std::pair<uint64_t, uint16_t>> listeners_;
};

}  // namespace trestle::testing
