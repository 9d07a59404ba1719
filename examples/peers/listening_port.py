#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints the TCP port (IPv4) that a process listens on, as soon as it does.

  listening_port.py PID

For servers that choose their port and don't say which. Fails when the process ends first, or after
20 seconds.
"""
import os
import sys
import time

LISTENING = "0A"


def sockets_of(pid):
    folder = f"/proc/{pid}/fd"
    for name in os.listdir(folder):
        try:
            target = os.readlink(f"{folder}/{name}")
        except FileNotFoundError:  # closed in the meantime
            continue
        if target.startswith("socket:["):
            yield target[len("socket:[") : -1]


def port_of(pid):
    inodes = set(sockets_of(pid))
    with open("/proc/net/tcp", encoding="ascii") as table:
        for row in list(table)[1:]:
            fields = row.split()
            if fields[3] == LISTENING and fields[9] in inodes:
                return int(fields[1].split(":")[1], 16)
    return None


def main(pid):
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            port = port_of(pid)
        except OSError:
            sys.exit(f"process {pid} has ended")
        if port:
            print(port)
            return
        time.sleep(0.01)
    sys.exit(f"process {pid} does not listen")


main(sys.argv[1])
