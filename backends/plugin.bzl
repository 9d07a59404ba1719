# SPDX-License-Identifier: Apache-2.0
"""How a plugin is linked: the same for every backend."""

load("@rules_cc//cc:defs.bzl", "cc_binary", "cc_library")

PLUGIN_COPTS = ["-fvisibility=hidden", "-fvisibility-inlines-hidden", "-fno-gnu-unique"]

def trestle_backend(name, srcs, deps = [], linkopts = [], copts = [], linker_inputs = []):
    """Makes NAME.so, a plugin that exports trestle_backend_entry alone.

    Also makes the library `NAME_code` of the same objects, for unit tests beside the code.

    Args:
      name: the backend's name; the file is NAME.so.
      srcs: sources and internal headers.
      deps: the TLS library, e.g. @system//:openssl. The plugin ABI comes by itself.
      linkopts: further linker options.
      copts: further compiler options.
      linker_inputs: files that linkopts name with $(location).
    """
    cc_library(
        name = name + "_code",
        srcs = [src for src in srcs if src.endswith(".cc")],
        hdrs = [src for src in srcs if src.endswith(".h")],
        copts = PLUGIN_COPTS + copts,
        # Nothing refers to trestle_backend_entry at link time.
        alwayslink = True,
        visibility = ["//visibility:private"],
        deps = ["//api:trestle"] + deps,
    )
    cc_binary(
        name = name + ".so",
        additional_linker_inputs = ["//backends:plugin.map"] + linker_inputs,
        linkopts = [
            "-Wl,--version-script=$(location //backends:plugin.map)",
            "-Wl,--exclude-libs,ALL",
            # Never unloaded: the TLS libraries keep thread-exit destructors.
            "-Wl,-z,nodelete",
            "-Wl,-z,now",
            "-Wl,-z,relro",
        ] + linkopts + select({
            # The sanitizer's runtime stays undefined and comes from the program; it also has to
            # intercept the C++ runtime.
            "//:sanitizer": [],
            "//conditions:default": ["-Wl,-z,defs", "-l:libstdc++.a", "-static-libgcc"],
        }),
        linkshared = True,
        visibility = ["//visibility:public"],
        deps = [":" + name + "_code"],
    )
