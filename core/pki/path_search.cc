// SPDX-License-Identifier: Apache-2.0
#include "core/pki/path_search.h"

#include <algorithm>

namespace trestle::pki {
namespace {

// The identifiers of RFC 5280 sections 4.2.1.1 and 4.2.1.2 are hints: they choose which issuer to
// try first and help to explain a failure, and never decide about validity.
bool identifiers_contradict(const Certificate& child, const Certificate& issuer) {
  const AuthorityKeyIdentifier& wanted = child.extensions.authority_key_id;
  const Bytes offered = issuer.extensions.subject_key_id;
  if (!wanted.key_id.empty() && !offered.empty() && wanted.key_id != offered) return true;
  return !wanted.issuer_serial.empty() && wanted.issuer_serial != issuer.serial;
}

bool issues(const Certificate& issuer, const Certificate& child) {
  return issuer.subject.canonical == child.issuer.canonical;
}

bool looks_self_signed(const Certificate& certificate) {
  return certificate.is_self_issued() && !identifiers_contradict(certificate, certificate);
}

// Those whose identifiers fit come first; otherwise the order stays.
template <typename Elements, typename Get>
void prefer_fitting(const Certificate& child, Elements* issuers, Get certificate_of) {
  std::stable_partition(issuers->begin(), issuers->end(), [&](const auto& each) {
    return !identifiers_contradict(child, certificate_of(each));
  });
}

}  // namespace

PathSearch::PathSearch(const PeerChain& chain, const TrustStore& store,
                       const PathQuestion& question, SignatureChecker& checker)
    : chain_(chain), store_(store), question_(question), checker_(checker) {}

// Breadth first from the leaf upwards, by names alone.
void PathSearch::collect_ancestors() {
  candidates_.push_back({chain_.entries[0].certificate.get(), 0});
  for (size_t i = 0; i < candidates_.size(); ++i) {
    const Certificate& child = *candidates_[i].certificate;
    for (size_t j = 1; j < chain_.entries.size(); ++j) {
      const Certificate* issuer = chain_.entries[j].certificate.get();
      if (issuer == nullptr || !issues(*issuer, child)) continue;
      const bool known = std::any_of(candidates_.begin(), candidates_.end(), [&](const auto& each) {
        return each.certificate->der == issuer->der;
      });
      if (!known) candidates_.push_back({issuer, static_cast<int32_t>(j)});
    }
  }
}

Verdict PathSearch::run() {
  collect_ancestors();
  if (search()) return best_;
  return has_best_ ? best_ : diagnose();
}

// True once a valid path stands in best_.
bool PathSearch::search() {
  if (store_.contains(*candidates_[0].certificate)) {
    path_ = {candidates_[0]};
    if (evaluate()) return true;
  }
  for (const PathElement& child : candidates_) {
    const std::vector<CertificatePtr>* found = store_.find(child.certificate->issuer.canonical);
    if (found == nullptr) continue;
    std::vector<CertificatePtr> anchors = *found;
    prefer_fitting(*child.certificate, &anchors,
                   [](const CertificatePtr& each) -> const Certificate& { return *each; });
    for (const CertificatePtr& anchor : anchors) {
      if (out_of_checks_) return false;
      if (anchor->der == child.certificate->der) continue;  // a root that the peer sent as well
      if (check_edge(*anchor, child) != Edge::kVerified) continue;
      path_ = {{anchor.get(), -1}, child};
      if (descend()) return true;
    }
  }
  return false;
}

// path_ is verified down to its last certificate: goes on to the leaf in every possible way.
bool PathSearch::descend() {
  if (++steps_ > kMaxSearchSteps) return false;
  if (path_.back().index == 0) return evaluate();
  if (path_.size() >= question_.policy.max_path) {
    path_too_long_ = true;
    return false;
  }
  const Certificate& issuer = *path_.back().certificate;
  for (const PathElement& child : candidates_) {
    if (!issues(issuer, *child.certificate) || is_on_path(*child.certificate)) continue;
    if (check_edge(issuer, child) != Edge::kVerified) continue;
    path_.push_back(child);
    if (descend()) return true;
    path_.pop_back();
  }
  return false;
}

bool PathSearch::evaluate() {
  if (path_.size() > question_.policy.max_path) {
    path_too_long_ = true;
    return false;
  }
  Verdict verdict = check_path(path_, question_, &comparisons_);
  if (!has_best_ || mildness(verdict.finding) > mildness(best_.finding)) {
    has_best_ = true;
    best_ = std::move(verdict);
  }
  return best_.finding == Finding::kOk;
}

PathSearch::Edge PathSearch::check_edge(const Certificate& issuer, const PathElement& child) {
  const auto key = std::make_pair(&issuer, child.certificate);
  const auto known = checked_.find(key);
  if (known != checked_.end()) return known->second;
  Edge edge = Edge::kRefused;
  const SignatureAlgorithm& algorithm = child.certificate->signature_algorithm;
  const uint16_t scheme = scheme_for_key(algorithm, issuer.key);
  if (algorithm.is_broken) {
    remember_refusal(Finding::kWeakSignature, issuer, child, "a signature with " + algorithm.text);
  } else if (algorithm.scheme == 0) {
    remember_refusal(Finding::kUnsupportedAlgorithm, issuer, child,
                     "the signature algorithm (" + algorithm.text + ") is not supported");
  } else if (!issuer.key.is_usable()) {
    remember_refusal(Finding::kUnsupportedAlgorithm, issuer, child,
                     "the issuer's public key (" + issuer.key.text + ") is not usable");
  } else if (scheme == 0) {
    remember_refusal(Finding::kSignature, issuer, child,
                     "the signature does not fit the kind of the issuer's key");
  } else {
    switch (ask_checker(scheme, issuer, *child.certificate)) {
      case SignatureStatus::kValid: edge = Edge::kVerified; break;
      case SignatureStatus::kInvalid:
        remember_refusal(Finding::kSignature, issuer, child, "the signature is wrong");
        break;
      case SignatureStatus::kUnsupported:
        remember_refusal(Finding::kUnsupportedAlgorithm, issuer, child,
                         "the backend does not support the signature (" + algorithm.text + ")");
        break;
    }
  }
  checked_[key] = edge;
  return edge;
}

SignatureStatus PathSearch::ask_checker(uint16_t scheme, const Certificate& issuer,
                                        const Certificate& child) {
  if (signature_checks_ == kMaxSignatureChecks) {
    out_of_checks_ = true;
    return SignatureStatus::kInvalid;
  }
  ++signature_checks_;
  return checker_.check(scheme, issuer.key.spki, child.tbs, child.signature);
}

// A signature that fails where the identifiers say that the issuer is another one explains nothing.
void PathSearch::remember_refusal(Finding finding, const Certificate& issuer,
                                  const PathElement& child, std::string detail) {
  if (identifiers_contradict(*child.certificate, issuer)) return;
  if (has_refusal_ && (finding == Finding::kSignature || refusal_.finding != Finding::kSignature)) {
    return;
  }
  has_refusal_ = true;
  refusal_ = make_verdict(finding, child, std::move(detail));
}

bool PathSearch::is_on_path(const Certificate& certificate) const {
  return std::any_of(path_.begin(), path_.end(), [&](const PathElement& each) {
    return each.certificate->der == certificate.der;
  });
}

// Where the peer's own chain ends, by names and identifiers.
PathElement PathSearch::top_of_wire() const {
  std::vector<PathElement> walked = {candidates_[0]};
  for (;;) {
    const Certificate& child = *walked.back().certificate;
    if (looks_self_signed(child)) return walked.back();
    const auto next =
        std::find_if(candidates_.begin(), candidates_.end(), [&](const PathElement& each) {
          if (!issues(*each.certificate, child) ||
              identifiers_contradict(child, *each.certificate)) {
            return false;
          }
          return std::none_of(walked.begin(), walked.end(), [&](const PathElement& before) {
            return before.certificate == each.certificate;
          });
        });
    if (next == candidates_.end()) return walked.back();
    walked.push_back(*next);
  }
}

// No path from an anchor could be verified: why not?
Verdict PathSearch::diagnose() const {
  if (out_of_checks_ || steps_ > kMaxSearchSteps) {
    return make_verdict(Finding::kTooComplex, candidates_[0],
                        "the chain has more possible paths than will be tried");
  }
  const PathElement top = top_of_wire();
  if (looks_self_signed(*top.certificate) && !store_.contains_key_of(*top.certificate)) {
    return make_verdict(Finding::kSelfSigned, top,
                        "the certificate is self-signed and not among the trusted ones");
  }
  if (has_refusal_) return refusal_;
  if (path_too_long_) {
    return make_verdict(Finding::kChainTooLong, candidates_[0],
                        "the path has more than " + std::to_string(question_.policy.max_path) +
                            " certificates");
  }
  for (size_t i = 1; i < chain_.entries.size(); ++i) {
    if (chain_.entries[i].certificate != nullptr) continue;
    return make_verdict(Finding::kMalformed, {nullptr, static_cast<int32_t>(i)},
                        chain_.entries[i].error);
  }
  if (top.index != 0) {
    return make_verdict(Finding::kMissingIssuer, top, "the issuer of the certificate is not known");
  }
  if (store_.empty()) {
    return make_verdict(Finding::kNoTrustAnchors, top, "no trusted certificate is loaded");
  }
  return make_verdict(Finding::kUnableToVerifyLeaf, top,
                      "the issuer is not known, and the peer sent no other certificate of use");
}

}  // namespace trestle::pki
