// SPDX-License-Identifier: Apache-2.0
// A peer that does what no backend would do.
#include <algorithm>
#include <memory>
#include <stdexcept>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "abi_tests/conformance/identity_outcome.h"
#include "abi_tests/conformance/libssl_peer.h"
#include "abi_tests/conformance/material.h"
#include "abi_tests/conformance/pair.h"
#include "abi_tests/conformance/parameters.h"
#include "abi_tests/conformance/wire.h"

namespace trestle::conformance {
namespace {

namespace pki = trestle::testing;

class LibsslPeerTest : public BackendTest {
 protected:
  Configuration client(uint16_t version) {
    return default_configuration(plugin(), TRESTLE_ROLE_CLIENT, version);
  }

  Configuration server(uint16_t version) {
    Configuration configuration = default_configuration(plugin(), TRESTLE_ROLE_SERVER, version);
    if (!identity_) {
      identity_ = std::make_unique<Identity>(plugin(), chain_of(KeyKind::kEcdsaP256, 1));
    }
    configuration.identity = identity_.get();
    return configuration;
  }

  // The backend as a client, then as a server; an established connection each time.
  template <typename Test>
  void for_both_roles(uint16_t version, Test test) {
    for (uint32_t role : {TRESTLE_ROLE_CLIENT, TRESTLE_ROLE_SERVER}) {
      SCOPED_TRACE(role == TRESTLE_ROLE_CLIENT ? "as a client" : "as a server");
      const bool is_client = role == TRESTLE_ROLE_CLIENT;
      LibsslPair pair(plugin(), is_client ? client(version) : server(version), version,
                      [is_client](SSL_CTX* context) {
                        if (is_client) use_chain(context, chain_of(KeyKind::kEcdsaP256, 1));
                      });
      pair.handshake();
      ASSERT_TRUE(pair.established()) << pair.explanation();
      test(&pair);
    }
  }

  static void expect_data_flows(LibsslPair* pair) {
    ASSERT_TRUE(pair->backend.encrypt("from the backend").ok());
    EXPECT_EQ(pair->peer.read(), "from the backend");
    ASSERT_TRUE(pair->peer.write("to the backend"));
    Outcome end;
    EXPECT_EQ(receive(&pair->backend, &end), "to the backend");
    EXPECT_EQ(end.text(), "WANT_READ") << end.explanation();
  }

  std::unique_ptr<Identity> identity_;
};

// libssl's server sends two session tickets unless told otherwise.
TEST_P(LibsslPeerTest, TicketsAreNoConcern) {
  for (uint16_t version : {TRESTLE_VERSION_TLS12, TRESTLE_VERSION_TLS13}) {
    for_both_roles(version, [](LibsslPair* pair) {
      expect_data_flows(pair);
      expect_data_flows(pair);
    });
  }
}

// Half of it has come: one may write nevertheless, or has to wait for the rest, and nothing is lost.
class HalfATicketTest : public LibsslPeerTest {
 protected:
  HalfATicketTest() : own_(plugin(), chain_of(KeyKind::kEcdsaP256, 1)) {
    Configuration configuration = client(TRESTLE_VERSION_TLS13);
    configuration.identity = &own_;
    // With the client's certificate in it, a ticket takes two records.
    pair_ = std::make_unique<LibsslPair>(
        plugin(), configuration, TRESTLE_VERSION_TLS13, [](SSL_CTX* context) {
          use_chain(context, chain_of(KeyKind::kEcdsaP256, 1));
          SSL_CTX_set_max_send_fragment(context, 512);
          SSL_CTX_set_session_id_context(context, reinterpret_cast<const unsigned char*>("t"), 1);
          SSL_CTX_set_verify(context, SSL_VERIFY_PEER, [](int, X509_STORE_CTX*) { return 1; });
          SSL_CTX_set_num_tickets(context, 0);
        });
  }

