// SPDX-License-Identifier: Apache-2.0
#include "abi_tests/conformance/suites.h"

#include <stdexcept>

#include <trestle/trestle.h>

namespace trestle::conformance {
namespace {

bool begins(const std::string& text, const char* prefix) { return text.rfind(prefix, 0) == 0; }

}  // namespace

uint16_t Suite::version() const {
  return tls13() ? TRESTLE_VERSION_TLS13 : TRESTLE_VERSION_TLS12;
}

Authentication Suite::authentication() const {
  if (tls13()) return Authentication::kAnyCertificate;
  if (begins(name, "TLS_ECDHE_ECDSA_")) return Authentication::kEcdsa;
  if (begins(name, "TLS_DHE_DSS_") || begins(name, "TLS_DH_DSS_")) return Authentication::kDsa;
  if (begins(name, "TLS_RSA_PSK_")) return Authentication::kRsaAndPsk;
  if (begins(name, "TLS_PSK_") || begins(name, "TLS_DHE_PSK_")) return Authentication::kPsk;
  if (begins(name, "TLS_DH_anon_") || begins(name, "TLS_NULL_")) return Authentication::kNone;
  return Authentication::kRsa;
}

bool Suite::uses_psk() const {
  return authentication() == Authentication::kPsk ||
         authentication() == Authentication::kRsaAndPsk;
}

bool Suite::uses_certificate() const {
  return authentication() != Authentication::kPsk && authentication() != Authentication::kNone;
}

bool Suite::is_extinct() const {
  return begins(name, "TLS_DH_DSS_") || begins(name, "TLS_DH_RSA_") || id == 0;
}

const std::vector<Suite>& all_suites() {
  static const std::vector<Suite> suites = {
#include "abi_tests/conformance/suite_list.inc"
  };
  return suites;
}

const Suite& suite(uint16_t id) {
  for (const Suite& each : all_suites()) {
    if (each.id == id) return each;
  }
  throw std::runtime_error("no such suite");
}

}  // namespace trestle::conformance
