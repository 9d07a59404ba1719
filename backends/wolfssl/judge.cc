// SPDX-License-Identifier: Apache-2.0
// What wolfSSL lets a peer do, or answers in a way of its own, and we don't.
#include <algorithm>
#include <vector>

#include "backends/wolfssl/connection.h"
#include "backends/wolfssl/messages.h"
#include "backends/wolfssl/public_key.h"
#include "backends/wolfssl/suites.h"

namespace {

using trestle::wolf::Authentication;
using trestle::wolf::find_suite;
using trestle::wolf::KeyKind;
using trestle::wolf::Span;

// Handshake messages (RFC 5246, 7.4).
constexpr uint8_t kCertificate = 11;
constexpr uint8_t kServerKeyExchange = 12;
constexpr uint8_t kCertificateVerify = 15;
constexpr uint8_t kClientKeyExchange = 16;

bool contains(const std::vector<uint16_t>& list, uint16_t item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

// The schemes of TLS 1.3 that a key can sign a handshake with (RFC 8446, 4.2.3).
std::vector<uint16_t> schemes_of(KeyKind kind) {
  switch (kind) {
    case KeyKind::kRsa: return {0x0804, 0x0805, 0x0806};
    case KeyKind::kRsaPss: return {0x0809, 0x080A, 0x080B};
    case KeyKind::kP256: return {0x0403};
    case KeyKind::kP384: return {0x0503};
    case KeyKind::kP521: return {0x0603};
    case KeyKind::kEd25519: return {0x0807};
    case KeyKind::kEd448: return {0x0808};
    default: return {};
  }
}

}  // namespace

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
  by_psk_ = hello->takes_psk;
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

// A server's CertificateRequest of TLS 1.3 always has wolfSSL's own list, so that a client may come
// with a key that the configuration leaves out.
bool trestle_backend_connection::key_may_sign(const trestle_bytes& leaf) const {
  trestle::wolf::PublicKey key;
  const Span certificate = {leaf.data, static_cast<size_t>(leaf.length)};
  if (!parse_public_key(trestle::wolf::public_key_of(certificate), &key)) return false;
  const std::vector<uint16_t> schemes = schemes_of(key.kind);
  return std::any_of(schemes.begin(), schemes.end(), [this](uint16_t scheme) {
    return contains(context_.signature_schemes, scheme);
  });
}
