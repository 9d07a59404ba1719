// SPDX-License-Identifier: Apache-2.0
#include "abi_tests/configuration/client_hello.h"

#include <stdexcept>
#include <string>

#include "abi_tests/harness/relay.h"

namespace trestle::testing {
namespace {

constexpr size_t kRecordHeader = 5;
constexpr size_t kMessageHeader = 4;
constexpr size_t kVersionAndRandom = 2 + 32;
constexpr uint16_t kEmptyRenegotiationInfo = 0x00FF;
constexpr uint16_t kServerNameExtension = 0;

uint16_t number_at(const std::string& bytes, size_t at) {
  if (at + 2 > bytes.size()) throw std::runtime_error("the ClientHello is too short");
  return static_cast<uint16_t>(static_cast<uint8_t>(bytes[at]) << 8 |
                               static_cast<uint8_t>(bytes[at + 1]));
}

size_t end_of_session_id(const std::string& hello) {
  const size_t at = kRecordHeader + kMessageHeader + kVersionAndRandom;
  return at + 1 + static_cast<uint8_t>(hello.at(at));
}

std::vector<uint16_t> suites_in(const std::string& hello) {
  size_t at = end_of_session_id(hello);
  const size_t end = at + 2 + number_at(hello, at);
  std::vector<uint16_t> suites;
  for (at += 2; at < end; at += 2) {
    const uint16_t suite = number_at(hello, at);
    if (suite != kEmptyRenegotiationInfo) suites.push_back(suite);
  }
  return suites;
}

std::string server_name_in(const std::string& hello) {
  size_t at = end_of_session_id(hello);
  at += 2 + number_at(hello, at);                    // the suites
  at += 1 + static_cast<uint8_t>(hello.at(at));      // the compression methods
  const size_t end = at + 2 + number_at(hello, at);  // of the extensions
  for (at += 2; at < end; at += 4 + number_at(hello, at + 2)) {
    if (number_at(hello, at) != kServerNameExtension) continue;
    // Type and length of the extension, length of the list, type of the name.
    const size_t name = at + 4 + 2 + 1;
    return hello.substr(name + 2, number_at(hello, name));
  }
  return "";
}

// What a connection of the session sends first.
std::string client_hello_of(Session& session) {
  Relay silent(0);
  Connection connection = session.connect_to("127.0.0.1", silent.port());
  const std::string header = silent.wait_for_client_bytes(kRecordHeader);
  const std::string hello =
      silent.wait_for_client_bytes(kRecordHeader + number_at(header, kRecordHeader - 2));
  if (connection.destroy_req() != TRESTLE_RESULT_SUCCESS)
    throw std::runtime_error("destroy_req was refused");
  session.program().expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM, TRESTLE_RESULT_CANCELLED);
  session.program().expect(TRESTLE_PRIM_CONNECTION_DESTROY_CFM, TRESTLE_RESULT_SUCCESS);
  return hello;
}

}  // namespace

std::vector<uint16_t> offered_suites(Session& session) {
  return suites_in(client_hello_of(session));
}

std::string offered_server_name(Session& session) {
  return server_name_in(client_hello_of(session));
}

}  // namespace trestle::testing
