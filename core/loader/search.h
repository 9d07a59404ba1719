// SPDX-License-Identifier: Apache-2.0
// Where plugins are looked for, and under which names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace trestle::loader {

// [a-z0-9_]{1,32}: nothing that could lead out of a directory.
bool is_backend_name(std::string_view name);

// A name that was refused, fit for an error text: printable, and not longer than a line.
std::string in_quotes(std::string_view name);

// One place to look. A place that may not be used carries the reason instead of a directory; it
// ends the search, since what its author wanted would otherwise be passed over in silence.
struct Place {
  enum class Layout {
    kFlat,       // DIRECTORY/NAME.so
    kBuildTree,  // DIRECTORY/NAME/NAME.so, as the build leaves it
  };
  std::string directory;
  Layout layout = Layout::kFlat;
  std::string unusable;

  std::string file(std::string_view name) const;
};

// What the places follow from.
struct Surroundings {
  std::string engine_directory;   // of the engine's configuration, or empty
  std::string environment;        // TRESTLE_BACKEND_PATH, or empty
  std::string library_directory;  // where libtrestle itself was loaded from, or empty
  std::string installed;          // compiled in
};

// In the order of search: the program's word, the user's, then where libtrestle itself is at home.
// Neither the current directory nor LD_LIBRARY_PATH takes part, so a plugin never comes from where
// nobody said. That the user's word goes before the installed plugins gives no new power: whoever
// sets this process's environment can set LD_PRELOAD too, and secure_getenv knows neither of them
// in a set-user-id program.
std::vector<Place> places(const Surroundings &surroundings);

// Reads the environment.
Surroundings surroundings_of_process(std::string engine_directory);

// Names of the plugin files in these places, sorted, each once. Whether they load is another
// question.
std::vector<std::string> names_in(const std::vector<Place> &places);

}  // namespace trestle::loader
