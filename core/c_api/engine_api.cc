// SPDX-License-Identifier: Apache-2.0
#include <cstring>

#include "core/c_api/api.h"

using namespace trestle;

namespace {

constexpr uint32_t kConnectionsMax = 1048576;
constexpr uint32_t kSessionsMax = 65536;
constexpr size_t kPathMax = 4096;

bool in_range(uint32_t value, uint32_t max) { return value <= max; }

// The size that the first release's struct had: later fields may be missing, these not.
constexpr uint32_t kFirstConfigSize =
    offsetof(trestle_engine_config, default_backend) + sizeof(const char*);

int32_t check_config(const trestle_engine_config& config) {
  if (config.size < kFirstConfigSize || config.size > 4096)
    return TRESTLE_RESULT_BAD_STRUCT_SIZE;
  if (config.flags != 0) return TRESTLE_RESULT_UNKNOWN_FLAG;
  bool good = in_range(config.handshake_workers, TRESTLE_WORKERS_MAX) &&
              in_range(config.data_workers, TRESTLE_WORKERS_MAX) &&
              in_range(config.connections_max, kConnectionsMax) &&
              in_range(config.sessions_max, kSessionsMax);
  if (config.backend_directory) {
    good = good && config.backend_directory[0] == '/' &&
           strnlen(config.backend_directory, kPathMax) < kPathMax;
  }
  good = good && is_name(config.default_backend);
  return good ? TRESTLE_RESULT_SUCCESS : TRESTLE_RESULT_BAD_ARGUMENT;
}

void override_default(uint32_t configured, uint32_t* value) {
  if (configured != 0) *value = configured;
}

}  // namespace

int32_t trestle_engine_create(const trestle_engine_config* config, trestle_engine** engine) {
  if (!engine) return TRESTLE_RESULT_NULL_ARGUMENT;
  if (in_forked_child()) return TRESTLE_RESULT_FORKED;
  Engine::Limits limits;
  const char* directory = "";
  const char* backend = nullptr;
  if (config) {
    if (int32_t result = check_config(*config)) return result;
    override_default(config->handshake_workers, &limits.handshake_workers);
    override_default(config->data_workers, &limits.data_workers);
    override_default(config->connections_max, &limits.connections);
    override_default(config->sessions_max, &limits.sessions);
    if (config->backend_directory) directory = config->backend_directory;
    backend = config->default_backend;
  }
  if (!arm_fork_guard()) return TRESTLE_RESULT_SYSTEM;
  try {
    auto made = std::make_unique<Engine>(limits, directory, loader::Loader::default_name(backend));
    if (!made->start()) return TRESTLE_RESULT_SYSTEM;
    *engine = reinterpret_cast<trestle_engine*>(made.release());
  } catch (const std::bad_alloc&) {
    return TRESTLE_RESULT_OUT_OF_MEMORY;
  }
  return TRESTLE_RESULT_SUCCESS;
}

int32_t trestle_engine_shutdown_req(trestle_engine* engine, uint64_t queue, uint64_t tag) {
  if (int32_t result = check_engine(engine)) return result;
  return with_queue(engine, queue,
                    [=](Queue& q) { return engine_of(engine)->begin_shutdown(&q, tag); });
}

int32_t trestle_engine_destroy(trestle_engine* engine) {
  if (int32_t result = check_engine(engine)) return result;
  delete engine_of(engine);
  return TRESTLE_RESULT_SUCCESS;
}

int32_t trestle_backend_query_req(trestle_engine* engine, uint64_t queue, const char* name,
                                  uint64_t tag) {
  if (int32_t result = check_engine(engine)) return result;
  if (!is_name(name)) return TRESTLE_RESULT_BAD_ARGUMENT;
  return control_request(engine, queue, TRESTLE_PRIM_BACKEND_QUERY_CFM, tag,
                         [name](Message& m) { m.arguments->text = name ? name : ""; });
}

int32_t trestle_backend_capability_req(trestle_engine* engine, uint64_t queue, const char* name,
                                       uint32_t capability, uint32_t argument, uint64_t tag) {
  if (int32_t result = check_engine(engine)) return result;
  if (!is_name(name)) return TRESTLE_RESULT_BAD_ARGUMENT;
  if (capability < TRESTLE_CAPABILITY_SUITE || capability > TRESTLE_CAPABILITY_ALERT_SEND)
    return TRESTLE_RESULT_BAD_ARGUMENT;
  return control_request(engine, queue, TRESTLE_PRIM_BACKEND_CAPABILITY_CFM, tag,
                         [=](Message& m) {
                           m.arguments->text = name ? name : "";
                           m.arguments->option = capability;
                           m.arguments->number = argument;
                         });
}
