# SPDX-License-Identifier: MIT
"""HTTP/1.1 over a plain socket: what was sent and what came, byte by byte."""
import base64
import json
import select
import socket
import time

from harness.server import DEADLINE


class Answer:
    """One response. headers: by small name, the last one counts."""

    def __init__(self, status, fields, body=b""):
        self.status = status
        self.fields = fields
        self.headers = {name.lower(): value for name, value in fields}
        self.body = body

    @property
    def text(self):
        return self.body.decode(errors="replace")

    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"<{self.status} {self.headers} {self.body[:200]!r}>"


class HttpSocket:
    """A connection: raw bytes out, whole answers or parts of them in."""

    def __init__(self, server, deadline=DEADLINE):
        self.socket = socket.create_connection(("127.0.0.1", server.port),
                                               deadline)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.deadline = deadline
        self.rest = b""

    def send(self, data):
        self.socket.settimeout(self.deadline)
        self.socket.sendall(data)

    def _fill(self, end):
        """More bytes; False at the end of the connection."""
        left = end - time.monotonic()
        if left <= 0 or not select.select([self.socket], [], [], left)[0]:
            raise AssertionError(f"nothing more came; rest {self.rest[:500]!r}")
        data = self.socket.recv(65536)
        self.rest += data
        return bool(data)

    def read_until(self, mark, deadline=None):
        """The bytes before mark, which is taken too."""
        end = time.monotonic() + (deadline or self.deadline)
        while mark not in self.rest:
            assert self._fill(end), \
                f"ended before {mark!r}: {self.rest[:500]!r}"
        found, self.rest = self.rest.split(mark, 1)
        return found

    def read_bytes(self, n, deadline=None):
        end = time.monotonic() + (deadline or self.deadline)
        while len(self.rest) < n:
            assert self._fill(end), \
                f"ended after {len(self.rest)} of {n} bytes"
        found, self.rest = self.rest[:n], self.rest[n:]
        return found

    def read_to_end(self, deadline=None):
        end = time.monotonic() + (deadline or self.deadline)
        while self._fill(end):
            pass
        found, self.rest = self.rest, b""
        return found

    def read_head(self, deadline=None):
        """Status line and fields; a 1xx is an answer of its own."""
        head = self.read_until(b"\r\n\r\n", deadline).decode("latin-1")
        status, *lines = head.split("\r\n")
        assert status.startswith("HTTP/1.1 "), head
        fields = [tuple(part.strip() for part in line.split(":", 1))
                  for line in lines]
        return Answer(int(status[9:12]), fields)

    def read_chunk(self, deadline=None):
        """One chunk's bytes; b"" is the last one."""
        size = int(self.read_until(b"\r\n", deadline), 16)
        data = self.read_bytes(size, deadline)
        assert self.read_bytes(2, deadline) == b"\r\n"
        return data

    def read_answer(self, method="GET", deadline=None):
        answer = self.read_head(deadline)
        if method == "HEAD" or answer.status < 200 or \
                answer.status in (204, 304):
            return answer
        if answer.headers.get("transfer-encoding") == "chunked":
            while chunk := self.read_chunk(deadline):
                answer.body += chunk
        elif "content-length" in answer.headers:
            answer.body = self.read_bytes(
                int(answer.headers["content-length"]), deadline)
        else:
            answer.body = self.read_to_end(deadline)
        return answer

    def expect_end(self, deadline=None):
        """The server closes, cleanly or not."""
        try:
            assert self.read_to_end(deadline) == b""
        except ConnectionResetError:
            pass

    def close(self):
        self.socket.close()


def basic(name, secret=""):
    return "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()


def bearer(token):
    return "Bearer " + token


def api(server, method, target, body=None, who=None, headers=None):
    """One request of /v1. body: what becomes JSON; bytes as they are. who: an
    Authorization."""
    fields = dict(headers or {})
    if who:
        fields["Authorization"] = who
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
        fields.setdefault("Content-Type", "application/json")
    return request(server, method, target, body, fields)


