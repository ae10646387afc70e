# SPDX-License-Identifier: MIT
"""The native protocol, from docs/protocol.md alone: an independent client."""
import hashlib
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


def file_frame(stream, data):
    return struct.pack(">IBI", len(data) + 4, 2, stream) + data


class Stopped(Exception):
    """The server has broken an upload off: args[0] is its FileEnd."""


class Upload:
    """One stream on its way to the server."""

    def __init__(self, client, stream, putting):
        self.client = client
        self.stream = stream
        self.id, self.ticket = putting.id, putting.ticket
        self.offset, self.credit = putting.offset, putting.credit
        self.name = putting.name

    def take_credit(self):
        got = self.client._wait(lambda e: (
            e.credit.stream == self.stream or
            e.file_end.stream == self.stream))
        if got.WhichOneof("body") == "file_end":
            raise Stopped(got.file_end)
        self.credit += got.credit.bytes

    def send(self, data, piece=65536):
        """All of it, as credit comes."""
        view = memoryview(data)
        while view:
            while self.credit == 0:
                self.take_credit()
            some = view[:min(piece, self.credit)]
            self.client.send_bytes(file_frame(self.stream, bytes(some)))
            self.credit -= len(some)
            self.offset += len(some)
            view = view[len(some):]

    def end(self, sha256=b""):
        """Says that this was all; returns the request's number."""
        return self.client.start(file_end=pb.FileEnd(
            stream=self.stream, sha256=sha256))

    def finish(self, sha256=b""):
        return self.client.answer("posted", self.end(sha256))

    def stop(self):
        self.client.tell(file_end=pb.FileEnd(
            stream=self.stream, code=pb.ERROR_CODE_STOPPING))


class Download:
    """One stream from the server. Without a window no credit is given but by
    hand."""

    def __init__(self, client, stream, credit, window):
        self.client = client
        self.stream = stream
        self.credit, self.window = credit, window
        self.data = bytearray()

    def take(self, data):
        assert len(data) <= self.credit, "more than there was credit for"
        self.data += data
        self.credit -= len(data)
        if self.credit <= self.window // 2:
            self.give(self.window - self.credit)

    def give(self, n):
        self.credit += n
        self.client.tell(credit=pb.Credit(stream=self.stream, bytes=n))

    def finish(self, deadline=DEADLINE):
        """Waits for the end; the bytes, which have the sum that was told."""
        end = self.client.expect(
            "file_end", lambda e: e.stream == self.stream, deadline)
        del self.client.downloads[self.stream]
        assert end.code == 0, end
        if self.offset == 0 and end.sha256:
            assert hashlib.sha256(self.data).digest() == end.sha256
        return bytes(self.data)


