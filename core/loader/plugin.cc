// SPDX-License-Identifier: Apache-2.0
#include "core/loader/plugin.h"

#include <dlfcn.h>
#include <string.h>

#include <list>
#include <mutex>

#include "core/loader/canary.h"
#include "core/loader/image_check.h"
#include "core/loader/search.h"
#include "core/loader/table_check.h"

namespace trestle::loader {
namespace {

// A mapped file. What was found out about it holds for good: its references are bound, and its
// initialisation isn't repeated.
struct Plugin {
  dev_t device;
  ino_t inode;
  void *object;  // dlopen's
  PluginOutcome inspected;
  bool init_done = false;
  PluginOutcome initialised;
};

struct Registry {
  std::mutex mutex;
  std::list<Plugin> plugins;
};

// Never destroyed: an exit handler would run beside worker threads, and be one that we registered
// in somebody else's process.
Registry &registry() {
  static Registry *const registry = new Registry;
  return *registry;
}

PluginOutcome failure(int32_t result, std::string reason) {
  return {nullptr, result, std::move(reason)};
}

std::string linker_text(const std::string &path) {
  const char *text = dlerror();
  std::string words = text == nullptr ? "the dynamic linker gives no reason" : text;
  // The linker begins with the path when it means the file itself; the caller says it already.
  if (words.compare(0, path.size() + 2, path + ": ") == 0) words.erase(0, path.size() + 2);
  return words;
}

// Everything that can be told without a call into the TLS library.
PluginOutcome inspect(void *object) {
  const auto entry =
      reinterpret_cast<trestle_backend_entry_function>(dlsym(object, TRESTLE_BACKEND_ENTRY));
  if (entry == nullptr) {
    return failure(TRESTLE_RESULT_BACKEND_BAD_ABI, "it has no function " TRESTLE_BACKEND_ENTRY);
  }
  const trestle_backend *table = entry(TRESTLE_BACKEND_ABI);
  std::string objection = table_objection(table);
  if (!objection.empty()) {
    return failure(TRESTLE_RESULT_BACKEND_BAD_ABI, std::move(objection));
  }
  objection = captured_canary(*table);
  if (!objection.empty()) {
    return failure(TRESTLE_RESULT_BACKEND_CAPTURED, std::move(objection));
  }
  return {table, TRESTLE_RESULT_SUCCESS, {}};
}

std::string text_of(const char (&text)[TRESTLE_BACKEND_TEXT_MAX]) {
  return std::string(text, strnlen(text, sizeof text));
}

std::string init_text(const trestle_backend_error &error) {
  std::string text = "its initialisation failed";
  for (const std::string &words : {text_of(error.detail), text_of(error.library_text)}) {
    if (!words.empty()) text += ": " + words;
  }
  if (error.library_code != 0) text += " (code " + std::to_string(error.library_code) + ")";
  return text;
}

PluginOutcome initialise(const trestle_backend *table, const trestle_host *host) {
  trestle_backend_error error = {};
  error.size = sizeof error;
  error.alert = TRESTLE_ALERT_NONE;
  if (table->process_init(host, &error) != TRESTLE_BACKEND_OK) {
    return failure(TRESTLE_RESULT_BACKEND_INIT, init_text(error));
  }
  if (table->library_version() == nullptr) {
    return failure(TRESTLE_RESULT_BACKEND_INIT, "it does not tell its library's version");
  }
  if (table->abort == nullptr && table->capability(TRESTLE_CAPABILITY_ALERT_SEND, 0) != 0) {
    return failure(TRESTLE_RESULT_BACKEND_BAD_ABI, "its table lacks abort, but it sends alerts");
  }
  return {table, TRESTLE_RESULT_SUCCESS, {}};
}

// As long as a file is mapped, its inode isn't used for another one.
Plugin *find_file(Registry &registry, const CheckedFile &file) {
  for (Plugin &plugin : registry.plugins) {
    if (plugin.device == file.device && plugin.inode == file.inode) return &plugin;
  }
  return nullptr;
}

// A file that has taken a loaded plugin's name gets that plugin from the linker once more.
Plugin *find_object(Registry &registry, void *object) {
  for (Plugin &plugin : registry.plugins) {
    if (plugin.object == object) return &plugin;
  }
  return nullptr;
}

}  // namespace

PluginOutcome load_plugin(const CheckedFile &file, std::string_view name,
                          const trestle_host *host) {
  Registry &all = registry();
  const std::lock_guard<std::mutex> lock(all.mutex);
  Plugin *plugin = find_file(all, file);
  if (plugin == nullptr) {
    std::string objection = image_objection(file.path);
    if (!objection.empty()) {
      return failure(TRESTLE_RESULT_BACKEND_NOT_FOUND, std::move(objection));
    }
    void *object = dlopen(file.path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (object == nullptr) {
      return failure(TRESTLE_RESULT_BACKEND_NOT_FOUND, linker_text(file.path));
    }
    plugin = find_object(all, object);
    if (plugin == nullptr) {
      plugin = &all.plugins.emplace_back(
          Plugin{file.device, file.inode, object, inspect(object), false, {}});
    }
  }
  if (plugin->inspected.table == nullptr) return plugin->inspected;
  const char *told = plugin->inspected.table->name;
  if (name != told) {
    return failure(TRESTLE_RESULT_BACKEND_BAD_ABI, "it calls itself " + in_quotes(told));
  }
  if (!plugin->init_done) {
    plugin->init_done = true;
    plugin->initialised = initialise(plugin->inspected.table, host);
  }
  return plugin->initialised;
}

}  // namespace trestle::loader
