// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include "abi_tests/support/peer_arguments.h"

namespace trestle::testing {
namespace {

constexpr const char* kNginx = "/usr/sbin/nginx";
constexpr const char* kCurl = "curl";

std::string nginx_versions(const TlsOptions& options) {
  std::string result;
  for (TlsVersion version :
       {TlsVersion::k10, TlsVersion::k11, TlsVersion::k12, TlsVersion::k13}) {
    if (version < options.min_version || version > options.max_version) continue;
    result += std::string(" ") + openssl_version_name(version);
  }
  return result;
}

std::string nginx_client_auth(const ServerOptions& options, const TempDir& directory) {
  if (options.client_auth == ClientAuth::kNone) return {};
  const bool required = options.client_auth == ClientAuth::kRequire;
  if (options.trusted.empty()) {
    if (required) refuse(kNginx, "requiring a certificate of any client");
    return "    ssl_verify_client optional_no_ca;\n";
  }
  return std::string("    ssl_verify_client ") + (required ? "on" : "optional") +
         ";\n    ssl_verify_depth 10;\n    ssl_client_certificate " +
         directory.write("trusted.pem", bundle_pem(options.trusted)) + ";\n";
}

std::string nginx_server_block(const ServerOptions& options, const TempDir& directory,
                               uint16_t port) {
  const std::string ciphers = openssl_ciphers(options);
  // reuseport: the port is kept free for it by a socket with the same option.
  std::string block = "  server {\n    listen " +
                      host_and_port(loopback_address(options.ip), port) + " ssl reuseport;\n" +
                      "    ssl_certificate " +
                      directory.write("chain.pem", options.identity->chain_pem()) + ";\n" +
                      "    ssl_certificate_key " +
                      directory.write("key.pem", options.identity->key().pkcs8_pem()) + ";\n" +
                      "    ssl_protocols" + nginx_versions(options) + ";\n";
  if (!ciphers.empty()) block += "    ssl_ciphers " + ciphers + ";\n";
  if (!options.openssl_ciphersuites.empty()) {
    block += "    ssl_conf_command Ciphersuites " + options.openssl_ciphersuites + ";\n";
  }
  block += nginx_client_auth(options, directory);
  return block + "    root " + directory.path() + "/www;\n  }\n";
}

// Every path that nginx would take from the system is named, inside the directory.
std::string nginx_configuration(const ServerOptions& options, const TempDir& directory,
                                uint16_t port) {
  const std::string& home = directory.path();
  std::string text = "daemon off;\nmaster_process off;\nerror_log stderr info;\npid " + home +
                     "/pid;\nlock_file " + home + "/lock;\nevents {}\nhttp {\n" +
                     "  access_log off;\n  default_type text/plain;\n";
  // Under root, nginx would give its directories to somebody else.
  if (geteuid() == 0) text.insert(0, "user root root;\n");
  for (const char* kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"}) {
    text += std::string("  ") + kind + "_temp_path " + home + "/" + kind + ";\n";
  }
  return text + nginx_server_block(options, directory, port) + "}\n";
}

// "1.2", as curl says it.
const char* curl_version_name(TlsVersion version) {
  switch (version) {
    case TlsVersion::k10: return "1.0";
    case TlsVersion::k11: return "1.1";
    case TlsVersion::k12: return "1.2";
    case TlsVersion::k13: return "1.3";
  }
  refuse(kCurl, "an unknown version");
}

}  // namespace

Nginx::Nginx(const ServerOptions& options)
    : Server(alerts_in_nginx_log, options.ip), reserved_(options.ip) {
  if (options.mode != ServerMode::kHttp) refuse(kNginx, "anything but HTTP");
  if (!options.identity) refuse(kNginx, "serving without a certificate");
  if (options.psk) refuse(kNginx, "PSK");
  // Its own switch leaves those of TLS 1.3 on.
  if (!options.session_tickets.value_or(true)) refuse(kNginx, "sending no tickets");
  if (!options.alpn.empty()) refuse(kNginx, "another ALPN than its own");
  directory_.make_directory("www");
  add_file(path().substr(1), options.page);
  const std::string configuration =
      nginx_configuration(options, directory_, reserved_.number());
  ProcessOptions process;
  process.argv = {kNginx, "-e", "stderr", "-p", directory_.path(), "-c",
                  directory_.write("nginx.conf", configuration)};
  append(process.argv, options.extra_arguments);
  start(std::move(process));
  wait_until_it_listens();
}

std::string Nginx::log() const { return process_->err().text(); }

void Nginx::add_file(std::string_view name, std::string_view content) const {
  directory_.write("www/" + std::string(name), content);
}

Curl::Curl(const ClientOptions& options, std::string_view path) : Peer(alerts_in_curl_log) {
  if (options.psk) refuse(kCurl, "PSK");
  if (!options.alpn.empty()) refuse(kCurl, "another ALPN than its own");
  const std::string host = options.server_name.empty() ? options.address : options.server_name;
  ProcessOptions process;
  // -q: no configuration file of the user's; --no-buffer: what has come is seen at once.
  process.argv = {kCurl, "-q", "--silent", "--show-error", "--verbose", "--no-buffer",
                  "--noproxy", "*", "--http1.1",
                  std::string("--tlsv") + curl_version_name(options.min_version), "--tls-max",
                  curl_version_name(options.max_version)};
  if (!options.server_name.empty()) {
    append(process.argv, {"--connect-to", host + ":" + std::to_string(options.port) + ":" +
                                              host_and_port(options.address, options.port)});
  }
  if (options.trusted.empty()) {
    process.argv.push_back("--insecure");
  } else {
    append(process.argv,
           {"--cacert", directory_.write("trusted.pem", bundle_pem(options.trusted)), "--capath",
            directory_.path()});
  }
  if (options.identity) {
    append(process.argv,
           {"--cert", directory_.write("chain.pem", options.identity->chain_pem()), "--key",
            directory_.write("key.pem", options.identity->key().pkcs8_pem())});
  }
  const std::string ciphers = openssl_ciphers(options);
  if (!ciphers.empty()) append(process.argv, {"--ciphers", ciphers});
  if (!options.openssl_ciphersuites.empty()) {
    append(process.argv, {"--tls13-ciphers", options.openssl_ciphersuites});
  }
  append(process.argv, options.extra_arguments);
  process.argv.push_back("https://" + host_and_port(host, options.port) + std::string(path));
  start(std::move(process));
}

std::string Curl::log() const { return process_->err().text(); }

}  // namespace trestle::testing
