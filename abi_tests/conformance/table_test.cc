// SPDX-License-Identifier: Apache-2.0
// What the host's loader relies on: the table is complete, and the library is the one it names.
#include <cctype>
#include <cstring>

#include <dlfcn.h>

#include "abi_tests/conformance/parameters.h"

namespace trestle::conformance {
namespace {

class TableTest : public BackendTest {};

TEST_P(TableTest, SaysWhoItIs) {
  const trestle_backend& table = *plugin().table;
  EXPECT_GE(table.size, sizeof(trestle_backend));
  EXPECT_EQ(table.abi / 1000, static_cast<uint32_t>(TRESTLE_BACKEND_ABI_MAJOR));
  EXPECT_STREQ(table.name, plugin().name.c_str());
  ASSERT_NE(table.plugin_version, nullptr);
  EXPECT_TRUE(std::isdigit(static_cast<unsigned char>(table.plugin_version[0])));
  EXPECT_EQ(table.reserved, 0u);
}

TEST_P(TableTest, HasEverySlot) {
  const trestle_backend& table = *plugin().table;
  EXPECT_NE(table.process_init, nullptr);
  EXPECT_NE(table.library_version, nullptr);
  EXPECT_NE(table.thread_detach, nullptr);
  EXPECT_NE(table.capability, nullptr);
  EXPECT_NE(table.verify_signature, nullptr);
  EXPECT_NE(table.identity_new, nullptr);
  EXPECT_NE(table.identity_free, nullptr);
  EXPECT_NE(table.context_new, nullptr);
  EXPECT_NE(table.context_free, nullptr);
  EXPECT_NE(table.connection_new, nullptr);
  EXPECT_NE(table.connection_free, nullptr);
  EXPECT_NE(table.handshake, nullptr);
  EXPECT_NE(table.encrypt, nullptr);
  EXPECT_NE(table.decrypt, nullptr);
  EXPECT_NE(table.close, nullptr);
  EXPECT_NE(table.info, nullptr);
  EXPECT_EQ(table.abort != nullptr, plugin().can(TRESTLE_CAPABILITY_ALERT_SEND, 0));
}

TEST_P(TableTest, ServesHostsOfItsMajorAlone) {
  const auto entry = reinterpret_cast<trestle_backend_entry_function>(
      dlsym(plugin().library, TRESTLE_BACKEND_ENTRY));
  EXPECT_EQ(entry(TRESTLE_BACKEND_ABI), plugin().table);
  EXPECT_EQ(entry(TRESTLE_BACKEND_ABI + 1), plugin().table) << "a newer host of the same major";
  EXPECT_EQ(entry(TRESTLE_BACKEND_ABI + 1000), nullptr) << "a host of another major";
  EXPECT_EQ(entry(0), nullptr);
}

TEST_P(TableTest, ExportsTheEntryFunctionAlone) {
  for (const char* symbol : {"process_init", "identity_new", "context_new", "_ZdlPv", "_Znwm"}) {
    void* found = dlsym(plugin().library, symbol);
    if (found == nullptr) continue;
    // It may come from the program or a library that the plugin needs, not from the plugin.
    Dl_info where = {};
    Dl_info entry = {};
    ASSERT_NE(dladdr(found, &where), 0);
    ASSERT_NE(dladdr(reinterpret_cast<void*>(plugin().table->process_init), &entry), 0);
    EXPECT_STRNE(where.dli_fname, entry.dli_fname) << symbol;
  }
}

std::string file_name(const char* path) {
  const char* slash = std::strrchr(path, '/');
  return slash == nullptr ? path : slash + 1;
}

TEST_P(TableTest, CanariesLieInTheObjectTheyName) {
  const trestle_backend& table = *plugin().table;
  EXPECT_GE(table.canary_count, 1u);
  for (uint32_t i = 0; i < table.canary_count; ++i) {
    const trestle_backend_canary& canary = table.canaries[i];
    ASSERT_NE(canary.address, nullptr) << canary.symbol;
    Dl_info found = {};
    ASSERT_NE(dladdr(canary.address, &found), 0) << canary.symbol;
    EXPECT_EQ(file_name(found.dli_fname).rfind(canary.object, 0), 0u)
        << canary.symbol << " lies in " << found.dli_fname;
    // The address is the function's own, not that of an import stub.
    ASSERT_NE(found.dli_sname, nullptr) << canary.symbol;
    EXPECT_EQ(found.dli_saddr, canary.address) << canary.symbol;
  }
}

TEST_P(TableTest, NamesTheLibraryThatIsLoaded) {
  const char* version = plugin().table->library_version();
  ASSERT_NE(version, nullptr);
  EXPECT_NE(std::strpbrk(version, "0123456789"), nullptr) << version;
  EXPECT_EQ(plugin().table->library_version(), version) << "not static";
}

TEST_P(TableTest, FreeingNothingIsAllowed) {
  plugin().table->identity_free(nullptr);
  plugin().table->context_free(nullptr);
  plugin().table->connection_free(nullptr);
}

TRESTLE_FOR_EACH_BACKEND(TableTest);

}  // namespace
}  // namespace trestle::conformance