  // An established connection to which half a ticket has come; data is behind the other half.
  LibsslPair& pair_with_half() {
    pair_->handshake();
    EXPECT_TRUE(pair_->established()) << pair_->explanation();
    const uint64_t before = pair_->to_backend.sent().size();
    SSL_new_session_ticket(pair_->peer.ssl());
    EXPECT_TRUE(pair_->peer.write("behind the ticket"));
    const std::vector<Record> records = records_of(pair_->to_backend.sent().substr(before));
    EXPECT_EQ(records.size(), 3u);
    constexpr uint64_t kRecordHeader = 5;
    pair_->to_backend.set_arrived(before + kRecordHeader + records.front().body.size());
    std::string data;
    EXPECT_EQ(pair_->backend.decrypt(&data).text(), "WANT_READ");
    return *pair_;
  }

  void expect_the_rest() {
    Outcome end;
    EXPECT_EQ(receive(&pair_->backend, &end), "behind the ticket");
    EXPECT_FALSE(end.failed()) << end.explanation();
  }

 private:
  const Identity own_;
  std::unique_ptr<LibsslPair> pair_;
};

TEST_P(HalfATicketTest, WritingIsPossibleOrWaits) {
  LibsslPair& pair = pair_with_half();
  const Outcome early = pair.backend.encrypt("meanwhile");
  EXPECT_FALSE(early.failed()) << early.explanation();
  pair.to_backend.set_arrived(Pipe::kNoLimit);
  if (early.wants_read()) {
    EXPECT_TRUE(pair.backend.encrypt("meanwhile").ok());
  }
  EXPECT_EQ(pair.peer.read(), "meanwhile");
  expect_the_rest();
}

TEST_P(HalfATicketTest, ClosingDoesNotEndReading) {
  LibsslPair& pair = pair_with_half();
  const Outcome closed = pair.backend.close();
  expect_same(alone(plugin()), "close_notify while half a ticket has come", "OK", closed.text(),
              closed.explanation());
  pair.to_backend.set_arrived(Pipe::kNoLimit);
  expect_the_rest();
}

TRESTLE_FOR_EACH_BACKEND(HalfATicketTest);

TEST_P(LibsslPeerTest, KeyUpdatesAreFollowedAndAnswered) {
  for_both_roles(TRESTLE_VERSION_TLS13, [](LibsslPair* pair) {
    for (int request : {SSL_KEY_UPDATE_NOT_REQUESTED, SSL_KEY_UPDATE_REQUESTED}) {
      // Not more at once than each library follows.
      for (int i = 0; i < 3; ++i) {
        ASSERT_EQ(SSL_key_update(pair->peer.ssl(), request), 1);
        ASSERT_TRUE(pair->peer.handshake());
        expect_data_flows(pair);
      }
    }
  });
}

TEST_P(LibsslPeerTest, KeyUpdatesForEverAreNotAnsweredForEver) {
  constexpr int kUpdates = 3000;
  for_both_roles(TRESTLE_VERSION_TLS13, [](LibsslPair* pair) {
    const uint64_t before = pair->to_peer.sent().size();
    for (int i = 0; i < kUpdates; ++i) {
      ASSERT_EQ(SSL_key_update(pair->peer.ssl(), SSL_KEY_UPDATE_NOT_REQUESTED), 1);
      ASSERT_TRUE(pair->peer.handshake());
    }
    // Either the connection goes on, or it ends with an error; there is nothing to answer.
    Outcome end;
    receive(&pair->backend, &end);
    EXPECT_TRUE(end.wants_read() || end.failed()) << end.text();
    EXPECT_LT(pair->to_peer.sent().size() - before, 1000u);
  });
}

// A peer that likes fresh keys, and uses them.
TEST_P(LibsslPeerTest, KeyUpdatesBetweenDataAreNoFlood) {
  constexpr int kUpdates = 20;
  for_both_roles(TRESTLE_VERSION_TLS13, [this](LibsslPair* pair) {
    Outcome end;
    std::string received = receive(&pair->backend, &end);
    for (int i = 0; i < kUpdates && !end.failed(); ++i) {
      ASSERT_EQ(SSL_key_update(pair->peer.ssl(), SSL_KEY_UPDATE_REQUESTED), 1);
      ASSERT_TRUE(pair->peer.write("x"));
      received += receive(&pair->backend, &end);
      pair->peer.read();
    }
    expect_same(alone(plugin()), "20 key updates at once, each with data behind it", "WANT_READ",
                end.text(), end.explanation());
    if (!end.failed()) {
      EXPECT_EQ(received, std::string(kUpdates, 'x'));
    }
  });
}

TEST_P(LibsslPeerTest, AnswersToKeyUpdatesHaveAnEnd) {
  constexpr int kUpdates = 1000;
  for_both_roles(TRESTLE_VERSION_TLS13, [](LibsslPair* pair) {
    const uint64_t before = pair->to_peer.sent().size();
    for (int i = 0; i < kUpdates; ++i) {
      ASSERT_EQ(SSL_key_update(pair->peer.ssl(), SSL_KEY_UPDATE_REQUESTED), 1);
      ASSERT_TRUE(pair->peer.handshake());
    }
    Outcome end;
    EXPECT_EQ(receive(&pair->backend, &end), "");
    ASSERT_TRUE(end.failed()) << end.text();
    EXPECT_EQ(end.error.result, TRESTLE_RESULT_PROTOCOL_VIOLATION) << end.explanation();
    EXPECT_LT(pair->to_peer.sent().size() - before, 10000u);
  });
}

TEST_P(LibsslPeerTest, RenegotiationIsRefused) {
  for (uint32_t role : {TRESTLE_ROLE_CLIENT, TRESTLE_ROLE_SERVER}) {
    const bool is_client = role == TRESTLE_ROLE_CLIENT;
    SCOPED_TRACE(is_client ? "as a client" : "as a server");
    constexpr uint16_t kVersion = TRESTLE_VERSION_TLS12;
    LibsslPair pair(plugin(), is_client ? client(kVersion) : server(kVersion), kVersion,
                    [is_client](SSL_CTX* context) {
                      if (is_client) use_chain(context, chain_of(KeyKind::kEcdsaP256, 1));
                    });
    pair.handshake();
    ASSERT_TRUE(pair.established()) << pair.explanation();
    const int asks = pair.backend.asks();
    const size_t records = records_of(pair.to_peer.sent()).size();
    ASSERT_EQ(SSL_renegotiate(pair.peer.ssl()), 1);
    ASSERT_TRUE(pair.peer.handshake());
    Outcome end;
    EXPECT_EQ(receive(&pair.backend, &end), "");
    // no_renegotiation, as a warning or as the end; no handshake message in any case.
    EXPECT_EQ(pair.backend.asks(), asks);
    const std::vector<Record> all = records_of(pair.to_peer.sent());
    for (size_t i = records; i < all.size(); ++i) EXPECT_EQ(all[i].type, kAlertRecord);
    expect_same(alone(plugin()),
                std::string("renegotiation wanted by the ") + (is_client ? "server" : "client"),
                "WANT_READ", end.text(), end.explanation());
  }
}

TEST_P(LibsslPeerTest, OlderVersionsAreRefused) {
  for (uint16_t version : {TLS1_VERSION, TLS1_1_VERSION}) {
    {
      LibsslPair pair(plugin(), default_configuration(plugin(), TRESTLE_ROLE_CLIENT), version,
                      [](SSL_CTX* context) {
                        use_chain(context, chain_of(KeyKind::kEcdsaP256, 1));
                      });
      pair.handshake();
      // libssl says protocol_version by itself, since the offer begins above what it has.
      expect_same(alone(plugin()), "client, server of TLS 1.0 or 1.1",
                  "ALERT_RECEIVED, alert 70 received", pair.outcome.text(), pair.explanation());
    }
    {
      Configuration configuration = server(TRESTLE_VERSION_TLS12);
      LibsslPair pair(plugin(), configuration, version);
      pair.handshake();
      expect_same(alone(plugin()), "server, client of TLS 1.0 or 1.1",
                  "NO_COMMON_VERSION, alert 70 sent", pair.outcome.text(), pair.explanation());
    }
  }
}

// The MODP group of 1024 bits (RFC 2409, 6.2).
EVP_PKEY* make_small_group() {
  const std::unique_ptr<BIGNUM, decltype(&BN_free)> prime(BN_get_rfc2409_prime_1024(nullptr),
                                                          BN_free);
  const std::unique_ptr<OSSL_PARAM_BLD, decltype(&OSSL_PARAM_BLD_free)> builder(
      OSSL_PARAM_BLD_new(), OSSL_PARAM_BLD_free);
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_FFC_P, prime.get());
  OSSL_PARAM_BLD_push_uint(builder.get(), OSSL_PKEY_PARAM_FFC_G, 2);
  const std::unique_ptr<OSSL_PARAM, decltype(&OSSL_PARAM_free)> parameters(
      OSSL_PARAM_BLD_to_param(builder.get()), OSSL_PARAM_free);
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
      EVP_PKEY_CTX_new_from_name(nullptr, "DH", nullptr), EVP_PKEY_CTX_free);
  EVP_PKEY* group = nullptr;
  if (EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &group, EVP_PKEY_KEY_PARAMETERS, parameters.get()) != 1) {
    throw std::runtime_error("no group");
  }
  return group;
}

