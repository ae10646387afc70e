# SPDX-License-Identifier: MIT
"""10,000 malformed inputs per dialect: no crash, no leak of one into another,
and the people next door go on talking."""
import os
import random
import socket

import pytest

from harness.line import LineClient
from harness.native import MAGIC, NativeClient, frame, pb
from harness.server import DEADLINE

COUNT = int(os.environ.get("LOQUAT_MALFORMED", "10000"))
BATCH = 100


def line_junk(rng):
    kinds = [
        lambda: rng.randbytes(rng.randrange(1, 300)),
        lambda: b"\xff" + rng.randbytes(rng.randrange(1, 40)) + b"\n",
        lambda: b"x" * rng.randrange(1, 20000) + b"\n",
        lambda: b"bob\x1b]0;" + rng.randbytes(20) + b"\x07\n",
        lambda: b"name" + str(rng.random()).encode() + b"\n/" +
        rng.randbytes(30) + b"\n",
        lambda: b"/join " + rng.randbytes(10) + b"\n" * 20,
        lambda: "‮\u200bname\n".encode() + rng.randbytes(5),
        lambda: b"FILE:" + rng.randbytes(10) + b":99999999999999999999\n",
        lambda: b"\r\n\r\x00\n" + rng.randbytes(8) + b"\n",
    ]
    return rng.choice(kinds)()


def native_junk(rng):
    hello = frame(pb.Envelope(request=1, hello=pb.Hello(
        version=1, name=f"j{rng.randrange(10**9)}",
        secret=rng.randbytes(32))))
    post = frame(pb.Envelope(request=2, post=pb.Post(
        target="#junk", kind=pb.MESSAGE_KIND_TEXT, text="x" * 50)))

    def mutated(data):
        data = bytearray(data)
        for _ in range(rng.randrange(1, 6)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        return bytes(data)

    kinds = [
        lambda: MAGIC[:rng.randrange(1, 8)] + rng.randbytes(20),
        lambda: MAGIC + rng.randbytes(rng.randrange(1, 300)),
        lambda: MAGIC + mutated(hello) + mutated(post),
        lambda: MAGIC + hello + mutated(post),
        lambda: MAGIC + hello + rng.randbytes(50),
        lambda: MAGIC + hello + b"\x00\x00\x00\x00\x01" * 30,
        lambda: MAGIC + hello + rng.choice([
            b"\xff\xff\xff\xff\x01", b"\x00\x04\x00\x01\x01",
            b"\x7f\xff\xff\xff\x02", b"\x00\x00\x00\x01\x09x"]),
        lambda: MAGIC + frame(pb.Envelope(request=1)) + post,
        lambda: MAGIC + post + hello,
        lambda: MAGIC + hello[:rng.randrange(1, len(hello))],
        lambda: MAGIC + hello + (1000).to_bytes(4, "big") + b"\x01" +
        b"\x6a\x00" * 500,
    ]
    return rng.choice(kinds)()


def first_junk(rng):
    """The first bytes alone: detection."""
    return rng.choice([
        lambda: rng.randbytes(rng.randrange(1, 30)),
        lambda: rng.choice([b"GET", b"get ", b"POST\t/", b"PRI * HTTP/2.0",
                            b"\x16\x03", b"\x16", b"NICK", b"CAP\r\n",
                            b"\x89LQT\n\n\x1a\n"]) + rng.randbytes(
                                rng.randrange(0, 20)),
    ])()


@pytest.mark.parametrize("junk", [line_junk, native_junk, first_junk],
                         ids=["line", "native", "detect"])
def test_malformed(serve, clients, junk):
    server = serve("--limits-grace", "20ms", "--limits-linger", "200ms",
                   "--log-level", "warn")
    seed = random.randrange(1 << 32)
    rng = random.Random(seed)
    alice = clients(LineClient, server, "alice", "#calm")
    bob = clients(NativeClient, server, "bob", "#calm")

    for done in range(0, COUNT, BATCH):
        peers = []
        for _ in range(BATCH):
            sock = socket.create_connection(("127.0.0.1", server.port),
                                            DEADLINE)
            peers.append(sock)
            try:
                sock.sendall(junk(rng))
            except (BrokenPipeError, ConnectionResetError):
                pass
        for sock in peers:
            if rng.random() < 0.5:
                try:
                    sock.shutdown(socket.SHUT_WR)
                except OSError:
                    pass
            sock.close()
        bob.post(f"calm {done}", target="#calm")
        alice.expect_line(lambda line, d=done: line == f"bob: calm {d}")
        assert server.process.poll() is None, f"seed {seed}:\n{server.log()}"
    for line in alice.lines:
        assert all(c >= " " or c == "\t" for c in line), (seed, line)
    print(f"\n{COUNT} malformed inputs ({junk.__name__}, seed {seed})")
