// SPDX-License-Identifier: Apache-2.0
#include "core/loader/search.h"

#include <dirent.h>
#include <dlfcn.h>
#include <link.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#ifndef TRESTLE_BACKEND_DIR
#if defined(__x86_64__) && defined(__LP64__)
#define TRESTLE_BACKEND_DIR "/usr/lib/x86_64-linux-gnu/trestle-1/backends"
#elif defined(__aarch64__)
#define TRESTLE_BACKEND_DIR "/usr/lib/aarch64-linux-gnu/trestle-1/backends"
#else
#define TRESTLE_BACKEND_DIR "/usr/lib/trestle-1/backends"
#endif
#endif

namespace trestle::loader {
namespace {

constexpr size_t kNameMax = 32;
constexpr std::string_view kSuffix = ".so";

bool is_absolute(std::string_view path) { return !path.empty() && path[0] == '/'; }

std::string_view parent(std::string_view path) { return path.substr(0, path.rfind('/')); }

bool is_regular_file(const std::string &path) {
  struct stat status;
  return stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

// A name that the linker opened relative to a current directory that may have changed since: true
// if it still leads to the same object.
bool leads_to(const char *file, const void *object) {
  void *found = dlopen(file, RTLD_LAZY | RTLD_NOLOAD);
  if (found == nullptr) return false;
  dlclose(found);  // gives back the reference just taken
  return found == object;
}

// The directory that libtrestle was loaded from. Empty if that can't be told, or if this code is
// part of an executable.
std::string library_directory() {
  static const char here = 0;
  Dl_info info;
  void *object = nullptr;
  if (dladdr1(&here, &info, &object, RTLD_DL_LINKMAP) == 0) return {};
  const char *file = static_cast<const link_map *>(object)->l_name;
  if (is_absolute(file)) return std::string(parent(file));
  if (file[0] == '\0') return {};
  const std::unique_ptr<char, void (*)(void *)> resolved(realpath(file, nullptr), free);
  if (resolved == nullptr || !leads_to(resolved.get(), object)) return {};
  return std::string(parent(resolved.get()));
}

std::string secure_environment(const char *name) {
  const char *value = secure_getenv(name);
  return value == nullptr ? std::string() : value;
}

std::vector<std::string> entries_of(const std::string &directory) {
  std::vector<std::string> entries;
  const std::unique_ptr<DIR, int (*)(DIR *)> stream(opendir(directory.c_str()), closedir);
  if (stream == nullptr) return entries;
  while (const dirent *entry = readdir(stream.get())) entries.emplace_back(entry->d_name);
  return entries;
}

// The backend that an entry of a place stands for, or nothing.
std::string_view name_of_entry(std::string_view entry, Place::Layout layout) {
  if (layout == Place::Layout::kFlat) {
    if (entry.size() <= kSuffix.size()) return {};
    const size_t stem = entry.size() - kSuffix.size();
    if (entry.substr(stem) != kSuffix) return {};
    entry = entry.substr(0, stem);
  }
  return is_backend_name(entry) ? entry : std::string_view();
}

}  // namespace

bool is_backend_name(std::string_view name) {
  return !name.empty() && name.size() <= kNameMax &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
         });
}

std::string in_quotes(std::string_view name) {
  constexpr size_t kShown = 64;
  std::string text = "\"";
  for (const char c : name.substr(0, kShown)) text += c >= ' ' && c <= '~' ? c : '?';
  return text + (name.size() > kShown ? "...\"" : "\"");
}

std::string Place::file(std::string_view name) const {
  std::string path = directory + "/";
  if (layout == Layout::kBuildTree) path.append(name) += "/";
  return path.append(name).append(kSuffix);
}

std::vector<Place> places(const Surroundings &surroundings) {
  std::vector<Place> places;
  const auto add = [&places](std::string directory, Place::Layout layout, std::string unusable) {
    const bool known = std::any_of(places.begin(), places.end(), [&](const Place &place) {
      return place.directory == directory && place.layout == layout && unusable.empty();
    });
    if (!known) places.push_back({std::move(directory), layout, std::move(unusable)});
  };
  const auto add_given = [&add](const std::string &directory, const char *who) {
    if (directory.empty()) return;
    add(directory, Place::Layout::kFlat,
        is_absolute(directory) ? ""
                               : std::string(who) + ": " + in_quotes(directory) +
                                     " is not an absolute path");
  };
  add_given(surroundings.engine_directory, "backend_directory");
  add_given(surroundings.environment, "TRESTLE_BACKEND_PATH");
  const std::string &library = surroundings.library_directory;
  if (!library.empty()) {
    add(library + "/trestle-1/backends", Place::Layout::kFlat, "");
    // The build tree: core/libtrestle.so beside backends/NAME/NAME.so.
    if (std::string_view(library).substr(parent(library).size()) == "/core") {
      add(std::string(parent(library)) + "/backends", Place::Layout::kBuildTree, "");
    }
  }
  add(surroundings.installed, Place::Layout::kFlat, "");
  return places;
}

Surroundings surroundings_of_process(std::string engine_directory) {
  return {std::move(engine_directory), secure_environment("TRESTLE_BACKEND_PATH"),
          library_directory(), TRESTLE_BACKEND_DIR};
}

std::vector<std::string> names_in(const std::vector<Place> &places) {
  std::set<std::string> names;
  for (const Place &place : places) {
    if (!place.unusable.empty()) continue;
    for (const std::string &entry : entries_of(place.directory)) {
      const std::string_view name = name_of_entry(entry, place.layout);
      if (!name.empty() && is_regular_file(place.file(name))) names.emplace(name);
    }
  }
  return {names.begin(), names.end()};
}

}  // namespace trestle::loader
