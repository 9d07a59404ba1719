// SPDX-License-Identifier: Apache-2.0
// May the code in this file run in our process?
#pragma once

#include <sys/types.h>

#include <string>

namespace trestle::loader {

struct CheckedFile {
  enum class Verdict {
    kTrusted,
    kNotFound,  // there is no such file
    kRefused,   // there is one, and somebody else could have put or changed it
  };
  Verdict verdict = Verdict::kNotFound;
  std::string path;    // trusted: free of symbolic links
  dev_t device = 0;    // trusted: which file it is, whatever its name
  ino_t inode = 0;
  std::string reason;  // not trusted: why
};

// Trusts a regular file that root or the process's effective user owns and that nobody else may
// write, in a directory of which the same is true; also the directory that holds a symbolic link
// to it. `path` is absolute.
//
// The dynamic linker opens the file by its name once more, so between the check and the loading
// the file can be exchanged: by root and by our own user, who own the directory, and by whoever may
// rename a directory above it. Loading the very descriptor that was checked
// (/proc/self/fd/N) would close that gap and open a worse one: the linker compares names first, and
// would hand out a plugin that was loaded earlier under the same number.
CheckedFile check_file(const std::string &path);

// The system's words for an errno.
std::string system_text(int error);

}  // namespace trestle::loader
