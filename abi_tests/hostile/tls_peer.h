// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/ssl.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "abi_tests/hostile/peer.h"
#include "abi_tests/hostile/records.h"
#include "abi_tests/support/pki.h"

namespace trestle::testing {

// One side of a handshake by libssl, with AES_128_GCM and ECDHE_ECDSA; bytes in, bytes out. Its
// secrets are in the hands of the test, which can leave libssl's way at any moment.
class TlsPeer {
 public:
  static TlsPeer client(uint16_t version);
  static TlsPeer server(uint16_t version, const Identity& identity);

  // What it has to say to that.
  std::string step(std::string_view received);
  bool established() const { return SSL_is_init_finished(ssl_.get()) != 0; }
  // Does the whole handshake. False: it failed.
  bool handshake(Wire& wire);

  // What it sends after the handshake, and in TLS 1.3 after the hellos.
  Seal application_seal() const;
  Seal handshake_seal() const;

 private:
  TlsPeer(bool server, uint16_t version, const Identity* identity);
  static void note_secret(const SSL* ssl, const char* line);

  const bool server_;
  std::unique_ptr<std::map<std::string, std::string>> secrets_;  // by the label of the key log
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
};

}  // namespace trestle::testing
