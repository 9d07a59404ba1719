// SPDX-License-Identifier: Apache-2.0
#include "abi_tests/conformance/material.h"

#include <map>
#include <stdexcept>
#include <utility>

#include "abi_tests/support/pki.h"

namespace trestle::conformance {
namespace {

trestle::testing::KeySpec key_spec(KeyKind kind) {
  switch (kind) {
    case KeyKind::kEcdsaP256:
      return trestle::testing::ec(256);
    case KeyKind::kEcdsaP384:
      return trestle::testing::ec(384);
    case KeyKind::kEcdsaP521:
      return trestle::testing::ec(521);
    case KeyKind::kRsa2048:
      return trestle::testing::rsa(2048);
    case KeyKind::kRsa3072:
      return trestle::testing::rsa(3072);
    case KeyKind::kDsa2048:
      return trestle::testing::dsa(2048);
    case KeyKind::kEd25519:
      return trestle::testing::ed25519();
  }
  throw std::runtime_error("no such kind of key");
}

IdentitySource make_chain(KeyKind kind, int length) {
  using trestle::testing::Certificate;
  using trestle::testing::Key;
  trestle::testing::Identity issuer = Certificate::root("Root").issue();
  for (int i = length - 1; i > 0; --i) {
    issuer = Certificate::intermediate("Intermediate " + std::to_string(i))
                 .signed_by(issuer)
                 .issue();
  }
  // Both purposes: servers and clients alike use it. DSA and RSA key transport need their usages.
  const trestle::testing::Identity leaf =
      Certificate::leaf("leaf")
          .dns("server.test")
          .key(Key::cached(key_spec(kind), "conformance"))
          .key_usage(kind == KeyKind::kRsa2048 || kind == KeyKind::kRsa3072
                         ? "digitalSignature,keyEncipherment"
                         : "digitalSignature")
          .signed_by(issuer)
          .issue();
  IdentitySource source;
  source.certificates = leaf.chain_der();
  source.key = leaf.key().pkcs8_der();
  source.key_format = TRESTLE_KEY_PKCS8;
  return source;
}

}  // namespace

const IdentitySource& chain_of(KeyKind kind, int length) {
  static std::map<std::pair<KeyKind, int>, IdentitySource> made;
  const auto wanted = std::make_pair(kind, length);
  const auto found = made.find(wanted);
  if (found != made.end()) return found->second;
  return made.emplace(wanted, make_chain(kind, length)).first->second;
}

}  // namespace trestle::conformance
