// SPDX-License-Identifier: Apache-2.0
#include "abi_tests/support/free_port.h"

#include <arpa/inet.h>
#include <errno.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace trestle::testing {
namespace {

// 0 or the error of connecting to the port.
int connect_to(IpVersion ip, uint16_t port) {
  const UniqueFd client(
      socket(ip == IpVersion::kV4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  v6.sin6_addr = in6addr_loopback;
  const int result =
      ip == IpVersion::kV4
          ? connect(client.get(), reinterpret_cast<sockaddr*>(&v4), sizeof v4)
          : connect(client.get(), reinterpret_cast<sockaddr*>(&v6), sizeof v6);
  return result == 0 ? 0 : errno;
}

class FreePortTest : public ::testing::TestWithParam<IpVersion> {};

TEST_P(FreePortTest, NobodyListensOnAReservedPort) {
  const ReservedPort port(GetParam());
  ASSERT_NE(port.number(), 0);
  EXPECT_EQ(connect_to(GetParam(), port.number()), ECONNREFUSED);
}

TEST_P(FreePortTest, ReservedPortsDiffer) {
  const ReservedPort first(GetParam());
  const ReservedPort second(GetParam());
  EXPECT_NE(first.number(), second.number());
}

INSTANTIATE_TEST_SUITE_P(Ip, FreePortTest, ::testing::Values(IpVersion::kV4, IpVersion::kV6),
                         [](const auto& info) {
                           return info.param == IpVersion::kV4 ? "V4" : "V6";
                         });

TEST(ListeningPortTest, ChildThatEndsIsReportedWithItsLastWords) {
  ProcessOptions options;
  options.argv = {"sh", "-c", "echo no such luck >&2"};
  const Process process(std::move(options));
  try {
    wait_for_listening_port(process);
    FAIL() << "a port was found";
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("no such luck"), std::string::npos) << error.what();
  }
}

TEST(ListeningPortTest, DeadlineHolds) {
  ProcessOptions options;
  options.argv = {"cat"};
  const Process process(std::move(options));
  EXPECT_THROW(wait_for_listening_port(process, IpVersion::kV4, std::chrono::milliseconds(20)),
               std::runtime_error);
}

}  // namespace
}  // namespace trestle::testing
