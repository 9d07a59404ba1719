// SPDX-License-Identifier: Apache-2.0
#include <cstring>

#include "core/messages/message.h"
#include "core/pki/name.h"
#include "core/session/config.h"

namespace trestle {
namespace {

enum class Shape { kNumber, kText, kBytes };

// One row per option: what it takes and where the number goes.
struct Option {
  uint32_t id;
  Shape shape;
  int64_t min, max;                    // of the number, or of the length
  uint32_t SessionConfig::*number;     // or nullptr: see store()
  uint32_t only_role;                  // TRESTLE_ROLE_*, or 0 for both
};

constexpr Option kOptions[] = {
    {TRESTLE_OPTION_VERSION_MIN, Shape::kNumber, TRESTLE_VERSION_TLS12, TRESTLE_VERSION_TLS13,
     nullptr, 0},
    {TRESTLE_OPTION_VERSION_MAX, Shape::kNumber, TRESTLE_VERSION_TLS12, TRESTLE_VERSION_TLS13,
     nullptr, 0},
    {TRESTLE_OPTION_SERVER_NAME, Shape::kText, 0, 253, nullptr, TRESTLE_ROLE_CLIENT},
    {TRESTLE_OPTION_CERT_DECISION, Shape::kNumber, 0, 1, &SessionConfig::cert_decision, 0},
    {TRESTLE_OPTION_CLIENT_AUTH, Shape::kNumber, 0, 2, &SessionConfig::client_auth,
     TRESTLE_ROLE_SERVER},
    {TRESTLE_OPTION_PSK_IDENTITY, Shape::kBytes, 1, TRESTLE_PSK_IDENTITY_MAX, nullptr, 0},
    {TRESTLE_OPTION_SEND_WINDOW, Shape::kNumber, 1, kWindowMax, &SessionConfig::send_window, 0},
    {TRESTLE_OPTION_RECEIVE_WINDOW, Shape::kNumber, 1, kWindowMax,
     &SessionConfig::receive_window, 0},
    {TRESTLE_OPTION_CONNECT_TIMEOUT, Shape::kNumber, 0, kTimeoutMaxMs,
     &SessionConfig::connect_timeout_ms, 0},
    {TRESTLE_OPTION_HELLO_TIMEOUT, Shape::kNumber, 0, kTimeoutMaxMs,
     &SessionConfig::hello_timeout_ms, 0},
    {TRESTLE_OPTION_RECEIVE_TIMEOUT, Shape::kNumber, 0, kTimeoutMaxMs,
     &SessionConfig::receive_timeout_ms, 0},
    {TRESTLE_OPTION_CLOSE_TIMEOUT, Shape::kNumber, 0, kTimeoutMaxMs,
     &SessionConfig::close_timeout_ms, 0},
    {TRESTLE_OPTION_ACCEPT_WINDOW, Shape::kNumber, 1, kAcceptWindowMax,
     &SessionConfig::accept_window, TRESTLE_ROLE_SERVER},
};

const Option* find_option(uint32_t id) {
  for (const Option& option : kOptions)
    if (option.id == id) return &option;
  return nullptr;
}

void store(SessionConfig& config, const Option& option, const RequestArguments& arguments) {
  pki::Bytes bytes = arguments.bytes.bytes();
  switch (option.id) {
    case TRESTLE_OPTION_VERSION_MIN:
      config.version_min = static_cast<uint16_t>(arguments.number);
      break;
    case TRESTLE_OPTION_VERSION_MAX:
      config.version_max = static_cast<uint16_t>(arguments.number);
      break;
    case TRESTLE_OPTION_SERVER_NAME:
      config.server_name = bytes.text();
      break;
    case TRESTLE_OPTION_PSK_IDENTITY:
      config.psk_identity = bytes.text();
      break;
    default:
      config.*option.number = static_cast<uint32_t>(arguments.number);
  }
}

}  // namespace

int32_t check_option_arguments(uint32_t id, int64_t number, const uint8_t* bytes,
                               uint64_t length) {
  const Option* option = find_option(id);
  if (!option) return TRESTLE_RESULT_UNKNOWN_OPTION;
  if (option->shape == Shape::kNumber) {
    if (bytes || length != 0) return TRESTLE_RESULT_BAD_ARGUMENT;
    return number >= option->min && number <= option->max ? TRESTLE_RESULT_SUCCESS
                                                          : TRESTLE_RESULT_BAD_ARGUMENT;
  }
  if (number != 0) return TRESTLE_RESULT_BAD_ARGUMENT;
  if (!bytes && length != 0) return TRESTLE_RESULT_NULL_ARGUMENT;
  if (length < static_cast<uint64_t>(option->min) || length > static_cast<uint64_t>(option->max))
    return TRESTLE_RESULT_BAD_ARGUMENT;
  if (option->shape == Shape::kText && length > 0 && std::memchr(bytes, 0, length))
    return TRESTLE_RESULT_BAD_ARGUMENT;
  return TRESTLE_RESULT_SUCCESS;
}

Outcome apply_option(SessionConfig& config, const RequestArguments& arguments) {
  const Option* option = find_option(arguments.option);
  if (option->only_role != 0 && option->only_role != config.role)
    return Outcome::failure(TRESTLE_RESULT_BAD_ARGUMENT, "not an option of this session's role");
  if (option->id == TRESTLE_OPTION_SERVER_NAME && !arguments.bytes.empty() &&
      pki::parse_reference(arguments.bytes.bytes().text()).kind == pki::ReferenceKind::kInvalid) {
    return Outcome::failure(TRESTLE_RESULT_BAD_ARGUMENT, "neither a DNS name nor an IP address");
  }
  const uint16_t min = config.version_min, max = config.version_max;
  store(config, *option, arguments);
  if (config.version_min > config.version_max) {
    config.version_min = min;
    config.version_max = max;
    return Outcome::failure(TRESTLE_RESULT_BAD_ARGUMENT, "VERSION_MIN would be above VERSION_MAX");
  }
  return Outcome::success();
}

}  // namespace trestle
