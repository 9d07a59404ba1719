// SPDX-License-Identifier: Apache-2.0
#include "core/loader/image_check.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vector>

#include "core/loader/file_check.h"

namespace trestle::loader {
namespace {

// All of `size` bytes at `offset`; false where the file ends earlier.
bool read_at(int fd, uint64_t offset, void *to, size_t size) {
  auto *at = static_cast<char *>(to);
  while (size > 0) {
    const ssize_t n = pread(fd, at, size, static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    at += n;
    offset += static_cast<uint64_t>(n);
    size -= static_cast<size_t>(n);
  }
  return true;
}

bool is_for_the_linker(const ElfW(Ehdr) &header) {
  return memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
         header.e_ident[EI_CLASS] != (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32) ||
         header.e_phentsize != sizeof(ElfW(Phdr));
}

// Whether the file ends before what it says of itself.
bool is_cut_off(int fd, uint64_t size) {
  ElfW(Ehdr) header;
  if (!read_at(fd, 0, &header, sizeof header) || is_for_the_linker(header)) return false;
  std::vector<ElfW(Phdr)> segments(header.e_phnum);
  if (!read_at(fd, header.e_phoff, segments.data(), segments.size() * sizeof segments[0]))
    return true;
  for (const ElfW(Phdr) &segment : segments) {
    if (segment.p_type != PT_LOAD) continue;
    if (segment.p_offset > size || segment.p_filesz > size - segment.p_offset) return true;
  }
  return false;
}

}  // namespace

std::string image_objection(const std::string &path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return system_text(errno);
  struct stat status;
  const bool cut_off =
      fstat(fd, &status) == 0 && is_cut_off(fd, static_cast<uint64_t>(status.st_size));
  close(fd);
  return cut_off ? "the file is cut off" : "";
}

}  // namespace trestle::loader
