// SPDX-License-Identifier: Apache-2.0
// One TLS connection: wolfSSL's object between the host's pull, push and ask.
#pragma once

#include <memory>
#include <optional>

#include <trestle/backend.h>

#include "backends/wolfssl/context.h"
#include "backends/wolfssl/inbound.h"
#include "backends/wolfssl/wolf.h"

namespace trestle::wolf {

// What every wolfSSL context needs so that its connections land here.
void install_callbacks(trestle_backend_context* context, bool with_tls12_psk);

// Kept from process_init on.
void set_host(const trestle_host* host);
void push_to_host(void* host_connection, const uint8_t* data, size_t size);

int32_t connection_new(trestle_backend_context* context, void* host_connection,
                       trestle_backend_connection** connection, trestle_backend_error* error);

}  // namespace trestle::wolf

struct trestle_backend_connection {
 public:
  trestle_backend_connection(const trestle_backend_context& context, void* host_connection)
      : context_(context), host_connection_(host_connection) {}

  bool open();
  int32_t handshake(trestle_backend_error* error);
  int32_t encrypt(const uint8_t* data, uint64_t length, trestle_backend_error* error);
  int32_t decrypt(uint8_t* buffer, uint64_t capacity, uint64_t* length,
                  trestle_backend_error* error);
  int32_t close(trestle_backend_error* error);
  void info(trestle_backend_connection_info* info) const;

  // wolfSSL's callbacks. What they throw ends the handshake.
  void on_out_of_memory() { verdict_ = Verdict::kOutOfMemory; }
  int on_pull(char* buffer, int capacity);
  int on_push(const char* data, int size);
  void on_message(const uint8_t* data, size_t size);
  int on_certificate(WOLFSSL_X509_STORE_CTX* store);
  unsigned offer_psk(char* identity, unsigned identity_max, uint8_t* key, unsigned key_max) const;
  unsigned find_psk(const char* identity, uint8_t* key, unsigned key_max) const;
  unsigned find_tls13_psk(const char* identity, uint8_t* key, unsigned key_max);
  // wolfSSL's name of the suite of TLS 1.3 that goes with the PSK; NULL if there is none.
  const char* psk_suite() const;

 private:
  enum class State { kHandshaking, kEstablished, kFailed };
  // Why the callbacks ended a handshake or refused to go on, when wolfSSL can't know.
  enum class Verdict {
    kNone,
    kRejected,
    kChainTooLong,
    kCertificateSkipped,
    kMalformed,
    kUnexpectedCertificate,
    kNotOffered,
    kKeyNotAllowed,
    kNoCommonVersion,
    kNoCommonGroup,
    kNoPsk,
    kUnknownPsk,
    kPlainAlert,
    kFlooded,
    kOutOfMemory,
  };

  struct Free {
    void operator()(WOLFSSL* connection) const { wolfSSL_free(connection); }
  };

  bool wants_certificate() const;
  int verify_mode() const;
  bool key_may_sign(const trestle_bytes& leaf) const;
  bool ask_host(const WOLFSSL_X509_STORE_CTX& store);
  Verdict judge_inbound();
  Verdict judge_client_hello();
  Verdict judge_server_hello();
  Verdict judge_message(const std::vector<uint8_t>& message);
  bool is_by_psk() const;
  bool is_established_properly(trestle_backend_error* error);
  void note_pushed(const uint8_t* data, size_t size);
  bool may_send_plain_alert() const;
  void send_plain_alert(uint8_t alert);

  // What went wrong, from what wolfSSL and the callbacks know; stays for every later call.
  int32_t fail_for_good(int code, trestle_backend_error* error);
  int32_t classify(int code, trestle_backend_error* error);
  int32_t again(trestle_backend_error* error) const;

  const trestle_backend_context& context_;
  void* const host_connection_;
  std::unique_ptr<WOLFSSL, Free> library_;
  trestle::wolf::Inbound inbound_;
  State state_ = State::kHandshaking;
  Verdict verdict_ = Verdict::kNone;
  bool hello_judged_ = false;
  bool certificate_came_ = false; // the message, be it empty
  bool asked_ = false;
  bool by_psk_ = false; // the ServerHello of TLS 1.3 took the PSK
  bool transport_ended_ = false;
  bool sends_encrypted_ = false;
  std::optional<uint8_t> held_alert_;  // wolfSSL's, in the clear
  std::optional<uint8_t> fatal_alert_; // that we sent
  bool read_closed_ = false;  // the peer's close_notify came
  bool write_closed_ = false; // ours went
  uint16_t version_ = 0;
  uint16_t suite_ = 0;
  uint16_t psk_suite_ = 0; // a server's choice
  uint32_t answers_ = 0; // records that decrypt made wolfSSL send since the last plaintext
  std::unique_ptr<trestle_backend_error> failure_;
};
