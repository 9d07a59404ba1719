// SPDX-License-Identifier: Apache-2.0
#include "core/pki/secret_bytes.h"

#include <gtest/gtest.h>

#include <type_traits>

namespace trestle::pki {
namespace {

static_assert(!std::is_copy_constructible<SecretBytes>::value, "a secret is never copied");
static_assert(!std::is_copy_assignable<SecretBytes>::value, "a secret is never copied");
static_assert(std::is_nothrow_move_constructible<SecretBytes>::value, "containers must move it");

TEST(SecretBytes, NeverGrows) {
  SecretBytes secret(2);
  const uint8_t* where = secret.data();
  EXPECT_TRUE(secret.append(1));
  EXPECT_TRUE(secret.append(2));
  EXPECT_FALSE(secret.append(3));
  EXPECT_EQ(secret.size(), 2u);
  EXPECT_EQ(secret.data(), where);
}

TEST(SecretBytes, MovingMovesTheOneBuffer) {
  SecretBytes first(Bytes(std::string_view("secret")));
  const uint8_t* where = first.data();
  SecretBytes second(std::move(first));
  EXPECT_EQ(second.data(), where);
  EXPECT_TRUE(first.empty());
  SecretBytes third(Bytes(std::string_view("other")));
  third = std::move(second);
  EXPECT_EQ(third.data(), where);
  EXPECT_EQ(third.bytes().text(), "secret");
}

TEST(SecretBytes, WipeLetsGo) {
  SecretBytes secret(Bytes(std::string_view("secret")));
  secret.wipe();
  EXPECT_TRUE(secret.empty());
  EXPECT_EQ(secret.data(), nullptr);
  EXPECT_FALSE(secret.append(1));
}

}  // namespace
}  // namespace trestle::pki
