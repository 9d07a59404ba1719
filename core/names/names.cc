// SPDX-License-Identifier: Apache-2.0
// The names of results, primitives and suites, and the constants by name: all from one table.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <string_view>

#include "trestle/trestle.h"

namespace trestle::names {
namespace {

struct Constant {
  const char *name;
  int64_t value;
};

constexpr Constant kConstants[] = {
#define CONSTANT(name) {#name, static_cast<int64_t>(name)},
#include "core/names/constants.inc"
#undef CONSTANT
};

constexpr bool names_ascend() {
  for (size_t i = 1; i < std::size(kConstants); i++) {
    if (std::string_view(kConstants[i - 1].name) >= kConstants[i].name) return false;
  }
  return true;
}
static_assert(names_ascend(), "the binary search of trestle_constant needs strcmp's order");

// The constants whose names begin with a prefix, by value: from number to name.
constexpr bool in_family(const Constant &constant, std::string_view prefix) {
  return std::string_view(constant.name).substr(0, prefix.size()) == prefix;
}

constexpr size_t family_size(std::string_view prefix) {
  size_t count = 0;
  for (const Constant &constant : kConstants) count += in_family(constant, prefix) ? 1 : 0;
  return count;
}

// `skip` is how much of the constant's name isn't part of the name that is told.
template <size_t kSize>
constexpr std::array<Constant, kSize> family(std::string_view prefix, size_t skip) {
  std::array<Constant, kSize> members{};
  size_t count = 0;
  for (const Constant &constant : kConstants) {
    if (!in_family(constant, prefix)) continue;
    size_t place = count++;
    for (; place > 0 && members[place - 1].value > constant.value; place--) {
      members[place] = members[place - 1];
    }
    members[place] = {constant.name + skip, constant.value};
  }
  return members;
}

template <size_t kSize>
constexpr bool values_ascend(const std::array<Constant, kSize> &members) {
  for (size_t i = 1; i < kSize; i++) {
    if (members[i - 1].value >= members[i].value) return false;
  }
  return true;
}

constexpr std::string_view kResultPrefix = "TRESTLE_RESULT_";
constexpr std::string_view kPrimitivePrefix = "TRESTLE_PRIM_";
constexpr std::string_view kSuitePrefix = "TRESTLE_TLS_";
// IANA's names begin with TLS_.
constexpr size_t kSuiteSkip = std::string_view("TRESTLE_").size();

constexpr auto kResults = family<family_size(kResultPrefix)>(kResultPrefix, kResultPrefix.size());
constexpr auto kPrimitives =
    family<family_size(kPrimitivePrefix)>(kPrimitivePrefix, kPrimitivePrefix.size());
constexpr auto kSuites = family<family_size(kSuitePrefix)>(kSuitePrefix, kSuiteSkip);
static_assert(values_ascend(kResults), "a result code is used twice");
static_assert(values_ascend(kPrimitives), "a primitive's number is used twice");
static_assert(values_ascend(kSuites), "a suite's number is used twice");

template <size_t kSize>
const char *name_of(const std::array<Constant, kSize> &members, int64_t value) {
  const auto found = std::lower_bound(
      members.begin(), members.end(), value,
      [](const Constant &member, int64_t wanted) { return member.value < wanted; });
  return found != members.end() && found->value == value ? found->name : "UNKNOWN";
}

}  // namespace
}  // namespace trestle::names

using namespace trestle::names;

const char *trestle_result_name(int32_t result) { return name_of(kResults, result); }

const char *trestle_primitive_name(uint32_t primitive) { return name_of(kPrimitives, primitive); }

const char *trestle_suite_name(uint16_t suite) { return name_of(kSuites, suite); }

int32_t trestle_result_category(int32_t result) {
  if (result == TRESTLE_RESULT_SUCCESS) return TRESTLE_CATEGORY_SUCCESS;
  // A family's number is its category: also for members that are yet to come.
  const int32_t family = result / 100;
  if (family >= TRESTLE_CATEGORY_ARGUMENT && family <= TRESTLE_CATEGORY_CONFIGURATION) {
    return family;
  }
  return TRESTLE_CATEGORY_OTHER;
}

int32_t trestle_constant(const char *name, int64_t *value) {
  if (name == nullptr || value == nullptr) return TRESTLE_RESULT_NULL_ARGUMENT;
  const auto found = std::lower_bound(
      std::begin(kConstants), std::end(kConstants), name,
      [](const Constant &constant, const char *wanted) {
        return std::strcmp(constant.name, wanted) < 0;
      });
  if (found == std::end(kConstants) || std::strcmp(found->name, name) != 0) {
    return TRESTLE_RESULT_UNKNOWN_NAME;
  }
  *value = found->value;
  return TRESTLE_RESULT_SUCCESS;
}
