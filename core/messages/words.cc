// SPDX-License-Identifier: Apache-2.0
#include "core/messages/words.h"

#include <arpa/inet.h>

#include "core/pki/text.h"
#include "trestle/trestle.h"

namespace trestle {
namespace {

constexpr size_t kOneNameMax = 256;  // a DNS name has at most 253
constexpr size_t kNamesMax = 300;

// IANA's registry of TLS alerts. nullptr: it has no such number.
const char* alert_name(uint32_t alert) {
  switch (alert) {
    case 0: return "close_notify";
    case 10: return "unexpected_message";
    case 20: return "bad_record_mac";
    case 21: return "decryption_failed";
    case 22: return "record_overflow";
    case 30: return "decompression_failure";
    case 40: return "handshake_failure";
    case 41: return "no_certificate";
    case 42: return "bad_certificate";
    case 43: return "unsupported_certificate";
    case 44: return "certificate_revoked";
    case 45: return "certificate_expired";
    case 46: return "certificate_unknown";
    case 47: return "illegal_parameter";
    case 48: return "unknown_ca";
    case 49: return "access_denied";
    case 50: return "decode_error";
    case 51: return "decrypt_error";
    case 60: return "export_restriction";
    case 70: return "protocol_version";
    case 71: return "insufficient_security";
    case 80: return "internal_error";
    case 86: return "inappropriate_fallback";
    case 90: return "user_canceled";
    case 100: return "no_renegotiation";
    case 109: return "missing_extension";
    case 110: return "unsupported_extension";
    case 111: return "certificate_unobtainable";
    case 112: return "unrecognized_name";
    case 113: return "bad_certificate_status_response";
    case 114: return "bad_certificate_hash_value";
    case 115: return "unknown_psk_identity";
    case 116: return "certificate_required";
    case 120: return "no_application_protocol";
    case 121: return "ech_required";
    default: return nullptr;
  }
}

std::string alert_text(uint32_t alert) {
  const char* name = alert_name(alert);
  return "alert " + std::to_string(alert) + (name ? " (" + std::string(name) + ")" : "");
}

std::string in_quotes(std::string_view name) {
  std::string text = pki::is_utf8(name) ? pki::escape_text(name, "\"\\", kOneNameMax)
                                        : pki::hex_text(pki::Bytes(name), kOneNameMax);
  pki::shorten_text(kOneNameMax, &text);
  return "\"" + text + "\"";
}

std::string address_text(pki::Bytes address) {
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(address.size == 4 ? AF_INET : AF_INET6, address.data, text, sizeof text);
  return text;
}

// Of thousands of names, as many as there is room for; the first in any case.
std::string list_of(const pki::GeneralNames& names) {
  const size_t count = names.dns.size() + names.ip.size();
  std::string list;
  for (size_t i = 0; i < count; ++i) {
    const std::string name = in_quotes(i < names.dns.size()
                                           ? std::string(names.dns[i].text())
                                           : address_text(names.ip[i - names.dns.size()]));
    if (i > 0 && list.size() + name.size() > kNamesMax)
      return list + " and " + std::to_string(count - i) + " more";
    list += (i > 0 ? ", " : "") + name;
  }
  return list;
}

}  // namespace

std::string timeout_words(int32_t result, uint32_t timeout_ms) {
  const std::string ms = std::to_string(timeout_ms) + " ms (TRESTLE_OPTION_";
  switch (result) {
    case TRESTLE_RESULT_CONNECT_TIMEOUT:
      return "TCP did not connect within " + ms + "CONNECT_TIMEOUT)";
    case TRESTLE_RESULT_HELLO_TIMEOUT:
      return "the handshake was not complete within " + ms + "HELLO_TIMEOUT)";
    case TRESTLE_RESULT_RECEIVE_TIMEOUT:
      return "nothing came from the peer in the handshake for " + ms + "RECEIVE_TIMEOUT)";
    default:
      return "the peer did not close within " + ms + "CLOSE_TIMEOUT)";
  }
}

std::string ending_words(int32_t result, uint32_t alert, uint32_t alert_direction,
                         bool in_handshake) {
  const char* when = in_handshake ? ", within the handshake" : "";
  if (alert_direction == TRESTLE_ALERT_DIRECTION_RECEIVED)
    return "the peer sent " + alert_text(alert);
  switch (result) {
    case TRESTLE_RESULT_TRUNCATED:
      return std::string("the peer ended the transport without close_notify") + when;
    case TRESTLE_RESULT_CONNECTION_RESET:
      return std::string("the transport was reset") + when;
    case TRESTLE_RESULT_TRANSPORT:
      return std::string("the transport failed") + when;
  }
  const bool sent = alert_direction == TRESTLE_ALERT_DIRECTION_SENT;
  return sent ? alert_text(alert) + " was sent to the peer" : "";
}

std::string name_mismatch_words(std::string_view wanted, const pki::GeneralNames& presented) {
  const std::string list = list_of(presented);
  return "the certificate is not for " + in_quotes(wanted) + "; it " +
         (list.empty() ? "has no DNS name and no IP address" : "is for " + list);
}

std::string name_not_checked_words() {
  return "there is no name to compare the certificate with (TRESTLE_OPTION_SERVER_NAME)";
}

std::string rejected_words(const std::string& found) {
  return join_words("the program rejected the peer's certificate", found);
}

std::string join_words(std::string general, const std::string& particular) {
  if (!general.empty() && !particular.empty()) general += ": ";
  return general + particular;
}

}  // namespace trestle
