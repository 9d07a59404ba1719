// SPDX-License-Identifier: Apache-2.0
#include "abi_tests/support/peers.h"

#include <algorithm>
#include <stdexcept>

#include "abi_tests/support/peer_arguments.h"

namespace trestle::testing {

void append(Arguments& arguments, const Arguments& more) {
  arguments.insert(arguments.end(), more.begin(), more.end());
}

std::string join(const std::vector<std::string>& words, std::string_view separator) {
  std::string result;
  for (const std::string& word : words) {
    if (!result.empty()) result += separator;
    result += word;
  }
  return result;
}

std::string to_hex(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string result;
  for (const unsigned char byte : bytes) {
    result += kDigits[byte >> 4];
    result += kDigits[byte & 0xf];
  }
  return result;
}

std::string bundle_pem(const std::vector<Identity>& identities) {
  std::string result;
  for (const Identity& identity : identities) result += identity.cert_pem();
  return result;
}

std::string host_and_port(std::string_view address, uint16_t port) {
  const bool is_v6 = address.find(':') != std::string_view::npos;
  const std::string host(address);
  return (is_v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string openssl_ciphers(const TlsOptions& options) {
  const bool old = options.min_version < TlsVersion::k12;
  return options.openssl_ciphers.empty() && old ? "DEFAULT:@SECLEVEL=0" : options.openssl_ciphers;
}

const char* openssl_version_name(TlsVersion version) {
  switch (version) {
    case TlsVersion::k10: return "TLSv1";
    case TlsVersion::k11: return "TLSv1.1";
    case TlsVersion::k12: return "TLSv1.2";
    case TlsVersion::k13: return "TLSv1.3";
  }
  throw std::invalid_argument("no such version");
}

void refuse(std::string_view peer, std::string_view what) {
  throw std::invalid_argument(std::string(peer) + " can't do this: " + std::string(what));
}

std::vector<Alert> Peer::alerts() const { return parse_alerts_(alert_log().text()); }

bool Peer::wait_for_alert(const Alert& alert, std::chrono::milliseconds timeout) const {
  return alert_log().wait_until(
      [&](const std::string& text) {
        const std::vector<Alert> seen = parse_alerts_(text);
        return std::find(seen.begin(), seen.end(), alert) != seen.end();
      },
      timeout);
}

std::optional<Alert> Peer::wait_for_first_alert(std::chrono::milliseconds timeout) const {
  std::optional<Alert> first;
  alert_log().wait_until(
      [&](const std::string& text) {
        const std::vector<Alert> seen = parse_alerts_(text);
        if (!seen.empty()) first = seen.front();
        return first.has_value();
      },
      timeout);
  return first;
}

std::string Server::url(std::string_view host) const {
  const std::string own = address();
  return "https://" + host_and_port(host.empty() ? std::string_view(own) : host, port_) + path();
}

const char* name_of(ServerKind kind) {
  switch (kind) {
    case ServerKind::kOpenSsl: return "OpenSslServer";
    case ServerKind::kGnuTls: return "GnuTlsServer";
    case ServerKind::kNginx: return "Nginx";
  }
  throw std::invalid_argument("no such kind of server");
}

std::unique_ptr<Server> start_server(ServerKind kind, const ServerOptions& options) {
  switch (kind) {
    case ServerKind::kOpenSsl: return std::make_unique<OpenSslServer>(options);
    case ServerKind::kGnuTls: return std::make_unique<GnuTlsServer>(options);
    case ServerKind::kNginx: return std::make_unique<Nginx>(options);
  }
  throw std::invalid_argument("no such kind of server");
}

const char* name_of(ClientKind kind) {
  return kind == ClientKind::kOpenSsl ? "OpenSslClient" : "GnuTlsClient";
}

std::unique_ptr<Client> start_client(ClientKind kind, const ClientOptions& options) {
  if (kind == ClientKind::kOpenSsl) return std::make_unique<OpenSslClient>(options);
  return std::make_unique<GnuTlsClient>(options);
}

}  // namespace trestle::testing
