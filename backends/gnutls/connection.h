// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "backends/common/handshake_messages.h"
#include "backends/gnutls/context.h"
#include "backends/gnutls/handles.h"
#include "backends/gnutls/inbound.h"

namespace trestle::gnutls_backend {

class Connection {
 public:
  Connection(const trestle_backend_context &context, void *host_connection);

  int32_t handshake(trestle_backend_error *error);
  int32_t encrypt(const uint8_t *data, uint64_t length, trestle_backend_error *error);
  int32_t decrypt(uint8_t *buffer, uint64_t capacity, uint64_t *length,
                  trestle_backend_error *error);
  int32_t close(trestle_backend_error *error);
  int32_t abort(uint8_t alert, trestle_backend_error *error);
  void info(trestle_backend_connection_info *info) const;

  // For GnuTLS's callbacks.
  static Connection *of(gnutls_session_t session);
  const trestle_backend_context &context() const { return context_; }
  enum class PskIdentity { kNone, kKnown, kUnknown };
  void set_psk_identity(PskIdentity identity) { psk_identity_ = identity; }

 private:
  static ssize_t pull(gnutls_transport_ptr_t connection, void *buffer, size_t capacity);
  static ssize_t push(gnutls_transport_ptr_t connection, const void *data, size_t length);
  static int verify(gnutls_session_t session);
  static int on_message(gnutls_session_t session, unsigned type, unsigned when, unsigned incoming,
                        const gnutls_datum_t *message);

  // GnuTLS's codes.
  int set_credentials(bool with_psk);
  int on_incoming(unsigned type, const trestle_bytes &body);
  int check_client_hello(const trestle_bytes &body);
  int note_server_hello(const trestle_bytes &body);
  int answer_certificate_request(const trestle_bytes &body);
  int ask_once();
  bool is_by_psk() const;

  // One step of GnuTLS, as far as the caller has to know.
  enum class Step { kDone, kWantRead, kAgain, kFailed };
  Step judge(int code);
  int32_t fail_with(int code, trestle_backend_error *error);
  int alert_of(int code) const;
  int32_t result_of(int code, int alert) const;
  bool is_wrong_binder(int code) const;
  bool is_early_tls13_server() const;
  int received_alert(int code) const;

  const trestle_backend_context &context_;
  void *const host_connection_;
  Session session_;
  Inbound inbound_;
  uint16_t suite_ = 0;
  int failure_ = 0;  // GnuTLS's code for what ended the connection, told or not yet
  uint32_t idle_bytes_ = 0;  // pulled since there was data, or since the beginning
  uint32_t message_bytes_ = 0;  // as of the last step
  uint16_t idle_steps_ = 0;  // records since then
  uint8_t renegotiations_ = 0;
  uint8_t warnings_ = 0;  // within the handshake
  // Within a step: what the transport said last.
  bool would_block_ = false;
  bool ended_ = false;
  bool established_ = false;
  bool closed_ = false;  // our close_notify went
  bool failed_ = false;  // and the host was told
  bool refused_hello_ = false;  // GnuTLS still holds a ClientHello for a renegotiation
  bool hello_seen_ = false;
  bool certificate_requested_ = false;
  bool certificate_seen_ = false;
  bool asked_ = false;
  bool rejected_ = false;
  PskIdentity psk_identity_ = PskIdentity::kNone;  // server: what the client named
};

// Keeps the host's functions. To be called from process_init.
void set_host(const trestle_host *host);

}  // namespace trestle::gnutls_backend

struct trestle_backend_connection : trestle::gnutls_backend::Connection {
  using Connection::Connection;
};
