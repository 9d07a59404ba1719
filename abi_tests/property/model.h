// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "abi_tests/harness/program.h"

namespace trestle::testing {

// What the specification says about one client connection, told by the messages so far.
struct ConnectionModel {
  enum class State { kIdle, kConnecting, kDeciding, kEstablished, kPeerClosed, kInvalid, kGone };
  uint64_t handle = 0;
  State state = State::kIdle;
  uint32_t data_unanswered = 0;  // fetched DATA_IND
  bool close_expected = false;   // the peer was told to close
  bool res_sent = false;         // DISCONNECT_RES: the handle ends soon
};

const char* name_of(ConnectionModel::State state);

// A request that was accepted and is not confirmed yet.
struct PendingRequest {
  uint32_t cfm;
  uint64_t connection;
  // Sent when nothing else was on its way: the result is fully determined. -1: it is not.
  int32_t predicted = -1;
  bool closes = false;  // DATA_REQ that tells the peer to close
};

// The model of a session with its connections. Every message is checked against it; what is wrong
// throws std::runtime_error.
class Model {
 public:
  void add_connection(uint64_t handle) { connections_[handle].handle = handle; }
  std::map<uint64_t, ConnectionModel>& connections() { return connections_; }
  ConnectionModel& at(uint64_t handle) { return connections_.at(handle); }

  // A request was accepted under this tag.
  void accepted(uint64_t tag, const PendingRequest& request);
  void forget_predictions(uint64_t connection);
  bool anything_pending() const { return !pending_.empty(); }
  int count(uint64_t connection, uint32_t cfm) const;
  bool pending(uint64_t connection, uint32_t cfm) const { return count(connection, cfm) > 0; }
  bool anything_pending(uint64_t connection) const;

  // What the confirm must say, for a connection on which nothing is on its way.
  static int32_t predict(const ConnectionModel& connection, uint32_t cfm);

  void on_message(const Message& message);

 private:
  void on_confirm(const Message& message);
  void on_connection_confirm(ConnectionModel& c, const Message& message,
                             const PendingRequest& request);
  void on_indication(const Message& message);

  std::map<uint64_t, ConnectionModel> connections_;
  std::map<uint64_t, PendingRequest> pending_;
};

}  // namespace trestle::testing
