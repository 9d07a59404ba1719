// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct x509_st;  // OpenSSL's X509; its headers stay out of the tests.

// Real keys and certificates, made on the spot:
//
//   Identity root = Certificate::root("Test Root").issue();
//   Identity ca = Certificate::intermediate("Test CA").signed_by(root).issue();
//   Identity server = Certificate::server("good.test").signed_by(ca).issue();
//   Identity late = Certificate::server("good.test").expired().signed_by(ca).issue();
//   use(server.chain_pem(), server.key().pkcs8_pem());
//
// A mistake in the description throws std::runtime_error.
namespace trestle::testing {

enum class KeyKind { kRsa, kEc, kDsa, kEd25519, kEd448 };

struct KeySpec {
  KeyKind kind;
  int bits;  // RSA and DSA: of the modulus; EC: of the NIST curve (224, 256, 384, 521)
};

constexpr KeySpec rsa(int bits = 2048) { return {KeyKind::kRsa, bits}; }
constexpr KeySpec ec(int bits = 256) { return {KeyKind::kEc, bits}; }
constexpr KeySpec dsa(int bits = 2048) { return {KeyKind::kDsa, bits}; }
constexpr KeySpec ed25519() { return {KeyKind::kEd25519, 256}; }
constexpr KeySpec ed448() { return {KeyKind::kEd448, 456}; }

// A private key. Copies share it.
class Key {
 public:
  // Another key with each call.
  static Key fresh(KeySpec spec);
  // The same key for the same specification and label, as long as the process lives. (An RSA or DSA
  // key takes up to a second to make.)
  static Key cached(KeySpec spec, std::string_view label);

  std::string pkcs8_pem() const;
  std::string pkcs8_der() const;
  // PBES2 with AES-256-CBC.
  std::string encrypted_pkcs8_pem(std::string_view password) const;
  std::string encrypted_pkcs8_der(std::string_view password) const;
  // "BEGIN RSA PRIVATE KEY" and the like; not for Ed25519 and Ed448, which have no such form.
  std::string traditional_pem() const;
  std::string encrypted_traditional_pem(std::string_view password) const;  // Proc-Type: 4,ENCRYPTED
  std::string traditional_der() const;
  std::string public_key_pem() const;
  std::string public_key_der() const;

  struct Impl;
  const Impl& impl() const { return *impl_; }

