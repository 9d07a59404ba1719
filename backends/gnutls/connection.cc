// SPDX-License-Identifier: Apache-2.0
#include "backends/gnutls/connection.h"

#include <algorithm>
#include <cerrno>
#include <vector>

#include "backends/gnutls/suites.h"

namespace trestle::gnutls_backend {
namespace {

const trestle_host *host = nullptr;

// A peer that sends nothing but empty records, tickets, key updates or warnings is cut off, and so
// is one that sends an encrypted handshake message of up to 16 MiB, which GnuTLS would gather.
constexpr unsigned kIdleStepsMax = 128;
constexpr unsigned kIdleBytesMax = 256 * 1024;
// Each attempt is answered by a warning, so that there has to be an end to them.
constexpr unsigned kRenegotiationsMax = 4;
// At the 17th of a handshake, GnuTLS would end with an internal error; others end at the fifth.
constexpr unsigned kWarningsMax = 4;
constexpr uint64_t kRecordMax = 16384;

// GnuTLS writes SSLKEYLOGFILE unless it is given a function of ours.
int drop_key_log(gnutls_session_t, const char *, const gnutls_datum_t *) { return 0; }

// GnuTLS would otherwise ask the kernel about the descriptor that isn't one.
int always_ready(gnutls_transport_ptr_t, unsigned) { return 1; }

gnutls_certificate_request_t request_for(uint32_t client_auth) {
  if (client_auth == TRESTLE_CLIENT_AUTH_REQUIRE) return GNUTLS_CERT_REQUIRE;
  if (client_auth == TRESTLE_CLIENT_AUTH_REQUEST) return GNUTLS_CERT_REQUEST;
  return GNUTLS_CERT_IGNORE;
}

}  // namespace

void set_host(const trestle_host *new_host) { host = new_host; }

Connection *Connection::of(gnutls_session_t session) {
  return static_cast<Connection *>(gnutls_session_get_ptr(session));
}

Connection::Connection(const trestle_backend_context &context, void *host_connection)
    : context_(context), host_connection_(host_connection) {
  // KEY_SHARE_TOP: one share, of the first group. FORCE_CLIENT_CERT: also when the server's list of
  // authorities doesn't name the issuer.
  const unsigned flags =
      GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL | GNUTLS_NO_TICKETS | GNUTLS_NO_AUTO_SEND_TICKET |
      (context_.is_server() ? GNUTLS_SERVER
                            : GNUTLS_CLIENT | GNUTLS_KEY_SHARE_TOP | GNUTLS_FORCE_CLIENT_CERT);
  session_ = make<Session>(gnutls_init, flags);
  gnutls_session_t session = session_.get();
  gnutls_session_set_ptr(session, this);
  gnutls_session_set_keylog_function(session, drop_key_log);
  gnutls_transport_set_ptr(session, this);
  gnutls_transport_set_pull_function(session, pull);
  gnutls_transport_set_pull_timeout_function(session, always_ready);
  gnutls_transport_set_push_function(session, push);
  gnutls_session_set_verify_function(session, verify);
  gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_ANY, GNUTLS_HOOK_PRE, on_message);
  check(gnutls_priority_set(session, context_.priority.get()), "priority");
  // Setting a priority resets it.
  if (context_.dh_bits_min != 0) gnutls_dh_set_prime_bits(session, context_.dh_bits_min);
  check(set_credentials(true), "credentials");
  if (context_.is_server())
    gnutls_certificate_server_set_request(session, request_for(context_.client_auth));
  if (!context_.server_name.empty()) {
    check(gnutls_server_name_set(session, GNUTLS_NAME_DNS, context_.server_name.data(),
                                 context_.server_name.size()),
          "server name");
  }
}

int Connection::set_credentials(bool with_psk) {
  for (const Credentials &one : context_.credentials) {
    if (one.type == GNUTLS_CRD_PSK && !with_psk) continue;
    const int code = gnutls_credentials_set(session_.get(), one.type, one.object.get());
    if (code < 0) return code;
  }
  return 0;
}

