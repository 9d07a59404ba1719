// SPDX-License-Identifier: Apache-2.0
// Random primitives, valid and not, against a live peer and a model of the state machine. A run is
// named by its seed: TRESTLE_SEED=n plays one again, TRESTLE_STEPS=n makes it longer or shorter. Each
// step draws from the seed and its own number alone, so a run is played again move by move, also
// when a message comes a little earlier or later than the first time.
#include <gtest/gtest.h>

#include <cstdlib>
#include <deque>
#include <random>

#include "abi_tests/property/model.h"
#include "abi_tests/property/peer.h"

namespace trestle::testing {
namespace {

using State = ConnectionModel::State;

uint64_t number_from_environment(const char* name, uint64_t otherwise) {
  const char* text = getenv(name);
  return text ? strtoull(text, nullptr, 10) : otherwise;
}

// One program that makes random moves.
class Player {
 public:
  Player(const std::string& backend, uint16_t port, const Identity& root, uint64_t seed)
      : backend_(backend), port_(port), root_(root), seed_(seed) {
    open_session();
  }

  void play(uint64_t steps) {
    for (step_ = 0; step_ < steps; ++step_) {
      random_.seed(seed_ + step_ * 0x9E3779B97F4A7C15u);
      move();
    }
    close_session();
  }

  // The latest moves, for the report of a failure.
  std::string history() const {
    std::string text;
    for (const std::string& one : history_) text += one + "\n";
    return text;
  }

 private:
  static constexpr size_t kConnections = 4;

  uint64_t pick(uint64_t below) { return random_() % below; }

  void note(const std::string& what) {
    history_.push_back(std::to_string(step_) + ": " + what);
    if (history_.size() > 60) history_.pop_front();
  }

  void open_session() {
    session_ = std::make_unique<Session>(program_.client(backend_));
    session_->trust(root_.cert_pem());
    session_->set(TRESTLE_OPTION_CLOSE_TIMEOUT, int64_t{500});
    model_ = Model();
  }

  void close_session() {
    note("SESSION_DESTROY");
    for (auto& [handle, c] : model_.connections()) model_.forget_predictions(handle);
    uint64_t tag = program_.next_tag();
    EXPECT_EQ(api().session_destroy_req(program_.engine(), session_->handle(), tag),
              TRESTLE_RESULT_SUCCESS);
    for (;;) {
      Message message = program_.next();
      if (message->primitive == TRESTLE_PRIM_SESSION_DESTROY_CFM) {
        if (message->tag != tag || message->result != TRESTLE_RESULT_SUCCESS)
          throw std::runtime_error("SESSION_DESTROY_CFM is wrong");
        break;
      }
      see(message);
    }
    // Dirty or not: everything was confirmed before.
    if (model_.anything_pending()) throw std::runtime_error("a REQ without CFM");
    if (Message late = program_.poll())
      throw std::runtime_error("a message after SESSION_DESTROY_CFM: " + late.text());
  }

  void move() {
    // Now and then to rest, where every result is determined; else in a burst of up to eight.
    if (pick(3) == 0) settle();
    if (pick(400) == 0) {
      close_session();
      open_session();
    } else if (live() < kConnections && pick(4) == 0) {
      create_connection();
    } else {
      random_primitive();
    }
    while (pick(2) == 0) {
      Message message = program_.poll();
      if (!message) break;
      see(message);
    }
  }

  size_t live() {
    size_t count = 0;
    for (auto& [handle, c] : model_.connections())
      if (c.state != State::kGone && !c.res_sent) ++count;
    return count;
  }

  void create_connection() {
    note("CONNECTION_CREATE");
    uint64_t tag = program_.next_tag();
    EXPECT_EQ(api().connection_create_req(program_.engine(), session_->handle(),
                                          TRESTLE_FAMILY_IP4, 0, tag),
              TRESTLE_RESULT_SUCCESS);
    for (;;) {
      Message message = program_.next();
      if (message->primitive == TRESTLE_PRIM_CONNECTION_CREATE_CFM) {
        EXPECT_EQ(message->tag, tag);
        EXPECT_EQ(message->result, TRESTLE_RESULT_SUCCESS);
        model_.add_connection(message->connection);
        return;
      }
      see(message);
    }
  }

  ConnectionModel* any_connection() {
    auto& all = model_.connections();
    if (all.empty()) return nullptr;
    std::vector<ConnectionModel*> choice;
    bool stale_too = pick(12) == 0;
    for (auto& [handle, c] : all)
      if (stale_too || (c.state != State::kGone && !c.res_sent)) choice.push_back(&c);
    return choice.empty() ? nullptr : choice[pick(choice.size())];
  }

