// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>

#include "abi_tests/behaviour/libssl_peer.h"
#include "abi_tests/harness/program.h"

namespace trestle::testing {

// A program with one connection to a libssl peer, in either role; everything it does and everything
// the peer does is the test's doing.
class WithLibssl
    : public ::testing::TestWithParam<std::tuple<std::string, uint16_t, uint32_t>> {
 protected:
  // More than the sockets' buffers take; it outlives every engine that borrowed it.
  static const std::string& much() {
    static const std::string bytes(TRESTLE_DATA_LENGTH_MAX, 'x');
    return bytes;
  }
  // So little is read ahead by a peer that doesn't read.
  static constexpr int kSmallBuffer = 65536;

  WithLibssl() : program_(std::make_unique<Program>()) {
    if (is_client()) {
      session_ = program_->client(backend());
      session_->trust(pki_.root.cert_pem());
      session_->set(TRESTLE_OPTION_SERVER_NAME, "localhost");
      session_->set(TRESTLE_OPTION_CERT_DECISION, int64_t{TRESTLE_CERT_DECISION_AUTO});
    } else {
      session_ = program_->server(backend());
      session_->identity(pki_.server);
    }
  }

  const std::string& backend() const { return std::get<0>(GetParam()); }
  uint16_t version() const { return std::get<1>(GetParam()); }
  bool is_client() const { return std::get<2>(GetParam()) == TRESTLE_ROLE_CLIENT; }

  // The session's options are set before.
  Connection connect(int peers_receive_buffer = 0) {
    if (is_client()) {
      peer_ = std::make_unique<LibsslPeer>(
          LibsslPeer::server(version(), pki_.server, peers_receive_buffer));
      Connection connection = session_->connect_to("127.0.0.1", peer_->port());
      finish_handshake(TRESTLE_PRIM_CONNECTION_CONNECT_CFM);
      return connection;
    }
    const uint16_t port = session_->listen()->port;
    peer_ = std::make_unique<LibsslPeer>(LibsslPeer::client(version(), port, peers_receive_buffer));
    Connection connection(program_.get(), program_->expect(TRESTLE_PRIM_ACCEPT_IND)->connection);
    if (connection.accept_res(1) != TRESTLE_RESULT_SUCCESS) throw std::runtime_error("accept_res");
    finish_handshake(TRESTLE_PRIM_CONNECTION_CONNECT_IND);
    return connection;
  }
  // An idle client's connection, once more to the same peer.
  void connect_again(Connection& connection) {
    if (connection.connect_req("127.0.0.1", peer_->port()) != TRESTLE_RESULT_SUCCESS)
      throw std::runtime_error("connect_req");
    finish_handshake(TRESTLE_PRIM_CONNECTION_CONNECT_CFM);
  }

  LibsslPeer& peer() { return *peer_; }

  const TestPki pki_;
  std::unique_ptr<LibsslPeer> peer_;  // its socket outlives the engine
  std::unique_ptr<Program> program_;
  std::optional<Session> session_;

 private:
  void finish_handshake(uint32_t primitive) {
    peer_->handshake();
    program_->expect(primitive, TRESTLE_RESULT_SUCCESS);
  }
};

inline std::string with_libssl_name(
    const ::testing::TestParamInfo<WithLibssl::ParamType>& info) {
  return std::get<0>(info.param) +
         (std::get<1>(info.param) == TRESTLE_VERSION_TLS13 ? "_tls13" : "_tls12") +
         (std::get<2>(info.param) == TRESTLE_ROLE_CLIENT ? "_client" : "_server");
}

}  // namespace trestle::testing
