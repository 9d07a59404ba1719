/* SPDX-License-Identifier: Apache-2.0 */
/* A shared library that somebody has taken for libtrestle. */
int not_trestle(void) { return 0; }