TEST_P(LibsslPeerTest, SmallDiffieHellmanGroupsAreRefused) {
  Configuration configuration = client(TRESTLE_VERSION_TLS12);
  configuration.suites = {TRESTLE_TLS_DHE_RSA_WITH_AES_128_GCM_SHA256};
  configuration.dh_bits_min = 2048;
  LibsslPair pair(plugin(), configuration, TRESTLE_VERSION_TLS12, [](SSL_CTX* context) {
    use_chain(context, chain_of(KeyKind::kRsa2048, 1));
    if (SSL_CTX_set0_tmp_dh_pkey(context, make_small_group()) != 1) {
      throw std::runtime_error("SSL_CTX_set0_tmp_dh_pkey");
    }
  });
  pair.handshake();
  expect_same(alone(plugin()), "Diffie-Hellman of 1024 bits, at least 2048 wanted",
              "HANDSHAKE_FAILED, alert 71 sent", pair.outcome.text(), pair.explanation());
}

TEST_P(LibsslPeerTest, DiffieHellmanGroupsOfTheSizeWantedAreTaken) {
  const auto run = [this](uint32_t bits_min) {
    Configuration configuration = client(TRESTLE_VERSION_TLS12);
    configuration.suites = {TRESTLE_TLS_DHE_RSA_WITH_AES_128_GCM_SHA256};
    configuration.dh_bits_min = bits_min;
    LibsslPair pair(plugin(), configuration, TRESTLE_VERSION_TLS12, [](SSL_CTX* context) {
      use_chain(context, chain_of(KeyKind::kRsa2048, 1));
      // For such a certificate, libssl takes 2048 bits of a group without a name.
      SSL_CTX_set_dh_auto(context, 1);
    });
    pair.handshake();
    return pair.outcome;
  };
  EXPECT_EQ(run(2048).text(), "OK");
  EXPECT_TRUE(run(3072).failed());
}