  void random_primitive() {
    ConnectionModel* c = any_connection();
    if (!c) return create_connection();
    switch (pick(14)) {
      case 0: return request(*c, TRESTLE_PRIM_CONNECTION_BIND_CFM);
      case 1:
      case 2:
      case 3: return request(*c, TRESTLE_PRIM_CONNECTION_CONNECT_CFM);
      case 4:
      case 5:
      case 6:
      case 7: return request(*c, TRESTLE_PRIM_CONNECTION_DATA_CFM);
      case 8: return request(*c, TRESTLE_PRIM_CONNECTION_DISCONNECT_CFM);
      case 9:
        return pick(3) == 0 ? request(*c, TRESTLE_PRIM_CONNECTION_DESTROY_CFM) : answer_cert(*c, 1);
      case 10: return answer_data(*c);
      case 11: return answer_disconnect(*c);
      case 12: return answer_cert(*c, pick(8) != 0);
      default: return configure();
    }
  }

  int32_t submit(const ConnectionModel& c, uint32_t cfm, uint64_t tag, char* command) {
    static const uint8_t kLocalhost[16] = {127, 0, 0, 1};
    trestle_engine* engine = program_.engine();
    switch (cfm) {
      case TRESTLE_PRIM_CONNECTION_BIND_CFM:
        return api().connection_bind_req(engine, c.handle, kLocalhost, 0, tag);
      case TRESTLE_PRIM_CONNECTION_CONNECT_CFM:
        return api().connection_connect_req(engine, c.handle, kLocalhost, port_, tag);
      case TRESTLE_PRIM_CONNECTION_DISCONNECT_CFM:
        return api().connection_disconnect_req(engine, c.handle, tag);
      case TRESTLE_PRIM_CONNECTION_DESTROY_CFM:
        return api().connection_destroy_req(engine, c.handle, tag);
      default: {
        *command = "eeemmmbbcd"[pick(10)];
        auto* data = reinterpret_cast<const uint8_t*>(command);
        return api().connection_data_req(engine, c.handle, data, 1, TRESTLE_DATA_COPY, tag);
      }
    }
  }

  void request(ConnectionModel& c, uint32_t cfm) {
    PendingRequest pending{cfm, c.handle};
    if (resting_ && !c.res_sent) pending.predicted = Model::predict(c, cfm);
    bool data_pending = model_.pending(c.handle, TRESTLE_PRIM_CONNECTION_DATA_CFM);
    uint64_t tag = program_.next_tag();
    char command = 0;
    int32_t result = submit(c, cfm, tag, &command);
    note(std::string(api().primitive_name(cfm - 1)) + (command ? std::string(" ") + command : "") +
         " on " + std::to_string(c.handle) + " (" + name_of(c.state) + "): " + name_of(result));
    if (c.state == State::kGone) {
      if (result != TRESTLE_RESULT_BAD_HANDLE) throw std::runtime_error("a stale handle was taken");
      return;
    }
    if (result == TRESTLE_RESULT_WINDOW_FULL) {
      if (!data_pending) throw std::runtime_error("WINDOW_FULL with nothing unconfirmed");
      return;
    }
    // Between DISCONNECT_RES or DESTROY_REQ and its effect, both are right.
    if (result == TRESTLE_RESULT_BAD_HANDLE && ending(c)) return;
    if (result != TRESTLE_RESULT_SUCCESS) throw std::runtime_error("refused: " + name_of(result));
    if (cfm == TRESTLE_PRIM_CONNECTION_CONNECT_CFM && resting_ && c.state == State::kIdle) {
      c.state = State::kConnecting;
      pending.predicted = -1;  // depends on the answer to CERT_IND
    }
    // What ends the connection may overtake what is still on its way there.
    if (cfm == TRESTLE_PRIM_CONNECTION_DESTROY_CFM ||
        cfm == TRESTLE_PRIM_CONNECTION_DISCONNECT_CFM) {
      model_.forget_predictions(c.handle);
    }
    pending.closes = command == 'c' || command == 'd';
    model_.accepted(tag, pending);
    resting_ = false;
  }

  bool ending(const ConnectionModel& c) const {
    return c.res_sent || model_.pending(c.handle, TRESTLE_PRIM_CONNECTION_DESTROY_CFM);
  }

  void answer_cert(ConnectionModel& c, uint8_t accepted) {
    int32_t result = api().connection_cert_res(program_.engine(), c.handle, accepted);
    note("CERT_RES " + std::to_string(accepted) + " on " + std::to_string(c.handle) + " (" +
         name_of(c.state) + "): " + name_of(result));
    if (result == TRESTLE_RESULT_BAD_HANDLE && ending(c)) return;
    if (c.state == State::kDeciding) {
      if (result != TRESTLE_RESULT_SUCCESS) throw std::runtime_error("CERT_RES was refused");
      c.state = State::kConnecting;
      resting_ = false;
    } else if (result == TRESTLE_RESULT_SUCCESS) {
      throw std::runtime_error("CERT_RES without CERT_IND was taken");
    }
  }