class NativeClient:
    def __init__(self, server, name=None, room="#lobby", secret=None,
                 after=None, password="", token="", device=""):
        self.socket = socket.create_connection(("127.0.0.1", server.port),
                                               DEADLINE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rest = b""
        self.got_magic = False
        self.request = 0
        self.seen = []            # envelopes that nobody waited for, in order
        self.rooms = {}           # number -> target
        self.downloads = {}       # stream -> Download
        self.stream = 0           # the last one's number
        self.secret = secret or os.urandom(32)
        self.name = name
        self.room = room
        if name is not None:
            self.welcome = self.hello(name, password=password, token=token,
                                      device=device)
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
    def hello(self, name, or_similar=False, version=1, answer="welcome",
              **login):
        """As a guest; or, with password= (and device=) or token=, as an
        account. answer="error": it is to be refused."""
        self.send_bytes(MAGIC)
        return self.hello_again(name, answer, or_similar=or_similar,
                                version=version, **login)

    def hello_again(self, name, answer="welcome", **more):
        more.setdefault("version", 1)
        return self.ask(answer, hello=pb.Hello(
            client="test", name=name, features=0xFF, secret=self.secret,
            **more))

    def join(self, target, after=None):
        join = pb.Join(target=target)
        if after is not None:
            join.after = after
        joined = self.ask("joined", join=join)
        return joined

    def history(self, target, **query):
        return self.ask("history", get_history=pb.GetHistory(
            target=target, **query))

    # Accounts.
    def register(self, name, password, answer="welcome", **more):
        return self._be(self.ask(answer, register=pb.Register(
            name=name, password=password, **more)))

    def login(self, name="", password="", answer="welcome", **more):
        return self._be(self.ask(answer, login=pb.Login(
            name=name, password=password, **more)))

    def _be(self, welcome):
        if isinstance(welcome, pb.Welcome):
            self.welcome, self.name = welcome, welcome.name
        return welcome

    def logout(self):
        self.ask("done", logout=pb.Logout())
        return self.expect("closing")

    def set_password(self, password, fresh, answer="done"):
        return self.ask(answer, set_password=pb.SetPassword(
            password=password, fresh=fresh))

    def unregister(self, password, answer="done"):
        return self.ask(answer, unregister=pb.Unregister(password=password))

    def devices(self):
        return self.ask("devices", get_devices=pb.GetDevices()).devices

    def make_token(self, device, scope="", room="", answer="token", **more):
        return self.ask(answer, make_token=pb.MakeToken(
            device=device, scope=scope, room=room, **more))

    def revoke(self, id, answer="done"):
        return self.ask(answer, revoke_device=pb.RevokeDevice(id=id))

    # Rooms with roles.
    def invite(self, target, name, answer="done"):
        return self.ask(answer, invite=pb.Invite(target=target, name=name))

    def remove(self, target, name, reason="", answer="done"):
        return self.ask(answer, remove=pb.Remove(
            target=target, name=name, reason=reason))

    def ban(self, target, name, answer="done", **more):
        return self.ask(answer, ban=pb.Ban(target=target, name=name, **more))

    def unban(self, target, name, answer="done", **more):
        return self.ask(answer, unban=pb.Unban(target=target, name=name,
                                               **more))

    def bans(self, target, answer="bans"):
        return self.ask(answer, get_bans=pb.GetBans(target=target))

    def set_role(self, target, name, role, answer="done"):
        return self.ask(answer, set_role=pb.SetRole(
            target=target, name=name, role=role))

    def set_room(self, target, setting, value, answer="done"):
        return self.ask(answer, set_room=pb.SetRoom(
            target=target, setting=setting, value=value))

    def close_room(self, target, answer="done"):
        return self.ask(answer, close_room=pb.CloseRoom(target=target))

    def get_room(self, target, answer="room_info"):
        return self.ask(answer, get_room=pb.GetRoom(target=target))

    def members(self, target, answer="members"):
        return self.ask(answer, get_members=pb.GetMembers(target=target))

    def group(self, *names, answer="group"):
        return self.ask(answer, make_group=pb.MakeGroup(names=names))

    # Files.
    def begin_put(self, name, size=None, target=None):
        put = pb.PutFile(target=target or self.room, name=name)
        if size is not None:
            put.size = size
        return self._put(put)

    def resume_put(self, id, ticket):
        return self._put(pb.PutFile(id=id, ticket=ticket))

    def _put(self, put):
        self.stream += 1
        put.stream = self.stream
        return Upload(self, put.stream, self.ask("putting", put_file=put))

    def put(self, name, data, target=None):
        """All at once; (Posted, id)."""
        upload = self.begin_put(name, len(data), target)
        upload.send(data)
        return upload.finish(hashlib.sha256(data).digest()), upload.id

    def begin_get(self, id, offset=0, window=1 << 20, credit=None):
        self.stream += 1
        download = Download(self, self.stream,
                            window if credit is None else credit, window)
        download.offset = offset
        self.downloads[self.stream] = download
        download.getting = self.ask("getting", get_file=pb.GetFile(
            stream=self.stream, id=id, offset=offset,
            credit=download.credit))
        return download

    def get(self, id, offset=0):
        return self.begin_get(id, offset).finish()

    def files(self, target, **query):
        return self.ask("files", get_files=pb.GetFiles(target=target, **query))

    def sees_file(self, sender, name):
        return self.expect("message", lambda m: m.sender == sender and
                           m.kind == pb.MESSAGE_KIND_FILE and
                           m.file.name == name)

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
            if envelope.WhichOneof("body") == "room_changed" and \
                    envelope.room_changed.setting == "name":
                changed = envelope.room_changed
                self.rooms[changed.room] = changed.value
            return envelope

    def _read_frame(self, deadline, bytes_too=False):
        """The next envelope; None at the end, or (bytes_too) after bytes of a
        file."""
        end = time.monotonic() + deadline
        while True:
            if not self.got_magic and len(self.rest) >= len(MAGIC):
                assert self.rest.startswith(MAGIC), self.rest[:64]
                self.rest = self.rest[len(MAGIC):]
                self.got_magic = True
            if self.got_magic and len(self.rest) >= 5:
                length, kind = struct.unpack(">IB", self.rest[:5])
                assert kind in (1, 2) and length <= 256 * 1024, (kind, length)
                if len(self.rest) >= 5 + length:
                    payload = self.rest[5:5 + length]
                    self.rest = self.rest[5 + length:]
                    if kind == 1:
                        return pb.Envelope.FromString(payload)
                    self._take_bytes(payload)
                    if bytes_too:
                        return None
                    continue
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
            self.receive(data)

    def receive(self, data):
        self.rest += data

    def read_bytes(self, deadline=DEADLINE):
        """Reads on until more of any download has come; envelopes are kept."""
        def so_far():
            return sum(len(d.data) for d in self.downloads.values())

        before, end = so_far(), time.monotonic() + deadline
        while so_far() == before:
            left = end - time.monotonic()
            assert left > 0, "no more bytes came"
            envelope = self._read_frame(left, bytes_too=True)
            if envelope is not None:
                self.seen.append(envelope)

    def _take_bytes(self, payload):
        assert 4 < len(payload) <= 4 + 65536, len(payload)
        stream, = struct.unpack(">I", payload[:4])
        if stream in self.downloads:
            self.downloads[stream].take(payload[4:])

    def close(self):
        self.socket.close()
