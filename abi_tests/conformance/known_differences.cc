// SPDX-License-Identifier: Apache-2.0
#include "abi_tests/conformance/known_differences.h"

namespace trestle::conformance {
namespace {

using Rows = std::vector<KnownDifference>;

// ---- what a library cannot do ----

constexpr char kOpensslWithout[] = "Debian's OpenSSL is built without RC4 and 3DES in TLS";
constexpr char kWolfsslWithout[] =
    "Debian's wolfSSL is built without static RSA, static PSK (but for one suite), RSA_PSK, DSS, "
    "most anonymous suites, and some CCM suites";

void add_missing(Rows* rows, const char* backend, const char* reason,
                 std::initializer_list<const char*> features) {
  for (const char* feature : features) rows->push_back({feature, backend, "-", "*", "no", reason});
}

void add_missing_suites(Rows* rows) {
  add_missing(rows, "openssl", kOpensslWithout,
              {
                  "has TLS_RSA_WITH_RC4_128_MD5",
                  "has TLS_RSA_WITH_RC4_128_SHA",
                  "has TLS_RSA_WITH_3DES_EDE_CBC_SHA",
                  "has TLS_DHE_DSS_WITH_3DES_EDE_CBC_SHA",
                  "has TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA",
                  "has TLS_DH_anon_WITH_3DES_EDE_CBC_SHA",
                  "has TLS_DH_anon_WITH_RC4_128_MD5",
                  "has TLS_PSK_WITH_RC4_128_SHA",
                  "has TLS_PSK_WITH_3DES_EDE_CBC_SHA",
                  "has TLS_DHE_PSK_WITH_RC4_128_SHA",
                  "has TLS_DHE_PSK_WITH_3DES_EDE_CBC_SHA",
                  "has TLS_RSA_PSK_WITH_RC4_128_SHA",
                  "has TLS_RSA_PSK_WITH_3DES_EDE_CBC_SHA",
              });
  add_missing(rows, "wolfssl", kWolfsslWithout,
              {
                  "has TLS_RSA_WITH_NULL_MD5",
                  "has TLS_RSA_WITH_NULL_SHA",
                  "has TLS_RSA_WITH_NULL_SHA256",
                  "has TLS_RSA_WITH_RC4_128_MD5",
                  "has TLS_RSA_WITH_RC4_128_SHA",
                  "has TLS_RSA_WITH_3DES_EDE_CBC_SHA",
                  "has TLS_RSA_WITH_AES_128_CBC_SHA",
                  "has TLS_RSA_WITH_AES_128_CBC_SHA256",
                  "has TLS_RSA_WITH_AES_256_CBC_SHA",
                  "has TLS_RSA_WITH_AES_256_CBC_SHA256",
                  "has TLS_DHE_DSS_WITH_3DES_EDE_CBC_SHA",
                  "has TLS_DHE_DSS_WITH_AES_128_CBC_SHA",
                  "has TLS_DHE_DSS_WITH_AES_128_CBC_SHA256",
                  "has TLS_DHE_DSS_WITH_AES_256_CBC_SHA",
                  "has TLS_DHE_DSS_WITH_AES_256_CBC_SHA256",
                  "has TLS_DH_anon_WITH_3DES_EDE_CBC_SHA",
                  "has TLS_DH_anon_WITH_AES_128_CBC_SHA256",
                  "has TLS_DH_anon_WITH_AES_256_CBC_SHA",
                  "has TLS_DH_anon_WITH_AES_256_CBC_SHA256",
                  "has TLS_DH_anon_WITH_RC4_128_MD5",
                  "has TLS_PSK_WITH_RC4_128_SHA",
                  "has TLS_PSK_WITH_3DES_EDE_CBC_SHA",
                  "has TLS_PSK_WITH_AES_128_CBC_SHA",
                  "has TLS_PSK_WITH_AES_256_CBC_SHA",
                  "has TLS_DHE_PSK_WITH_RC4_128_SHA",
                  "has TLS_DHE_PSK_WITH_3DES_EDE_CBC_SHA",
                  "has TLS_DHE_PSK_WITH_AES_128_CBC_SHA",
                  "has TLS_DHE_PSK_WITH_AES_256_CBC_SHA",
                  "has TLS_RSA_PSK_WITH_RC4_128_SHA",
                  "has TLS_RSA_PSK_WITH_3DES_EDE_CBC_SHA",
                  "has TLS_RSA_PSK_WITH_AES_128_CBC_SHA",
                  "has TLS_RSA_PSK_WITH_AES_256_CBC_SHA",
                  "has TLS_ECDHE_ECDSA_WITH_AES_256_CCM",
                  "has TLS_DHE_RSA_WITH_AES_128_CCM",
                  "has TLS_DHE_RSA_WITH_AES_256_CCM",
                  "has TLS_RSA_WITH_AES_128_GCM_SHA256",
                  "has TLS_RSA_WITH_AES_256_GCM_SHA384",
                  "has TLS_PSK_WITH_AES_128_GCM_SHA256",
                  "has TLS_PSK_WITH_AES_256_GCM_SHA384",
              });
}

constexpr char kSha1Dsa[] = "libwolfssl's DSA takes digests of SHA-1 alone, so it isn't used";

void add_missing_abilities(Rows* rows) {
  add_missing(rows, "openssl", "libssl has no function that sends an alert",
              {"sends any alert at any time"});
  add_missing(rows, "wolfssl", "libwolfssl has no function that sends an alert",
              {"sends any alert at any time"});
  add_missing(rows, "wolfssl", "Debian's wolfSSL has no FFDHE group above 3072 bits in TLS 1.3",
              {"has group ffdhe4096"});
  add_missing(rows, "wolfssl", kSha1Dsa, {"verifies dsa_sha1", "verifies dsa_sha256"});
  for (const char* feature :
       {"signature: dsa_sha1 with DSA", "signature: dsa_sha256 with DSA"}) {
    rows->push_back({feature, "wolfssl", "-", "*", "not supported", kSha1Dsa});
  }
  for (const char* feature : {"identity: DSA 2048 in PKCS#8", "identity: DSAPrivateKey"}) {
    rows->push_back({feature, "wolfssl", "-", "*", "NOT_SUPPORTED",
                     "wolfSSL has no DSS suite, so a DSA key has no use in it"});
  }
  for (const char* feature :
       {"chain of 10 certificates", "chain of 16 certificates", "chain of 30 certificates"}) {
    rows->push_back({feature, "wolfssl", "-", "*", "CERT_CHAIN_TOO_LONG, alert 42 sent",
                     "Debian's wolfSSL is built for chains of nine certificates at most"});
  }
  rows->push_back({"PSK identity with a zero byte: client, TLS 1.2", "openssl", "-", "*",
                   "NOT_SUPPORTED", "libssl takes the client's identity as a C string"});
  for (const char* feature : {"PSK identity with a zero byte: client, TLS 1.2",
                              "PSK identity with a zero byte: server, TLS 1.2",
                              "PSK identity with a zero byte: client, TLS 1.3",
                              "PSK identity with a zero byte: server, TLS 1.3"}) {
    rows->push_back({feature, "wolfssl", "-", "*", "NOT_SUPPORTED",
                     "libwolfssl takes and gives identities as C strings"});
  }
}

void add_identities(Rows* rows) {
  const auto add = [rows](const char* backend, const char* reason,
                          std::initializer_list<const char*> features) {
    for (const char* feature : features) {
      rows->push_back({feature, backend, "-", "*", "NOT_SUPPORTED", reason});
    }
  };
  add("gnutls", "GnuTLS has no scrypt", {"identity: encrypted PKCS#8, scrypt"});
  add("gnutls", "GnuTLS has no Camellia in PBES2", {"identity: PKCS#12, Camellia"});
  add("gnutls", "GnuTLS derives no key of PKCS#12's own ciphers without a password",
      {"identity: PKCS#12, no password at all, 3DES"});
  add("gnutls", "GnuTLS takes passwords of PKCS#12 in UTF-8 alone",
      {"identity: PKCS#12, password that is no UTF-8",
       "identity: PKCS#12, password that is no UTF-8, 3DES"});
  add("wolfssl", "libwolfssl has PBES2 with 3DES, AES-128 and AES-256, and PBKDF2 with SHA-1 and "
      "SHA-256",
      {"identity: encrypted PKCS#8, AES-192", "identity: encrypted PKCS#8, PBKDF2 with SHA-384",
       "identity: encrypted PKCS#8, PBKDF2 with SHA-512", "identity: encrypted PKCS#8, scrypt",
       "identity: PKCS#12, AES-192", "identity: PKCS#12, Camellia"});
  add("wolfssl", "libwolfssl takes passwords of PKCS#12 of up to 127 ASCII characters",
      {"identity: PKCS#12, password in Latin-1's range",
       "identity: PKCS#12, password in Latin-1's range, 3DES",
       "identity: PKCS#12, password beyond Latin-1",
       "identity: PKCS#12, password beyond Latin-1, 3DES",
       "identity: PKCS#12, password that is no UTF-8",
       "identity: PKCS#12, password that is no UTF-8, 3DES",
       "identity: PKCS#12, password of 300 bytes",
       "identity: PKCS#12, password of 300 bytes, 3DES"});
  for (const char* feature : {"identity: PKCS#12, no password at all",
                              "identity: PKCS#12, no password at all, 3DES"}) {
    rows->push_back({feature, "wolfssl", "-", "*", "WRONG_PASSWORD",
                     "libwolfssl knows the empty password, but not none at all, and can't tell such "
                     "a PKCS#12 from one under a password"});
  }
  add("wolfssl", "libwolfssl loads RSA keys of 1024 to 4096 bits", {"identity: RSA 512"});
  add("wolfssl", "libwolfssl refuses while it parses the certificate",
      {"identity: certificate with an unknown critical extension"});
}

// ---- what a library insists on ----

constexpr char kKeyUsage[] = "GnuTLS enforces the key usage of both sides, after a yes as well";
constexpr char kOpensslKeyUsage[] =
    "in TLS 1.2, libssl wants digitalSignature in the key usage of an EC certificate";
constexpr char kParsed[] =
    "libwolfssl refuses while it parses the certificate, before anyone is asked";

void add_key_usage(Rows* rows) {
  for (const char* feature :
       {"a yes to a server certificate with key usage keyAgreement alone",
        "a yes to a server certificate with key usage keyCertSign alone"}) {
    rows->push_back({feature, "gnutls", "*", "*", "refused", kKeyUsage});
    rows->push_back({feature, "*", "gnutls", "*", "refused", kKeyUsage});
    rows->push_back({feature, "openssl", "*", "1.2", "refused", kOpensslKeyUsage});
    rows->push_back({feature, "*", "openssl", "1.2", "refused", kOpensslKeyUsage});
  }
  for (const char* feature :
       {"a yes to a client certificate with key usage keyAgreement alone",
        "a yes to a client certificate with key usage keyCertSign alone",
        "a yes to a server certificate with RSA and key usage keyEncipherment alone",
        "a yes to a client certificate with RSA and key usage keyEncipherment alone"}) {
    rows->push_back({feature, "gnutls", "*", "*", "refused", kKeyUsage});
    rows->push_back({feature, "*", "gnutls", "*", "refused", kKeyUsage});
  }
}

void add_unreadable_certificates(Rows* rows) {
  for (const char* feature : {"a yes to a server certificate with an unknown critical extension",
                              "a yes to a server certificate with name constraints"}) {
    // Not wolfSSL with itself: it can't have such a certificate of its own.
    for (const char* server : {"openssl", "gnutls"})
      rows->push_back({feature, "wolfssl", server, "*", "refused", kParsed});
  }
  for (const char* feature : {"a yes to a client certificate with an unknown critical extension",
                              "a yes to a client certificate with name constraints"}) {
    for (const char* client : {"openssl", "gnutls"})
      rows->push_back({feature, client, "wolfssl", "*", "refused", kParsed});
  }
  for (const char* feature : {"one's own certificate with an unknown critical extension",
                              "one's own certificate with name constraints"}) {
    rows->push_back({feature, "wolfssl", "-", "*", "refused", kParsed});
  }
}

constexpr char kViolation[] = "PROTOCOL_VIOLATION, alert 10 sent";

void add_other_habits(Rows* rows) {
  rows->push_back({"finite fields between curves in the list of groups", "gnutls", "-", "*",
                   "NOT_SUPPORTED", "GnuTLS puts curves before finite fields in any case"});
  rows->push_back({"offers the configured signature schemes in their order", "wolfssl", "-", "*",
                   "0503 0403 0805 080a 0804 0809",
                   "libwolfssl adds rsa_pss_pss to each rsa_pss_rsae"});
  rows->push_back({"CertificateRequest lists the configured signature schemes, TLS 1.2", "wolfssl",
                   "-", "*", "0503 0403 0804 0809",
                   "libwolfssl adds rsa_pss_pss to each rsa_pss_rsae"});
  rows->push_back({"CertificateRequest lists the configured signature schemes, TLS 1.3", "wolfssl",
                   "-", "*",
                   "0603 0503 0403 0203 0807 0808 0806 080b 0805 080a 0804 0809 0601 0501 0401 "
                   "0301 0201",
                   "libwolfssl lists all that it knows; what a client signs with is held to the "
                   "configured ones nevertheless"});
  rows->push_back({"a yes to a client certificate with RSA of 1024 bits", "gnutls", "wolfssl",
                   "1.3", "refused",
                   "libwolfssl's list begins with the longest hashes; GnuTLS takes the first that "
                   "is RSA-PSS, for which 1024 bits are too few"});
  rows->push_back({"suite TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA negotiates itself", "*", "wolfssl",
                   "*", "no",
                   "libwolfssl's server takes this suite only if its leaf is signed with RSA"});
  rows->push_back({"20 key updates at once, each with data behind it", "gnutls", "-", "*",
                   kViolation,
                   "libgnutls follows eight key updates within a second, and no more"});
  for (const char* feature : {"4 x warning 90 before the client's second flight, TLS 1.3",
                              "5 x warning 90 before the client's second flight, TLS 1.3"}) {
    rows->push_back({feature, "gnutls", "-", "*", "ALERT_RECEIVED, alert 90 received",
                     "a libgnutls server that has keys takes no alert in the clear, and ends"});
  }
  for (const char* feature : {"fatal alert 40 in place of a ClientHello",
                              "fatal alert 70 in place of a ClientHello",
                              "fatal alert 112 in place of a ClientHello",
                              "fatal alert 255 in place of a ClientHello"}) {
    rows->push_back({feature, "openssl", "-", "*", kViolation,
                     "libssl's server takes any alert ahead of a ClientHello for unexpected"});
  }
  for (const char* feature : {"1 x warning 100 before the ServerHello, TLS 1.2",
                              "1 x warning 100 before the ServerHello, TLS 1.3",
                              "1 x warning 100 before the server's second flight, TLS 1.2",
                              "1 x warning 100 before the client's second flight, TLS 1.2"}) {
    rows->push_back({feature, "openssl", "-", "*", "HANDSHAKE_FAILED, alert 40 sent",
                     "the library's own alert for no_renegotiation is handshake_failure"});
  }
  rows->push_back({"DSA server of both versions, client of TLS 1.3: server's result", "*", "openssl",
                   "*", "NO_COMMON_VERSION, alert 70 sent",
                   "a libssl server without a key for TLS 1.3 says that it hasn't got TLS 1.3"});
  rows->push_back({"close_notify while half a ticket has come", "openssl", "-", "*", "FAILURE",
                   "libssl sends none within a message of the peer's"});
  rows->push_back({"a certificate in 200 encrypted records", "gnutls", "-", "*", kViolation,
                   "libgnutls tells nothing of a message in the making, so that 128 records without "
                   "an end are taken for a flood"});
  rows->push_back({"renegotiation wanted by the client", "wolfssl", "-", "*",
                   kViolation,
                   "libwolfssl takes a second ClientHello for an unexpected message"});
}

constexpr char kTooLarge[] = "libwolfssl takes Certificate messages of up to 18,462 bytes";

void add_large_certificates(Rows* rows) {
  for (const char* feature : {"certificate of 90 KB, of a server",
                              "a certificate in 100 encrypted records",
                              "a certificate in 200 encrypted records"}) {
    rows->push_back({feature, "wolfssl", "-", "*", "PROTOCOL_VIOLATION, alert 47 sent", kTooLarge});
  }
  rows->push_back({"certificate of 90 KB, of a client", "wolfssl", "-", "1.2",
                   "PROTOCOL_VIOLATION, alert 47 sent", kTooLarge});
  rows->push_back({"certificate of 90 KB, of a client", "wolfssl", "-", "1.3", "PROTOCOL_VIOLATION",
                   "libwolfssl takes Certificate messages of up to 18,462 bytes, and as a server of "
                   "TLS 1.3 sends no alert"});
}

// ---- a client's RSA certificate, and a server that lists ECDSA alone ----

constexpr char kListsAll[] =
    "libwolfssl's CertificateRequest of TLS 1.3 lists all that it knows, so clients come with what "
    "the configuration leaves out";
constexpr char kInsistsOnItsOwn[] =
    "in TLS 1.3, a libwolfssl client that has a certificate fails if it can't use it";

void add_unfit_identities(Rows* rows) {
  for (const char* feature : {"client has RSA, server lists ECDSA, requested: server's result",
                              "client has RSA, server lists ECDSA, required: server's result"}) {
    rows->push_back({feature, "*", "wolfssl", "1.3", "CERT_UNSUPPORTED_ALGORITHM, alert 42 sent",
                     kListsAll});
    rows->push_back(
        {feature, "wolfssl", "*", "1.3", "ALERT_RECEIVED, alert 47 received", kInsistsOnItsOwn});
  }
  for (const char* feature : {"client has RSA, server lists ECDSA, requested: client's result",
                              "client has RSA, server lists ECDSA, required: client's result"}) {
    rows->push_back(
        {feature, "*", "wolfssl", "1.3", "ALERT_RECEIVED, alert 42 received", kListsAll});
    rows->push_back(
        {feature, "wolfssl", "*", "1.3", "PROTOCOL_VIOLATION, alert 47 sent", kInsistsOnItsOwn});
  }
}

// ---- with the TLS libraries' own programs, seen through libtrestle ----

constexpr char kNoRenegotiationInfo[] =
    "Debian's libwolfssl sends neither renegotiation_info nor its signalling value as a client, so "
    "no server can answer them";

void add_with_real_peers(Rows* rows) {
  rows->push_back({"PSK of TLS 1.3 with a server of TLS 1.2", "wolfssl", "*", "1.2", "refused",
                   "a libwolfssl client that has offered a PSK of TLS 1.3 can't go back to TLS 1.2"});
  rows->push_back({"PSK with a server that prefers psk_ke", "wolfssl", "gnutls-serv", "1.3",
                   "HANDSHAKE_FAILED, alert 20 sent",
                   "libwolfssl always offers psk_ke along with psk_dhe_ke; a handshake with it fails"});
  rows->push_back({"TLS 1.2 without renegotiation_info", "wolfssl", "gnutls-serv without RFC 5746",
                   "1.2", "SUCCESS", kNoRenegotiationInfo});
  rows->push_back({"TLS 1.2 with renegotiation_info", "wolfssl",
                   "gnutls-serv that insists on RFC 5746", "1.2",
                   "ALERT_RECEIVED, alert 40 received", kNoRenegotiationInfo});
  rows->push_back({"verdict asked for: UnknownCriticalExtension", "wolfssl", "s_server", "*",
                   "not asked: CERT_UNKNOWN_CRITICAL_EXTENSION", kParsed});
  rows->push_back({"verdict decided on: UnknownCriticalExtension", "wolfssl", "s_server", "*",
                   "CERT_UNKNOWN_CRITICAL_EXTENSION, certificate -1 ''", kParsed});
  rows->push_back({"verdict asked for: EmptyAlternativeNames", "wolfssl", "s_server", "*",
                   "not asked: CERT_MALFORMED", kParsed});
  rows->push_back({"verdict decided on: EmptyAlternativeNames", "wolfssl", "s_server", "*",
                   "CERT_MALFORMED, certificate -1 ''", kParsed});
  rows->push_back({"a server's certificate is rejected", "openssl", "gnutls-serv, by its log", "1.3",
                   "sent alert 20",
                   "libssl sends this alert before it switches its writing to handshake keys; "
                   "gnutls-serv, unlike s_server and nginx, takes it for a broken record"});
}

// What is found in freed memory; the plugins and the core wipe their own copies.
void add_unwiped_copies(Rows* rows) {
  const auto add = [rows](const char* what, const char* backend, const char* by,
                          const char* reason) {
    rows->push_back({what, backend, "itself", "*", by, reason});
  };
  add("freed without being wiped: a private key", "openssl", "by libcrypto.so.3",
      "libcrypto's own decoder, through which each private key goes, reads into a buffer that it "
      "frees as it is");
  add("freed without being wiped: a password", "gnutls", "by libgnutls.so.30, libunistring.so.2",
      "libgnutls normalises each password in buffers of its own, which it frees as they are");
  add("freed without being wiped: a private key", "wolfssl", "by libwolfssl.so.35",
      "libwolfssl frees the decrypted content of a PKCS#12 file as it is");
}

// ---- alerts that a library chooses by itself ----

void add_other_alerts(Rows* rows) {
  rows->push_back({"server sends a Certificate message without certificates", "openssl", "-", "*",
                   "PROTOCOL_VIOLATION, alert 50 sent",
                   "the library's own alert for an empty chain is decode_error"});
  rows->push_back({"client sends a Certificate message unasked in TLS 1.3", "wolfssl", "-", "*",
                   "PROTOCOL_VIOLATION, alert 42 sent",
                   "the library's own alert for a certificate that is refused is bad_certificate"});
  for (const char* backend : {"openssl", "wolfssl"}) {
    rows->push_back({"Diffie-Hellman of 1024 bits, at least 2048 wanted", backend, "-", "*",
                     "HANDSHAKE_FAILED, alert 40 sent",
                     "the library's own alert for a weak group is handshake_failure"});
    rows->push_back({"another PSK: server's result", "*", backend, "1.3",
                     "HANDSHAKE_FAILED, alert 47 sent",
                     "the library's own alert for a wrong binder is illegal_parameter"});
    rows->push_back({"another PSK: client's result", "*", backend, "1.3",
                     "ALERT_RECEIVED, alert 47 received",
                     "the library's own alert for a wrong binder is illegal_parameter"});
  }
}

}  // namespace

const std::vector<KnownDifference>& known_differences() {
  static const std::vector<KnownDifference> table = [] {
    Rows rows;
    add_missing_suites(&rows);
    add_missing_abilities(&rows);
    add_identities(&rows);
    add_key_usage(&rows);
    add_unreadable_certificates(&rows);
    add_other_habits(&rows);
    add_large_certificates(&rows);
    add_other_alerts(&rows);
    add_unfit_identities(&rows);
    add_with_real_peers(&rows);
    add_unwiped_copies(&rows);
    return rows;
  }();
  return table;
}

std::string known_differences_as_markdown() {
  std::string text =
      "| Feature | Client | Server | TLS | What happens instead | Why |\n"
      "|---|---|---|---|---|---|\n";
  for (const KnownDifference& row : known_differences()) {
    const bool alone = std::string(row.server) == "-";
    text += std::string("| ") + row.feature + " | " + row.client + " | " +
            (alone ? "(alone)" : row.server) + " | " + row.version + " | " + row.deviation +
            " | " + row.reason + " |\n";
  }
  return text;
}

}  // namespace trestle::conformance
