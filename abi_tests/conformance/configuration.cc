// SPDX-License-Identifier: Apache-2.0
#include "abi_tests/conformance/configuration.h"

namespace trestle::conformance {
namespace {

constexpr uint16_t kDefaultSuites[] = {
    TRESTLE_TLS_AES_128_GCM_SHA256,
    TRESTLE_TLS_AES_256_GCM_SHA384,
    TRESTLE_TLS_CHACHA20_POLY1305_SHA256,
    TRESTLE_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    TRESTLE_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    TRESTLE_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    TRESTLE_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    TRESTLE_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    TRESTLE_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
};

// x25519, secp256r1, secp384r1, secp521r1, ffdhe2048, ffdhe3072
constexpr uint16_t kDefaultGroups[] = {0x001D, 0x0017, 0x0018, 0x0019, 0x0100, 0x0101};

// ECDSA, Ed25519, Ed448, RSA-PSS with rsaEncryption keys, RSA PKCS#1
constexpr uint16_t kDefaultSchemes[] = {0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0804,
                                        0x0805, 0x0806, 0x0401, 0x0501, 0x0601};

template <size_t kCount>
std::vector<uint16_t> affirmed(const Plugin& plugin, uint32_t capability,
                               const uint16_t (&wanted)[kCount]) {
  std::vector<uint16_t> list;
  for (uint16_t each : wanted) {
    if (plugin.can(capability, each)) list.push_back(each);
  }
  return list;
}

}  // namespace

trestle_bytes lend(const std::string& bytes) {
  return {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
}

Identity::Identity(const Plugin& plugin, const IdentitySource& source) : plugin_(plugin) {
  std::vector<trestle_bytes> certificates;
  for (const std::string& der : source.certificates) certificates.push_back(lend(der));
  trestle_backend_identity_source lent = {};
  lent.size = sizeof lent;
  lent.certificate_count = static_cast<uint32_t>(certificates.size());
  lent.certificates = certificates.empty() ? nullptr : certificates.data();
  lent.key = lend(source.key);
  lent.key_format = source.key_format;
  lent.pkcs12 = lend(source.pkcs12);
  lent.password = lend(source.password);
  trestle_backend_error error = fresh_error();
  const int32_t status = checked_identity_new(*plugin.table, lent, &identity_, &error);
  created_ = make_outcome("identity_new", status, error);
}

Identity::~Identity() { plugin_.table->identity_free(identity_); }

Configuration default_configuration(const Plugin& plugin, uint32_t role) {
  Configuration configuration;
  configuration.role = role;
  configuration.suites = affirmed(plugin, TRESTLE_CAPABILITY_SUITE, kDefaultSuites);
  configuration.groups = affirmed(plugin, TRESTLE_CAPABILITY_GROUP, kDefaultGroups);
  configuration.signature_schemes =
      affirmed(plugin, TRESTLE_CAPABILITY_SIGNATURE_SCHEME, kDefaultSchemes);
  if (role == TRESTLE_ROLE_CLIENT) configuration.server_name = "server.test";
  return configuration;
}

Configuration default_configuration(const Plugin& plugin, uint32_t role, uint16_t version) {
  Configuration configuration = default_configuration(plugin, role);
  configuration.version_min = version;
  configuration.version_max = version;
  std::vector<uint16_t> suites;
  for (uint16_t suite : configuration.suites) {
    if (is_tls13_suite(suite) == (version == TRESTLE_VERSION_TLS13)) suites.push_back(suite);
  }
  configuration.suites = suites;
  return configuration;
}

void allow_dsa(const Plugin& plugin, Configuration* configuration) {
  constexpr uint16_t kDsaSha256 = 0x0402;
  constexpr uint16_t kDsaSha1 = 0x0202;
  for (uint16_t scheme : {kDsaSha256, kDsaSha1}) {
    if (plugin.can(TRESTLE_CAPABILITY_SIGNATURE_SCHEME, scheme)) {
      configuration->signature_schemes.push_back(scheme);
    }
  }
}

Context::Context(const Plugin& plugin, const Configuration& configuration) : plugin_(plugin) {
  trestle_backend_config lent = {};
  lent.size = sizeof lent;
  lent.role = configuration.role;
  lent.version_min = configuration.version_min;
  lent.version_max = configuration.version_max;
  lent.client_auth = configuration.client_auth;
  lent.suites = configuration.suites.data();
  lent.groups = configuration.groups.data();
  lent.signature_schemes = configuration.signature_schemes.data();
  lent.suite_count = static_cast<uint32_t>(configuration.suites.size());
  lent.group_count = static_cast<uint32_t>(configuration.groups.size());
  lent.signature_scheme_count = static_cast<uint32_t>(configuration.signature_schemes.size());
  lent.dh_bits_min = configuration.dh_bits_min;
  lent.server_name =
      configuration.server_name.empty() ? nullptr : configuration.server_name.c_str();
  lent.identity = configuration.identity == nullptr ? nullptr : configuration.identity->get();
  lent.psk = lend(configuration.psk);
  lent.psk_identity = lend(configuration.psk_identity);
  trestle_backend_error error = fresh_error();
  const int32_t status = checked_context_new(*plugin.table, lent, &context_, &error);
  created_ = make_outcome("context_new", status, error);
}

Context::~Context() { plugin_.table->context_free(context_); }

}  // namespace trestle::conformance
