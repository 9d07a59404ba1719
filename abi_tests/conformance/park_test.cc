// SPDX-License-Identifier: Apache-2.0
// `ask` parks a handshake on its own small stack, and other connections go on, on the same thread.
#include <memory>
#include <vector>

#include "abi_tests/conformance/fiber.h"
#include "abi_tests/conformance/scenario.h"

namespace trestle::conformance {
namespace {

// One side whose handshake runs on a fiber; when asked, it parks until the test has an answer.
class ParkedSide {
 public:
  ParkedSide(Endpoint* endpoint, Outcome* outcome, Pipe* out)
      : endpoint_(endpoint), outcome_(outcome), out_(out) {
    endpoint_->on_ask = [this](const trestle_ask&) {
      asked_ = true;
      fiber_->park();
      return answer_;
    };
  }

  // Lets a call that is still parked come to its end.
  ~ParkedSide() {
    while (fiber_ && !fiber_->resume()) {
    }
  }

  // Calls handshake, or goes on with the call that is parked. True if it may have got further.
  bool advance() {
    if (!outcome_->wants_read()) return false;
    if (asked_ && !answered_) return false;
    if (!fiber_) {
      fiber_ = std::make_unique<Fiber>([this] { *outcome_ = endpoint_->handshake(); });
    }
    const uint64_t sent = out_->sent().size();
    const bool asked_before = asked_;
    if (fiber_->resume()) {
      stack_used_ = std::max(stack_used_, fiber_->stack_used());
      fiber_.reset();
    }
    if (outcome_->failed()) out_->end();
    return !outcome_->wants_read() || out_->sent().size() != sent || asked_ != asked_before;
  }

  bool waits_for_answer() const { return asked_ && !answered_; }
  void answer(int32_t answer) {
    answer_ = answer;
    answered_ = true;
  }
  size_t stack_used() const { return stack_used_; }

 private:
  Endpoint* endpoint_;
  Outcome* outcome_;
  Pipe* out_;
  std::unique_ptr<Fiber> fiber_;
  bool asked_ = false;
  bool answered_ = false;
  int32_t answer_ = TRESTLE_ANSWER_NO;
  size_t stack_used_ = 0;
};

// Both sides of a pair, each on fibers.
struct ParkedPair {
  explicit ParkedPair(Pair* both)
      : pair(both),
        client(&both->client, &both->client_outcome, &both->to_server),
        server(&both->server, &both->server_outcome, &both->to_client) {}

  void run() {
    bool progress = true;
    while (progress) {
      progress = client.advance();
      progress |= server.advance();
    }
  }

  Pair* pair;
  ParkedSide client;
  ParkedSide server;
};

class ParkTest : public PairTest {
 protected:
  // Server and client both have certificates, so that both sides ask.
  void SetUp() override {
    scenario_ = std::make_unique<Scenario>(GetParam());
    scenario_->server.client_auth = TRESTLE_CLIENT_AUTH_REQUIRE;
    scenario_->set_client_identity(chain_of(KeyKind::kEcdsaP256, 3));
    scenario_->set_server_identity(chain_of(KeyKind::kRsa2048, 3));
  }

  std::unique_ptr<ParkedPair> parked_pair() {
    return std::make_unique<ParkedPair>(&scenario_->make_pair());
  }

  std::unique_ptr<Scenario> scenario_;
};

TEST_P(ParkTest, OthersGoOnWhileSomeWait) {
  constexpr int kCount = 8;
  std::vector<std::unique_ptr<ParkedPair>> pairs;
  for (int i = 0; i < kCount; ++i) {
    pairs.push_back(parked_pair());
    pairs.back()->run();
    EXPECT_TRUE(pairs.back()->client.waits_for_answer()) << pairs.back()->pair->explanation();
  }
  // A connection from beginning to end, on the same thread, while the clients are parked; and one
  // that fails, which leaves whatever it leaves behind on the thread.
  Pair& through = scenario_->make_established_pair();
  Outcome end;
  EXPECT_EQ(transfer(&through.client, &through.server, "hello", &end), "hello");
  Pair& failing = scenario_->make_pair();
  failing.client.on_ask = [](const trestle_ask&) { return TRESTLE_ANSWER_NO; };
  failing.handshake();
  EXPECT_TRUE(failing.client_outcome.failed());

  // Answered in another order than asked; every third is refused.
  for (int i = kCount - 1; i >= 0; --i) {
    pairs[i]->client.answer(i % 3 == 0 ? TRESTLE_ANSWER_NO : TRESTLE_ANSWER_YES);
    pairs[i]->run();
  }
  for (int i = 0; i < kCount; ++i) {
    const Pair& pair = *pairs[i]->pair;
    if (i % 3 == 0) {
      EXPECT_EQ(pair.client_outcome.text(), "CERT_REJECTED, alert 42 sent") << pair.explanation();
      continue;
    }
    EXPECT_TRUE(pairs[i]->server.waits_for_answer()) << pair.explanation();
    pairs[i]->server.answer(TRESTLE_ANSWER_YES);
  }
  for (int i = 0; i < kCount; ++i) {
    if (i % 3 == 0) continue;
    pairs[i]->run();
    Pair& pair = *pairs[i]->pair;
    EXPECT_TRUE(pair.established()) << pair.explanation();
    EXPECT_EQ(transfer(&pair.server, &pair.client, "after parking", &end), "after parking");
    EXPECT_EQ(pair.client.asks(), 1);
    EXPECT_EQ(pair.server.asks(), 1);
  }
}

TEST_P(ParkTest, FitsTheStack) {
  std::unique_ptr<ParkedPair> parked = parked_pair();
  parked->run();
  parked->client.answer(TRESTLE_ANSWER_YES);
  parked->run();
  parked->server.answer(TRESTLE_ANSWER_YES);
  parked->run();
  EXPECT_TRUE(parked->pair->established()) << parked->pair->explanation();
  // The contract gives a handshake 224 KiB.
  constexpr size_t kPromised = 224 * 1024;
  EXPECT_LT(parked->client.stack_used(), kPromised);
  EXPECT_LT(parked->server.stack_used(), kPromised);
  std::printf("stack used: client %s %zu bytes, server %s %zu bytes\n",
              client_plugin().name.c_str(), parked->client.stack_used(),
              server_plugin().name.c_str(), parked->server.stack_used());
}

TEST_P(ParkTest, CanBeRefusedAtTheEndOfEverything) {
  // What the library does with connections that still wait when their engine ends: it answers no.
  std::unique_ptr<ParkedPair> parked = parked_pair();
  parked->run();
  ASSERT_TRUE(parked->client.waits_for_answer());
  parked->pair->to_client.end();
  parked->client.answer(TRESTLE_ANSWER_NO);
  parked->run();
  EXPECT_EQ(parked->pair->client_outcome.text(), "CERT_REJECTED, alert 42 sent")
      << parked->pair->explanation();
}

TRESTLE_FOR_EACH_PAIR_AND_VERSION(ParkTest);

}  // namespace
}  // namespace trestle::conformance
