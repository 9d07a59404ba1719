// SPDX-License-Identifier: Apache-2.0
#include "core/session/judgement.h"

#include <time.h>

#include "core/checked_calls/checked_calls.h"
#include "core/messages/words.h"
#include "core/pki/name.h"
#include "core/pki/verify.h"

namespace trestle {
namespace {

// Single signatures are the backend's: the only part of the verdict that is cryptography.
class BackendChecker : public pki::SignatureChecker {
 public:
  explicit BackendChecker(const trestle_backend* backend) : backend_(backend) {}

  pki::SignatureStatus check(uint16_t scheme, pki::Bytes spki, pki::Bytes message,
                             pki::Bytes signature) override {
    trestle_bytes key{spki.data, spki.size};
    trestle_bytes text{message.data, message.size};
    trestle_bytes bits{signature.data, signature.size};
    switch (checked_verify_signature(*backend_, scheme, key, text, bits)) {
      case 1: return pki::SignatureStatus::kValid;
      case 0: return pki::SignatureStatus::kInvalid;
      default: return pki::SignatureStatus::kUnsupported;
    }
  }

 private:
  const trestle_backend* const backend_;
};

void check_key_size(const SessionConfig& config, const pki::Certificate& leaf,
                    Judgement* judgement) {
  int bits = leaf.key.bits;
  bool small = config.keybits_min != 0 && bits < config.keybits_min;
  bool large = config.keybits_max != 0 && bits > config.keybits_max;
  if (!small && !large) return;
  judgement->key_size_refused = true;
  judgement->certificate_index = 0;
  judgement->subject = leaf.subject.text;
  judgement->detail = "the peer's key has " + std::to_string(bits) + " bits, " +
                      std::to_string(config.keybits_min) + " to " +
                      (config.keybits_max ? std::to_string(config.keybits_max) : "any") +
                      " are allowed";
}

// A leaf that can't be read has no names to tell.
void check_name(const SessionConfig& config, const pki::Certificate* leaf, Judgement* judgement) {
  if (leaf && pki::match_name(*leaf, config.server_name) == pki::NameMatch::kMatch) {
    judgement->name_result = TRESTLE_RESULT_SUCCESS;
    return;
  }
  judgement->name_result = TRESTLE_RESULT_CERT_NAME_MISMATCH;
  if (!leaf) return;
  judgement->name_detail =
      name_mismatch_words(config.server_name, leaf->extensions.subject_alt_name.names);
  // Nothing is wrong with the chain: then it is the leaf that a program is told of.
  if (judgement->finding != TRESTLE_RESULT_SUCCESS) return;
  judgement->certificate_index = 0;
  judgement->subject = leaf->subject.text;
}

}  // namespace

int32_t Judgement::automatic(uint32_t role) const {
  if (result != TRESTLE_RESULT_SUCCESS) return finding;
  // A client's certificate is not compared with a name: there is none to expect.
  return role == TRESTLE_ROLE_CLIENT ? name_result : TRESTLE_RESULT_SUCCESS;
}

std::string Judgement::words_of(int32_t verdict) const {
  switch (verdict) {
    case TRESTLE_RESULT_CERT_NAME_MISMATCH: return name_detail;
    case TRESTLE_RESULT_CERT_NAME_NOT_CHECKED: return name_not_checked_words();
    case TRESTLE_RESULT_CERT_REJECTED: return rejected_words(detail.empty() ? name_detail : detail);
    default: return detail;
  }
}

Judgement judge_peer(const SessionConfig& config, const trestle_bytes* certificates,
                     uint32_t count) {
  std::vector<pki::Bytes> sent;
  for (uint32_t i = 0; i < count; ++i)
    sent.emplace_back(certificates[i].data, static_cast<size_t>(certificates[i].length));
  pki::PeerChain chain = pki::parse_chain(sent);
  bool client = config.role == TRESTLE_ROLE_CLIENT;
  BackendChecker checker(config.backend);
  pki::Verdict verdict =
      pki::verify(chain, config.trust, client ? pki::Purpose::kServer : pki::Purpose::kClient,
                  time(nullptr), pki::Policy(), checker);
  Judgement judgement;
  judgement.result = pki::c_result(verdict.finding);
  judgement.finding = pki::result_code(verdict.finding);
  judgement.certificate_index = verdict.certificate_index;
  judgement.subject = verdict.subject;
  judgement.detail = verdict.detail;

  const pki::CertificatePtr& leaf = chain.entries[0].certificate;
  if (leaf) check_key_size(config, *leaf, &judgement);
  // A key that can't be read has no size within any limits.
  if (!leaf && (config.keybits_min != 0 || config.keybits_max != 0))
    judgement.key_size_refused = true;
  if (client && !config.server_name.empty()) check_name(config, leaf.get(), &judgement);
  return judgement;
}

}  // namespace trestle
