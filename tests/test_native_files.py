# SPDX-License-Identifier: MIT
"""Files over the native protocol, against docs/protocol.md §13."""
import hashlib
import os
import random
import time

import pytest
from websockets.client import ClientConnection
from websockets.frames import OP_BINARY, Frame
from websockets.uri import parse_uri

from harness.native import MAGIC, NativeClient, Stopped, file_frame, pb


class WebSocketClient(NativeClient):
    """The same over WebSocket, by python3-websockets without its I/O: no
    magic, and each message is one frame."""

    def __init__(self, server, *args, **settings):
        self.ws = ClientConnection(
            parse_uri(f"ws://127.0.0.1:{server.port}/ws"),
            subprotocols=["loquat.v1"], max_size=1 << 20)
        self.waiting = []
        super().__init__(server, *args, **settings)

    def hello(self, name, **settings):
        self.got_magic = True
        self.ws.send_request(self.ws.connect())
        self._flush()
        return super().hello(name, **settings)

    def send_bytes(self, data):
        if data == MAGIC:
            return
        if self.ws.state.name != "OPEN":
            self.waiting.append(data)
            return
        self.ws.send_binary(data)
        self._flush()

    def _flush(self):
        for data in self.ws.data_to_send():
            super().send_bytes(data)

    def receive(self, data):
        self.ws.receive_data(data)
        for event in self.ws.events_received():
            if isinstance(event, Frame) and event.opcode == OP_BINARY:
                assert event.fin
                length = int.from_bytes(event.data[:4], "big")
                assert len(event.data) == 5 + length, "a message is a frame"
                self.rest += event.data
        while self.waiting and self.ws.state.name == "OPEN":
            self.send_bytes(self.waiting.pop(0))
        self._flush()


def digest(data):
    return hashlib.sha256(data).digest()


@pytest.mark.parametrize("size", [0, 1, 65535, 65536, 65537, 5 << 20])
def test_a_file_is_put_told_listed_and_got(server, clients, size):
    data = random.Random(size).randbytes(size)
    alice = clients(NativeClient, server, "alice")
    bob = clients(NativeClient, server, "bob")

    posted, id = alice.put("../photo.webp", data)

    message = bob.sees_file("alice", "photo.webp")
    assert message.seq == posted.seq and message.text == ""
    assert message.file.id == id and message.file.size == size
    assert message.file.sha256 == digest(data)
    download = bob.begin_get(id)
    assert download.getting.whole and download.getting.sender == "alice"
    assert download.getting.file.sha256 == digest(data)
    assert download.finish() == data
    (shared,) = bob.files("#lobby").files
    assert shared.file.id == id and shared.seq == posted.seq
    (old,) = bob.history("#lobby").messages
    assert old.file == message.file


def test_a_file_of_unknown_size_ends_where_it_ends(server, clients):
    data = os.urandom(3 << 20)
    alice = clients(NativeClient, server, "alice")
    upload = alice.begin_put("stream.bin")
    for at in range(0, len(data), 1 << 20):
        upload.send(data[at:at + (1 << 20)])
    upload.finish(digest(data))
    assert alice.get(upload.id) == data


def test_more_than_is_reserved_at_once_may_come(server, clients):
    data = bytes(40 << 20)
    alice = clients(NativeClient, server, "alice")
    upload = alice.begin_put("stream.bin")
    upload.send(data)
    upload.finish(digest(data))
    (shared,) = alice.files("#lobby").files
    assert shared.file.size == len(data)


def test_an_upload_goes_on_where_it_was_cut(server, clients):
    data = os.urandom(1 << 20)
    alice = clients(NativeClient, server, "alice")
    upload = alice.begin_put("x.bin", len(data))
    upload.send(data[:700000])
    alice.close()

    again = clients(NativeClient, server, "alice2")
    more = again.resume_put(upload.id, upload.ticket)
    assert 700000 - 262144 <= more.offset <= 700000
    more.send(data[more.offset:])
    more.finish(digest(data))
    assert again.get(upload.id) == data


def test_an_upload_survives_the_servers_death(server, clients):
    data = os.urandom(1 << 20)
    alice = clients(NativeClient, server, "alice")
    upload = alice.begin_put("x.bin", len(data))
    upload.send(data[:700000])
    server.restart(kill=True)

    again = clients(NativeClient, server, "alice")
    more = again.resume_put(upload.id, upload.ticket)
    assert 700000 - 262144 <= more.offset <= 700000
    more.send(data[more.offset:])
    posted = more.finish(digest(data))
    assert again.get(upload.id) == data

    server.restart(kill=True)
    late = clients(NativeClient, server, "alice")
    whole = late.resume_put(upload.id, upload.ticket)
    assert whole.offset == len(data)
    repeated = whole.finish(digest(data))
    assert repeated.duplicate and repeated.seq == posted.seq
    assert len(late.history("#lobby").messages) == 1


