# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# To be sourced in the repository's folder: exports TRESTLE_LIBRARY, the path of the libtrestle.so to
# use. Without one in the environment, Bazel builds it and the plugins (BAZEL_STARTUP_OPTIONS and
# BAZEL_OPTIONS hold options of one's own).

# shellcheck disable=SC2086  # the variables hold lists of options
if [[ -z ${TRESTLE_LIBRARY:-} ]]; then
  bazel ${BAZEL_STARTUP_OPTIONS:-} build ${BAZEL_OPTIONS:-} --noshow_progress \
    //core:libtrestle.so //backends/{openssl:openssl,gnutls:gnutls,wolfssl:wolfssl}.so
  TRESTLE_LIBRARY=$(bazel ${BAZEL_STARTUP_OPTIONS:-} info ${BAZEL_OPTIONS:-} bazel-bin)
  TRESTLE_LIBRARY+=/core/libtrestle.so
fi
export TRESTLE_LIBRARY
