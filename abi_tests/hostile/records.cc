// SPDX-License-Identifier: Apache-2.0
#include "abi_tests/hostile/records.h"

#include <openssl/hmac.h>

#include <stdexcept>

namespace trestle::testing {
namespace {

constexpr size_t kTag = 16;

void check(bool ok, const char* what) {
  if (!ok) throw std::runtime_error(what);
}

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* bytes_of(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

std::string hmac_sha256(const std::string& key, const std::string& data) {
  std::string mac(32, '\0');
  unsigned length = 0;
  check(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(data), data.size(),
             bytes_of(mac), &length) != nullptr,
        "HMAC");
  return mac;
}

// HKDF-Expand-Label without a context (RFC 8446, 7.1); one block is enough for every length here.
std::string expand_label(const std::string& secret, const std::string& label, size_t length) {
  const std::string full = "tls13 " + label;
  const std::string info =
      number(length, 2) + number(full.size(), 1) + full + number(0, 1) + number(1, 1);
  return hmac_sha256(secret, info).substr(0, length);
}

}  // namespace

std::string number(uint64_t value, int width) {
  std::string bytes;
  for (int i = width - 1; i >= 0; --i) bytes += static_cast<char>(value >> 8 * i & 0xFF);
  return bytes;
}

std::string record(uint8_t type, std::string_view fragment) {
  return number(type, 1) + number(0x0303, 2) + number(fragment.size(), 2) + std::string(fragment);
}

size_t record_size(std::string_view header) {
  return kRecordHeader + static_cast<uint8_t>(header.at(3)) * size_t{256} +
         static_cast<uint8_t>(header.at(4));
}

std::string first_record(const std::string& flight) {
  return flight.substr(0, record_size(flight));
}

std::string handshake_header(uint8_t type, uint32_t length) {
  return number(type, 1) + number(length, 3);
}

std::string handshake_message(uint8_t type, std::string_view body) {
  return handshake_header(type, static_cast<uint32_t>(body.size())) + std::string(body);
}

Seal Seal::tls13(const std::string& secret) {
  Seal seal;
  seal.tls13_ = true;
  seal.set_secret(secret);
  return seal;
}

Seal Seal::tls12(const std::string& key, const std::string& salt, uint64_t sequence) {
  Seal seal;
  seal.iv_ = salt;
  seal.sequence_ = sequence;
  check(EVP_EncryptInit_ex(seal.cipher_.get(), EVP_aes_128_gcm(), nullptr, bytes_of(key),
                           nullptr) == 1,
        "AES-128-GCM");
  return seal;
}

void Seal::set_secret(const std::string& secret) {
  secret_ = secret;
  sequence_ = 0;
  iv_ = expand_label(secret, "iv", 12);
  const std::string key = expand_label(secret, "key", 16);
  check(EVP_EncryptInit_ex(cipher_.get(), EVP_aes_128_gcm(), nullptr, bytes_of(key), nullptr) == 1,
        "AES-128-GCM");
}

std::string Seal::encrypt(const std::string& nonce, const std::string& additional,
                          std::string_view plaintext) {
  std::string out(plaintext.size() + kTag, '\0');
  int n = 0;
  EVP_CIPHER_CTX* c = cipher_.get();
  bool ok = EVP_EncryptInit_ex(c, nullptr, nullptr, nullptr, bytes_of(nonce)) == 1 &&
            EVP_EncryptUpdate(c, nullptr, &n, bytes_of(additional),
                              static_cast<int>(additional.size())) == 1;
  if (!plaintext.empty()) {
    ok = ok && EVP_EncryptUpdate(c, bytes_of(out), &n, bytes_of(plaintext),
                                 static_cast<int>(plaintext.size())) == 1;
  }
  ok = ok && EVP_EncryptFinal_ex(c, bytes_of(out) + plaintext.size(), &n) == 1 &&
       EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, kTag, bytes_of(out) + plaintext.size()) == 1;
  check(ok, "encryption");
  return out;
}

std::string Seal::seal(uint8_t type, std::string_view plaintext) {
  const std::string sequence = number(sequence_++, 8);
  if (!tls13_) {
    const std::string additional =
        sequence + number(type, 1) + number(0x0303, 2) + number(plaintext.size(), 2);
    return record(type, sequence + encrypt(iv_ + sequence, additional, plaintext));
  }
  std::string nonce = iv_;
  for (size_t i = 0; i < sequence.size(); ++i)
    nonce[nonce.size() - sequence.size() + i] ^= sequence[i];
  const std::string inner = std::string(plaintext) + number(type, 1);
  const std::string header =
      number(kApplicationData, 1) + number(0x0303, 2) + number(inner.size() + kTag, 2);
  return header + encrypt(nonce, header, inner);
}

std::string Seal::key_update(bool update_requested) {
  std::string sealed =
      seal(kHandshake, handshake_message(kKeyUpdate, number(update_requested ? 1 : 0, 1)));
  set_secret(expand_label(secret_, "traffic upd", 32));
  return sealed;
}

std::string prf_sha256(const std::string& secret, const std::string& label_and_seed,
                       size_t length) {
  std::string output;
  std::string a = label_and_seed;
  while (output.size() < length) {
    a = hmac_sha256(secret, a);
    output += hmac_sha256(secret, a + label_and_seed);
  }
  return output.substr(0, length);
}

}  // namespace trestle::testing