def test_the_newest_upload_wins(server, clients):
    data = os.urandom(600000)
    alice = clients(NativeClient, server, "alice")
    upload = alice.begin_put("x.bin", len(data))
    upload.send(data[:100000])
    bob = clients(NativeClient, server, "bob")
    more = bob.resume_put(upload.id, upload.ticket)
    upload.send(data[100000:200000])
    end = alice.expect("file_end", lambda e: e.stream == upload.stream)
    assert end.code == pb.ERROR_CODE_BAD_OFFSET
    more.send(data[more.offset:])
    more.finish(digest(data))
    assert bob.get(upload.id) == data


def test_a_ticket_is_needed(server, clients):
    alice = clients(NativeClient, server, "alice")
    upload = alice.begin_put("x.bin", 100)
    for ticket in (b"", bytes(16), upload.ticket[:15]):
        error = alice.ask("error", put_file=pb.PutFile(
            stream=9, id=upload.id, ticket=ticket))
        assert error.code == pb.ERROR_CODE_NO_SUCH_FILE
    upload.send(b"x" * 100)
    upload.finish()


def test_a_dropped_upload_is_gone(server, clients):
    alice = clients(NativeClient, server, "alice")
    upload = alice.begin_put("x.bin", 1000)
    upload.send(b"x" * 500)
    upload.stop()
    alice.ask("done", drop_file=pb.DropFile(id=upload.id,
                                            ticket=upload.ticket))
    error = alice.ask("error", get_file=pb.GetFile(stream=5, id=upload.id))
    assert error.code == pb.ERROR_CODE_NO_SUCH_FILE
    assert not alice.files("#lobby").files


def test_another_sum_is_refused_and_nothing_is_told(server, clients):
    alice = clients(NativeClient, server, "alice")
    upload = alice.begin_put("x.bin", 10)
    upload.send(b"0123456789")
    error = alice.answer("error", upload.end(bytes(32)))
    assert error.code == pb.ERROR_CODE_BAD_CHECKSUM
    assert not alice.history("#lobby").messages


def test_fewer_bytes_than_declared_are_refused(server, clients):
    alice = clients(NativeClient, server, "alice")
    upload = alice.begin_put("x.bin", 10)
    upload.send(b"012345678")
    error = alice.answer("error", upload.end())
    assert error.code == pb.ERROR_CODE_BAD_OFFSET


@pytest.mark.parametrize("what", ["credit", "early", "frame", "stream 0",
                                  "empty"])
def test_breaking_the_rules_ends_the_connection(server, clients, what):
    alice = clients(NativeClient, server, "alice")
    if what == "early":
        alice.start(put_file=pb.PutFile(stream=1, target="#lobby", name="x",
                                        size=10))
        alice.send_bytes(file_frame(1, b"x"))
    elif what == "credit":
        upload = alice.begin_put("x.bin", 10 << 20)
        chunk = file_frame(upload.stream, bytes(65536))
        for _ in range(200):
            try:
                alice.send_bytes(chunk)
            except OSError:
                break
    elif what == "frame":
        alice.send_bytes(file_frame(1, bytes(65537)))
    elif what == "stream 0":
        alice.send_bytes(file_frame(0, b"x"))
    else:
        alice.send_bytes(file_frame(1, b""))
    try:
        closing = alice.expect("closing")
        assert closing.code == pb.ERROR_CODE_BAD_REQUEST
        assert not closing.reconnect
    except AssertionError:
        # What is still on its way when a socket closes can cost its last
        # words.
        assert what == "credit" and alice.read() is None
    bob = clients(NativeClient, server, "bob")
    assert bob.welcome.name == "bob"


def test_a_download_stops_where_credit_does(server, clients):
    data = os.urandom(300000)
    alice = clients(NativeClient, server, "alice")
    _, id = alice.put("x.bin", data)
    bob = clients(NativeClient, server, "bob")
    download = bob.begin_get(id, window=0, credit=1000)
    bob.ask("pong", ping=pb.Ping(token=1))
    while len(download.data) < 1000:
        bob.read_bytes()
    bob.ask("pong", ping=pb.Ping(token=2))
    assert len(download.data) == 1000
    download.give(1 << 20)
    assert download.finish() == data


def test_sixteen_streams_at_a_time_and_no_more(server, clients):
    files = [os.urandom(200000 + i) for i in range(16)]
    alice = clients(NativeClient, server, "alice")
    uploads = [alice.begin_put(f"{i}.bin", len(f))
               for i, f in enumerate(files)]
    error = alice.ask("error", put_file=pb.PutFile(
        stream=99, target="#lobby", name="x", size=1))
    assert error.code == pb.ERROR_CODE_BAD_REQUEST
    for at in range(0, 210000, 30000):
        for upload, data in zip(uploads, files):
            upload.send(data[at:at + 30000])
    numbers = [u.end(digest(f)) for u, f in zip(uploads, files)]
    for number in reversed(numbers):
        alice.answer("posted", number)
    downloads = [alice.begin_get(u.id) for u in uploads]
    for download, data in reversed(list(zip(downloads, files))):
        assert download.finish() == data


