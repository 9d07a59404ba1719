// SPDX-License-Identifier: Apache-2.0
#include "backends/gnutls/connection.h"

#include <cerrno>
#include <algorithm>
#include <vector>

#include "backends/gnutls/error.h"
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

// What a ClientHello offers.
struct Offer {
  const std::string &psk_identity;  // ours
  bool lists_versions = false;
  bool has_tls12 = false;
  bool has_tls13 = false;
  bool has_psk = false;      // of TLS 1.3
  bool has_our_psk = false;
};

void read_versions(const unsigned char *data, unsigned size, Offer *offer) {
  offer->lists_versions = true;
  for (unsigned i = 1; i + 1 < size; i += 2) {
    const int version = data[i] << 8 | data[i + 1];
    if (version == TRESTLE_VERSION_TLS12) offer->has_tls12 = true;
    if (version == TRESTLE_VERSION_TLS13) offer->has_tls13 = true;
  }
}

// Identities, each with its length before it and its age behind it (RFC 8446, 4.2.11).
void read_psks(const unsigned char *data, unsigned size, Offer *offer) {
  constexpr unsigned kAge = 4;
  offer->has_psk = true;
  if (size < 2) return;
  const unsigned end = std::min(size, 2u + (data[0] << 8 | data[1]));
  for (unsigned at = 2; at + 2 <= end;) {
    const unsigned length = data[at] << 8 | data[at + 1];
    at += 2;
    if (end - at < length) return;
    if (length == offer->psk_identity.size() &&
        gnutls_memcmp(data + at, offer->psk_identity.data(), length) == 0) {
      offer->has_our_psk = true;
    }
    at += std::min(length + kAge, end - at);
  }
}

int read_extension(void *offer, unsigned extension, const unsigned char *data, unsigned size) {
  constexpr unsigned kPreSharedKey = 41;
  constexpr unsigned kSupportedVersions = 43;
  if (extension == kSupportedVersions) read_versions(data, size, static_cast<Offer *>(offer));
  if (extension == kPreSharedKey) read_psks(data, size, static_cast<Offer *>(offer));
  return 0;
}

}  // namespace

void set_host(const trestle_host *new_host) { host = new_host; }

Connection *Connection::of(gnutls_session_t session) {
  return static_cast<Connection *>(gnutls_session_get_ptr(session));
}

int Connection::begin() {
  // KEY_SHARE_TOP: one share, of the first group. FORCE_CLIENT_CERT: also when the server's list of
  // authorities doesn't name the issuer.
  const unsigned flags =
      GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL | GNUTLS_NO_TICKETS | GNUTLS_NO_AUTO_SEND_TICKET |
      (context_.is_server() ? GNUTLS_SERVER
                            : GNUTLS_CLIENT | GNUTLS_KEY_SHARE_TOP | GNUTLS_FORCE_CLIENT_CERT);
  int code = make(&session_, gnutls_init, flags);
  if (code < 0) return code;
  gnutls_session_t session = session_.get();
  gnutls_session_set_ptr(session, this);
  gnutls_session_set_keylog_function(session, drop_key_log);
  gnutls_transport_set_ptr(session, this);
  gnutls_transport_set_pull_function(session, pull);
  gnutls_transport_set_pull_timeout_function(session, always_ready);
  gnutls_transport_set_push_function(session, push);
  gnutls_session_set_verify_function(session, verify);
  gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_ANY, GNUTLS_HOOK_PRE, on_message);
  gnutls_handshake_set_timeout(session, GNUTLS_INDEFINITE_TIMEOUT);
  code = gnutls_priority_set(session, context_.priority.get());
  // Setting a priority resets it.
  if (context_.dh_bits_min != 0) gnutls_dh_set_prime_bits(session, context_.dh_bits_min);
  if (code >= 0) code = set_credentials(true);
  return code < 0 ? code : set_peer();
}

int Connection::set_credentials(bool with_psk) {
  gnutls_session_t session = session_.get();
  int code = 0;
  const auto set = [&](gnutls_credentials_type_t type, void *credentials) {
    if (credentials != nullptr && code >= 0) {
      code = gnutls_credentials_set(session, type, credentials);
    }
  };
  set(GNUTLS_CRD_CERTIFICATE, context_.certificate.get());
  set(GNUTLS_CRD_ANON, context_.anonymous_client.get());
  set(GNUTLS_CRD_ANON, context_.anonymous_server.get());
  if (with_psk) {
    set(GNUTLS_CRD_PSK, context_.psk_client.get());
    set(GNUTLS_CRD_PSK, context_.psk_server.get());
  }
  return code;
}

