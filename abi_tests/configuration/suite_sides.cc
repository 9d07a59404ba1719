// SPDX-License-Identifier: Apache-2.0
#include "abi_tests/configuration/suite_sides.h"

#include <algorithm>
#include <map>
#include <stdexcept>

namespace trestle::testing {
namespace {

Credentials make_credentials(Authentication authentication) {
  const Psk psk = {"a client", std::string("\x00\x01 a pre-shared key \xFF", 20)};
  const auto certificate = [](const char* name, KeySpec key, const char* usage) {
    return Certificate::server(name).key(key).key_usage(usage).issue();
  };
  // Key transport needs keyEncipherment; a signature, digitalSignature.
  const auto rsa_identity = [&] {
    return certificate("rsa.test", rsa(), "digitalSignature,keyEncipherment");
  };
  switch (authentication) {
    case Authentication::kRsa:
      return {rsa_identity(), std::nullopt};
    case Authentication::kRsaAndPsk:
      return {rsa_identity(), psk};
    case Authentication::kDsa:
      return {certificate("dsa.test", dsa(), "digitalSignature"), std::nullopt};
    case Authentication::kAnyCertificate:
    case Authentication::kEcdsa:
      return {certificate("ec.test", ec(), "digitalSignature"), std::nullopt};
    case Authentication::kPsk:
      return {std::nullopt, psk};
    case Authentication::kNone:
      return {std::nullopt, std::nullopt};
  }
  throw std::invalid_argument("no such authentication");
}

bool ask_for_suite(const std::string& backend, const Suite& suite) {
  static Program program;
  if (api().backend_capability_req(program.engine(), program.queue(), backend.c_str(),
                                   TRESTLE_CAPABILITY_SUITE, suite.id,
                                   program.next_tag()) != TRESTLE_RESULT_SUCCESS) {
    throw std::runtime_error("backend_capability_req was refused");
  }
  Message cfm = program.expect(TRESTLE_PRIM_BACKEND_CAPABILITY_CFM);
  if (cfm->result == TRESTLE_RESULT_SUCCESS) return true;
  if (cfm->result == TRESTLE_RESULT_NOT_SUPPORTED) return false;
  throw std::runtime_error(cfm.text());
}

void configure(Session& session, const std::vector<uint16_t>& suites, const Credentials& own) {
  Message cfm = session.cipher(suites);
  if (cfm->result != TRESTLE_RESULT_SUCCESS) throw std::runtime_error(cfm.text());
  // A PSK that no suite can use would be refused.
  const bool psk = std::any_of(suites.begin(), suites.end(),
                               [](uint16_t id) { return conformance::suite(id).uses_psk(); });
  if (psk) session.psk(own.psk.value());
}

}  // namespace

const Credentials& credentials(Authentication authentication) {
  // Made once: a DSA or RSA key takes its time.
  static const std::map<Authentication, Credentials> all = [] {
    std::map<Authentication, Credentials> made;
    for (Authentication each : kAuthentications) made.emplace(each, make_credentials(each));
    return made;
  }();
  return all.at(authentication);
}

bool has_suite(const std::string& backend, const Suite& suite) {
  static std::map<std::pair<std::string, uint16_t>, bool> known;
  const auto [found, is_new] = known.try_emplace({backend, suite.id});
  if (is_new) found->second = ask_for_suite(backend, suite);
  return found->second;
}

std::vector<Suite> suites_with(Authentication authentication) {
  std::vector<Suite> suites;
  for (const Suite& suite : conformance::all_suites()) {
    if (suite.authentication() == authentication) suites.push_back(suite);
  }
  return suites;
}

std::vector<uint16_t> suites_of(const std::string& backend, Authentication authentication) {
  std::vector<uint16_t> ids;
  for (const Suite& suite : suites_with(authentication)) {
    if (has_suite(backend, suite)) ids.push_back(suite.id);
  }
  return ids;
}

Session client_for(Program& program, const std::string& backend,
                   const std::vector<uint16_t>& suites, Authentication authentication) {
  Session session = program.client(backend);
  configure(session, suites, credentials(authentication));
  return session;
}

Session server_for(Program& program, const std::string& backend,
                   const std::vector<uint16_t>& suites, Authentication authentication) {
  Session session = program.server(backend);
  configure(session, suites, credentials(authentication));
  const Credentials& own = credentials(authentication);
  if (own.identity) session.identity(*own.identity);
  return session;
}

}  // namespace trestle::testing