TEST_P(LibsslPeerTest, ServerThatSignsWithSha1Alone) {
  Configuration configuration = client(TRESTLE_VERSION_TLS12);
  configuration.suites = {TRESTLE_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256};
  LibsslPair pair(plugin(), configuration, TRESTLE_VERSION_TLS12, [](SSL_CTX* context) {
    use_chain(context, chain_of(KeyKind::kRsa2048, 1));
    SSL_CTX_set1_sigalgs_list(context, "RSA+SHA1");
  });
  pair.handshake();
  EXPECT_TRUE(pair.outcome.failed()) << pair.explanation();
  EXPECT_FALSE(pair.established());
}

// Handshake messages in many small records.
TEST_P(LibsslPeerTest, SmallRecordsAreAssembled) {
  for (uint16_t version : {TRESTLE_VERSION_TLS12, TRESTLE_VERSION_TLS13}) {
    for (int fragment : {512, 1000}) {
      LibsslPair pair(plugin(), client(version), version, [fragment](SSL_CTX* context) {
        use_chain(context, chain_of(KeyKind::kEcdsaP256, 9));
        SSL_CTX_set_max_send_fragment(context, fragment);
      });
      pair.handshake();
      EXPECT_TRUE(pair.established()) << pair.explanation();
      EXPECT_TRUE(pair.backend.chain() == chain_of(KeyKind::kEcdsaP256, 9).certificates);
      expect_data_flows(&pair);
    }
  }
}

