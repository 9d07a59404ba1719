// SPDX-License-Identifier: Apache-2.0
#include "backends/wolfssl/connection.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "backends/wolfssl/error.h"
#include "backends/wolfssl/messages.h"
#include "backends/wolfssl/suites.h"

namespace {

using trestle::wolf::Authentication;
using trestle::wolf::fail;
using trestle::wolf::find_suite;

const trestle_host* g_host = nullptr;

constexpr uint8_t kChangeCipherSpec = 20;
constexpr uint8_t kAlert = 21;
constexpr uint8_t kApplicationData = 23;

// Key updates and refusals that a peer may make us answer without sending a byte of data.
constexpr uint32_t kAnswersMax = 128;

uint32_t read24(const uint8_t* at) {
  return static_cast<uint32_t>(at[0]) << 16 | static_cast<uint32_t>(at[1]) << 8 | at[2];
}

// The certificates that wolfSSL is processing as the peer sent them; none if the list is malformed.
// wolfSSL itself stops after nine of them, but its first one lies within the message.
std::vector<trestle_bytes> certificates_of(const WOLFSSL_X509_STORE_CTX& store, bool tls13) {
  const uint8_t* at = store.certs[0].buffer - 6; // length of the list, length of the certificate
  const uint8_t* end = at + 3 + read24(at);
  std::vector<trestle_bytes> chain;
  for (at += 3; at != end;) {
    if (end - at < 3 || end - at - 3 < static_cast<ptrdiff_t>(read24(at))) return {};
    const uint32_t size = read24(at);
    chain.push_back({at + 3, size});
    at += 3 + size;
    if (!tls13) continue;
    // Each has extensions (RFC 8446, 4.4.2).
    if (end - at < 2 || end - at - 2 < (at[0] << 8 | at[1])) return {};
    at += 2 + (at[0] << 8 | at[1]);
  }
  return chain;
}

}  // namespace

bool trestle_backend_connection::open() {
  library_.reset(wolfSSL_new(context_.library.get()));
  if (!library_) return false;
  wolfSSL_SetIOReadCtx(library_.get(), this);
  wolfSSL_SetIOWriteCtx(library_.get(), this);
  wolfSSL_SetCertCbCtx(library_.get(), this);
  wolfSSL_set_psk_callback_ctx(library_.get(), this);
  wolfSSL_set_msg_callback_arg(library_.get(), this);
  wolfSSL_set_verify(library_.get(), verify_mode(), wolfSSL_get_verify_callback(library_.get()));
  return true;
}

bool trestle_backend_connection::wants_certificate() const {
  return context_.role == TRESTLE_ROLE_CLIENT || context_.client_auth != TRESTLE_CLIENT_AUTH_NONE;
}

int trestle_backend_connection::verify_mode() const {
  if (context_.role == TRESTLE_ROLE_CLIENT) return WOLFSSL_VERIFY_PEER;
  switch (context_.client_auth) {
    case TRESTLE_CLIENT_AUTH_REQUEST: return WOLFSSL_VERIFY_PEER;
    case TRESTLE_CLIENT_AUTH_REQUIRE:
      return WOLFSSL_VERIFY_PEER | WOLFSSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    default: return WOLFSSL_VERIFY_NONE;
  }
}

// --- wolfSSL's callbacks -------------------------------------------------------------------------

int trestle_backend_connection::on_pull(char* buffer, int capacity) {
  if (verdict_ != Verdict::kNone) return WOLFSSL_CBIO_ERR_GENERAL;
  const int64_t count =
      inbound_.pull(*g_host, host_connection_, reinterpret_cast<uint8_t*>(buffer),
                    static_cast<uint64_t>(capacity));
  if (count == 0) {
    transport_ended_ = true;
    return WOLFSSL_CBIO_ERR_CONN_CLOSE;
  }
  verdict_ = judge_inbound();
  if (verdict_ != Verdict::kNone) return WOLFSSL_CBIO_ERR_GENERAL;
  return count < 0 ? WOLFSSL_CBIO_ERR_WANT_READ : static_cast<int>(count);
}

