# SPDX-License-Identifier: MIT
"""Limits and deadlines: each bites, each says why."""
import os
import socket
import subprocess
import time

import pytest

from harness.line import GREETING, LineClient
from harness.native import NativeClient, pb
from harness.server import DEADLINE


def test_connections_per_address(serve, clients):
    server = serve("--limits-exempt", "nobody",
                   "--limits-connections_per_address", "2")
    first = clients(LineClient, server, "alice")
    clients(LineClient, server, "bob")

    third = clients(LineClient, server)
    third.expect_next("Too many connections from your address.")
    assert third.read_line() is None

    first.leave()
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        again = clients(LineClient, server)
        if again.read_line() == GREETING:
            return
    raise AssertionError("the place was never free again")


def test_arrivals_per_address(serve, clients):
    server = serve("--limits-exempt", "nobody",
                   "--limits-arrivals_per_address", "3")
    for _ in range(3):
        clients(LineClient, server).close()
    assert "Too many new connections" in clients(LineClient,
                                                 server).read_line()


def test_no_name_in_time(serve, clients):
    server = serve("--limits-login", "700ms")
    silent = clients(LineClient, server)
    silent.expect_next(GREETING)
    assert "in time" in silent.read_line()
    assert silent.read_line() is None


def test_dripping_bytes_does_not_prolong_the_deadline(serve, clients):
    server = serve("--limits-login", "1s", "--limits-first_line", "500ms")
    slow = clients(LineClient, server)
    began = time.monotonic()
    try:
        while time.monotonic() - began < DEADLINE:
            slow.send_bytes(b"x")
            slow.socket.settimeout(0.1)
            try:
                if not slow.socket.recv(4096):
                    break
            except TimeoutError:
                pass
    except OSError:
        pass
    assert time.monotonic() - began < 5


def test_too_much_before_a_name(server, clients):
    loud = clients(LineClient, server)
    loud.expect(GREETING)
    try:
        for _ in range(100):
            loud.send_bytes(b"\n" * 1000)
    except OSError:
        pass
    loud.expect_end()
    assert not any("Welcome," in line for line in loud.lines)


@pytest.mark.parametrize("kind", [LineClient, NativeClient])
def test_a_flood_is_slowed_down_and_nothing_is_lost(serve, clients, kind):
    server = serve("--limits-exempt", "nobody",
                   "--limits-messages_per_second", "20",
                   "--limits-messages_burst", "10")
    watcher = clients(NativeClient, server, "watcher")
    flooder = clients(kind, server, "flooder")
    watcher.sees_join("flooder")
    began = time.monotonic()

    for i in range(50):
        if kind is LineClient:
            flooder.say(f"flood {i}")
        else:
            flooder.start(post=pb.Post(target="#lobby", text=f"flood {i}",
                                       kind=pb.MESSAGE_KIND_TEXT))

    got = [watcher.expect("message").text for _ in range(50)]
    assert got == [f"flood {i}" for i in range(50)]
    assert time.monotonic() - began >= 1.5


def test_joins_into_a_large_room_are_gathered(serve, clients):
    server = serve("--rooms-gather_above", "5")
    watcher = clients(NativeClient, server, "watcher")
    line = clients(LineClient, server, "line")
    watcher.sees_join("line")
    names = [f"guest{i}" for i in range(40)]
    for name in names:
        c = clients(NativeClient, server, name)
        c.seen.clear()

    told = 0
    notices = 0
    while told < 40:
        p = watcher.expect("presence",
                           lambda p: p.kind == pb.PRESENCE_KIND_JOINED)
        told += len(p.names) + p.others
        notices += 1
    assert told == 40
    assert notices < 20
    text = line.expect_line(lambda t: "others have joined the chat." in t)
    assert text.count(",") == 1 and " and " in text


def test_a_dead_connection_frees_its_name(server, clients):
    watcher = clients(LineClient, server, "watcher")
    lost = clients(LineClient, server, "lost")
    watcher.sees_join("lost")
    lost.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                           b"\x01\0\0\0\0\0\0\0")
    lost.socket.close()
    watcher.sees_leave("lost")
    clients(LineClient, server, "lost")


def test_out_of_descriptors_is_survived(serve, clients):
    """The server with few descriptors: those inside go on talking, and it
    serves again once some are free."""
    server = serve("--limits-connections", "0")
    alice = clients(LineClient, server, "alice")
    pid = server.process.pid
    descriptors = len(os.listdir(f"/proc/{pid}/fd"))
    subprocess.run(["prlimit", f"--pid={pid}", f"--nofile={descriptors + 4}"],
                   check=True)
    crowd = [socket.create_connection(("127.0.0.1", server.port), DEADLINE)
             for _ in range(30)]
    alice.sync()
    for sock in crowd:
        sock.close()
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        bob = clients(LineClient, server)
        if bob.read_line() == GREETING:
            break
    else:
        raise AssertionError("nobody was let in again")
    bob.say("bob")
    alice.sees_join("bob")
