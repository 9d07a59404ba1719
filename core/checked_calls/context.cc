// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <vector>

#include "core/checked_calls/checked_calls.h"

namespace trestle {
namespace {

// Bits of RFC 7919's groups; 0 for an elliptic curve.
uint32_t finite_field_bits(uint16_t group) {
  switch (group) {
    case 0x0100: return 2048;
    case 0x0101: return 3072;
    case 0x0102: return 4096;
    case 0x0103: return 6144;
    case 0x0104: return 8192;
    default: return 0;
  }
}

// IANA's names say what a suite is.
bool name_has(uint16_t suite, const char* part) {
  return std::strstr(trestle_suite_name(suite), part) != nullptr;
}

bool needs_group(uint16_t suite) { return is_tls13_suite(suite) || name_has(suite, "_ECDHE_"); }

// In TLS 1.3 an external PSK has SHA-256 as its hash (RFC 8446, 4.2.11), and needs a suite that has.
// Of a suite that trestle.h doesn't name, nobody knows here.
bool can_use_psk(uint16_t suite) {
  if (!name_has(suite, "TLS_")) return true;
  return is_tls13_suite(suite) ? name_has(suite, "SHA256") : name_has(suite, "PSK");
}

// A configuration with lists of its own.
class Checked {
 public:
  Checked(const trestle_backend& backend, const trestle_backend_config& config,
          trestle_backend_error* error)
      : backend_(backend), config_(config), error_(error) {}

  bool run() {
    return take_suites() && take_groups() && take_signature_schemes() && check_authentication();
  }
  const trestle_backend_config& config() const { return config_; }

 private:
  __attribute__((format(printf, 3, 4))) bool refuse(int32_t result, const char* format, ...) {
    error_->result = result;
    va_list arguments;
    va_start(arguments, format);
    std::vsnprintf(error_->detail, sizeof error_->detail, format, arguments);
    va_end(arguments);
    return false;
  }

  // Each once.
  static void add(uint16_t item, std::vector<uint16_t>* list) {
    if (std::find(list->begin(), list->end(), item) == list->end()) list->push_back(item);
  }

  bool can(uint32_t capability, uint16_t what) const {
    return backend_.capability(capability, what) == 1;
  }

  bool any_suite(bool (*is)(uint16_t)) const {
    return std::any_of(suites_.begin(), suites_.end(), is);
  }

  bool take_suites() {
    for (uint32_t i = 0; i < config_.suite_count; ++i) {
      const uint16_t suite = config_.suites[i];
      if (!can(TRESTLE_CAPABILITY_SUITE, suite)) {
        return refuse(TRESTLE_RESULT_SUITE_NOT_SUPPORTED, "%s (0x%04X)", trestle_suite_name(suite),
                      suite);
      }
      const uint16_t version =
          is_tls13_suite(suite) ? TRESTLE_VERSION_TLS13 : TRESTLE_VERSION_TLS12;
      if (version >= config_.version_min && version <= config_.version_max) add(suite, &suites_);
    }
    config_.suites = suites_.data();
    config_.suite_count = static_cast<uint32_t>(suites_.size());
    return settle_versions();
  }

  // A version takes part if it lies within the limits and has a suite (see trestle.h).
  bool settle_versions() {
    if (config_.version_min < TRESTLE_VERSION_TLS12 || config_.version_max > TRESTLE_VERSION_TLS13)
      return refuse(TRESTLE_RESULT_NOT_SUPPORTED, "versions other than TLS 1.2 and 1.3");
    if (suites_.empty()) {
      return refuse(TRESTLE_RESULT_NOT_SUPPORTED,
                    "no protocol version has a suite within the version limits");
    }
    if (!any_suite(is_tls13_suite)) config_.version_max = TRESTLE_VERSION_TLS12;
    if (std::all_of(suites_.begin(), suites_.end(), is_tls13_suite))
      config_.version_min = TRESTLE_VERSION_TLS13;
    return true;
  }

  bool take_groups() {
    for (uint32_t i = 0; i < config_.group_count; ++i) {
      const uint16_t group = config_.groups[i];
      if (!can(TRESTLE_CAPABILITY_GROUP, group))
        return refuse(TRESTLE_RESULT_NOT_SUPPORTED, "group 0x%04X", group);
      const uint32_t bits = finite_field_bits(group);
      if (bits == 0 || bits >= config_.dh_bits_min) add(group, &groups_);
    }
    if (groups_.empty() && (config_.group_count != 0 || any_suite(needs_group)))
      return refuse(TRESTLE_RESULT_NOT_SUPPORTED, "no group, or none that is large enough");
    config_.groups = groups_.data();
    config_.group_count = static_cast<uint32_t>(groups_.size());
    return true;
  }

  bool take_signature_schemes() {
    for (uint32_t i = 0; i < config_.signature_scheme_count; ++i) {
      const uint16_t scheme = config_.signature_schemes[i];
      if (!can(TRESTLE_CAPABILITY_SIGNATURE_SCHEME, scheme))
        return refuse(TRESTLE_RESULT_NOT_SUPPORTED, "signature scheme 0x%04X", scheme);
      add(scheme, &schemes_);
    }
    config_.signature_schemes = schemes_.data();
    config_.signature_scheme_count = static_cast<uint32_t>(schemes_.size());
    return true;
  }

  bool check_authentication() {
    const bool has_psk = config_.psk.length != 0;
    const bool anonymous = any_suite(is_anonymous_suite);
    const bool server = config_.role == TRESTLE_ROLE_SERVER;
    if (has_psk && !any_suite(can_use_psk))
      return refuse(TRESTLE_RESULT_NOT_SUPPORTED, "no suite of the list can use the PSK");
    if (server && config_.client_auth == TRESTLE_CLIENT_AUTH_REQUIRE && (has_psk || anonymous)) {
      return refuse(TRESTLE_RESULT_NOT_SUPPORTED,
                    "%s handshake has no client certificate that could be required",
                    has_psk ? "a PSK" : "an anonymous");
    }
    if (server && config_.identity == nullptr && !has_psk && !anonymous)
      return refuse(TRESTLE_RESULT_NO_IDENTITY, "a server needs a certificate or a PSK");
    return true;
  }

  const trestle_backend& backend_;
  trestle_backend_config config_;
  trestle_backend_error* const error_;
  std::vector<uint16_t> suites_, groups_, schemes_;
};

}  // namespace

bool is_tls13_suite(uint16_t suite) { return suite >> 8 == 0x13; }
bool is_anonymous_suite(uint16_t suite) { return name_has(suite, "_anon_"); }
bool is_dss_suite(uint16_t suite) { return name_has(suite, "_DSS_"); }

int32_t checked_context_new(const trestle_backend& backend, const trestle_backend_config& config,
                            trestle_backend_context** context, trestle_backend_error* error) {
  Checked checked(backend, config, error);
  if (!checked.run()) return TRESTLE_BACKEND_ERROR;
  return backend.context_new(&checked.config(), context, error);
}

}  // namespace trestle
