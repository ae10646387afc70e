# SPDX-License-Identifier: MIT
"""WebSocket by RFC 6455, in ten areas: some 250 cases of raw frames, each with
what the server must do, then two peers that others wrote.

An outcome is one of
    "open"      the server goes on: a native Ping behind it is answered
    1002, ...   a Close with that code comes, then the end of the connection
    "426", ...  the handshake is refused with that status
A table of what was seen is printed, area by area. The server's subprotocol
carries native frames in binary messages (docs/protocol.md); where the RFC
leaves a choice, the case says which one loquat made.
"""
import dataclasses
import itertools
import json
import os
import random
import struct
import subprocess

import pytest

from harness.native import frame as native_frame, pb
from harness.node import script
from harness.server import DEADLINE
from harness.websocket import (BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT,
                               RawWebSocket, WebSocketClient, accept_of,
                               frame, handshake_fields, new_key)
from harness.http import HttpSocket, head

FRAME_MAX = 256 * 1024            # docs/protocol.md §2
names = itertools.count()


def hello():
    return native_frame(pb.Envelope(request=1, hello=pb.Hello(
        version=1, name=f"w{next(names)}", secret=os.urandom(32))))


def ping(token):
    return native_frame(pb.Envelope(request=2, ping=pb.Ping(token=token)))


@dataclasses.dataclass
class Case:
    name: str
    wanted: object
    data: bytes = b""           # raw bytes behind Hello and Welcome
    pongs: tuple = None         # payloads that must come back, in order
    split: int = 0              # sent in pieces of so many bytes
    answers: int = 0            # native answers besides, before the last


# 2. Framing (§5.2)