 private:
  explicit Key(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

// AES-256 is what OpenSSL 3 writes by default; older readers know only the other.
enum class Pkcs12Cipher { kAes256, kTripleDes };

// A certificate, its key, and the certificates above it. Copies share it.
class Identity {
 public:
  std::string cert_pem() const;
  std::string cert_der() const;

  // This certificate, then its issuers without the self-signed one: what a server sends.
  std::string chain_pem() const;
  std::vector<std::string> chain_der() const;
  // The same without this certificate; empty when there is no intermediate.
  std::string intermediates_pem() const;

  const Key& key() const;
  std::string pkcs12(std::string_view password, Pkcs12Cipher cipher = Pkcs12Cipher::kAes256) const;

  std::string subject() const;             // "CN=good.test", RFC 2253
  std::string sha256_fingerprint() const;  // lower-case hexadecimal

  // Variants for tests of what goes wrong.
  Identity without_issuers() const;
  Identity with_key(const Key& other) const;

  struct Impl;
  const Impl& impl() const { return *impl_; }

 private:
  friend class Certificate;
  explicit Identity(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

// The description of a certificate; issue() makes it. Without signed_by() it is self-signed.
class Certificate {
 public:
  // Each presets what such a certificate has in practice; everything can be overridden after it.
  static Certificate root(std::string_view common_name);
  static Certificate intermediate(std::string_view common_name);
  // No subject alternative name, both purposes.
  static Certificate leaf(std::string_view common_name);
  // The name as SAN and CN, and the loopback addresses; purpose serverAuth.
  static Certificate server(std::string_view dns_name = "localhost");
  // Purpose clientAuth.
  static Certificate client(std::string_view common_name = "Test Client");

  Certificate& signed_by(const Identity& issuer);
  // The name of the issuer, but another key's signature.
  Certificate& signed_by(const Identity& issuer, const Key& wrong_key);

  // EC P-256 by default. The key is cached under the common name: one test program, one key per
  // name. Give a key of one's own for two certificates on the same key, or the opposite.
  Certificate& key(KeySpec spec);
  Certificate& key(const Key& key);

  Certificate& common_name(std::string_view name);  // adds one; "" leaves the subject empty
  Certificate& organization(std::string_view name);

  // Subject alternative names, in the order of the calls; any byte goes, also NUL.
  Certificate& dns(std::string_view name);
  Certificate& ip(std::string_view address);
  Certificate& email(std::string_view address);
  Certificate& uri(std::string_view uri);
  Certificate& no_subject_alternative_name();

  // Days from now; negative is the past. Yesterday until in 30 days by default.
  Certificate& valid_days(int from, int until);
  Certificate& expired() { return valid_days(-30, -1); }
  Certificate& not_yet_valid() { return valid_days(1, 30); }
  Certificate& valid_between(time_t not_before, time_t not_after);

  Certificate& ca(bool is_ca);
  Certificate& path_length(int length);
  Certificate& no_basic_constraints();
  // In OpenSSL's words: "digitalSignature,keyEncipherment"; "" leaves the extension away.
  Certificate& key_usage(std::string_view usages);
  Certificate& extended_key_usage(std::string_view purposes);
  Certificate& name_constraints(std::string_view constraints);  // "permitted;DNS:good.test"
  Certificate& no_key_identifiers();

  // Any extension that OpenSSL's configuration language knows.
  Certificate& extension(std::string_view name, std::string_view value);
  Certificate& raw_extension(std::string_view oid, std::string_view der, bool critical);
  Certificate& unknown_critical_extension();

  Certificate& digest(std::string_view name);  // "SHA256" by default; unused by Ed25519, Ed448
  Certificate& pss();                          // RSA-PSS in place of PKCS #1 v1.5
  Certificate& corrupt_signature();
  Certificate& serial(uint64_t number);  // random by default
  Certificate& version1();               // X.509 v1: no extension at all

  Identity issue() const;

 private:
  struct AlternativeName {
    int type;
    std::string value;
  };
  struct Extension {
    std::string name;
    std::string value;
  };
  struct RawExtension {
    std::string oid;
    std::string der;
    bool critical;
  };

  void write_subject(x509_st* cert) const;
  void write_extensions(x509_st* cert, x509_st* issuer, KeyKind key_kind) const;

  std::optional<Identity> issuer_;
  std::optional<Key> wrong_signing_key_;
  KeySpec key_spec_ = ec();
  std::optional<Key> key_;
  std::vector<std::string> common_names_;
  std::string organization_;
  std::vector<AlternativeName> alternative_names_;
  time_t not_before_ = 0;
  time_t not_after_ = 0;
  bool is_ca_ = false;
  bool has_basic_constraints_ = true;
  std::optional<int> path_length_;
  std::optional<std::string> key_usage_;
  std::string extended_key_usage_;
  bool has_key_identifiers_ = true;
  std::vector<Extension> extensions_;
  std::vector<RawExtension> raw_extensions_;
  std::string digest_ = "SHA256";
  bool pss_ = false;
  bool corrupt_signature_ = false;
  std::optional<uint64_t> serial_;
  bool version1_ = false;
};

// A certificate revocation list.
class RevocationList {
 public:
  explicit RevocationList(const Identity& issuer) : issuer_(issuer) {}
  RevocationList& revoke(const Identity& certificate);
  RevocationList& valid_days(int from, int until);  // yesterday until in 30 days by default
  RevocationList& signed_by_wrong_key(const Key& key);
  std::string pem() const;
  std::string der() const;

 private:
  Identity issuer_;
  std::vector<Identity> revoked_;
  std::optional<Key> wrong_signing_key_;
  int from_ = -1;
  int until_ = 30;
};

// The chain that most tests want: root, intermediate, and below it a server "localhost" and a
// client.
struct TestPki {
  explicit TestPki(KeySpec key = ec());
  Identity root;
  Identity intermediate;
  Identity server;
  Identity client;
};

}  // namespace trestle::testing
