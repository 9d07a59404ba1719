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
// Handshake messages (RFC 5246, 7.4).
constexpr uint8_t kCertificate = 11;
constexpr uint8_t kServerKeyExchange = 12;
constexpr uint8_t kCertificateVerify = 15;
constexpr uint8_t kClientKeyExchange = 16;

// Key updates and refusals that a peer may make us answer without sending a byte of data.
constexpr uint32_t kAnswersMax = 128;

bool contains(const std::vector<uint16_t>& list, uint16_t item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

uint32_t read24(const uint8_t* at) {
  return static_cast<uint32_t>(at[0]) << 16 | static_cast<uint32_t>(at[1]) << 8 | at[2];
}

// The list of certificates that wolfSSL is processing, as the peer sent it. wolfSSL itself keeps
// nine of them at most, but its first one lies within the message.
std::vector<trestle_bytes> certificates_of(const WOLFSSL_X509_STORE_CTX& store, bool tls13) {
  const uint8_t* at = store.certs[0].buffer - 6; // length of the list, length of the certificate
  const uint8_t* end = at + 3 + read24(at);
  std::vector<trestle_bytes> chain;
  for (at += 3; end - at >= 3;) {
    const uint32_t size = read24(at);
    at += 3;
    if (static_cast<uint32_t>(end - at) < size) break;
    chain.push_back({at, size});
    at += size;
    if (!tls13) continue;
    if (end - at < 2) break;
    const uint32_t extensions = static_cast<uint32_t>(at[0]) << 8 | at[1];
    at += 2;
    if (static_cast<uint32_t>(end - at) < extensions) break;
    at += extensions;
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

// Learns from the record headers when what we send becomes encrypted.
void trestle_backend_connection::note_pushed(const uint8_t* data, size_t size) {
  while (!sends_encrypted_ && size >= 5) {
    sends_encrypted_ = data[0] == kApplicationData ||
                       (data[0] == kChangeCipherSpec &&
                        wolfSSL_version(library_.get()) != TLS1_3_VERSION);
    const size_t record = 5u + (static_cast<size_t>(data[3]) << 8 | data[4]);
    if (record > size) break;
    data += record;
    size -= record;
  }
}

// What wolfSSL would not notice, or would answer with the wrong alert.
trestle_backend_connection::Verdict trestle_backend_connection::judge_inbound() {
  if (state_ != State::kHandshaking) return Verdict::kNone;
  // Clients that have not sent anything encrypted yet send alerts in the clear, also after the
  // server's flight of TLS 1.3. wolfSSL takes that for a violation.
  if (sends_encrypted_ && inbound_.plain_alert()) return Verdict::kPlainAlert;
  if (hello_judged_) return Verdict::kNone;
  return context_.role == TRESTLE_ROLE_CLIENT ? judge_server_hello() : judge_client_hello();
}

// wolfSSL goes along with suites of another version, and calls TLS 1.2 in the extension that can't
// choose it a matter of versions.
trestle_backend_connection::Verdict trestle_backend_connection::judge_server_hello() {
  const auto hello = trestle::wolf::parse_server_hello(inbound_.first_message());
  if (!hello) return Verdict::kNone;
  hello_judged_ = true;
  const auto* suite = find_suite(hello->suite);
  const bool offered = suite != nullptr && contains(context_.suites, hello->suite);
  const bool tls13 = hello->selected_version == TRESTLE_VERSION_TLS13;
  if (offered && tls13 == (suite->authentication == Authentication::kTls13) &&
      (tls13 || hello->selected_version == 0)) {
    return Verdict::kNone;
  }
  return Verdict::kNotOffered;
}

// It would speak of suites when there is no common version, ask a client without a common group to
// retry with the one that it has, and call a client without the PSK malformed.
trestle_backend_connection::Verdict trestle_backend_connection::judge_client_hello() {
  const auto hello = trestle::wolf::parse_client_hello(inbound_.first_message());
  if (!hello) return Verdict::kNone;
  hello_judged_ = true;
  for (const uint16_t suite : context_.psk_suites) {
    if (psk_suite_ == 0 && hello->has_psk && hello->has_suite(suite)) psk_suite_ = suite;
  }
  if (!context_.tls13 && hello->excludes(TRESTLE_VERSION_TLS12)) return Verdict::kNoCommonVersion;
  if (!context_.tls13 || !hello->has_version(TRESTLE_VERSION_TLS13)) return Verdict::kNone;
  if (!context_.has_identity && psk_suite_ == 0) return Verdict::kNoPsk;
  if (!hello->groups.empty() && !hello->has_group_of(context_.groups)) {
    return Verdict::kNoCommonGroup;
  }
  return Verdict::kNone;
}

void trestle_backend_connection::on_message(const uint8_t* data, size_t size) {
  if (verdict_ != Verdict::kNone || size < 4) return;
  verdict_ = judge_message(std::vector<uint8_t>(data, data + size));
}

// A message of TLS 1.2 in the clear. What it gives rise to is found with the next pull, which comes
// before wolfSSL answers: none of these messages ends a flight.
trestle_backend_connection::Verdict trestle_backend_connection::judge_message(
    const std::vector<uint8_t>& message) {
  const auto& schemes = context_.signature_schemes;
  const auto* suite =
      find_suite(static_cast<uint16_t>(wolfSSL_get_current_cipher_suite(library_.get())));
  if (message[0] == kCertificate) certificate_came_ = true;
  if (message[0] == kCertificate && !wants_certificate()) return Verdict::kUnexpectedCertificate;
  if (suite == nullptr || suite->authentication != Authentication::kCertificate) {
    return Verdict::kNone;
  }
  switch (message[0]) {
    case kServerKeyExchange: {
      // wolfSSL takes any curve and any signature that it can do, MD5 included.
      const auto exchange = trestle::wolf::parse_server_key_exchange(message, suite->finite_field);
      if (!exchange) return Verdict::kNone;
      if (!suite->finite_field && !contains(context_.groups, exchange->group)) {
        return Verdict::kNotOffered;
      }
      return contains(schemes, exchange->scheme) ? Verdict::kNone : Verdict::kNotOffered;
    }
    case kCertificateVerify: {
      if (message.size() < 6) return Verdict::kNone;
      const auto scheme = static_cast<uint16_t>(message[4] << 8 | message[5]);
      return contains(schemes, scheme) ? Verdict::kNone : Verdict::kNotOffered;
    }
    case kClientKeyExchange:
      // A client that was asked for a certificate has to answer, be it with an empty one
      // (RFC 5246, 7.4.6). wolfSSL takes silence for an answer.
      return context_.client_auth == TRESTLE_CLIENT_AUTH_NONE || certificate_came_
                 ? Verdict::kNone
                 : Verdict::kCertificateSkipped;
    default: return Verdict::kNone;
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
  const std::vector<trestle_bytes> chain =
      certificates_of(store, wolfSSL_version(library_.get()) == TLS1_3_VERSION);
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
  if (result != WOLFSSL_SUCCESS) {
    if (code == WOLFSSL_ERROR_WANT_READ && !transport_ended_) return TRESTLE_BACKEND_WANT_READ;
    return fail_for_good(code, error);
  }
  version_ = static_cast<uint16_t>(wolfSSL_version(library_.get()));
  suite_ = static_cast<uint16_t>(wolfSSL_get_current_cipher_suite(library_.get()));
  if (!is_established_properly(error)) return TRESTLE_BACKEND_ERROR;
  state_ = State::kEstablished;
  answers_ = 0;
  return TRESTLE_BACKEND_OK;
}

// wolfSSL's word is not enough for this: a client talks to nobody whose certificate the host has
// not seen, unless a suite that it named does without one.
bool trestle_backend_connection::is_established_properly(trestle_backend_error* error) {
  const auto* suite = find_suite(suite_);
  const bool by_psk = context_.psk.size() > 0 && suite != nullptr &&
                      suite->authentication != Authentication::kCertificate;
  const bool anonymous = context_.role == TRESTLE_ROLE_CLIENT && suite != nullptr &&
                         suite->authentication == Authentication::kAnonymous;
  const bool needs_certificate = context_.role == TRESTLE_ROLE_CLIENT ||
                                 context_.client_auth == TRESTLE_CLIENT_AUTH_REQUIRE;
  if (asked_ || !needs_certificate || by_psk || anonymous) return true;
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
}

namespace trestle::wolf {
namespace {

trestle_backend_connection* self(void* context) {
  return static_cast<trestle_backend_connection*>(context);
}

// Runs a callback's body so that no exception passes through wolfSSL.
template <typename Result, typename Body>
Result guarded_callback(trestle_backend_connection* connection, Result on_failure, Body body) {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    connection->on_out_of_memory();
    return on_failure;
  }
}

int pull(WOLFSSL*, char* buffer, int size, void* context) {
  return guarded_callback(self(context), int{WOLFSSL_CBIO_ERR_GENERAL},
                          [&] { return self(context)->on_pull(buffer, size); });
}

int push(WOLFSSL*, char* data, int size, void* context) {
  return self(context)->on_push(data, size);
}

// Comes before `verify` for the same certificate, and clears whatever wolfSSL found: the alert of a
// refusal is bad_certificate only when nothing else was wrong.
int forget_findings(WOLFSSL_X509_STORE_CTX*, void*) { return 1; }

void message(int written, int, int, const void* data, size_t size, WOLFSSL*, void* context) {
  guarded_callback(self(context), 0, [&] {
    if (written == 0) self(context)->on_message(static_cast<const uint8_t*>(data), size);
    return 0;
  });
}

int verify(int, WOLFSSL_X509_STORE_CTX* store) {
  return guarded_callback(self(store->userCtx), 0,
                          [&] { return self(store->userCtx)->on_certificate(store); });
}

unsigned client_psk(WOLFSSL* library, const char*, char* identity, unsigned identity_max,
                    unsigned char* key, unsigned key_max) {
  return self(wolfSSL_get_psk_callback_ctx(library))
      ->offer_psk(identity, identity_max, key, key_max);
}

unsigned server_psk(WOLFSSL* library, const char* identity, unsigned char* key,
                    unsigned key_max) {
  return self(wolfSSL_get_psk_callback_ctx(library))->find_psk(identity, key, key_max);
}

unsigned client_tls13_psk(WOLFSSL* library, const char*, char* identity, unsigned identity_max,
                          unsigned char* key, unsigned key_max, const char** suite) {
  const auto* connection = self(wolfSSL_get_psk_callback_ctx(library));
  *suite = connection->psk_suite();
  if (*suite != nullptr) return connection->offer_psk(identity, identity_max, key, key_max);
  // A name is needed all the same; no key means no offer.
  *suite = "TLS13-AES128-GCM-SHA256";
  return 0;
}

unsigned server_tls13_psk(WOLFSSL* library, const char* identity, unsigned char* key,
                          unsigned key_max, const char** suite) {
  // Asked for each suite that both sides have, and content with an answer for another.
  auto* connection = self(wolfSSL_get_psk_callback_ctx(library));
  *suite = connection->psk_suite();
  return *suite == nullptr ? 0 : connection->find_tls13_psk(identity, key, key_max);
}

}  // namespace

void set_host(const trestle_host* host) { g_host = host; }

void push_to_host(void* host_connection, const uint8_t* data, size_t size) {
  g_host->push(host_connection, data, size);
}

void install_callbacks(trestle_backend_context* context, bool with_tls12_psk) {
  WOLFSSL_CTX* library = context->library.get();
  wolfSSL_CTX_SetIORecv(library, pull);
  wolfSSL_CTX_SetIOSend(library, push);
  wolfSSL_CTX_set_msg_callback(library, message);
  wolfSSL_CTX_set_verify(library, WOLFSSL_VERIFY_PEER, verify);
  wolfSSL_CTX_set_cert_verify_callback(library, forget_findings, nullptr);
  const bool client = context->role == TRESTLE_ROLE_CLIENT;
  if (with_tls12_psk && client) wolfSSL_CTX_set_psk_client_callback(library, client_psk);
  if (with_tls12_psk && !client) wolfSSL_CTX_set_psk_server_callback(library, server_psk);
  if (!context->psk_suites.empty() && client) {
    wolfSSL_CTX_set_psk_client_tls13_callback(library, client_tls13_psk);
  }
  if (!context->psk_suites.empty() && !client) {
    wolfSSL_CTX_set_psk_server_tls13_callback(library, server_tls13_psk);
  }
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
