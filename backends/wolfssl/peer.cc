// SPDX-License-Identifier: Apache-2.0
// Who the peer is, and what wolfSSL lets it do, or answers in a way of its own, and we don't.
#include <algorithm>
#include <vector>

#include "backends/common/handshake_messages.h"
#include "backends/wolfssl/certificate.h"
#include "backends/wolfssl/connection.h"

using namespace trestle::wolf;

namespace {

// The certificates that wolfSSL is processing as the peer sent them. wolfSSL itself stops after
// nine of them, but its first one lies within the message.
std::vector<trestle_bytes> certificates_of(const WOLFSSL_X509_STORE_CTX& store, bool tls13) {
  constexpr int kLength = 3; // of the list, and of its first certificate
  const uint8_t* list = store.certs[0].buffer - 2 * kLength;
  const uint64_t length = kLength + (list[0] << 16 | list[1] << 8 | list[2]);
  // In TLS 1.3 a certificate_request_context comes first, which wolfSSL wants empty in a handshake.
  const trestle_bytes body =
      tls13 ? trestle_bytes{list - 1, length + 1} : trestle_bytes{list, length};
  const auto found = parse_certificates(body, tls13);
  if (!found || found->empty()) throw kMalformed;
  return *found;
}

}  // namespace

bool trestle_backend_connection::wants_certificate() const {
  return context_.is_client || context_.client_auth != TRESTLE_CLIENT_AUTH_NONE;
}

void trestle_backend_connection::set_verify_mode(int mode) {
  wolfSSL_set_verify(library_.get(), mode, wolfSSL_get_verify_callback(library_.get()));
}

int trestle_backend_connection::verify_mode() const {
  if (!wants_certificate()) return WOLFSSL_VERIFY_NONE;
  const bool required = context_.client_auth == TRESTLE_CLIENT_AUTH_REQUIRE;
  return WOLFSSL_VERIFY_PEER | (required ? WOLFSSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0);
}

bool trestle_backend_connection::is_suite_with(Authentication authentication) const {
  const Suite* suite = find_suite(suite_);
  return suite != nullptr && suite->authentication == authentication;
}

// In TLS 1.2 the suite tells, in TLS 1.3 the ServerHello.
bool trestle_backend_connection::is_by_psk() const {
  const bool by_psk = is_suite_with(Authentication::kPsk) ||
                      (is_suite_with(Authentication::kTls13) && takes_psk_);
  return by_psk && !context_.psk.empty();
}

// wolfSSL's word is not enough for this: a client talks to nobody whose certificate the host has
// not seen, unless a suite that it named does without one.
bool trestle_backend_connection::is_peer_known() const {
  const bool needs_certificate = context_.is_client
                                     ? !is_suite_with(Authentication::kAnonymous)
                                     : context_.client_auth == TRESTLE_CLIENT_AUTH_REQUIRE;
  return asked_ || !needs_certificate || is_by_psk();
}

// Called for each certificate of a chain, the leaf's comes last. Chains are judged by the host, so
// wolfSSL's verification is switched off as soon as it has begun: it would keep what it takes for
// CAs. The mode is put back for the leaf, since a refusal's alert depends on it.
int trestle_backend_connection::on_certificate(const WOLFSSL_X509_STORE_CTX& store) {
  if (!wants_certificate()) {
    // wolfSSL sends no alert for what it wasn't to look at.
    set_verify_mode(WOLFSSL_VERIFY_PEER);
    throw kUnexpectedCertificate;
  }
  if (verdict_) return 0;
  const bool leaf = store.error_depth <= 0;
  set_verify_mode(leaf ? verify_mode() : WOLFSSL_VERIFY_NONE);
  // Without any, it is a client, and wolfSSL knows whether it may.
  if (!leaf || store.totalCerts < 1) return 1;
  if (asked_) return 0;
  asked_ = true;
  ask_host(store);
  return 1;
}

void trestle_backend_connection::ask_host(const WOLFSSL_X509_STORE_CTX& store) {
  const std::vector<trestle_bytes> chain = certificates_of(store, is_tls13());
  // A server's CertificateRequest of TLS 1.3 always has wolfSSL's own list, so that a client may
  // come with a key that the configuration leaves out.
  const auto& schemes = context_.signature_schemes;
  const Certificate leaf(chain[0]);
  if (is_tls13() && std::none_of(schemes.begin(), schemes.end(), [&leaf](uint16_t scheme) {
        return leaf.key_may_use(scheme, true);
      })) {
    throw Verdict{TRESTLE_RESULT_CERT_UNSUPPORTED_ALGORITHM, handshake_failure,
                  "no configured signature scheme goes with the certificate's key"};
  }
  trestle_ask ask = {};
  ask.size = sizeof ask;
  ask.kind = TRESTLE_ASK_VERIFY_PEER;
  ask.certificates = chain.data();
  ask.certificate_count = static_cast<uint32_t>(chain.size());
  const int32_t answer = host->ask(host_connection_, &ask);
  // Others have used this thread in the meantime.
  wolfSSL_ERR_clear_error();
  if (answer != TRESTLE_ANSWER_YES) {
    throw Verdict{TRESTLE_RESULT_CERT_REJECTED, bad_certificate, ""};
  }
  // wolfSSL would take the rest of the list for further messages.
  if (chain.size() != static_cast<size_t>(store.totalCerts)) {
    throw Verdict{TRESTLE_RESULT_CERT_CHAIN_TOO_LONG, bad_certificate,
                  "wolfSSL takes nine certificates at most"};
  }
}

