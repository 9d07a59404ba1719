// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "abi_tests/harness/program.h"

namespace trestle::testing {

constexpr size_t kBigReply = 100 * 1024;
constexpr uint32_t kReplyWindow = 1024;  // replies on their way, at most

// The other side, on an engine and thread of its own. It does what each byte of the data says that
// it gets, and nothing of itself:
//   'e'  sends one byte back               'b'  sends kBigReply bytes back
//   'c'  closes with close_notify          'd'  destroys the connection, as dirty as it gets
//   'm'  nothing
class CommandPeer {
 public:
  virtual ~CommandPeer() = default;

 protected:
  CommandPeer() = default;
  void start();
  void stop();  // before the derived object goes
  virtual void handle(const Message& message) = 0;
  virtual void look() {}  // again and again
  void obey(const Message& data);

  Program program_;

 private:
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

// Accepts every connection.
class CommandServer : public CommandPeer {
 public:
  CommandServer(const std::string& backend, const Identity& identity);
  ~CommandServer() override { stop(); }
  uint16_t port() const { return port_; }

 private:
  void handle(const Message& message) override;

  uint16_t port_ = 0;
};

// Has several connections, each of which connects anew when it has ended. It has a certificate for
// those who ask.
class CommandClient : public CommandPeer {
 public:
  CommandClient(const std::string& backend, const TestPki& pki);
  ~CommandClient() override { stop(); }
  // Where they connect from now on; 0: nowhere.
  void aim_at(uint16_t port) { port_ = port; }

 private:
  void handle(const Message& message) override;
  void look() override;
  void create();

  Session session_;
  std::atomic<uint16_t> port_{0};
  std::vector<uint64_t> waiting_;  // for a port
};

}  // namespace trestle::testing
