// SPDX-License-Identifier: Apache-2.0
#include "abi_tests/harness/program.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace trestle::testing {
namespace {

constexpr int kPatienceMs = static_cast<int>(kPatience.count());
// An engine waits for all that is under way, which may be thousands of connections.
constexpr std::chrono::seconds kPatienceWithEngines{60};

// Ends the whole test program, with a word on why, when it lives for too long: what it stands for
// doesn't return then, and can't be left.
class Watchdog {
 public:
  explicit Watchdog(const char* what)
      : thread_([this, what] {
          std::unique_lock<std::mutex> lock(mutex_);
          if (done_.wait_for(lock, kPatienceWithEngines, [this] { return is_done_; })) return;
          std::fprintf(stderr, "%s, not within %lld seconds\n", what,
                       static_cast<long long>(kPatienceWithEngines.count()));
          std::abort();
        }) {}
  ~Watchdog() {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      is_done_ = true;
    }
    done_.notify_one();
    thread_.join();
  }

 private:
  std::mutex mutex_;
  std::condition_variable done_;
  bool is_done_ = false;
  std::thread thread_;  // last: it uses the others
};

void check(int32_t result, const char* what) {
  if (result != TRESTLE_RESULT_SUCCESS)
    throw std::runtime_error(std::string(what) + ": " + name_of(result));
}

std::filesystem::path runfile(const std::string& path) {
  const char* directory = getenv("TEST_SRCDIR");
  const char* workspace = getenv("TEST_WORKSPACE");
  if (!directory || !workspace) return std::filesystem::absolute(path);
  return std::filesystem::path(directory) / workspace / path;
}

const uint8_t* bytes_of(std::string_view text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

}  // namespace

const trestle_functions& api() {
  static const trestle_functions functions = [] {
    trestle_functions f;
    char error[512];
    std::string path = runfile("core/libtrestle.so");
    if (trestle_dlopen(path.c_str(), &f, error, sizeof error) != TRESTLE_RESULT_SUCCESS)
      throw std::runtime_error(error);
    return f;
  }();
  return functions;
}

const std::string& backend_directory() {
  // The plugins lie in a folder each; a program's installation has them in one.
  static const std::string directory = [] {
    static TempDir temp;
    for (const char* name : {"openssl", "gnutls", "wolfssl", "fake"}) {
      std::string file = std::string(name) + ".so";
      std::filesystem::path from = runfile("backends/" + std::string(name) + "/" + file);
      if (std::filesystem::exists(from))
        std::filesystem::create_symlink(std::filesystem::canonical(from), temp.path() + "/" + file);
    }
    return std::string(temp.path());
  }();
  return directory;
}

const std::vector<std::string>& backends() {
  static const std::vector<std::string> names = {"openssl", "gnutls", "wolfssl"};
  return names;
}

std::string name_of(int32_t result) {
  return std::string(api().result_name(result)) + " (" + std::to_string(result) + ")";
}

std::vector<uint8_t> ip_bytes(const std::string& address) {
  std::vector<uint8_t> bytes(16);
  int family = family_of(address) == TRESTLE_FAMILY_IP6 ? AF_INET6 : AF_INET;
  if (inet_pton(family, address.c_str(), bytes.data()) != 1)
    throw std::runtime_error("not an address: " + address);
  return bytes;
}

uint32_t family_of(const std::string& address) {
  return address.find(':') != std::string::npos ? TRESTLE_FAMILY_IP6 : TRESTLE_FAMILY_IP4;
}

// --- Message ---

Message::Message(trestle_engine* engine, const trestle_message* message)
    : message_(message, [engine](const trestle_message* m) { api().message_release(engine, m); }) {}