TEST_P(LibsslPeerTest, ChainArrivesAsSentHoweverItIsOrdered) {
  const IdentitySource& right = chain_of(KeyKind::kEcdsaP256, 4);
  const std::string& stranger = chain_of(KeyKind::kRsa2048, 1).certificates[0];
  IdentitySource turned = right;
  std::reverse(turned.certificates.begin() + 1, turned.certificates.end());
  IdentitySource surplus = right;
  surplus.certificates.insert(surplus.certificates.begin() + 1, stranger);
  surplus.certificates.push_back(stranger);
  IdentitySource twice = right;
  twice.certificates.insert(twice.certificates.end(), right.certificates.begin(),
                            right.certificates.end());
  IdentitySource gap = right;
  gap.certificates.erase(gap.certificates.begin() + 2);
  for (const IdentitySource& source : {turned, surplus, twice, gap}) {
    for (uint16_t version : {TRESTLE_VERSION_TLS12, TRESTLE_VERSION_TLS13}) {
      {
        LibsslPair pair(plugin(), client(version), version,
                        [&source](SSL_CTX* context) { use_chain(context, source); });
        pair.handshake();
        EXPECT_TRUE(pair.established()) << pair.explanation();
        EXPECT_EQ(pair.backend.asks(), 1);
        EXPECT_TRUE(pair.backend.chain() == source.certificates);
      }
      {
        Configuration configuration = server(version);
        configuration.client_auth = TRESTLE_CLIENT_AUTH_REQUIRE;
        LibsslPair pair(plugin(), configuration, version,
                        [&source](SSL_CTX* context) { use_chain(context, source); });
        pair.handshake();
        EXPECT_TRUE(pair.established()) << pair.explanation();
        EXPECT_EQ(pair.backend.asks(), 1);
        EXPECT_TRUE(pair.backend.chain() == source.certificates);
      }
    }
  }
}

TEST_P(LibsslPeerTest, LongChains) {
  for (int length : {10, 16, 30}) {
    LibsslPair pair(plugin(), client(TRESTLE_VERSION_TLS13), TRESTLE_VERSION_TLS13,
                    [length](SSL_CTX* context) {
                      use_chain(context, chain_of(KeyKind::kEcdsaP256, length));
                    });
    pair.handshake();
    expect_same(alone(plugin()), "chain of " + std::to_string(length) + " certificates",
                "OK", pair.outcome.text(), pair.explanation());
  }
}

