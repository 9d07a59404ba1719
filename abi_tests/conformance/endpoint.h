// SPDX-License-Identifier: Apache-2.0
// One side of a connection: the host of one backend connection. Each method calls one slot.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <trestle/backend.h>

#include "abi_tests/conformance/configuration.h"
#include "abi_tests/conformance/outcome.h"
#include "abi_tests/conformance/pipe.h"

namespace trestle::conformance {

class Endpoint {
 public:
  // Reads from `in`, writes to `out`; all three outlive it.
  Endpoint(const Context& context, Pipe& in, Pipe& out);
  ~Endpoint();
  Endpoint(const Endpoint&) = delete;
  Endpoint& operator=(const Endpoint&) = delete;

  const Outcome& created() const { return created_; }
  const Plugin& plugin() const { return plugin_; }

  Outcome handshake();
  Outcome encrypt(const std::string& data);
  // Appends to `data` what one call returned.
  Outcome decrypt(std::string* data);
  Outcome close();
  Outcome abort(uint8_t alert);
  trestle_backend_connection_info info() const;
  // connection_free, before the destructor does it.
  void free();

  // The answer to `ask`; yes unless a test sets another.
  std::function<int32_t(const trestle_ask&)> on_ask;
  int asks() const { return asks_; }
  // The chain of the last ask, DER, leaf first.
  const std::vector<std::string>& chain() const { return chain_; }
  // What this side had sent when it was asked.
  const std::string& sent_before_ask() const { return sent_before_ask_; }

  // For trestle_host.
  static int64_t pull(void* endpoint, uint8_t* buffer, uint64_t capacity);
  static void push(void* endpoint, const uint8_t* data, uint64_t length);
  static int32_t ask(void* endpoint, const trestle_ask* ask);

 private:
  enum class Slot { kNone, kNew, kHandshake, kEncrypt, kDecrypt, kClose, kAbort, kInfo, kFree };
  // Names the slot that is being called while it lives, so that callbacks at the wrong time show.
  class InSlot;

  const Plugin& plugin_;
  Pipe& in_;
  Pipe& out_;
  trestle_backend_connection* connection_ = nullptr;
  Outcome created_;
  Slot slot_ = Slot::kNone;
  int asks_ = 0;
  std::vector<std::string> chain_;
  std::string sent_before_ask_;
};

}  // namespace trestle::conformance
