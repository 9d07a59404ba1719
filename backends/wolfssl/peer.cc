// SPDX-License-Identifier: Apache-2.0
// Who the peer is, and what wolfSSL lets it do, or answers in a way of its own, and we don't.
#include <algorithm>
#include <vector>

#include "backends/wolfssl/certificate.h"
#include "backends/wolfssl/connection.h"
#include "backends/wolfssl/messages.h"
#include "backends/wolfssl/suites.h"

using namespace trestle::wolf;

namespace {

bool have_common(const std::vector<uint16_t>& list, const std::vector<uint16_t>& other) {
  return std::any_of(list.begin(), list.end(),
                     [&other](uint16_t item) { return contains(other, item); });
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

bool trestle_backend_connection::wants_certificate() const {
  return is_client() || context_.client_auth != TRESTLE_CLIENT_AUTH_NONE;
}

int trestle_backend_connection::verify_mode() const {
  if (!wants_certificate()) return WOLFSSL_VERIFY_NONE;
  const bool required = context_.client_auth == TRESTLE_CLIENT_AUTH_REQUIRE;
  return WOLFSSL_VERIFY_PEER | (required ? WOLFSSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0);
}

// In TLS 1.2 the suite tells, in TLS 1.3 the ServerHello.
bool trestle_backend_connection::is_by_psk() const {
  const Suite* suite = find_suite(suite_);
  if (context_.psk.size() == 0 || suite == nullptr) return false;
  return suite->authentication == Authentication::kPsk ||
         (suite->authentication == Authentication::kTls13 && takes_psk_);
}

// wolfSSL's word is not enough for this: a client talks to nobody whose certificate the host has
// not seen, unless a suite that it named does without one.
bool trestle_backend_connection::is_peer_known() const {
  const Suite* suite = find_suite(suite_);
  const bool anonymous =
      suite != nullptr && suite->authentication == Authentication::kAnonymous;
  const bool needs_certificate =
      is_client() ? !anonymous : context_.client_auth == TRESTLE_CLIENT_AUTH_REQUIRE;
  return asked_ || !needs_certificate || is_by_psk();
}

// Called for each certificate of a chain, the leaf's comes last. Chains are judged by the host, so
// wolfSSL's verification is switched off as soon as it has begun: it would keep what it takes for
// CAs. The mode is put back for the leaf, since a refusal's alert depends on it.
int trestle_backend_connection::on_certificate(const WOLFSSL_X509_STORE_CTX& store) {
  if (!wants_certificate()) {
    // wolfSSL sends no alert for what it wasn't to look at.
    wolfSSL_set_verify(library_.get(), WOLFSSL_VERIFY_PEER,
                       wolfSSL_get_verify_callback(library_.get()));
    set_verdict(kUnexpectedCertificate);
  }
  if (verdict_ != nullptr) return 0;
  const bool leaf = store.error_depth <= 0;
  wolfSSL_set_verify(library_.get(), leaf ? verify_mode() : WOLFSSL_VERIFY_NONE,
                     wolfSSL_get_verify_callback(library_.get()));
  // Without any, it is a client, and wolfSSL knows whether it may.
  if (!leaf || store.totalCerts < 1) return 1;
  if (asked_) return 0;
  if (const Verdict* verdict = ask_host(store)) set_verdict(*verdict);
  return verdict_ == nullptr;
}

const Verdict* trestle_backend_connection::ask_host(const WOLFSSL_X509_STORE_CTX& store) {
  asked_ = true;
  const std::vector<trestle_bytes> chain = certificates_of(store, is_tls13());
  if (chain.empty()) return &kMalformed;
  // A server's CertificateRequest of TLS 1.3 always has wolfSSL's own list, so that a client may
  // come with a key that the configuration leaves out.
  const auto& schemes = context_.signature_schemes;
  const Certificate leaf(chain[0]);
  if (is_tls13() && std::none_of(schemes.begin(), schemes.end(), [&leaf](uint16_t scheme) {
        return leaf.key_may_use(scheme);
      })) {
    return &kKeyNotAllowed;
  }
  trestle_ask ask = {};
  ask.size = sizeof ask;
  ask.kind = TRESTLE_ASK_VERIFY_PEER;
  ask.certificates = chain.data();
  ask.certificate_count = static_cast<uint32_t>(chain.size());
  const int32_t answer = host->ask(host_connection_, &ask);
  // Others have used this thread in the meantime.
  wolfSSL_ERR_clear_error();
  if (answer != TRESTLE_ANSWER_YES) return &kRejected;
  // wolfSSL would take the rest of the list for further messages.
  return chain.size() == static_cast<size_t>(store.totalCerts) ? nullptr : &kChainTooLong;
}

// Each message in the clear, before wolfSSL sees it.
const Verdict* trestle_backend_connection::judge(const HandshakeMessage& message) {
  if (is_client() && message[0] == kServerHello) return judge_server_hello(message);
  if (!is_client() && message[0] == kClientHello) return judge_client_hello(message);
  if (message[0] == kCertificate) {
    certificate_came_ = true;
    if (!wants_certificate()) return &kUnexpectedCertificate;
  }
  return judge_tls12(message);
}

// wolfSSL goes along with suites of another version, and calls TLS 1.2 in the extension that can't
// choose it a matter of versions.
const Verdict* trestle_backend_connection::judge_server_hello(const HandshakeMessage& message) {
  const auto hello = parse_server_hello(message);
  if (!hello) return &kMalformed;
  takes_psk_ = hello->takes_psk;
  const Suite* suite = find_suite(hello->suite);
  const bool offered = suite != nullptr && contains(context_.suites, hello->suite);
  const bool tls13 = hello->selected_version == TRESTLE_VERSION_TLS13;
  if (offered && tls13 == (suite->authentication == Authentication::kTls13) &&
      (tls13 || hello->selected_version == 0)) {
    return nullptr;
  }
  return &kNotOffered;
}

// It would speak of suites when there is no common version, ask a client without a common group to
// retry with the one that it has, and call a client without the PSK malformed.
const Verdict* trestle_backend_connection::judge_client_hello(const HandshakeMessage& message) {
  const auto hello = parse_client_hello(message);
  if (!hello) return nullptr; // wolfSSL finds out the same
  psk_suite_ = 0;
  for (const uint16_t suite : context_.psk_suites) {
    if (psk_suite_ == 0 && hello->has_psk && contains(hello->suites, suite)) psk_suite_ = suite;
  }
  const auto& versions = hello->versions;
  if (!context_.tls13) {
    const bool excluded = !versions.empty() && !contains(versions, TRESTLE_VERSION_TLS12);
    return excluded ? &kNoCommonVersion : nullptr;
  }
  if (!contains(versions, TRESTLE_VERSION_TLS13)) return nullptr;
  if (!context_.has_identity && psk_suite_ == 0) return &kNoPsk;
  return hello->groups.empty() || have_common(hello->groups, context_.groups) ? nullptr
                                                                               : &kNoCommonGroup;
}

const Verdict* trestle_backend_connection::judge_tls12(const HandshakeMessage& message) const {
  const auto& schemes = context_.signature_schemes;
  const Suite* suite =
      find_suite(static_cast<uint16_t>(wolfSSL_get_current_cipher_suite(library_.get())));
  if (suite == nullptr || suite->authentication != Authentication::kCertificate) return nullptr;
  switch (message[0]) {
    case kServerKeyExchange: {
      // wolfSSL takes any curve and any signature that it can do, MD5 included.
      const auto exchange = parse_server_key_exchange(message, suite->finite_field);
      if (!exchange) return &kMalformed;
      const bool offered = contains(schemes, exchange->scheme) &&
                           (suite->finite_field || contains(context_.groups, exchange->group));
      return offered ? nullptr : &kNotOffered;
    }
    case kCertificateRequest:
      // wolfSSL would send a certificate that the server can't use, where RFC 5246, 7.4.6, wants
      // none.
      if (is_client() &&
          !have_common(schemes_of_certificate_request(message), context_.own_schemes)) {
        wolfSSL_certs_clear(library_.get());
      }
      return nullptr;
    case kCertificateVerify: {
      if (message.size() < kMessageHeader + 2) return &kMalformed;
      const auto scheme = static_cast<uint16_t>(message[4] << 8 | message[5]);
      return contains(schemes, scheme) ? nullptr : &kNotOffered;
    }
    case kClientKeyExchange:
      // A client that was asked for a certificate has to answer, be it with an empty one
      // (RFC 5246, 7.4.6). wolfSSL takes silence for an answer.
      return !wants_certificate() || certificate_came_ ? nullptr : &kCertificateSkipped;
    default:
      return nullptr;
  }
}
