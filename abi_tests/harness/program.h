// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "abi_tests/support/peers.h"
#include "trestle/dlopen.h"
#include "trestle/trestle.h"

// A program that uses libtrestle.so as a program does: through dlopen.h, by messages.
//
//   Program program;                                    // an engine and a queue
//   Session client = program.client("openssl");
//   client.trust(pki.root.cert_pem());
//   Connection connection = client.connect_to(server.address(), server.port());
//   Message cert = program.expect(TRESTLE_PRIM_CONNECTION_CERT_IND);
//   connection.cert_res(1);
//   Message connected = program.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM);
//
// What should never happen throws std::runtime_error with the message in words, so the test fails
// at the place where it happened.
namespace trestle::testing {

// The functions of the library under test, loaded once.
const trestle_functions& api();

// Where the plugins under test are, as trestle_engine_config::backend_directory wants it: one
// directory with NAME.so of each, the fake one included.
const std::string& backend_directory();

// The real backends, for parametrised tests.
const std::vector<std::string>& backends();

// A result and its name, for EXPECT_EQ messages that can be read.
std::string name_of(int32_t result);

// A received message; released with the last copy.
class Message {
 public:
  Message() = default;
  Message(trestle_engine* engine, const trestle_message* message);
  const trestle_message* operator->() const { return message_.get(); }
  const trestle_message& operator*() const { return *message_; }
  explicit operator bool() const { return message_ != nullptr; }
  std::string_view data() const {
    return {reinterpret_cast<const char*>(message_->data), message_->length};
  }
  std::string detail() const { return message_->error ? message_->error->detail : ""; }
  int32_t error_code() const { return message_->error ? message_->error->code : 0; }
  uint32_t alert() const { return message_->error ? message_->error->alert : TRESTLE_ALERT_NONE; }
  std::string text() const;  // everything, for failure messages
  void release() { message_.reset(); }

 private:
  std::shared_ptr<const trestle_message> message_;
};
std::ostream& operator<<(std::ostream& out, const Message& message);

class Connection;
class Session;

class Program {
 public:
  struct Options {
    uint32_t handshake_workers = 2;
    uint32_t data_workers = 2;
    uint32_t connections_max = 0;
    uint32_t sessions_max = 0;
    uint32_t queue_capacity = 0;
    std::string default_backend;
  };
  Program() : Program(Options()) {}
  explicit Program(const Options& options);
  // trestle_engine_destroy, in whatever state. Where that doesn't return within a minute, a confirm
  // was lost or a worker hangs, and the test program is aborted.
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  trestle_engine* engine() const { return engine_; }
  uint64_t queue() const { return queue_; }
  uint64_t new_queue(uint32_t capacity = 0);

  // The next message, of this queue or another; throws when there is none for kPatience.
  Message next(uint64_t queue = 0);
  // The next message must be this primitive.
  Message expect(uint32_t primitive, uint64_t queue = 0);
  // ... with this result.
  Message expect(uint32_t primitive, int32_t result);
  // A message that is there now, or an empty one.
  Message poll(uint64_t queue = 0);

  // Sessions; SESSION_CREATE_CFM is awaited and must be SUCCESS.
  Session client(std::string_view backend);
  Session server(std::string_view backend);

  // Ends the engine by ENGINE_SHUTDOWN, and returns all messages up to its CFM.
  std::vector<Message> shut_down();

  uint64_t next_tag() { return ++tag_; }

 private:
  trestle_engine* engine_ = nullptr;
  uint64_t queue_ = 0;
  uint64_t tag_ = 0;
};

// A session handle with the requests as methods. Methods without _req await the CFM.
class Session {
 public:
  Session(Program* program, uint64_t handle) : program_(program), handle_(handle) {}
  uint64_t handle() const { return handle_; }
  Program& program() const { return *program_; }

  // Each awaits its CFM and returns it, whatever its result.
  Message cipher(const std::vector<uint16_t>& suites, uint16_t keybits_min = 0,
                 uint16_t keybits_max = 0);
  Message cert_client(uint8_t type, std::string_view bytes, std::string_view password = {});
  Message cert_verify(std::string_view bytes);
  Message compression(uint8_t value);
  Message option(uint32_t option, int64_t number);
  Message option(uint32_t option, std::string_view bytes);
  Message destroy();

  // Each must be SUCCESS.
  void trust(std::string_view pem);
  void identity(const Identity& identity);  // chain and key as one PEM buffer
  void psk(const Psk& psk);
  void set(uint32_t option, int64_t number);
  void set(uint32_t option, std::string_view bytes);
  void versions(uint16_t min, uint16_t max);

  // CONNECTION_CREATE, awaited.
  Connection create_connection(uint32_t family = TRESTLE_FAMILY_IP4, uint64_t queue = 0);
  // CONNECTION_CREATE, awaited, and CONNECT_REQ, not awaited.
  Connection connect_to(const std::string& address, uint16_t port, uint64_t queue = 0);
  // LISTEN on a free port of 127.0.0.1 (or ::1), awaited; the CFM has port and listener.
  Message listen(uint32_t family = TRESTLE_FAMILY_IP4);

 private:
  Program* program_;
  uint64_t handle_;
};

// A connection handle with the requests as methods. Those that end in _req and _res return the
// function's own result.
class Connection {
 public:
  Connection(Program* program, uint64_t handle) : program_(program), handle_(handle) {}
  uint64_t handle() const { return handle_; }

  int32_t connect_req(const std::string& address, uint16_t port);
  int32_t bind_req(const std::string& address, uint16_t port);
  int32_t data_req(std::string_view data, uint32_t flags = TRESTLE_DATA_COPY);
  int32_t data_res();
  int32_t cert_res(uint8_t accepted);
  int32_t disconnect_req();
  int32_t disconnect_res();
  int32_t destroy_req();
  int32_t accept_res(uint8_t accepted, uint64_t queue = 0);

  // Answers CERT_IND with a yes where there is one, and awaits CONNECT_CFM (or CONNECT_IND).
  Message finish_connect();
  // Sends everything, in DATA_REQ of up to `chunk` bytes, each awaited.
  void send(std::string_view data, size_t chunk = 65536);
  // DATA_IND, answered with DATA_RES, until so many bytes are there.
  std::string receive(size_t length);
  // Up to DISCONNECT_IND, which is returned in `*end` and not answered.
  std::string receive_all(Message* end);
  // DISCONNECT_REQ and its CFM; DATA_IND in between are dropped.
  Message disconnect();
  Message destroy();

 private:
  Program* program_;
  uint64_t handle_;
};


// An address in text as the primitives want it.
std::vector<uint8_t> ip_bytes(const std::string& address);
uint32_t family_of(const std::string& address);

}  // namespace trestle::testing
