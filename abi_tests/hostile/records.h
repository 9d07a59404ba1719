// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/evp.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

// Records of TLS 1.2 and 1.3 (RFC 5246, 6; RFC 8446, 5) as no library would send them: in the clear
// and protected.
namespace trestle::testing {

constexpr uint8_t kChangeCipherSpec = 20;
constexpr uint8_t kAlert = 21;
constexpr uint8_t kHandshake = 22;
constexpr uint8_t kApplicationData = 23;

constexpr uint8_t kHelloRequest = 0;
constexpr uint8_t kClientHello = 1;
constexpr uint8_t kServerHello = 2;
constexpr uint8_t kNewSessionTicket = 4;
constexpr uint8_t kEncryptedExtensions = 8;
constexpr uint8_t kCertificate = 11;
constexpr uint8_t kKeyUpdate = 24;

constexpr size_t kRecordHeader = 5;
constexpr size_t kFragmentMax = 16384;

// A number in network order, in so many bytes.
std::string number(uint64_t value, int width);
std::string record(uint8_t type, std::string_view fragment);
// The size of a record with its header, as the header tells.
size_t record_size(std::string_view header);
// The first record of a flight, with its header.
std::string first_record(const std::string& flight);
// The header of a handshake message that declares so many bytes.
std::string handshake_header(uint8_t type, uint32_t length);
std::string handshake_message(uint8_t type, std::string_view body);

// The protection of one direction with AES_128_GCM and SHA-256.
class Seal {
 public:
  // From a traffic secret of TLS 1.3.
  static Seal tls13(const std::string& secret);
  // From a key of TLS 1.2, the implicit part of its nonce, and the number of its next record.
  static Seal tls12(const std::string& key, const std::string& salt, uint64_t sequence);

  std::string seal(uint8_t type, std::string_view plaintext);
  // TLS 1.3: a KeyUpdate, and from then on the next key.
  std::string key_update(bool update_requested);

 private:
  Seal() : cipher_(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free) {}
  void set_secret(const std::string& secret);
  std::string encrypt(const std::string& nonce, const std::string& additional,
                      std::string_view plaintext);

  std::shared_ptr<EVP_CIPHER_CTX> cipher_;
  bool tls13_ = false;
  std::string secret_;
  std::string iv_;
  uint64_t sequence_ = 0;
};

// RFC 5246, 5: the first `length` bytes.
std::string prf_sha256(const std::string& secret, const std::string& label_and_seed,
                       size_t length);

}  // namespace trestle::testing