std::string Message::text() const {
  if (!message_) return "no message";
  std::ostringstream out;
  out << api().primitive_name(message_->primitive) << " " << name_of(message_->result);
  if (const trestle_error* e = message_->error) {
    out << " code=" << name_of(e->code) << " alert=" << e->alert
        << (e->alert_direction == TRESTLE_ALERT_DIRECTION_SENT       ? " sent"
            : e->alert_direction == TRESTLE_ALERT_DIRECTION_RECEIVED ? " received"
                                                                     : "")
        << " library=" << e->library_code << " '" << e->library_text << "' detail='" << e->detail
        << "' certificate=" << e->certificate_index << " '" << e->subject << "' backend="
        << e->backend;
  }
  return out.str();
}

std::ostream& operator<<(std::ostream& out, const Message& message) {
  return out << message.text();
}

// --- Program ---

Program::Program(const Options& options) {
  trestle_engine_config config{};
  config.size = sizeof config;
  config.handshake_workers = options.handshake_workers;
  config.data_workers = options.data_workers;
  config.connections_max = options.connections_max;
  config.sessions_max = options.sessions_max;
  config.backend_directory = backend_directory().c_str();
  if (!options.default_backend.empty()) config.default_backend = options.default_backend.c_str();
  check(api().engine_create(&config, &engine_), "engine_create");
  check(api().queue_create(engine_, options.queue_capacity, &queue_), "queue_create");
}

Program::~Program() {
  if (!engine_) return;
  Watchdog watchdog("engine_destroy returns once all is confirmed and every worker has ended");
  api().engine_destroy(engine_);
}

uint64_t Program::new_queue(uint32_t capacity) {
  uint64_t queue = 0;
  check(api().queue_create(engine_, capacity, &queue), "queue_create");
  return queue;
}

Message Program::next(uint64_t queue) {
  const trestle_message* message = nullptr;
  uint32_t count = 0;
  check(api().queue_get(engine_, queue ? queue : queue_, &message, 1, kPatienceMs, &count),
        "queue_get");
  return Message(engine_, message);
}

Message Program::poll(uint64_t queue) {
  const trestle_message* message = nullptr;
  uint32_t count = 0;
  int32_t result = api().queue_get(engine_, queue ? queue : queue_, &message, 1, 0, &count);
  if (result == TRESTLE_RESULT_TIMEOUT) return Message();
  check(result, "queue_get");
  return Message(engine_, message);
}

Message Program::expect(uint32_t primitive, uint64_t queue) {
  Message message = next(queue);
  if (message->primitive != primitive) {
    throw std::runtime_error(std::string("expected ") + api().primitive_name(primitive) +
                             ", got " + message.text());
  }
  return message;
}

Message Program::expect(uint32_t primitive, int32_t result) {
  Message message = expect(primitive);
  if (message->result != result)
    throw std::runtime_error("expected " + name_of(result) + ", got " + message.text());
  return message;
}

Session Program::client(std::string_view backend) {
  check(api().session_create_req(engine_, queue_, TRESTLE_ROLE_CLIENT,
                                 std::string(backend).c_str(), next_tag()),
        "session_create_req");
  return Session(this, expect(TRESTLE_PRIM_SESSION_CREATE_CFM, TRESTLE_RESULT_SUCCESS)->session);
}

Session Program::server(std::string_view backend) {
  check(api().session_create_req(engine_, queue_, TRESTLE_ROLE_SERVER,
                                 std::string(backend).c_str(), next_tag()),
        "session_create_req");
  return Session(this, expect(TRESTLE_PRIM_SESSION_CREATE_CFM, TRESTLE_RESULT_SUCCESS)->session);
}

std::vector<Message> Program::shut_down() {
  check(api().engine_shutdown_req(engine_, queue_, next_tag()), "engine_shutdown_req");
  std::vector<Message> messages;
  do {
    messages.push_back(next());
  } while (messages.back()->primitive != TRESTLE_PRIM_ENGINE_SHUTDOWN_CFM);
  return messages;
}

// --- Session ---

Message Session::cipher(const std::vector<uint16_t>& suites, uint16_t keybits_min,
                        uint16_t keybits_max) {
  check(api().config_cipher_req(program_->engine(), handle_, suites.data(),
                                static_cast<uint32_t>(suites.size()), keybits_min, keybits_max,
                                program_->next_tag()),
        "config_cipher_req");
  return program_->expect(TRESTLE_PRIM_CONFIG_CIPHER_CFM);
}

