// SPDX-License-Identifier: Apache-2.0
#include "abi_tests/property/model.h"

#include <stdexcept>

namespace trestle::testing {
namespace {

using State = ConnectionModel::State;

void require(bool condition, const std::string& rule, const Message& message) {
  if (!condition) throw std::runtime_error("broken rule: " + rule + "; message: " + message.text());
}

}  // namespace

const char* name_of(State state) {
  switch (state) {
    case State::kIdle: return "idle";
    case State::kConnecting: return "connecting";
    case State::kDeciding: return "deciding";
    case State::kEstablished: return "established";
    case State::kPeerClosed: return "closed by the peer";
    case State::kInvalid: return "invalid";
    default: return "gone";
  }
}

void Model::accepted(uint64_t tag, const PendingRequest& request) {
  if (!pending_.emplace(tag, request).second) throw std::runtime_error("a tag was used twice");
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
      return needs_connection ? TRESTLE_RESULT_NOT_CONNECTED : TRESTLE_RESULT_SUCCESS;
    case State::kDeciding:
      if (cfm == TRESTLE_PRIM_CONNECTION_DISCONNECT_CFM) return TRESTLE_RESULT_SUCCESS;
      return needs_connection ? TRESTLE_RESULT_NOT_CONNECTED : TRESTLE_RESULT_WRONG_STATE;
    case State::kEstablished:
      if (!needs_connection) return TRESTLE_RESULT_WRONG_STATE;
      // A slow peer makes DISCONNECT a CLOSE_TIMEOUT.
      if (cfm == TRESTLE_PRIM_CONNECTION_DISCONNECT_CFM) return -1;
      return c.close_expected ? -1 : TRESTLE_RESULT_SUCCESS;
    case State::kPeerClosed:
      return needs_connection ? TRESTLE_RESULT_NOT_CONNECTED : TRESTLE_RESULT_WRONG_STATE;
    case State::kInvalid:
      return TRESTLE_RESULT_INVALIDATED;
    default:
      return -1;
  }
}

void Model::on_message(const Message& message) {
  const char* name = api().primitive_name(message->primitive);
  bool confirm = std::string(name).find("_CFM") != std::string::npos;
  confirm ? on_confirm(message) : on_indication(message);
}

void Model::on_confirm(const Message& message) {
  auto found = pending_.find(message->tag);
  require(found != pending_.end(), "one CFM for each accepted REQ, and no other", message);
  PendingRequest request = found->second;
  pending_.erase(found);
  require(request.cfm == message->primitive, "the CFM is of the REQ's primitive", message);
  require((message->result == TRESTLE_RESULT_SUCCESS) == (message->error == nullptr),
          "an error record exactly with a failure", message);
  if (request.predicted >= 0) {
    require(message->result == request.predicted,
            "the result is " + name_of(request.predicted), message);
  }
  if (request.connection == 0) return;
  require(message->connection == request.connection, "the CFM names its connection", message);
  on_connection_confirm(at(request.connection), message, request);
}

void Model::on_connection_confirm(ConnectionModel& c, const Message& message,
                                  const PendingRequest& request) {
  int32_t result = message->result;
  bool refused = result == TRESTLE_RESULT_WRONG_STATE || result == TRESTLE_RESULT_INVALIDATED ||
                 result == TRESTLE_RESULT_NOT_CONNECTED;
  bool cancelled = result == TRESTLE_RESULT_CANCELLED;
  require(c.state != State::kGone || cancelled,
          "after DESTROY_CFM there are only cancelled requests", message);
  if (c.state == State::kGone) return;
  switch (message->primitive) {
    case TRESTLE_PRIM_CONNECTION_CONNECT_CFM:
      if (result == TRESTLE_RESULT_WRONG_STATE || result == TRESTLE_RESULT_INVALIDATED) break;
      if (result == TRESTLE_RESULT_SUCCESS) {
        require(c.state == State::kConnecting, "no success before the program's yes", message);
        c.state = State::kEstablished;
      } else {
        c.state = State::kInvalid;
      }
      break;
    case TRESTLE_PRIM_CONNECTION_DISCONNECT_CFM:
      if (refused || cancelled) break;
      // A peer that was told to end may do so without waiting for what is on its way.
      require(result == TRESTLE_RESULT_SUCCESS || result == TRESTLE_RESULT_CLOSE_TIMEOUT ||
                  (c.close_expected && (result == TRESTLE_RESULT_TRUNCATED ||
                                        result == TRESTLE_RESULT_CONNECTION_RESET)),
              "DISCONNECT disconnects", message);
      // After a cancelled connect it stays invalid.
      if (c.state != State::kInvalid) c.state = State::kIdle;
      c.close_expected = false;
      break;
    case TRESTLE_PRIM_CONNECTION_DESTROY_CFM:
      if (result == TRESTLE_RESULT_SUCCESS) c.state = State::kGone;
      break;
    case TRESTLE_PRIM_CONNECTION_DATA_CFM:
      require(result == TRESTLE_RESULT_SUCCESS || refused || cancelled, "a DATA_CFM's results",
              message);
      if (result == TRESTLE_RESULT_SUCCESS && request.closes) c.close_expected = true;
      break;
    default:
      require(request.predicted >= 0 || refused || cancelled || result == TRESTLE_RESULT_SUCCESS,
              "a BIND_CFM's results", message);
  }
}

void Model::on_indication(const Message& message) {
  ConnectionModel& c = at(message->connection);
  switch (message->primitive) {
    case TRESTLE_PRIM_CONNECTION_CERT_IND:
      require(c.state == State::kIdle || c.state == State::kConnecting,
              "CERT_IND comes while connecting", message);
      require(pending(c.handle, TRESTLE_PRIM_CONNECTION_CONNECT_CFM),
              "CERT_IND comes before CONNECT_CFM", message);
      c.state = State::kDeciding;
      break;
    case TRESTLE_PRIM_CONNECTION_DATA_IND:
      require(c.state == State::kEstablished, "DATA_IND comes while established", message);
      require(message->length > 0, "DATA_IND has data", message);
      require(c.data_unanswered < 1, "one DATA_IND unanswered at most", message);
      ++c.data_unanswered;
      break;
    case TRESTLE_PRIM_CONNECTION_DISCONNECT_IND:
      require(c.state == State::kEstablished, "DISCONNECT_IND comes once, while established",
              message);
      require(c.close_expected, "the peer only closes when it is told to", message);
      c.state = State::kPeerClosed;
      break;
    default:
      require(false, "no other indication comes to a client", message);
  }
}

}  // namespace trestle::testing
