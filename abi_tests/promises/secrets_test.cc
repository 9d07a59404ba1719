// SPDX-License-Identifier: Apache-2.0
// Passwords, private keys and PSKs are wiped before their memory is given back, by the core and by
// the plugins: through the whole life of sessions no freed block has a byte of them left.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>

#include "abi_tests/configuration/met_rows.h"
#include "abi_tests/conformance/known_differences.h"
#include "abi_tests/harness/program.h"
#include "abi_tests/promises/freed_memory.h"

namespace trestle::testing {
namespace {

using conformance::expect_same;

constexpr char kPassword[] = "a password that stands nowhere else";
constexpr char kWrongPassword[] = "a wrong password that was never right";
constexpr char kAPassword[] = "a password";
constexpr char kAPrivateKey[] = "a private key";
constexpr char kAPsk[] = "a PSK";
// The other side, as the table of differences names it.
constexpr char kItself[] = "itself";
constexpr char kPskIdentity[] = "somebody";

// Made before a watch begins, and kept for as long as it lasts.
struct Secrets {
  TestPki pki;
  std::string chain, other_chain, root, key_pem, key_der, encrypted_pem, encrypted_der, pkcs12;
  Psk psk;
  std::vector<Marker> markers;
};

// RFC 5915: SEQUENCE, version 1, OCTET STRING of 32 bytes.
std::string secret_scalar(const Key& key) {
  const std::string der = key.traditional_der();
  if (der.substr(2, 5) != std::string("\x02\x01\x01\x04\x20", 5))
    throw std::runtime_error("not the key of P-256 that was wanted");
  return der.substr(7, 32);
}

// The second line of the PEM text: in PKCS#8 of P-256, 20 bytes of the secret begin it.
std::string secret_line(const std::string& pem) {
  const size_t first = pem.find('\n') + 1;
  return pem.substr(pem.find('\n', first) + 1, 24);
}

Secrets make_secrets() {
  Secrets s;
  const Key& key = s.pki.server.key();
  s.chain = s.pki.server.chain_pem();
  s.other_chain = s.pki.client.chain_pem();
  s.root = s.pki.root.cert_pem();
  s.key_pem = key.pkcs8_pem();
  s.key_der = key.pkcs8_der();
  s.encrypted_pem = key.encrypted_pkcs8_pem(kPassword);
  s.encrypted_der = key.encrypted_pkcs8_der(kPassword);
  s.pkcs12 = s.pki.server.pkcs12(kPassword);
  s.psk.identity = kPskIdentity;
  s.psk.key = "thirty-two bytes shared by two !";
  s.markers = {{kAPassword, kPassword},
               {kAPassword, kWrongPassword},
               {kAPrivateKey, secret_scalar(key)},
               {kAPrivateKey, secret_line(s.key_pem)},
               {kAPsk, s.psk.key}};
  return s;
}

class Wiped : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (!kSeesFreedMemory) GTEST_SKIP() << kWhyNotSeen;
    backend_directory();
    api();
  }

  static void must(const Message& cfm, int32_t result) {
    if (cfm->result != result) throw std::runtime_error(cfm.text());
  }

  // A life under watch, from the engines' beginning to their end.
  template <typename Life>
  void watch(const std::string& name, Life life) {
    FreedMemoryWatch watch(secrets_.markers);
    {
      Program servers, clients;
      Session server = servers.server(GetParam()), client = clients.client(GetParam());
      life(server, client);
    }
    for (const FreedMemoryWatch::Find& find : watch.finish()) {
      if (freed_by_[find.what].insert(find.freed_by).second)
        ways_ += find.what + ", " + name + ":" + find.way + "\n";
    }
  }

  // A handshake and some data; the end is left to the engines'.
  static void talk(Session& server, Session& client) {
    client.set(TRESTLE_OPTION_CERT_DECISION, int64_t{TRESTLE_CERT_DECISION_AUTO});
    Connection connection = client.connect_to("127.0.0.1", server.listen()->port);
    Connection peer(&server.program(),
                    server.program().expect(TRESTLE_PRIM_ACCEPT_IND)->connection);
    if (peer.accept_res(1) != TRESTLE_RESULT_SUCCESS) throw std::runtime_error("accept_res");
    must(connection.finish_connect(), TRESTLE_RESULT_SUCCESS);
    must(peer.finish_connect(), TRESTLE_RESULT_SUCCESS);
    connection.send("hello");
    EXPECT_EQ(peer.receive(5), "hello");
  }

