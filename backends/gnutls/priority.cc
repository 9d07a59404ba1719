// SPDX-License-Identifier: Apache-2.0
#include "backends/gnutls/priority.h"

#include <algorithm>
#include <string>

#include "backends/gnutls/error.h"
#include "backends/gnutls/suite_list.h"
#include "backends/gnutls/suites.h"

namespace trestle::gnutls_backend {
namespace {

// A priority string in the making: each algorithm once, in the order of first mention.
class Text {
 public:
  void add(const std::string &item) {
    if ((text_ + ":").find(":" + item + ":") == std::string::npos) text_ += ":" + item;
  }
  void append(const std::string &items) { text_ += items; }
  const char *get() const { return text_.c_str(); }

 private:
  // NONE: nothing comes from the system's configuration but what it forbids.
  std::string text_ = "NONE";
};

// A string with one of these has side effects in TLS 1.3: the NULL cipher and RSA_PSK disable it,
// PSK and DHE_PSK offer psk_ke and psk_dhe_ke. The suite comes in through set_suites alone then.
bool touches_tls13(const Suite &suite) {
  return suite.cipher == GNUTLS_CIPHER_NULL || suite.kx == GNUTLS_KX_RSA_PSK ||
         suite.kx == GNUTLS_KX_PSK || suite.kx == GNUTLS_KX_DHE_PSK;
}

// The hash of an external PSK is SHA-256.
bool suits_external_psk(const Suite *suite) {
  return suite->is_tls13() && suite->id != TRESTLE_TLS_AES_256_GCM_SHA384;
}

int32_t choose_suites(const trestle_backend_config &config, std::vector<const Suite *> *suites,
                    Negotiable *out, trestle_backend_error *error) {
  for (uint32_t i = 0; i < config.suite_count; ++i) {
    const uint16_t id = config.suites[i];
    if (!can_offer_suite(id)) {
      return fail(error, TRESTLE_RESULT_SUITE_NOT_SUPPORTED, 0,
                  "GnuTLS lacks suite 0x%04X, or the system forbids it", id);
    }
    const Suite *suite = find_suite(id);
    const uint16_t version = suite->is_tls13() ? TRESTLE_VERSION_TLS13 : TRESTLE_VERSION_TLS12;
    if (version < config.version_min || version > config.version_max) continue;
    if (std::find(suites->begin(), suites->end(), suite) != suites->end()) continue;
    suites->push_back(suite);
    out->suites.push_back(id);
    (suite->is_tls13() ? out->has_tls13 : out->has_tls12) = true;
  }
  if (!suites->empty()) return TRESTLE_BACKEND_OK;
  return fail(error, TRESTLE_RESULT_NOT_SUPPORTED, 0, "no suite for the versions allowed");
}

void add_suite_algorithms(const std::vector<const Suite *> &suites, bool has_tls13, Text *text) {
  for (const Suite *suite : suites) {
    if (has_tls13 && touches_tls13(*suite)) continue;
    text->add(std::string("+") + gnutls_cipher_get_name(suite->cipher));
    text->add(std::string("+") + gnutls_mac_get_name(suite->mac));
    if (!suite->is_tls13()) text->add(std::string("+") + gnutls_kx_get_name(suite->kx));
  }
}

// GnuTLS lists elliptic curves and finite fields each in one run, and begins with the kind that the
// first key exchange in the string needs: so one of that kind leads, and set_suites drops its
// suites again unless they are wanted.
int32_t add_groups(const trestle_backend_config &config, bool needed, Text *text,
                   trestle_backend_error *error) {
  std::vector<bool> finite;
  std::string groups;
  for (uint32_t i = 0; i < config.group_count; ++i) {
    if (!can_offer_group(config.groups[i])) {
      return fail(error, TRESTLE_RESULT_NOT_SUPPORTED, 0,
                  "GnuTLS lacks group 0x%04X, or the system forbids it", config.groups[i]);
    }
    const Group *group = find_group(config.groups[i]);
    const bool is_finite = group->finite_field_bits != 0;
    if (is_finite && group->finite_field_bits < config.dh_bits_min) continue;
    finite.push_back(is_finite);
    groups += std::string(":+GROUP-") + group->priority;
  }
  if (finite.empty()) {
    if (!needed) return TRESTLE_BACKEND_OK;
    return fail(error, TRESTLE_RESULT_NOT_SUPPORTED, 0, "no group for the key exchange");
  }
  const auto second_run = std::find(finite.begin(), finite.end(), !finite.front());
  if (std::find(second_run, finite.end(), finite.front()) != finite.end()) {
    return fail(error, TRESTLE_RESULT_NOT_SUPPORTED, 0,
                "GnuTLS can't mix elliptic curves and finite fields in an order of preference");
  }
  if (second_run != finite.end()) text->add(finite.front() ? "+DHE-RSA" : "+ECDHE-ECDSA");
  text->append(groups);
  return TRESTLE_BACKEND_OK;
}

constexpr uint16_t kDsaSha1 = 0x0202;

int32_t add_schemes(const trestle_backend_config &config,
                    const std::vector<const Suite *> &suites, Text *text,
                    trestle_backend_error *error) {
  bool can_sign_dss = false;
  for (uint32_t i = 0; i < config.signature_scheme_count; ++i) {
    if (!can_verify(config.signature_schemes[i])) {
      return fail(error, TRESTLE_RESULT_NOT_SUPPORTED, 0,
                  "GnuTLS lacks signature scheme 0x%04X, or the system forbids it",
                  config.signature_schemes[i]);
    }
    const Scheme *scheme = find_scheme(config.signature_schemes[i]);
    can_sign_dss |= scheme->id == kDsaSha1;
    text->append(scheme->priority);
  }
  const auto is_dss = [](const Suite *suite) { return suite->kx == GNUTLS_KX_DHE_DSS; };
  if (!can_sign_dss && std::any_of(suites.begin(), suites.end(), is_dss)) {
    return fail(error, TRESTLE_RESULT_NOT_SUPPORTED, 0,
                "GnuTLS does DHE_DSS with signature scheme dsa_sha1 (0x0202) only");
  }
  return TRESTLE_BACKEND_OK;
}

bool can_use_psk(const Suite *suite) {
  return suits_external_psk(suite) || suite->kx == GNUTLS_KX_PSK ||
         suite->kx == GNUTLS_KX_DHE_PSK || suite->kx == GNUTLS_KX_RSA_PSK;
}

bool is_elliptic(const Suite *suite) {
  return suite->kx == GNUTLS_KX_ECDHE_ECDSA || suite->kx == GNUTLS_KX_ECDHE_RSA;
}

}  // namespace

int32_t make_negotiable(const trestle_backend_config &config, Negotiable *negotiable,
                        trestle_backend_error *error) {
  if (config.version_min < TRESTLE_VERSION_TLS12 || config.version_max > TRESTLE_VERSION_TLS13) {
    return fail(error, TRESTLE_RESULT_NOT_SUPPORTED, 0, "only TLS 1.2 and TLS 1.3");
  }
  std::vector<const Suite *> suites;
  int32_t status = choose_suites(config, &suites, negotiable, error);
  if (status != TRESTLE_BACKEND_OK) return status;
  const bool has_psk = config.psk.length != 0;
  if (has_psk && std::none_of(suites.begin(), suites.end(), can_use_psk)) {
    return fail(error, TRESTLE_RESULT_NOT_SUPPORTED, 0, "no suite of the list can use the PSK");
  }

  Text text;
  // TLS 1.3 has to come first, or GnuTLS doesn't offer it.
  if (negotiable->has_tls13) text.add("+VERS-TLS1.3");
  if (negotiable->has_tls12) text.add("+VERS-TLS1.2");
  const bool needs_group =
      negotiable->has_tls13 || std::any_of(suites.begin(), suites.end(), is_elliptic);
  status = add_groups(config, needs_group, &text, error);
  if (status == TRESTLE_BACKEND_OK) status = add_schemes(config, suites, &text, error);
  if (status != TRESTLE_BACKEND_OK) return status;
  add_suite_algorithms(suites, negotiable->has_tls13, &text);
  if (has_psk && std::any_of(suites.begin(), suites.end(), suits_external_psk)) {
    text.add("+DHE-PSK");  // psk_dhe_ke
  }
  // The profile: GnuTLS itself sets no limits, its certificate verification is not used.
  text.append(":+CTYPE-X509:%SERVER_PRECEDENCE:%NO_TICKETS:%PROFILE_VERY_WEAK");
  // A server that doesn't know RFC 5746 may take this handshake for the renegotiation of somebody
  // else's connection, and the client can't tell. Servers of ours never renegotiate.
  if (config.role == TRESTLE_ROLE_CLIENT) text.append(":%SAFE_RENEGOTIATION");

  const int code = make(&negotiable->priority, gnutls_priority_init2, text.get(), nullptr, 0u);
  if (code < 0 || !set_suites(negotiable->priority.get(), suites)) {
    return fail(error, TRESTLE_RESULT_NOT_SUPPORTED, std::min(code, 0),
                "GnuTLS can't offer exactly these suites, groups and signature schemes");
  }
  return TRESTLE_BACKEND_OK;
}

bool can_offer_suite(uint16_t id) {
  const Suite *suite = find_suite(id);
  if (suite == nullptr) return false;
  Text text;
  text.add(suite->is_tls13() ? "+VERS-TLS1.3" : "+VERS-TLS1.2");
  add_suite_algorithms({suite}, false, &text);
  text.append(":+GROUP-ALL:+SIGN-ALL:+CTYPE-X509");
  Priority priority;
  if (make(&priority, gnutls_priority_init2, text.get(), nullptr, 0u) < 0) return false;
  const std::vector<unsigned> offered = read_suites(priority.get());
  return std::find(offered.begin(), offered.end(), suite->index) != offered.end();
}

bool can_offer_group(uint16_t id) {
  const Group *group = find_group(id);
  if (group == nullptr) return false;
  const std::string text = std::string("NONE:+VERS-TLS1.3:+AES-128-GCM:+AES-256-GCM:"
                                       "+CHACHA20-POLY1305:+AEAD:+SIGN-ALL:+CTYPE-X509:+GROUP-") +
                           group->priority;
  Priority priority;
  const unsigned *groups;
  return make(&priority, gnutls_priority_init2, text.c_str(), nullptr, 0u) >= 0 &&
         gnutls_priority_group_list(priority.get(), &groups) == 1;
}

bool can_verify(uint16_t id) {
  const Scheme *scheme = find_scheme(id);
  return scheme != nullptr && gnutls_sign_is_secure2(scheme->algorithm, 0) != 0;
}

}  // namespace trestle::gnutls_backend
