// SPDX-License-Identifier: Apache-2.0
#include "abi_tests/conformance/rogue_client.h"

#include <memory>
#include <stdexcept>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "abi_tests/conformance/rogue_bytes.h"
#include "abi_tests/conformance/signer.h"
#include "abi_tests/conformance/wire.h"

namespace trestle::conformance {
namespace {

constexpr uint8_t kClientKeyExchange = 16;
constexpr uint8_t kFinished = 20;

using KeyPtr = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

// RFC 5246, 5.
std::string prf(const std::string& secret, const std::string& label_and_seed, size_t length) {
  const std::unique_ptr<EVP_KDF, decltype(&EVP_KDF_free)> kdf(
      EVP_KDF_fetch(nullptr, "TLS1-PRF", nullptr), EVP_KDF_free);
  const std::unique_ptr<EVP_KDF_CTX, decltype(&EVP_KDF_CTX_free)> context(
      EVP_KDF_CTX_new(kdf.get()), EVP_KDF_CTX_free);
  char hash[] = "SHA256";
  std::string secret_copy = secret;
  std::string seed_copy = label_and_seed;
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, hash, 0),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET, secret_copy.data(),
                                        secret_copy.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, seed_copy.data(), seed_copy.size()),
      OSSL_PARAM_construct_end(),
  };
  std::string output(length, '\0');
  check(EVP_KDF_derive(context.get(), writable(&output), length, parameters) == 1, "PRF");
  return output;
}

KeyPtr peer_key(const std::string& point) {
  KeyPtr key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"), EVP_PKEY_free);
  check(EVP_PKEY_set1_encoded_public_key(key.get(), readable(point), point.size()) == 1, "point");
  return key;
}

std::string shared_secret(EVP_PKEY* mine, EVP_PKEY* peers) {
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
      EVP_PKEY_CTX_new(mine, nullptr), EVP_PKEY_CTX_free);
  size_t length = 0;
  check(EVP_PKEY_derive_init(context.get()) == 1 &&
            EVP_PKEY_derive_set_peer(context.get(), peers) == 1 &&
            EVP_PKEY_derive(context.get(), nullptr, &length) == 1,
        "derive");
  std::string secret(length, '\0');
  check(EVP_PKEY_derive(context.get(), writable(&secret), &length) == 1, "derive");
  return secret;
}

std::string public_point(EVP_PKEY* key) {
  unsigned char* bytes = nullptr;
  const size_t length = EVP_PKEY_get1_encoded_public_key(key, &bytes);
  check(length != 0, "point");
  std::string point(reinterpret_cast<char*>(bytes), length);
  OPENSSL_free(bytes);
  return point;
}

std::string certificate_message(const std::vector<std::string>& certificates) {
  std::string list;
  for (const std::string& der : certificates) list += vector(der, 3);
  return handshake_message(kCertificate, vector(list, 3));
}

}  // namespace

RogueClient::RogueClient() : random_(32, 'r') {
  const std::string suites = number(0xC02B, 2) + number(0x00FF, 2);
  const std::string extensions =
      number(kSupportedGroupsExtension, 2) + vector(vector(number(0x0017, 2), 2), 2) +
      number(11, 2) + vector(vector(std::string(1, '\0'), 1), 2) +  // points uncompressed
      number(kSignatureAlgorithmsExtension, 2) + vector(vector(number(0x0403, 2), 2), 2);
  const std::string body = std::string("\x03\x03", 2) + random_ + vector("", 1) +
                           vector(suites, 2) + vector(std::string(1, '\0'), 1) +
                           vector(extensions, 2);
  transcript_ = handshake_message(kClientHello, body);
  hello_ = make_record(kHandshakeRecord, transcript_);
}

std::string RogueClient::answer(const std::string& server_flight, Certificate certificate,
                                const std::vector<std::string>& certificates) {
  std::string server_random;
  std::string server_point;
  for (const HandshakeMessage& message : handshake_messages_of(server_flight)) {
    transcript_ += handshake_message(message.type, message.body);
    if (message.type == kServerHello) server_random = parse_hello(message).random;
    if (message.type != kServerKeyExchange) continue;
    // named_curve, secp256r1, then the point with its length
    server_point = message.body.substr(4, static_cast<uint8_t>(message.body.at(3)));
  }
  const KeyPtr mine(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"), EVP_PKEY_free);
  const KeyPtr peers = peer_key(server_point);
  std::string flight;
  if (certificate == Certificate::kEmpty) flight = certificate_message({});
  if (certificate == Certificate::kSent) flight = certificate_message(certificates);
  flight += handshake_message(kClientKeyExchange, vector(public_point(mine.get()), 1));
  transcript_ += flight;

  const std::string master = prf(shared_secret(mine.get(), peers.get()),
                                 "master secret" + random_ + server_random, 48);
  const std::string keys = prf(master, "key expansion" + server_random + random_, 40);
  const std::string verify_data =
      prf(master, "client finished" + digest("SHA256", transcript_), 12);
  key_ = keys.substr(0, 16);
  iv_ = keys.substr(32, 4);
  return make_record(kHandshakeRecord, flight) +
         make_record(kChangeCipherSpecRecord, std::string(1, '\x01')) +
         record(kHandshakeRecord, handshake_message(kFinished, verify_data));
}

// AES-128-GCM (RFC 5288), with the sequence number as the explicit part of the nonce.
std::string RogueClient::record(uint8_t type, const std::string& plaintext) {
  constexpr size_t kTag = 16;
  const std::string sequence = number(sequence_++, 8);
  const std::string nonce = iv_ + sequence;
  const std::string additional = sequence + static_cast<char>(type) +
                                 std::string("\x03\x03", 2) + number(plaintext.size(), 2);
  const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context(
      EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  std::string ciphertext(plaintext.size(), '\0');
  std::string tag(kTag, '\0');
  int length = 0;
  check(EVP_EncryptInit_ex(context.get(), EVP_aes_128_gcm(), nullptr, readable(key_),
                           readable(nonce)) == 1 &&
            EVP_EncryptUpdate(context.get(), nullptr, &length, readable(additional),
                              static_cast<int>(additional.size())) == 1 &&
            EVP_EncryptUpdate(context.get(), writable(&ciphertext), &length, readable(plaintext),
                              static_cast<int>(plaintext.size())) == 1 &&
            EVP_EncryptFinal_ex(context.get(), nullptr, &length) == 1 &&
            EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kTag, tag.data()) == 1,
        "encrypt");
  return make_record(type, sequence + ciphertext + tag);
}

}  // namespace trestle::conformance