int trestle_backend_connection::on_push(const char* data, int size) {
  // After the transport's end there is nobody to hear; after a fatal alert nothing may follow.
  if (transport_ended_ || fatal_alert_) return size;
  WOLFSSL_ALERT_HISTORY alerts = {};
  wolfSSL_get_alert_history(library_.get(), &alerts);
  const auto* bytes = reinterpret_cast<const uint8_t*>(data);
  if (alerts.last_tx.level == alert_fatal) {
    const auto alert = static_cast<uint8_t>(alerts.last_tx.code);
    // One in the clear waits until it is known whether it is the right one.
    if (may_send_plain_alert() && size == 7 && bytes[0] == kAlert) {
      held_alert_ = alert;
      return size;
    }
    fatal_alert_ = alert;
  }
  note_pushed(bytes, static_cast<size_t>(size));
  trestle::wolf::push_to_host(host_connection_, bytes, static_cast<size_t>(size));
  if (++answers_ > kAnswersMax && state_ == State::kEstablished) verdict_ = Verdict::kFlooded;
  return size;
}

// Learns from the records when what we send becomes encrypted, and what a server of ours chose.
void trestle_backend_connection::note_pushed(const uint8_t* data, size_t size) {
  while (!sends_encrypted_ && size >= 5) {
    sends_encrypted_ = data[0] == kApplicationData ||
                       (data[0] == kChangeCipherSpec &&
                        wolfSSL_version(library_.get()) != TLS1_3_VERSION);
    const size_t record = 5u + (static_cast<size_t>(data[3]) << 8 | data[4]);
    if (record > size) break;
    if (const auto hello = trestle::wolf::parse_server_hello({data + 5, data + record})) {
      by_psk_ = hello->takes_psk;
    }
    data += record;
    size -= record;
  }
}

// Called for each certificate of a chain, the leaf's comes last. Chains are judged by the host, so
// wolfSSL's verification is switched off as soon as it has begun: it would keep what it takes for
// CAs. The mode is put back for the leaf, since a refusal's alert depends on it.
int trestle_backend_connection::on_certificate(WOLFSSL_X509_STORE_CTX* store) {
  if (verdict_ == Verdict::kNone && !wants_certificate()) {
    verdict_ = Verdict::kUnexpectedCertificate;
  }
  if (verdict_ != Verdict::kNone) return 0;
  const auto callback = wolfSSL_get_verify_callback(library_.get());
  if (store->error_depth > 0) {
    wolfSSL_set_verify(library_.get(), WOLFSSL_VERIFY_NONE, callback);
    return 1;
  }
  wolfSSL_set_verify(library_.get(), verify_mode(), callback);
  return ask_host(*store) ? 1 : 0;
}

bool trestle_backend_connection::ask_host(const WOLFSSL_X509_STORE_CTX& store) {
  if (store.totalCerts < 1) return true; // a client without one; wolfSSL knows whether it may
  if (asked_) return false;
  asked_ = true;
  const bool tls13 = wolfSSL_version(library_.get()) == TLS1_3_VERSION;
  const std::vector<trestle_bytes> chain = certificates_of(store, tls13);
  if (chain.empty()) {
    verdict_ = Verdict::kMalformed;
    return false;
  }
  if (tls13 && !key_may_sign(chain[0])) {
    verdict_ = Verdict::kKeyNotAllowed;
    return false;
  }
  trestle_ask ask = {};
  ask.size = sizeof ask;
  ask.kind = TRESTLE_ASK_VERIFY_PEER;
  ask.certificates = chain.data();
  ask.certificate_count = static_cast<uint32_t>(chain.size());
  const int32_t answer = g_host->ask(host_connection_, &ask);
  // Others have used this thread in the meantime.
  wolfSSL_ERR_clear_error();
  if (answer != TRESTLE_ANSWER_YES) {
    verdict_ = Verdict::kRejected;
  } else if (chain.size() != static_cast<size_t>(store.totalCerts)) {
    // It would take the rest of the list for further messages.
    verdict_ = Verdict::kChainTooLong;
  }
  return verdict_ == Verdict::kNone;
}