  // What CONFIG_CERT_CLIENT brings, in one form: first with a wrong password, then right.
  void live_with(const std::string& form, uint8_t type, const std::string& bytes,
                 const char* password) {
    watch(form, [&](Session& server, Session& client) {
      if (type == TRESTLE_PRIVATE_KEY)
        must(server.cert_client(TRESTLE_CERTIFICATE, secrets_.chain), TRESTLE_RESULT_SUCCESS);
      if (*password)
        must(server.cert_client(type, bytes, kWrongPassword), TRESTLE_RESULT_WRONG_PASSWORD);
      must(server.cert_client(type, bytes, password), TRESTLE_RESULT_SUCCESS);
      client.trust(secrets_.root);
      client.set(TRESTLE_OPTION_SERVER_NAME, "localhost");
      talk(server, client);
    });
  }

  // A key that isn't the certificate's is refused, and as secret as any.
  void live_with_mismatch() {
    watch("mismatch", [&](Session&, Session& client) {
      must(client.cert_client(TRESTLE_CERTIFICATE, secrets_.other_chain), TRESTLE_RESULT_SUCCESS);
      must(client.cert_client(TRESTLE_PRIVATE_KEY, secrets_.key_pem), TRESTLE_RESULT_KEY_MISMATCH);
      must(client.cert_client(TRESTLE_PRIVATE_KEY, secrets_.encrypted_der, kPassword),
           TRESTLE_RESULT_KEY_MISMATCH);
    });
  }

  void live_with_psk(uint16_t version) {
    watch("PSK", [&](Session& server, Session& client) {
      for (Session* one : {&server, &client}) {
        one->versions(version, version);
        must(one->cipher({TRESTLE_TLS_AES_128_GCM_SHA256,
                          TRESTLE_TLS_DHE_PSK_WITH_AES_128_GCM_SHA256}),
             TRESTLE_RESULT_SUCCESS);
        one->psk(secrets_.psk);
      }
      talk(server, client);
    });
  }

  const Secrets secrets_ = make_secrets();
  std::map<std::string, std::set<std::string>> freed_by_;  // the secret, and by whom
  std::string ways_;
};

TEST_P(Wiped, SecretsOfALife) {
  live_with("PEM", TRESTLE_PRIVATE_KEY, secrets_.key_pem, "");
  live_with("DER", TRESTLE_PRIVATE_KEY, secrets_.key_der, "");
  live_with("encrypted PEM", TRESTLE_PRIVATE_KEY, secrets_.encrypted_pem, kPassword);
  live_with("encrypted DER", TRESTLE_PRIVATE_KEY, secrets_.encrypted_der, kPassword);
  live_with("PKCS#12", TRESTLE_CERTIFICATE, secrets_.pkcs12, kPassword);
  live_with_mismatch();
  live_with_psk(TRESTLE_VERSION_TLS12);
  live_with_psk(TRESTLE_VERSION_TLS13);
  for (const char* what : {kAPassword, kAPrivateKey, kAPsk}) {
    std::string by;
    for (const std::string& file : freed_by_[what]) by += (by.empty() ? "" : ", ") + file;
    expect_same({GetParam(), kItself, "*"}, std::string("freed without being wiped: ") + what, "no",
                by.empty() ? "no" : "by " + by, ways_);
  }
}

// The watch itself: what is freed as it is, and what is wiped before.
TEST(FreedMemory, IsSeen) {
  if (!kSeesFreedMemory) GTEST_SKIP() << kWhyNotSeen;
  const std::string secret = "a secret of this test alone, and long";
  const std::vector<Marker> markers = {{"the secret", secret}};
  FreedMemoryWatch watch(markers);
  for (bool wipe : {true, false}) {
    auto* block = static_cast<char*>(malloc(100));
    std::copy(secret.begin(), secret.end(), block + 50);
    if (wipe) std::fill(block, block + 100, '\0');
    free(block);
  }
  auto* grown = static_cast<char*>(malloc(100));
  std::copy(secret.begin(), secret.end(), grown);
  grown = static_cast<char*>(realloc(grown, 200));
  std::fill(grown, grown + 200, '\0');
  free(grown);
  EXPECT_EQ(watch.finish().size(), 2u);
}

// Where nothing is looked at, no row is met.
const auto* const kEveryRowIsMet =
    kSeesFreedMemory ? ::testing::AddGlobalTestEnvironment(new EveryRowIsMet(kItself)) : nullptr;

INSTANTIATE_TEST_SUITE_P(Backends, Wiped, ::testing::ValuesIn(backends()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace trestle::testing
