#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a server holds: empty, and with many idle, named people in one room.

    bench/idle.py [COUNT]        10,000 by default; `make bench` runs it

Prints resident bytes (the kernel's VmRSS) and the server's CPU seconds, which
are steadier than clock time on a shared machine.
"""
import os
import resource
import selectors
import socket
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests"))
os.environ.setdefault("LOQUAT_BUILD", "build")

from harness.server import Server               # noqa: E402

DEADLINE = 300


class Crowd:
    """Line clients on one selector: each gives its name and then listens."""

    def __init__(self, port):
        self.port = port
        self.selector = selectors.DefaultSelector()
        self.welcomed = 0
        self.bytes = 0

    def arrive(self, first, count):
        for n in range(first, first + count):
            sock = socket.create_connection(("127.0.0.1", self.port), DEADLINE)
            sock.sendall(b"guest%d\n" % n)
            sock.setblocking(False)
            self.selector.register(sock, selectors.EVENT_READ)

    def read(self, timeout):
        events = self.selector.select(timeout)
        for key, _ in events:
            data = key.fileobj.recv(65536)
            assert data, "the server closed a connection"
            self.bytes += len(data)
            self.welcomed += data.count(b"Welcome, ")
        return bool(events)

    def settle(self, wanted):
        end = time.monotonic() + DEADLINE
        while self.welcomed < wanted:
            assert time.monotonic() < end, f"{self.welcomed} of {wanted}"
            self.read(0.1)

    def quiet(self, seconds):
        """Reads until nothing has come for that long."""
        while self.read(seconds):
            pass


def raise_fd_limit():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def wakeups(server):
    """Voluntary context switches of all threads so far."""
    total = 0
    tasks = f"/proc/{server.process.pid}/task"
    for task in os.listdir(tasks):
        with open(f"{tasks}/{task}/status") as status:
            for line in status:
                if line.startswith("voluntary_ctxt_switches"):
                    total += int(line.split()[1])
    return total


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10000
    limit = raise_fd_limit()
    if count > limit - 200:
        print(f"only {limit} descriptors allowed: {limit - 200} connections")
        count = limit - 200
    with tempfile.TemporaryDirectory() as folder:
        server = Server(folder, ["--log-level", "warn"]).start()
        time.sleep(3)              # the measurement: an idle stretch of time
        empty = server.memory()
        before = wakeups(server)
        time.sleep(10)
        print(f"no connections: {empty / 1024:.0f} KiB resident, "
              f"{wakeups(server) - before} wake-ups in 10 s")

        cpu = server.cpu_seconds()
        crowd = Crowd(server.port)
        for first in range(0, count, 100):
            crowd.arrive(first, min(100, count - first))
            crowd.settle(min(first + 100, count))
        crowd.quiet(2.5)           # longer than a gathering window
        arrival = server.cpu_seconds() - cpu
        held = server.memory()
        print(f"{count} named, idle connections in one room: "
              f"{held / 1024:.0f} KiB resident, "
              f"{(held - empty) / count:.0f} bytes each; their arrival took "
              f"{arrival:.2f} CPU s ({arrival / count * 1e6:.0f} us each) and "
              f"sent {crowd.bytes / count / 1024:.1f} KiB to each")
        before = wakeups(server)
        time.sleep(10)
        print(f"idle with all of them: {wakeups(server) - before} wake-ups "
              f"in 10 s")
        assert server.stop() == 0


if __name__ == "__main__":
    main()
