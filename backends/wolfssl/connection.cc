// SPDX-License-Identifier: Apache-2.0
#include "backends/wolfssl/connection.h"

#include <algorithm>

#include "backends/common/handshake_messages.h"

using namespace trestle::wolf;

namespace {

// Key updates and refusals that a peer may make us answer without sending a byte of data.
constexpr uint32_t kAnswersMax = 128;

}  // namespace

trestle_backend_connection::trestle_backend_connection(const trestle_backend_context& context,
                                                       void* host_connection)
    : context_(context),
      host_connection_(host_connection),
      library_(wolfSSL_new(context.library.get())),
      inbound_(!context.is_client,
               [this](uint8_t type, const trestle_bytes& body) { judge(type, body); }) {
  if (!library_) throw std::bad_alloc();
  if (context.is_client && !context.psk_suites.empty()) psk_suite_ = context.psk_suites.front();
  wolfSSL_SetIOReadCtx(library_.get(), this);
  wolfSSL_SetIOWriteCtx(library_.get(), this);
  wolfSSL_SetCertCbCtx(library_.get(), this);
  wolfSSL_set_psk_callback_ctx(library_.get(), this);
  set_verify_mode(verify_mode());
}

void trestle_backend_connection::set_verdict(const Verdict& verdict) {
  if (!verdict_) verdict_ = verdict;
}

int trestle_backend_connection::on_pull(uint8_t* buffer, int capacity) {
  if (verdict_) return WOLFSSL_CBIO_ERR_GENERAL;
  const int64_t count = inbound_.pull(*host, host_connection_, is_tls13(), buffer,
                                      static_cast<uint64_t>(capacity));
  // Clients that have not sent anything encrypted yet send alerts in the clear, also after the
  // server's flight of TLS 1.3. wolfSSL takes that for a violation.
  if (!established_ && sends_encrypted_ && inbound_.plain_alert()) {
    throw Verdict{TRESTLE_RESULT_ALERT_RECEIVED, *inbound_.plain_alert(), ""};
  }
  if (count == 0) {
    transport_ended_ = true;
    return WOLFSSL_CBIO_ERR_CONN_CLOSE;
  }
  return count < 0 ? WOLFSSL_CBIO_ERR_WANT_READ : static_cast<int>(count);
}

int trestle_backend_connection::on_push(const uint8_t* data, int size) {
  // After the transport's end there is nobody to hear; after a fatal alert nothing may follow.
  if (transport_ended_ || fatal_alert_) return size;
  WOLFSSL_ALERT_HISTORY alerts = {};
  wolfSSL_get_alert_history(library_.get(), &alerts);
  if (alerts.last_tx.level == alert_fatal) {
    const auto alert = static_cast<uint8_t>(alerts.last_tx.code);
    // One in the clear waits until it is known whether it is the right one.
    if (may_send_plain_alert() && size == 7 && data[0] == kAlert) {
      held_alert_ = alert;
      return size;
    }
    fatal_alert_ = alert;
  }
  note_pushed(data, static_cast<size_t>(size));
  host->push(host_connection_, data, static_cast<size_t>(size));
  if (is_reading_ && ++answers_ > kAnswersMax) {
    set_verdict({kViolation, unexpected_message, "too many key updates without data"});
  }
  return size;
}

// Learns from the records when what we send becomes encrypted, and what a server of ours chose.
void trestle_backend_connection::note_pushed(const uint8_t* data, size_t size) {
  constexpr size_t kHeaders = kRecordHeader + kMessageHeader;
  while (!sends_encrypted_ && size >= kRecordHeader) {
    sends_encrypted_ = data[0] == kApplicationData || (data[0] == kChangeCipherSpec && !is_tls13());
    const size_t record = kRecordHeader + (static_cast<size_t>(data[3]) << 8 | data[4]);
    if (record > size) break;
    if (data[0] == kHandshake && record > kHeaders && data[kRecordHeader] == kServerHello) {
      const auto hello = parse_server_hello({data + kHeaders, record - kHeaders});
      takes_psk_ = hello && hello->takes_psk;
    }
    data += record;
    size -= record;
  }
}

int32_t trestle_backend_connection::handshake(trestle_backend_error* error) {
  if (established_) return TRESTLE_BACKEND_OK;
  const int result =
      context_.is_client ? wolfSSL_connect(library_.get()) : wolfSSL_accept(library_.get());
  const int code = wolfSSL_get_error(library_.get(), result);
  if (result != WOLFSSL_SUCCESS && code == WOLFSSL_ERROR_WANT_READ && !transport_ended_) {
    return TRESTLE_BACKEND_WANT_READ;
  }
  version_ = static_cast<uint16_t>(wolfSSL_version(library_.get()));
  suite_ = static_cast<uint16_t>(wolfSSL_get_current_cipher_suite(library_.get()));
  if (result == WOLFSSL_SUCCESS && !is_peer_known()) {
    set_verdict({kFailed, handshake_failure, "the peer showed no certificate"});
  }
  if (result != WOLFSSL_SUCCESS || verdict_) return fail_for_good(code, error);
  established_ = true;
  return TRESTLE_BACKEND_OK;
}

