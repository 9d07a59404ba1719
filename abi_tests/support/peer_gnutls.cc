// SPDX-License-Identifier: Apache-2.0
#include "abi_tests/support/peer_arguments.h"

namespace trestle::testing {
namespace {

constexpr const char* kServerProgram = "gnutls-serv";
constexpr const char* kClientProgram = "gnutls-cli";
constexpr const char* kLogLevelWithAlerts = "--debug=5";

constexpr const char* kAllPskKeyExchanges = ":+ECDHE-PSK:+DHE-PSK:+PSK";

// gnutls-cli 3.7.9 crashes when it prints a TLS 1.2 session with ECDHE-PSK or DHE-PSK. TLS 1.3
// needs ECDHE-PSK for its key exchange.
const char* client_psk_key_exchanges(const TlsOptions& options) {
  return options.max_version < TlsVersion::k13 ? ":+PSK" : kAllPskKeyExchanges;
}

std::string priority(const TlsOptions& options, const char* psk_key_exchanges) {
  if (!options.gnutls_priority.empty()) return options.gnutls_priority;
  std::string result = "NORMAL:-VERS-ALL";
  // TLS 1.3 has to come first, or it is not offered.
  constexpr std::pair<TlsVersion, const char*> kNames[] = {{TlsVersion::k13, "TLS1.3"},
                                                           {TlsVersion::k12, "TLS1.2"},
                                                           {TlsVersion::k11, "TLS1.1"},
                                                           {TlsVersion::k10, "TLS1.0"}};
  for (const auto& [version, name] : kNames) {
    if (version < options.min_version || version > options.max_version) continue;
    result += std::string(":+VERS-") + name;
  }
  if (options.psk) {
    if (!options.identity) result += ":-KX-ALL";
    result += psk_key_exchanges;
  }
  return result;
}

// What gnutls-serv and gnutls-cli understand alike.
Arguments common_arguments(const TlsOptions& options, const TempDir& directory) {
  Arguments arguments = {kLogLevelWithAlerts};
  if (options.identity) {
    append(arguments,
           {"--x509certfile=" + directory.write("chain.pem", options.identity->chain_pem()),
            "--x509keyfile=" + directory.write("key.pem", options.identity->key().pkcs8_pem())});
  }
  if (!options.trusted.empty()) {
    arguments.push_back("--x509cafile=" +
                        directory.write("trusted.pem", bundle_pem(options.trusted)));
  }
  for (const std::string& protocol : options.alpn) arguments.push_back("--alpn=" + protocol);
  append(arguments, options.extra_arguments);
  return arguments;
}

Arguments client_auth_arguments(const ServerOptions& options) {
  Arguments arguments;
  if (options.client_auth == ClientAuth::kNone) arguments.push_back("--disable-client-cert");
  if (options.client_auth == ClientAuth::kRequire) arguments.push_back("--require-client-cert");
  if (options.client_auth != ClientAuth::kNone && !options.trusted.empty()) {
    arguments.push_back("--verify-client-cert");
  }
  return arguments;
}

}  // namespace

GnuTlsServer::GnuTlsServer(const ServerOptions& options)
    : Server(alerts_in_gnutls_log, options.ip) {
  ProcessOptions process;
  // stdbuf, because it would keep what it writes to a pipe for itself.
  process.argv = {"stdbuf", "--output=L", kServerProgram, "--port=0",
                  "--priority=" + priority(options, kAllPskKeyExchanges)};
  append(process.argv, common_arguments(options, directory_));
  append(process.argv, client_auth_arguments(options));
  if (options.psk) {
    const std::string line = options.psk->identity + ":" + to_hex(options.psk->key) + "\n";
    process.argv.push_back("--pskpasswd=" + directory_.write("psk.txt", line));
  }
  if (!options.session_tickets.value_or(false)) process.argv.push_back("--noticket");
  switch (options.mode) {
    case ServerMode::kHttp:
      append(process.argv, {"--http", "--httpdata=" + directory_.write("page", options.page)});
      break;
    case ServerMode::kEcho:
      process.argv.push_back("--echo");
      break;
    case ServerMode::kConsole:
      refuse(kServerProgram, "a console");
  }
  start(std::move(process));
  wait_until_it_listens();
}

std::string GnuTlsServer::log() const { return process_->out().text() + process_->err().text(); }

GnuTlsClient::GnuTlsClient(const ClientOptions& options) : Client(alerts_in_gnutls_log) {
  ProcessOptions process;
  process.log_channel = true;  // --logfile keeps standard output for the data of the connection.
  process.argv = {kClientProgram, "--port=" + std::to_string(options.port),
                  std::string("--logfile=") + Process::kLogPath,
                  "--priority=" + priority(options, client_psk_key_exchanges(options))};
  append(process.argv, common_arguments(options, directory_));
  if (options.trusted.empty()) process.argv.push_back("--insecure");
  if (options.server_name.empty()) {
    append(process.argv, {"--disable-sni", "--verify-hostname=" + options.address});
  } else {
    append(process.argv, {"--sni-hostname=" + options.server_name,
                          "--verify-hostname=" + options.server_name});
  }
  if (options.psk) {
    append(process.argv, {"--pskusername=" + options.psk->identity,
                          "--pskkey=" + to_hex(options.psk->key)});
  }
  process.argv.push_back(options.address);
  start(std::move(process));
}

std::string GnuTlsClient::log() const { return process_->log().text() + process_->err().text(); }

}  // namespace trestle::testing