def framing():
    payload = ping(7)
    yield Case("a binary message", "open", frame(BINARY, payload), answers=1)
    for key in (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x80\0\0\x01"):
        yield Case(f"mask {key.hex()}", "open",
                   frame(BINARY, payload, key=key), answers=1)
    for split in (1, 2, 3, 5):
        yield Case(f"in pieces of {split}", "open",
                   frame(BINARY, payload) + frame(PING, b"x" * 20),
                   pongs=(b"x" * 20,), split=split, answers=1)
    for count in (2, 10, 100):
        yield Case(f"{count} messages at once", "open",
                   frame(BINARY, payload) * count, answers=count)
    for size in (120, 121, 125 - 5, 126, 127, 1000, 65530, 65535, 65536,
                 100000):
        yield Case(f"a message of {size + 5} bytes", "open",
                   frame(BINARY, post_of(size)), answers=1)
    for length_bytes, size in ((2, 5), (2, 125), (8, 5), (8, 125), (8, 126),
                               (8, 65535)):
        yield Case(f"{size} announced in {length_bytes} bytes", 1002,
                   frame(BINARY, b"x" * size, length_bytes=length_bytes))
    for bits in (1 << 63, (1 << 64) - 1):
        yield Case(f"length {bits:x}", 1002,
                   frame(BINARY, b"", length_bytes=8, announced=bits))
    for opcode in (BINARY, TEXT, PING, PONG, CLOSE, CONTINUATION):
        yield Case(f"unmasked, opcode {opcode}", 1002,
                   frame(opcode, b"", key=None))
    yield Case("unmasked after a masked one", 1002,
               frame(PING, b"a") + frame(PING, b"b", key=None), pongs=(b"a",))


def post_of(size):
    """A native frame with a payload of that size, which is answered (too long
    a message is refused by an Error, and the connection goes on)."""
    for text in range(max(size - 60, 0), size):
        envelope = pb.Envelope(request=2, post=pb.Post(
            target="#lobby", kind=pb.MESSAGE_KIND_TEXT, text="x" * text))
        if envelope.ByteSize() == size:
            return native_frame(envelope)
        if envelope.ByteSize() > size:
            break
    padded = pb.Envelope(request=2, post=pb.Post(
        target="#lobby", kind=pb.MESSAGE_KIND_TEXT,
        text="x" * (text - 2), client_id=b""))
    padded.post.client_id = b"y" * (size - padded.ByteSize() - 2)
    assert padded.ByteSize() == size, (size, padded.ByteSize())
    return native_frame(padded)


# 3. Ping and pong (§5.5.2, §5.5.3)

def pings():
    for size in (0, 1, 2, 7, 64, 124, 125):
        yield Case(f"a ping of {size} bytes", "open",
                   frame(PING, b"p" * size), pongs=(b"p" * size,))
    for data in (b"\0\xff\xfe", bytes(range(125))):
        yield Case("a ping of binary bytes", "open", frame(PING, data),
                   pongs=(data,))
    for size in (126, 127, 1000, 65536):
        yield Case(f"a ping of {size} bytes", 1002, frame(PING, b"p" * size))
        yield Case(f"a pong of {size} bytes", 1002, frame(PONG, b"p" * size))
    for size in (0, 1, 125):
        yield Case(f"a pong of {size} bytes nobody asked for", "open",
                   frame(PONG, b"q" * size), pongs=())
    for opcode in (PING, PONG):
        yield Case(f"a fragment with opcode {opcode}", 1002,
                   frame(opcode, b"x", fin=False))
    yield Case("three pings one after the other", "open",
               b"".join(frame(PING, p) for p in (b"1", b"2", b"3")),
               pongs=(b"1", b"2", b"3"))
    yield Case("pings between messages", "open",
               frame(PING, b"1") + frame(BINARY, ping(1)) + frame(PING, b"2"),
               pongs=(b"1", b"2"), answers=1)


# 4. Reserved bits (§5.2)

def reserved_bits():
    for rsv in range(1, 8):
        for opcode in (BINARY, TEXT, PING, PONG, CLOSE):
            yield Case(f"reserved bits {rsv:03b}, opcode {opcode}", 1002,
                       frame(opcode, b"", rsv=rsv))
        yield Case(f"reserved bits {rsv:03b} on a continuation", 1002,
                   frame(BINARY, b"a", fin=False) +
                   frame(CONTINUATION, b"b", rsv=rsv))


# 5. Opcodes (§5.2, §11.8)

def opcodes():
    for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):
        yield Case(f"opcode {opcode}", 1002, frame(opcode))
        yield Case(f"opcode {opcode} with a payload", 1002,
                   frame(opcode, b"payload"))
        yield Case(f"opcode {opcode} behind a message", 1002,
                   frame(PING, b"a") + frame(opcode, b"", fin=False),
                   pongs=(b"a",))
    # The subprotocol has no text: 1003, "a type of data it cannot accept".
    for text in ("", "hello", "漢字"):
        yield Case(f"a text of {len(text)} letters", 1003,
                   frame(TEXT, text.encode()))
    yield Case("a text in two fragments", 1003,
               frame(TEXT, b"he", fin=False) + frame(CONTINUATION, b"llo"))


# 6. Fragmentation (§5.4)

def fragments(payload, *sizes):
    """payload as one message in frames of those sizes, the rest in the last."""
    pieces, at = [], 0
    for size in sizes:
        pieces.append(payload[at:at + size])
        at += size
    pieces.append(payload[at:])
    return [frame(BINARY if n == 0 else CONTINUATION, piece,
                  fin=n == len(pieces) - 1) for n, piece in enumerate(pieces)]


