# SPDX-License-Identifier: MIT
"""The first bytes decide, once; nothing foreign reaches the line parser."""
import socket
import time

import pytest

from harness.line import GREETING, LineClient
from harness.native import MAGIC, NativeClient, frame, pb
from harness.server import DEADLINE

FOREIGN = [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64),
    b"NICK mallory\r\nUSER m 0 * :m\r\n",
    b"CAP LS 302\r\nNICK mallory\r\n",
]


def read_all(sock):
    sock.settimeout(DEADLINE)
    data = b""
    while True:
        try:
            more = sock.recv(65536)
        except ConnectionResetError:
            return data
        if not more:
            return data
        data += more


def connect(server):
    sock = socket.create_connection(("127.0.0.1", server.port), DEADLINE)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


@pytest.mark.parametrize("first", FOREIGN, ids=lambda b: repr(b[:12]))
def test_a_foreign_language_gets_a_sentence_and_never_a_name(serve, clients,
                                                            first):
    server = serve("--limits-grace", "10s", "--tls-mode", "off")
    watcher = clients(LineClient, server)
    watcher.send_bytes(b"watcher\n")
    watcher.sync()
    for split in range(1, min(len(first), 24)):
        with connect(server) as sock:
            sock.sendall(first[:split])
            time_to_settle(server)
            try:
                sock.sendall(first[split:])
            except (BrokenPipeError, ConnectionResetError):
                pass                       # it was certain before the rest
            told = read_all(sock)
        assert b"later" in told or b"No TLS" in told, (split, told)
        assert b"Hi!" not in told, (split, told)
    watcher.sync()
    assert not [line for line in watcher.lines if "mallory" in line]


def time_to_settle(server):
    """A round trip of another connection: the server has read what came
    before on its loop, or will read it separately anyway."""
    with connect(server) as probe:
        probe.sendall(b"CAP LS 302\r\n")
        read_all(probe)


def test_native_is_detected_at_every_split(serve):
    server = serve("--limits-grace", "10s")
    hello = MAGIC + frame(pb.Envelope(request=1, hello=pb.Hello(
        version=1, name="", secret=bytes(range(32)))))
    for split in range(1, len(hello)):
        with connect(server) as sock:
            sock.sendall(hello[:split])
            time_to_settle(server)
            sock.sendall(hello[split:])
            client = NativeClient.__new__(NativeClient)
            client.socket, client.rest, client.got_magic = sock, b"", False
            client.seen, client.rooms = [], {}
            assert client.answer("welcome", 1).version == 1


def test_lines_are_detected_at_every_split(serve):
    server = serve("--limits-grace", "10s")
    first = b"nick #ops\nhello there\n/quit\n"
    for split in range(1, len(first)):
        with connect(server) as sock:
            sock.sendall(first[:split])
            time_to_settle(server)
            sock.sendall(first[split:])
            told = read_all(sock).decode()
        assert "Welcome, nick! You can now chat." in told, (split, told)


def test_silence_is_greeted_after_the_grace_time(server, clients):
    began = time.monotonic()
    clients(LineClient, server).expect_next(GREETING)
    assert time.monotonic() - began >= 0.25


@pytest.mark.parametrize("late", FOREIGN[:2] + [
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", MAGIC],
                         ids=lambda b: repr(b[:8]))
def test_a_late_foreign_language_is_refused_after_the_greeting(server, clients,
                                                              late):
    client = clients(LineClient, server)
    client.expect_next(GREETING)
    client.send_bytes(late)
    client.expect_end()
    assert not [line for line in client.lines if "Welcome," in line]