// A leaf that is as large as its names make it, under a short chain.
TEST_P(LibsslPeerTest, LargeCertificates) {
  const pki::Identity root = pki::Certificate::root("Root").issue();
  for (int kilobytes : {15, 90}) {
    pki::Certificate leaf = pki::Certificate::leaf("large").key(pki::ec());
    for (int i = 0; i < kilobytes * 4; ++i) {
      leaf.dns(std::string(240, 'n') + std::to_string(10000 + i) + ".test");
    }
    const IdentitySource source = source_of(leaf.signed_by(root).issue());
    for (uint16_t version : {TRESTLE_VERSION_TLS12, TRESTLE_VERSION_TLS13}) {
      for (uint32_t role : {TRESTLE_ROLE_CLIENT, TRESTLE_ROLE_SERVER}) {
        Configuration configuration = role == TRESTLE_ROLE_CLIENT ? client(version) : server(version);
        configuration.client_auth = TRESTLE_CLIENT_AUTH_REQUIRE;
        LibsslPair pair(plugin(), configuration, version,
                        [&source](SSL_CTX* context) { use_chain(context, source); });
        pair.handshake();
        expect_same({plugin().name, "-", version == TRESTLE_VERSION_TLS12 ? "1.2" : "1.3"},
                    "certificate of " + std::to_string(kilobytes) + " KB, of a " +
                        (role == TRESTLE_ROLE_CLIENT ? "server" : "client"),
                    "OK", pair.outcome.text(), pair.explanation());
      }
    }
  }
}

// In TLS 1.3 its records are encrypted: a library sees many that bring nothing yet.
TEST_P(LibsslPeerTest, LargeCertificateInSmallRecords) {
  for (int count : {100, 200}) {
    pki::Certificate leaf = pki::Certificate::leaf("large").key(pki::ec());
    for (int i = 0; i < count * 2; ++i) {
      leaf.dns(std::string(240, 'n') + std::to_string(10000 + i) + ".test");
    }
    const IdentitySource source = source_of(leaf.issue());
    LibsslPair pair(plugin(), client(TRESTLE_VERSION_TLS13), TRESTLE_VERSION_TLS13,
                    [&source](SSL_CTX* context) {
                      use_chain(context, source);
                      SSL_CTX_set_max_send_fragment(context, 512);
                    });
    pair.handshake();
    expect_same(alone(plugin()), "a certificate in " + std::to_string(count) + " encrypted records",
                "OK", pair.outcome.text(), pair.explanation());
  }
}

// Without a certificate nobody is spoken to, unless an anonymous suite was named.
TEST_P(LibsslPeerTest, AnonymousServersAreRefused) {
  LibsslPair pair(plugin(), client(TRESTLE_VERSION_TLS12), TRESTLE_VERSION_TLS12,
                  [](SSL_CTX* context) {
                    SSL_CTX_set_cipher_list(context, "aNULL:@SECLEVEL=0");
                    SSL_CTX_set_dh_auto(context, 1);
                  });
  pair.handshake();
  EXPECT_EQ(pair.outcome.text(), "ALERT_RECEIVED, alert 40 received") << pair.explanation();
}

// What a client offers besides is not taken up.
TEST_P(LibsslPeerTest, OffersOfAClientThatNobodyAskedForAreNotTaken) {
  for (uint16_t version : {TRESTLE_VERSION_TLS12, TRESTLE_VERSION_TLS13}) {
    LibsslPair pair(plugin(), server(version), version, [](SSL_CTX* context) {
      const unsigned char protocols[] = "\x08http/1.1";
      SSL_CTX_set_alpn_protos(context, protocols, sizeof protocols - 1);
      SSL_CTX_set_tlsext_status_type(context, TLSEXT_STATUSTYPE_ocsp);
      SSL_CTX_set_post_handshake_auth(context, 1);
    });
    pair.handshake();
    ASSERT_TRUE(pair.established()) << pair.explanation();
    expect_data_flows(&pair);
    const unsigned char* protocol = nullptr;
    unsigned length = 0;
    SSL_get0_alpn_selected(pair.peer.ssl(), &protocol, &length);
    EXPECT_EQ(length, 0u);
    EXPECT_EQ(SSL_session_reused(pair.peer.ssl()), 0);
    EXPECT_EQ(SSL_SESSION_has_ticket(SSL_get0_session(pair.peer.ssl())), 0);
  }
}

TRESTLE_FOR_EACH_BACKEND(LibsslPeerTest);

}  // namespace
}  // namespace trestle::conformance