def test_a_download_follows_an_upload(server, clients):
    data = os.urandom(900000)
    alice = clients(NativeClient, server, "alice")
    bob = clients(NativeClient, server, "bob")
    upload = alice.begin_put("x.bin", len(data))
    begun = bob.expect("uploading")
    assert begun.file.id == upload.id and begun.sender == "alice"
    upload.send(data[:500000])
    download = bob.begin_get(begun.file.id)
    assert not download.getting.whole
    while len(download.data) < 500000 - 262144:
        bob.read_bytes()
    late = clients(NativeClient, server, "late")
    rest = late.begin_get(upload.id, offset=400000)
    upload.send(data[500000:])
    upload.finish(digest(data))
    assert download.finish() == data
    assert rest.finish() == data[400000:]


def test_a_follower_waits_for_the_uploader_and_is_told_of_its_end(
        server, clients):
    data = os.urandom(500000)
    alice = clients(NativeClient, server, "alice")
    bob = clients(NativeClient, server, "bob")
    upload = alice.begin_put("x.bin", len(data))
    upload.send(data[:300000])
    download = bob.begin_get(upload.id)
    alice.close()
    again = clients(NativeClient, server, "alice2")
    more = again.resume_put(upload.id, upload.ticket)
    more.send(data[more.offset:])
    more.finish(digest(data))
    assert download.finish() == data

    upload = again.begin_put("y.bin", len(data))
    upload.send(data[:300000])
    download = bob.begin_get(upload.id)
    upload.stop()
    again.ask("done", drop_file=pb.DropFile(id=upload.id,
                                            ticket=upload.ticket))
    end = bob.expect("file_end", lambda e: e.stream == download.stream)
    assert end.code == pb.ERROR_CODE_NO_SUCH_FILE


def test_chat_goes_on_during_transfers(server, clients):
    data = os.urandom(24 << 20)
    alice = clients(NativeClient, server, "alice")
    bob = clients(NativeClient, server, "bob")
    _, id = alice.put("x.bin", data)
    download = bob.begin_get(id)
    delays = []
    while len(download.data) < len(data):
        number = alice.start(post=pb.Post(target="#lobby", text=str(
            len(delays)), kind=pb.MESSAGE_KIND_TEXT))
        began = time.monotonic()
        bob.sees("alice", str(len(delays)))
        delays.append(time.monotonic() - began)
        alice.answer("posted", number)
    assert download.finish() == data
    delays.sort()
    print(f"{len(delays)} messages during a transfer: median "
          f"{delays[len(delays) // 2] * 1000:.1f} ms, worst "
          f"{delays[-1] * 1000:.1f} ms")
    assert len(delays) >= 2


def test_a_reader_may_get_and_not_put(server, clients):
    alice = clients(NativeClient, server, "alice")
    _, id = alice.put("x.bin", b"bytes")
    reader = clients(NativeClient, server, None)
    reader.hello("")
    assert reader.get(id) == b"bytes"
    error = reader.ask("error", put_file=pb.PutFile(
        stream=9, target="#lobby", name="x", size=1))
    assert error.code == pb.ERROR_CODE_NO_NAME


def test_a_private_file_is_nobody_elses(server, clients):
    alice = clients(NativeClient, server, "alice")
    bob = clients(NativeClient, server, "bob")
    eve = clients(NativeClient, server, "eve")
    _, id = alice.put("x.bin", b"secret", target="@bob")
    assert bob.get(id) == b"secret"
    error = eve.ask("error", get_file=pb.GetFile(stream=1, id=id, credit=99))
    assert error.code == pb.ERROR_CODE_NO_SUCH_FILE


def test_a_quota_met_on_the_way_ends_the_stream(serve, clients):
    server = serve("--files-per-user", "20M")
    alice = clients(NativeClient, server, "alice")
    upload = alice.begin_put("stream.bin")
    with pytest.raises(Stopped) as stopped:
        upload.send(bytes(24 << 20))
    assert stopped.value.args[0].code == pb.ERROR_CODE_NO_QUOTA
    assert 16 << 20 <= upload.offset <= (20 << 20) + 1
    alice.post("still here")


def test_files_travel_over_websocket_all_the_same(server, clients):
    data = os.urandom(3 << 20)
    web = clients(WebSocketClient, server, "web")
    plain = clients(NativeClient, server, "plain")
    upload = web.begin_put("x.bin", len(data))
    upload.send(data[:1 << 20])
    download = plain.begin_get(upload.id)
    web.post("in between")
    plain.sees("web", "in between")
    upload.send(data[1 << 20:])
    upload.finish(digest(data))
    assert download.finish() == data
    got = web.begin_get(upload.id)
    plain.post("and back")
    assert got.finish() == data
    web.sees("plain", "and back")
