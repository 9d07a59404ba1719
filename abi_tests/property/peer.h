// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <string>
#include <thread>

#include "abi_tests/harness/program.h"

namespace trestle::testing {

// A server on an engine and thread of its own, which does what each byte of the client's data says:
//   'e'  sends one byte back               'b'  sends 200 KiB back
//   'c'  closes with close_notify          'd'  destroys the connection, as dirty as it gets
//   'm'  nothing
class CommandServer {
 public:
  CommandServer(const std::string& backend, const Identity& identity);
  ~CommandServer();
  uint16_t port() const { return port_; }

 private:
  void run();
  void handle(const Message& message);
  void obey(uint64_t connection, std::string_view commands);

  Program program_;
  uint16_t port_ = 0;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace trestle::testing
