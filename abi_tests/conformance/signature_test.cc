// SPDX-License-Identifier: Apache-2.0
// verify_signature: the whole verification of certificates rests on it.
#include <vector>

#include "abi_tests/conformance/configuration.h"
#include "abi_tests/conformance/groups.h"
#include "abi_tests/conformance/parameters.h"
#include "abi_tests/conformance/signer.h"

namespace trestle::conformance {
namespace {

struct Algorithm {
  const char* key;
  uint16_t scheme;
};

// Every scheme with every key that fits.
const std::vector<Algorithm>& all_algorithms() {
  static const std::vector<Algorithm> algorithms = {
      {"RSA", 0x0201},     {"RSA", 0x0401},     {"RSA", 0x0501},     {"RSA", 0x0601},
      {"RSA", 0x0804},     {"RSA", 0x0805},     {"RSA", 0x0806},     {"RSA-PSS", 0x0809},
      {"RSA-PSS", 0x080A}, {"RSA-PSS", 0x080B}, {"P-256", 0x0203},   {"P-256", 0x0403},
      {"P-256", 0x0503},   {"P-256", 0x0603},   {"P-384", 0x0203},   {"P-384", 0x0403},
      {"P-384", 0x0503},   {"P-384", 0x0603},   {"P-521", 0x0203},   {"P-521", 0x0403},
      {"P-521", 0x0503},   {"P-521", 0x0603},   {"ED25519", 0x0807}, {"ED448", 0x0808},
      {"DSA", 0x0202},     {"DSA", 0x0402},
  };
  return algorithms;
}

std::string name_of(const Algorithm& algorithm) {
  for (const SignatureScheme& scheme : all_signature_schemes()) {
    if (scheme.id == algorithm.scheme) return std::string(scheme.name) + " with " + algorithm.key;
  }
  return "?";
}

const char* in_words(int32_t answer) {
  switch (answer) {
    case 1:
      return "valid";
    case 0:
      return "not valid";
    case TRESTLE_BACKEND_ERROR:
      return "not supported";
    default:
      return "an answer that does not exist";
  }
}

class SignatureTest : public BackendTest {
 protected:
  int32_t verify(uint16_t scheme, const std::string& spki, const std::string& message,
                 const std::string& signature) {
    const trestle_bytes lent_spki = lend(spki);
    const trestle_bytes lent_message = lend(message);
    const trestle_bytes lent_signature = lend(signature);
    return checked_verify_signature(*plugin().table, scheme, lent_spki, lent_message,
                                    lent_signature);
  }

  void expect_answer(const std::string& what, int32_t expected, int32_t answer) {
    expect_same(alone(plugin()), "signature: " + what, in_words(expected), in_words(answer));
  }

  bool can(const Algorithm& algorithm) {
    return plugin().can(TRESTLE_CAPABILITY_SIGNATURE_SCHEME, algorithm.scheme);
  }

