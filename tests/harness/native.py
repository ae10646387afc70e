# SPDX-License-Identifier: MIT
"""The native protocol, from docs/protocol.md alone: an independent client."""
import os
import pathlib
import select
import socket
import struct
import subprocess
import sys
import tempfile
import time

from harness.server import DEADLINE, ROOT

MAGIC = b"\x89LQT\r\n\x1a\n"


def _load_vocabulary():
    with tempfile.TemporaryDirectory() as out:
        subprocess.run(["protoc", f"--python_out={out}",
                        f"--proto_path={ROOT / 'proto'}", "loquat.proto"],
                       check=True)
        sys.path.insert(0, out)
        try:
            import loquat_pb2
        finally:
            sys.path.remove(out)
    return loquat_pb2


pb = _load_vocabulary()


def frame(envelope):
    payload = envelope.SerializeToString()
    return struct.pack(">IB", len(payload), 1) + payload


class NativeClient:
    def __init__(self, server, name=None, room="#lobby", secret=None,
                 after=None):
        self.socket = socket.create_connection(("127.0.0.1", server.port),
                                               DEADLINE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rest = b""
        self.got_magic = False
        self.request = 0
        self.seen = []            # envelopes that nobody waited for, in order
        self.rooms = {}           # number -> target
        self.secret = secret or os.urandom(32)
        self.name = name
        self.room = room
        if name is not None:
            self.welcome = self.hello(name)
            self.name = self.welcome.name
            if room:
                self.join(room, after)

    # The verbs that every dialect's client has.
    def post(self, text, target=None, client_id=b""):
        return self.ask("posted", post=pb.Post(
            target=target or self.room, kind=pb.MESSAGE_KIND_TEXT, text=text,
            client_id=client_id))

    def sees(self, sender, text, room="#lobby"):
        return self.expect("message", lambda m: m.sender == sender and
                           m.text == text and
                           self.rooms.get(m.room) == room)

    def sees_join(self, name):
        return self._sees_presence(pb.PRESENCE_KIND_JOINED, name)

    def sees_leave(self, name):
        return self._sees_presence(pb.PRESENCE_KIND_LEFT, name)

    def _sees_presence(self, kind, name):
        return self.expect("presence", lambda p: p.kind == kind and
                           name in p.names)

    def leave(self):
        self.tell(bye=pb.Bye())
        while self.read() is not None:
            pass
        self.socket.close()

    # Requests.
    def hello(self, name, or_similar=False, version=1):
        self.send_bytes(MAGIC)
        return self.ask("welcome", hello=pb.Hello(
            version=version, client="test", name=name, features=0xFF,
            or_similar=or_similar, secret=self.secret))

    def join(self, target, after=None):
        join = pb.Join(target=target)
        if after is not None:
            join.after = after
        joined = self.ask("joined", join=join)
        return joined

    def history(self, target, **query):
        return self.ask("history", get_history=pb.GetHistory(
            target=target, **query))

    def tell(self, request=0, **body):
        self.send_bytes(frame(pb.Envelope(request=request, **body)))

    def start(self, **body):
        """Sends a request without waiting; returns its number."""
        self.request += 1
        self.tell(self.request, **body)
        return self.request

    def ask(self, answer, **body):
        """Sends a request and returns its answer, which must be of that
        kind; events that come before are kept."""
        return self.answer(answer, self.start(**body))

    def answer(self, kind, number):
        got = self._wait(lambda e: e.request == number)
        assert got.WhichOneof("body") == kind, f"want {kind}, got {got}"
        return getattr(got, kind)

    # The wire.
    def send_bytes(self, data):
        self.socket.settimeout(DEADLINE)
        self.socket.sendall(data)

    def expect(self, kind, wanted=lambda body: True, deadline=DEADLINE):
        """The next event of that kind for which wanted(body) holds."""
        return getattr(self._wait(
            lambda e: e.request == 0 and e.WhichOneof("body") == kind and
            wanted(getattr(e, kind)), deadline), kind)

    def _wait(self, wanted, deadline=DEADLINE):
        for i, envelope in enumerate(self.seen):
            if wanted(envelope):
                return self.seen.pop(i)
        end = time.monotonic() + deadline
        while True:
            envelope = self.read(end - time.monotonic())
            assert envelope is not None, \
                f"the connection ended; unread: {self.seen[-10:]}"
            if wanted(envelope):
                return envelope
            self.seen.append(envelope)

    def read(self, deadline=DEADLINE):
        """The next envelope; None at the end. Answers the server's pings."""
        while True:
            envelope = self._read_frame(deadline)
            if envelope is None:
                return None
            if envelope.WhichOneof("body") == "ping":
                self.tell(envelope.request, pong=pb.Pong(
                    token=envelope.ping.token))
                continue
            if envelope.WhichOneof("body") == "joined":
                self.rooms[envelope.joined.room] = envelope.joined.target
            return envelope

    def _read_frame(self, deadline):
        end = time.monotonic() + deadline
        while True:
            if not self.got_magic and len(self.rest) >= len(MAGIC):
                assert self.rest.startswith(MAGIC), self.rest[:64]
                self.rest = self.rest[len(MAGIC):]
                self.got_magic = True
            if self.got_magic and len(self.rest) >= 5:
                length, kind = struct.unpack(">IB", self.rest[:5])
                assert kind == 1 and length <= 256 * 1024, (kind, length)
                if len(self.rest) >= 5 + length:
                    payload = self.rest[5:5 + length]
                    self.rest = self.rest[5 + length:]
                    return pb.Envelope.FromString(payload)
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.socket], [], [], left)[0]:
                raise AssertionError(
                    f"nothing more came; unread: {self.seen[-10:]}")
            try:
                data = self.socket.recv(65536)
            except ConnectionResetError:
                data = b""
            if not data:
                return None
            self.rest += data

    def close(self):
        self.socket.close()
