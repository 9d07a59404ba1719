// SPDX-License-Identifier: Apache-2.0
// One TLS connection: wolfSSL's object between the host's pull, push and ask.
#pragma once

#include <memory>
#include <optional>

#include <trestle/backend.h>

#include "backends/wolfssl/context.h"
#include "backends/wolfssl/inbound.h"
#include "backends/wolfssl/verdicts.h"
#include "backends/wolfssl/wolf.h"

namespace trestle::wolf {

// What wolfSSL contexts need so that their connections land here.
void install_callbacks(WOLFSSL_CTX* library);
void install_psk_callbacks(const trestle_backend_context& context);

// Kept from process_init on.
inline const trestle_host* host = nullptr;

}  // namespace trestle::wolf

struct trestle_backend_connection {
 public:
  trestle_backend_connection(const trestle_backend_context& context, void* host_connection);

  // The slots, for a connection that has not failed. One that has fails like that for good.
  bool has_failed() const { return failure_.has_value(); }
  int32_t fail_again(trestle_backend_error* error) const;
  int32_t handshake(trestle_backend_error* error);
  int32_t encrypt(const uint8_t* data, uint64_t length, trestle_backend_error* error);
  int32_t decrypt(uint8_t* buffer, uint64_t capacity, uint64_t* length,
                  trestle_backend_error* error);
  int32_t close(trestle_backend_error* error);
  void info(trestle_backend_connection_info* info) const;

  // For wolfSSL's callbacks; what throws a Verdict ends the handshake with it.
  const trestle_backend_context& context() const { return context_; }
  int on_pull(uint8_t* buffer, int capacity);
  int on_push(const uint8_t* data, int size);
  int on_certificate(const WOLFSSL_X509_STORE_CTX& store);
  void set_verdict(const trestle::wolf::Verdict& verdict);
  uint16_t psk_suite() const { return psk_suite_; }

 private:
  struct Free {
    void operator()(WOLFSSL* connection) const { wolfSSL_free(connection); }
  };

  bool is_tls13() const { return wolfSSL_version(library_.get()) == TLS1_3_VERSION; }
  bool wants_certificate() const;
  void set_verify_mode(int mode);
  int verify_mode() const;
  bool is_suite_with(trestle::wolf::Authentication authentication) const;
  bool is_by_psk() const;
  bool is_peer_known() const;
  void ask_host(const WOLFSSL_X509_STORE_CTX& store);
  void judge(uint8_t type, const trestle_bytes& body);
  void judge_server_hello(const trestle_bytes& body);
  void judge_client_hello(const trestle_bytes& body);
  void judge_tls12(uint8_t type, const trestle_bytes& body) const;
  void note_pushed(const uint8_t* data, size_t size);
  bool may_send_plain_alert() const;
  void send_plain_alert(uint8_t alert);

  // What went wrong, from what wolfSSL and the callbacks know.
  int32_t fail_for_good(int code, trestle_backend_error* error);
  int32_t classify(int code, trestle_backend_error* error);

  const trestle_backend_context& context_;
  void* const host_connection_;
  std::unique_ptr<WOLFSSL, Free> library_;
  trestle::wolf::Inbound inbound_;
  std::optional<trestle::wolf::Verdict> verdict_; // the first one stays
  std::optional<trestle_backend_error> failure_;
  bool established_ = false;
  bool certificate_came_ = false; // the message of TLS 1.2, be it empty
  bool asked_ = false;
  bool takes_psk_ = false; // the ServerHello of TLS 1.3
  bool transport_ended_ = false;
  bool sends_encrypted_ = false;
  bool read_closed_ = false;  // the peer's close_notify came
  bool write_closed_ = false; // ours went
  std::optional<uint8_t> held_alert_;  // wolfSSL's, in the clear
  std::optional<uint8_t> fatal_alert_; // that we sent
  uint16_t version_ = 0;
  uint16_t suite_ = 0;
  uint16_t psk_suite_ = 0; // of TLS 1.3, for the PSK: a client's first, a server's choice
  bool is_reading_ = false; // within decrypt
  uint32_t answers_ = 0; // records that decrypt made wolfSSL send since the last plaintext
};
