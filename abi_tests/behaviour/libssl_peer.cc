// SPDX-License-Identifier: Apache-2.0
#include "abi_tests/behaviour/libssl_peer.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <vector>

#include "abi_tests/support/loopback.h"

namespace trestle::testing {
namespace {

constexpr timeval kPatience = {20, 0};

void check(bool ok, const char* what) {
  if (!ok) throw std::runtime_error(std::string("libssl peer: ") + what);
}

void use_identity(SSL_CTX* context, const Identity& identity) {
  const std::string key_der = identity.key().pkcs8_der();
  const auto* at = reinterpret_cast<const unsigned char*>(key_der.data());
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(key_der.size())), EVP_PKEY_free);
  bool leaf = true;
  for (const std::string& der : identity.chain_der()) {
    at = reinterpret_cast<const unsigned char*>(der.data());
    std::unique_ptr<X509, decltype(&X509_free)> certificate(
        d2i_X509(nullptr, &at, static_cast<long>(der.size())), X509_free);
    if (leaf) {
      check(SSL_CTX_use_certificate(context, certificate.get()) == 1, "leaf");
    } else {
      check(SSL_CTX_add1_chain_cert(context, certificate.get()) == 1, "chain");
    }
    leaf = false;
  }
  check(SSL_CTX_use_PrivateKey(context, key.get()) == 1, "key");
}

}  // namespace

const char* name_of(PeerEnd end) {
  switch (end) {
    case PeerEnd::kCloseNotify: return "close_notify";
    case PeerEnd::kTruncated: return "truncated";
    case PeerEnd::kReset: return "reset";
    case PeerEnd::kAlert: return "alert";
    default: return "none";
  }
}

LibsslPeer LibsslPeer::server(uint16_t version, const Identity& identity, int receive_buffer) {
  LibsslPeer peer(true, version, &identity);
  peer.listener_ = listen_on_loopback(&peer.port_, 64, receive_buffer);
  return peer;
}

LibsslPeer LibsslPeer::client(uint16_t version, uint16_t port, int receive_buffer) {
  LibsslPeer peer(false, version, nullptr);
  peer.use_socket(connect_to_loopback(port, 0, receive_buffer));
  check(peer.fd_ >= 0, "connect");
  return peer;
}

LibsslPeer::LibsslPeer(bool server, uint16_t version, const Identity* identity)
    : server_(server), context_(SSL_CTX_new(TLS_method()), SSL_CTX_free), ssl_(nullptr, SSL_free) {
  SSL_CTX_set_min_proto_version(context_.get(), version);
  SSL_CTX_set_max_proto_version(context_.get(), version);
  // Nothing but data comes after the handshake.
  SSL_CTX_set_num_tickets(context_.get(), 0);
  SSL_CTX_set_options(context_.get(), SSL_OP_NO_TICKET);
  if (identity) use_identity(context_.get(), *identity);
}

LibsslPeer::LibsslPeer(LibsslPeer&& other) noexcept
    : server_(other.server_),
      context_(std::move(other.context_)),
      ssl_(std::move(other.ssl_)),
      listener_(std::exchange(other.listener_, -1)),
      fd_(std::exchange(other.fd_, -1)),
      port_(other.port_),
      end_(other.end_) {}

LibsslPeer::~LibsslPeer() {
  close();
  if (listener_ >= 0) ::close(listener_);
}

void LibsslPeer::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

void LibsslPeer::use_socket(int fd) {
  close();
  fd_ = fd;
  setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
  setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
  int one = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

void LibsslPeer::handshake() {
  if (server_) {
    setsockopt(listener_, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
    int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    check(fd >= 0, "accept");
    use_socket(fd);
  }
  ssl_.reset(SSL_new(context_.get()));
  check(ssl_ != nullptr, "SSL_new");
  BIO* in = BIO_new(BIO_s_mem());
  BIO_set_mem_eof_return(in, -1);
  SSL_set_bio(ssl_.get(), in, BIO_new(BIO_s_mem()));
  server_ ? SSL_set_accept_state(ssl_.get()) : SSL_set_connect_state(ssl_.get());
  end_ = PeerEnd::kNone;
  do {
    ERR_clear_error();
  } while (!done(SSL_do_handshake(ssl_.get())));
  check(SSL_is_init_finished(ssl_.get()) != 0, "the handshake was cut");
}

bool LibsslPeer::done(int result) {
  const int error = SSL_get_error(ssl_.get(), result);
  flush();
  switch (error) {
    case SSL_ERROR_NONE: return true;
    case SSL_ERROR_WANT_READ: return !fill();
    case SSL_ERROR_ZERO_RETURN: end_ = PeerEnd::kCloseNotify; return true;
    default: break;
  }
  const unsigned long reason = ERR_get_error();
  const bool alert = ERR_GET_LIB(reason) == ERR_LIB_SSL &&
                     ERR_GET_REASON(reason) >= SSL_AD_REASON_OFFSET;
  check(alert, ERR_reason_error_string(reason));
  end_ = PeerEnd::kAlert;
  return true;
}

// What libssl has to say goes out.
void LibsslPeer::flush() {
  std::vector<char> buffer(65536);
  int n;
  while ((n = BIO_read(SSL_get_wbio(ssl_.get()), buffer.data(), static_cast<int>(buffer.size()))) >
         0) {
    for (int sent = 0; sent < n;) {
      const ssize_t more = send(fd_, buffer.data() + sent, static_cast<size_t>(n - sent),
                                MSG_NOSIGNAL);
      check(more > 0, "the other side takes nothing any more");
      sent += static_cast<int>(more);
    }
  }
}

// False at the transport's end.
bool LibsslPeer::fill() {
  std::vector<char> buffer(16384);
  const ssize_t n = recv(fd_, buffer.data(), buffer.size(), 0);
  if (n > 0) {
    BIO_write(SSL_get_rbio(ssl_.get()), buffer.data(), static_cast<int>(n));
    return true;
  }
  check(n == 0 || errno == ECONNRESET, "nothing came for a long time");
  end_ = n == 0 ? PeerEnd::kTruncated : PeerEnd::kReset;
  return false;
}

std::string LibsslPeer::read() {
  std::string data(16384, '\0');
  int n = 0;
  if (end_ == PeerEnd::kNone) {
    do {
      ERR_clear_error();
      n = SSL_read(ssl_.get(), data.data(), static_cast<int>(data.size()));
    } while (!done(n));
  }
  data.resize(static_cast<size_t>(std::max(n, 0)));
  return data;
}

uint64_t LibsslPeer::read_bytes(uint64_t count) {
  uint64_t total = 0;
  while (total < count) {
    const size_t n = read().size();
    if (n == 0) break;
    total += n;
  }
  return total;
}

bool LibsslPeer::sees_fin() {
  char byte;
  const ssize_t n = recv(fd_, &byte, 1, 0);
  check(n >= 0 || errno == ECONNRESET, "no end came for a long time");
  return n == 0 && BIO_pending(SSL_get_rbio(ssl_.get())) == 0;
}

void LibsslPeer::write(std::string_view data) {
  ERR_clear_error();
  check(done(SSL_write(ssl_.get(), data.data(), static_cast<int>(data.size()))), "write");
}

void LibsslPeer::request_key_update() {
  check(SSL_key_update(ssl_.get(), SSL_KEY_UPDATE_REQUESTED) == 1, "key update");
}

void LibsslPeer::close_notify() {
  SSL_shutdown(ssl_.get());
  flush();
}

}  // namespace trestle::testing
