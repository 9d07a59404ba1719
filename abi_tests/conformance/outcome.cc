// SPDX-License-Identifier: Apache-2.0
#include "abi_tests/conformance/outcome.h"

#include <cstring>

#include <gtest/gtest.h>

namespace trestle::conformance {
namespace {

struct Name {
  int32_t result;
  const char* text;
};

// The results that a plugin may return.
constexpr Name kNames[] = {
    {TRESTLE_RESULT_OUT_OF_MEMORY, "OUT_OF_MEMORY"},
    {TRESTLE_RESULT_TRUNCATED, "TRUNCATED"},
    {TRESTLE_RESULT_HANDSHAKE_FAILED, "HANDSHAKE_FAILED"},
    {TRESTLE_RESULT_ALERT_RECEIVED, "ALERT_RECEIVED"},
    {TRESTLE_RESULT_PROTOCOL_VIOLATION, "PROTOCOL_VIOLATION"},
    {TRESTLE_RESULT_NO_COMMON_SUITE, "NO_COMMON_SUITE"},
    {TRESTLE_RESULT_NO_COMMON_VERSION, "NO_COMMON_VERSION"},
    {TRESTLE_RESULT_PEER_HAS_NO_CERTIFICATE, "PEER_HAS_NO_CERTIFICATE"},
    {TRESTLE_RESULT_CERT_REJECTED, "CERT_REJECTED"},
    // What a library refuses in a certificate before anybody can be asked about it.
    {TRESTLE_RESULT_CERT_UNSUPPORTED_ALGORITHM, "CERT_UNSUPPORTED_ALGORITHM"},
    {TRESTLE_RESULT_CERT_KEY_TOO_SMALL, "CERT_KEY_TOO_SMALL"},
    {TRESTLE_RESULT_CERT_KEY_USAGE, "CERT_KEY_USAGE"},
    {TRESTLE_RESULT_CERT_UNKNOWN_CRITICAL_EXTENSION, "CERT_UNKNOWN_CRITICAL_EXTENSION"},
    {TRESTLE_RESULT_CERT_NAME_CONSTRAINT, "CERT_NAME_CONSTRAINT"},
    {TRESTLE_RESULT_CERT_MALFORMED, "CERT_MALFORMED"},
    {TRESTLE_RESULT_CERT_CHAIN_TOO_LONG, "CERT_CHAIN_TOO_LONG"},
    {TRESTLE_RESULT_BACKEND_INIT, "BACKEND_INIT"},
    {TRESTLE_RESULT_NOT_SUPPORTED, "NOT_SUPPORTED"},
    {TRESTLE_RESULT_SUITE_NOT_SUPPORTED, "SUITE_NOT_SUPPORTED"},
    {TRESTLE_RESULT_BAD_CERTIFICATE, "BAD_CERTIFICATE"},
    {TRESTLE_RESULT_BAD_PRIVATE_KEY, "BAD_PRIVATE_KEY"},
    {TRESTLE_RESULT_KEY_MISMATCH, "KEY_MISMATCH"},
    {TRESTLE_RESULT_WRONG_PASSWORD, "WRONG_PASSWORD"},
    {TRESTLE_RESULT_NO_IDENTITY, "NO_IDENTITY"},
    {TRESTLE_RESULT_BAD_PSK, "BAD_PSK"},
    {TRESTLE_RESULT_FAILURE, "FAILURE"},
};

bool known_result(int32_t result) {
  for (const Name& name : kNames) {
    if (name.result == result) return true;
  }
  return false;
}

bool terminated(const char (&text)[TRESTLE_BACKEND_TEXT_MAX]) {
  return std::memchr(text, 0, sizeof text) != nullptr;
}

void hold_to_rules(const char* slot, const trestle_backend_error& error) {
  EXPECT_EQ(error.size, sizeof error) << slot << " changed the error's size";
  EXPECT_TRUE(known_result(error.result))
      << slot << " failed with result " << error.result << ", which no plugin may return";
  EXPECT_LE(error.alert, 255u) << slot;
  EXPECT_LE(error.alert_direction, 2u) << slot;
  // A peer may send any number, that of none as well.
  const uint32_t without_number = error.alert == TRESTLE_ALERT_NONE
                                      ? error.alert_direction
                                      : uint32_t{TRESTLE_ALERT_DIRECTION_NONE};
  EXPECT_NE(without_number, uint32_t{TRESTLE_ALERT_DIRECTION_SENT}) << slot;
  EXPECT_TRUE(error.alert == TRESTLE_ALERT_NONE ||
              error.alert_direction != TRESTLE_ALERT_DIRECTION_NONE)
      << slot << ": alert " << error.alert << " with direction " << error.alert_direction;
  EXPECT_EQ(error.result == TRESTLE_RESULT_ALERT_RECEIVED,
            error.alert_direction == TRESTLE_ALERT_DIRECTION_RECEIVED)
      << slot << ": " << result_text(error.result) << " with alert direction "
      << error.alert_direction;
  EXPECT_TRUE(terminated(error.library_text)) << slot;
  EXPECT_TRUE(terminated(error.detail)) << slot;
}

}  // namespace

std::string result_text(int32_t result) {
  for (const Name& name : kNames) {
    if (name.result == result) return name.text;
  }
  return "result " + std::to_string(result);
}

std::string Outcome::text() const {
  switch (status) {
    case TRESTLE_BACKEND_OK:
      return "OK";
    case TRESTLE_BACKEND_WANT_READ:
      return "WANT_READ";
    case TRESTLE_BACKEND_CLOSED:
      return "CLOSED";
    default:
      break;
  }
  std::string text = result_text(error.result);
  if (error.alert_direction == TRESTLE_ALERT_DIRECTION_SENT) {
    text += ", alert " + std::to_string(error.alert) + " sent";
  } else if (error.alert_direction == TRESTLE_ALERT_DIRECTION_RECEIVED) {
    text += ", alert " + std::to_string(error.alert) + " received";
  }
  return text;
}

std::string Outcome::explanation() const {
  if (!failed()) return text();
  return text() + " (library code " + std::to_string(error.library_code) + ", \"" +
         error.library_text + "\", detail \"" + error.detail + "\")";
}

trestle_backend_error fresh_error() {
  trestle_backend_error error = {};
  error.size = sizeof error;
  error.alert = TRESTLE_ALERT_NONE;
  return error;
}

Outcome make_outcome(const char* slot, int32_t status, const trestle_backend_error& error) {
  EXPECT_TRUE(status == TRESTLE_BACKEND_OK || status == TRESTLE_BACKEND_WANT_READ ||
              status == TRESTLE_BACKEND_CLOSED || status == TRESTLE_BACKEND_ERROR)
      << slot << " returned " << status;
  if (status == TRESTLE_BACKEND_ERROR) hold_to_rules(slot, error);
  return {status, error};
}

}  // namespace trestle::conformance
