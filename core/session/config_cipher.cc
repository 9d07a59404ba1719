// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "core/messages/message.h"
#include "core/session/config.h"

namespace trestle {

Outcome apply_cipher(SessionConfig& config, const RequestArguments& arguments) {
  for (uint16_t suite : arguments.suites) {
    // NULL_WITH_NULL_NULL is the state before a handshake; no handshake may negotiate it
    // (RFC 5246, A.5), whatever a backend says.
    if (suite != TRESTLE_TLS_NULL_WITH_NULL_NULL &&
        config.backend->capability(TRESTLE_CAPABILITY_SUITE, suite) == 1) {
      continue;
    }
    char text[160];
    std::snprintf(text, sizeof text, "%s (0x%04X) is not supported by backend %s",
                  trestle_suite_name(suite), suite, config.backend->name);
    return Outcome::failure(TRESTLE_RESULT_SUITE_NOT_SUPPORTED, text);
  }
  config.suites = arguments.suites;
  config.keybits_min = static_cast<uint16_t>(arguments.number);
  config.keybits_max = static_cast<uint16_t>(arguments.number2);
  return Outcome::success();
}

}  // namespace trestle
