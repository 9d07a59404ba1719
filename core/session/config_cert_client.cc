// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "core/checked_calls/checked_calls.h"
#include "core/messages/message.h"
#include "core/pki/classify.h"
#include "core/pki/pem.h"
#include "core/session/config.h"

namespace trestle {
namespace {

using pki::Bytes;
using pki::SecretBytes;

// What was found in the buffer of a CONFIG_CERT_CLIENT.
struct Found {
  std::vector<SecretBytes> certificates;
  SecretBytes key;
  uint32_t key_format = TRESTLE_KEY_NONE;
  SecretBytes pkcs12;
};

uint32_t key_format_of(pki::PemKind kind) {
  switch (kind) {
    case pki::PemKind::kPrivateKey: return TRESTLE_KEY_PKCS8;
    case pki::PemKind::kEncryptedPrivateKey: return TRESTLE_KEY_PKCS8_ENCRYPTED;
    case pki::PemKind::kRsaPrivateKey: return TRESTLE_KEY_RSA;
    case pki::PemKind::kEcPrivateKey: return TRESTLE_KEY_EC;
    case pki::PemKind::kDsaPrivateKey: return TRESTLE_KEY_DSA;
    default: return TRESTLE_KEY_NONE;
  }
}

uint32_t key_format_of(pki::BufferKind kind) {
  switch (kind) {
    case pki::BufferKind::kPrivateKey: return TRESTLE_KEY_PKCS8;
    case pki::BufferKind::kEncryptedPrivateKey: return TRESTLE_KEY_PKCS8_ENCRYPTED;
    case pki::BufferKind::kRsaPrivateKey: return TRESTLE_KEY_RSA;
    case pki::BufferKind::kEcPrivateKey: return TRESTLE_KEY_EC;
    case pki::BufferKind::kDsaPrivateKey: return TRESTLE_KEY_DSA;
    default: return TRESTLE_KEY_NONE;
  }
}

// `bad` is the result for a buffer that holds nothing usable: of a certificate or of a key.
Outcome find_in_pem(Bytes buffer, int32_t bad, Found* found) {
  std::vector<pki::PemObject> objects;
  pki::PemError error;
  if (!pki::decode_pem(buffer, &objects, &error)) {
    bool legacy = error.problem == pki::PemProblem::kLegacyEncryption;
    return Outcome::failure(legacy ? TRESTLE_RESULT_NOT_SUPPORTED : bad, error.text());
  }
  for (pki::PemObject& object : objects) {
    if (object.kind == pki::PemKind::kCertificate) {
      found->certificates.push_back(std::move(object.der));
    } else if (object.kind == pki::PemKind::kTrustedCertificate) {
      return Outcome::failure(bad, "a TRUSTED CERTIFICATE carries settings of OpenSSL's own; "
                                   "convert it to a plain CERTIFICATE");
    } else if (uint32_t format = key_format_of(object.kind)) {
      if (found->key_format != TRESTLE_KEY_NONE)
        return Outcome::failure(TRESTLE_RESULT_BAD_PRIVATE_KEY, "more than one private key");
      found->key_format = format;
      found->key = std::move(object.der);
    }
  }
  return Outcome::success();
}

Outcome find(Bytes buffer, int32_t bad, Found* found) {
  pki::BufferKind kind = pki::classify(buffer);
  switch (kind) {
    case pki::BufferKind::kPem:
      return find_in_pem(buffer, bad, found);
    case pki::BufferKind::kCertificate:
      found->certificates.emplace_back(buffer);
      return Outcome::success();
    case pki::BufferKind::kPkcs12:
      found->pkcs12 = SecretBytes(buffer);
      return Outcome::success();
    case pki::BufferKind::kEmpty:
      return Outcome::failure(bad, "the buffer is empty");
    default:
      found->key_format = key_format_of(kind);
      if (found->key_format == TRESTLE_KEY_NONE)
        return Outcome::failure(bad, "neither PEM, a DER certificate, a DER private key nor PKCS#12");
      found->key = SecretBytes(buffer);
      return Outcome::success();
  }
}

trestle_bytes lend(Bytes bytes) { return {bytes.data, bytes.size}; }

std::vector<trestle_bytes> lend(const std::vector<SecretBytes>& certificates) {
  std::vector<trestle_bytes> lent;
  for (const SecretBytes& one : certificates) lent.push_back(lend(one.bytes()));
  return lent;
}

// Makes the identity and puts it in force in place of the one before.
Outcome install(SessionConfig& config, const std::vector<SecretBytes>& certificates,
                const Found& found, Bytes password) {
  const std::vector<trestle_bytes> lent = lend(certificates);
  trestle_backend_identity_source source{};
  source.size = sizeof source;
  source.certificate_count = static_cast<uint32_t>(lent.size());
  source.certificates = lent.data();
  source.key = lend(found.key.bytes());
  source.key_format = found.key_format;
  source.pkcs12 = lend(found.pkcs12.bytes());
  source.password = lend(password);
  trestle_backend_identity* identity = nullptr;
  trestle_backend_error error = new_backend_error();
  if (checked_identity_new(*config.backend, source, &identity, &error) != TRESTLE_BACKEND_OK)
    return Outcome::of(error);
  if (!identity) return Outcome::failure(TRESTLE_RESULT_FAILURE, "the backend made no identity");
  if (config.identity) config.backend->identity_free(config.identity);
  config.identity = identity;
  config.certificates_awaiting_key.clear();
  return Outcome::success();
}

Outcome apply_certificate(SessionConfig& config, RequestArguments& arguments) {
  Found found;
  Outcome outcome = find(arguments.bytes.bytes(), TRESTLE_RESULT_BAD_CERTIFICATE, &found);
  if (!outcome.ok()) return outcome;
  if (!found.pkcs12.empty())
    return install(config, {}, found, arguments.password.bytes());
  if (found.certificates.empty())
    return Outcome::failure(TRESTLE_RESULT_BAD_CERTIFICATE, "no certificate in the buffer");
  if (found.key_format != TRESTLE_KEY_NONE)
    return install(config, found.certificates, found, arguments.password.bytes());
  const std::vector<trestle_bytes> lent = lend(found.certificates);
  trestle_backend_error error = new_backend_error();
  if (check_certificates(lent.data(), static_cast<uint32_t>(lent.size()), &error) !=
      TRESTLE_BACKEND_OK) {
    return Outcome::of(error);
  }
  // C 4.4: the key comes with a TRESTLE_PRIVATE_KEY of its own.
  config.certificates_awaiting_key = std::move(found.certificates);
  return Outcome::success();
}

Outcome apply_private_key(SessionConfig& config, RequestArguments& arguments) {
  if (config.certificates_awaiting_key.empty())
    return Outcome::failure(TRESTLE_RESULT_WRONG_STATE, "no certificate awaits a private key");
  Found found;
  Outcome outcome = find(arguments.bytes.bytes(), TRESTLE_RESULT_BAD_PRIVATE_KEY, &found);
  if (!outcome.ok()) return outcome;
  if (found.key_format == TRESTLE_KEY_NONE)
    return Outcome::failure(TRESTLE_RESULT_BAD_PRIVATE_KEY, "no private key in the buffer");
  return install(config, config.certificates_awaiting_key, found, arguments.password.bytes());
}

Outcome apply_psk(SessionConfig& config, RequestArguments& arguments) {
  if (arguments.bytes.empty() || arguments.bytes.size() > TRESTLE_PSK_MAX)
    return Outcome::failure(TRESTLE_RESULT_BAD_PSK, "a pre-shared key has 1 to 64 bytes");
  config.psk = std::move(arguments.bytes);
  return Outcome::success();
}

}  // namespace

Outcome apply_cert_client(SessionConfig& config, RequestArguments& arguments) {
  switch (arguments.option) {
    case TRESTLE_CERTIFICATE: return apply_certificate(config, arguments);
    case TRESTLE_PRIVATE_KEY: return apply_private_key(config, arguments);
    default: return apply_psk(config, arguments);
  }
}

}  // namespace trestle
