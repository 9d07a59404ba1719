// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "core/pki/secret_bytes.h"
#include "trestle/trestle.h"

namespace trestle {

class Engine;
class Queue;

// What travels through an actor's mailbox: a program's request or response, or a wake-up.
struct Node {
  enum class Type : uint8_t { kRequest, kResponse, kWake };
  explicit Node(Type t) : type(t) {}
  Node* next = nullptr;
  const Type type;
};

// A RES: no confirm, no arguments but these.
struct Response : Node {
  Response(uint32_t primitive, uint64_t handle, uint64_t value)
      : Node(Type::kResponse), primitive(primitive), handle(handle), value(value) {}
  const uint32_t primitive;
  const uint64_t handle;
  const uint64_t value;
};

// A user of a queue (Queue::add_user), which can't be destroyed as long as it has one.
struct DropClaim {
  void operator()(Queue* queue) const;
};
using QueueClaim = std::unique_ptr<Queue, DropClaim>;

// The error record's texts, and the struct that points to them.
struct ErrorDetails {
  trestle_error record{};
  std::string backend;
  std::string library_text;
  std::string detail;
  std::string subject;
};

// One backend's entry of BACKEND_QUERY_CFM; the texts that the struct points to.
struct BackendEntry {
  int32_t result = 0;
  std::string name, path, plugin_version, library_version, detail;
};

// The arguments of a request, as far as its primitive has them.
struct RequestArguments {
  std::vector<uint16_t> suites;
  pki::SecretBytes bytes;     // certificates, keys, option bytes
  pki::SecretBytes password;
  std::string text;           // backend name
  int64_t number = 0;         // option value, role, keybits_min, ...
  int64_t number2 = 0;        // keybits_max, ...
  uint32_t option = 0;
  uint8_t address[16] = {};
  uint16_t port = 0;
  uint32_t family = 0;
  QueueClaim other_queue;
  bool after_connect = false;  // configuration that was asked for after a CONNECT or LISTEN
};

// A message on its way to the program, owned by the core until it is fetched. A request is made
// together with its confirm: once it is accepted, answering it cannot fail for lack of memory.
struct Message : Node {
  explicit Message(Queue* to) : Node(Type::kRequest), queue(to) { c.size = sizeof(c); }
  ~Message() { std::free(buffer); }
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;

  trestle_message c{};            // what the program sees
  Queue* const queue;             // where it goes
  uint64_t handle = 0;            // request: the object that it is for
  Engine* engine = nullptr;       // request: counted there until it is confirmed
  bool reserved = false;          // holds one of the queue's places until it is fetched
  // A CONNECT or DISCONNECT that took effect: nothing indicated before it can be answered any more.
  bool outdates_indications = false;
  uint8_t* buffer = nullptr;      // what c.data points to, if malloc'ed for it
  std::unique_ptr<ErrorDetails> error;
  std::unique_ptr<RequestArguments> arguments;

  // CERT_IND
  std::string pem;
  std::vector<std::string> der;
  std::vector<trestle_bytes> chain;
  // BACKEND_QUERY_CFM
  std::vector<BackendEntry> backends;
  std::vector<trestle_backend_info> backend_infos;
  // DATA_REQ
  const uint8_t* send_data = nullptr;
  uint64_t send_length = 0;
  uint64_t send_done = 0;  // bytes encrypted so far

  static Message* of(const trestle_message* c) {
    // `c` is not the first member; the distance is the same for all messages.
    return reinterpret_cast<Message*>(
        const_cast<char*>(reinterpret_cast<const char*>(c)) - offset());
  }

  // Attaches an error record to a message whose result says failure. Nothing happens without memory.
  void set_error(int32_t code, std::string detail);
  ErrorDetails* make_error(int32_t code);  // nullptr without memory
  // The bytes of a DATA_REQ that is done: its confirm may lie unread for long.
  void drop_buffer() {
    std::free(buffer);
    buffer = nullptr;
  }
  // Points the C structs at the C++ members; the last step before the program can see the message.
  void finish();

 private:
  static size_t offset();
};

// An allocated buffer of trestle_buffer_allocate begins behind such a header.
struct BufferHeader {
  uint64_t length;
  uint64_t magic;
  static constexpr uint64_t kMagic = 0x7472657374627566;
};

}  // namespace trestle
