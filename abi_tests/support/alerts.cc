// SPDX-License-Identifier: Apache-2.0
#include "abi_tests/support/alerts.h"

#include <regex>
#include <sstream>

namespace trestle::testing {
namespace {

constexpr Alert::Direction kSent = Alert::Direction::kSent;
constexpr Alert::Direction kReceived = Alert::Direction::kReceived;

bool starts_with(const std::string& text, std::string_view prefix) {
  return text.compare(0, prefix.size(), prefix) == 0;
}

// Calls `on_match` for each line that has the pattern. Only lines with the keyword are looked at,
// because a regular expression over a long log is slow.
template <typename OnMatch>
void for_each_match(const std::string& log, std::string_view keyword, const std::regex& pattern,
                    const OnMatch& on_match) {
  std::istringstream lines(log);
  std::string line;
  std::smatch match;
  while (std::getline(lines, line)) {
    if (line.find(keyword) == std::string::npos) continue;
    if (std::regex_search(line, match, pattern)) on_match(match);
  }
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Alert& alert) {
  return out << (alert.direction == kSent ? "sent" : "received") << " alert " << alert.description;
}

// "Sent Record" or "Received Record" heads each record; an alert inside it is
// "    Level=fatal(2), description=bad certificate(42)".
std::vector<Alert> alerts_in_openssl_trace(const std::string& log) {
  static const std::regex pattern(R"(Level=\w+\(\d+\), description=.*\((\d+)\))");
  std::vector<Alert> alerts;
  Alert::Direction direction = kSent;
  std::istringstream lines(log);
  std::string line;
  std::smatch match;
  while (std::getline(lines, line)) {
    if (starts_with(line, "Sent Record")) {
      direction = kSent;
    } else if (starts_with(line, "Received Record")) {
      direction = kReceived;
    } else if (line.find("Level=") != std::string::npos &&
               std::regex_search(line, match, pattern)) {
      alerts.push_back({direction, std::stoi(match[1])});
    }
  }
  return alerts;
}

// "REC: Sending Alert[2|42] - Certificate is bad" and
// "REC[0x55]: Alert[2|42] - Certificate is bad - was received".
std::vector<Alert> alerts_in_gnutls_log(const std::string& log) {
  static const std::regex pattern(R"((Sending )?Alert\[\d+\|(\d+)\] - .*)");
  std::vector<Alert> alerts;
  for_each_match(log, "Alert[", pattern, [&](const std::smatch& match) {
    alerts.push_back({match[1].matched ? kSent : kReceived, std::stoi(match[2])});
  });
  return alerts;
}

// "SSL_do_handshake() failed (SSL: ... sslv3 alert bad certificate:SSL alert number 42)".
std::vector<Alert> alerts_in_nginx_log(const std::string& log) {
  static const std::regex pattern(R"(SSL alert number (\d+))");
  std::vector<Alert> alerts;
  for_each_match(log, "SSL alert number", pattern, [&](const std::smatch& match) {
    alerts.push_back({kReceived, std::stoi(match[1])});
  });
  return alerts;
}

// "TLSv1.3 (OUT), TLS alert, unknown CA (560):", where 560 is level * 256 + description.
std::vector<Alert> alerts_in_curl_log(const std::string& log) {
  static const std::regex pattern(R"(\((IN|OUT)\), TLS alert, .*\((\d+)\))");
  std::vector<Alert> alerts;
  for_each_match(log, "TLS alert", pattern, [&](const std::smatch& match) {
    constexpr int kDescriptionMask = 0xff;
    alerts.push_back(
        {match[1] == "OUT" ? kSent : kReceived, std::stoi(match[2]) & kDescriptionMask});
  });
  return alerts;
}

}  // namespace trestle::testing
