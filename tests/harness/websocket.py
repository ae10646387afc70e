# SPDX-License-Identifier: MIT
"""WebSocket, twice: raw frames (RFC 6455 §5) for what no library would send,
and python3-websockets as a peer that was not written by us."""
import asyncio
import base64
import hashlib
import os
import struct
import threading

import websockets

from harness.http import HttpSocket, head
from harness.native import MAGIC, NativeClient
from harness.server import DEADLINE

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
PROTOCOL = "loquat.v1"
CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10


def accept_of(key):
    return base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()
                            ).decode()


def frame(opcode, payload=b"", fin=True, rsv=0, key=b"\x12\x34\x56\x78",
          length_bytes=None, announced=None):
    """A frame's bytes. key None: unmasked; length_bytes 0, 2, 8: that
    encoding of the length, fitting or not; announced: another length."""
    n = len(payload) if announced is None else announced
    if length_bytes is None:
        length_bytes = 0 if n < 126 else 2 if n < 65536 else 8
    out = bytearray([(0x80 if fin else 0) | rsv << 4 | opcode])
    masked = 0 if key is None else 0x80
    if length_bytes == 0:
        out.append(masked | n)
    else:
        out.append(masked | (126 if length_bytes == 2 else 127))
        out += n.to_bytes(length_bytes, "big")
    if key is None:
        return bytes(out + payload)
    return bytes(out + key + mask(payload, key))


def mask(payload, key):
    whole = key * (len(payload) // 4 + 1)
    return bytes(a ^ b for a, b in zip(payload, whole))


def handshake_fields(**changes):
    """The fields of a good handshake; changes: name_with_underscores=value,
    None takes one out."""
    fields = {"Upgrade": "websocket", "Connection": "Upgrade",
              "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
              "Sec-WebSocket-Version": "13",
              "Sec-WebSocket-Protocol": PROTOCOL}
    for name, value in changes.items():
        fields[name.replace("_", "-")] = value
    return [(name, value) for name, value in fields.items()
            if value is not None]


class RawWebSocket:
    """A connection that has been upgraded; reads and writes single frames."""

    def __init__(self, server, more=b"", **changes):
        self.http = HttpSocket(server)
        self.http.send(head("GET", "/ws", handshake_fields(**changes),
                            server) + more)
        self.answer = self.http.read_head()
        assert self.answer.status == 101, self.answer

    def send(self, data):
        self.http.send(data)

    def read_frame(self, deadline=DEADLINE):
        """(opcode, payload, fin, rsv); None at the end of the connection."""
        try:
            first, second = self.http.read_bytes(2, deadline)
        except ConnectionResetError:
            return None
        except AssertionError as e:
            if "ended after 0" in str(e):
                return None
            raise
        assert not second & 0x80, "a server's frame must not be masked"
        n = second & 0x7F
        if n == 126:
            n, = struct.unpack(">H", self.http.read_bytes(2))
        elif n == 127:
            n, = struct.unpack(">Q", self.http.read_bytes(8))
        return (first & 15, self.http.read_bytes(n, deadline),
                bool(first & 0x80), first >> 4 & 7)

    def expect(self, opcode, deadline=DEADLINE):
        """The payload of the next frame with that opcode."""
        while True:
            got = self.read_frame(deadline)
            assert got is not None, f"ended before opcode {opcode}"
            if got[0] == opcode:
                return got[1]
            assert got[0] != CLOSE, f"closed: {got[1]!r}"

    def end(self, deadline=DEADLINE):
        """Reads to the end of the connection; what Close was sent: its code,
        0 for one without, None without any. Nothing may follow a Close."""
        code = None
        while (got := self.read_frame(deadline)) is not None:
            assert code is None, f"{got} came behind the Close"
            if got[0] == CLOSE:
                code = struct.unpack(">H", got[1][:2])[0] if got[1] else 0
        return code

    def close(self):
        self.http.close()


class Bridge:
    """A port that speaks the native protocol over plain TCP on one side and,
    by python3-websockets, as WebSocket messages on the other: so that whatever
    can drive a native connection drives this one too."""

    def __init__(self, server, path="/ws", **settings):
        self.url = f"ws://{server.address}{path}"
        self.settings = {"subprotocols": [PROTOCOL], "max_size": 1 << 20,
                         "compression": None, **settings}
        self.ready = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        assert self.ready.wait(DEADLINE)

    def _run(self):
        asyncio.run(self._serve())

    async def _serve(self):
        self.loop = asyncio.get_running_loop()
        self.stopped = asyncio.Event()
        self.closed = None          # the code of the server's Close
        port = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = port.sockets[0].getsockname()[1]
        self.ready.set()
        async with port:
            await self.stopped.wait()

    async def _connected(self, reader, writer):
        try:
            async with websockets.connect(self.url, **self.settings) as ws:
                assert ws.subprotocol == PROTOCOL
                out = asyncio.create_task(self._send(reader, ws))
                writer.write(MAGIC)
                async for message in ws:
                    writer.write(message)
                    await writer.drain()
                self.closed = ws.close_code
                out.cancel()
        except (OSError, websockets.exceptions.ConnectionClosed) as e:
            self.closed = getattr(e, "code", None)
        finally:
            writer.close()

    async def _send(self, reader, ws):
        """Each native frame is one message."""
        try:
            assert await reader.readexactly(len(MAGIC)) == MAGIC
            while True:
                start = await reader.readexactly(5)
                payload = await reader.readexactly(
                    int.from_bytes(start[:4], "big"))
                await ws.send(start + payload)
        except (asyncio.IncompleteReadError, ConnectionError):
            await ws.close()

    def stop(self):
        self.loop.call_soon_threadsafe(self.stopped.set)
        self.thread.join(DEADLINE)


class WebSocketClient(NativeClient):
    """The native protocol over python3-websockets, with its verbs."""

    def __init__(self, server, *args, **settings):
        self.bridge = Bridge(server)
        super().__init__(self.bridge, *args, **settings)

    def close(self):
        super().close()
        self.bridge.stop()


def new_key():
    return base64.b64encode(os.urandom(16)).decode()
