// SPDX-License-Identifier: Apache-2.0
#include "core/pki/policies.h"

#include <algorithm>
#include <set>
#include <utility>

namespace trestle::pki {
namespace {

// RFC 5280 keeps a tree, because it tells at the end which of the user's policies hold. With every
// policy welcome only one question is left, whether the tree is empty, and for that the expected
// policies of its lowest level are enough: `expected`, and whether an anyPolicy node is among them.
struct PolicyState {
  std::set<std::string> expected;
  bool has_any = true;  // the root of the tree
  uint32_t explicit_policy = 0;
  uint32_t policy_mapping = 0;
  uint32_t inhibit_any = 0;

  bool is_empty() const { return expected.empty() && !has_any; }
};

// Steps (d) and (e): which policies live on in this certificate.
void apply_policies(const Certificate& certificate, bool is_last, PolicyState* state) {
  const CertificatePolicies& policies = certificate.extensions.policies;
  std::set<std::string> next;
  bool next_has_any = false;
  if (policies.present) {
    for (const std::string& policy : policies.oids) {
      if (state->has_any || state->expected.count(policy) > 0) next.insert(policy);
    }
    const bool any_counts =
        state->inhibit_any > 0 || (!is_last && certificate.is_self_issued());
    if (policies.any && any_counts) {
      next.insert(state->expected.begin(), state->expected.end());
      next_has_any = state->has_any;
    }
  }
  state->expected = std::move(next);
  state->has_any = next_has_any;
}

// Step (b) of the preparation for the next certificate.
void apply_mappings(const PolicyRules& rules, PolicyState* state) {
  std::set<std::string> mapped;
  for (const auto& mapping : rules.mappings) {
    const bool lives = state->has_any || state->expected.count(mapping.first) > 0;
    if (lives && state->policy_mapping > 0) mapped.insert(mapping.second);
  }
  for (const auto& mapping : rules.mappings) state->expected.erase(mapping.first);
  state->expected.insert(mapped.begin(), mapped.end());
}

void count_down(uint32_t* counter) { *counter -= *counter > 0; }

// Steps (h) to (j).
void prepare_next(const Certificate& certificate, PolicyState* state) {
  const PolicyRules& rules = certificate.extensions.policy_rules;
  if (!certificate.is_self_issued()) {
    count_down(&state->explicit_policy);
    count_down(&state->policy_mapping);
    count_down(&state->inhibit_any);
  }
  if (rules.has_require_explicit) {
    state->explicit_policy = std::min(state->explicit_policy, rules.require_explicit);
  }
  if (rules.has_inhibit_mapping) {
    state->policy_mapping = std::min(state->policy_mapping, rules.inhibit_mapping);
  }
  if (rules.has_inhibit_any) state->inhibit_any = std::min(state->inhibit_any, rules.inhibit_any);
}

// The wrap-up: the leaf may itself require an explicit policy.
void wrap_up(const Certificate& leaf, PolicyState* state) {
  const PolicyRules& rules = leaf.extensions.policy_rules;
  count_down(&state->explicit_policy);
  if (rules.has_require_explicit && rules.require_explicit == 0) state->explicit_policy = 0;
}

}  // namespace

bool check_policies(const std::vector<const Certificate*>& path, size_t* index,
                    std::string* detail) {
  PolicyState state;
  state.explicit_policy = state.policy_mapping = state.inhibit_any =
      static_cast<uint32_t>(path.size()) + 1;
  for (*index = 0; *index < path.size(); ++*index) {
    const Certificate& certificate = *path[*index];
    const bool is_last = *index + 1 == path.size();
    apply_policies(certificate, is_last, &state);
    if (is_last) wrap_up(certificate, &state);
    if (state.explicit_policy == 0 && state.is_empty()) {
      *detail = "an explicit certificate policy is required and none is valid here";
      return false;
    }
    if (is_last) break;
    if (certificate.extensions.policy_rules.maps_any) {
      *detail = "a policy mapping with anyPolicy";
      return false;
    }
    apply_mappings(certificate.extensions.policy_rules, &state);
    prepare_next(certificate, &state);
  }
  return true;
}

}  // namespace trestle::pki