unsigned trestle_backend_connection::offer_psk(char* identity, unsigned identity_max, uint8_t* key,
                                               unsigned key_max) const {
  if (context_.psk_identity.size() >= identity_max || context_.psk.size() > key_max) return 0;
  std::memcpy(identity, context_.psk_identity.c_str(), context_.psk_identity.size() + 1);
  std::memcpy(key, context_.psk.data(), context_.psk.size());
  return static_cast<unsigned>(context_.psk.size());
}

unsigned trestle_backend_connection::find_psk(const char* identity, uint8_t* key,
                                              unsigned key_max) const {
  if (context_.psk_identity != identity || context_.psk.size() > key_max) return 0;
  std::memcpy(key, context_.psk.data(), context_.psk.size());
  return static_cast<unsigned>(context_.psk.size());
}

unsigned trestle_backend_connection::find_tls13_psk(const char* identity, uint8_t* key,
                                                    unsigned key_max) {
  const unsigned size = find_psk(identity, key, key_max);
  if (size == 0 && !context_.has_identity) verdict_ = Verdict::kUnknownPsk;
  return size;
}

const char* trestle_backend_connection::psk_suite() const {
  uint16_t suite = psk_suite_;
  if (context_.role == TRESTLE_ROLE_CLIENT && !context_.psk_suites.empty()) {
    suite = context_.psk_suites.front();
  }
  if (suite == 0) return nullptr;
  return wolfSSL_get_cipher_name_from_suite(static_cast<uint8_t>(suite >> 8),
                                            static_cast<uint8_t>(suite));
}

// --- Slots ---------------------------------------------------------------------------------------

int32_t trestle_backend_connection::handshake(trestle_backend_error* error) {
  if (state_ == State::kEstablished) return TRESTLE_BACKEND_OK;
  if (state_ == State::kFailed) return again(error);
  wolfSSL_ERR_clear_error();
  const int result = context_.role == TRESTLE_ROLE_CLIENT ? wolfSSL_connect(library_.get())
                                                          : wolfSSL_accept(library_.get());
  const int code = wolfSSL_get_error(library_.get(), result);
  wolfSSL_ERR_clear_error();
  if (result != WOLFSSL_SUCCESS && code == WOLFSSL_ERROR_WANT_READ && !transport_ended_) {
    return TRESTLE_BACKEND_WANT_READ;
  }
  if (result != WOLFSSL_SUCCESS || verdict_ != Verdict::kNone) return fail_for_good(code, error);
  version_ = static_cast<uint16_t>(wolfSSL_version(library_.get()));
  suite_ = static_cast<uint16_t>(wolfSSL_get_current_cipher_suite(library_.get()));
  if (!is_established_properly(error)) return TRESTLE_BACKEND_ERROR;
  state_ = State::kEstablished;
  answers_ = 0;
  return TRESTLE_BACKEND_OK;
}

// In TLS 1.2 the suite tells, in TLS 1.3 the ServerHello.
bool trestle_backend_connection::is_by_psk() const {
  const auto* suite = find_suite(suite_);
  if (context_.psk.size() == 0 || suite == nullptr) return false;
  return suite->authentication == Authentication::kPsk ||
         (suite->authentication == Authentication::kTls13 && by_psk_);
}

// wolfSSL's word is not enough for this: a client talks to nobody whose certificate the host has
// not seen, unless a suite that it named does without one.
bool trestle_backend_connection::is_established_properly(trestle_backend_error* error) {
  const auto* suite = find_suite(suite_);
  const bool anonymous = context_.role == TRESTLE_ROLE_CLIENT && suite != nullptr &&
                         suite->authentication == Authentication::kAnonymous;
  const bool needs_certificate = context_.role == TRESTLE_ROLE_CLIENT ||
                                 context_.client_auth == TRESTLE_CLIENT_AUTH_REQUIRE;
  if (asked_ || !needs_certificate || is_by_psk() || anonymous) return true;
  state_ = State::kFailed;
  fail(error, TRESTLE_RESULT_HANDSHAKE_FAILED, 0, "the peer showed no certificate");
  failure_ = std::make_unique<trestle_backend_error>(*error);
  return false;
}

