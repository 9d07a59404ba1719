// SPDX-License-Identifier: Apache-2.0
// CONFIG_CIPHER: what a session offers and accepts is what was named, and without a name only what
// is safe. Peers that have nothing else show it.
#include <gtest/gtest.h>

#include <algorithm>

#include "abi_tests/configuration/client_hello.h"
#include "abi_tests/configuration/sides.h"
#include "abi_tests/configuration/suite_peers.h"
#include "abi_tests/configuration/suite_sides.h"

namespace trestle::testing {
namespace {

constexpr uint32_t kHandshakeFailure = 40;

std::string names_of(const std::vector<uint16_t>& suites) {
  std::string text;
  for (uint16_t suite : suites) text += std::string(api().suite_name(suite)) + " ";
  return text;
}

class Offers : public ::testing::TestWithParam<std::string> {
 protected:
  std::vector<uint16_t> all_of_backend() const {
    std::vector<uint16_t> suites;
    for (const Suite& suite : conformance::all_suites()) {
      if (has_suite(GetParam(), suite)) suites.push_back(suite.id);
    }
    return suites;
  }

  std::vector<uint16_t> offered(const std::vector<uint16_t>& named) {
    Session session = client_for(program_, GetParam(), named, Authentication::kRsaAndPsk);
    return offered_suites(session);
  }

  Program program_;
};

TEST_P(Offers, BareSessionsOfferTls13AndEcdheWithAead) {
  const std::vector<uint16_t> expected = {
      TRESTLE_TLS_AES_128_GCM_SHA256,
      TRESTLE_TLS_AES_256_GCM_SHA384,
      TRESTLE_TLS_CHACHA20_POLY1305_SHA256,
      TRESTLE_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
      TRESTLE_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
      TRESTLE_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
      TRESTLE_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
      TRESTLE_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
      TRESTLE_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
  };
  Session session = program_.client(GetParam());
  EXPECT_EQ(offered_suites(session), expected);
  // A key that they could use does not bring PSK suites along.
  Session with_psk = program_.client(GetParam());
  with_psk.psk({"a client", "a pre-shared key"});
  EXPECT_EQ(offered_suites(with_psk), expected);
}

TEST_P(Offers, NamedSuitesAreOfferedExactlyAndInTheirOrder) {
  // TLS 1.3 comes first by itself in some libraries; so here it does in the list.
  std::vector<uint16_t> named = all_of_backend();
  const auto tls13 = [](uint16_t suite) { return suite >> 8 == 0x13; };
  std::reverse(named.begin(), named.end());
  std::stable_partition(named.begin(), named.end(), tls13);
  std::vector<uint16_t> found = offered(named);
  EXPECT_EQ(found, named) << names_of(found);

  for (const std::vector<uint16_t>& few :
       {std::vector<uint16_t>{TRESTLE_TLS_AES_256_GCM_SHA384, TRESTLE_TLS_AES_128_GCM_SHA256},
        std::vector<uint16_t>{TRESTLE_TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA,
                              TRESTLE_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256},
        std::vector<uint16_t>{TRESTLE_TLS_CHACHA20_POLY1305_SHA256,
                              TRESTLE_TLS_DHE_RSA_WITH_AES_128_GCM_SHA256}}) {
    found = offered(few);
    EXPECT_EQ(found, few) << names_of(found);
  }
}

TEST_P(Offers, EachSuiteIsOfferedAlone) {
  for (uint16_t suite : all_of_backend()) {
    const std::vector<uint16_t> found = offered({suite});
    EXPECT_EQ(found, std::vector<uint16_t>{suite}) << names_of(found);
  }
}

std::string backend_name(const ::testing::TestParamInfo<std::string>& info) { return info.param; }

INSTANTIATE_TEST_SUITE_P(Backends, Offers, ::testing::ValuesIn(backends()), backend_name);

// Suites that take part only when they are named.
struct Weakness {
  const char* name;
  const char* mark;  // in the names of its suites
};
constexpr Weakness kWeaknesses[] = {
    {"Anonymous", "_anon_"}, {"NoEncryption", "_WITH_NULL_"}, {"Rc4", "_RC4_"},
    {"TripleDes", "_3DES_"}, {"Psk", "PSK_WITH_"},
};

using WeakParameters = std::tuple<std::string, Weakness>;

class WeakSuites : public ::testing::TestWithParam<WeakParameters> {
 protected:
  const std::string& backend() const { return std::get<0>(GetParam()); }