int Connection::set_peer() {
  gnutls_session_t session = session_.get();
  if (context_.is_server()) {
    gnutls_certificate_server_set_request(
        session, context_.client_auth == TRESTLE_CLIENT_AUTH_REQUIRE   ? GNUTLS_CERT_REQUIRE
                 : context_.client_auth == TRESTLE_CLIENT_AUTH_REQUEST ? GNUTLS_CERT_REQUEST
                                                                       : GNUTLS_CERT_IGNORE);
    return 0;
  }
  if (context_.server_name.empty()) return 0;
  return gnutls_server_name_set(session, GNUTLS_NAME_DNS, context_.server_name.data(),
                                context_.server_name.size());
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
int Connection::verify(gnutls_session_t session) { return of(session)->ask_once(); }

int Connection::ask_once() {
  unsigned count = 0;
  const gnutls_datum_t *certificates = gnutls_certificate_get_peers(session_.get(), &count);
  // A client that was asked and has none; a server without any was refused by GnuTLS before.
  if (certificates == nullptr || count == 0) return 0;
  if (asked_) return rejected_ ? GNUTLS_E_CERTIFICATE_ERROR : 0;
  try {
    std::vector<trestle_bytes> chain;
    for (unsigned i = 0; i < count; ++i) {
      chain.push_back({certificates[i].data, certificates[i].size});
    }
    trestle_ask ask = {};
    ask.size = sizeof ask;
    ask.kind = TRESTLE_ASK_VERIFY_PEER;
    ask.certificates = chain.data();
    ask.certificate_count = count;
    asked_ = true;
    rejected_ = host->ask(host_connection_, &ask) != TRESTLE_ANSWER_YES;
  } catch (...) {
    return GNUTLS_E_MEMORY_ERROR;
  }
  return rejected_ ? GNUTLS_E_CERTIFICATE_ERROR : 0;
}

// Sees each handshake message before GnuTLS interprets it, or when it has made it.
int Connection::on_message(gnutls_session_t session, unsigned type, unsigned, unsigned incoming,
                           const gnutls_datum_t *message) {
  Connection *self = of(session);
  if (incoming != 0) return self->on_incoming(type, *message);
  if (type == GNUTLS_HANDSHAKE_SERVER_HELLO) return self->note_server_hello(*message);
  if (type == GNUTLS_HANDSHAKE_CERTIFICATE_REQUEST) self->certificate_requested_ = true;
  return 0;
}

int Connection::on_incoming(unsigned type, const gnutls_datum_t &message) {
  switch (type) {
    case GNUTLS_HANDSHAKE_CLIENT_HELLO:
      hello_seen_ = true;
      return check_client_hello(message);
    case GNUTLS_HANDSHAKE_SERVER_HELLO:
      hello_seen_ = true;
      return note_server_hello(message);
    case GNUTLS_HANDSHAKE_CERTIFICATE_PKT:
      certificate_seen_ = true;
      return 0;
    case GNUTLS_HANDSHAKE_CERTIFICATE_REQUEST:
      return answer_certificate_request(message);
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
      return certificate_seen_ && !asked_ ? ask_once() : 0;
    default:
      return 0;
  }
}

int Connection::check_client_hello(const gnutls_datum_t &message) {
  if (message.size < 2) return GNUTLS_E_UNEXPECTED_PACKET_LENGTH;
  Offer offer{context_.psk_identity};
  // A malformed message is GnuTLS's to refuse.
  gnutls_ext_raw_parse(&offer, read_extension, &message, GNUTLS_EXT_RAW_FLAG_TLS_CLIENT_HELLO);
  const int legacy = message.data[0] << 8 | message.data[1];
  if (!offer.lists_versions) offer.has_tls12 = legacy >= TRESTLE_VERSION_TLS12;
  const bool tls13 = offer.has_tls13 && context_.has_tls13;
  // GnuTLS says "no common suite" when it is the versions that don't fit.
  if (!tls13 && !(offer.has_tls12 && context_.has_tls12)) {
    return GNUTLS_E_UNSUPPORTED_VERSION_PACKET;
  }
  // With a PSK of its own, GnuTLS fails on a foreign one; without, it goes on to the certificate.
  if (tls13 && offer.has_psk && !offer.has_our_psk && context_.certificate) {
    gnutls_credentials_clear(session_.get());
    return set_credentials(false);
  }
  return 0;
}

// In TLS 1.2, GnuTLS takes any certificate of a type that the server lists, and fails if there is
// no scheme to sign with; it should send none (RFC 5246, 7.4.6).
int Connection::answer_certificate_request(const gnutls_datum_t &message) {
  const bool tls12 = gnutls_protocol_get_version(session_.get()) == GNUTLS_TLS1_2;
  if (!tls12 || !context_.no_certificate) return 0;
  // Behind the types of certificates, a list of schemes (RFC 5246, 7.4.4).
  const auto &own = context_.own_schemes;
  unsigned at = message.size == 0 ? 0 : 1u + message.data[0];
  if (at + 2 > message.size) return GNUTLS_E_UNEXPECTED_PACKET_LENGTH;
  const unsigned length = message.data[at] << 8 | message.data[at + 1];
  const unsigned end = std::min(message.size, at + 2 + length);
  for (at += 2; at + 2 <= end; at += 2) {
    const auto scheme = static_cast<uint16_t>(message.data[at] << 8 | message.data[at + 1]);
    if (std::find(own.begin(), own.end(), scheme) != own.end()) return 0;
  }
  return gnutls_credentials_set(session_.get(), GNUTLS_CRD_CERTIFICATE,
                                context_.no_certificate.get());
}

// The suite that was chosen: behind version, random and session id (RFC 8446, 4.1.3).
int Connection::note_server_hello(const gnutls_datum_t &message) {
  constexpr unsigned kSessionIdLength = 2 + 32;
  if (message.size <= kSessionIdLength) return GNUTLS_E_UNEXPECTED_PACKET_LENGTH;
  const unsigned suite = kSessionIdLength + 1 + message.data[kSessionIdLength];
  if (message.size < suite + 2) return GNUTLS_E_UNEXPECTED_PACKET_LENGTH;
  suite_ = static_cast<uint16_t>(message.data[suite] << 8 | message.data[suite + 1]);
  const auto &named = context_.suites;
  return std::find(named.begin(), named.end(), suite_) != named.end()
             ? 0
             : GNUTLS_E_RECEIVED_ILLEGAL_PARAMETER;
}

// The last word on a peer without a certificate, whatever GnuTLS thinks.
bool Connection::is_peer_acceptable() const {
  if (rejected_) return false;
  if (asked_) return true;
  if (context_.is_server()) return context_.client_auth != TRESTLE_CLIENT_AUTH_REQUIRE;
  // Without a certificate, the server is known by the PSK, or was to be anonymous.
  return is_by_psk() || (gnutls_auth_server_get_type(session_.get()) == GNUTLS_CRD_ANON &&
                         find_suite(suite_)->kx == GNUTLS_KX_ANON_DH);
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
  if (failure_ != 0) return fail_with(failure_, error);
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
        if (!is_peer_acceptable()) return fail_with(GNUTLS_E_NO_CERTIFICATE_FOUND, error);
        established_ = true;
        return TRESTLE_BACKEND_OK;
    }
  }
}

