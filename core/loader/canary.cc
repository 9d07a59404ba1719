// SPDX-License-Identifier: Apache-2.0
#include "core/loader/canary.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>

#include <cstddef>
#include <string_view>
#include <vector>

namespace trestle::loader {
namespace {

struct Definition {
  const link_map *object = nullptr;  // NULL: in no object that the linker knows
  std::string file;                  // its name, for a text
  bool is_stub = false;              // not the function but the executable's way to it
};

Definition definition_of(const void *address) {
  Definition definition;
  Dl_info info;
  void *found = nullptr;
  if (dladdr1(address, &info, &found, RTLD_DL_LINKMAP) == 0) return definition;
  definition.object = static_cast<const link_map *>(found);
  definition.file = info.dli_fname;
  if (dladdr1(address, &info, &found, RTLD_DL_SYMENT) != 0 && found != nullptr) {
    const auto *symbol = static_cast<const ElfW(Sym) *>(found);
    definition.is_stub = symbol->st_shndx == SHN_UNDEF && info.dli_saddr == address;
  }
  return definition;
}

std::vector<std::string> loaded_files() {
  std::vector<std::string> files;
  const auto add = [](dl_phdr_info *info, size_t, void *list) {
    if (info->dlpi_name[0] != '\0') {
      static_cast<std::vector<std::string> *>(list)->emplace_back(info->dlpi_name);
    }
    return 0;
  };
  dl_iterate_phdr(add, &files);
  return files;
}

// A position-dependent executable that takes the address of a function of its libraries becomes,
// for everybody, the owner of that address: a stub of its own that jumps on. Where to is what the
// program's libraries define first, in the order in which they were loaded.
Definition behind_stub(const char *symbol) {
  for (const std::string &file : loaded_files()) {
    void *object = dlopen(file.c_str(), RTLD_LAZY | RTLD_NOLOAD);
    if (object == nullptr) continue;
    const void *address = dlsym(object, symbol);
    const Definition definition = address == nullptr ? Definition() : definition_of(address);
    const bool is_its_own = definition.object == object;
    dlclose(object);  // gives back the reference just taken
    if (is_its_own) return definition;
  }
  return {};
}

bool file_begins_with(const Definition &definition, std::string_view prefix) {
  // The linker's name of the executable is empty: it is never a library, whatever it is called.
  if (definition.object == nullptr) return false;
  std::string_view file = definition.object->l_name;
  const size_t slash = file.rfind('/');
  if (slash != std::string_view::npos) file.remove_prefix(slash + 1);
  return file.substr(0, prefix.size()) == prefix;
}

std::string captured(const void *address, const trestle_backend_canary &canary, const char *whose) {
  Definition definition = definition_of(address);
  if (definition.is_stub) definition = behind_stub(canary.symbol);
  if (file_begins_with(definition, canary.object)) return {};
  return std::string(whose) + " " + canary.symbol + " is not in " + canary.object + "* but in " +
         (definition.object == nullptr ? "no loaded file" : definition.file);
}

}  // namespace

std::string captured_canary(const trestle_backend &table) {
  for (uint32_t i = 0; i < table.canary_count; i++) {
    const trestle_backend_canary &canary = table.canaries[i];
    std::string found = captured(canary.address, canary, "the plugin's");
    if (!found.empty()) return found;
    const void *in_program = dlsym(RTLD_DEFAULT, canary.symbol);
    if (in_program == nullptr) continue;
    found = captured(in_program, canary, "the program's");
    if (!found.empty()) return found;
  }
  return {};
}

}  // namespace trestle::loader
