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

uint16_t number_at(const std::string& bytes, size_t at) {
  if (at + 2 > bytes.size()) throw std::runtime_error("the ClientHello is too short");
  return static_cast<uint16_t>(static_cast<uint8_t>(bytes[at]) << 8 |
                               static_cast<uint8_t>(bytes[at + 1]));
}

std::vector<uint16_t> suites_in(const std::string& hello) {
  size_t at = kRecordHeader + kMessageHeader + kVersionAndRandom;
  at += 1 + static_cast<uint8_t>(hello.at(at));  // the session id
  const size_t end = at + 2 + number_at(hello, at);
  std::vector<uint16_t> suites;
  for (at += 2; at < end; at += 2) {
    const uint16_t suite = number_at(hello, at);
    if (suite != kEmptyRenegotiationInfo) suites.push_back(suite);
  }
  return suites;
}

}  // namespace

std::vector<uint16_t> offered_suites(Session& session) {
  Relay silent(0);
  Connection connection = session.connect_to("127.0.0.1", silent.port());
  const std::string header = silent.wait_for_client_bytes(kRecordHeader);
  const std::string hello =
      silent.wait_for_client_bytes(kRecordHeader + number_at(header, kRecordHeader - 2));
  if (connection.destroy_req() != TRESTLE_RESULT_SUCCESS)
    throw std::runtime_error("destroy_req was refused");
  session.program().expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM, TRESTLE_RESULT_CANCELLED);
  session.program().expect(TRESTLE_PRIM_CONNECTION_DESTROY_CFM, TRESTLE_RESULT_SUCCESS);
  return suites_in(hello);
}

}  // namespace trestle::testing