ssize_t Connection::pull(gnutls_transport_ptr_t pointer, void *buffer, size_t capacity) {
  auto *self = static_cast<Connection *>(pointer);
  const int64_t got =
      host->pull(self->host_connection_, static_cast<uint8_t *>(buffer), capacity);
  if (got > 0) {
    self->idle_bytes_ += static_cast<uint32_t>(got);
    self->inbound_.see(static_cast<const uint8_t *>(buffer), static_cast<size_t>(got));
    if (self->idle_bytes_ <= kIdleBytesMax && !self->inbound_.has_oversized_message()) {
      return static_cast<ssize_t>(got);
    }
    gnutls_transport_set_errno(self->session_.get(), EMSGSIZE);
    return -1;
  }
  if (got == 0) {
    self->ended_ = true;
    return 0;
  }
  self->would_block_ = true;
  gnutls_transport_set_errno(self->session_.get(), EAGAIN);
  return -1;
}

ssize_t Connection::push(gnutls_transport_ptr_t pointer, const void *data, size_t length) {
  auto *self = static_cast<Connection *>(pointer);
  host->push(self->host_connection_, static_cast<const uint8_t *>(data), length);
  return static_cast<ssize_t>(length);
}

// Called by GnuTLS where it would verify the peer's certificates: before anything of the second
// flight is sent. It does nothing of the kind itself.
int Connection::verify(gnutls_session_t session) {
  try {
    return of(session)->ask_once();
  } catch (...) {
    return GNUTLS_E_MEMORY_ERROR;
  }
}

int Connection::ask_once() {
  unsigned count = 0;
  const gnutls_datum_t *certificates = gnutls_certificate_get_peers(session_.get(), &count);
  // A client that was asked and has none; a server without any was refused by GnuTLS before.
  if (certificates == nullptr || count == 0) return 0;
  if (!asked_) {
    std::vector<trestle_bytes> chain;
    for (unsigned i = 0; i < count; ++i)
      chain.push_back({certificates[i].data, certificates[i].size});
    const trestle_ask ask = {sizeof ask, TRESTLE_ASK_VERIFY_PEER, chain.data(), count, 0};
    asked_ = true;
    rejected_ = host->ask(host_connection_, &ask) != TRESTLE_ANSWER_YES;
  }
  return rejected_ ? GNUTLS_E_CERTIFICATE_ERROR : 0;
}

// Sees each handshake message before GnuTLS interprets it, or when it has made it.
int Connection::on_message(gnutls_session_t session, unsigned type, unsigned, unsigned incoming,
                           const gnutls_datum_t *message) {
  Connection *self = of(session);
  const trestle_bytes body = {message->data, message->size};
  try {
    if (incoming != 0) return self->on_incoming(type, body);
    if (type == GNUTLS_HANDSHAKE_SERVER_HELLO) return self->note_server_hello(body);
  } catch (...) {
    return GNUTLS_E_MEMORY_ERROR;
  }
  if (type == GNUTLS_HANDSHAKE_CERTIFICATE_REQUEST) self->certificate_requested_ = true;
  return 0;
}

int Connection::on_incoming(unsigned type, const trestle_bytes &body) {
  switch (type) {
    case GNUTLS_HANDSHAKE_CLIENT_HELLO:
      hello_seen_ = true;
      return check_client_hello(body);
    case GNUTLS_HANDSHAKE_SERVER_HELLO:
      hello_seen_ = true;
      return note_server_hello(body);
    case GNUTLS_HANDSHAKE_CERTIFICATE_PKT:
      certificate_seen_ = true;
      return 0;
    case GNUTLS_HANDSHAKE_CERTIFICATE_REQUEST:
      return answer_certificate_request(body);
    case GNUTLS_HANDSHAKE_CLIENT_KEY_EXCHANGE:
      // GnuTLS lets a client skip its answer to an optional CertificateRequest; RFC 5246, 7.4.6,
      // wants an empty one.
      return certificate_requested_ && !certificate_seen_ ? GNUTLS_E_UNEXPECTED_HANDSHAKE_PACKET
                                                          : 0;
    case GNUTLS_HANDSHAKE_SERVER_KEY_EXCHANGE:
    case GNUTLS_HANDSHAKE_SERVER_HELLO_DONE:
      // GnuTLS calls no verify function for RSA_PSK, and forgets the certificates after this.
    case GNUTLS_HANDSHAKE_CERTIFICATE_VERIFY:
      // In TLS 1.3 it calls it only after this, when it has judged the key usage itself.
      return ask_once();
    default:
      return 0;
  }
}