  const std::string message_ = "to be signed, " + std::string(1000, 'm');
};

TEST_P(SignatureTest, RightOnesAreValid) {
  for (const Algorithm& algorithm : all_algorithms()) {
    const Signer& signer = Signer::with(algorithm.key);
    const std::string signature = signer.sign(algorithm.scheme, message_);
    expect_answer(name_of(algorithm), 1,
                  verify(algorithm.scheme, signer.spki(), message_, signature));
  }
}

TEST_P(SignatureTest, EmptyMessageHasSignaturesToo) {
  for (const Algorithm& algorithm : {Algorithm{"P-256", 0x0403}, {"RSA", 0x0401},
                                     {"ED25519", 0x0807}}) {
    const Signer& signer = Signer::with(algorithm.key);
    const std::string signature = signer.sign(algorithm.scheme, "");
    EXPECT_EQ(verify(algorithm.scheme, signer.spki(), "", signature), 1) << name_of(algorithm);
    EXPECT_EQ(verify(algorithm.scheme, signer.spki(), "x", signature), 0) << name_of(algorithm);
  }
}

TEST_P(SignatureTest, AnyChangedBitMakesThemInvalid) {
  for (const Algorithm& algorithm : all_algorithms()) {
    if (!can(algorithm)) continue;
    const Signer& signer = Signer::with(algorithm.key);
    const std::string signature = signer.sign(algorithm.scheme, message_);
    for (size_t at = 0; at < signature.size(); at += 1 + signature.size() / 24) {
      std::string changed = signature;
      changed[at] = static_cast<char>(changed[at] ^ (1 << at % 8));
      EXPECT_EQ(verify(algorithm.scheme, signer.spki(), message_, changed), 0)
          << name_of(algorithm) << ", byte " << at << " of the signature";
    }
    for (size_t at : {size_t{0}, message_.size() / 2, message_.size() - 1}) {
      std::string changed = message_;
      changed[at] = static_cast<char>(changed[at] ^ 0x80);
      EXPECT_EQ(verify(algorithm.scheme, signer.spki(), changed, signature), 0)
          << name_of(algorithm) << ", byte " << at << " of the message";
    }
    // A changed key is another key, or none: an EC point that is not on its curve.
    const std::string& spki = signer.spki();
    for (size_t back = 4; back <= 40; back += 9) {
      std::string changed = spki;
      changed[spki.size() - back] = static_cast<char>(changed[spki.size() - back] ^ 0x04);
      EXPECT_NE(verify(algorithm.scheme, changed, message_, signature), 1)
          << name_of(algorithm) << ", byte " << back << " from the end of the key";
    }
  }
}

TEST_P(SignatureTest, OnesOfAnotherKeyOrMessageAreInvalid) {
  const Signer& p256 = Signer::with("P-256");
  const Signer& p384 = Signer::with("P-384");
  EXPECT_EQ(verify(0x0403, p384.spki(), message_, p256.sign(0x0403, message_)), 0);
  const Signer& rsa = Signer::with("RSA");
  const Signer& rsa3 = Signer::with("RSA-3");
  EXPECT_EQ(verify(0x0401, rsa3.spki(), message_, rsa.sign(0x0401, message_)), 0);
  EXPECT_EQ(verify(0x0401, rsa3.spki(), message_, rsa3.sign(0x0401, message_)), 1);
}

TEST_P(SignatureTest, OfTheWrongHashAreInvalid) {
  const Signer& rsa = Signer::with("RSA");
  EXPECT_EQ(verify(0x0501, rsa.spki(), message_, rsa.sign(0x0401, message_)), 0);
  EXPECT_EQ(verify(0x0401, rsa.spki(), message_, rsa.sign(0x0201, message_)), 0);
  EXPECT_EQ(verify(0x0805, rsa.spki(), message_, rsa.sign(0x0804, message_)), 0);
  const Signer& p384 = Signer::with("P-384");
  EXPECT_EQ(verify(0x0503, p384.spki(), message_, p384.sign(0x0403, message_)), 0);
  // And of the wrong padding.
  EXPECT_EQ(verify(0x0804, rsa.spki(), message_, rsa.sign(0x0401, message_)), 0);
  EXPECT_EQ(verify(0x0401, rsa.spki(), message_, rsa.sign(0x0804, message_)), 0);
}

TEST_P(SignatureTest, GarbageIsInvalid) {
  for (const Algorithm& algorithm : all_algorithms()) {
    if (!can(algorithm)) continue;
    const Signer& signer = Signer::with(algorithm.key);
    const std::string signature = signer.sign(algorithm.scheme, message_);
    const std::string garbage[] = {
        "",
        std::string(1, '\0'),
        std::string(signature.size(), '\0'),
        std::string(signature.size(), '\xFF'),
        signature.substr(0, signature.size() - 1),
        signature.substr(0, signature.size() / 2),
        signature.substr(1),
        signature + std::string(1, '\0'),
        std::string(1, '\0') + signature,
        std::string(100000, 'g'),
    };
    for (const std::string& each : garbage) {
      EXPECT_EQ(verify(algorithm.scheme, signer.spki(), message_, each), 0)
          << name_of(algorithm) << ", " << each.size() << " bytes for " << signature.size();
    }
  }
}

std::string der_integer(const std::string& bytes) {
  return std::string("\x02", 1) + static_cast<char>(bytes.size()) + bytes;
}

std::string der_sequence(const std::string& body) {
  return std::string("\x30", 1) + static_cast<char>(body.size()) + body;
}

// The order of P-256, a valid encoding of an impossible value.
const std::string kP256Order(
    "\x00\xFF\xFF\xFF\xFF\x00\x00\x00\x00\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xBC\xE6\xFA\xAD\xA7\x17"
    "\x9E\x84\xF3\xB9\xCA\xC2\xFC\x63\x25\x51",
    33);

TEST_P(SignatureTest, EcdsaOfZerosAndOrdersIsInvalid) {
  const std::string zero(1, '\0');
  const std::string one(1, '\x01');
  for (const std::string& r : {zero, one, kP256Order}) {
    for (const std::string& s : {zero, one, kP256Order}) {
      const std::string signature = der_sequence(der_integer(r) + der_integer(s));
      EXPECT_EQ(verify(0x0403, Signer::with("P-256").spki(), message_, signature), 0)
          << "r of " << r.size() << " bytes, s of " << s.size();
    }
  }
}

TEST_P(SignatureTest, EcdsaIsDerAlone) {
  const Signer& signer = Signer::with("P-256");
  const std::string signature = signer.sign(0x0403, message_);
  const std::string body = signature.substr(2);
  // The length in two bytes, where one would do.
  expect_answer("ECDSA with a length in its long form", 0,
                verify(0x0403, signer.spki(), message_,
                       std::string("\x30\x81", 2) + signature[1] + body));
  // r with a leading zero that it does not need; its own may be there already.
  const std::string r = body.substr(2, static_cast<uint8_t>(body[1]));
  const std::string rest = body.substr(2 + r.size());
  expect_answer("ECDSA with a padded integer", 0,
                verify(0x0403, signer.spki(), message_,
                       der_sequence(der_integer(std::string(1, '\0') + r) + rest)));
  // Bytes within the SEQUENCE behind both.
  expect_answer("ECDSA with bytes behind s", 0,
                verify(0x0403, signer.spki(), message_, der_sequence(body + std::string(2, '\0'))));
}

// 00 01 FF.. 00 DigestInfo: what is wrong with the block, and only that, makes it invalid.
class Pkcs1Test : public SignatureTest {
 protected:
  int32_t verify_block(const Signer& signer, std::string block) {
    block.resize(signer.modulus_bytes(), '\0');
    return verify(0x0401, signer.spki(), message_, signer.sign_raw_block(block));
  }

