// SPDX-License-Identifier: Apache-2.0
#include "core/pki/trust_store.h"

#include <algorithm>

#include "core/pki/classify.h"
#include "core/pki/der.h"
#include "core/pki/pem.h"

namespace trestle::pki {
namespace {

// One certificate of the buffer, or the reason why there is none.
struct Entry {
  CertificatePtr certificate;
  std::string reason;
};

std::string pem_reason(const PemObject& object) {
  switch (object.kind) {
    case PemKind::kCertificate: return "";
    case PemKind::kTrustedCertificate:
      return "TRUSTED CERTIFICATE carries settings of one library; use CERTIFICATE";
    default: return "a " + object.label + " is not a certificate";
  }
}

bool read_pem(Bytes buffer, std::vector<Entry>* entries, TrustStoreError* error) {
  std::vector<PemObject> objects;
  PemError pem_error;
  if (!decode_pem(buffer, &objects, &pem_error)) {
    error->index = pem_error.index;
    error->text = pem_error.text();
    return false;
  }
  for (const PemObject& object : objects) {
    Entry entry;
    entry.reason = pem_reason(object);
    if (entry.reason.empty()) {
      entry.certificate = Certificate::parse(object.der.bytes(), &entry.reason);
    }
    entries->push_back(std::move(entry));
  }
  return true;
}

void read_der(Bytes buffer, std::vector<Entry>* entries) {
  der::Reader reader(buffer);
  while (!reader.at_end() && entries->size() <= kMaxTrustAnchors) {
    Entry entry;
    Bytes whole;
    if (!reader.read_whole(der::kSequence, &whole)) {
      entry.reason = "what follows is not DER";
      entries->push_back(std::move(entry));
      return;
    }
    entry.certificate = Certificate::parse(whole, &entry.reason);
    entries->push_back(std::move(entry));
  }
}

bool read_buffer(Bytes buffer, std::vector<Entry>* entries, TrustStoreError* error) {
  const BufferKind kind = classify(buffer);
  if (kind == BufferKind::kPem) return read_pem(buffer, entries, error);
  // Something that begins like DER may be a certificate too broken to be told as one.
  if (kind == BufferKind::kCertificate ||
      (kind == BufferKind::kUnknown && buffer[0] == der::kSequence)) {
    read_der(buffer, entries);
    return true;
  }
  error->index = 0;
  error->text = std::string("the buffer holds ") + buffer_kind_name(kind) + ", not a certificate";
  return false;
}

}  // namespace

bool TrustStore::add(Bytes buffer, Malformed malformed, TrustStoreError* error) {
  *error = TrustStoreError();
  std::vector<Entry> entries;
  if (!read_buffer(buffer, &entries, error)) return false;
  size_t usable = 0;
  for (size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].certificate != nullptr) {
      ++usable;
    } else if (malformed == Malformed::kIsAnError) {
      error->index = i;
      error->text = "certificate " + std::to_string(i) + ": " + entries[i].reason;
      return false;
    }
  }
  if (usable == 0) {
    error->text = "no certificate in the buffer can be used";
    return false;
  }
  if (usable > kMaxTrustAnchors - size_) {
    error->text = "more than " + std::to_string(kMaxTrustAnchors) + " trust anchors";
    return false;
  }
  for (const Entry& entry : entries) {
    if (entry.certificate != nullptr) insert(entry.certificate);
  }
  return true;
}

void TrustStore::insert(const CertificatePtr& certificate) {
  if (contains(*certificate)) return;
  by_subject_[certificate->subject.canonical].push_back(certificate);
  ++size_;
}

const std::vector<CertificatePtr>* TrustStore::find(const std::string& canonical_subject) const {
  const auto found = by_subject_.find(canonical_subject);
  return found == by_subject_.end() ? nullptr : &found->second;
}

bool TrustStore::contains(const Certificate& certificate) const {
  return any_of_subject(certificate, [&](const Certificate& anchor) {
    return anchor.der == certificate.der;
  });
}

bool TrustStore::contains_key_of(const Certificate& certificate) const {
  return any_of_subject(certificate, [&](const Certificate& anchor) {
    return anchor.key.spki == certificate.key.spki;
  });
}

template <typename Predicate>
bool TrustStore::any_of_subject(const Certificate& certificate, Predicate predicate) const {
  const std::vector<CertificatePtr>* anchors = find(certificate.subject.canonical);
  return anchors != nullptr &&
         std::any_of(anchors->begin(), anchors->end(),
                     [&](const CertificatePtr& anchor) { return predicate(*anchor); });
}

}  // namespace trestle::pki