def head(method, target, fields, server):
    """The bytes of a request's head, with a Host unless one is given."""
    lines = [f"{method} {target} HTTP/1.1"]
    if not any(name.lower() == "host" for name, _ in fields):
        lines.append(f"Host: {server.address}")
    lines += [f"{name}: {value}" for name, value in fields]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def request(server, method, target, body=None, headers=None, name=None,
            deadline=DEADLINE):
    """One request on a connection of its own; its Answer."""
    fields = list((headers or {}).items())
    if name:
        fields.append(("Authorization", basic(name)))
    if body is not None and not any(n.lower() in ("content-length",
                                                  "transfer-encoding")
                                    for n, _ in fields):
        fields.append(("Content-Length", len(body)))
    fields.append(("Connection", "close"))
    http = HttpSocket(server, deadline)
    try:
        http.send(head(method, target, fields, server))
        if body:
            try:
                http.send(body)
            except (BrokenPipeError, ConnectionResetError):
                pass        # refused before its body: the answer is there
        return http.read_answer(method)
    finally:
        http.close()


class Follow:
    """GET /r/ROOM?follow as NDJSON: one object after the other."""

    def __init__(self, server, room="#lobby", after=None, name=None,
                 who=None):
        self.http = HttpSocket(server)
        self.seen = []
        self.rest = b""
        query = "?follow" + ("" if after is None else f"&after={after}")
        fields = [("Accept", "application/x-ndjson")]
        if name or who:
            fields.append(("Authorization", who or basic(name)))
        self.http.send(head("GET", f"/r/{room.lstrip('#')}{query}", fields,
                            server))
        self.answer = self.http.read_head()
        assert self.answer.status == 200, self.answer

    def read(self, deadline=DEADLINE):
        """The next object; None at the end of the stream."""
        end = time.monotonic() + deadline
        while True:
            line, found, rest = self.rest.partition(b"\n")
            if found:
                self.rest = rest
                if line.strip():
                    return json.loads(line)
                continue
            chunk = self.http.read_chunk(end - time.monotonic())
            if not chunk:
                return None
            self.rest += chunk

    def expect(self, wanted, deadline=DEADLINE):
        """Reads on until an object for which wanted(object) holds."""
        end = time.monotonic() + deadline
        while True:
            try:
                got = self.read(end - time.monotonic())
            except AssertionError as e:
                raise AssertionError(f"{e}; seen: {self.seen[-10:]}") from None
            assert got is not None, f"it ended; seen: {self.seen[-10:]}"
            self.seen.append(got)
            if wanted(got):
                return got

    def close(self):
        self.http.close()


class HttpClient:
    """The verbs that every dialect's client has. Who posts over HTTP is
    present nowhere: nobody sees them join or leave."""

    def __init__(self, server, name=None, room="#lobby"):
        self.server = server
        self.name = name
        self.room = room
        self.follow = Follow(server, room)

    def post(self, text, client_id=None):
        headers = {"Content-Type": "text/plain; charset=utf-8"}
        if client_id:
            headers["Idempotency-Key"] = client_id
        answer = request(self.server, "POST", f"/r/{self.room.lstrip('#')}",
                         text.encode(), headers, self.name)
        assert answer.status == 201, answer
        return answer

    def sees(self, sender, text, room="#lobby"):
        assert room == self.room
        return self.follow.expect(
            lambda e: e.get("type") == "message" and
            e["sender"] == sender and e["text"] == text)

    def sees_join(self, name):
        self._sees_presence("joined", name)

    def sees_leave(self, name):
        self._sees_presence("left", name)

    def _sees_presence(self, kind, name):
        self.follow.expect(lambda e: e.get("type") == kind and
                           (name == e.get("name") or
                            name in e.get("names", ())))

    def leave(self):
        self.close()

    def close(self):
        self.follow.close()
