// SPDX-License-Identifier: Apache-2.0
#include <openssl/objects.h>
#include <openssl/rand.h>

#include <stdexcept>

#include "abi_tests/support/pki_openssl.h"

namespace trestle::testing {
namespace {

constexpr time_t kDay = 24 * 60 * 60;
constexpr int kSerialBytes = 16;

using StringPtr = Owned<ASN1_STRING, ASN1_STRING_free>;
using NamesPtr = Owned<GENERAL_NAMES, GENERAL_NAMES_free>;

void set_bytes(ASN1_STRING* string, std::string_view bytes) {
  check(ASN1_STRING_set(string, bytes.data(), static_cast<int>(bytes.size())), "string");
}

using NamePtr = Owned<GENERAL_NAME, GENERAL_NAME_free>;

NamePtr general_name(int type, const std::string& value) {
  NamePtr name(check(GENERAL_NAME_new(), "alternative name"));
  StringPtr text;
  if (type == GEN_IPADD) {
    text.reset(check(a2i_IPADDRESS(value.c_str()), "IP " + value));
  } else {
    text.reset(check(ASN1_IA5STRING_new(), "alternative name"));
    set_bytes(text.get(), value);
  }
  GENERAL_NAME_set0_value(name.get(), type, text.release());
  return name;
}

void add_name_entry(X509_NAME* name, const char* field, const std::string& value) {
  check(X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
                                   reinterpret_cast<const unsigned char*>(value.data()),
                                   static_cast<int>(value.size()), -1, 0),
        field);
}

void set_serial(X509* cert, std::optional<uint64_t> chosen) {
  ASN1_INTEGER* serial = X509_get_serialNumber(cert);
  if (chosen) {
    check(ASN1_INTEGER_set_uint64(serial, *chosen), "serial number");
    return;
  }
  unsigned char bytes[kSerialBytes];
  check(RAND_bytes(bytes, sizeof bytes), "serial number");
  bytes[0] = static_cast<unsigned char>((bytes[0] & 0x7f) | 0x40);  // positive, of full length
  Owned<BIGNUM, BN_free> number(check(BN_bin2bn(bytes, sizeof bytes, nullptr), "serial number"));
  check(BN_to_ASN1_INTEGER(number.get(), serial), "serial number");
}

// Flips a bit in the last byte of a copy: the encoding stays valid, the signature doesn't.
CertPtr with_corrupt_signature(X509* cert) {
  std::string der =
      written("certificate", [&](BIO* bio) { return i2d_X509_bio(bio, cert); });
  der.back() = static_cast<char>(der.back() ^ 1);
  const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
  return CertPtr(
      check(d2i_X509(nullptr, &bytes, static_cast<long>(der.size())), "corrupt certificate"));
}

// Adds extensions to one certificate.
class ExtensionWriter {
 public:
  ExtensionWriter(X509* cert, X509* issuer) : cert_(cert) {
    X509V3_set_ctx(&context_, issuer, cert, nullptr, nullptr, 0);
  }

  void add(const std::string& name, const std::string& value) {
    ExtensionPtr extension(check(
        X509V3_EXT_conf(nullptr, &context_, name.c_str(), value.c_str()), name + "=" + value));
    add(extension.get());
  }

  void add_raw(const std::string& oid, const std::string& der, bool critical) {
    Owned<ASN1_OBJECT, ASN1_OBJECT_free> object(check(OBJ_txt2obj(oid.c_str(), 1), oid));
    Owned<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free> value(
        check(ASN1_OCTET_STRING_new(), "extension"));
    set_bytes(value.get(), der);
    ExtensionPtr extension(check(
        X509_EXTENSION_create_by_OBJ(nullptr, object.get(), critical ? 1 : 0, value.get()), oid));
    add(extension.get());
  }

  void add_alternative_names(GENERAL_NAMES* names, bool critical) {
    ExtensionPtr extension(check(
        X509V3_EXT_i2d(NID_subject_alt_name, critical ? 1 : 0, names), "alternative names"));
    add(extension.get());
  }

 private:
  void add(X509_EXTENSION* extension) {
    check(X509_add_ext(cert_, extension, -1), "adding an extension");
  }

  X509* cert_;
  X509V3_CTX context_;
};

std::string default_key_usage(KeyKind kind) {
  return kind == KeyKind::kRsa ? "digitalSignature,keyEncipherment" : "digitalSignature";
}

}  // namespace

