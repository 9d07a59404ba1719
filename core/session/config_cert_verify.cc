// SPDX-License-Identifier: Apache-2.0
#include "core/messages/message.h"
#include "core/session/config.h"

namespace trestle {

Outcome apply_cert_verify(SessionConfig& config, const RequestArguments& arguments) {
  pki::TrustStoreError error;
  if (!config.trust.add(arguments.bytes.bytes(), &error))
    return Outcome::failure(TRESTLE_RESULT_BAD_CERTIFICATE, error.text);
  return Outcome::success();
}

}  // namespace trestle
