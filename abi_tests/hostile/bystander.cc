// SPDX-License-Identifier: Apache-2.0
#include "abi_tests/hostile/bystander.h"

#include <stdexcept>

namespace trestle::testing {
namespace {

void check(bool ok, const char* what) {
  if (!ok) throw std::runtime_error(std::string("bystander: ") + what);
}

}  // namespace

Bystander::Bystander(Program* program, const std::string& backend, const TestPki& pki)
    : program_(program),
      client_(program->client(backend)),
      server_(program->server(backend)),
      server_queue_(program->new_queue()) {
  client_.trust(pki.root.cert_pem());
  client_.set(TRESTLE_OPTION_SERVER_NAME, "localhost");
  client_.set(TRESTLE_OPTION_CERT_DECISION, int64_t{TRESTLE_CERT_DECISION_AUTO});
  server_.identity(pki.server);
  port_ = server_.listen()->port;
}

std::chrono::milliseconds Bystander::round() {
  const auto begin = std::chrono::steady_clock::now();
  Connection client = client_.connect_to("127.0.0.1", port_);
  Connection server(program_, program_->expect(TRESTLE_PRIM_ACCEPT_IND)->connection);
  check(server.accept_res(1, server_queue_) == TRESTLE_RESULT_SUCCESS, "accept");
  Message cfm = program_->expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM, 0);
  if (cfm->result != TRESTLE_RESULT_SUCCESS) throw std::runtime_error("bystander: " + cfm.text());
  program_->expect(TRESTLE_PRIM_CONNECTION_CONNECT_IND, server_queue_);

  client.send("ping");
  Message ping = program_->expect(TRESTLE_PRIM_CONNECTION_DATA_IND, server_queue_);
  check(ping.data() == "ping" && server.data_res() == TRESTLE_RESULT_SUCCESS, "ping");
  check(server.data_req("pong") == TRESTLE_RESULT_SUCCESS, "pong");
  program_->expect(TRESTLE_PRIM_CONNECTION_DATA_CFM, server_queue_);
  check(client.receive(4) == "pong", "pong");

  check(client.destroy()->result == TRESTLE_RESULT_SUCCESS, "destroy");
  program_->expect(TRESTLE_PRIM_CONNECTION_DISCONNECT_IND, server_queue_);
  check(server.destroy_req() == TRESTLE_RESULT_SUCCESS, "destroy");
  program_->expect(TRESTLE_PRIM_CONNECTION_DESTROY_CFM, server_queue_);
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                               begin);
}

}  // namespace trestle::testing
