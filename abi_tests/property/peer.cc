// SPDX-License-Identifier: Apache-2.0
#include "abi_tests/property/peer.h"

namespace trestle::testing {
namespace {

void configure(Session& session) {
  session.set(TRESTLE_OPTION_SEND_WINDOW, int64_t{kReplyWindow});
  session.set(TRESTLE_OPTION_CLOSE_TIMEOUT, int64_t{200});
}

}  // namespace

void CommandPeer::start() {
  thread_ = std::thread([this] {
    while (!stop_) {
      look();
      const trestle_message* message = nullptr;
      uint32_t count = 0;
      if (api().queue_get(program_.engine(), program_.queue(), &message, 1, 5, &count) ==
          TRESTLE_RESULT_SUCCESS) {
        handle(Message(program_.engine(), message));
      }
    }
  });
}

void CommandPeer::stop() {
  stop_ = true;
  thread_.join();
}

void CommandPeer::obey(const Message& data) {
  static const std::string kBig(kBigReply, 'B');
  Connection connection(&program_, data->connection);
  for (char command : data.data()) {
    // The results don't matter: a program that goes away in the middle is part of the game.
    switch (command) {
      case 'e': connection.data_req("E"); break;
      case 'b': connection.data_req(kBig); break;
      case 'c': connection.disconnect_req(); break;
      case 'd': connection.destroy_req(); break;
    }
  }
  connection.data_res();
}

// --- CommandServer ---

CommandServer::CommandServer(const std::string& backend, const Identity& identity) {
  Session session = program_.server(backend);
  session.identity(identity);
  session.set(TRESTLE_OPTION_ACCEPT_WINDOW, int64_t{256});
  configure(session);
  port_ = session.listen()->port;
  start();
}

void CommandServer::handle(const Message& message) {
  Connection connection(&program_, message->connection);
  switch (message->primitive) {
    case TRESTLE_PRIM_ACCEPT_IND:
      connection.accept_res(1);
      break;
    case TRESTLE_PRIM_CONNECTION_CONNECT_IND:
      if (message->result != TRESTLE_RESULT_SUCCESS) connection.destroy_req();
      break;
    case TRESTLE_PRIM_CONNECTION_DATA_IND:
      obey(message);
      break;
    case TRESTLE_PRIM_CONNECTION_DISCONNECT_IND:
      connection.disconnect_res();
      break;
    case TRESTLE_PRIM_CONNECTION_DISCONNECT_CFM:
      connection.destroy_req();
      break;
  }
}

// --- CommandClient ---

CommandClient::CommandClient(const std::string& backend, const TestPki& pki)
    : session_(program_.client(backend)) {
  constexpr int kConnections = 6;
  session_.trust(pki.root.cert_pem());
  session_.identity(pki.client);
  session_.set(TRESTLE_OPTION_SERVER_NAME, "localhost");
  session_.set(TRESTLE_OPTION_CERT_DECISION, int64_t{TRESTLE_CERT_DECISION_AUTO});
  configure(session_);
  for (int i = 0; i < kConnections; ++i) create();
  start();
}

void CommandClient::create() {
  api().connection_create_req(program_.engine(), session_.handle(), TRESTLE_FAMILY_IP4, 0, 1);
}

void CommandClient::look() {
  const uint16_t port = port_;
  if (port == 0) return;
  for (uint64_t handle : waiting_) Connection(&program_, handle).connect_req("127.0.0.1", port);
  waiting_.clear();
}

void CommandClient::handle(const Message& message) {
  Connection connection(&program_, message->connection);
  switch (message->primitive) {
    case TRESTLE_PRIM_CONNECTION_CREATE_CFM:
      waiting_.push_back(message->connection);
      break;
    case TRESTLE_PRIM_CONNECTION_CONNECT_CFM:
      if (message->result != TRESTLE_RESULT_SUCCESS) connection.destroy_req();
      break;
    case TRESTLE_PRIM_CONNECTION_DATA_IND:
      obey(message);
      break;
    case TRESTLE_PRIM_CONNECTION_DISCONNECT_IND:
      connection.disconnect_res();
      create();
      break;
    case TRESTLE_PRIM_CONNECTION_DISCONNECT_CFM:
      // A disconnected one may connect again; one that never got that far may not.
      connection.destroy_req();
      break;
    case TRESTLE_PRIM_CONNECTION_DESTROY_CFM:
      create();
      break;
  }
}

}  // namespace trestle::testing
