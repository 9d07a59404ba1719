// SPDX-License-Identifier: Apache-2.0
#include "core/loader/table_check.h"

#include <cstddef>

#include "core/loader/search.h"

namespace trestle::loader {
namespace {

// The table of plugin ABI 1.0, whatever has been added to the struct since.
constexpr uint32_t kFirstSize = offsetof(trestle_backend, info) + sizeof(trestle_backend::info);

std::string abi_text(uint32_t abi) {
  return std::to_string(abi / 1000) + "." + std::to_string(abi % 1000);
}

// All slots of ABI 1.0 but `abort`, which a backend may lack.
std::string missing_slots(const trestle_backend &table) {
  std::string missing;
#define NEEDED(slot) \
  if (table.slot == nullptr) missing += missing.empty() ? #slot : ", " #slot
  NEEDED(name);
  NEEDED(plugin_version);
  NEEDED(process_init);
  NEEDED(library_version);
  NEEDED(thread_detach);
  NEEDED(capability);
  NEEDED(verify_signature);
  NEEDED(identity_new);
  NEEDED(identity_free);
  NEEDED(context_new);
  NEEDED(context_free);
  NEEDED(connection_new);
  NEEDED(connection_free);
  NEEDED(handshake);
  NEEDED(encrypt);
  NEEDED(decrypt);
  NEEDED(close);
  NEEDED(info);
#undef NEEDED
  return missing;
}

bool canaries_are_complete(const trestle_backend &table) {
  if (table.canary_count != 0 && table.canaries == nullptr) return false;
  for (uint32_t i = 0; i < table.canary_count; i++) {
    const trestle_backend_canary &canary = table.canaries[i];
    // An empty prefix would fit every file.
    if (canary.symbol == nullptr || canary.address == nullptr || canary.object == nullptr ||
        canary.object[0] == '\0') {
      return false;
    }
  }
  return true;
}

}  // namespace

std::string table_objection(const trestle_backend *table) {
  const std::string host = abi_text(TRESTLE_BACKEND_ABI);
  if (table == nullptr) return "it does not serve a host of plugin ABI " + host;
  if (table->abi / 1000 != TRESTLE_BACKEND_ABI_MAJOR) {
    return "it has plugin ABI " + abi_text(table->abi) + ", this host has " + host;
  }
  if (table->size < kFirstSize) {
    return "its table has " + std::to_string(table->size) + " bytes, at least " +
           std::to_string(kFirstSize) + " are needed";
  }
  const std::string missing = missing_slots(*table);
  if (!missing.empty()) return "its table lacks " + missing;
  if (!is_backend_name(table->name)) return "it calls itself " + in_quotes(table->name);
  if (!canaries_are_complete(*table)) return "its table has an incomplete canary";
  return {};
}

}  // namespace trestle::loader
