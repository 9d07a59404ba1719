// SPDX-License-Identifier: Apache-2.0
#include "abi_tests/property/model.h"

#include <stdexcept>

namespace trestle::testing {
namespace {

using State = ConnectionModel::State;

void require(bool condition, const std::string& rule, const Message& message) {
  if (!condition) throw std::runtime_error("broken rule: " + rule + "; message: " + message.text());
}

bool is_refusal(int32_t result) {
  return result == TRESTLE_RESULT_WRONG_STATE || result == TRESTLE_RESULT_INVALIDATED ||
         result == TRESTLE_RESULT_NOT_CONNECTED;
}

}  // namespace

const char* name_of(State state) {
  switch (state) {
    case State::kIdle: return "idle";
    case State::kAwaitingAccept: return "awaiting accept";
    case State::kConnecting: return "connecting";
    case State::kDeciding: return "deciding";
    case State::kEstablished: return "established";
    case State::kPeerClosed: return "closed by the peer";
    case State::kInvalid: return "invalid";
    default: return "gone";
  }
}

void Model::add_connection(uint64_t handle, uint64_t queue) {
  ConnectionModel& c = connections_[handle];
  c.handle = handle;
  c.queue = queue;
}

void Model::accepted(uint64_t tag, const PendingRequest& request) {
  if (!pending_.emplace(tag, request).second) throw std::runtime_error("a tag was used twice");
  if (request.connection == 0) return;
  ConnectionModel& c = at(request.connection);
  c.asked_at_most += request.asks;
  // One that is destroyed needs no answer.
  if (request.cfm == TRESTLE_PRIM_CONNECTION_DESTROY_CFM) accept_is_answered(&c);
  // What ends the connection may overtake what is still on its way there.
  if (request.cfm == TRESTLE_PRIM_CONNECTION_DESTROY_CFM ||
      request.cfm == TRESTLE_PRIM_CONNECTION_DISCONNECT_CFM) {
    c.cancelled = true;
    for (auto& [other, one] : pending_)
      if (other != tag && one.connection == c.handle) one.predicted = -1;
  }
}

void Model::accept_answered(ConnectionModel& c, uint8_t accepted, uint64_t queue) {
  accept_is_answered(&c);
  if (queue != 0) c.queue = queue;
  if (accepted == 0) {
    c.res_sent = true;
    return;
  }
  c.state = State::kConnecting;
  c.connect_ind_due = true;
  // What was asked before came before, and was refused.
  c.cancelled = session_ends_ || pending(c.handle, TRESTLE_PRIM_CONNECTION_DESTROY_CFM);
}

// Its listener may indicate another.
void Model::accept_is_answered(ConnectionModel* c) {
  if (!c->accept_counts) return;
  c->accept_counts = false;
  auto listener = listeners_.find(c->listener);
  if (listener != listeners_.end()) --listener->second;
}

void Model::session_ends() {
  session_ends_ = true;
  for (auto& [handle, c] : connections_) {
    c.cancelled = true;
    forget_predictions(handle);
  }
}

void Model::forget_predictions(uint64_t connection) {
  for (auto& [tag, request] : pending_)
    if (request.connection == connection) request.predicted = -1;
}

int Model::count(uint64_t connection, uint32_t cfm) const {
  int count = 0;
  for (const auto& [tag, request] : pending_)
    if (request.connection == connection && request.cfm == cfm) ++count;
  return count;
}

bool Model::anything_pending(uint64_t connection) const {
  for (const auto& [tag, request] : pending_)
    if (request.connection == connection) return true;
  return false;
}

int32_t Model::predict(const ConnectionModel& c, uint32_t cfm) {
  bool needs_connection = cfm == TRESTLE_PRIM_CONNECTION_DATA_CFM ||
                          cfm == TRESTLE_PRIM_CONNECTION_DISCONNECT_CFM;
  if (cfm == TRESTLE_PRIM_CONNECTION_DESTROY_CFM) return TRESTLE_RESULT_SUCCESS;
  switch (c.state) {
    case State::kIdle:
      if (needs_connection) return TRESTLE_RESULT_NOT_CONNECTED;
      return c.listener != 0 ? TRESTLE_RESULT_WRONG_STATE : TRESTLE_RESULT_SUCCESS;
    case State::kDeciding:
      if (cfm == TRESTLE_PRIM_CONNECTION_DISCONNECT_CFM) return TRESTLE_RESULT_SUCCESS;
      return needs_connection ? TRESTLE_RESULT_NOT_CONNECTED : TRESTLE_RESULT_WRONG_STATE;
    case State::kEstablished:
      if (!needs_connection) return TRESTLE_RESULT_WRONG_STATE;
      // A slow peer makes DISCONNECT a CLOSE_TIMEOUT.
      if (cfm == TRESTLE_PRIM_CONNECTION_DISCONNECT_CFM) return -1;
      return c.close_expected ? -1 : TRESTLE_RESULT_SUCCESS;
    case State::kAwaitingAccept:
    case State::kPeerClosed:
      return needs_connection ? TRESTLE_RESULT_NOT_CONNECTED : TRESTLE_RESULT_WRONG_STATE;
    case State::kInvalid:
      return TRESTLE_RESULT_INVALIDATED;
    default:
      return -1;
  }
}

// --- configuration ---

int32_t Model::option_configured(uint32_t option, int64_t number, int32_t result) {
  result = configured(result);
  if (result != TRESTLE_RESULT_SUCCESS) return result;
  const bool servers = option == TRESTLE_OPTION_CLIENT_AUTH || option == TRESTLE_OPTION_ACCEPT_WINDOW;
  const bool clients = option == TRESTLE_OPTION_SERVER_NAME;
  if (settings_.role == TRESTLE_ROLE_CLIENT ? servers : clients) return TRESTLE_RESULT_BAD_ARGUMENT;
  switch (option) {
    case TRESTLE_OPTION_VERSION_MIN:
      if (number > settings_.version_max) return TRESTLE_RESULT_BAD_ARGUMENT;
      settings_.version_min = number;
      break;
    case TRESTLE_OPTION_VERSION_MAX:
      if (number < settings_.version_min) return TRESTLE_RESULT_BAD_ARGUMENT;
      settings_.version_max = number;
      break;
    case TRESTLE_OPTION_SEND_WINDOW: settings_.send_window = static_cast<uint32_t>(number); break;
    case TRESTLE_OPTION_RECEIVE_WINDOW:
      settings_.receive_window = static_cast<uint32_t>(number);
      break;
    case TRESTLE_OPTION_ACCEPT_WINDOW:
      settings_.accept_window = static_cast<uint32_t>(number);
      break;
  }
  return TRESTLE_RESULT_SUCCESS;
}

// --- messages ---

void Model::on_message(const Message& message, uint64_t queue) {
  const char* name = api().primitive_name(message->primitive);
  bool confirm = std::string(name).find("_CFM") != std::string::npos;
  confirm ? on_confirm(message, queue) : on_indication(message, queue);
}

// --- confirms ---

void Model::on_confirm(const Message& message, uint64_t queue) {
  auto found = pending_.find(message->tag);
  require(found != pending_.end(), "one CFM for each accepted REQ, and no other", message);
  PendingRequest request = found->second;
  pending_.erase(found);
  require(request.cfm == message->primitive, "the CFM is of the REQ's primitive", message);
  require(request.queue == queue, "the CFM comes on the queue of its time", message);
  require((message->result == TRESTLE_RESULT_SUCCESS) == (message->error == nullptr),
          "an error record exactly with a failure", message);
  if (request.predicted >= 0) {
    const bool cancelled = session_ends_ && message->result == TRESTLE_RESULT_CANCELLED;
    require(message->result == request.predicted || cancelled,
            "the result is " + name_of(request.predicted), message);
  }
  if (request.connection == 0) return;
  require(message->connection == request.connection, "the CFM names its connection", message);
  on_connection_confirm(at(request.connection), message, request);
}

void Model::on_connection_confirm(ConnectionModel& c, const Message& message,
                                  const PendingRequest& request) {
  int32_t result = message->result;
  bool cancelled = result == TRESTLE_RESULT_CANCELLED;
  // (There is no order between what came on the queue before ACCEPT_RES and on the one after it.)
  require(c.state != State::kGone || cancelled || request.queue != c.queue,
          "after DESTROY_CFM there are only cancelled requests", message);
  if (c.state == State::kGone) return;
  require(!cancelled || c.cancelled || c.res_sent || c.close_expected,
          "only what ends a connection cancels", message);
  switch (message->primitive) {
    case TRESTLE_PRIM_CONNECTION_CONNECT_CFM:
      if (result == TRESTLE_RESULT_WRONG_STATE || result == TRESTLE_RESULT_INVALIDATED) break;
      on_handshake_end(c, message);
      break;
    case TRESTLE_PRIM_CONNECTION_DISCONNECT_CFM:
      if (!is_refusal(result) && !cancelled) on_disconnected(c, message);
      break;
    case TRESTLE_PRIM_CONNECTION_DESTROY_CFM:
      if (result == TRESTLE_RESULT_SUCCESS) c.state = State::kGone;
      break;
    case TRESTLE_PRIM_CONNECTION_DATA_CFM:
      on_data_confirm(c, message, request);
      break;
    default:
      require(request.predicted >= 0 || is_refusal(result) || cancelled ||
                  result == TRESTLE_RESULT_SUCCESS,
              "a BIND_CFM's results", message);
  }
}

void Model::on_handshake_end(ConnectionModel& c, const Message& message) {
  int32_t result = message->result;
  if (c.res_sent) {
    require(result == TRESTLE_RESULT_CANCELLED, "an answered end is the end", message);
    return;
  }
  require((result == TRESTLE_RESULT_CERT_REJECTED) == c.rejected ||
              (c.cancelled && result == TRESTLE_RESULT_CANCELLED),
          "CERT_REJECTED exactly after the program's no", message);
  if (result == TRESTLE_RESULT_SUCCESS) {
    require(c.state == State::kConnecting, "no success before the program's yes", message);
    c.state = State::kEstablished;
    c.was_connected = true;
  } else {
    require(result == TRESTLE_RESULT_CERT_REJECTED || c.cancelled,
            "nothing else ends a handshake with this peer", message);
    c.state = State::kInvalid;
  }
}

// The end of a life; a client's connection may begin another.
void Model::on_disconnected(ConnectionModel& c, const Message& message) {
  int32_t result = message->result;
  // A peer that was told to end may do so without waiting for what is on its way. One that we leave
  // before it has sent everything can't say that it has.
  bool abrupt = result == TRESTLE_RESULT_TRUNCATED || result == TRESTLE_RESULT_CONNECTION_RESET;
  require(result == TRESTLE_RESULT_SUCCESS || result == TRESTLE_RESULT_CLOSE_TIMEOUT ||
              (abrupt && (c.close_expected || c.asked_at_most > c.received)),
          "DISCONNECT disconnects", message);
  // After a cancelled connect it stays invalid.
  if (c.state != State::kInvalid) c.state = State::kIdle;
  c.close_expected = false;
  c.data_unanswered = 0;
  c.cancelled = session_ends_ || pending(c.handle, TRESTLE_PRIM_CONNECTION_DISCONNECT_CFM) ||
                pending(c.handle, TRESTLE_PRIM_CONNECTION_DESTROY_CFM);
  c.asked = c.asked_at_most = c.received = c.replies = 0;
  for (const auto& [tag, request] : pending_)
    if (request.connection == c.handle) c.asked_at_most += request.asks;
}

void Model::on_data_confirm(ConnectionModel& c, const Message& message,
                            const PendingRequest& request) {
  int32_t result = message->result;
  if (result != TRESTLE_RESULT_SUCCESS) {
    require(is_refusal(result) || result == TRESTLE_RESULT_CANCELLED, "a DATA_CFM's results",
            message);
    if (is_refusal(result)) c.asked_at_most -= request.asks;
    return;
  }
  require(c.state == State::kEstablished, "data is sent while established", message);
  // What was told to a peer that closes is heard no more.
  if (c.close_expected) return;
  c.asked += request.asks;
  c.close_expected = request.closes;
}

// --- indications ---

void Model::on_indication(const Message& message, uint64_t queue) {
  if (message->primitive == TRESTLE_PRIM_ACCEPT_IND) return on_accept_indication(message, queue);
  ConnectionModel& c = at(message->connection);
  require(queue == c.queue, "an indication comes on the connection's queue", message);
  switch (message->primitive) {
    case TRESTLE_PRIM_CONNECTION_CERT_IND:
      require(c.state == State::kIdle || c.state == State::kConnecting,
              "CERT_IND comes while connecting", message);
      require(c.connect_ind_due || pending(c.handle, TRESTLE_PRIM_CONNECTION_CONNECT_CFM),
              "CERT_IND comes before the handshake's end", message);
      c.state = State::kDeciding;
      break;
    case TRESTLE_PRIM_CONNECTION_CONNECT_IND:
      require(c.connect_ind_due, "one CONNECT_IND for each accepted connection", message);
      c.connect_ind_due = false;
      on_handshake_end(c, message);
      break;
    case TRESTLE_PRIM_CONNECTION_DATA_IND:
      on_data(c, message);
      break;
    case TRESTLE_PRIM_CONNECTION_DISCONNECT_IND:
      require(c.state == State::kEstablished, "DISCONNECT_IND comes once, while established",
              message);
      require(c.close_expected, "the peer only closes when it is told to", message);
      require(message->result != TRESTLE_RESULT_SUCCESS || c.received == c.asked,
              "close_notify comes after everything", message);
      c.state = State::kPeerClosed;
      break;
    default:
      require(false, "no other indication exists", message);
  }
}

void Model::on_accept_indication(const Message& message, uint64_t queue) {
  require(queue == queue_, "ACCEPT_IND comes on the session's queue", message);
  auto listener = listeners_.find(message->listener);
  require(listener != listeners_.end(), "ACCEPT_IND comes of a listener that listens", message);
  require(++listener->second <= settings_.accept_window, "the window of accepts holds", message);
  require(connections_.count(message->connection) == 0, "a new connection has a new handle",
          message);
  add_connection(message->connection, queue_);
  at(message->connection).listener = message->listener;
  at(message->connection).accept_counts = true;
  at(message->connection).state = State::kAwaitingAccept;
}

void Model::on_data(ConnectionModel& c, const Message& message) {
  require(c.state == State::kEstablished, "DATA_IND comes while established", message);
  require(message->length > 0, "DATA_IND has data", message);
  require(++c.data_unanswered <= settings_.receive_window, "the window of data holds", message);
  c.received += message->length;
  require(c.received <= c.asked_at_most, "nothing comes that wasn't asked for", message);
  char byte = message.data()[0];
  require(byte == 'E' || byte == 'B', "the data is the peer's", message);
}

}  // namespace trestle::testing
