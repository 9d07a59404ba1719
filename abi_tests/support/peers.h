// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "abi_tests/support/alerts.h"
#include "abi_tests/support/free_port.h"
#include "abi_tests/support/pki.h"
#include "abi_tests/support/process.h"
#include "abi_tests/support/temp_dir.h"

// Real TLS programs to talk to, behind one interface:
//
//   TestPki pki;
//   ServerOptions options;
//   options.identity = pki.server;
//   auto server = start_server(ServerKind::kGnuTls, options);
//   ... connect to server->address(), server->port(), request server->path(), expect options.page
//   EXPECT_TRUE(server->wait_for_alert(received_alert(42))) << server->log();
namespace trestle::testing {

enum class TlsVersion { k10, k11, k12, k13 };

struct Psk {
  std::string identity;
  std::string key;  // bytes, not hexadecimal
};

struct TlsOptions {
  std::optional<Identity> identity;  // sent with its intermediates
  // CAs for the other side's certificate. None: a client accepts any server, and a server any
  // client.
  std::vector<Identity> trusted;
  TlsVersion min_version = TlsVersion::k12;
  TlsVersion max_version = TlsVersion::k13;
  std::optional<Psk> psk;
  std::vector<std::string> alpn;

  // In the languages of the libraries, each read by the peers on that library alone; empty for the
  // library's default.
  std::string openssl_ciphers;       // TLS 1.2 and below
  std::string openssl_ciphersuites;  // TLS 1.3
  std::string gnutls_priority;       // in place of the versions above, too

  std::vector<std::string> extra_arguments;  // for the command line, verbatim
};

enum class ClientAuth { kNone, kRequest, kRequire };

enum class ServerMode {
  kHttp,     // answers GET /index.html with `page`
  kEcho,     // sends back what it gets; gnutls-serv does it by lines
  kConsole,  // the test talks, with send() and received(); OpenSslServer alone
};

struct ServerOptions : TlsOptions {
  ClientAuth client_auth = ClientAuth::kNone;
  ServerMode mode = ServerMode::kHttp;
  IpVersion ip = IpVersion::kV4;
  std::string page = "hello from a test peer\n";
  // Unset: as the program does by default, which is to send them; but none from gnutls-serv. In
  // TLS 1.3 it sends them before it reads the client's answer. If that is an alert and a closed
  // socket, the write fails, and it never reads the alert.
  std::optional<bool> session_tickets;
};

struct ClientOptions : TlsOptions {
  std::string address = "127.0.0.1";
  uint16_t port = 0;
  // Sent as SNI. With `trusted` set the server's certificate must be for this name, or when it is
  // empty for the address.
  std::string server_name = "localhost";
};

// A program that speaks TLS. It ends with the object.
class Peer {
 public:
  virtual ~Peer() = default;

  Process& process() { return *process_; }

  // All that it told about itself, the protocol trace included; not the data of the connection.
  virtual std::string log() const = 0;

  std::vector<Alert> alerts() const;
  bool wait_for_alert(const Alert& alert, std::chrono::milliseconds timeout = kPatience) const;
  // The first one of all, whatever it is; none when none comes.
  std::optional<Alert> wait_for_first_alert(std::chrono::milliseconds timeout = kPatience) const;

  std::optional<ExitStatus> wait_for_exit(std::chrono::milliseconds timeout = kPatience) const {
    return process_->wait_for_exit(timeout);
  }

 protected:
  explicit Peer(AlertParser parse_alerts) : parse_alerts_(parse_alerts) {}
  void start(ProcessOptions options) { process_ = std::make_unique<Process>(std::move(options)); }

  // Where its alerts are told.
  virtual const Capture& alert_log() const = 0;

  TempDir directory_;
  std::unique_ptr<Process> process_;

 private:
  AlertParser parse_alerts_;
};

// It listens when its constructor returns.
class Server : public Peer {
 public:
  std::string address() const { return loopback_address(ip_); }
  uint16_t port() const { return port_; }
  static std::string path() { return "/index.html"; }
  std::string url(std::string_view host = {}) const;  // with the address when no host is given

 protected:
  Server(AlertParser parse_alerts, IpVersion ip) : Peer(parse_alerts), ip_(ip) {}
  void wait_until_it_listens() { port_ = wait_for_listening_port(*process_, ip_); }

  IpVersion ip_;
  uint16_t port_ = 0;
};

// `openssl s_server`. It serves one connection after the other, not several at once.
class OpenSslServer : public Server {
 public:
  explicit OpenSslServer(const ServerOptions& options);
  std::string log() const override;

  // ServerMode::kConsole.
  void send(std::string_view data) { process_->write(data); }
  const Capture& received() const { return process_->out(); }

 protected:
  const Capture& alert_log() const override { return process_->log(); }
};

// `gnutls-serv`.
class GnuTlsServer : public Server {
 public:
  explicit GnuTlsServer(const ServerOptions& options);
  std::string log() const override;

 protected:
  const Capture& alert_log() const override { return process_->err(); }
};

// nginx, in one process. Its log names the fatal alerts that it received, not those that it sent.
// It has no echo mode, no PSK, its own ALPN (http/1.1), and always sends tickets.
class Nginx : public Server {
 public:
  explicit Nginx(const ServerOptions& options);
  std::string log() const override;

  // Another file to serve, "big.bin" as /big.bin.
  void add_file(std::string_view name, std::string_view content) const;

 protected:
  const Capture& alert_log() const override { return process_->err(); }

 private:
  ReservedPort reserved_;
};

enum class ServerKind { kOpenSsl, kGnuTls, kNginx };
inline constexpr ServerKind kAllServerKinds[] = {ServerKind::kOpenSsl, ServerKind::kGnuTls,
                                                 ServerKind::kNginx};
const char* name_of(ServerKind kind);
std::unique_ptr<Server> start_server(ServerKind kind, const ServerOptions& options);

// It connects at once. send() and received() carry the data of the connection.
class Client : public Peer {
 public:
  void send(std::string_view data) { process_->write(data); }
  const Capture& received() const { return process_->out(); }
  // Sends close_notify after what was sent, and ends.
  void close() { process_->close_stdin(); }

 protected:
  using Peer::Peer;
};

// `openssl s_client`.
class OpenSslClient : public Client {
 public:
  explicit OpenSslClient(const ClientOptions& options);
  std::string log() const override;

 protected:
  const Capture& alert_log() const override { return process_->log(); }
};

// `gnutls-cli`. It sends what it is given line by line.
class GnuTlsClient : public Client {
 public:
  explicit GnuTlsClient(const ClientOptions& options);
  std::string log() const override;

 protected:
  const Capture& alert_log() const override { return process_->err(); }
};

enum class ClientKind { kOpenSsl, kGnuTls };
inline constexpr ClientKind kAllClientKinds[] = {ClientKind::kOpenSsl, ClientKind::kGnuTls};
const char* name_of(ClientKind kind);
std::unique_ptr<Client> start_client(ClientKind kind, const ClientOptions& options);

// curl, which fetches one page and ends. It has no PSK, and its own ALPN.
class Curl : public Peer {
 public:
  explicit Curl(const ClientOptions& options, std::string_view path = Server::path());
  std::string log() const override;

  // What it fetched; complete after wait_for_exit(), whose code is curl's own.
  std::string body() const { return process_->out().text(); }

 protected:
  const Capture& alert_log() const override { return process_->err(); }
};

}  // namespace trestle::testing
