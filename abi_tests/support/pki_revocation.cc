// SPDX-License-Identifier: Apache-2.0
#include <ctime>

#include "abi_tests/support/pki_openssl.h"

namespace trestle::testing {

RevocationList& RevocationList::revoke(const Identity& certificate) {
  revoked_.push_back(certificate);
  return *this;
}

RevocationList& RevocationList::valid_days(int from, int until) {
  from_ = from;
  until_ = until;
  return *this;
}

RevocationList& RevocationList::signed_by_wrong_key(const Key& key) {
  wrong_signing_key_ = key;
  return *this;
}

std::string RevocationList::der() const {
  using TimePtr = Owned<ASN1_TIME, ASN1_TIME_free>;
  const time_t now = time(nullptr);
  const TimePtr this_update(check(ASN1_TIME_adj(nullptr, now, from_, 0), "thisUpdate"));
  const TimePtr next_update(check(ASN1_TIME_adj(nullptr, now, until_, 0), "nextUpdate"));
  const CrlPtr crl(check(X509_CRL_new(), "CRL"));
  check(X509_CRL_set_version(crl.get(), X509_CRL_VERSION_2), "CRL version");
  X509* issuer = issuer_.impl().cert.get();
  check(X509_CRL_set_issuer_name(crl.get(), X509_get_subject_name(issuer)), "CRL issuer");
  check(X509_CRL_set1_lastUpdate(crl.get(), this_update.get()), "thisUpdate");
  check(X509_CRL_set1_nextUpdate(crl.get(), next_update.get()), "nextUpdate");
  for (const Identity& certificate : revoked_) {
    Owned<X509_REVOKED, X509_REVOKED_free> entry(check(X509_REVOKED_new(), "CRL entry"));
    check(X509_REVOKED_set_serialNumber(entry.get(),
                                        X509_get_serialNumber(certificate.impl().cert.get())),
          "revoked serial number");
    check(X509_REVOKED_set_revocationDate(entry.get(), this_update.get()), "revocation date");
    check(X509_CRL_add0_revoked(crl.get(), entry.get()), "CRL entry");
    entry.release();  // The list owns it now.
  }
  check(X509_CRL_sort(crl.get()), "CRL");
  const DigestContextPtr signature =
      start_signature(wrong_signing_key_.value_or(issuer_.key()), "SHA256", false);
  check(X509_CRL_sign_ctx(crl.get(), signature.get()), "signing a CRL");
  return written("CRL", [&](BIO* bio) { return i2d_X509_CRL_bio(bio, crl.get()); });
}

std::string RevocationList::pem() const { return to_pem("X509 CRL", der()); }

}  // namespace trestle::testing
