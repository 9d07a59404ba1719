// SPDX-License-Identifier: Apache-2.0
#include "abi_tests/conformance/libssl_peer.h"

#include <array>
#include <stdexcept>

#include <openssl/err.h>
#include <openssl/x509.h>

#include "abi_tests/conformance/pair.h"

namespace trestle::conformance {
namespace {

constexpr size_t kChunk = 16384;

void check(bool ok, const char* what) {
  if (!ok) throw std::runtime_error(what);
}

}  // namespace

LibsslPeer::LibsslPeer(uint32_t role, uint16_t version, Pipe& in, Pipe& out,
                       const std::function<void(SSL_CTX*)>& prepare)
    : in_(in),
      out_(out),
      context_(SSL_CTX_new(TLS_method()), SSL_CTX_free),
      ssl_(nullptr, SSL_free) {
  SSL_CTX_set_security_level(context_.get(), 0);
  SSL_CTX_set_min_proto_version(context_.get(), version);
  SSL_CTX_set_max_proto_version(context_.get(), version);
  if (prepare) prepare(context_.get());
  ssl_.reset(SSL_new(context_.get()));
  check(ssl_ != nullptr, "SSL_new");
  SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  if (role == TRESTLE_ROLE_CLIENT) {
    SSL_set_connect_state(ssl_.get());
  } else {
    SSL_set_accept_state(ssl_.get());
  }
}

void LibsslPeer::take_in() {
  const std::string bytes = in_.drain();
  check(BIO_write(SSL_get_rbio(ssl_.get()), bytes.data(), static_cast<int>(bytes.size())) ==
            static_cast<int>(bytes.size()) ||
            bytes.empty(),
        "BIO_write");
}

void LibsslPeer::put_out() {
  std::array<char, kChunk> buffer;
  int count;
  while ((count = BIO_read(SSL_get_wbio(ssl_.get()), buffer.data(), kChunk)) > 0) {
    out_.write(std::string(buffer.data(), static_cast<size_t>(count)));
  }
}

bool LibsslPeer::succeeded(int result) {
  put_out();
  if (result == 1) return true;
  const int error = SSL_get_error(ssl_.get(), result);
  if (error == SSL_ERROR_WANT_READ) return true;
  const unsigned long code = ERR_get_error();
  failure_ = code == 0 ? "error " + std::to_string(error) : ERR_error_string(code, nullptr);
  ERR_clear_error();
  return false;
}

bool LibsslPeer::handshake() {
  take_in();
  ERR_clear_error();
  return succeeded(SSL_do_handshake(ssl_.get()));
}

bool LibsslPeer::write(const std::string& data) {
  take_in();
  ERR_clear_error();
  size_t written = 0;
  return succeeded(SSL_write_ex(ssl_.get(), data.data(), data.size(), &written));
}

std::string LibsslPeer::read() {
  take_in();
  std::string data;
  std::array<char, kChunk> buffer;
  size_t count = 0;
  int result;
  ERR_clear_error();
  while ((result = SSL_read_ex(ssl_.get(), buffer.data(), buffer.size(), &count)) == 1) {
    data.append(buffer.data(), count);
  }
  succeeded(result);
  return data;
}

void use_chain(SSL_CTX* context, const IdentitySource& source) {
  for (size_t i = 0; i < source.certificates.size(); ++i) {
    const auto* at = reinterpret_cast<const unsigned char*>(source.certificates[i].data());
    X509* certificate =
        d2i_X509(nullptr, &at, static_cast<long>(source.certificates[i].size()));
    check(certificate != nullptr, "certificate");
    if (i == 0) {
      check(SSL_CTX_use_certificate(context, certificate) == 1, "leaf");
      X509_free(certificate);
    } else {
      // Takes it over.
      check(SSL_CTX_add_extra_chain_cert(context, certificate) == 1, "chain");
    }
  }
  const auto* at = reinterpret_cast<const unsigned char*>(source.key.data());
  EVP_PKEY* key = d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(source.key.size()));
  check(key != nullptr && SSL_CTX_use_PrivateKey(context, key) == 1, "key");
  EVP_PKEY_free(key);
}

LibsslPair::LibsslPair(const Plugin& plugin, const Configuration& configuration,
                       uint16_t peer_version, const std::function<void(SSL_CTX*)>& prepare)
    : context(plugin, configuration),
      backend(context, to_backend, to_peer),
      peer(configuration.role == TRESTLE_ROLE_CLIENT ? TRESTLE_ROLE_SERVER : TRESTLE_ROLE_CLIENT,
           peer_version, to_peer, to_backend, prepare) {
  outcome.status = TRESTLE_BACKEND_WANT_READ;
  outcome.error = fresh_error();
}

void LibsslPair::handshake() {
  bool peer_works = true;
  bool progress = true;
  while (progress) {
    progress = advance(&backend, &outcome, to_backend, &to_peer);
    const uint64_t sent = to_backend.sent().size();
    if (peer_works) peer_works = peer.handshake();
    if (!peer_works) to_backend.end();
    progress |= to_backend.sent().size() != sent;
  }
}

}  // namespace trestle::conformance
