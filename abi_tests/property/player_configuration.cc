// SPDX-License-Identifier: Apache-2.0
// A player's CONFIG requests, valid and not, in any state. What is valid leaves the peer able to
// connect.
#include <stdexcept>
#include <string_view>

#include "abi_tests/property/player.h"

namespace trestle::testing {
namespace {

constexpr int32_t kOk = TRESTLE_RESULT_SUCCESS;
constexpr int32_t kBad = TRESTLE_RESULT_BAD_ARGUMENT;
constexpr int32_t kUnknown = TRESTLE_RESULT_UNKNOWN_OPTION;

struct OptionCase {
  uint32_t option;
  int64_t number;
  std::string_view bytes;
  int32_t result;     // the function's
  int32_t confirmed;  // where the session can be configured, and it is an option of its role
};

constexpr int64_t kDay = 86400000;
constexpr std::string_view kTooLong =
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

constexpr OptionCase kOptions[] = {
    {TRESTLE_OPTION_VERSION_MIN, TRESTLE_VERSION_TLS12, {}, kOk, kOk},
    {TRESTLE_OPTION_VERSION_MIN, TRESTLE_VERSION_TLS13, {}, kOk, kOk},
    {TRESTLE_OPTION_VERSION_MIN, TRESTLE_VERSION_TLS12 - 1, {}, kBad, 0},
    {TRESTLE_OPTION_VERSION_MAX, TRESTLE_VERSION_TLS12, {}, kOk, kOk},
    {TRESTLE_OPTION_VERSION_MAX, TRESTLE_VERSION_TLS13, {}, kOk, kOk},
    {TRESTLE_OPTION_VERSION_MAX, TRESTLE_VERSION_TLS13 + 1, {}, kBad, 0},
    {TRESTLE_OPTION_SERVER_NAME, 0, "localhost", kOk, kOk},
    {TRESTLE_OPTION_SERVER_NAME, 0, {}, kOk, kOk},
    {TRESTLE_OPTION_SERVER_NAME, 0, "no name", kOk, kBad},
    {TRESTLE_OPTION_SERVER_NAME, 0, {"a\0b", 3}, kBad, 0},
    {TRESTLE_OPTION_SERVER_NAME, 0, kTooLong, kBad, 0},
    {TRESTLE_OPTION_SERVER_NAME, 1, "localhost", kBad, 0},
    {TRESTLE_OPTION_CERT_DECISION, TRESTLE_CERT_DECISION_ASK, {}, kOk, kOk},
    {TRESTLE_OPTION_CERT_DECISION, 2, {}, kBad, 0},
    {TRESTLE_OPTION_CLIENT_AUTH, TRESTLE_CLIENT_AUTH_NONE, {}, kOk, kOk},
    {TRESTLE_OPTION_CLIENT_AUTH, TRESTLE_CLIENT_AUTH_REQUIRE, {}, kOk, kOk},
    {TRESTLE_OPTION_CLIENT_AUTH, -1, {}, kBad, 0},
    {TRESTLE_OPTION_PSK_IDENTITY, 0, "somebody", kOk, kOk},
    {TRESTLE_OPTION_PSK_IDENTITY, 0, {}, kBad, 0},
    {TRESTLE_OPTION_PSK_IDENTITY, 0, kTooLong, kBad, 0},
    {TRESTLE_OPTION_SEND_WINDOW, 1, {}, kOk, kOk},
    {TRESTLE_OPTION_SEND_WINDOW, 9, {}, kOk, kOk},
    {TRESTLE_OPTION_SEND_WINDOW, 0, {}, kBad, 0},
    {TRESTLE_OPTION_SEND_WINDOW, 1025, {}, kBad, 0},
    {TRESTLE_OPTION_SEND_WINDOW, 2, "2", kBad, 0},
    {TRESTLE_OPTION_RECEIVE_WINDOW, 1, {}, kOk, kOk},
    {TRESTLE_OPTION_RECEIVE_WINDOW, 7, {}, kOk, kOk},
    {TRESTLE_OPTION_RECEIVE_WINDOW, 0, {}, kBad, 0},
    {TRESTLE_OPTION_CONNECT_TIMEOUT, 0, {}, kOk, kOk},
    {TRESTLE_OPTION_CONNECT_TIMEOUT, kDay + 1, {}, kBad, 0},
    {TRESTLE_OPTION_HELLO_TIMEOUT, kDay, {}, kOk, kOk},
    {TRESTLE_OPTION_HELLO_TIMEOUT, -1, {}, kBad, 0},
    {TRESTLE_OPTION_RECEIVE_TIMEOUT, kDay, {}, kOk, kOk},
    {TRESTLE_OPTION_RECEIVE_TIMEOUT, INT64_MIN, {}, kBad, 0},
    {TRESTLE_OPTION_CLOSE_TIMEOUT, 10, {}, kOk, kOk},
    {TRESTLE_OPTION_CLOSE_TIMEOUT, INT64_MAX, {}, kBad, 0},
    {TRESTLE_OPTION_ACCEPT_WINDOW, 1, {}, kOk, kOk},
    {TRESTLE_OPTION_ACCEPT_WINDOW, 5, {}, kOk, kOk},
    {TRESTLE_OPTION_ACCEPT_WINDOW, 4097, {}, kBad, 0},
    {0, 0, {}, kUnknown, 0},
    {TRESTLE_OPTION_ACCEPT_WINDOW + 1, 1, {}, kUnknown, 0},
};

struct CipherCase {
  std::vector<uint16_t> suites;
  uint16_t keybits_min, keybits_max;
  int32_t result, confirmed;
};

// With a suite for each version, whatever VERSION_MIN and VERSION_MAX are.
const std::vector<CipherCase>& cipher_cases() {
  static const std::vector<uint16_t> good = {TRESTLE_TLS_AES_256_GCM_SHA384,
                                             TRESTLE_TLS_AES_128_GCM_SHA256,
                                             TRESTLE_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256};
  static const std::vector<uint16_t> with_none = {TRESTLE_TLS_AES_128_GCM_SHA256,
                                                  TRESTLE_TLS_NULL_WITH_NULL_NULL};
  static const std::vector<CipherCase> cases = {
      {good, 0, 0, kOk, kOk},
      {good, 256, 256, kOk, kOk},
      {good, 0, 16384, kOk, kOk},
      {with_none, 0, 0, kOk, TRESTLE_RESULT_SUITE_NOT_SUPPORTED},
      {{0x4A4A}, 0, 0, kOk, TRESTLE_RESULT_SUITE_NOT_SUPPORTED},
      {good, 257, 256, kBad, 0},
      {{}, 0, 0, TRESTLE_RESULT_NULL_ARGUMENT, 0},
      {std::vector<uint16_t>(TRESTLE_SUITES_MAX + 1, TRESTLE_TLS_AES_128_GCM_SHA256), 0, 0, kBad,
       0},
  };
  return cases;
}

}  // namespace

void Player::configure() {
  switch (pick(4)) {
    case 0: return configure_compression();
    case 1: return configure_cipher();
    default: return configure_option();
  }
}

// What became of a request: the function's result, and the confirm's to come.
void Player::configuration(uint32_t cfm, uint64_t tag, int32_t result, int32_t expected,
                           int32_t confirmed, const std::string& what) {
  note(std::string(api().primitive_name(cfm - 1)) + " " + what + ": " + name_of(result));
  if (result != expected)
    throw std::runtime_error("the configuration's result is " + name_of(expected));
  if (result == kOk) model_->accepted(tag, {cfm, 0, program_->queue(), confirmed});
}

void Player::configure_compression() {
  const uint8_t compression = pick(3) == 0;
  const uint64_t tag = program_->next_tag();
  configuration(TRESTLE_PRIM_CONFIG_COMPRESSION_CFM, tag,
                api().config_compression_req(program_->engine(), session_->handle(), compression,
                                             tag),
                kOk, model_->configured(compression ? TRESTLE_RESULT_NOT_SUPPORTED : kOk),
                std::to_string(compression));
}

void Player::configure_cipher() {
  const size_t which = pick(cipher_cases().size());
  const CipherCase& one = cipher_cases()[which];
  const bool stale = dead_session_ != 0 && one.result == kOk && pick(8) == 0;
  const uint64_t tag = program_->next_tag();
  const int32_t result = api().config_cipher_req(
      program_->engine(), stale ? dead_session_ : session_->handle(),
      one.suites.empty() ? nullptr : one.suites.data(), static_cast<uint32_t>(one.suites.size()),
      one.keybits_min, one.keybits_max, tag);
  configuration(TRESTLE_PRIM_CONFIG_CIPHER_CFM, tag, result,
                stale ? TRESTLE_RESULT_BAD_HANDLE : one.result, model_->configured(one.confirmed),
                "of case " + std::to_string(which));
}

void Player::configure_option() {
  const OptionCase& one = kOptions[pick(std::size(kOptions))];
  const bool stale = dead_session_ != 0 && one.result == kOk && pick(8) == 0;
  const uint64_t tag = program_->next_tag();
  const int32_t result = api().config_option_req(
      program_->engine(), stale ? dead_session_ : session_->handle(), one.option, one.number,
      one.bytes.empty() ? nullptr : reinterpret_cast<const uint8_t*>(one.bytes.data()),
      one.bytes.size(), tag);
  const int32_t confirmed = result == kOk
                                ? model_->option_configured(one.option, one.number, one.confirmed)
                                : 0;
  configuration(TRESTLE_PRIM_CONFIG_OPTION_CFM, tag, result,
                stale ? TRESTLE_RESULT_BAD_HANDLE : one.result, confirmed,
                std::to_string(one.option) + " = " + std::to_string(one.number) + " and " +
                    std::to_string(one.bytes.size()) + " bytes");
}

}  // namespace trestle::testing
