// SPDX-License-Identifier: Apache-2.0
#include "abi_tests/conformance/scenario.h"

#include <stdexcept>

namespace trestle::conformance {
namespace {

Configuration configuration_for(const Plugin& plugin, uint32_t role, uint16_t version) {
  return version == 0 ? default_configuration(plugin, role)
                      : default_configuration(plugin, role, version);
}

}  // namespace

Scenario::Scenario(const PairParameter& parameter)
    : client(configuration_for(*parameter.client, TRESTLE_ROLE_CLIENT, parameter.version)),
      server(configuration_for(*parameter.server, TRESTLE_ROLE_SERVER, parameter.version)),
      client_plugin_(*parameter.client),
      server_plugin_(*parameter.server) {
  set_server_identity(chain_of(KeyKind::kEcdsaP256, 1));
}

void Scenario::set_server_identity(const IdentitySource& source) {
  identities_.push_back(std::make_unique<Identity>(server_plugin_, source));
  EXPECT_TRUE(identities_.back()->created().ok())
      << server_plugin_.name << ": " << identities_.back()->created().explanation();
  server.identity = identities_.back().get();
}

void Scenario::set_client_identity(const IdentitySource& source) {
  identities_.push_back(std::make_unique<Identity>(client_plugin_, source));
  EXPECT_TRUE(identities_.back()->created().ok())
      << client_plugin_.name << ": " << identities_.back()->created().explanation();
  client.identity = identities_.back().get();
}

Pair& Scenario::make_pair() {
  contexts_.push_back(std::make_unique<Context>(client_plugin_, client));
  const Context& client_context = *contexts_.back();
  EXPECT_TRUE(client_context.created().ok())
      << "client " << client_plugin_.name << ": " << client_context.created().explanation();
  contexts_.push_back(std::make_unique<Context>(server_plugin_, server));
  const Context& server_context = *contexts_.back();
  EXPECT_TRUE(server_context.created().ok())
      << "server " << server_plugin_.name << ": " << server_context.created().explanation();
  if (!client_context.created().ok() || !server_context.created().ok()) {
    throw std::runtime_error("no context");
  }
  pairs_.push_back(std::make_unique<Pair>(client_context, server_context));
  return *pairs_.back();
}

Pair& Scenario::make_established_pair() {
  Pair& pair = make_pair();
  pair.handshake();
  EXPECT_TRUE(pair.established()) << pair.explanation();
  if (!pair.established()) throw std::runtime_error("no handshake");
  return pair;
}

}  // namespace trestle::conformance
