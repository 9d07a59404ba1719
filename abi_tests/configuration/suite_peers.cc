// SPDX-License-Identifier: Apache-2.0
#include "abi_tests/configuration/suite_peers.h"

#include <cstdio>
#include <sstream>

namespace trestle::testing {
namespace {

// "RSA_PSK" of TLS_RSA_PSK_WITH_AES_128_CBC_SHA, and "AES_128_CBC_SHA".
std::pair<std::string, std::string> halves(const Suite& suite) {
  const std::string name = suite.name.substr(std::string("TLS_").size());
  const std::string with = "_WITH_";
  const size_t at = name.find(with);
  if (at == std::string::npos) return {"", name};  // TLS 1.3
  return {name.substr(0, at), name.substr(at + with.size())};
}

std::string with_hyphens(std::string text) {
  for (char& c : text) {
    if (c == '_') c = '-';
  }
  return text;
}

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

// GnuTLS names the parts: the cipher of AES_128_CBC_SHA is AES-128-CBC, its MAC is SHA1.
std::pair<std::string, std::string> gnutls_cipher_and_mac(const std::string& half) {
  std::string cipher = half;
  std::string hash;
  for (const char* each : {"_MD5", "_SHA", "_SHA256", "_SHA384"}) {
    if (!ends_with(half, each)) continue;
    hash = each;
    cipher = half.substr(0, half.size() - hash.size());
  }
  const bool aead = cipher.find("GCM") != std::string::npos ||
                    cipher.find("CCM") != std::string::npos ||
                    cipher.find("POLY1305") != std::string::npos;
  if (cipher == "RC4_128") cipher = "ARCFOUR_128";
  if (cipher == "3DES_EDE_CBC") cipher = "3DES_CBC";
  if (hash == "_SHA") hash = "_SHA1";
  return {with_hyphens(cipher), aead ? "AEAD" : hash.substr(1)};
}

// Every signature that a certificate of these tests can make; SIGN-ALL leaves DSA's out.
constexpr char kGnutlsRest[] =
    ":+GROUP-ALL:+SIGN-ALL:+SIGN-DSA-SHA1:+SIGN-DSA-SHA256:+CTYPE-X509:+COMP-NULL";

void add_once(const std::string& word, std::string* list) {
  if ((*list + ":").find(word + ":") == std::string::npos) *list += word;
}

// GnuTLS combines each key exchange with each cipher and MAC.
std::string gnutls_priority_of(const std::vector<Suite>& suites) {
  const bool tls13 = suites.front().tls13();
  std::string list = tls13 ? "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL" : "NONE:+VERS-TLS1.2";
  for (const Suite& suite : suites) {
    if (gnutls_suites().count(suite.id) == 0) continue;
    const auto [exchange, rest] = halves(suite);
    const auto [cipher, mac] = gnutls_cipher_and_mac(rest);
    add_once(":+" + cipher, &list);
    if (tls13) continue;
    add_once(":+" + (exchange == "DH_anon" ? "ANON-DH" : with_hyphens(exchange)), &list);
    add_once(":+" + mac, &list);
  }
  return tls13 ? list : list + kGnutlsRest;
}

std::string openssl_list_of(const std::vector<Suite>& suites) {
  std::string list;
  for (const Suite& suite : suites) {
    const auto found = openssl_suites().find(suite.id);
    if (found != openssl_suites().end()) list += (list.empty() ? "" : ":") + found->second;
  }
  return list;
}

// s_server would take 1024 bits for suites without a certificate.
std::string dh_parameters_file() {
  static TempDir directory;
  static const std::string path = directory.write(
      "dh.pem", run({"openssl", "genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt",
                     "group:ffdhe2048"})
                    .out);
  return path;
}

// The public list has the authority: a program's own extra suites don't matter here.
void add_if_ours(unsigned high, unsigned low, const std::string& name,
                 std::map<uint16_t, std::string>* suites) {
  const auto id = static_cast<uint16_t>(high << 8 | low);
  for (const Suite& suite : conformance::all_suites()) {
    if (suite.id == id) (*suites)[id] = name;
  }
}

std::map<uint16_t, std::string> parse_openssl_list() {
  std::map<uint16_t, std::string> suites;
  const char kEverything13[] =
      "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:"
      "TLS_AES_128_CCM_SHA256:TLS_AES_128_CCM_8_SHA256";
  const RunResult told = run({"openssl", "ciphers", "-V", "-ciphersuites", kEverything13,
                              "ALL:COMPLEMENTOFALL:@SECLEVEL=0"});
  std::istringstream lines(told.out);
  for (std::string line; std::getline(lines, line);) {
    unsigned high = 0, low = 0;
    char name[100];
    if (std::sscanf(line.c_str(), " 0x%x,0x%x - %99s", &high, &low, name) == 3)
      add_if_ours(high, low, name, &suites);
  }
  return suites;
}

std::map<uint16_t, std::string> parse_gnutls_list() {
  std::map<uint16_t, std::string> suites;
  const RunResult told = run({"gnutls-cli", "--list"});
  std::istringstream lines(told.out);
  for (std::string line; std::getline(lines, line);) {
    unsigned high = 0, low = 0;
    char name[100];
    if (std::sscanf(line.c_str(), "%99s 0x%x, 0x%x", name, &high, &low) == 3)
      add_if_ours(high, low, name, &suites);
  }
  return suites;
}

}  // namespace

const std::map<uint16_t, std::string>& openssl_suites() {
  static const std::map<uint16_t, std::string> suites = parse_openssl_list();
  return suites;
}

const std::map<uint16_t, std::string>& gnutls_suites() {
  static const std::map<uint16_t, std::string> suites = parse_gnutls_list();
  return suites;
}

bool has_suite(ServerKind kind, const Suite& suite) {
  const auto& suites = kind == ServerKind::kGnuTls ? gnutls_suites() : openssl_suites();
  return suites.count(suite.id) != 0;
}

bool has_suite(ClientKind kind, const Suite& suite) {
  const auto& suites = kind == ClientKind::kGnuTls ? gnutls_suites() : openssl_suites();
  return suites.count(suite.id) != 0;
}

bool can_prove(ServerKind kind, const Suite& suite) { return has_suite(kind, suite); }

bool can_prove(ClientKind kind, const Suite& suite) {
  // gnutls-cli 3.7.9 crashes after the handshake, when it describes the session.
  const bool dhe_psk = suite.name.rfind("TLS_DHE_PSK_", 0) == 0;
  return has_suite(kind, suite) && !(kind == ClientKind::kGnuTls && dhe_psk);
}

void speak_only(const std::vector<Suite>& suites, TlsOptions* options) {
  const bool tls13 = suites.front().tls13();
  options->min_version = options->max_version = tls13 ? TlsVersion::k13 : TlsVersion::k12;
  // The level is said in the list for TLS 1.2, but holds for TLS 1.3 as well.
  const std::string list = openssl_list_of(suites);
  options->openssl_ciphers = (tls13 ? "ALL" : list) + ":@SECLEVEL=0";
  if (tls13) options->openssl_ciphersuites = list;
  options->gnutls_priority = gnutls_priority_of(suites);
}

std::unique_ptr<Server> start_server_with(ServerKind kind, const std::vector<Suite>& suites,
                                          const Credentials& credentials) {
  ServerOptions options;
  options.identity = credentials.identity;
  options.psk = credentials.psk;
  speak_only(suites, &options);
  if (kind == ServerKind::kOpenSsl) options.extra_arguments = {"-dhparam", dh_parameters_file()};
  return start_server(kind, options);
}

}  // namespace trestle::testing