int Connection::check_client_hello(const trestle_bytes &body) {
  const auto hello = parse_client_hello(body);
  // A malformed message is GnuTLS's to refuse.
  if (!hello) return 0;
  const auto &versions = hello->versions;
  const bool offers_tls12 = versions.empty() ? hello->legacy_version >= TRESTLE_VERSION_TLS12
                                             : contains(versions, TRESTLE_VERSION_TLS12);
  const bool tls12 = offers_tls12 && context_.version_min == TRESTLE_VERSION_TLS12;
  const bool tls13 = contains(versions, TRESTLE_VERSION_TLS13) &&
                     context_.version_max == TRESTLE_VERSION_TLS13;
  // GnuTLS says "no common suite" when it is the versions that don't fit.
  if (!tls12 && !tls13) return GNUTLS_E_UNSUPPORTED_VERSION_PACKET;
  // With a PSK of its own, GnuTLS fails on a foreign one; without, it goes on to the certificate.
  const SecretBytes &known = context_.psk_identity;
  if (tls13 && hello->has_psk && !hello->offers_psk({known.data(), known.size()}) &&
      context_.has_certificate) {
    gnutls_credentials_clear(session_.get());
    return set_credentials(false);
  }
  return 0;
}

// In TLS 1.2, GnuTLS takes any certificate of a type that the server lists, and fails if there is
// no scheme to sign with; it should send none (RFC 5246, 7.4.6).
int Connection::answer_certificate_request(const trestle_bytes &body) {
  const bool tls12 = gnutls_protocol_get_version(session_.get()) == GNUTLS_TLS1_2;
  if (!tls12 || !context_.no_certificate) return 0;
  const auto schemes = parse_certificate_request(body);
  if (!schemes || have_common(*schemes, context_.own_schemes)) return 0;
  return gnutls_credentials_set(session_.get(), GNUTLS_CRD_CERTIFICATE,
                                context_.no_certificate.get());
}

int Connection::note_server_hello(const trestle_bytes &body) {
  const auto hello = parse_server_hello(body);
  if (!hello) return GNUTLS_E_UNEXPECTED_PACKET_LENGTH;
  suite_ = hello->suite;
  return 0;
}

bool Connection::is_by_psk() const {
  return gnutls_auth_server_get_type(session_.get()) == GNUTLS_CRD_PSK &&
         find_suite(suite_)->kx != GNUTLS_KX_RSA_PSK;
}

Connection::Step Connection::judge(int code) {
  if (code >= 0) return Step::kDone;
  if (ended_) return Step::kFailed;
  switch (code) {
    case GNUTLS_E_AGAIN:
      // Also after a record that brought no data.
      if (would_block_) return Step::kWantRead;
      break;
    case GNUTLS_E_INTERRUPTED:
      break;
    case GNUTLS_E_WARNING_ALERT_RECEIVED:
      // After no_renegotiation, GnuTLS would begin the flight anew with what it holds already.
      if (!established_ && (gnutls_alert_get(session_.get()) == GNUTLS_A_NO_RENEGOTIATION ||
                            ++warnings_ > kWarningsMax)) {
        return Step::kFailed;
      }
      break;
    case GNUTLS_E_REHANDSHAKE:
      if (++renegotiations_ > kRenegotiationsMax) return Step::kFailed;
      gnutls_alert_send(session_.get(), GNUTLS_AL_WARNING, GNUTLS_A_NO_RENEGOTIATION);
      refused_hello_ = context_.is_server();
      break;
    case GNUTLS_E_UNEXPECTED_PACKET:
      // It comes upon the ClientHello, and drops it.
      if (!refused_hello_) return Step::kFailed;
      refused_hello_ = false;
      break;
    default:
      return Step::kFailed;
  }
  // The parts of a message may be as small as the peer likes; there are only so many bytes.
  if (message_bytes_ != inbound_.message_bytes()) idle_steps_ = 0;
  message_bytes_ = inbound_.message_bytes();
  return ++idle_steps_ > kIdleStepsMax ? Step::kFailed : Step::kAgain;
}

