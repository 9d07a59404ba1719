// SPDX-License-Identifier: Apache-2.0
#include "backends/gnutls/suite_list.h"

#include <dlfcn.h>
#include <malloc.h>

#include <cstdint>
#include <cstring>

#include "backends/gnutls/handles.h"

namespace trestle::gnutls_backend {
namespace {

// The list is an array of pointers to rows of GnuTLS's suite table, the used ones first, and then
// their number. A row begins with its name, the part behind "GNU" of which
// gnutls_cipher_suite_info returns.
struct Layout {
  size_t first = 0;     // offset of the array in the priority object
  size_t capacity = 0;  // pointers in it
  size_t count = 0;     // offset of the number of used ones, an unsigned int
  uintptr_t table = 0;  // row 0
  size_t stride = 0;    // from row to row
};

// Written once by find_suite_list, before any other thread reads.
Layout layout;
bool layout_known = false;

constexpr size_t kNamePrefix = 3;  // "GNU"

// Enables many suites, for a long list to recognise.
constexpr char kManySuites[] =
    "NONE:+VERS-TLS1.3:+VERS-TLS1.2:+CIPHER-ALL:+MAC-ALL:+ECDHE-ECDSA:+ECDHE-RSA:+DHE-RSA:+RSA:"
    "+GROUP-ALL:+SIGN-ALL:+CTYPE-X509";
constexpr size_t kEnough = 16;

template <typename T>
T read_at(const uint8_t *object, size_t offset) {
  T value;
  std::memcpy(&value, object + offset, sizeof value);
  return value;
}

bool same_file(uintptr_t address, const void *other) {
  Dl_info one, two;
  return dladdr(reinterpret_cast<const void *>(address), &one) != 0 && dladdr(other, &two) != 0 &&
         one.dli_fbase == two.dli_fbase;
}

// A row of the table has the name that GnuTLS tells for it.
bool is_row(const Layout &candidate, unsigned index) {
  const char *name = gnutls_cipher_suite_info(index, nullptr, nullptr, nullptr, nullptr, nullptr);
  const uintptr_t row = candidate.table + index * candidate.stride;
  return same_file(row, name) && same_file(row + sizeof(char *) - 1, name) &&
         read_at<uintptr_t>(reinterpret_cast<const uint8_t *>(row), 0) + kNamePrefix ==
             reinterpret_cast<uintptr_t>(name);
}

// Do pointers to exactly these rows begin at `candidate->first`?
bool is_array(const uint8_t *object, const std::vector<unsigned> &indexes, Layout *candidate) {
  const auto pointer = [&](size_t i) {
    return read_at<uintptr_t>(object, candidate->first + i * sizeof(uintptr_t));
  };
  const intptr_t rows = static_cast<intptr_t>(indexes[1]) - static_cast<intptr_t>(indexes[0]);
  const intptr_t distance = static_cast<intptr_t>(pointer(1) - pointer(0));
  if (rows == 0 || distance == 0 || distance % rows != 0 || distance / rows <= 0) return false;
  candidate->stride = static_cast<size_t>(distance / rows);
  candidate->table = pointer(0) - indexes[0] * candidate->stride;
  for (size_t i = 0; i < indexes.size(); ++i) {
    if (pointer(i) != candidate->table + indexes[i] * candidate->stride) return false;
  }
  for (unsigned index : indexes) {
    if (!is_row(*candidate, index)) return false;
  }
  return true;
}

// Behind the used pointers come unused ones, NULL, and then the number of the used ones.
bool find_count(const uint8_t *object, size_t size, size_t used, Layout *candidate) {
  size_t offset = candidate->first + used * sizeof(uintptr_t);
  while (offset + sizeof(uintptr_t) <= size && read_at<uintptr_t>(object, offset) == 0) {
    offset += sizeof(uintptr_t);
  }
  if (offset + sizeof(uintptr_t) > size) return false;
  candidate->count = offset;
  candidate->capacity = (offset - candidate->first) / sizeof(uintptr_t);
  return read_at<unsigned>(object, offset) == used;
}

void write_suites(gnutls_priority_t priority, const std::vector<unsigned> &indexes) {
  uint8_t *object = reinterpret_cast<uint8_t *>(priority);
  std::memset(object + layout.first, 0, layout.capacity * sizeof(uintptr_t));
  for (size_t i = 0; i < indexes.size(); ++i) {
    const uintptr_t row = layout.table + indexes[i] * layout.stride;
    std::memcpy(object + layout.first + i * sizeof row, &row, sizeof row);
  }
  const unsigned count = static_cast<unsigned>(indexes.size());
  std::memcpy(object + layout.count, &count, sizeof count);
}

}  // namespace

std::vector<unsigned> read_suites(gnutls_priority_t priority) {
  std::vector<unsigned> indexes;
  unsigned index;
  for (unsigned i = 0;; ++i) {
    const int code = gnutls_priority_get_cipher_suite_index(priority, i, &index);
    if (code == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE) return indexes;
    // Those of a version that is not enabled are listed, but neither offered nor accepted.
    if (code >= 0) indexes.push_back(index);
  }
}

bool find_suite_list() {
  const Priority priority = parse_priority(kManySuites);
  if (!priority) return false;
  const std::vector<unsigned> indexes = read_suites(priority.get());
  if (indexes.size() < kEnough) return false;
  const uint8_t *object = reinterpret_cast<const uint8_t *>(priority.get());
  const size_t size = malloc_usable_size(priority.get());
  const size_t array = indexes.size() * sizeof(uintptr_t);
  Layout candidate;
  for (; candidate.first + array <= size; candidate.first += sizeof(uintptr_t)) {
    if (is_array(object, indexes, &candidate) &&
        find_count(object, size, indexes.size(), &candidate)) {
      layout = candidate;
      layout_known = true;
      return true;
    }
  }
  return false;
}

bool set_suites(gnutls_priority_t priority, const std::vector<const Suite *> &wanted) {
  std::vector<unsigned> indexes;
  for (const Suite *suite : wanted) indexes.push_back(suite->index);
  if (read_suites(priority) == indexes) return true;
  if (!layout_known || indexes.size() > layout.capacity) return false;
  write_suites(priority, indexes);
  return read_suites(priority) == indexes;
}

}  // namespace trestle::gnutls_backend