Message Session::cert_client(uint8_t type, std::string_view bytes, std::string_view password) {
  check(api().config_cert_client_req(program_->engine(), handle_, type, bytes_of(bytes),
                                     bytes.size(),
                                     password.empty() ? nullptr : bytes_of(password),
                                     password.size(), program_->next_tag()),
        "config_cert_client_req");
  return program_->expect(TRESTLE_PRIM_CONFIG_CERT_CLIENT_CFM);
}

Message Session::cert_verify(std::string_view bytes) {
  check(api().config_cert_verify_req(program_->engine(), handle_, bytes_of(bytes), bytes.size(),
                                     program_->next_tag()),
        "config_cert_verify_req");
  return program_->expect(TRESTLE_PRIM_CONFIG_CERT_VERIFY_CFM);
}

Message Session::compression(uint8_t value) {
  check(api().config_compression_req(program_->engine(), handle_, value, program_->next_tag()),
        "config_compression_req");
  return program_->expect(TRESTLE_PRIM_CONFIG_COMPRESSION_CFM);
}

Message Session::option(uint32_t option, int64_t number) {
  check(api().config_option_req(program_->engine(), handle_, option, number, nullptr, 0,
                                program_->next_tag()),
        "config_option_req");
  return program_->expect(TRESTLE_PRIM_CONFIG_OPTION_CFM);
}

Message Session::option(uint32_t option, std::string_view bytes) {
  check(api().config_option_req(program_->engine(), handle_, option, 0, bytes_of(bytes),
                                bytes.size(), program_->next_tag()),
        "config_option_req");
  return program_->expect(TRESTLE_PRIM_CONFIG_OPTION_CFM);
}

Message Session::destroy() {
  check(api().session_destroy_req(program_->engine(), handle_, program_->next_tag()),
        "session_destroy_req");
  return program_->expect(TRESTLE_PRIM_SESSION_DESTROY_CFM);
}

void Session::trust(std::string_view pem) { check(cert_verify(pem)->result, "CONFIG_CERT_VERIFY"); }

void Session::identity(const Identity& identity) {
  Message cfm = cert_client(TRESTLE_CERTIFICATE, identity.chain_pem() + identity.key().pkcs8_pem());
  if (cfm->result != TRESTLE_RESULT_SUCCESS) throw std::runtime_error(cfm.text());
}

void Session::psk(const Psk& psk) {
  check(cert_client(TRESTLE_PSK, psk.key)->result, "CONFIG_CERT_CLIENT");
  set(TRESTLE_OPTION_PSK_IDENTITY, psk.identity);
}

void Session::set(uint32_t what, int64_t number) {
  check(option(what, number)->result, "CONFIG_OPTION");
}

void Session::set(uint32_t what, std::string_view bytes) {
  check(option(what, bytes)->result, "CONFIG_OPTION");
}

void Session::versions(uint16_t min, uint16_t max) {
  set(TRESTLE_OPTION_VERSION_MIN, int64_t{min});
  set(TRESTLE_OPTION_VERSION_MAX, int64_t{max});
}

Connection Session::create_connection(uint32_t family, uint64_t queue) {
  check(api().connection_create_req(program_->engine(), handle_, family, queue,
                                    program_->next_tag()),
        "connection_create_req");
  return Connection(program_, program_
                                  ->expect(TRESTLE_PRIM_CONNECTION_CREATE_CFM,
                                           TRESTLE_RESULT_SUCCESS)
                                  ->connection);
}

Connection Session::connect_to(const std::string& address, uint16_t port, uint64_t queue) {
  Connection connection = create_connection(family_of(address), queue);
  check(connection.connect_req(address, port), "connection_connect_req");
  return connection;
}