// What makes it a root is that nobody else signs it.
Certificate Certificate::root(std::string_view common_name) {
  return Certificate::intermediate(common_name);
}

Certificate Certificate::intermediate(std::string_view common_name) {
  Certificate description = Certificate::leaf(common_name);
  description.ca(true).key_usage("keyCertSign,cRLSign").extended_key_usage("");
  return description;
}

Certificate Certificate::leaf(std::string_view common_name) {
  Certificate description;
  description.common_name(common_name)
      .extended_key_usage("serverAuth,clientAuth")
      .valid_days(-1, 30);
  return description;
}

Certificate Certificate::server(std::string_view dns_name) {
  Certificate description = Certificate::leaf(dns_name);
  description.dns(dns_name).ip("127.0.0.1").ip("::1").extended_key_usage("serverAuth");
  return description;
}

Certificate Certificate::client(std::string_view common_name) {
  Certificate description = Certificate::leaf(common_name);
  description.extended_key_usage("clientAuth");
  return description;
}

Certificate& Certificate::signed_by(const Identity& issuer) {
  issuer_ = issuer;
  return *this;
}

Certificate& Certificate::signed_by(const Identity& issuer, const Key& wrong_key) {
  issuer_ = issuer;
  wrong_signing_key_ = wrong_key;
  return *this;
}

Certificate& Certificate::key(KeySpec spec) {
  key_spec_ = spec;
  return *this;
}

Certificate& Certificate::key(const Key& key) {
  key_ = key;
  return *this;
}

Certificate& Certificate::common_name(std::string_view name) {
  if (name.empty()) {
    common_names_.clear();
  } else {
    common_names_.emplace_back(name);
  }
  return *this;
}

Certificate& Certificate::organization(std::string_view name) {
  organization_ = name;
  return *this;
}

Certificate& Certificate::dns(std::string_view name) {
  alternative_names_.push_back({GEN_DNS, std::string(name)});
  return *this;
}

Certificate& Certificate::ip(std::string_view address) {
  alternative_names_.push_back({GEN_IPADD, std::string(address)});
  return *this;
}

Certificate& Certificate::email(std::string_view address) {
  alternative_names_.push_back({GEN_EMAIL, std::string(address)});
  return *this;
}

Certificate& Certificate::uri(std::string_view uri) {
  alternative_names_.push_back({GEN_URI, std::string(uri)});
  return *this;
}

Certificate& Certificate::no_subject_alternative_name() {
  alternative_names_.clear();
  return *this;
}

Certificate& Certificate::valid_days(int from, int until) {
  const time_t now = time(nullptr);
  return valid_between(now + from * kDay, now + until * kDay);
}

Certificate& Certificate::valid_between(time_t not_before, time_t not_after) {
  not_before_ = not_before;
  not_after_ = not_after;
  return *this;
}

Certificate& Certificate::ca(bool is_ca) {
  is_ca_ = is_ca;
  return *this;
}

Certificate& Certificate::path_length(int length) {
  path_length_ = length;
  return *this;
}

Certificate& Certificate::no_basic_constraints() {
  has_basic_constraints_ = false;
  return *this;
}

Certificate& Certificate::key_usage(std::string_view usages) {
  key_usage_ = usages;
  return *this;
}

Certificate& Certificate::extended_key_usage(std::string_view purposes) {
  extended_key_usage_ = purposes;
  return *this;
}

Certificate& Certificate::name_constraints(std::string_view constraints) {
  return extension("nameConstraints", "critical," + std::string(constraints));
}

Certificate& Certificate::no_key_identifiers() {
  has_key_identifiers_ = false;
  return *this;
}

Certificate& Certificate::extension(std::string_view name, std::string_view value) {
  extensions_.push_back({std::string(name), std::string(value)});
  return *this;
}

Certificate& Certificate::raw_extension(std::string_view oid, std::string_view der, bool critical) {
  raw_extensions_.push_back({std::string(oid), std::string(der), critical});
  return *this;
}

Certificate& Certificate::unknown_critical_extension() {
  using namespace std::string_view_literals;
  return raw_extension("1.3.6.1.4.1.99999.1", "\x05\x00"sv, true);  // an ASN.1 NULL
}

Certificate& Certificate::digest(std::string_view name) {
  digest_ = name;
  return *this;
}

