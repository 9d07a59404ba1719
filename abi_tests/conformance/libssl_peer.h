// SPDX-License-Identifier: Apache-2.0
// A peer that no backend stands behind: libssl itself, which can be made to do what a backend never
// would.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <openssl/ssl.h>

#include "abi_tests/conformance/configuration.h"
#include "abi_tests/conformance/endpoint.h"
#include "abi_tests/conformance/pipe.h"

namespace trestle::conformance {

class LibsslPeer {
 public:
  // Everything is allowed, at security level 0; `prepare` may change that. Reads from `in`, writes
  // to `out`; both outlive it.
  LibsslPeer(uint32_t role, uint16_t version, Pipe& in, Pipe& out,
             const std::function<void(SSL_CTX*)>& prepare = nullptr);

  SSL* ssl() { return ssl_.get(); }
  bool established() const { return SSL_is_init_finished(ssl_.get()) != 0; }
  // Goes on with the handshake, also with one in mid-connection; false on an error.
  bool handshake();
  bool write(const std::string& data);
  // What can be read at the moment; processes whatever else has come.
  std::string read();
  // libssl's word on what went wrong, or "".
  const std::string& failure() const { return failure_; }

 private:
  void take_in();
  void put_out();
  bool succeeded(int result);

  Pipe& in_;
  Pipe& out_;
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
  std::string failure_;
};

// Certificates, leaf first, exactly in this order, and the leaf's key.
void use_chain(SSL_CTX* context, const IdentitySource& source);

// A backend's side against such a peer.
struct LibsslPair {
  // The backend's side in `configuration`'s role; it has an identity if it is a server.
  LibsslPair(const Plugin& plugin, const Configuration& configuration, uint16_t peer_version,
             const std::function<void(SSL_CTX*)>& prepare = nullptr);

  // Until both are done or neither gets any further.
  void handshake();
  bool established() const { return outcome.ok() && peer.established(); }
  std::string explanation() const {
    return "backend: " + outcome.explanation() + "\nlibssl: " + peer.failure();
  }

  Context context;
  Pipe to_peer;
  Pipe to_backend;
  Endpoint backend;
  LibsslPeer peer;
  Outcome outcome;
};

}  // namespace trestle::conformance
