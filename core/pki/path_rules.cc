// SPDX-License-Identifier: Apache-2.0
#include "core/pki/path_rules.h"

#include <utility>

#include "core/pki/policies.h"

namespace trestle::pki {
namespace {

// Each rule looks at the whole path, anchor first, and tells the first certificate that breaks it.
// `at` and `detail` are written only then.
struct Breach {
  Finding finding = Finding::kOk;
  size_t at = 0;
  std::string detail;
};

using Rule = Breach (*)(const Path& path, const PathQuestion& question, ComparisonBudget* budget);

// Everything but the last certificate issues another one.
Breach check_issuers(const Path& path, const PathQuestion&, ComparisonBudget*) {
  for (size_t i = 0; i + 1 < path.size(); ++i) {
    const Certificate& issuer = *path[i].certificate;
    const Extensions& extensions = issuer.extensions;
    if (issuer.version < 3) {
      if (i == 0 && issuer.is_self_issued()) continue;
      return {Finding::kCaInvalid, i, "the issuer's version has no way to say that it is a CA"};
    }
    if (!extensions.basic_constraints.is_ca) {
      return {Finding::kCaInvalid, i, "the issuer is not a CA (basicConstraints)"};
    }
    if (extensions.key_usage.present && (extensions.key_usage.bits & kKeyCertSign) == 0) {
      return {Finding::kCaInvalid, i, "the issuer's key usage does not allow signing certificates"};
    }
  }
  return {};
}

// pathLenConstraint counts the intermediates below, without self-issued ones and without the leaf.
Breach check_path_lengths(const Path& path, const PathQuestion&, ComparisonBudget*) {
  for (size_t i = 0; i + 1 < path.size(); ++i) {
    const BasicConstraints& constraints = path[i].certificate->extensions.basic_constraints;
    if (!constraints.has_path_length) continue;
    uint32_t below = 0;
    for (size_t j = i + 1; j + 1 < path.size(); ++j) {
      below += path[j].certificate->is_self_issued() ? 0 : 1;
    }
    if (below > constraints.path_length) {
      return {Finding::kPathLength, i,
              "the CA allows " + std::to_string(constraints.path_length) +
                  " intermediates below it, and there are " + std::to_string(below)};
    }
  }
  return {};
}

Breach check_critical_extensions(const Path& path, const PathQuestion&, ComparisonBudget*) {
  for (size_t i = 0; i < path.size(); ++i) {
    const std::vector<std::string>& unknown = path[i].certificate->extensions.unknown_critical;
    if (unknown.empty()) continue;
    return {Finding::kUnknownCriticalExtension, i,
            "the critical extension " + unknown[0] + " is not understood"};
  }
  return {};
}

Breach check_keys(const Path& path, const PathQuestion& question, ComparisonBudget*) {
  for (size_t i = 0; i < path.size(); ++i) {
    const PublicKey& key = path[i].certificate->key;
    int minimum = 0;
    switch (key.kind) {
      case KeyKind::kUnknown:
        return {Finding::kUnsupportedAlgorithm, i,
                "the public key (" + key.text + ") is not usable"};
      case KeyKind::kRsa:
      case KeyKind::kRsaPss:
      case KeyKind::kDsa: minimum = question.policy.min_rsa_bits; break;
      case KeyKind::kEc:
      case KeyKind::kEd25519:
      case KeyKind::kEd448: minimum = question.policy.min_ec_bits; break;
    }
    if (key.bits < minimum) {
      return {Finding::kKeyTooSmall, i,
              "a key (" + key.text + ") of " + std::to_string(key.bits) + " bits, and at least " +
                  std::to_string(minimum) + " are required"};
    }
  }
  return {};
}

// The anchor's own signature means nothing, so that it may be weak.
Breach check_signature_strength(const Path& path, const PathQuestion& question, ComparisonBudget*) {
  for (size_t i = 1; i < path.size(); ++i) {
    const SignatureAlgorithm& algorithm = path[i].certificate->signature_algorithm;
    if (algorithm.uses_sha1 && !question.policy.allow_sha1) {
      return {Finding::kWeakSignature, i, "a signature with " + algorithm.text};
    }
  }
  return {};
}

Breach check_purpose(const Path& path, const PathQuestion& question, ComparisonBudget*) {
  for (size_t i = 0; i < path.size(); ++i) {
    const ExtendedKeyUsage& usage = path[i].certificate->extensions.extended_key_usage;
    if (!usage.present || usage.any) continue;
    const bool server = question.purpose == Purpose::kServer;
    if (server ? usage.server_auth : usage.client_auth) continue;
    return {Finding::kPurpose, i,
            server ? "the extended key usage does not allow a server"
                   : "the extended key usage does not allow a client"};
  }
  return {};
}

// A client proves its identity by a signature. So does a server, unless its RSA key decrypts the
// premaster secret; a key of any other kind can't.
Breach check_leaf_key_usage(const Path& path, const PathQuestion& question, ComparisonBudget*) {
  const Certificate& leaf = *path.back().certificate;
  const KeyUsage& usage = leaf.extensions.key_usage;
  if (!usage.present || (usage.bits & kDigitalSignature) != 0) return {};
  const bool may_decrypt = question.purpose == Purpose::kServer && leaf.key.kind == KeyKind::kRsa;
  if (may_decrypt && (usage.bits & kKeyEncipherment) != 0) return {};
  return {Finding::kKeyUsage, path.size() - 1, "the key usage does not fit TLS with such a key"};
}

// Self-issued intermediates are exempt (RFC 5280 section 6.1.3 (b), (c)).
Breach check_constraints(const Path& path, const PathQuestion&, ComparisonBudget* budget) {
  for (size_t i = 0; i + 1 < path.size(); ++i) {
    const NameConstraints& constraints = path[i].certificate->extensions.name_constraints;
    if (!constraints.present) continue;
    for (size_t j = i + 1; j < path.size(); ++j) {
      const Certificate& certificate = *path[j].certificate;
      if (certificate.is_self_issued() && j + 1 < path.size()) continue;
      std::string what;
      switch (check_name_constraints(constraints, certificate, budget, &what)) {
        case ConstraintResult::kAllowed: break;
        case ConstraintResult::kTooComplex: return {Finding::kTooComplex, j, what};
        case ConstraintResult::kViolated:
          return {Finding::kNameConstraint, j, "a CA's name constraints do not allow " + what};
      }
    }
  }
  return {};
}

Breach check_certificate_policies(const Path& path, const PathQuestion&, ComparisonBudget*) {
  std::vector<const Certificate*> below_anchor;
  for (size_t i = 1; i < path.size(); ++i) below_anchor.push_back(path[i].certificate);
  size_t index = 0;
  std::string detail;
  if (check_policies(below_anchor, &index, &detail)) return {};
  return {Finding::kPolicy, index + 1, detail};
}

Breach check_dates(const Path& path, const PathQuestion& question, ComparisonBudget*) {
  for (size_t i = 0; i < path.size(); ++i) {
    const Certificate& certificate = *path[i].certificate;
    if (question.now < certificate.not_before) {
      return {Finding::kNotYetValid, i, "the certificate is not yet valid"};
    }
    if (question.now > certificate.not_after) {
      return {Finding::kExpired, i, "the certificate has expired"};
    }
  }
  return {};
}

// The order is the promise made in verify.h.
constexpr Rule kRules[] = {
    check_issuers,     check_path_lengths,       check_critical_extensions,
    check_keys,        check_signature_strength, check_purpose,
    check_leaf_key_usage, check_constraints,     check_certificate_policies,
    check_dates,
};

}  // namespace

int mildness(Finding finding) {
  switch (finding) {
    case Finding::kMalformed:
    case Finding::kChainTooLong:
    case Finding::kTooComplex:
    case Finding::kSelfSigned:
    case Finding::kSignature:
    case Finding::kNoTrustAnchors:
    case Finding::kUnableToVerifyLeaf:
    case Finding::kMissingIssuer: return 0;
    case Finding::kCaInvalid:
    case Finding::kPathLength: return 1;
    case Finding::kUnknownCriticalExtension: return 2;
    case Finding::kUnsupportedAlgorithm:
    case Finding::kKeyTooSmall:
    case Finding::kWeakSignature: return 3;
    case Finding::kPurpose: return 4;
    case Finding::kKeyUsage: return 5;
    case Finding::kNameConstraint: return 6;
    case Finding::kPolicy: return 7;
    case Finding::kNotYetValid:
    case Finding::kExpired: return 8;
    case Finding::kOk: return 9;
  }
  return 0;
}

Verdict make_verdict(Finding finding, const PathElement& at, std::string detail) {
  Verdict verdict;
  verdict.finding = finding;
  verdict.certificate_index = at.index;
  if (at.certificate != nullptr) verdict.subject = at.certificate->subject.text;
  verdict.detail = std::move(detail);
  return verdict;
}

Verdict check_path(const Path& path, const PathQuestion& question, ComparisonBudget* budget) {
  for (Rule rule : kRules) {
    Breach breach = rule(path, question, budget);
    if (breach.finding != Finding::kOk) {
      return make_verdict(breach.finding, path[breach.at], std::move(breach.detail));
    }
  }
  return make_verdict(Finding::kOk, path.back(), "");
}

}  // namespace trestle::pki