  static std::vector<Suite> weak_suites() {
    std::vector<Suite> suites;
    for (const Suite& suite : conformance::all_suites()) {
      if (suite.name.find(std::get<1>(GetParam()).mark) != std::string::npos && suite.id != 0)
        suites.push_back(suite);
    }
    return suites;
  }

  // One that this backend and that peer have, if any. A server with an RSA key and a PSK can serve
  // it.
  template <typename Kind>
  std::vector<uint16_t> common_suite(Kind kind) const {
    for (const Suite& suite : weak_suites()) {
      if (suite.authentication() != Authentication::kDsa && has_suite(backend(), suite) &&
          can_prove(kind, suite)) {
        return {suite.id};
      }
    }
    return {};
  }

  template <typename Kind>
  static bool has_any(Kind kind) {
    const std::vector<Suite> suites = weak_suites();
    return std::any_of(suites.begin(), suites.end(),
                       [kind](const Suite& suite) { return has_suite(kind, suite); });
  }

  Program program_;
};

TEST_P(WeakSuites, AreOfferedOnlyWhenNamed) {
  int peers = 0;
  for (ServerKind kind : {ServerKind::kOpenSsl, ServerKind::kGnuTls}) {
    if (!has_any(kind)) continue;
    SCOPED_TRACE(name_of(kind));
    ++peers;
    auto server =
        start_server_with(kind, weak_suites(), credentials(Authentication::kRsaAndPsk));
    Session bare = program_.client(backend());
    bare.psk(*credentials(Authentication::kRsaAndPsk).psk);
    Connection refused = bare.connect_to(server->address(), server->port());
    Message end = refused.finish_connect();
    EXPECT_EQ(end->result, TRESTLE_RESULT_ALERT_RECEIVED) << end;
    EXPECT_EQ(end.alert(), kHandshakeFailure) << end;

    // That it isn't the server's fault.
    const std::vector<uint16_t> named = common_suite(kind);
    if (named.empty()) continue;
    Session asking = client_for(program_, backend(), named, Authentication::kRsaAndPsk);
    Connection taken = asking.connect_to(server->address(), server->port());
    end = taken.finish_connect();
    EXPECT_EQ(end->result, TRESTLE_RESULT_SUCCESS) << end;
    EXPECT_EQ(end->suite, named[0]);
    EXPECT_EQ(asking.destroy()->result, TRESTLE_RESULT_SUCCESS);
  }
  EXPECT_GT(peers, 0) << "no peer has such a suite";
}

TEST_P(WeakSuites, AreAcceptedOnlyWhenNamed) {
  int peers = 0;
  for (ClientKind kind : {ClientKind::kOpenSsl, ClientKind::kGnuTls}) {
    if (!has_any(kind)) continue;
    SCOPED_TRACE(name_of(kind));
    ++peers;
    const Credentials& own = credentials(Authentication::kRsaAndPsk);
    Session bare = program_.server(backend());
    bare.identity(*own.identity);
    bare.psk(*own.psk);
    ClientOptions options;
    options.psk = own.psk;
    options.port = listen_on(bare);
    speak_only(weak_suites(), &options);
    auto client = start_client(kind, options);
    Message end = accept_next(program_).finish_connect();
    EXPECT_EQ(end->result, TRESTLE_RESULT_NO_COMMON_SUITE) << end;
    EXPECT_EQ(end.alert(), kHandshakeFailure) << end;
    EXPECT_TRUE(client->wait_for_alert(received_alert(kHandshakeFailure))) << client->log();

    // That it isn't the client's fault.
    const std::vector<uint16_t> named = common_suite(kind);
    if (named.empty()) continue;
    Session taking = server_for(program_, backend(), named, Authentication::kRsaAndPsk);
    options.port = listen_on(taking);
    client = start_client(kind, options);
    end = accept_next(program_).finish_connect();
    EXPECT_EQ(end->result, TRESTLE_RESULT_SUCCESS) << end << client->log();
    EXPECT_EQ(end->suite, named[0]);
    EXPECT_EQ(taking.destroy()->result, TRESTLE_RESULT_SUCCESS);
  }
  EXPECT_GT(peers, 0) << "no peer has such a suite";
}

INSTANTIATE_TEST_SUITE_P(Backends, WeakSuites,
                         ::testing::Combine(::testing::ValuesIn(backends()),
                                            ::testing::ValuesIn(kWeaknesses)),
                         [](const ::testing::TestParamInfo<WeakParameters>& info) {
                           return std::get<0>(info.param) + std::get<1>(info.param).name;
                         });

}  // namespace
}  // namespace trestle::testing
