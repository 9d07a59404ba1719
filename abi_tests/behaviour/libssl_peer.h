// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "abi_tests/support/pki.h"

namespace trestle::testing {

// How a connection ended in the eyes of a peer.
enum class PeerEnd { kNone, kCloseNotify, kTruncated, kReset, kAlert };
const char* name_of(PeerEnd end);

// The other end of one connection: libssl on a socket, on the test's own thread. It does nothing
// that the test doesn't call for; each call waits for the other side where it has to. What should
// never happen, waiting for long included, throws std::runtime_error.
class LibsslPeer {
 public:
  // A server, which listens at once. Its socket takes about `receive_buffer` bytes that it didn't
  // read; 0: as many as the system likes.
  static LibsslPeer server(uint16_t version, const Identity& identity, int receive_buffer = 0);
  // A client, which connects TCP at once.
  static LibsslPeer client(uint16_t version, uint16_t port, int receive_buffer = 0);
  LibsslPeer(LibsslPeer&& other) noexcept;
  ~LibsslPeer();

  uint16_t port() const { return port_; }
  // The handshake; a server accepts a connection before, also one after the other.
  void handshake();

  // What is there, at least a byte and no more than a record; "" at the end.
  std::string read();
  // Reads until there are so many bytes, or the end.
  uint64_t read_bytes(uint64_t count);
  // Reads to the end; how many bytes there were.
  uint64_t read_to_the_end() { return read_bytes(UINT64_MAX); }
  PeerEnd end() const { return end_; }
  // After close_notify: true if the other side ended the TCP connection in this direction, and sent
  // nothing before.
  bool sees_fin();

  // Each may be called after the other side's close_notify, too.
  void write(std::string_view data);
  void request_key_update();  // TLS 1.3
  void close_notify();
  void close();  // the socket

 private:
  LibsslPeer(bool server, uint16_t version, const Identity* identity);
  void use_socket(int fd);
  void flush();
  bool fill();
  // False: call again. Throws where SSL_get_error says that it has failed.
  bool done(int result);

  const bool server_;
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
  int listener_ = -1;
  int fd_ = -1;
  uint16_t port_ = 0;
  PeerEnd end_ = PeerEnd::kNone;
};

}  // namespace trestle::testing