Message Session::listen(uint32_t family) {
  std::vector<uint8_t> address = ip_bytes(family == TRESTLE_FAMILY_IP6 ? "::1" : "127.0.0.1");
  check(api().listen_req(program_->engine(), handle_, family, address.data(), 0,
                         program_->next_tag()),
        "listen_req");
  return program_->expect(TRESTLE_PRIM_LISTEN_CFM);
}

// --- Connection ---

int32_t Connection::connect_req(const std::string& address, uint16_t port) {
  return api().connection_connect_req(program_->engine(), handle_, ip_bytes(address).data(), port,
                                      program_->next_tag());
}

int32_t Connection::bind_req(const std::string& address, uint16_t port) {
  return api().connection_bind_req(program_->engine(), handle_, ip_bytes(address).data(), port,
                                   program_->next_tag());
}

int32_t Connection::data_req(std::string_view data, uint32_t flags) {
  return api().connection_data_req(program_->engine(), handle_, bytes_of(data), data.size(),
                                   flags, program_->next_tag());
}

int32_t Connection::data_res() { return api().connection_data_res(program_->engine(), handle_); }

int32_t Connection::cert_res(uint8_t accepted) {
  return api().connection_cert_res(program_->engine(), handle_, accepted);
}

int32_t Connection::disconnect_req() {
  return api().connection_disconnect_req(program_->engine(), handle_, program_->next_tag());
}

int32_t Connection::disconnect_res() {
  return api().connection_disconnect_res(program_->engine(), handle_);
}

int32_t Connection::destroy_req() {
  return api().connection_destroy_req(program_->engine(), handle_, program_->next_tag());
}

int32_t Connection::accept_res(uint8_t accepted, uint64_t queue) {
  return api().accept_res(program_->engine(), handle_, accepted, queue);
}

Message Connection::finish_connect() {
  Message message = program_->next();
  if (message->primitive == TRESTLE_PRIM_CONNECTION_CERT_IND) {
    check(cert_res(1), "connection_cert_res");
    message = program_->next();
  }
  if (message->primitive != TRESTLE_PRIM_CONNECTION_CONNECT_CFM &&
      message->primitive != TRESTLE_PRIM_CONNECTION_CONNECT_IND) {
    throw std::runtime_error("expected the end of the handshake, got " + message.text());
  }
  return message;
}

void Connection::send(std::string_view data, size_t chunk) {
  while (!data.empty()) {
    std::string_view part = data.substr(0, chunk);
    check(data_req(part), "connection_data_req");
    program_->expect(TRESTLE_PRIM_CONNECTION_DATA_CFM, TRESTLE_RESULT_SUCCESS);
    data.remove_prefix(part.size());
  }
}

std::string Connection::receive(size_t length) {
  std::string data;
  while (data.size() < length) {
    Message message = program_->expect(TRESTLE_PRIM_CONNECTION_DATA_IND);
    data += message.data();
    check(data_res(), "connection_data_res");
  }
  return data;
}

std::string Connection::receive_all(Message* end) {
  std::string data;
  for (;;) {
    Message message = program_->next();
    if (message->primitive == TRESTLE_PRIM_CONNECTION_DISCONNECT_IND) {
      *end = message;
      return data;
    }
    if (message->primitive != TRESTLE_PRIM_CONNECTION_DATA_IND)
      throw std::runtime_error("expected data or its end, got " + message.text());
    data += message.data();
    check(data_res(), "connection_data_res");
  }
}

Message Connection::disconnect() {
  check(disconnect_req(), "connection_disconnect_req");
  for (;;) {
    Message message = program_->next();
    if (message->primitive == TRESTLE_PRIM_CONNECTION_DISCONNECT_CFM) return message;
    if (message->primitive != TRESTLE_PRIM_CONNECTION_DATA_IND)
      throw std::runtime_error("expected DISCONNECT_CFM, got " + message.text());
    check(data_res(), "connection_data_res");
  }
}

Message Connection::destroy() {
  check(destroy_req(), "connection_destroy_req");
  return program_->expect(TRESTLE_PRIM_CONNECTION_DESTROY_CFM);
}

}  // namespace trestle::testing