  static std::string block(const std::string& info, size_t padding, size_t total) {
    std::string block("\x00\x01", 2);
    block += std::string(padding, '\xFF') + std::string(1, '\0') + info;
    return block + std::string(total - block.size(), '\x77');
  }

  std::string digest_info() const {
    return std::string("\x30\x31\x30\x0D\x06\x09\x60\x86\x48\x01"
                       "\x65\x03\x04\x02\x01\x05\x00\x04\x20",
                       19) +
           digest("SHA256", message_);
  }
};

TEST_P(Pkcs1Test, TheRightBlockIsValid) {
  const Signer& signer = Signer::with("RSA-3");
  const size_t total = signer.modulus_bytes();
  const std::string info = digest_info();
  EXPECT_EQ(verify_block(signer, block(info, total - 3 - info.size(), total)), 1);
}

TEST_P(Pkcs1Test, WrongBlocksAreInvalid) {
  const Signer& signer = Signer::with("RSA-3");
  const size_t total = signer.modulus_bytes();
  const std::string info = digest_info();
  const std::string hash = digest("SHA256", message_);
  // Bleichenbacher's forgery: bytes of the forger's choice behind the hash.
  EXPECT_EQ(verify_block(signer, block(info, 8, total)), 0) << "bytes behind the hash";
  EXPECT_EQ(verify_block(signer, block(hash, total - 3 - hash.size(), total)), 0)
      << "no DigestInfo";
  std::string other_parameters = info;
  other_parameters[15] = 0x04;
  EXPECT_EQ(verify_block(signer, block(other_parameters, total - 3 - info.size(), total)), 0)
      << "an empty OCTET STRING for NULL";
  std::string wrong_type = block(info, total - 3 - info.size(), total);
  wrong_type[1] = 2;
  EXPECT_EQ(verify_block(signer, wrong_type), 0) << "block type 2";
  std::string wrong_padding = block(info, total - 3 - info.size(), total);
  wrong_padding[20] = '\xFE';
  EXPECT_EQ(verify_block(signer, wrong_padding), 0) << "padding other than FF";
}

TEST_P(SignatureTest, PssWantsTheSaltAsLongAsTheHash) {
  const Signer& signer = Signer::with("RSA");
  for (int salt : {0, 20, 33}) {
    const std::string signature = signer.sign_pss(0x0804, message_, salt);
    expect_answer("RSA-PSS with a salt of " + std::to_string(salt) + " for SHA-256", 0,
                  verify(0x0804, signer.spki(), message_, signature));
  }
}

TEST_P(SignatureTest, KeysThatDoNotFitAreNotSupported) {
  const struct {
    const char* what;
    uint16_t scheme;
    const char* key;
  } cases[] = {
      {"ECDSA with an RSA key", 0x0403, "RSA"},   {"RSA with an EC key", 0x0401, "P-256"},
      {"RSA-PSS with an EC key", 0x0804, "P-256"}, {"Ed25519 with an EC key", 0x0807, "P-256"},
      {"ECDSA with an Ed25519 key", 0x0403, "ED25519"},
      {"Ed25519 with an Ed448 key", 0x0807, "ED448"},
      {"PKCS#1 with an RSA-PSS key", 0x0401, "RSA-PSS"},
      {"rsa_pss_rsae with an RSA-PSS key", 0x0804, "RSA-PSS"},
      {"rsa_pss_pss with an RSA key", 0x0809, "RSA"},
  };
  for (const auto& each : cases) {
    expect_answer(each.what, TRESTLE_BACKEND_ERROR,
                  verify(each.scheme, Signer::with(each.key).spki(), message_,
                         std::string(256, 's')));
  }
}

TEST_P(SignatureTest, SchemesThatAreNoneAreNotSupported) {
  for (uint16_t scheme : {0x0000, 0x0101, 0x0301, 0x0303, 0x0708, 0x0A0A, 0xFFFF}) {
    EXPECT_EQ(verify(scheme, Signer::with("P-256").spki(), message_, "s"), TRESTLE_BACKEND_ERROR)
        << scheme;
    EXPECT_FALSE(plugin().can(TRESTLE_CAPABILITY_SIGNATURE_SCHEME, scheme)) << scheme;
  }
}

TEST_P(SignatureTest, KeysThatAreNoneAreNotSupported) {
  const std::string& spki = Signer::with("P-256").spki();
  const std::string signature = Signer::with("P-256").sign(0x0403, message_);
  const std::string garbage[] = {"", std::string(1, '\x30'), std::string(91, '\0'),
                                 std::string(91, '\xFF'), spki.substr(0, spki.size() - 1),
                                 spki.substr(0, 30), "a key, one would think"};
  for (uint16_t scheme : {0x0403, 0x0401, 0x0807}) {
    for (const std::string& each : garbage) {
      EXPECT_EQ(verify(scheme, each, message_, signature), TRESTLE_BACKEND_ERROR)
          << scheme << ", " << each.size() << " bytes";
    }
  }
  expect_answer("key with a byte behind it", TRESTLE_BACKEND_ERROR,
                verify(0x0403, spki + std::string(1, '\0'), message_, signature));
}

// What is in front of the key says what kind of key it is: tags, lengths, object identifiers.
TEST_P(SignatureTest, KeysOfAnotherKindAreNotSupported) {
  for (const Algorithm& algorithm :
       {Algorithm{"RSA", 0x0401}, {"P-256", 0x0403}, {"ED25519", 0x0807}, {"ED448", 0x0808}}) {
    if (!can(algorithm)) continue;
    const Signer& signer = Signer::with(algorithm.key);
    const std::string signature = signer.sign(algorithm.scheme, message_);
    // The smallest key has 11 bytes there, up to the number of unused bits.
    for (size_t bit = 0; bit < 11 * 8; ++bit) {
      std::string changed = signer.spki();
      changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
      expect_answer(name_of(algorithm) + ", bit " + std::to_string(bit) + " of the key changed",
                    TRESTLE_BACKEND_ERROR,
                    verify(algorithm.scheme, changed, message_, signature));
    }
  }
}

TEST_P(SignatureTest, CurvesOutsideTlsAreNotSupported) {
  const Signer& p224 = Signer::with("P-224");
  expect_answer("ECDSA on P-224", TRESTLE_BACKEND_ERROR,
                verify(0x0403, p224.spki(), message_, p224.sign(0x0403, message_)));
  // A curve spelt out can be anything, one with a known private key for instance.
  const Signer& p256 = Signer::with("P-256");
  expect_answer("ECDSA on a curve spelt out", TRESTLE_BACKEND_ERROR,
                verify(0x0403, p256.spki_with_explicit_parameters(), message_,
                       p256.sign(0x0403, message_)));
}

TRESTLE_FOR_EACH_BACKEND(SignatureTest);
TRESTLE_FOR_EACH_BACKEND(Pkcs1Test);

}  // namespace
}  // namespace trestle::conformance
