// SPDX-License-Identifier: Apache-2.0
#include "core/pki/verify.h"

#include "core/pki/path_search.h"
#include "trestle/trestle.h"

namespace trestle::pki {
namespace {

struct FindingRow {
  Finding finding;
  const char* name;
  int32_t c_result;
  int32_t result_code;
};

constexpr int32_t kFailure = TRESTLE_RESULT_FAILURE;

constexpr FindingRow kFindings[] = {
    {Finding::kOk, "ok", TRESTLE_RESULT_SUCCESS, TRESTLE_RESULT_SUCCESS},
    {Finding::kMalformed, "malformed", kFailure, TRESTLE_RESULT_CERT_MALFORMED},
    {Finding::kChainTooLong, "chain too long", kFailure, TRESTLE_RESULT_CERT_CHAIN_TOO_LONG},
    {Finding::kTooComplex, "chain too complex", kFailure, TRESTLE_RESULT_CERT_CHAIN_TOO_LONG},
    {Finding::kSelfSigned, "self-signed", TRESTLE_RESULT_CERT_SELF_SIGNED,
     TRESTLE_RESULT_CERT_SELF_SIGNED},
    {Finding::kSignature, "signature", kFailure, TRESTLE_RESULT_CERT_SIGNATURE},
    {Finding::kNoTrustAnchors, "no trust anchors",
     TRESTLE_RESULT_CERT_UNABLE_TO_VERIFY_NO_SELF_SIGNED_CERT, TRESTLE_RESULT_CERT_NO_TRUST_ANCHOR},
    {Finding::kUnableToVerifyLeaf, "unable to verify leaf",
     TRESTLE_RESULT_CERT_UNABLE_TO_VERIFY_NO_SELF_SIGNED_CERT,
     TRESTLE_RESULT_CERT_UNABLE_TO_VERIFY_NO_SELF_SIGNED_CERT},
    {Finding::kMissingIssuer, "missing issuer", TRESTLE_RESULT_CERT_MISSING_ISSUER_CERT,
     TRESTLE_RESULT_CERT_MISSING_ISSUER_CERT},
    {Finding::kCaInvalid, "CA invalid", TRESTLE_RESULT_CERT_CA_INVALID,
     TRESTLE_RESULT_CERT_CA_INVALID},
    {Finding::kPathLength, "path length", TRESTLE_RESULT_CERT_CA_INVALID,
     TRESTLE_RESULT_CERT_PATH_LENGTH},
    {Finding::kUnknownCriticalExtension, "unknown critical extension", kFailure,
     TRESTLE_RESULT_CERT_UNKNOWN_CRITICAL_EXTENSION},
    {Finding::kUnsupportedAlgorithm, "unsupported algorithm", kFailure,
     TRESTLE_RESULT_CERT_UNSUPPORTED_ALGORITHM},
    {Finding::kKeyTooSmall, "key too small", kFailure, TRESTLE_RESULT_CERT_KEY_TOO_SMALL},
    {Finding::kWeakSignature, "weak signature", kFailure, TRESTLE_RESULT_CERT_WEAK_SIGNATURE},
    {Finding::kPurpose, "purpose", kFailure, TRESTLE_RESULT_CERT_PURPOSE},
    {Finding::kKeyUsage, "key usage", kFailure, TRESTLE_RESULT_CERT_KEY_USAGE},
    {Finding::kNameConstraint, "name constraint", kFailure, TRESTLE_RESULT_CERT_NAME_CONSTRAINT},
    {Finding::kPolicy, "policy", kFailure, TRESTLE_RESULT_CERT_POLICY},
    {Finding::kNotYetValid, "not yet valid", TRESTLE_RESULT_CERT_NOT_YET_VALID,
     TRESTLE_RESULT_CERT_NOT_YET_VALID},
    {Finding::kExpired, "expired", TRESTLE_RESULT_CERT_HAS_EXPIRED,
     TRESTLE_RESULT_CERT_HAS_EXPIRED},
};

const FindingRow& row_of(Finding finding) { return kFindings[static_cast<size_t>(finding)]; }

constexpr bool is_in_order() {
  for (size_t i = 0; i < std::size(kFindings); ++i) {
    if (static_cast<size_t>(kFindings[i].finding) != i) return false;
  }
  return std::size(kFindings) == static_cast<size_t>(Finding::kExpired) + 1;
}
static_assert(is_in_order(), "kFindings is indexed by Finding");

}  // namespace

PeerChain parse_chain(const std::vector<Bytes>& certificates) {
  PeerChain chain;
  chain.too_long = certificates.size() > kMaxPeerCertificates;
  const size_t count = chain.too_long ? kMaxPeerCertificates : certificates.size();
  for (size_t i = 0; i < count; ++i) {
    PeerChain::Entry entry;
    entry.certificate = Certificate::parse(certificates[i], &entry.error);
    chain.entries.push_back(std::move(entry));
  }
  return chain;
}

Verdict verify(const PeerChain& chain, const TrustStore& store, Purpose purpose, int64_t now,
               const Policy& policy, SignatureChecker& checker) {
  if (chain.entries.empty()) {
    return make_verdict(Finding::kMalformed, {}, "the peer sent no certificate");
  }
  const PathElement leaf = {chain.entries[0].certificate.get(), 0};
  if (leaf.certificate == nullptr) {
    return make_verdict(Finding::kMalformed, leaf, chain.entries[0].error);
  }
  if (chain.too_long) {
    return make_verdict(Finding::kChainTooLong, leaf,
                        "the peer sent more than " + std::to_string(kMaxPeerCertificates) +
                            " certificates");
  }
  return PathSearch(chain, store, PathQuestion{purpose, now, policy}, checker).run();
}

const char* finding_name(Finding finding) { return row_of(finding).name; }
int32_t c_result(Finding finding) { return row_of(finding).c_result; }
int32_t result_code(Finding finding) { return row_of(finding).result_code; }

}  // namespace trestle::pki
