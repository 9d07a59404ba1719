// SPDX-License-Identifier: Apache-2.0
#include "core/engine/control.h"

#include "core/engine/engine.h"
#include "core/session/session.h"

namespace trestle {
namespace {

BackendEntry describe(const std::string& name, const loader::LoadedBackend& loaded) {
  BackendEntry entry;
  entry.result = loaded.result;
  entry.name = name;
  entry.path = loaded.path;
  entry.detail = loaded.detail;
  if (loaded.result == TRESTLE_RESULT_SUCCESS) {
    entry.plugin_version = loaded.table->plugin_version;
    const char* version = loaded.table->library_version();
    entry.library_version = version ? version : "";
  }
  return entry;
}

}  // namespace

void Control::on_request(Message* request) {
  if (shutting_down_here_) return cancel_request(request);
  switch (request->c.primitive) {
    case TRESTLE_PRIM_SESSION_CREATE_CFM:
      create_session(request);
      break;
    case TRESTLE_PRIM_BACKEND_QUERY_CFM:
      query_backends(request);
      break;
    case TRESTLE_PRIM_BACKEND_CAPABILITY_CFM:
      query_capability(request);
      break;
    case TRESTLE_PRIM_ENGINE_SHUTDOWN_CFM:
      shutdown_request_ = request;
      begin_shutdown();
      finish_shutdown_if_idle();
      break;
  }
}

void Control::on_wake() {
  if (shutdown_wanted_.load(std::memory_order_acquire)) begin_shutdown();
  finish_shutdown_if_idle();
}

void Control::create_session(Message* request) {
  const std::string& name = request->arguments->text.empty() ? engine_->default_backend()
                                                             : request->arguments->text;
  loader::LoadedBackend loaded = engine_->load_backend(name);
  if (loaded.result != TRESTLE_RESULT_SUCCESS)
    return confirm_outcome(request, Outcome::failure(loaded.result, loaded.detail), nullptr);
  uint64_t handle = 0;
  Session* session = engine_->sessions().allocate(&handle);
  if (!session) {
    return confirm_outcome(
        request, Outcome::failure(TRESTLE_RESULT_TOO_MANY, "the engine's limit of sessions"),
        nullptr);
  }
  session->set_first_worker(engine_->next_handshake_worker());
  // The request holds a place on the queue, so the queue can't be going away.
  request->queue->add_user();
  auto role = static_cast<uint32_t>(request->arguments->number);
  if (!session->open(engine_, request->queue, role, loaded.table)) {
    engine_->sessions().release(handle);
    request->queue->remove_user();
    return confirm_outcome(request, Outcome::failure(TRESTLE_RESULT_OUT_OF_MEMORY, ""), nullptr);
  }
  session->handle.store(handle, std::memory_order_release);
  request->c.session = handle;
  Engine::confirm(request);
}

void Control::query_backends(Message* request) {
  std::vector<std::string> names;
  if (request->arguments->text.empty()) {
    names = engine_->available_backends();
  } else {
    names.push_back(request->arguments->text);
  }
  request->c.result = TRESTLE_RESULT_BACKEND_NOT_FOUND;
  for (const std::string& name : names) {
    loader::LoadedBackend loaded = engine_->load_backend(name);
    if (loaded.result == TRESTLE_RESULT_SUCCESS) {
      request->c.result = TRESTLE_RESULT_SUCCESS;
    } else if (names.size() == 1) {
      request->c.result = loaded.result;
      request->set_error(loaded.result, loaded.detail);
    }
    request->backends.push_back(describe(name, loaded));
  }
  if (names.empty())
    request->set_error(request->c.result, "no plugin in any of the searched directories");
  Engine::confirm(request);
}

void Control::query_capability(Message* request) {
  const RequestArguments& arguments = *request->arguments;
  const std::string& name = arguments.text.empty() ? engine_->default_backend() : arguments.text;
  loader::LoadedBackend loaded = engine_->load_backend(name);
  if (loaded.result != TRESTLE_RESULT_SUCCESS)
    return confirm_outcome(request, Outcome::failure(loaded.result, loaded.detail), nullptr);
  auto argument = static_cast<uint32_t>(arguments.number);
  bool can = loaded.table->capability(arguments.option, argument) == 1;
  confirm_outcome(request,
                  can ? Outcome::success()
                      : Outcome::failure(TRESTLE_RESULT_NOT_SUPPORTED, "the backend cannot do it"),
                  loaded.table);
}

void Control::begin_shutdown() {
  if (shutting_down_here_) return;
  shutting_down_here_ = true;
  engine_->sessions().for_each([](Session* session) {
    if (session->handle.load(std::memory_order_acquire) != 0) session->end();
  });
}

void Control::finish_shutdown_if_idle() {
  if (!shutting_down_here_) return;
  uint64_t own = shutdown_request_ ? 1 : 0;
  if (engine_->sessions().live() != 0 || engine_->outstanding() != own) return;
  if (shutdown_request_) {
    Message* request = shutdown_request_;
    shutdown_request_ = nullptr;
    Engine::confirm(request);
    engine_->queues().for_each([](Queue* queue) {
      if (queue->handle.load(std::memory_order_seq_cst) != 0) queue->end();
    });
  }
  std::lock_guard<std::mutex> lock(mutex_);
  done_ = true;
  done_changed_.notify_all();
}

void Control::shut_down_and_wait() {
  shutdown_wanted_.store(true, std::memory_order_release);
  wake();
  std::unique_lock<std::mutex> lock(mutex_);
  done_changed_.wait(lock, [this] { return done_; });
}

}  // namespace trestle
