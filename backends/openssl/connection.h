// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "backends/openssl/library.h"

namespace trestle::openssl {

// A handshake message of the peer, without its header.
struct Message {
  std::vector<uint8_t> bytes;

  trestle_bytes body() const { return {bytes.data(), bytes.size()}; }
};

}  // namespace trestle::openssl

struct trestle_backend_connection {
  trestle_backend_context *context = nullptr;
  void *host_connection = nullptr;
  trestle::openssl::SslPtr ssl;
  // The last one that a callback wants to read, from its arrival until then.
  trestle::openssl::Message message;
  // Set once, by what ended the connection; told again by every later call.
  std::optional<trestle_backend_error> failure;
  bool transport_ended = false;  // pull returned 0
  bool pull_ran_dry = false;     // pull had nothing, during the present operation
  bool rejected = false;         // the answer to `ask` was no
  bool out_of_memory = false;    // in a callback
  uint8_t alert_sent = TRESTLE_ALERT_NONE;  // the last fatal one
};

namespace trestle::openssl {

trestle_backend_connection *connection_of(const SSL *ssl);

// What the connection has noted; it is not kept any longer than the caller does.
Message take_message(const SSL *ssl);

// The table's slots.
int32_t connection_new(trestle_backend_context *context, void *host_connection,
                       trestle_backend_connection **connection, trestle_backend_error *error);
void connection_free(trestle_backend_connection *connection);
int32_t handshake(trestle_backend_connection *connection, trestle_backend_error *error);
int32_t encrypt(trestle_backend_connection *connection, const uint8_t *data, uint64_t length,
                trestle_backend_error *error);
int32_t decrypt(trestle_backend_connection *connection, uint8_t *buffer, uint64_t capacity,
                uint64_t *length, trestle_backend_error *error);
int32_t close(trestle_backend_connection *connection, trestle_backend_error *error);
void info(const trestle_backend_connection *connection, trestle_backend_connection_info *info);

}  // namespace trestle::openssl
