// SPDX-License-Identifier: Apache-2.0
#include "abi_tests/property/peer.h"

namespace trestle::testing {

CommandServer::CommandServer(const std::string& backend, const Identity& identity) {
  Session session = program_.server(backend);
  session.identity(identity);
  session.set(TRESTLE_OPTION_SEND_WINDOW, int64_t{1024});
  session.set(TRESTLE_OPTION_ACCEPT_WINDOW, int64_t{256});
  session.set(TRESTLE_OPTION_CLOSE_TIMEOUT, int64_t{200});
  port_ = session.listen()->port;
  thread_ = std::thread([this] { run(); });
}

CommandServer::~CommandServer() {
  stop_ = true;
  thread_.join();
}

void CommandServer::run() {
  while (!stop_) {
    const trestle_message* message = nullptr;
    uint32_t count = 0;
    if (api().queue_get(program_.engine(), program_.queue(), &message, 1, 20, &count) ==
        TRESTLE_RESULT_SUCCESS) {
      handle(Message(program_.engine(), message));
    }
  }
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
      connection.data_res();
      obey(message->connection, message.data());
      break;
    case TRESTLE_PRIM_CONNECTION_DISCONNECT_IND:
      connection.disconnect_res();
      break;
    case TRESTLE_PRIM_CONNECTION_DISCONNECT_CFM:
      connection.destroy_req();
      break;
  }
}

void CommandServer::obey(uint64_t handle, std::string_view commands) {
  static const std::string kBig(200 * 1024, 'B');
  Connection connection(&program_, handle);
  for (char command : commands) {
    // The results don't matter: a client that goes away in the middle is part of the game.
    switch (command) {
      case 'e': connection.data_req("E"); break;
      case 'b': connection.data_req(kBig); break;
      case 'c': connection.disconnect_req(); break;
      case 'd': connection.destroy_req(); break;
    }
  }
}

}  // namespace trestle::testing
