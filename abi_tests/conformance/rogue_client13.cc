// SPDX-License-Identifier: Apache-2.0
#include "abi_tests/conformance/rogue_client13.h"

#include <stdexcept>

#include <openssl/hmac.h>

#include "abi_tests/conformance/rogue_bytes.h"
#include "abi_tests/conformance/signer.h"
#include "abi_tests/conformance/wire.h"

namespace trestle::conformance {
namespace {

constexpr uint8_t kFinished = 20;
constexpr size_t kHash = 32;
constexpr size_t kTag = 16;

std::string sha256(const std::string& bytes) { return digest("SHA256", bytes); }

std::string hmac(const std::string& key, const std::string& data) {
  std::string mac(kHash, '\0');
  check(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), readable(data), data.size(),
             writable(&mac), nullptr) != nullptr,
        "HMAC");
  return mac;
}

// HKDF-Expand-Label (RFC 8446, 7.1); no more than one hash is ever needed.
std::string expand(const std::string& secret, const std::string& label,
                   const std::string& context, size_t length) {
  const std::string info = number(length, 2) + vector("tls13 " + label, 1) + vector(context, 1);
  return hmac(secret, info + '\x01').substr(0, length);
}

std::string extension(uint16_t type, const std::string& body) {
  return number(type, 2) + vector(body, 2);
}

std::string record_header(size_t plaintext) {
  return std::string("\x17\x03\x03", 3) + number(plaintext + kTag, 2);
}

using CipherPtr = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;
using KeyPtr = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

KeyPtr new_key() { return {EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"), EVP_PKEY_free}; }

}  // namespace

Tls13Keys::Tls13Keys(const std::string& traffic_secret)
    : key_(expand(traffic_secret, "key", "", 16)), iv_(expand(traffic_secret, "iv", "", 12)) {}

std::string Tls13Keys::next_nonce() {
  std::string nonce = iv_;
  const std::string sequence = number(sequence_++, 8);
  for (size_t i = 0; i < sequence.size(); ++i) nonce[i + 4] ^= sequence[i];
  return nonce;
}

std::string Tls13Keys::seal(uint8_t type, const std::string& plaintext) {
  const std::string inner = plaintext + static_cast<char>(type);
  const std::string header = record_header(inner.size());
  const std::string nonce = next_nonce();
  const CipherPtr context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  std::string ciphertext(inner.size(), '\0');
  std::string tag(kTag, '\0');
  int length = 0;
  check(EVP_EncryptInit_ex(context.get(), EVP_aes_128_gcm(), nullptr, readable(key_),
                           readable(nonce)) == 1 &&
            EVP_EncryptUpdate(context.get(), nullptr, &length, readable(header),
                              static_cast<int>(header.size())) == 1 &&
            EVP_EncryptUpdate(context.get(), writable(&ciphertext), &length, readable(inner),
                              static_cast<int>(inner.size())) == 1 &&
            EVP_EncryptFinal_ex(context.get(), nullptr, &length) == 1 &&
            EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kTag, tag.data()) == 1,
        "encrypt");
  return header + ciphertext + tag;
}

std::string Tls13Keys::open(const std::string& body) {
  const std::string ciphertext = body.substr(0, body.size() - kTag);
  std::string tag = body.substr(body.size() - kTag);
  const std::string header = record_header(ciphertext.size());
  const std::string nonce = next_nonce();
  const CipherPtr context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  std::string inner(ciphertext.size(), '\0');
  int length = 0;
  check(EVP_DecryptInit_ex(context.get(), EVP_aes_128_gcm(), nullptr, readable(key_),
                           readable(nonce)) == 1 &&
            EVP_DecryptUpdate(context.get(), nullptr, &length, readable(header),
                              static_cast<int>(header.size())) == 1 &&
            EVP_DecryptUpdate(context.get(), writable(&inner), &length, readable(ciphertext),
                              static_cast<int>(ciphertext.size())) == 1 &&
            EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, kTag, tag.data()) == 1 &&
            EVP_DecryptFinal_ex(context.get(), nullptr, &length) == 1,
        "decrypt");
  return inner.substr(0, inner.find_last_not_of('\0'));
}

RogueClient13::RogueClient13() : key_(new_key()) {
  unsigned char* point = nullptr;
  const size_t size = EVP_PKEY_get1_encoded_public_key(key_.get(), &point);
  const std::string share(reinterpret_cast<char*>(point), size);
  OPENSSL_free(point);
  const std::string group = number(0x0017, 2);
  const std::string extensions =
      extension(kSupportedGroupsExtension, vector(group, 2)) +
      extension(kSignatureAlgorithmsExtension, vector(number(0x0403, 2), 2)) +
      extension(kSupportedVersionsExtension, vector(number(0x0304, 2), 1)) +
      extension(kKeyShareExtension, vector(group + vector(share, 2), 2));
  const std::string body = std::string("\x03\x03", 2) + std::string(32, 'r') +
                           vector(std::string(32, 'i'), 1) + vector(number(0x1301, 2), 2) +
                           vector(std::string(1, '\0'), 1) + vector(extensions, 2);
  transcript_ = handshake_message(kClientHello, body);
  hello_ = make_record(kHandshakeRecord, transcript_);
}

void RogueClient13::read(const std::string& server_flight) {
  for (const Record& record : records_of(server_flight)) {
    if (record.type == kHandshakeRecord) {
      transcript_ += record.body;
      const Hello hello = parse_hello(handshake_messages_of(server_flight).at(0));
      agree(hello.extensions.at(kKeyShareExtension).substr(4));
    } else if (record.type == kApplicationDataRecord) {
      transcript_ += server_keys_.value().open(record.body);
    }
  }
}

// RFC 8446, 7.1, as far as the handshake's secrets.
void RogueClient13::agree(const std::string& server_share) {
  const KeyPtr server = new_key();
  std::string shared(kHash, '\0');
  size_t length = shared.size();
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
      EVP_PKEY_CTX_new(key_.get(), nullptr), EVP_PKEY_CTX_free);
  check(EVP_PKEY_set1_encoded_public_key(server.get(), readable(server_share),
                                         server_share.size()) == 1 &&
            EVP_PKEY_derive_init(context.get()) == 1 &&
            EVP_PKEY_derive_set_peer(context.get(), server.get()) == 1 &&
            EVP_PKEY_derive(context.get(), writable(&shared), &length) == 1,
        "derive");
  const std::string zeros(kHash, '\0');
  const std::string early = hmac(zeros, zeros);
  const std::string secret = hmac(expand(early, "derived", sha256(""), kHash), shared);
  client_secret_ = expand(secret, "c hs traffic", sha256(transcript_), kHash);
  keys_.emplace(client_secret_);
  server_keys_.emplace(expand(secret, "s hs traffic", sha256(transcript_), kHash));
}

std::string RogueClient13::finish_after(const std::string& messages) {
  const std::string key = expand(client_secret_, "finished", "", kHash);
  const std::string finished =
      handshake_message(kFinished, hmac(key, sha256(transcript_ + messages)));
  return make_record(kChangeCipherSpecRecord, std::string(1, '\x01')) +
         record(kHandshakeRecord, messages + finished);
}

std::string RogueClient13::certificate_message(const std::vector<std::string>& certificates) {
  std::string list;
  for (const std::string& der : certificates) list += vector(der, 3) + vector("", 2);
  return handshake_message(kCertificate, vector("", 1) + vector(list, 3));
}

}  // namespace trestle::conformance