def fragmentation():
    payload = ping(9)
    for sizes in ((1,), (4,), (5,), (6,), (0,), (0, 0, 0), (1, 1, 1),
                  (1,) * (len(payload) - 1), (len(payload),),
                  (0,) * 100):
        yield Case(f"in {len(sizes) + 1} frames, the first of {sizes[0]}",
                   "open", b"".join(fragments(payload, *sizes)), answers=1)
    first, second = fragments(payload, 3)
    for name, middle, pongs in (("a ping", frame(PING, b"m"), (b"m",)),
                                ("a pong", frame(PONG, b"m"), ())):
        yield Case(f"{name} between fragments", "open",
                   first + middle + second, pongs=pongs, answers=1)
    yield Case("fragments byte by byte", "open", first + second, split=1,
               answers=1)
    yield Case("two messages in two frames each", "open",
               (first + second) * 2, answers=2)
    yield Case("a close between fragments", 1000,
               first + frame(CLOSE, struct.pack(">H", 1000)) + second)
    for fin in (True, False):
        yield Case(f"a continuation of nothing, fin {fin}", 1002,
                   frame(CONTINUATION, b"x", fin=fin))
        yield Case(f"a new message within one, fin {fin}", 1002,
                   first + frame(BINARY, b"x", fin=fin))
        # Two faults at once, and either may be told.
        yield Case(f"a text within a message, fin {fin}", (1002, 1003),
                   first + frame(TEXT, b"x", fin=fin))
    yield Case("a continuation behind a whole message", 1002,
               frame(BINARY, payload) + frame(CONTINUATION, b"x"), answers=1)
    big = post_of(60000)
    yield Case("60,000 bytes in frames of 1,000", "open",
               b"".join(fragments(big, *(1000,) * 60)), answers=1)


# 7. UTF-8 in close reasons (§5.5.1, §8.1)

GOOD_UTF8 = ("", "bye", "ünï", "漢字", "🍐", "\x00", "\u07ff", "\u0800",
             "\uffff", "\U0010ffff", "\ufeff", "a" * 123)
