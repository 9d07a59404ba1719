// SPDX-License-Identifier: Apache-2.0
// What becomes of identities made from this and that.
#pragma once

#include <string>
#include <vector>

#include "abi_tests/conformance/configuration.h"
#include "abi_tests/conformance/parameters.h"
#include "abi_tests/support/pki.h"

namespace trestle::conformance {

// A certificate under an intermediate, for both purposes.
const testing::Identity& identity_leaf(testing::KeySpec spec);

IdentitySource source_of(const testing::Identity& identity);
IdentitySource pkcs12_source(const std::string& bytes, const std::string& password);

class IdentityOutcomeTest : public BackendTest {
 protected:
  // The outcome of identity_new. What works must also work in a handshake.
  void expect_outcome(const std::string& what, const std::string& expected,
                      const IdentitySource& source,
                      const std::vector<std::string>& chain_expected = {});
  // The same without a handshake, for what its configuration has no use for.
  void expect_created(const std::string& what, const std::string& expected,
                      const IdentitySource& source);

 private:
  std::string outcome_of(const IdentitySource& source);
  std::string serves(const IdentitySource& source, const std::vector<std::string>& chain);

  std::string explanation_;
};

}  // namespace trestle::conformance