int32_t Connection::handshake(trestle_backend_error *error) {
  for (;;) {
    would_block_ = false;
    const int code = gnutls_handshake(session_.get());
    switch (judge(code)) {
      case Step::kAgain:
        continue;
      case Step::kWantRead:
        return TRESTLE_BACKEND_WANT_READ;
      case Step::kFailed:
        return fail_with(code, error);
      case Step::kDone:
        idle_bytes_ = idle_steps_ = 0;
        established_ = true;
        return TRESTLE_BACKEND_OK;
    }
  }
}

int32_t Connection::encrypt(const uint8_t *data, uint64_t length, trestle_backend_error *error) {
  if (failure_ != 0) return fail_with(failure_, error);
  while (length != 0) {
    const ssize_t sent =
        gnutls_record_send(session_.get(), data, std::min(length, kRecordMax));
    if (sent < 0) return fail(error, TRESTLE_RESULT_FAILURE, sent, "encrypt");
    data += sent;
    length -= static_cast<uint64_t>(sent);
  }
  return TRESTLE_BACKEND_OK;
}

int32_t Connection::decrypt(uint8_t *buffer, uint64_t capacity, uint64_t *length,
                            trestle_backend_error *error) {
  if (failure_ != 0) return fail_with(failure_, error);
  uint64_t filled = 0;
  // As many records as surely fit; what GnuTLS holds already, in any case.
  while (filled == 0 || capacity - filled >= kRecordMax ||
         (filled < capacity && gnutls_record_check_pending(session_.get()) != 0)) {
    would_block_ = false;
    const ssize_t got = gnutls_record_recv(session_.get(), buffer + filled, capacity - filled);
    const Step step = judge(static_cast<int>(got));
    if (step == Step::kAgain) continue;
    if (step == Step::kDone && got > 0) {
      filled += static_cast<uint64_t>(got);
      idle_bytes_ = idle_steps_ = 0;
      continue;
    }
    if (filled == 0) {
      return step == Step::kDone       ? TRESTLE_BACKEND_CLOSED
             : step == Step::kWantRead ? TRESTLE_BACKEND_WANT_READ
                                       : fail_with(static_cast<int>(got), error);
    }
    // First the data. GnuTLS repeats a close_notify and a wait by itself.
    if (step == Step::kFailed) failure_ = static_cast<int>(got);
    break;
  }
  *length = filled;
  return TRESTLE_BACKEND_OK;
}

int32_t Connection::close(trestle_backend_error *error) {
  if (failure_ != 0) return fail_with(failure_, error);
  if (closed_) return TRESTLE_BACKEND_OK;
  const int code = gnutls_bye(session_.get(), GNUTLS_SHUT_WR);
  if (code < 0) return fail(error, TRESTLE_RESULT_FAILURE, code, "close");
  closed_ = true;
  return TRESTLE_BACKEND_OK;
}

int32_t Connection::abort(uint8_t alert, trestle_backend_error *error) {
  const int code = gnutls_alert_send(session_.get(), GNUTLS_AL_FATAL,
                                     static_cast<gnutls_alert_description_t>(alert));
  if (code < 0) return fail(error, TRESTLE_RESULT_FAILURE, code, "abort");
  return TRESTLE_BACKEND_OK;
}

void Connection::info(trestle_backend_connection_info *info) const {
  info->version = gnutls_protocol_get_version(session_.get()) == GNUTLS_TLS1_3
                      ? TRESTLE_VERSION_TLS13
                      : TRESTLE_VERSION_TLS12;
  info->suite = suite_;
  info->by_psk = is_by_psk();
}

}  // namespace trestle::gnutls_backend