BAD_UTF8 = (b"\x80", b"\xbf", b"\xc0\x80", b"\xc1\xbf", b"\xc3", b"\xc3\x28",
            b"\xe0\x80\x80", b"\xe0\x9f\xbf", b"\xe2\x82", b"\xe2\x28\xa1",
            b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xf0\x80\x80\x80",
            b"\xf0\x8f\xbf\xbf", b"\xf0\x9f\x8d", b"\xf0\x9f\x28\x90",
            b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80", b"\xf8\x88\x80\x80\x80",
            b"\xfe", b"\xff", b"ok\xff", "ü".encode()[:1] + b"x",
            b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited")


def closing(code, reason=b""):
    return frame(CLOSE, struct.pack(">H", code) + reason)


def close_reasons():
    for reason in GOOD_UTF8:
        yield Case(f"reason {reason[:8]!a}", 1000,
                   closing(1000, reason.encode()))
    for reason in BAD_UTF8:
        yield Case(f"reason {reason!r}", 1007, closing(1000, reason))


# 8. Close codes (§7.1.5, §7.4)

def close_codes():
    for code in (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000,
                 3999, 4000, 4999):
        yield Case(f"code {code}", code, closing(code))
    # §7.4.1: "reserved and must not be set in a Close frame"; §7.4.2: not yet
    # assigned, or out of range.
    for code in (0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 1999, 2000,
                 2999, 5000, 65535):
        yield Case(f"code {code}", 1002, closing(code))
    # 1012 to 1014 are in IANA's registry, though not in the RFC: either way.
    for code in (1012, 1013, 1014):
        yield Case(f"code {code}", (code, 1002), closing(code))
    yield Case("no code", (0, 1000), frame(CLOSE))
    yield Case("one byte", 1002, frame(CLOSE, b"\x03"))
    yield Case("126 bytes", 1002, closing(1000, b"x" * 124))
    yield Case("a fragment", 1002, frame(CLOSE, b"\x03\xe8", fin=False))
    yield Case("two closes", 1000, closing(1000) + closing(1001))
    yield Case("a message behind it is not read", 1000,
               closing(1000) + frame(BINARY, ping(1)))
    yield Case("rubbish behind it is not read", 1000,
               closing(1000) + b"\xff" * 50)


# 9. Limits (§10.4)

def limits():
    yield Case("the largest frame", "open",
               frame(BINARY, post_of(FRAME_MAX)), answers=1)
    yield Case("the largest one in pieces", "open",
               b"".join(fragments(post_of(FRAME_MAX), *(65536,) * 4)),
               answers=1)
    too_much = FRAME_MAX + 5 + 64
    for announced in (too_much, 1 << 20, (1 << 32) - 1, 1 << 32, 1 << 40,
                      (1 << 63) - 1):
        yield Case(f"{announced} bytes announced", 1009,
                   frame(BINARY, b"", length_bytes=8, announced=announced))
    yield Case("too much in fragments", 1009,
               b"".join(fragments(b"x" * too_much, *(32768,) * 8)))
    yield Case("too much announced by a continuation", 1009,
               frame(BINARY, b"x" * 1000, fin=False) +
               frame(CONTINUATION, b"", length_bytes=8, announced=too_much))
    yield Case("a thousand empty fragments", "open",
               b"".join(fragments(ping(3), *(0,) * 1000)), answers=1)


AREAS = {
    "2 framing": framing, "3 ping and pong": pings,
    "4 reserved bits": reserved_bits, "5 opcodes": opcodes,
    "6 fragmentation": fragmentation, "7 UTF-8 in reasons": close_reasons,
    "8 close codes": close_codes, "9 limits": limits,
}


def play(server, case):
    """What the server did, in the words of `wanted`."""
    ws = RawWebSocket(server)
    try:
        ws.send(frame(BINARY, hello()))
        while pb.Envelope.FromString(ws.expect(BINARY)[5:]).WhichOneof(
                "body") != "welcome":
            pass
        pongs = send_and_read(ws, case)
        if case.pongs is not None and pongs[0] != list(case.pongs):
            return f"pongs {pongs[0]}"
        return pongs[1]
    finally:
        ws.close()


def send_and_read(ws, case):
    """([pongs], outcome). Behind the case's bytes a native Ping is sent: its
    Pong means that the connection is open."""
    data = case.data + frame(BINARY, ping(4711))
    try:
        for at in range(0, len(data), case.split or len(data)):
            ws.send(data[at:at + (case.split or len(data))])
    except (BrokenPipeError, ConnectionResetError):
        pass                    # closed on us meanwhile: what it said is there
    pongs, answers = [], 0
    while (got := ws.read_frame()) is not None:
        opcode, payload, fin, rsv = got
        assert fin and not rsv, got
        if opcode == PONG:
            pongs.append(payload)
        elif opcode == CLOSE:
            code = struct.unpack(">H", payload[:2])[0] if payload else 0
            assert ws.read_frame() is None, "something came behind the Close"
            return pongs, code
        elif opcode == BINARY:
            envelope = pb.Envelope.FromString(payload[5:])
            assert int.from_bytes(payload[:4], "big") == len(payload) - 5
            if envelope.pong.token == 4711:
                return pongs, "open" if answers == case.answers else \
                    f"{answers} answers"
            answers += envelope.request == 2
        else:
            raise AssertionError(got)
    return pongs, "cut"


@pytest.fixture
def ws_server(serve):
    return serve("--limits-messages_per_second", "0", "--limits-linger", "1s",
                 "--limits-message_bytes", "1K")


@pytest.mark.parametrize("area", AREAS)
def test_frames(ws_server, area):
    rows, wrong = [], []
    for case in AREAS[area]():
        try:
            got = play(ws_server, case)
        except (AssertionError, OSError) as e:
            got = f"{type(e).__name__}: {e}"[:200]
        wanted = case.wanted if isinstance(case.wanted, tuple) \
            else (case.wanted,)
        rows.append((case.name, case.wanted, got))
        if got not in wanted:
            wrong.append(rows[-1])
        assert ws_server.process.poll() is None, ws_server.log()[-3000:]
    print(f"\n{area}: {len(rows)} cases, {len(wrong)} deviations")
    for name, wanted, got in rows:
        print(f"  {name:<44} want {wanted!s:<12} got {got}")
    assert not wrong


# 1. The handshake (§4.2)

KEY16 = "AAAAAAAAAAAAAAAAAAAAAA=="
HANDSHAKES = [
    ("the RFC's own key", "101", {}),
    ("any key", "101", {"Sec_WebSocket_Key": new_key()}),
    ("WebSocket in other letters", "101", {"Upgrade": "WebSocket"}),
    ("upgrade in small letters", "101", {"Connection": "upgrade"}),
    ("keep-alive, Upgrade", "101", {"Connection": "keep-alive, Upgrade"}),
    ("Upgrade,keep-alive", "101", {"Connection": "Upgrade,keep-alive"}),
    ("two subprotocols", "101",
     {"Sec_WebSocket_Protocol": "other.v9, loquat.v1"}),
    ("an extension that is not taken", "101",
     {"Sec_WebSocket_Extensions": "permessage-deflate"}),
    ("Origin is this server", "101", {"Origin": "http://{address}"}),
    ("Origin is another server", "403", {"Origin": "http://evil.example"}),
    ("Origin is null", "403", {"Origin": "null"}),
    ("Origin is another port", "403", {"Origin": "http://127.0.0.1:1"}),
    ("Origin is a longer name", "403",
     {"Origin": "http://{address}.evil.example"}),
    ("Sec-Fetch-Site cross-site", "403", {"Sec_Fetch_Site": "cross-site"}),
    ("a Host that is none of ours", "421", {"Host": "evil.example"}),
    ("no key", "400", {"Sec_WebSocket_Key": None}),
    ("an empty key", "400", {"Sec_WebSocket_Key": ""}),
    ("a key of 15 bytes", "400", {"Sec_WebSocket_Key": "AAAAAAAAAAAAAAAAAAAA"}),
    ("a key of 17 bytes", "400",
     {"Sec_WebSocket_Key": "AAAAAAAAAAAAAAAAAAAAAAA="}),
    ("a key that is not base64", "400",
     {"Sec_WebSocket_Key": "****AAAAAAAAAAAAAAAAAA=="}),
    ("no version", "400", {"Sec_WebSocket_Version": None}),
    ("version 8", "426", {"Sec_WebSocket_Version": "8"}),
    ("version 14", "426", {"Sec_WebSocket_Version": "14"}),
    ("version 13, 8", "426", {"Sec_WebSocket_Version": "13, 8"}),
    ("no Upgrade", "426", {"Upgrade": None}),
    ("Upgrade to something else", "426", {"Upgrade": "h2c"}),
    ("no Connection", "426", {"Connection": None}),
    ("Connection: close", "426", {"Connection": "close"}),
    ("no subprotocol", "400", {"Sec_WebSocket_Protocol": None}),
    ("an unknown subprotocol", "400", {"Sec_WebSocket_Protocol": "mqtt"}),
    ("a subprotocol in other letters", "400",
     {"Sec_WebSocket_Protocol": "LOQUAT.V1"}),
]


def shake(server, fields, method="GET", target="/ws", version="1.1",
          body=b""):
    http = HttpSocket(server)
    try:
        data = head(method, target, fields, server) + body
        http.send(data.replace(b"HTTP/1.1", b"HTTP/" + version.encode(), 1))
        answer = http.read_head()
        key = dict(fields).get("Sec-WebSocket-Key")
        if answer.status == 101:
            assert answer.headers["sec-websocket-accept"] == accept_of(key)
            assert answer.headers["upgrade"].lower() == "websocket"
            assert "upgrade" in answer.headers["connection"].lower()
            assert answer.headers["sec-websocket-protocol"] == "loquat.v1"
            assert "sec-websocket-extensions" not in answer.headers
            http.send(frame(PING, b"here"))
            assert http.read_bytes(6) == b"\x8a\x04here"
        return str(answer.status), answer
    finally:
        http.close()


def test_handshakes(serve):
    server = serve("--http-hosts", "chat.example")
    rows, wrong = [], []
    for name, wanted, changes in HANDSHAKES:
        fields = [(n, v.format(address=server.address))
                  for n, v in handshake_fields(**changes)]
        rows.append((name, wanted, shake(server, fields)[0]))
    good = handshake_fields()
    for name, wanted, settings in (
            ("by POST", "405", {"method": "POST"}),
            ("by HEAD", "405", {"method": "HEAD"}),
            ("by HTTP/1.0", "400", {"version": "1.0"}),
            ("a query", "101", {"target": "/ws?x=1"}),
            ("another path", "404", {"target": "/ws/nowhere"})):
        rows.append((name, wanted, shake(server, good, **settings)[0]))
    twice = good + [("Sec-WebSocket-Key", new_key())]
    rows.append(("two keys", "400", shake(server, twice)[0]))
    small = [(name.lower(), value) for name, value in good]
    small = [(n if "key" not in n else "Sec-WebSocket-Key", v)
             for n, v in small]
    rows.append(("field names in small letters", "101",
                 shake(server, small)[0]))
    split = [f for f in good if f[0] != "Sec-WebSocket-Protocol"] + [
        ("Sec-WebSocket-Protocol", "other"),
        ("Sec-WebSocket-Protocol", "loquat.v1")]
    rows.append(("subprotocols in two fields", "101",
                 shake(server, split)[0]))
    status, answer = shake(server,
                           handshake_fields(Sec_WebSocket_Version="8"))
    assert answer.headers.get("sec-websocket-version") == "13", answer
    wrong = [row for row in rows if row[1] != row[2]]
    print(f"\n1 handshake: {len(rows)} cases, {len(wrong)} deviations")
    for name, wanted, got in rows:
        print(f"  {name:<44} want {wanted:<12} got {got}")
    assert not wrong


def test_frames_right_behind_the_handshake_are_read(server):
    for data in (frame(PING, b"early"), frame(BINARY, hello()) +
                 frame(PING, b"early")):
        ws = RawWebSocket(server, more=data)
        assert ws.expect(PONG) == b"early"
        ws.close()


def test_a_handshake_may_come_byte_by_byte(server):
    http = HttpSocket(server)
    for byte in head("GET", "/ws", handshake_fields(), server) + \
            frame(PING, b"slow"):
        http.send(bytes([byte]))
    assert http.read_head().status == 101
    assert http.read_bytes(6) == b"\x8a\x04slow"
    http.close()


# 10. No compression (RFC 7692 is never agreed on)

OFFERS = [
    "permessage-deflate", "permessage-deflate; client_max_window_bits",
    "permessage-deflate; server_no_context_takeover", "x-webkit-deflate-frame",
    "permessage-deflate; client_max_window_bits=15, permessage-deflate",
    "permessage-bzip2", "foo, bar; baz=2",
]


@pytest.mark.parametrize("offer", OFFERS)
def test_no_compression_is_agreed_on(server, offer):
    ws = RawWebSocket(server, Sec_WebSocket_Extensions=offer)
    assert "sec-websocket-extensions" not in ws.answer.headers
    ws.send(frame(BINARY, hello(), rsv=4))
    assert ws.end() == 1002
    ws.close()


def test_a_hundred_pings_at_once_are_survived(server):
    """Who does not read may get fewer pongs, but the last (§5.5.3)."""
    ws = RawWebSocket(server)
    ws.send(b"".join(frame(PING, b"%d" % n) for n in range(100)))
    got = [int(ws.expect(PONG))]
    while got[-1] != 99:
        got.append(int(ws.expect(PONG)))
    assert got == sorted(got)
    ws.close()


def test_mutated_frames_harm_nobody_else(serve, clients):
    """Whatever comes: a Close or nothing, and the others go on talking."""
    server = serve("--limits-linger", "200ms", "--log-level", "warn")
    seed = random.randrange(1 << 32)
    rng = random.Random(seed)
    bob = clients(WebSocketClient, server, "bob")
    count = int(os.environ.get("LOQUAT_MALFORMED", "10000")) // 10
    for n in range(count):
        ws = RawWebSocket(server)
        data = bytearray(frame(BINARY, hello()) + frame(PING, b"x") +
                         frame(BINARY, ping(1)) * 3)
        for _ in range(rng.randrange(1, 8)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        try:
            ws.send(bytes(data))
        except OSError:
            pass
        ws.close()
        if n % 100 == 0:
            assert bob.post(f"calm {n}").seq, f"seed {seed}"
            assert server.process.poll() is None, (seed, server.log())
    print(f"\n{count} mutated streams of frames, seed {seed}")


# The peers.

class NodeWs:
    """A client of npm's ws; commands and events are lines of JSON."""

    def __init__(self, server):
        self.process = subprocess.Popen(
            ["node", script("ws_peer.mjs"), f"ws://{server.address}/ws"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def tell(self, **command):
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()

    def expect(self, event):
        while True:
            line = self.process.stdout.readline()
            assert line, f"ended before {event}"
            got = json.loads(line)
            if got["event"] == event:
                return got
            assert got["event"] != "error", got

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


@pytest.fixture
def node_ws(server):
    peer = NodeWs(server)
    yield peer
    peer.kill()


def test_ws_of_npm_as_a_peer(node_ws):
    opened = node_ws.expect("open")
    assert opened["protocol"] == "loquat.v1" and opened["extensions"] == ""
    node_ws.tell(send=hello().hex())
    got = bytes.fromhex(node_ws.expect("message")["data"])
    assert pb.Envelope.FromString(got[5:]).WhichOneof("body") == "welcome"

    node_ws.tell(ping="liveness")
    assert node_ws.expect("pong")["data"] == "liveness"
    node_ws.tell(fragments=[part.hex() for part in
                            (ping(5)[:2], ping(5)[2:6], ping(5)[6:])])
    got = bytes.fromhex(node_ws.expect("message")["data"])
    assert pb.Envelope.FromString(got[5:]).pong.token == 5
    node_ws.tell(close=[4001, "enough"])
    assert node_ws.expect("close")["code"] == 4001
    print("\nws (npm): open, Welcome, pong, three fragments, close 4001")


def test_ws_of_npm_hears_why_it_is_closed(node_ws):
    node_ws.expect("open")
    node_ws.tell(text="this is no binary message")
    assert node_ws.expect("close")["code"] == 1003


def test_websockets_of_python_as_a_peer(server, clients):
    a = clients(WebSocketClient, server, "alice")
    b = clients(WebSocketClient, server, "bob")
    a.sees_join("bob")
    for n in range(200):
        a.start(post=pb.Post(target="#lobby", kind=pb.MESSAGE_KIND_TEXT,
                             text=f"{n} " + "x" * n))
    for n in range(200):
        b.sees("alice", f"{n} " + "x" * n)
    a.tell(bye=pb.Bye())
    while a.read() is not None:
        pass
    assert a.bridge.closed == 1000, a.bridge.closed
    b.sees_leave("alice")
    print("\npython3-websockets: 200 messages in order, Bye, close 1000")


def test_the_stop_closes_with_1001(serve):
    server = serve()
    ws = RawWebSocket(server)
    ws.send(frame(BINARY, hello()))
    ws.expect(BINARY)
    server.process.send_signal(15)
    code = None
    while (got := ws.read_frame()) is not None:
        if got[0] == CLOSE:
            code = struct.unpack(">H", got[1][:2])[0]
            ws.send(frame(CLOSE, got[1]))
    ws.close()
    server.process.wait(DEADLINE)
    assert code == 1001
