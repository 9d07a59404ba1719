// SPDX-License-Identifier: Apache-2.0
#include "abi_tests/support/loopback.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace trestle::testing {
namespace {

sockaddr_in loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int new_socket(int flags, int receive_buffer) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
  if (receive_buffer > 0)
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  return fd;
}

}  // namespace

int listen_on_loopback(uint16_t* port, int backlog, int receive_buffer) {
  const int fd = new_socket(0, receive_buffer);
  sockaddr_in address = loopback(0);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  if (bind(fd, generic, size) != 0 || listen(fd, backlog) != 0 ||
      getsockname(fd, generic, &size) != 0) {
    throw std::system_error(errno, std::generic_category(), "listening on 127.0.0.1");
  }
  *port = ntohs(address.sin_port);
  return fd;
}

int connect_to_loopback(uint16_t port, int flags, int receive_buffer) {
  const int fd = new_socket(flags, receive_buffer);
  const sockaddr_in address = loopback(port);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ||
      (errno == EINPROGRESS && (flags & SOCK_NONBLOCK) != 0)) {
    return fd;
  }
  close(fd);
  return -1;
}

FullListener::FullListener() : listener_(listen_on_loopback(&port_, 0)) {
  for (int& fd : fillers_) fd = connect_to_loopback(port_, SOCK_NONBLOCK);
}

FullListener::~FullListener() {
  for (int fd : fillers_) close(fd);
  close(listener_);
}

}  // namespace trestle::testing
