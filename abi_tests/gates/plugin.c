/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin that serves no host. Its debug information holds the plugin ABI, and nothing of any TLS
 * library: what backend.abi describes. */
#include <stddef.h>
#include <trestle/backend.h>

const trestle_backend *trestle_backend_entry(uint32_t host_abi) {
  (void)host_abi;
  return NULL;
}