int32_t Connection::encrypt(const uint8_t *data, uint64_t length, trestle_backend_error *error) {
  if (failure_ != 0) return fail_with(failure_, error);
  if (closed_) return fail(error, TRESTLE_RESULT_FAILURE, 0, "encrypt after close");
  while (length != 0) {
    const ssize_t sent =
        gnutls_record_send(session_.get(), data, std::min(length, kRecordMax));
    if (sent < 0) {
      return fail(error, TRESTLE_RESULT_FAILURE, static_cast<int>(sent), "encrypt");
    }
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
  closed_ = code >= 0;
  if (closed_) return TRESTLE_BACKEND_OK;
  return fail(error, TRESTLE_RESULT_FAILURE, code, "close");
}

int32_t Connection::abort(uint8_t alert, trestle_backend_error *error) {
  const int code = gnutls_alert_send(session_.get(), GNUTLS_AL_FATAL,
                                     static_cast<gnutls_alert_description_t>(alert));
  if (code >= 0) return TRESTLE_BACKEND_OK;
  return fail(error, TRESTLE_RESULT_FAILURE, code, "abort");
}

void Connection::info(trestle_backend_connection_info *info) const {
  info->version = gnutls_protocol_get_version(session_.get()) == GNUTLS_TLS1_3
                      ? TRESTLE_VERSION_TLS13
                      : TRESTLE_VERSION_TLS12;
  info->suite = suite_;
  info->by_psk = is_by_psk();
}

}  // namespace trestle::gnutls_backend
