// SPDX-License-Identifier: Apache-2.0
#include "backends/gnutls/priority.h"

#include <algorithm>
#include <string>

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
  Priority parse() const { return parse_priority(text_.c_str()); }

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
void add_groups(const trestle_backend_config &config, Text *text) {
  const uint16_t *groups = config.groups;
  int runs = 0;
  std::string items;
  for (uint32_t i = 0; i < config.group_count; ++i) {
    if (i == 0 || is_finite_field(groups[i]) != is_finite_field(groups[i - 1])) ++runs;
    items += std::string(":+GROUP-") + find_group(groups[i])->priority;
  }
  if (runs > 2) {
    refuse(TRESTLE_RESULT_NOT_SUPPORTED, 0,
           "GnuTLS can't mix elliptic curves and finite fields in an order of preference");
  }
  if (runs == 2) text->add(is_finite_field(groups[0]) ? "+DHE-RSA" : "+ECDHE-ECDSA");
  text->append(items);
}

void add_schemes(const trestle_backend_config &config, const std::vector<const Suite *> &suites,
                 Text *text) {
  constexpr uint16_t kDsaSha1 = 0x0202;
  bool can_sign_dss = false;
  for (uint32_t i = 0; i < config.signature_scheme_count; ++i) {
    const Scheme *scheme = find_scheme(config.signature_schemes[i]);
    can_sign_dss |= scheme->id == kDsaSha1;
    text->append(scheme->priority);
  }
  const auto is_dss = [](const Suite *suite) { return suite->kx == GNUTLS_KX_DHE_DSS; };
  if (!can_sign_dss && std::any_of(suites.begin(), suites.end(), is_dss)) {
    refuse(TRESTLE_RESULT_NOT_SUPPORTED, 0,
           "GnuTLS does DHE_DSS with signature scheme dsa_sha1 (0x0202) only");
  }
}

}  // namespace

Priority make_priority(const trestle_backend_config &config) {
  std::vector<const Suite *> suites;
  for (uint32_t i = 0; i < config.suite_count; ++i)
    suites.push_back(find_suite(config.suites[i]));
  const bool has_tls13 = config.version_max == TRESTLE_VERSION_TLS13;
  Text text;
  // TLS 1.3 has to come first, or GnuTLS doesn't offer it.
  if (has_tls13) text.add("+VERS-TLS1.3");
  if (config.version_min == TRESTLE_VERSION_TLS12) text.add("+VERS-TLS1.2");
  add_groups(config, &text);
  add_schemes(config, suites, &text);
  add_suite_algorithms(suites, has_tls13, &text);
  if (config.psk.length != 0 && std::any_of(suites.begin(), suites.end(), suits_external_psk))
    text.add("+DHE-PSK");  // psk_dhe_ke
  // The profile: GnuTLS itself sets no limits, its certificate verification is not used.
  text.append(":+CTYPE-X509:%SERVER_PRECEDENCE:%NO_TICKETS:%PROFILE_VERY_WEAK");
  // A server that doesn't know RFC 5746 may take this handshake for the renegotiation of somebody
  // else's connection, and the client can't tell. Servers of ours never renegotiate.
  if (config.role == TRESTLE_ROLE_CLIENT) text.append(":%SAFE_RENEGOTIATION");
  Priority priority = text.parse();
  if (priority && set_suites(priority.get(), suites)) return priority;
  refuse(TRESTLE_RESULT_NOT_SUPPORTED, 0,
         "GnuTLS can't offer exactly these suites, groups and signature schemes");
}

bool can_offer_suite(uint16_t id) {
  const Suite *suite = find_suite(id);
  if (suite == nullptr) return false;
  Text text;
  text.add(suite->is_tls13() ? "+VERS-TLS1.3" : "+VERS-TLS1.2");
  add_suite_algorithms({suite}, false, &text);
  text.append(":+GROUP-ALL:+SIGN-ALL:+CTYPE-X509");
  const Priority priority = text.parse();
  if (!priority) return false;
  const std::vector<unsigned> offered = read_suites(priority.get());
  return std::find(offered.begin(), offered.end(), suite->index) != offered.end();
}

bool can_offer_group(uint16_t id) {
  const Group *group = find_group(id);
  if (group == nullptr) return false;
  Text text;
  text.append(":+VERS-TLS1.3:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:+AEAD:+SIGN-ALL:"
              "+CTYPE-X509:+GROUP-");
  text.append(group->priority);
  const Priority priority = text.parse();
  const unsigned *groups;
  return priority && gnutls_priority_group_list(priority.get(), &groups) == 1;
}

bool can_verify(uint16_t id) {
  const Scheme *scheme = find_scheme(id);
  return scheme != nullptr && gnutls_sign_is_secure2(scheme->algorithm, 0) != 0;
}

}  // namespace trestle::gnutls_backend
