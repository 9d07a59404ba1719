// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace trestle::testing {

// A directory of one's own that goes away with the object, with everything in it.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }

  // Writes a file that only its owner may read (it may hold a key) and returns its path.
  std::string write(std::string_view name, std::string_view content) const;
  std::string make_directory(std::string_view name) const;

 private:
  std::string path_;
};

std::string read_file(const std::string& path);

}  // namespace trestle::testing