// Each message in the clear, before wolfSSL sees it.
void trestle_backend_connection::judge(uint8_t type, const trestle_bytes& body) {
  if (context_.is_client && type == kServerHello) return judge_server_hello(body);
  if (!context_.is_client && type == kClientHello) return judge_client_hello(body);
  if (type == kCertificate) {
    certificate_came_ = true;
    if (!wants_certificate()) throw kUnexpectedCertificate;
  }
  judge_tls12(type, body);
}

// wolfSSL goes along with suites of another version, and calls TLS 1.2 in the extension that can't
// choose it a matter of versions.
void trestle_backend_connection::judge_server_hello(const trestle_bytes& body) {
  const auto hello = parse_server_hello(body);
  if (!hello) throw kMalformed;
  takes_psk_ = hello->takes_psk;
  if (!contains(context_.suites, hello->suite)) throw kNotOffered;
  const bool tls13 = find_suite(hello->suite)->authentication == Authentication::kTls13;
  if (hello->selected_version != (tls13 ? TRESTLE_VERSION_TLS13 : 0)) throw kNotOffered;
}

// It would speak of suites when there is no common version, ask a client without a common group to
// retry with the one that it has, and call a client without the PSK malformed.
void trestle_backend_connection::judge_client_hello(const trestle_bytes& body) {
  const auto hello = parse_client_hello(body);
  if (!hello) return; // wolfSSL finds out the same
  psk_suite_ = 0;
  for (const uint16_t suite : context_.psk_suites) {
    const bool usable = hello->has_psk && hello->has_psk_dhe_ke && contains(hello->suites, suite);
    if (psk_suite_ == 0 && usable) psk_suite_ = suite;
  }
  const auto& versions = hello->versions;
  if (!context_.tls13) {
    if (!versions.empty() && !contains(versions, TRESTLE_VERSION_TLS12)) throw kNoCommonVersion;
    return;
  }
  if (!contains(versions, TRESTLE_VERSION_TLS13)) return;
  if (!context_.has_identity && psk_suite_ == 0) {
    throw Verdict{TRESTLE_RESULT_NO_COMMON_SUITE, handshake_failure,
                  "the client has neither our PSK nor use for a certificate"};
  }
  if (!hello->groups.empty() && !have_common(hello->groups, context_.groups)) {
    throw Verdict{kFailed, handshake_failure, "no common group"};
  }
}

void trestle_backend_connection::judge_tls12(uint8_t type, const trestle_bytes& body) const {
  const auto& schemes = context_.signature_schemes;
  const Suite* suite =
      find_suite(static_cast<uint16_t>(wolfSSL_get_current_cipher_suite(library_.get())));
  if (suite == nullptr || suite->authentication != Authentication::kCertificate) return;
  if (type == kServerKeyExchange) {
    // wolfSSL takes any curve and any signature that it can do, MD5 included.
    const auto exchange = parse_server_key_exchange(body, suite->finite_field);
    if (!exchange) throw kMalformed;
    if (!contains(schemes, exchange->scheme)) throw kNotOffered;
    if (!suite->finite_field && !contains(context_.groups, exchange->group)) throw kNotOffered;
  } else if (type == kCertificateRequest && context_.is_client) {
    // wolfSSL would send a certificate that the server can't use, where RFC 5246, 7.4.6, wants
    // none.
    const auto listed = parse_certificate_request(body);
    if (!listed) throw kMalformed;
    if (!have_common(*listed, context_.own_schemes)) wolfSSL_certs_clear(library_.get());
  } else if (type == kCertificateVerify) {
    if (body.length < 2) throw kMalformed;
    const auto scheme = static_cast<uint16_t>(body.data[0] << 8 | body.data[1]);
    if (!contains(schemes, scheme)) throw kNotOffered;
  } else if (type == kClientKeyExchange) {
    // A client that was asked for a certificate has to answer, be it with an empty one
    // (RFC 5246, 7.4.6). wolfSSL takes silence for an answer.
    if (wants_certificate() && !certificate_came_) {
      throw Verdict{kViolation, unexpected_message, "the client left out its Certificate message"};
    }
  }
}
