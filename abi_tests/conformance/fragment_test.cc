// SPDX-License-Identifier: Apache-2.0
// A handshake message may come in records as small as its sender likes (RFC 8446, 5.1).
#include "abi_tests/conformance/scenario.h"
#include "abi_tests/conformance/wire.h"

namespace trestle::conformance {
namespace {

class FragmentTest : public PairTest {
 protected:
  // Handshake records in the clear in records of `size`.
  static std::string in_fragments(const std::string& flight, size_t size) {
    std::string records;
    bool clear = true;
    for (const Record& record : records_of(flight)) {
      clear = clear && record.type == kHandshakeRecord;
      if (!clear) {
        records += make_record(record.type, record.body);
        continue;
      }
      for (size_t i = 0; i < record.body.size(); i += size) {
        records += make_record(kHandshakeRecord, record.body.substr(i, size));
      }
    }
    return records;
  }

  // Cuts what a step made one side send.
  static bool advance_cutting(Endpoint* endpoint, Outcome* outcome, const Pipe& in, Pipe* out,
                              size_t size) {
    const bool progress = advance(endpoint, outcome, in, out);
    if (size != 0 && out->unread() != 0) out->write(in_fragments(out->drain(), size));
    return progress;
  }

  void run(size_t from_client, size_t from_server) {
    SCOPED_TRACE(testing::Message() << from_client << " bytes of the client's, " << from_server
                                    << " of the server's");
    Scenario scenario(GetParam());
    scenario.set_server_identity(chain_of(KeyKind::kRsa2048, 3));
    Pair& pair = scenario.make_pair();
    for (bool progress = true; progress;) {
      progress = advance_cutting(&pair.client, &pair.client_outcome, pair.to_client,
                                 &pair.to_server, from_client);
      progress |= advance_cutting(&pair.server, &pair.server_outcome, pair.to_server,
                                  &pair.to_client, from_server);
    }
    EXPECT_TRUE(pair.established()) << pair.explanation();
  }
};

TEST_P(FragmentTest, SmallRecordsAreTaken) {
  for (size_t size : {1, 2, 3, 5, 16, 64}) {
    run(size, 0);
    run(0, size);
  }
}

TRESTLE_FOR_EACH_PAIR_AND_VERSION(FragmentTest);

}  // namespace
}  // namespace trestle::conformance
