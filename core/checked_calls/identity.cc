// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <string>

#include "core/checked_calls/checked_calls.h"
#include "core/pki/certificate.h"
#include "core/pki/der.h"
#include "core/pki/secret_bytes.h"

namespace trestle {
namespace {

using pki::Bytes;

Bytes view(const trestle_bytes& bytes) { return {bytes.data, static_cast<size_t>(bytes.length)}; }

int32_t refuse(trestle_backend_error* error, int32_t result, const char* detail) {
  error->result = result;
  std::snprintf(error->detail, sizeof error->detail, "%s", detail);
  return TRESTLE_BACKEND_ERROR;
}

// One SEQUENCE from the first byte to the last: libraries don't look at what follows.
bool is_sequence(Bytes der) {
  Bytes contents;
  return pki::der::read_single(der, pki::der::kSequence, &contents);
}

int32_t check_key(const trestle_backend_identity_source& source, trestle_backend_error* error) {
  if (source.key_format == TRESTLE_KEY_NONE)
    return refuse(error, TRESTLE_RESULT_NO_IDENTITY, "the certificate has no private key");
  if (!is_sequence(view(source.key)))
    return refuse(error, TRESTLE_RESULT_BAD_PRIVATE_KEY, "not a private key in DER");
  return TRESTLE_BACKEND_OK;
}

// PFX ::= SEQUENCE { version, authSafe, macData OPTIONAL } (RFC 7292, 4). Who made one without a MAC
// can't be told. What isn't DER as far as that is left to the library, which may know BER.
int32_t check_pkcs12(Bytes pfx, trestle_backend_error* error) {
  pki::der::Reader file(pfx);
  Bytes contents, part;
  if (!file.read(pki::der::kSequence, &contents)) return TRESTLE_BACKEND_OK;
  if (!file.at_end())
    return refuse(error, TRESTLE_RESULT_BAD_CERTIFICATE, "something behind the PKCS#12");
  pki::der::Reader reader(contents);
  if (!reader.read(pki::der::kInteger, &part) || !reader.read(pki::der::kSequence, &part))
    return TRESTLE_BACKEND_OK;
  if (!reader.next_is(pki::der::kSequence))
    return refuse(error, TRESTLE_RESULT_BAD_CERTIFICATE, "a PKCS#12 without a MAC");
  if (reader.read(pki::der::kSequence, &part) && !reader.at_end())
    return refuse(error, TRESTLE_RESULT_BAD_CERTIFICATE, "something behind the PKCS#12's MAC");
  return TRESTLE_BACKEND_OK;
}

int32_t check_source(const trestle_backend_identity_source& source, trestle_backend_error* error) {
  const Bytes password = view(source.password);
  // Most libraries take a string, and would make do with what comes before the zero byte.
  if (std::find(password.begin(), password.end(), 0) != password.end())
    return refuse(error, TRESTLE_RESULT_NOT_SUPPORTED, "a password with a zero byte");
  if (source.pkcs12.length != 0) return check_pkcs12(view(source.pkcs12), error);
  const int32_t status =
      check_certificates(source.certificates, source.certificate_count, error);
  return status == TRESTLE_BACKEND_OK ? check_key(source, error) : status;
}

}  // namespace

int32_t check_certificates(const trestle_bytes* certificates, uint32_t count,
                           trestle_backend_error* error) {
  if (count == 0) return refuse(error, TRESTLE_RESULT_BAD_CERTIFICATE, "no certificate");
  for (uint32_t i = 0; i < count; ++i) {
    std::string why;
    if (pki::Certificate::parse(view(certificates[i]), &why)) continue;
    why = "certificate " + std::to_string(i) + ": " + why;
    return refuse(error, TRESTLE_RESULT_BAD_CERTIFICATE, why.c_str());
  }
  return TRESTLE_BACKEND_OK;
}

int32_t checked_identity_new(const trestle_backend& backend,
                             const trestle_backend_identity_source& source,
                             trestle_backend_identity** identity, trestle_backend_error* error) {
  const int32_t status = check_source(source, error);
  if (status != TRESTLE_BACKEND_OK) return status;
  pki::SecretBytes password(static_cast<size_t>(source.password.length) + 1);
  for (uint64_t i = 0; i < source.password.length; ++i) password.append(source.password.data[i]);
  password.append(0);
  trestle_backend_identity_source checked = source;
  checked.password.data = password.data();
  return backend.identity_new(&checked, identity, error);
}

}  // namespace trestle
