// SPDX-License-Identifier: Apache-2.0
//
// Finds a valid path from a trust anchor to the leaf among the certificates that the peer sent, in
// whatever order, with whatever superfluous ones between them.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "core/pki/path_rules.h"
#include "core/pki/verify.h"

namespace trestle::pki {

class PathSearch {
 public:
  PathSearch(const PeerChain& chain, const TrustStore& store, const PathQuestion& question,
             SignatureChecker& checker);

  Verdict run();

 private:
  enum class Edge { kVerified, kRefused };

  void collect_ancestors();
  bool search();
  bool descend();
  bool evaluate();
  Edge check_edge(const Certificate& issuer, const PathElement& child);
  SignatureStatus ask_checker(uint16_t scheme, const Certificate& issuer, const Certificate& child);
  void remember_refusal(Finding finding, const Certificate& issuer, const PathElement& child,
                        std::string detail);
  bool is_on_path(const Certificate& certificate) const;
  PathElement top_of_wire() const;
  Verdict diagnose() const;

  const PeerChain& chain_;
  const TrustStore& store_;
  const PathQuestion question_;
  SignatureChecker& checker_;

  // The peer's certificates from which names lead down to the leaf; the leaf is the first, and the
  // nearer to it the earlier.
  std::vector<PathElement> candidates_;
  Path path_;  // the one being tried, anchor first

  std::map<std::pair<const Certificate*, const Certificate*>, Edge> checked_;
  ComparisonBudget comparisons_;
  int signature_checks_ = 0;
  int steps_ = 0;
  bool out_of_checks_ = false;
  bool path_too_long_ = false;

  bool has_best_ = false;
  Verdict best_;  // of the complete paths, the one that came furthest
  bool has_refusal_ = false;
  Verdict refusal_;  // of the signatures that should have led to an anchor
};

}  // namespace trestle::pki
