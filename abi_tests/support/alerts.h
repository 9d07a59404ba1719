// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>
#include <string>
#include <vector>

namespace trestle::testing {

// An alert as one side of a connection saw it. The description is IANA's number:
// 0 close_notify, 42 bad_certificate, 48 unknown_ca, ...
struct Alert {
  enum class Direction { kSent, kReceived };
  Direction direction;
  int description;
};

inline constexpr Alert sent_alert(int description) {
  return {Alert::Direction::kSent, description};
}
inline constexpr Alert received_alert(int description) {
  return {Alert::Direction::kReceived, description};
}

inline bool operator==(const Alert& a, const Alert& b) {
  return a.direction == b.direction && a.description == b.description;
}
std::ostream& operator<<(std::ostream& out, const Alert& alert);

// What the logs of real programs tell of alerts, in their order.
using AlertParser = std::vector<Alert> (*)(const std::string& log);
std::vector<Alert> alerts_in_openssl_trace(const std::string& log);  // -trace
std::vector<Alert> alerts_in_gnutls_log(const std::string& log);     // --debug=5
std::vector<Alert> alerts_in_nginx_log(const std::string& log);      // received ones, fatal
std::vector<Alert> alerts_in_curl_log(const std::string& log);       // --verbose

}  // namespace trestle::testing
