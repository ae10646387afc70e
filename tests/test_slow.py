# SPDX-License-Identifier: MIT
"""A reader that stops reading: the others don't notice, memory stays bounded,
and it misses nothing when it reads again."""
import socket
import time

import pytest

from harness.line import LineClient
from harness.native import NativeClient, pb
from harness.server import DEADLINE, ROOT

PLAIN = ROOT / "build"       # a sanitizer keeps what was freed: no memory test
TALKERS = 50
TEXT = "x" * 1000


def post(text):
    return pb.Post(target="#lobby", kind=pb.MESSAGE_KIND_TEXT, text=text)


class Round:
    """Everyone says one line and hears everyone else's: the delay of each."""

    def __init__(self, talkers):
        self.talkers = talkers

    def run(self, number):
        delays = []
        for talker in self.talkers:
            began = time.monotonic()
            talker.post(f"{number} {TEXT}")
            delays.append(time.monotonic() - began)
        return delays


def quantile(values, q):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * q))]


def small_window(client_class, server, name):
    """A client whose kernel takes little before it is full."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.connect(("127.0.0.1", server.port))
    real = socket.create_connection
    socket.create_connection = lambda *args: sock
    try:
        return client_class(server, name)
    finally:
        socket.create_connection = real


@pytest.mark.parametrize("dialect", [LineClient, NativeClient])
def test_a_stopped_reader_among_fifty_talkers(serve, clients, dialect):
    server = serve("--limits-output_soft_bytes", "64K",
                   "--limits-output_hard_bytes", "256K", build=PLAIN)
    talkers = [clients(NativeClient, server, f"t{i}") for i in range(TALKERS)]
    for talker in talkers:
        drain(talker)
    rounds = Round(talkers)
    before = [d for n in range(6) for d in rounds.run(n)]
    for talker in talkers:
        drain(talker)
    memory = server.memory()

    stopped = small_window(dialect, server, "sleeper")
    while_stopped = []
    total = 0
    for n in range(100, 300):
        while_stopped += rounds.run(n)
        total += TALKERS
        for talker in talkers:
            drain(talker)
    grown = server.memory() - memory

    texts = read_all_messages(stopped, total)
    assert texts == [f"{n} {TEXT}" for n in range(100, 300)
                     for _ in range(TALKERS)]
    stopped.close()
    print(f"\n{dialect.__name__}: {total} messages of 1 KB missed for a while, "
          f"all read in order; the server grew by {grown >> 10} KiB; delay of "
          f"a post p50/p99 before {quantile(before, .5) * 1e3:.1f}/"
          f"{quantile(before, .99) * 1e3:.1f} ms, meanwhile "
          f"{quantile(while_stopped, .5) * 1e3:.1f}/"
          f"{quantile(while_stopped, .99) * 1e3:.1f} ms")
    # What was missed is 10 MB, and the reader's limits allow 256 KiB of it; the
    # rest of what may grow is the database's cache.
    assert grown < 64 << 20


def drain(client):
    """Takes what has come, without waiting."""
    client.seen.clear()
    client.socket.setblocking(False)
    try:
        while True:
            data = client.socket.recv(1 << 20)
            assert data
            client.rest += data
    except BlockingIOError:
        pass
    finally:
        client.socket.setblocking(True)
    while len(client.rest) >= 5:
        length = int.from_bytes(client.rest[:4], "big")
        if len(client.rest) < 5 + length:
            break
        client.rest = client.rest[5 + length:]


def read_all_messages(client, total):
    texts = []
    if isinstance(client, NativeClient):
        seq = None
        while len(texts) < total:
            m = client.expect("message")
            assert seq is None or m.seq == seq + 1
            seq = m.seq
            texts.append(m.text)
            client.seen.clear()
        return texts
    while len(texts) < total:
        line = client.read_line()
        assert line is not None, "the reader was cut off"
        if ": " in line and line.startswith("t"):
            texts.append(line.split(": ", 1)[1])
        client.lines.clear()
    return texts


def test_a_reader_without_any_progress_is_cut_at_its_deadline(serve, clients):
    server = serve("--limits-stall", "1s", "--limits-output_soft_bytes", "16K",
                   "--limits-output_hard_bytes", "128K")
    talker = clients(NativeClient, server, "talker")
    stopped = small_window(LineClient, server, "sleeper")
    talker.sees_join("sleeper")

    end = time.monotonic() + DEADLINE
    while True:
        number = talker.start(post=post(TEXT * 8))
        talker.answer("posted", number)
        gone = [e for e in talker.seen if e.WhichOneof("body") == "presence"
                and e.presence.kind == pb.PRESENCE_KIND_LEFT]
        if gone:
            break
        talker.seen.clear()
        assert time.monotonic() < end, "never cut"
    stopped.close()
    server.expect_log("stalled")