int32_t trestle_backend_connection::encrypt(const uint8_t* data, uint64_t length,
                                            trestle_backend_error* error) {
  if (state_ == State::kFailed) return again(error);
  if (state_ != State::kEstablished || write_closed_) {
    return fail(error, TRESTLE_RESULT_WRONG_STATE, 0, "not open for writing");
  }
  wolfSSL_ERR_clear_error();
  while (length > 0) {
    const int part = static_cast<int>(std::min<uint64_t>(length, 1u << 30));
    const int result = wolfSSL_write(library_.get(), data, part);
    answers_ = 0;
    if (result <= 0) {
      const int code = wolfSSL_get_error(library_.get(), result);
      wolfSSL_ERR_clear_error();
      return fail_for_good(code, error);
    }
    data += result;
    length -= static_cast<uint64_t>(result);
  }
  return TRESTLE_BACKEND_OK;
}

int32_t trestle_backend_connection::decrypt(uint8_t* buffer, uint64_t capacity, uint64_t* length,
                                            trestle_backend_error* error) {
  if (state_ == State::kFailed) return again(error);
  if (read_closed_) return TRESTLE_BACKEND_CLOSED;
  if (state_ != State::kEstablished) {
    return fail(error, TRESTLE_RESULT_WRONG_STATE, 0, "the handshake is not over");
  }
  wolfSSL_ERR_clear_error();
  uint64_t used = 0;
  int code = WOLFSSL_ERROR_NONE;
  // Record after record; what ends the series is told with the next call if data came before it.
  while (used < capacity) {
    const int part = static_cast<int>(std::min<uint64_t>(capacity - used, 1u << 30));
    const int result = wolfSSL_read(library_.get(), buffer + used, part);
    if (result <= 0) {
      code = wolfSSL_get_error(library_.get(), result);
      break;
    }
    used += static_cast<uint64_t>(result);
    answers_ = 0;
  }
  wolfSSL_ERR_clear_error();
  *length = used;
  const bool waits = code == WOLFSSL_ERROR_WANT_READ && !transport_ended_;
  if (code == WOLFSSL_ERROR_ZERO_RETURN) {
    read_closed_ = true;
    return used > 0 ? TRESTLE_BACKEND_OK : TRESTLE_BACKEND_CLOSED;
  }
  if (code != WOLFSSL_ERROR_NONE && !waits) {
    const int32_t status = fail_for_good(code, error);
    return used > 0 ? TRESTLE_BACKEND_OK : status;
  }
  return used > 0 ? TRESTLE_BACKEND_OK : TRESTLE_BACKEND_WANT_READ;
}

int32_t trestle_backend_connection::close(trestle_backend_error* error) {
  if (state_ == State::kFailed) return again(error);
  if (state_ != State::kEstablished) {
    return fail(error, TRESTLE_RESULT_WRONG_STATE, 0, "the handshake is not over");
  }
  if (write_closed_) return TRESTLE_BACKEND_OK;
  wolfSSL_ERR_clear_error();
  // If the peer's close_notify came first, this resets wolfSSL's object, which is of no use then.
  const int result = wolfSSL_shutdown(library_.get());
  const int code = result < 0 ? wolfSSL_get_error(library_.get(), result) : 0;
  wolfSSL_ERR_clear_error();
  if (result < 0) return fail_for_good(code, error);
  write_closed_ = true;
  return TRESTLE_BACKEND_OK;
}

void trestle_backend_connection::info(trestle_backend_connection_info* info) const {
  info->version = version_;
  info->suite = suite_;
  info->by_psk = is_by_psk();
}

namespace trestle::wolf {

void set_host(const trestle_host* host) { g_host = host; }

void push_to_host(void* host_connection, const uint8_t* data, size_t size) {
  g_host->push(host_connection, data, size);
}

int32_t connection_new(trestle_backend_context* context, void* host_connection,
                       trestle_backend_connection** connection, trestle_backend_error* error) {
  auto made = std::make_unique<trestle_backend_connection>(*context, host_connection);
  wolfSSL_ERR_clear_error();
  const bool opened = made->open();
  wolfSSL_ERR_clear_error();
  if (!opened) return fail(error, TRESTLE_RESULT_OUT_OF_MEMORY, 0, "wolfSSL_new");
  *connection = made.release();
  return TRESTLE_BACKEND_OK;
}

}  // namespace trestle::wolf
