// SPDX-License-Identifier: Apache-2.0
// Identities and contexts of a plugin, owned.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <trestle/backend.h>

#include "abi_tests/conformance/outcome.h"
#include "abi_tests/conformance/plugin.h"
#include "core/checked_calls/checked_calls.h"

namespace trestle::conformance {

// Lends the bytes of a string.
trestle_bytes lend(const std::string& bytes);

// What an identity is made from, with owned bytes.
struct IdentitySource {
  std::vector<std::string> certificates;  // DER, leaf first
  std::string key;
  uint32_t key_format = TRESTLE_KEY_NONE;
  std::string pkcs12;
  std::string password;
};

class Identity {
 public:
  Identity(const Plugin& plugin, const IdentitySource& source);
  ~Identity();
  Identity(const Identity&) = delete;
  Identity& operator=(const Identity&) = delete;

  const Outcome& created() const { return created_; }
  const trestle_backend_identity* get() const { return identity_; }

 private:
  const Plugin& plugin_;
  trestle_backend_identity* identity_ = nullptr;
  Outcome created_;
};

// What a session of the core would hand to context_new, with owned lists.
struct Configuration {
  uint32_t role = TRESTLE_ROLE_CLIENT;
  uint16_t version_min = TRESTLE_VERSION_TLS12;
  uint16_t version_max = TRESTLE_VERSION_TLS13;
  uint32_t client_auth = TRESTLE_CLIENT_AUTH_NONE;
  std::vector<uint16_t> suites;
  std::vector<uint16_t> groups;
  std::vector<uint16_t> signature_schemes;
  uint32_t dh_bits_min = 2048;
  std::string server_name;
  const Identity* identity = nullptr;
  std::string psk;
  std::string psk_identity;
};

// The library's defaults, as far as the plugin affirms them: TLS 1.3 suites and ECDHE with AEAD.
Configuration default_configuration(const Plugin& plugin, uint32_t role);
// The same for one version alone.
Configuration default_configuration(const Plugin& plugin, uint32_t role, uint16_t version);

// Appends the schemes of DSA that the plugin affirms; the defaults have none.
void allow_dsa(const Plugin& plugin, Configuration* configuration);

class Context {
 public:
  Context(const Plugin& plugin, const Configuration& configuration);
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  const Outcome& created() const { return created_; }
  const Plugin& plugin() const { return plugin_; }
  trestle_backend_context* get() const { return context_; }

 private:
  const Plugin& plugin_;
  trestle_backend_context* context_ = nullptr;
  Outcome created_;
};

}  // namespace trestle::conformance
