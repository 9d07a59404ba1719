// SPDX-License-Identifier: Apache-2.0
// TCP on 127.0.0.1, for peers that a test plays itself. Descriptors that a function returns
// are the caller's to close.
#pragma once

#include <cstdint>

namespace trestle::testing {

// Listens on a free port, which is told. Throws std::system_error. `receive_buffer`: SO_RCVBUF, from
// before the connections are there, since their window is agreed on then; 0: as the system has it.
int listen_on_loopback(uint16_t* port, int backlog = 64, int receive_buffer = 0);

// A connected socket, or -1. With SOCK_NONBLOCK in `flags`, one that may still be connecting.
int connect_to_loopback(uint16_t port, int flags = 0, int receive_buffer = 0);

// A listening socket whose queue is full: the kernel drops further SYNs, so a connect hangs.
class FullListener {
 public:
  FullListener();
  ~FullListener();
  FullListener(const FullListener&) = delete;
  FullListener& operator=(const FullListener&) = delete;
  uint16_t port() const { return port_; }

 private:
  uint16_t port_ = 0;
  int listener_;
  int fillers_[4];
};

}  // namespace trestle::testing
