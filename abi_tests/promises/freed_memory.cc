// SPDX-License-Identifier: Apache-2.0
#include "abi_tests/promises/freed_memory.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <malloc.h>
#include <string.h>

#include <algorithm>
#include <atomic>
#include <sstream>

namespace trestle::testing {
namespace {

constexpr size_t kFindsMax = 256;
constexpr int kDepth = 16;

struct RawFind {
  const Marker* marker;
  void* calls[kDepth];
  int depth;
};

// No allocation in here: free() itself is looking.
std::atomic<const std::vector<Marker>*> watched{nullptr};
std::atomic<size_t> find_count{0};
RawFind finds[kFindsMax];

[[maybe_unused]] void look_at(void* block) {
  const size_t size = malloc_usable_size(block);
  if (const std::vector<Marker>* markers = watched) {
    for (const Marker& marker : *markers) {
      if (!memmem(block, size, marker.bytes.data(), marker.bytes.size())) continue;
      const size_t at = find_count.fetch_add(1);
      if (at >= kFindsMax) break;
      finds[at].marker = &marker;
      finds[at].depth = backtrace(finds[at].calls, kDepth);
    }
  }
  explicit_bzero(block, size);
}

std::string file_of(void* address) {
  Dl_info info{};
  if (!dladdr(address, &info) || !info.dli_fname) return "?";
  const std::string path = info.dli_fname;
  return path.substr(path.rfind('/') + 1);
}

std::string call_at(void* address) {
  Dl_info info{};
  std::ostringstream text;
  text << file_of(address);
  if (dladdr(address, &info))
    text << "+0x" << std::hex
         << static_cast<char*>(address) - static_cast<char*>(info.dli_fbase)
         << (info.dli_sname ? std::string(" ") + info.dli_sname : "");
  return text.str();
}

FreedMemoryWatch::Find in_words(const RawFind& raw) {
  FreedMemoryWatch::Find find;
  find.what = raw.marker->what;
  // The first calls are of this program, whose free() it is.
  const std::string own = file_of(reinterpret_cast<void*>(&call_at));
  int call = 0;
  while (call < raw.depth && file_of(raw.calls[call]) == own) ++call;
  if (call < raw.depth) find.freed_by = file_of(raw.calls[call]);
  for (; call < raw.depth; ++call) find.way += "\n    " + call_at(raw.calls[call]);
  return find;
}

}  // namespace

FreedMemoryWatch::FreedMemoryWatch(const std::vector<Marker>& markers) {
  void* calls[1];
  backtrace(calls, 1);  // The first call allocates.
  find_count = 0;
  watched = &markers;
}

FreedMemoryWatch::~FreedMemoryWatch() { watched = nullptr; }

std::vector<FreedMemoryWatch::Find> FreedMemoryWatch::finish() {
  watched = nullptr;
  std::vector<Find> all;
  for (size_t i = 0; i < std::min(find_count.load(), kFindsMax); ++i)
    all.push_back(in_words(finds[i]));
  return all;
}

}  // namespace trestle::testing

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
extern "C" {

void __libc_free(void* block);

void free(void* block) noexcept {
  if (!block) return;
  trestle::testing::look_at(block);
  __libc_free(block);
}

// Always moves, so that the old block comes by here.
void* realloc(void* block, size_t size) noexcept {
  if (!block) return malloc(size);
  if (size == 0) {
    free(block);
    return nullptr;
  }
  void* moved = malloc(size);
  if (!moved) return nullptr;
  memcpy(moved, block, std::min(size, malloc_usable_size(block)));
  free(block);
  return moved;
}

}  // extern "C"
#endif