Certificate& Certificate::pss() {
  pss_ = true;
  return *this;
}

Certificate& Certificate::corrupt_signature() {
  corrupt_signature_ = true;
  return *this;
}

Certificate& Certificate::serial(uint64_t number) {
  serial_ = number;
  return *this;
}

Certificate& Certificate::version1() {
  version1_ = true;
  return *this;
}

void Certificate::write_subject(X509* cert) const {
  X509_NAME* subject = X509_get_subject_name(cert);
  if (!organization_.empty()) add_name_entry(subject, "O", organization_);
  for (const std::string& name : common_names_) add_name_entry(subject, "CN", name);
}

void Certificate::write_extensions(X509* cert, X509* issuer, KeyKind key_kind) const {
  ExtensionWriter writer(cert, issuer);
  if (has_basic_constraints_) {
    std::string value = is_ca_ ? "critical,CA:TRUE" : "critical,CA:FALSE";
    if (path_length_) value += ",pathlen:" + std::to_string(*path_length_);
    writer.add("basicConstraints", value);
  }
  const std::string usage = key_usage_.value_or(default_key_usage(key_kind));
  if (!usage.empty()) writer.add("keyUsage", "critical," + usage);
  if (!extended_key_usage_.empty()) writer.add("extendedKeyUsage", extended_key_usage_);
  if (!alternative_names_.empty()) {
    const NamesPtr names(check(GENERAL_NAMES_new(), "alternative names"));
    for (const AlternativeName& name : alternative_names_) {
      NamePtr one = general_name(name.type, name.value);
      check(sk_GENERAL_NAME_push(names.get(), one.get()), "alternative names");
      one.release();  // The list owns it now.
    }
    // RFC 5280, 4.2.1.6: critical when the subject is empty.
    const bool critical = X509_NAME_entry_count(X509_get_subject_name(cert)) == 0;
    writer.add_alternative_names(names.get(), critical);
  }
  if (has_key_identifiers_) {
    writer.add("subjectKeyIdentifier", "hash");
    const bool self_signed = cert == issuer;
    if (!self_signed && X509_get0_subject_key_id(issuer) != nullptr) {
      writer.add("authorityKeyIdentifier", "keyid:always");
    }
  }
  for (const Extension& extension : extensions_) writer.add(extension.name, extension.value);
  for (const RawExtension& extension : raw_extensions_) {
    writer.add_raw(extension.oid, extension.der, extension.critical);
  }
}

Identity Certificate::issue() const {
  const std::string label = common_names_.empty() ? "no name" : common_names_.front();
  const Key key = key_ ? *key_ : Key::cached(key_spec_, label);
  CertPtr cert(check(X509_new(), "certificate"));
  X509* issuer = issuer_ ? issuer_->impl().cert.get() : cert.get();

  check(X509_set_version(cert.get(), version1_ ? X509_VERSION_1 : X509_VERSION_3), "version");
  set_serial(cert.get(), serial_);
  check(ASN1_TIME_adj(X509_getm_notBefore(cert.get()), not_before_, 0, 0), "notBefore");
  check(ASN1_TIME_adj(X509_getm_notAfter(cert.get()), not_after_, 0, 0), "notAfter");
  write_subject(cert.get());
  check(X509_set_issuer_name(cert.get(), X509_get_subject_name(issuer)), "issuer");
  check(X509_set_pubkey(cert.get(), key.impl().key.get()), "public key");
  if (!version1_) write_extensions(cert.get(), issuer, key.impl().spec.kind);

  const Key& issuer_key = issuer_ ? issuer_->key() : key;
  const DigestContextPtr signature =
      start_signature(wrong_signing_key_.value_or(issuer_key), digest_, pss_);
  check(X509_sign_ctx(cert.get(), signature.get()), "signing");
  if (corrupt_signature_) cert = with_corrupt_signature(cert.get());
  return Identity(
      std::make_shared<Identity::Impl>(Identity::Impl{std::move(cert), key, issuer_}));
}

TestPki::TestPki(KeySpec key)
    : root(Certificate::root("Trestle Test Root").key(key).issue()),
      intermediate(
          Certificate::intermediate("Trestle Test CA").key(key).signed_by(root).issue()),
      server(Certificate::server("localhost").key(key).signed_by(intermediate).issue()),
      client(Certificate::client("Test Client").key(key).signed_by(intermediate).issue()) {}

}  // namespace trestle::testing
