// SPDX-License-Identifier: Apache-2.0
#include "abi_tests/property/player.h"

#include <poll.h>

#include <algorithm>
#include <stdexcept>

#include "abi_tests/property/peer.h"

namespace trestle::testing {
namespace {

using State = ConnectionModel::State;

// Replies that one DATA_REQ asks for.
constexpr uint32_t kRepliesMax = 30;

void require(bool condition, const std::string& what) {
  if (!condition) throw std::runtime_error(what);
}

std::string number(uint64_t value) { return std::to_string(value); }

}  // namespace

Player::Player(const std::string& backend, uint64_t seed, uint32_t role)
    : backend_(backend), seed_(seed) {
  settings_.role = role;
  start_engine();
}

void Player::play(uint64_t steps) {
  random_.seed(seed_);
  open_session();
  for (step_ = 0; step_ < steps; ++step_) {
    random_.seed(seed_ + step_ * 0x9E3779B97F4A7C15u);
    move();
  }
  end_life();
}

std::string Player::history() const {
  std::string text;
  for (const std::string& one : history_) text += one + "\n";
  return text;
}

void Player::note(const std::string& what) {
  history_.push_back(number(step_) + ": " + what);
  if (history_.size() > 80) history_.pop_front();
}

// --- messages ---

// Of any queue, or none. The order between queues is nobody's promise.
Player::Arrival Player::poll() {
  uint64_t all[] = {program_->queue(), queues_[0], queues_[1]};
  std::rotate(all, all + step_ % 3, all + 3);
  for (uint64_t queue : all)
    if (Message message = program_->poll(queue)) return {message, queue};
  return {};
}

Player::Arrival Player::next() {
  for (;;) {
    Arrival arrival = poll();
    if (arrival.message) return arrival;
    pollfd descriptors[3];
    uint64_t all[] = {program_->queue(), queues_[0], queues_[1]};
    for (int i = 0; i < 3; ++i) {
      descriptors[i] = {-1, POLLIN, 0};
      require(api().queue_fd(program_->engine(), all[i], &descriptors[i].fd) ==
                  TRESTLE_RESULT_SUCCESS,
              "queue_fd");
    }
    require(::poll(descriptors, 3, 20000) > 0, "nothing comes any more");
  }
}

void Player::see(const Arrival& arrival) {
  const Message& message = arrival.message;
  const std::string name = std::string(api().primitive_name(message->primitive)) + " " +
                           api().result_name(message->result);
  ++tally_[name];
  note("  -> " + name + " on " + number(message->connection));
  model_->on_message(message, arrival.queue);
}

Message Player::await(uint32_t primitive, uint64_t tag) {
  for (;;) {
    Arrival arrival = next();
    if (arrival.message->primitive != primitive || arrival.message->tag != tag) {
      see(arrival);
      continue;
    }
    require(arrival.queue == program_->queue(), "a session's CFM on another queue");
    return arrival.message;
  }
}

// --- moves ---

void Player::move() {
  // Now and then to rest, where every result is determined; else in a burst of up to eight.
  if (pick(3) == 0) settle();
  if (pick(300) == 0) {
    end_life();
    open_session();
  } else if (pick(4) == 0) {
    role_move();
  } else {
    random_primitive();
  }
  while (pick(2) == 0) {
    Arrival arrival = poll();
    if (!arrival.message) break;
    see(arrival);
  }
}

size_t Player::live() const {
  size_t count = 0;
  for (auto& [handle, c] : model_->connections())
    if (c.state != State::kGone && !c.res_sent) ++count;
  return count;
}

uint64_t Player::some_queue() {
  uint64_t which = pick(4);
  return which < kOwnQueues ? queues_[which] : 0;
}

// One that this makes sense for, more often than any.
template <typename F>
ConnectionModel* Player::choose(F&& makes_sense) {
  const bool stale_too = pick(12) == 0, sensible = pick(4) != 0;
  std::vector<ConnectionModel*> all, best;
  for (auto& [handle, c] : model_->connections()) {
    if (!stale_too && (c.state == State::kGone || c.res_sent)) continue;
    all.push_back(&c);
    if (makes_sense(c)) best.push_back(&c);
  }
  const std::vector<ConnectionModel*>& choice = sensible && !best.empty() ? best : all;
  return choice.empty() ? nullptr : choice[pick(choice.size())];
}

void Player::random_request(uint32_t cfm) {
  ConnectionModel* c = choose([cfm](const ConnectionModel& one) {
    switch (cfm) {
      case TRESTLE_PRIM_CONNECTION_BIND_CFM:
      case TRESTLE_PRIM_CONNECTION_CONNECT_CFM:
        return one.state == State::kIdle;
      case TRESTLE_PRIM_CONNECTION_DATA_CFM:
        return one.state == State::kEstablished;
      case TRESTLE_PRIM_CONNECTION_DISCONNECT_CFM:
        return one.state == State::kEstablished || one.state == State::kDeciding;
      default:
        return one.state == State::kInvalid || one.state == State::kPeerClosed;
    }
  });
  c ? request(*c, cfm) : role_move();
}

void Player::random_answer(uint32_t res) {
  ConnectionModel* c = choose([res](const ConnectionModel& one) {
    switch (res) {
      case TRESTLE_PRIM_CONNECTION_CERT_RES: return one.state == State::kDeciding;
      case TRESTLE_PRIM_CONNECTION_DATA_RES: return one.data_unanswered > 0;
      case TRESTLE_PRIM_CONNECTION_DISCONNECT_RES: return one.state == State::kPeerClosed;
      default: return one.state == State::kAwaitingAccept;
    }
  });
  if (!c) return role_move();
  switch (res) {
    case TRESTLE_PRIM_CONNECTION_CERT_RES: return answer_cert(*c);
    case TRESTLE_PRIM_CONNECTION_DATA_RES: return answer_data(*c);
    case TRESTLE_PRIM_CONNECTION_DISCONNECT_RES: return answer_disconnect(*c);
    default: return answer_accept(*c);
  }
}

void Player::random_primitive() {
  switch (pick(16)) {
    case 0: return random_request(TRESTLE_PRIM_CONNECTION_BIND_CFM);
    case 1: return random_request(TRESTLE_PRIM_CONNECTION_CONNECT_CFM);
    case 2: return random_request(TRESTLE_PRIM_CONNECTION_DISCONNECT_CFM);
    case 3: return random_answer(TRESTLE_PRIM_CONNECTION_DISCONNECT_RES);
    case 4:
    case 5: return random_answer(TRESTLE_PRIM_CONNECTION_CERT_RES);
    case 6:
    case 7: return random_answer(TRESTLE_PRIM_CONNECTION_DATA_RES);
    case 8: return random_answer(TRESTLE_PRIM_ACCEPT_RES);
    case 9:
      return pick(3) == 0 ? random_request(TRESTLE_PRIM_CONNECTION_DESTROY_CFM) : configure();
    case 10: return destroy_a_queue();
    default: return random_request(TRESTLE_PRIM_CONNECTION_DATA_CFM);
  }
}

// A queue that somebody needs stays.
void Player::destroy_a_queue() {
  uint64_t queue = queues_[pick(kOwnQueues)];
  for (auto& [handle, c] : model_->connections()) {
    if (c.queue != queue || c.state == State::kGone || c.res_sent) continue;
    if (model_->pending(handle, TRESTLE_PRIM_CONNECTION_DESTROY_CFM)) continue;
    require(api().queue_destroy(program_->engine(), queue) == TRESTLE_RESULT_BUSY,
            "the queue of a connection was destroyed");
    return;
  }
}

// --- requests ---

std::string Player::random_commands(const ConnectionModel& c, PendingRequest* pending) {
  // The peer's window and the memory are no matter of this test.
  constexpr uint64_t kUnreadMax = 4 * 1024 * 1024;
  const bool enough = c.replies + kRepliesMax > kReplyWindow ||
                      c.asked_at_most - c.received > kUnreadMax;
  // What is to be obeyed stands at the end, so that it arrives when everything was sent.
  static constexpr size_t kSizes[] = {0, 0, 0, 0, 0, 0, 0, 0, 100, 3000, 17000, 40000};
  const size_t most = pick(100) == 0 ? 1000000 : kSizes[pick(12)];
  std::string commands(pick(most + 1), 'm');
  // More than the sockets' buffers take, and the end behind it.
  if (!enough && pick(60) == 0) {
    pending->asks = kRepliesMax * kBigReply;
    pending->closes = true;
    return commands + std::string(kRepliesMax, 'b') + "cd"[pick(2)];
  }
  for (uint64_t i = pick(3) + 1; i > 0 && !pending->closes; --i) {
    char command = "eeeeeeeemmmmmmmmmmmmbbcd"[pick(24)];
    if (enough && (command == 'e' || command == 'b')) command = 'm';
    if (command == 'e') pending->asks += 1;
    if (command == 'b') pending->asks += kBigReply;
    pending->closes = command == 'c' || command == 'd';
    commands += command;
  }
  return commands;
}

int32_t Player::submit_data(const ConnectionModel& c, uint64_t tag, PendingRequest* pending) {
  trestle_engine* engine = program_->engine();
  std::string commands = random_commands(c, pending);
  const size_t size = commands.size();
  const uint32_t flags = static_cast<uint32_t>(pick(3));
  if (flags == TRESTLE_DATA_HANDOVER) {
    uint8_t* buffer = nullptr;
    require(api().buffer_allocate(engine, size, &buffer) == TRESTLE_RESULT_SUCCESS,
            "buffer_allocate");
    std::copy(commands.begin(), commands.end(), buffer);
    int32_t result = api().connection_data_req(engine, c.handle, buffer, size, flags, tag);
    if (result != TRESTLE_RESULT_SUCCESS) api().buffer_free(engine, buffer);
    return result;
  }
  auto kept = std::make_shared<const std::string>(std::move(commands));
  if (flags == TRESTLE_DATA_BORROW) pending->lent = kept;
  return api().connection_data_req(engine, c.handle,
                                   reinterpret_cast<const uint8_t*>(kept->data()), size, flags,
                                   tag);
}

int32_t Player::submit(const ConnectionModel& c, uint32_t cfm, uint64_t tag,
                       PendingRequest* pending) {
  static const uint8_t kLocalhost[4] = {127, 0, 0, 1};
  trestle_engine* engine = program_->engine();
  switch (cfm) {
    case TRESTLE_PRIM_CONNECTION_BIND_CFM:
      return api().connection_bind_req(engine, c.handle, kLocalhost, 0, tag);
    case TRESTLE_PRIM_CONNECTION_CONNECT_CFM:
      return api().connection_connect_req(engine, c.handle, kLocalhost, target_port(), tag);
    case TRESTLE_PRIM_CONNECTION_DISCONNECT_CFM:
      return api().connection_disconnect_req(engine, c.handle, tag);
    case TRESTLE_PRIM_CONNECTION_DESTROY_CFM:
      return api().connection_destroy_req(engine, c.handle, tag);
    default:
      return submit_data(c, tag, pending);
  }
}

void Player::request(ConnectionModel& c, uint32_t cfm) {
  PendingRequest pending{cfm, c.handle, c.queue};
  if (resting_ && !c.res_sent) pending.predicted = Model::predict(c, cfm);
  const int unconfirmed = model_->count(c.handle, TRESTLE_PRIM_CONNECTION_DATA_CFM);
  uint64_t tag = program_->next_tag();
  int32_t result = submit(c, cfm, tag, &pending);
  note(std::string(api().primitive_name(cfm - 1)) + " on " + number(c.handle) + " (" +
       name_of(c.state) + (pending.asks ? ", asks for " + number(pending.asks) : "") +
       (pending.closes ? ", closes" : "") + "): " + name_of(result));
  if (c.state == State::kGone)
    return require(result == TRESTLE_RESULT_BAD_HANDLE, "a stale handle was taken");
  if (result == TRESTLE_RESULT_WINDOW_FULL) {
    // The session's window counts from the first connecting on.
    const uint32_t window = c.was_connected ? model_->settings().send_window : 1;
    return require(static_cast<uint32_t>(unconfirmed) >= window, "WINDOW_FULL with room in it");
  }
  // Between DISCONNECT_RES or DESTROY_REQ and its effect, both are right.
  if (result == TRESTLE_RESULT_BAD_HANDLE && ending(c)) return;
  require(result == TRESTLE_RESULT_SUCCESS, "refused: " + name_of(result));
  if (cfm == TRESTLE_PRIM_CONNECTION_CONNECT_CFM) model_->close_configuration();
  if (cfm == TRESTLE_PRIM_CONNECTION_CONNECT_CFM && resting_ && c.state == State::kIdle &&
      c.listener == 0) {
    c.state = State::kConnecting;
    pending.predicted = -1;  // depends on the answer to CERT_IND
  }
  if (pending.asks > 0) c.replies += kRepliesMax;
  model_->accepted(tag, pending);
  resting_ = false;
}

bool Player::ending(const ConnectionModel& c) const {
  return c.res_sent || model_->pending(c.handle, TRESTLE_PRIM_CONNECTION_DESTROY_CFM);
}

// --- answers ---

void Player::answer_cert(ConnectionModel& c) {
  const uint8_t accepted = pick(8) != 0;
  int32_t result = api().connection_cert_res(program_->engine(), c.handle, accepted);
  note("CERT_RES " + number(accepted) + " on " + number(c.handle) + " (" + name_of(c.state) +
       "): " + name_of(result));
  if (result == TRESTLE_RESULT_BAD_HANDLE && ending(c)) return;
  if (c.state == State::kDeciding) {
    require(result == TRESTLE_RESULT_SUCCESS, "CERT_RES was refused");
    c.state = State::kConnecting;
    c.rejected = accepted == 0;
    resting_ = false;
  } else {
    require(result != TRESTLE_RESULT_SUCCESS, "CERT_RES without CERT_IND was taken");
  }
}

void Player::answer_data(ConnectionModel& c) {
  int32_t result = api().connection_data_res(program_->engine(), c.handle);
  note("DATA_RES on " + number(c.handle) + ": " + name_of(result));
  if (result == TRESTLE_RESULT_SUCCESS) {
    require(c.data_unanswered > 0, "DATA_RES without DATA_IND was taken");
    --c.data_unanswered;
    resting_ = false;
  } else {
    require(c.data_unanswered == 0 || c.state == State::kGone || ending(c),
            "DATA_RES was refused: " + name_of(result));
  }
}

void Player::answer_disconnect(ConnectionModel& c) {
  int32_t result = api().connection_disconnect_res(program_->engine(), c.handle);
  note("DISCONNECT_RES on " + number(c.handle) + " (" + name_of(c.state) +
       "): " + name_of(result));
  if (result == TRESTLE_RESULT_SUCCESS) {
    require(c.state == State::kPeerClosed && !c.res_sent,
            "DISCONNECT_RES without DISCONNECT_IND was taken");
    c.res_sent = true;
    resting_ = false;
  } else {
    require(c.state != State::kPeerClosed || ending(c),
            "DISCONNECT_RES was refused: " + name_of(result));
  }
}

void Player::answer_accept(ConnectionModel& c) {
  const uint8_t accepted = pick(8) != 0;
  uint64_t queue = some_queue();
  const bool dead = dead_queue_ != 0 && pick(8) == 0;
  if (dead) queue = dead_queue_;
  int32_t result = api().accept_res(program_->engine(), c.handle, accepted, queue);
  note("ACCEPT_RES " + number(accepted) + " on " + number(c.handle) + " (" + name_of(c.state) +
       "): " + name_of(result));
  const bool awaited = c.state == State::kAwaitingAccept && !c.res_sent;
  if (result == TRESTLE_RESULT_SUCCESS) {
    require(awaited && !dead, "ACCEPT_RES was taken");
    model_->accept_answered(c, accepted, queue);
    resting_ = false;
  } else if (result == TRESTLE_RESULT_BAD_HANDLE) {
    require(dead || c.state == State::kGone || ending(c),
            "ACCEPT_RES with good handles was refused");
  } else {
    require(result == TRESTLE_RESULT_NOTHING_TO_ANSWER && (!awaited || ending(c)),
            "ACCEPT_RES was refused: " + name_of(result));
  }
}

// --- rest ---

// Answers and reads until nothing is on its way any more.
void Player::settle() {
  const bool answers_data = pick(4) != 0;
  while (true) {
    bool waiting = model_->anything_pending(0);
    for (auto& [handle, c] : model_->connections())
      if (c.state != State::kGone) waiting |= settle_one(c, answers_data);
    if (!waiting) break;
    see(next());
  }
  // Data that the peer still sends may come at any time, and ACCEPT_IND; nothing else.
  resting_ = true;
}

// True if something is on its way.
bool Player::settle_one(ConnectionModel& c, bool answers_data) {
  // Everything but the peer's end comes to pass with answers owed, too.
  answers_data |= c.close_expected;
  while (c.data_unanswered > 0 && !ending(c) && answers_data) answer_data(c);
  // A decision is needed only if something waits for it.
  const bool asked = c.connect_ind_due ||
                     model_->pending(c.handle, TRESTLE_PRIM_CONNECTION_CONNECT_CFM);
  if (c.state == State::kDeciding && asked && !ending(c) && pick(2) == 0) answer_cert(c);
  return unsettled(c);
}

bool Player::unsettled(const ConnectionModel& c) const {
  if (c.state == State::kDeciding) {
    // A client's CONNECT stays unconfirmed until the decision; anything else comes to its end.
    for (uint32_t cfm : {TRESTLE_PRIM_CONNECTION_BIND_CFM, TRESTLE_PRIM_CONNECTION_DATA_CFM,
                         TRESTLE_PRIM_CONNECTION_DISCONNECT_CFM,
                         TRESTLE_PRIM_CONNECTION_DESTROY_CFM}) {
      if (model_->pending(c.handle, cfm)) return true;
    }
    return model_->count(c.handle, TRESTLE_PRIM_CONNECTION_CONNECT_CFM) >
           (c.listener == 0 ? 1 : 0);
  }
  if (model_->anything_pending(c.handle)) return true;
  if (c.state == State::kConnecting && c.connect_ind_due) return true;
  return c.state == State::kEstablished && c.close_expected;
}

// --- ClientPlayer ---

ClientPlayer::ClientPlayer(const std::string& backend, uint64_t seed, uint16_t port,
                           const Identity& root)
    : Player(backend, seed, TRESTLE_ROLE_CLIENT), port_(port), root_(root) {}

Session ClientPlayer::new_session() {
  Session session = program_->client(backend_);
  session.trust(root_.cert_pem());
  return session;
}

void ClientPlayer::role_move() {
  constexpr size_t kConnections = 4;
  if (live() >= kConnections) return;
  const uint64_t queue = pick(10) == 0 ? dead_queue() : some_queue();
  uint64_t tag = program_->next_tag();
  int32_t result = api().connection_create_req(program_->engine(), session_->handle(),
                                               TRESTLE_FAMILY_IP4, queue, tag);
  note("CONNECTION_CREATE: " + name_of(result));
  if (queue != 0 && queue == dead_queue())
    return require(result == TRESTLE_RESULT_BAD_HANDLE, "a stale queue was taken");
  require(result == TRESTLE_RESULT_SUCCESS, "CONNECTION_CREATE was refused");
  if (queue != 0) {
    require(api().queue_destroy(program_->engine(), queue) == TRESTLE_RESULT_BUSY,
            "the queue of a connection to be was destroyed");
  }
  Message cfm = await(TRESTLE_PRIM_CONNECTION_CREATE_CFM, tag);
  require(cfm->result == TRESTLE_RESULT_SUCCESS, "CONNECTION_CREATE_CFM: " + cfm.text());
  model_->add_connection(cfm->connection, queue_of(queue));
}

// --- ServerPlayer ---

ServerPlayer::ServerPlayer(const std::string& backend, uint64_t seed, CommandClient* peer,
                           const TestPki& pki)
    : Player(backend, seed, TRESTLE_ROLE_SERVER), peer_(peer), pki_(pki) {}

Session ServerPlayer::new_session() {
  Session session = program_->server(backend_);
  session.identity(pki_.server);
  session.trust(pki_.root.cert_pem());
  session.set(TRESTLE_OPTION_CLIENT_AUTH, static_cast<int64_t>(pick(3)));
  session.set(TRESTLE_OPTION_ACCEPT_WINDOW, int64_t{settings_.accept_window});
  return session;
}

void ServerPlayer::role_move() {
  constexpr size_t kListeners = 2;
  if (listeners_.size() < kListeners && pick(3) == 0) return listen();
  if (!listeners_.empty() && pick(8) == 0) return unlisten();
}

void ServerPlayer::listen() {
  static const uint8_t kLocalhost[4] = {127, 0, 0, 1};
  uint64_t tag = program_->next_tag();
  note("LISTEN");
  require(api().listen_req(program_->engine(), session_->handle(), TRESTLE_FAMILY_IP4, kLocalhost, 0,
                           tag) == TRESTLE_RESULT_SUCCESS,
          "LISTEN was refused");
  model_->close_configuration();
  Message cfm = await(TRESTLE_PRIM_LISTEN_CFM, tag);
  require(cfm->result == TRESTLE_RESULT_SUCCESS, "LISTEN_CFM: " + cfm.text());
  require(model_->listeners().emplace(cfm->listener, 0).second, "a listener's handle came twice");
  listeners_.emplace_back(cfm->listener, cfm->port);
  aim();
}

void ServerPlayer::unlisten() {
  const size_t which = pick(listeners_.size());
  const uint64_t listener = listeners_[which].first;
  listeners_.erase(listeners_.begin() + static_cast<std::ptrdiff_t>(which));
  aim();
  uint64_t tag = program_->next_tag();
  note("UNLISTEN");
  require(api().unlisten_req(program_->engine(), listener, tag) == TRESTLE_RESULT_SUCCESS,
          "UNLISTEN was refused");
  Message cfm = await(TRESTLE_PRIM_UNLISTEN_CFM, tag);
  require(cfm->result == TRESTLE_RESULT_SUCCESS, "UNLISTEN_CFM: " + cfm.text());
  model_->listeners().erase(listener);
  require(api().unlisten_req(program_->engine(), listener, tag) == TRESTLE_RESULT_BAD_HANDLE,
          "a stale listener was taken");
}

// The peer connects to one that listens.
void ServerPlayer::aim() {
  peer_->aim_at(listeners_.empty() ? 0 : listeners_[pick(listeners_.size())].second);
}

void ServerPlayer::session_is_gone() {
  listeners_.clear();
  aim();
}

}  // namespace trestle::testing