  void answer_data(ConnectionModel& c) {
    int32_t result = api().connection_data_res(program_.engine(), c.handle);
    note("DATA_RES on " + std::to_string(c.handle) + ": " + name_of(result));
    if (result == TRESTLE_RESULT_SUCCESS) {
      if (c.data_unanswered == 0) throw std::runtime_error("DATA_RES without DATA_IND was taken");
      --c.data_unanswered;
      resting_ = false;
    } else if (c.data_unanswered > 0 && c.state != State::kGone && !ending(c)) {
      throw std::runtime_error("DATA_RES was refused: " + name_of(result));
    }
  }

  void answer_disconnect(ConnectionModel& c) {
    int32_t result = api().connection_disconnect_res(program_.engine(), c.handle);
    note("DISCONNECT_RES on " + std::to_string(c.handle) + " (" + name_of(c.state) +
         "): " + name_of(result));
    if (result == TRESTLE_RESULT_SUCCESS) {
      if (c.state != State::kPeerClosed || c.res_sent)
        throw std::runtime_error("DISCONNECT_RES without DISCONNECT_IND was taken");
      c.res_sent = true;
      resting_ = false;
    } else if (c.state == State::kPeerClosed && !ending(c)) {
      throw std::runtime_error("DISCONNECT_RES was refused: " + name_of(result));
    }
  }

  // Configuration after a CONNECT is refused; before one, it works.
  void configure() {
    uint64_t tag = program_.next_tag();
    int32_t result = api().config_compression_req(program_.engine(), session_->handle(), 0, tag);
    if (result != TRESTLE_RESULT_SUCCESS) throw std::runtime_error("CONFIG_COMPRESSION refused");
    model_.accepted(tag, PendingRequest{TRESTLE_PRIM_CONFIG_COMPRESSION_CFM, 0});
  }

  void see(const Message& message) {
    note("  -> " + std::string(api().primitive_name(message->primitive)) + " " +
         name_of(message->result) + " on " + std::to_string(message->connection));
    model_.on_message(message);
  }

  // Answers and reads until nothing is on its way any more.
  void settle() {
    while (true) {
      bool waiting = false;
      for (auto& [handle, c] : model_.connections()) {
        if (c.state == State::kGone) continue;
        if (c.data_unanswered > 0 && !ending(c)) answer_data(c);
        // A decision is needed only if something waits for it.
        if (c.state == State::kDeciding &&
            (model_.pending(handle, TRESTLE_PRIM_CONNECTION_CONNECT_CFM) && pick(2) == 0)) {
          answer_cert(c, 1);
        }
        waiting |= unsettled(c);
      }
      if (!waiting && !sessions_work()) break;
      see(program_.next());
    }
    // Data that the peer still sends may come at any time; nothing else may.
    resting_ = true;
  }

  bool sessions_work() { return model_.pending(0, TRESTLE_PRIM_CONFIG_COMPRESSION_CFM); }

  bool unsettled(const ConnectionModel& c) {
    if (c.state == State::kDeciding) {
      // CONNECT stays unconfirmed until the decision; anything else comes to its end.
      for (uint32_t cfm : {TRESTLE_PRIM_CONNECTION_BIND_CFM, TRESTLE_PRIM_CONNECTION_DATA_CFM,
                           TRESTLE_PRIM_CONNECTION_DISCONNECT_CFM,
                           TRESTLE_PRIM_CONNECTION_DESTROY_CFM}) {
        if (model_.pending(c.handle, cfm)) return true;
      }
      return model_.count(c.handle, TRESTLE_PRIM_CONNECTION_CONNECT_CFM) > 1;
    }
    if (model_.anything_pending(c.handle)) return true;
    return c.state == State::kEstablished && c.close_expected;
  }

  const std::string backend_;
  const uint16_t port_;
  const Identity root_;
  const uint64_t seed_;
  std::mt19937_64 random_;
  Program program_;
  std::unique_ptr<Session> session_;
  Model model_;
  uint64_t step_ = 0;
  bool resting_ = false;
  std::deque<std::string> history_;
};

class Property : public ::testing::TestWithParam<std::string> {};

TEST_P(Property, EveryRequestIsConfirmedOnceAsTheModelSays) {
  uint64_t seed = number_from_environment("TRESTLE_SEED", std::random_device{}());
  uint64_t steps = number_from_environment("TRESTLE_STEPS", 100000);
  std::printf("seed %llu, %llu steps on %s\n", static_cast<unsigned long long>(seed),
              static_cast<unsigned long long>(steps), GetParam().c_str());
  std::fflush(stdout);
  TestPki pki;
  CommandServer server(GetParam(), pki.server);
  Player player(GetParam(), server.port(), pki.root, seed);
  try {
    player.play(steps);
  } catch (const std::exception& e) {
    FAIL() << e.what() << "\nTRESTLE_SEED=" << seed << "\n" << player.history();
  }
}

INSTANTIATE_TEST_SUITE_P(Backends, Property, ::testing::ValuesIn(backends()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace trestle::testing
