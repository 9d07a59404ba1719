// SPDX-License-Identifier: Apache-2.0
// The fake does what its script says, and speaks its protocol when it has none.
#include "backends/fake/fake.h"

#include <memory>
#include <thread>

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "abi_tests/conformance/identity_outcome.h"
#include "abi_tests/conformance/pair.h"

namespace trestle::fake {
namespace {

using conformance::Configuration;
using conformance::Context;
using conformance::Identity;
using conformance::Outcome;
using conformance::Pair;
using conformance::Plugin;

const Plugin& plugin() {
  static const bool loaded = [] {
    std::string why;
    const bool ok = conformance::load_plugin("fake", "./backends/fake/fake.so", &why);
    EXPECT_TRUE(ok) << why;
    return ok;
  }();
  if (!loaded) throw std::runtime_error("fake.so does not load");
  return conformance::plugins().front();
}

Control& control() {
  const auto function = reinterpret_cast<ControlFunction>(dlsym(plugin().library, "fake_control"));
  return *function();
}

class FakeTest : public ::testing::Test {
 protected:
  FakeTest() { control().reset(); }
  ~FakeTest() override {
    control().reset();
    pair_.reset();
    client_.reset();
    server_.reset();
    identity_.reset();
    EXPECT_EQ(control().live_connections(), 0);
    EXPECT_EQ(control().live_contexts(), 0);
    EXPECT_EQ(control().live_identities(), 0);
  }

  Pair& make_pair() {
    identity_ = std::make_unique<Identity>(
        plugin(), conformance::source_of(conformance::identity_leaf(testing::ec())));
    Configuration server = conformance::default_configuration(plugin(), TRESTLE_ROLE_SERVER);
    server.identity = identity_.get();
    client_ = std::make_unique<Context>(
        plugin(), conformance::default_configuration(plugin(), TRESTLE_ROLE_CLIENT));
    server_ = std::make_unique<Context>(plugin(), server);
    pair_ = std::make_unique<Pair>(*client_, *server_);
    return *pair_;
  }

  std::unique_ptr<Identity> identity_;
  std::unique_ptr<Context> client_;
  std::unique_ptr<Context> server_;
  std::unique_ptr<Pair> pair_;
};

TEST_F(FakeTest, HoldsAConversation) {
  Pair& pair = make_pair();
  pair.handshake();
  ASSERT_TRUE(pair.established()) << pair.explanation();
  EXPECT_EQ(pair.client.chain(), conformance::identity_leaf(testing::ec()).chain_der());
  EXPECT_EQ(pair.client.info().version, TRESTLE_VERSION_TLS13);
  Outcome end;
  const std::string data(100000, 'd');
  EXPECT_EQ(transfer(&pair.client, &pair.server, data, &end), data);
  EXPECT_TRUE(pair.client.close().ok());
  receive(&pair.server, &end);
  EXPECT_EQ(end.text(), "CLOSED");
}

TEST_F(FakeTest, CountsWhatItIsAskedToDo) {
  Pair& pair = make_pair();
  EXPECT_EQ(control().live_identities(), 1);
  EXPECT_EQ(control().live_contexts(), 2);
  EXPECT_EQ(control().live_connections(), 2);
  pair.handshake();
  EXPECT_EQ(control().asks(), 1u);
  EXPECT_EQ(control().calls(Slot::kConnectionNew), 2u);
  EXPECT_GE(control().calls(Slot::kHandshake), 3u);
  EXPECT_EQ(control().calls(Slot::kEncrypt), 0u);
}

TEST_F(FakeTest, FailsTheCallThatTheScriptNames) {
  Pair& pair = make_pair();
  control().fail(Slot::kHandshake, TRESTLE_RESULT_OUT_OF_MEMORY, 1);
  EXPECT_EQ(pair.client.handshake().text(), "WANT_READ");
  EXPECT_EQ(pair.client.handshake().text(), "OUT_OF_MEMORY");
  EXPECT_EQ(pair.client.handshake().text(), "WANT_READ");
  pair.handshake();
  control().fail(Slot::kEncrypt, TRESTLE_RESULT_PROTOCOL_VIOLATION);
  EXPECT_EQ(pair.client.encrypt("x").text(), "PROTOCOL_VIOLATION");
  control().fail(Slot::kDecrypt, TRESTLE_RESULT_PROTOCOL_VIOLATION);
  std::string data;
  EXPECT_EQ(pair.client.decrypt(&data).text(), "PROTOCOL_VIOLATION");
  control().fail(Slot::kContextNew, TRESTLE_RESULT_NOT_SUPPORTED);
  const Context refused(plugin(),
                        conformance::default_configuration(plugin(), TRESTLE_ROLE_CLIENT));
  EXPECT_EQ(refused.created().text(), "NOT_SUPPORTED");
  control().fail(Slot::kIdentityNew, TRESTLE_RESULT_WRONG_PASSWORD);
  const Identity wrong(plugin(), conformance::source_of(conformance::identity_leaf(testing::ec())));
  EXPECT_EQ(wrong.created().text(), "WRONG_PASSWORD");
}

TEST_F(FakeTest, HoldsACallUntilItIsReleased) {
  Pair& pair = make_pair();
  control().hold(Slot::kHandshake);
  pid_t held_on = 0;
  std::thread worker([&] {
    held_on = gettid();
    pair.handshake();
  });
  control().wait_until_held(Slot::kHandshake, 1);
  EXPECT_TRUE(pair.to_server.sent().empty());
  control().release(Slot::kHandshake);
  worker.join();
  EXPECT_TRUE(pair.established()) << pair.explanation();
  EXPECT_TRUE(control().called_on(held_on));
  int32_t ids[8];
  EXPECT_EQ(control().threads(ids, 8), 2u);
}

TEST_F(FakeTest, PushesJunkThatThePeerRefuses) {
  control().push_junk(1000);
  Pair& pair = make_pair();
  EXPECT_TRUE(pair.client.handshake().wants_read());
  EXPECT_GT(pair.to_server.sent().size(), 1000u);
  EXPECT_EQ(pair.server.handshake().text(), "PROTOCOL_VIOLATION, alert 10 sent");
}

TEST_F(FakeTest, KnowsItsOwnSignatureOrWhatTheScriptSays) {
  const std::string own(kSignature, sizeof kSignature);
  const std::string other = own + "!";
  const trestle_bytes none = {};
  const auto verify = [&none](uint16_t scheme, const std::string& signature) {
    const trestle_bytes lent = conformance::lend(signature);
    return plugin().table->verify_signature(scheme, &none, &none, &lent);
  };
  EXPECT_EQ(verify(0x0403, own), 1);
  EXPECT_EQ(verify(0x0403, other), 0);
  EXPECT_EQ(verify(0x0101, own), TRESTLE_BACKEND_ERROR);
  control().answer_signatures(1);
  EXPECT_EQ(verify(0x0101, other), 1);
  control().forget_signature_answer();
  EXPECT_EQ(verify(0x0403, other), 0);
}

}  // namespace
}  // namespace trestle::fake
