// SPDX-License-Identifier: Apache-2.0
#include "abi_tests/configuration/sides.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace trestle::testing {

bool Meeting::established() const {
  return client_end->result == TRESTLE_RESULT_SUCCESS &&
         server_end->result == TRESTLE_RESULT_SUCCESS;
}

std::string Meeting::text() const {
  return "client: " + client_end.text() + "\nserver: " + server_end.text();
}

Meeting Sides::meet(Session client, uint16_t port) {
  Connection calling = client.connect_to("127.0.0.1", port);
  Connection called = accept_next(server_program_);
  Message client_end = calling.finish_connect();
  Message server_end = called.finish_connect();
  return {calling, called, client_end, server_end};
}

void Sides::part(Meeting& meeting) {
  ASSERT_EQ(meeting.client.disconnect_req(), TRESTLE_RESULT_SUCCESS);
  Message end = server_program_.expect(TRESTLE_PRIM_CONNECTION_DISCONNECT_IND);
  EXPECT_EQ(end->result, TRESTLE_RESULT_SUCCESS) << end;
  EXPECT_EQ(meeting.server.disconnect_res(), TRESTLE_RESULT_SUCCESS);
  Message cfm = client_program_.expect(TRESTLE_PRIM_CONNECTION_DISCONNECT_CFM);
  EXPECT_EQ(cfm->result, TRESTLE_RESULT_SUCCESS) << cfm;
}

void expect_to_carry_data(Meeting& meeting) {
  // More than a record.
  const std::string up(20000, 'u');
  const std::string down(20000, 'd');
  meeting.client.send(up);
  EXPECT_EQ(meeting.server.receive(up.size()), up);
  meeting.server.send(down);
  EXPECT_EQ(meeting.client.receive(down.size()), down);
}

uint16_t listen_on(Session& server) {
  Message listening = server.listen();
  if (listening->result != TRESTLE_RESULT_SUCCESS) throw std::runtime_error(listening.text());
  return listening->port;
}

Connection accept_next(Program& program) {
  Message incoming = program.expect(TRESTLE_PRIM_ACCEPT_IND);
  Connection connection(&program, incoming->connection);
  if (connection.accept_res(1) != TRESTLE_RESULT_SUCCESS)
    throw std::runtime_error("accept_res was refused");
  return connection;
}

std::string outcome_text(const Message& end) {
  std::string text = api().result_name(end->result);
  if (end.alert() == TRESTLE_ALERT_NONE) return text;
  const bool sent = end->error->alert_direction == TRESTLE_ALERT_DIRECTION_SENT;
  return text + ", alert " + std::to_string(end.alert()) + (sent ? " sent" : " received");
}

void echo_once(Program& program, Connection& connection) {
  Message data = program.expect(TRESTLE_PRIM_CONNECTION_DATA_IND);
  connection.send(data.data());
  connection.data_res();
  Message end = program.expect(TRESTLE_PRIM_CONNECTION_DISCONNECT_IND);
  EXPECT_EQ(end->result, TRESTLE_RESULT_SUCCESS) << end;
  connection.disconnect_res();
}

}  // namespace trestle::testing
