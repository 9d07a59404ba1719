// SPDX-License-Identifier: Apache-2.0
#include "abi_tests/support/free_port.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>
#include <stdexcept>
#include <system_error>

namespace trestle::testing {
namespace {

constexpr std::chrono::milliseconds kProbeInterval{2};

// The inode numbers of the sockets that a process has open.
std::set<std::string> open_sockets(pid_t pid) {
  std::set<std::string> inodes;
  std::error_code error;
  const std::filesystem::path directory = "/proc/" + std::to_string(pid) + "/fd";
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    const std::string target = std::filesystem::read_symlink(entry.path(), error).string();
    constexpr std::string_view kPrefix = "socket:[";
    if (target.compare(0, kPrefix.size(), kPrefix) == 0) {
      inodes.insert(target.substr(kPrefix.size(), target.size() - kPrefix.size() - 1));
    }
  }
  return inodes;
}

// A line of /proc/net/tcp: "sl local remote state queues timer retransmits uid timeout inode ...".
std::optional<uint16_t> listening_port(pid_t pid, IpVersion ip) {
  const std::set<std::string> inodes = open_sockets(pid);
  std::ifstream table("/proc/" + std::to_string(pid) + "/net/" +
                      (ip == IpVersion::kV4 ? "tcp" : "tcp6"));
  std::string line;
  while (std::getline(table, line)) {
    std::istringstream fields(line);
    std::string slot, local, remote, state, queues, timer, retransmits, uid, timeout, inode;
    fields >> slot >> local >> remote >> state >> queues >> timer >> retransmits >> uid >>
        timeout >> inode;
    constexpr std::string_view kListening = "0A";
    if (state != kListening || inodes.count(inode) == 0) continue;
    return static_cast<uint16_t>(std::stoul(local.substr(local.rfind(':') + 1), nullptr, 16));
  }
  return std::nullopt;
}

}  // namespace

const char* loopback_address(IpVersion ip) { return ip == IpVersion::kV4 ? "127.0.0.1" : "::1"; }

bool has_loopback(IpVersion ip) {
  try {
    ReservedPort any(ip);
    return true;
  } catch (const std::system_error&) {
    return false;
  }
}

ReservedPort::ReservedPort(IpVersion ip) {
  const int family = ip == IpVersion::kV4 ? AF_INET : AF_INET6;
  socket_ = UniqueFd(socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  setsockopt(socket_.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  sockaddr_storage address{};
  address.ss_family = static_cast<sa_family_t>(family);
  auto* v4 = reinterpret_cast<sockaddr_in*>(&address);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&address);
  socklen_t length = ip == IpVersion::kV4 ? sizeof *v4 : sizeof *v6;
  inet_pton(family, loopback_address(ip),
            ip == IpVersion::kV4 ? static_cast<void*>(&v4->sin_addr) : &v6->sin6_addr);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(socket_.get(), generic, length) != 0 ||
      getsockname(socket_.get(), generic, &length) != 0) {
    throw std::system_error(errno, std::generic_category(), "reserving a loopback port");
  }
  number_ = ntohs(ip == IpVersion::kV4 ? v4->sin_port : v6->sin6_port);
}

uint16_t wait_for_listening_port(const Process& process, IpVersion ip,
                                 std::chrono::milliseconds timeout) {
  // The kernel doesn't tell when a socket begins to listen, so this looks again and again. The wait
  // in between also notices a child that ended.
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (std::chrono::steady_clock::now() < deadline) {
    if (const auto port = listening_port(process.pid(), ip)) return *port;
    if (process.wait_for_exit(kProbeInterval)) break;
  }
  throw std::runtime_error("never listened: " + process.last_words());
}

}  // namespace trestle::testing
