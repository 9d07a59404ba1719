// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "abi_tests/harness/program.h"

namespace trestle::testing {

// What the specification says about one connection, told by the messages so far.
struct ConnectionModel {
  enum class State {
    kIdle,
    kAwaitingAccept,  // ACCEPT_IND was fetched
    kConnecting,
    kDeciding,
    kEstablished,
    kPeerClosed,
    kInvalid,
    kGone
  };
  uint64_t handle = 0;
  uint64_t queue = 0;
  uint64_t listener = 0;  // of an accepted one; 0: a client's
  State state = State::kIdle;
  uint32_t data_unanswered = 0;  // fetched DATA_IND
  bool was_connected = false;    // at least once
  bool accept_counts = false;    // for the listener's window
  bool connect_ind_due = false;  // ACCEPT_RES was a yes
  bool rejected = false;         // CERT_RES was a no
  bool cancelled = false;        // DISCONNECT or DESTROY was asked for
  bool close_expected = false;   // the peer was told to close
  bool res_sent = false;         // DISCONNECT_RES, or ACCEPT_RES with a no: the handle ends soon
  // Bytes in this life: those that the peer was told to send for sure, all that it may have been
  // told to send, and what came.
  uint64_t asked = 0;
  uint64_t asked_at_most = 0;
  uint64_t received = 0;
  uint32_t replies = 0;  // that the peer was told to send
};

const char* name_of(ConnectionModel::State state);

// A request that was accepted and is not confirmed yet.
struct PendingRequest {
  uint32_t cfm;
  uint64_t connection;
  uint64_t queue;
  // Sent when nothing else was on its way: the result is fully determined. -1: it is not.
  int32_t predicted = -1;
  bool closes = false;  // DATA_REQ that tells the peer to close
  uint64_t asks = 0;    // bytes that the peer is told to send before that
  std::shared_ptr<const std::string> lent = nullptr;  // until the confirm
};

// The model of a session with its connections. Every message is checked against it; what is wrong
// throws std::runtime_error.
class Model {
 public:
  struct Settings {
    uint32_t role = TRESTLE_ROLE_CLIENT;
    uint32_t send_window = 1;
    uint32_t receive_window = 1;
    uint32_t accept_window = 16;
    int64_t version_min = TRESTLE_VERSION_TLS12;
    int64_t version_max = TRESTLE_VERSION_TLS13;
  };
  Model(const Settings& settings, uint64_t queue) : settings_(settings), queue_(queue) {}

  const Settings& settings() const { return settings_; }
  // What the confirm of a configuration must say that by itself would lead to `result`; CONFIG_OPTION
  // takes effect. Each is decided by the requests before it alone.
  int32_t configured(int32_t result) const {
    return configuration_closed_ ? TRESTLE_RESULT_WRONG_STATE : result;
  }
  int32_t option_configured(uint32_t option, int64_t number, int32_t result);
  // CONNECT or LISTEN was accepted.
  void close_configuration() { configuration_closed_ = true; }
  void add_connection(uint64_t handle, uint64_t queue);
  std::map<uint64_t, ConnectionModel>& connections() { return connections_; }
  ConnectionModel& at(uint64_t handle) { return connections_.at(handle); }
  // Listeners, by handle: how many ACCEPT_IND of it are unanswered.
  std::map<uint64_t, uint32_t>& listeners() { return listeners_; }

  // A request was accepted under this tag.
  void accepted(uint64_t tag, const PendingRequest& request);
  // ACCEPT_RES was taken.
  void accept_answered(ConnectionModel& c, uint8_t accepted, uint64_t queue);
  // By SESSION_DESTROY, or the engine's end: what is pending may be cancelled.
  void session_ends();
  void forget_predictions(uint64_t connection);
  bool anything_pending() const { return !pending_.empty(); }
  int count(uint64_t connection, uint32_t cfm) const;
  bool pending(uint64_t connection, uint32_t cfm) const { return count(connection, cfm) > 0; }
  bool anything_pending(uint64_t connection) const;

  // What the confirm must say, for a connection on which nothing is on its way.
  static int32_t predict(const ConnectionModel& connection, uint32_t cfm);

  void on_message(const Message& message, uint64_t queue);

 private:
  void on_confirm(const Message& message, uint64_t queue);
  void on_connection_confirm(ConnectionModel& c, const Message& message,
                             const PendingRequest& request);
  void on_disconnected(ConnectionModel& c, const Message& message);
  void on_data_confirm(ConnectionModel& c, const Message& message, const PendingRequest& request);
  void on_handshake_end(ConnectionModel& c, const Message& message);
  void on_indication(const Message& message, uint64_t queue);
  void accept_is_answered(ConnectionModel* c);
  void on_accept_indication(const Message& message, uint64_t queue);
  void on_data(ConnectionModel& c, const Message& message);

  bool session_ends_ = false;
  bool configuration_closed_ = false;
  Settings settings_;
  const uint64_t queue_;  // the session's
  std::map<uint64_t, ConnectionModel> connections_;
  std::map<uint64_t, uint32_t> listeners_;
  std::map<uint64_t, PendingRequest> pending_;
};

}  // namespace trestle::testing
