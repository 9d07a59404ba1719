// SPDX-License-Identifier: Apache-2.0
//
// The trust anchors of a session: every certificate that the program has loaded, each of which is
// trusted by itself (verify.h tells what that means for one that isn't a self-signed CA). Bytes
// only; reading files is somebody else's business.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "core/pki/certificate.h"

namespace trestle::pki {

constexpr size_t kMaxTrustAnchors = 16384;

// For a store that the program didn't write itself, such as the system's, one odd certificate must
// not take all others away.
enum class Malformed { kIsAnError, kIsSkipped };

struct TrustStoreError {
  size_t index = 0;  // of the object within the buffer, from 0
  std::string text;  // names the index too
};

class TrustStore {
 public:
  // Adds the certificates of one buffer: PEM, or DER one after the other. One that is there already
  // is no error. All or nothing: after false nothing was added. Objects other than certificates
  // are refused, since whoever loads a key as a CA has made a mistake. A buffer without a
  // certificate is always an error.
  bool add(Bytes buffer, Malformed malformed, TrustStoreError* error);
  bool add(Bytes buffer, TrustStoreError* error) {
    return add(buffer, Malformed::kIsAnError, error);
  }

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // The anchors with this subject (canonical form), in the order in which they were added; null if
  // there is none.
  const std::vector<CertificatePtr>* find(const std::string& canonical_subject) const;
  // This very certificate, octet by octet.
  bool contains(const Certificate& certificate) const;
  // One with the same subject and the same key, as a root has that was issued anew.
  bool contains_key_of(const Certificate& certificate) const;

 private:
  void insert(const CertificatePtr& certificate);
  template <typename Predicate>
  bool any_of_subject(const Certificate& certificate, Predicate predicate) const;

  std::unordered_map<std::string, std::vector<CertificatePtr>> by_subject_;
  size_t size_ = 0;
};

}  // namespace trestle::pki
