// SPDX-License-Identifier: Apache-2.0
// How a player's sessions and engines begin and end.
#include <algorithm>
#include <stdexcept>

#include "abi_tests/property/player.h"

namespace trestle::testing {
namespace {

using State = ConnectionModel::State;

void require(bool condition, const std::string& what) {
  if (!condition) throw std::runtime_error(what);
}

constexpr uint32_t kOfTheEngine[] = {
    TRESTLE_PRIM_SESSION_CREATE_CFM, TRESTLE_PRIM_BACKEND_QUERY_CFM,
    TRESTLE_PRIM_BACKEND_CAPABILITY_CFM};

constexpr uint32_t kOfAConnection[] = {
    TRESTLE_PRIM_CONNECTION_BIND_CFM, TRESTLE_PRIM_CONNECTION_CONNECT_CFM,
    TRESTLE_PRIM_CONNECTION_DATA_CFM, TRESTLE_PRIM_CONNECTION_DISCONNECT_CFM,
    TRESTLE_PRIM_CONNECTION_DESTROY_CFM};

}  // namespace

void Player::start_engine() {
  program_ = std::make_unique<Program>();
  for (uint64_t& queue : queues_) queue = program_->new_queue();
  dead_queue_ = dead_session_ = 0;
}

void Player::open_session() {
  settings_.send_window = static_cast<uint32_t>(pick(2) == 0 ? 1 : 2 + pick(6));
  settings_.receive_window = static_cast<uint32_t>(pick(2) == 0 ? 1 : 2 + pick(4));
  settings_.accept_window = static_cast<uint32_t>(1 + pick(4));
  session_ = std::make_unique<Session>(new_session());
  session_->set(TRESTLE_OPTION_SEND_WINDOW, int64_t{settings_.send_window});
  session_->set(TRESTLE_OPTION_RECEIVE_WINDOW, int64_t{settings_.receive_window});
  session_->set(TRESTLE_OPTION_CLOSE_TIMEOUT, pick(2) == 0 ? int64_t{10} : int64_t{200});
  model_ = std::make_unique<Model>(settings_, program_->queue());
  note("a session with windows of " + std::to_string(settings_.send_window) + " and " +
       std::to_string(settings_.receive_window));
  resting_ = false;
  // Later ones mostly come too late.
  for (uint64_t i = pick(8); i > 0; --i) configure();
}

void Player::end_life() {
  pick(2) == 0 ? end_engine() : destroy_session();
  session_is_gone();
}

void Player::destroy_session() {
  note("SESSION_DESTROY");
  model_->session_ends();
  uint64_t tag = program_->next_tag();
  require(api().session_destroy_req(program_->engine(), session_->handle(), tag) ==
              TRESTLE_RESULT_SUCCESS,
          "SESSION_DESTROY was refused");
  Message cfm = await(TRESTLE_PRIM_SESSION_DESTROY_CFM, tag);
  require(cfm->result == TRESTLE_RESULT_SUCCESS, "SESSION_DESTROY_CFM is wrong");
  if (Message late = program_->poll())
    throw std::runtime_error("a message after SESSION_DESTROY_CFM: " + late.text());
  // What belongs before it is there, also on the other queues; and nobody needs these any more.
  for (Arrival arrival = poll(); arrival.message; arrival = poll()) see(arrival);
  require(!model_->anything_pending(), "a REQ without CFM");
  for (uint64_t& queue : queues_) {
    require(api().queue_destroy(program_->engine(), queue) == TRESTLE_RESULT_SUCCESS,
            "a queue is in use after the session's end");
    dead_queue_ = queue;
    queue = program_->new_queue();
  }
  dead_session_ = session_->handle();
}

// In the middle of everything, by ENGINE_SHUTDOWN or at once; the next life is another engine's.
void Player::end_engine() {
  leave_requests_in_flight();
  if (pick(3) == 0) {
    note("the engine is destroyed");
  } else {
    shut_down();
  }
  program_.reset();  // hangs, and is reported, if anything is lost
  start_engine();
}

void Player::leave_requests_in_flight() {
  for (uint64_t i = pick(8); i > 0; --i) random_primitive();
  model_->session_ends();
  for (uint64_t i = pick(3); i > 0; --i)
    engine_request(kOfTheEngine[pick(std::size(kOfTheEngine))], queue_of(some_queue()));
  if (pick(3) == 0) engine_request(TRESTLE_PRIM_SESSION_DESTROY_CFM, program_->queue());
}

int32_t Player::submit_to_engine(uint32_t cfm, uint64_t queue, uint64_t tag) {
  trestle_engine* engine = program_->engine();
  switch (cfm) {
    case TRESTLE_PRIM_SESSION_CREATE_CFM:
      return api().session_create_req(engine, queue, settings_.role, backend_.c_str(), tag);
    case TRESTLE_PRIM_BACKEND_QUERY_CFM:
      return api().backend_query_req(engine, queue, backend_.c_str(), tag);
    case TRESTLE_PRIM_BACKEND_CAPABILITY_CFM:
      return api().backend_capability_req(engine, queue, backend_.c_str(),
                                          TRESTLE_CAPABILITY_VERSION, TRESTLE_VERSION_TLS13, tag);
    case TRESTLE_PRIM_SESSION_DESTROY_CFM:
      return api().session_destroy_req(engine, session_->handle(), tag);
    default:
      return api().engine_shutdown_req(engine, queue, tag);
  }
}

void Player::engine_request(uint32_t cfm, uint64_t queue) {
  uint64_t tag = program_->next_tag();
  const int32_t result = submit_to_engine(cfm, queue, tag);
  note(std::string(api().primitive_name(cfm - 1)) + ": " + name_of(result));
  require(result == TRESTLE_RESULT_SUCCESS, "refused: " + name_of(result));
  model_->accepted(tag, {cfm, 0, queue, TRESTLE_RESULT_SUCCESS});
}

void Player::shut_down() {
  uint64_t all[] = {program_->queue(), queues_[0], queues_[1]};
  std::shuffle(all, all + 3, random_);
  const uint64_t tag = program_->next_tag();
  note("ENGINE_SHUTDOWN");
  require(submit_to_engine(TRESTLE_PRIM_ENGINE_SHUTDOWN_CFM, all[0], tag) ==
              TRESTLE_RESULT_SUCCESS,
          "ENGINE_SHUTDOWN was refused");
  model_->accepted(tag, {TRESTLE_PRIM_ENGINE_SHUTDOWN_CFM, 0, all[0]});
  expect_refusals();
  std::shuffle(all, all + 3, random_);
  for (uint64_t queue : all) read_to_the_end(queue, tag);
  require(!model_->anything_pending(), "a REQ without CFM");
  expect_refusals();
}

// Nobody's answer is needed for that.
void Player::read_to_the_end(uint64_t queue, uint64_t shutdown_tag) {
  bool is_over = false;
  for (;;) {
    const trestle_message* next = nullptr;
    uint32_t count = 0;
    const int32_t result = api().queue_get(program_->engine(), queue, &next, 1, 20000, &count);
    if (result == TRESTLE_RESULT_SHUT_DOWN) return;
    require(result == TRESTLE_RESULT_SUCCESS, "ENGINE_SHUTDOWN_CFM doesn't come: " + name_of(result));
    Message message(program_->engine(), next);
    require(!is_over, "a message after ENGINE_SHUTDOWN_CFM: " + message.text());
    is_over = message->primitive == TRESTLE_PRIM_ENGINE_SHUTDOWN_CFM;
    require(!is_over || (message->tag == shutdown_tag && message->result == TRESTLE_RESULT_SUCCESS),
            "ENGINE_SHUTDOWN_CFM is wrong: " + message.text());
    see({message, queue});
  }
}

// From ENGINE_SHUTDOWN on. A session or connection may be gone already.
void Player::expect_refusals() {
  for (uint32_t cfm : kOfTheEngine) {
    require(submit_to_engine(cfm, program_->queue(), 0) == TRESTLE_RESULT_SHUT_DOWN,
            std::string(api().primitive_name(cfm - 1)) + " after ENGINE_SHUTDOWN");
  }
  require(submit_to_engine(TRESTLE_PRIM_ENGINE_SHUTDOWN_CFM, program_->queue(), 0) ==
              TRESTLE_RESULT_SHUT_DOWN,
          "a second ENGINE_SHUTDOWN");
  uint64_t none = 0;
  require(api().queue_create(program_->engine(), 0, &none) == TRESTLE_RESULT_SHUT_DOWN,
          "a queue after ENGINE_SHUTDOWN");
  int32_t result = submit_to_engine(TRESTLE_PRIM_SESSION_DESTROY_CFM, 0, 0);
  require(result == TRESTLE_RESULT_SHUT_DOWN || result == TRESTLE_RESULT_BAD_HANDLE,
          "SESSION_DESTROY after ENGINE_SHUTDOWN: " + name_of(result));
  for (auto& [handle, c] : model_->connections()) {
    for (uint32_t cfm : kOfAConnection) {
      PendingRequest unused{};
      result = submit(c, cfm, 0, &unused);
      const bool full = cfm == TRESTLE_PRIM_CONNECTION_DATA_CFM &&
                        result == TRESTLE_RESULT_WINDOW_FULL;
      require(result == TRESTLE_RESULT_SHUT_DOWN || result == TRESTLE_RESULT_BAD_HANDLE || full,
              std::string(api().primitive_name(cfm - 1)) +
                  " after ENGINE_SHUTDOWN: " + name_of(result));
    }
  }
}

}  // namespace trestle::testing
