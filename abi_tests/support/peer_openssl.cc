// SPDX-License-Identifier: Apache-2.0
#include "abi_tests/support/peer_arguments.h"

namespace trestle::testing {
namespace {

constexpr const char* kProgram = "openssl";
constexpr const char* kVerifyDepth = "10";

// What s_server and s_client understand alike.
Arguments common_arguments(const TlsOptions& options, const TempDir& directory) {
  // -quiet keeps standard output for the data of the connection and makes no letter of it a
  // command. The trace goes to the log.
  Arguments arguments = {"-quiet",        "-trace",       "-msgfile", Process::kLogPath,
                         "-min_protocol", openssl_version_name(options.min_version),
                         "-max_protocol", openssl_version_name(options.max_version)};
  if (options.identity) {
    append(arguments, {"-cert", directory.write("cert.pem", options.identity->cert_pem()), "-key",
                       directory.write("key.pem", options.identity->key().pkcs8_pem())});
    const std::string intermediates = options.identity->intermediates_pem();
    if (!intermediates.empty()) {
      append(arguments, {"-cert_chain", directory.write("intermediates.pem", intermediates)});
    }
  }
  if (!options.trusted.empty()) {
    append(arguments, {"-CAfile", directory.write("trusted.pem", bundle_pem(options.trusted)),
                       "-no-CApath", "-verify_return_error"});
  }
  const std::string ciphers = openssl_ciphers(options);
  if (!ciphers.empty()) append(arguments, {"-cipher", ciphers});
  if (!options.openssl_ciphersuites.empty()) {
    append(arguments, {"-ciphersuites", options.openssl_ciphersuites});
  }
  if (options.psk) {
    append(arguments,
           {"-psk", to_hex(options.psk->key), "-psk_identity", options.psk->identity});
  }
  if (!options.alpn.empty()) append(arguments, {"-alpn", join(options.alpn, ",")});
  append(arguments, options.extra_arguments);
  return arguments;
}

std::string whole_log(const Process& process) {
  return process.log().text() + process.err().text();
}

}  // namespace

OpenSslServer::OpenSslServer(const ServerOptions& options)
    : Server(alerts_in_openssl_trace, options.ip) {
  ProcessOptions process;
  process.log_channel = true;
  process.argv = {kProgram, "s_server", "-accept", host_and_port(address(), 0)};
  append(process.argv, common_arguments(options, directory_));
  if (!options.identity) process.argv.push_back("-nocert");
  if (options.client_auth == ClientAuth::kRequest) {
    append(process.argv, {"-verify", kVerifyDepth});
  } else if (options.client_auth == ClientAuth::kRequire) {
    append(process.argv, {"-Verify", kVerifyDepth});
  }
  if (!options.session_tickets.value_or(true)) {
    append(process.argv, {"-no_ticket", "-num_tickets", "0"});
  }
  switch (options.mode) {
    case ServerMode::kHttp:
      directory_.write(path().substr(1), options.page);
      process.working_directory = directory_.path();
      process.argv.push_back("-WWW");
      break;
    case ServerMode::kEcho:
      process.echo = true;
      break;
    case ServerMode::kConsole:
      break;
  }
  start(std::move(process));
  wait_until_it_listens();
}

std::string OpenSslServer::log() const { return whole_log(*process_); }

OpenSslClient::OpenSslClient(const ClientOptions& options) : Client(alerts_in_openssl_trace) {
  ProcessOptions process;
  process.log_channel = true;
  process.argv = {kProgram, "s_client", "-connect", host_and_port(options.address, options.port)};
  append(process.argv, common_arguments(options, directory_));
  // Against -quiet, which would not end with its input, and without the commands that come back
  // with it.
  append(process.argv, {"-no_ign_eof", "-nocommands"});
  if (options.server_name.empty()) {
    process.argv.push_back("-noservername");
  } else {
    append(process.argv, {"-servername", options.server_name});
  }
  if (!options.trusted.empty()) {
    append(process.argv, options.server_name.empty()
                             ? Arguments{"-verify_ip", options.address}
                             : Arguments{"-verify_hostname", options.server_name});
  }
  start(std::move(process));
}

std::string OpenSslClient::log() const { return whole_log(*process_); }

}  // namespace trestle::testing
