// SPDX-License-Identifier: Apache-2.0
#include "abi_tests/conformance/parameters.h"

namespace trestle::conformance {
namespace {

Selection selected = Selection::kAll;

bool takes_part(const Plugin& client, const Plugin& server) {
  switch (selected) {
    case Selection::kAlone:
      return &client == &server;
    case Selection::kMixed:
      return &client != &server;
    default:
      return true;
  }
}

std::string version_text(uint16_t version) {
  if (version == 0) return "*";
  return version == TRESTLE_VERSION_TLS12 ? "1.2" : "1.3";
}

std::vector<PairParameter> pairs_with(const std::vector<uint16_t>& versions) {
  std::vector<PairParameter> list;
  for (const Plugin& client : plugins()) {
    for (const Plugin& server : plugins()) {
      if (!takes_part(client, server)) continue;
      for (uint16_t version : versions) list.push_back({&client, &server, version});
    }
  }
  return list;
}

}  // namespace

void select(Selection selection) { selected = selection; }

Where PairParameter::where() const {
  return {client->name, server->name, version_text(version)};
}

Where alone(const Plugin& plugin) { return {plugin.name, "-", "*"}; }

std::vector<const Plugin*> each_backend() {
  std::vector<const Plugin*> list;
  if (selected == Selection::kMixed) return list;
  for (const Plugin& plugin : plugins()) list.push_back(&plugin);
  return list;
}

std::vector<PairParameter> each_pair() { return pairs_with({0}); }

std::vector<PairParameter> each_pair_and_version() {
  return pairs_with({TRESTLE_VERSION_TLS12, TRESTLE_VERSION_TLS13});
}

std::vector<Where> places() {
  std::vector<Where> list;
  for (const Plugin* plugin : each_backend()) list.push_back(alone(*plugin));
  for (const PairParameter& pair : each_pair_and_version()) list.push_back(pair.where());
  return list;
}

std::string parameter_name(const ::testing::TestParamInfo<const Plugin*>& info) {
  return info.param->name;
}

std::string parameter_name(const ::testing::TestParamInfo<PairParameter>& info) {
  std::string name = info.param.client->name + "_to_" + info.param.server->name;
  if (info.param.version == TRESTLE_VERSION_TLS12) name += "_tls12";
  if (info.param.version == TRESTLE_VERSION_TLS13) name += "_tls13";
  return name;
}

void PrintTo(const PairParameter& parameter, std::ostream* out) {
  *out << parameter.client->name << " to " << parameter.server->name << ", TLS "
       << version_text(parameter.version);
}

}  // namespace trestle::conformance
