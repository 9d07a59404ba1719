// SPDX-License-Identifier: Apache-2.0
#include "core/messages/message.h"

#include <cstddef>
#include <new>

namespace trestle {

size_t Message::offset() {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Winvalid-offsetof"
  // Conditionally supported for a class with a base; GCC and Clang lay it out as expected.
  return offsetof(Message, c);
#pragma GCC diagnostic pop
}

ErrorDetails* Message::make_error(int32_t code) {
  if (!error) error.reset(new (std::nothrow) ErrorDetails());
  if (!error) return nullptr;
  error->record.size = sizeof(trestle_error);
  error->record.code = code;
  error->record.alert = TRESTLE_ALERT_NONE;
  error->record.certificate_index = -1;
  return error.get();
}

void Message::set_error(int32_t code, std::string detail) {
  if (ErrorDetails* e = make_error(code)) e->detail = std::move(detail);
}

void Message::finish() {
  arguments.reset();
  if (c.result != TRESTLE_RESULT_SUCCESS && !error) make_error(c.result);
  if (error) {
    error->record.backend = error->backend.c_str();
    error->record.library_text = error->library_text.c_str();
    error->record.detail = error->detail.c_str();
    error->record.subject = error->subject.c_str();
    c.error = &error->record;
  }
  for (const std::string& one : der)
    chain.push_back({reinterpret_cast<const uint8_t*>(one.data()), one.size()});
  if (!chain.empty()) {
    c.certificates = chain.data();
    c.certificate_count = static_cast<uint32_t>(chain.size());
    c.data = reinterpret_cast<const uint8_t*>(pem.data());
    c.length = pem.size();
  }
  for (const BackendEntry& b : backends) {
    backend_infos.push_back({sizeof(trestle_backend_info), b.result, b.name.c_str(),
                             b.path.c_str(), b.plugin_version.c_str(), b.library_version.c_str(),
                             b.detail.c_str()});
  }
  if (!backend_infos.empty()) {
    c.backends = backend_infos.data();
    c.backend_count = static_cast<uint32_t>(backend_infos.size());
  }
}

}  // namespace trestle