int32_t trestle_backend_connection::encrypt(const uint8_t* data, uint64_t length,
                                            trestle_backend_error* error) {
  if (write_closed_) return fail(error, TRESTLE_RESULT_FAILURE, 0, "closed for writing");
  while (length > 0) {
    const int part = static_cast<int>(std::min<uint64_t>(length, 1u << 30));
    const int result = wolfSSL_write(library_.get(), data, part);
    answers_ = 0;
    if (result <= 0) return fail_for_good(wolfSSL_get_error(library_.get(), result), error);
    data += result;
    length -= static_cast<uint64_t>(result);
  }
  return TRESTLE_BACKEND_OK;
}

int32_t trestle_backend_connection::decrypt(uint8_t* buffer, uint64_t capacity, uint64_t* length,
                                            trestle_backend_error* error) {
  if (read_closed_) return TRESTLE_BACKEND_CLOSED;
  int code = WOLFSSL_ERROR_NONE;
  is_reading_ = true;
  // Record after record; what ends the series is told with the next call if data came before it.
  for (*length = 0; *length < capacity; answers_ = 0) {
    const int part = static_cast<int>(std::min<uint64_t>(capacity - *length, 1u << 30));
    const int result = wolfSSL_read(library_.get(), buffer + *length, part);
    if (result <= 0) {
      code = wolfSSL_get_error(library_.get(), result);
      break;
    }
    *length += static_cast<uint64_t>(result);
  }
  is_reading_ = false;
  int32_t status = TRESTLE_BACKEND_WANT_READ;
  if (code == WOLFSSL_ERROR_ZERO_RETURN) {
    read_closed_ = true;
    status = TRESTLE_BACKEND_CLOSED;
  } else if (code != WOLFSSL_ERROR_NONE &&
             (code != WOLFSSL_ERROR_WANT_READ || transport_ended_)) {
    status = fail_for_good(code, error);
  }
  return *length > 0 ? TRESTLE_BACKEND_OK : status;
}

int32_t trestle_backend_connection::close(trestle_backend_error* error) {
  if (write_closed_) return TRESTLE_BACKEND_OK;
  // If the peer's close_notify came first, this resets wolfSSL's object, which is of no use then.
  const int result = wolfSSL_shutdown(library_.get());
  if (result < 0) return fail_for_good(wolfSSL_get_error(library_.get(), result), error);
  write_closed_ = true;
  return TRESTLE_BACKEND_OK;
}

void trestle_backend_connection::info(trestle_backend_connection_info* info) const {
  info->version = version_;
  info->suite = suite_;
  info->by_psk = is_by_psk();
}

namespace trestle::wolf {
namespace {

// Runs a callback's body so that no exception passes through wolfSSL.
template <typename Body>
int run_callback(void* connection, int on_failure, Body body) {
  auto* self = static_cast<trestle_backend_connection*>(connection);
  try {
    return body(self);
  } catch (const Verdict& verdict) {
    self->set_verdict(verdict);
  } catch (const std::bad_alloc&) {
    self->set_verdict(kOutOfMemory);
  }
  return on_failure;
}

int pull(WOLFSSL*, char* buffer, int size, void* connection) {
  return run_callback(connection, WOLFSSL_CBIO_ERR_GENERAL, [&](auto* self) {
    return self->on_pull(reinterpret_cast<uint8_t*>(buffer), size);
  });
}

int push(WOLFSSL*, char* data, int size, void* connection) {
  return run_callback(connection, WOLFSSL_CBIO_ERR_GENERAL, [&](auto* self) {
    return self->on_push(reinterpret_cast<const uint8_t*>(data), size);
  });
}

int verify(int, WOLFSSL_X509_STORE_CTX* store) {
  return run_callback(store->userCtx, 0, [&](auto* self) { return self->on_certificate(*store); });
}

// Comes before `verify` for the same certificate, and clears whatever wolfSSL found: the alert of a
// refusal is bad_certificate only when nothing else was wrong.
int forget_findings(WOLFSSL_X509_STORE_CTX*, void*) { return 1; }

}  // namespace

void install_callbacks(WOLFSSL_CTX* library) {
  wolfSSL_CTX_SetIORecv(library, pull);
  wolfSSL_CTX_SetIOSend(library, push);
  wolfSSL_CTX_set_verify(library, WOLFSSL_VERIFY_PEER, verify);
  wolfSSL_CTX_set_cert_verify_callback(library, forget_findings, nullptr);
}

}  // namespace trestle::wolf
