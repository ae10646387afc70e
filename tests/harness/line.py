# SPDX-License-Identifier: MIT
"""A person with nc, as a socket."""
import select
import socket
import time

from harness.server import DEADLINE

GREETING = "Hi! Welcome to loquat. What's your name?"


class LineClient:
    def __init__(self, server, name=None, room=None):
        self.socket = socket.create_connection(("127.0.0.1", server.port),
                                               DEADLINE)
        self.rest = b""
        self.lines = []           # all that was received
        self.name = name
        if name:
            self.enter(name, room)

    def enter(self, name, room=None):
        self.expect(GREETING)
        self.say(name + (f" {room}" if room else ""))
        self.expect(f"Welcome, {name}! You can now chat. "
                    "Type messages and press Enter.")
        self.name = name
        self.sync()

    # The verbs that every dialect's client has.
    def post(self, text):
        self.say(text)

    def sees(self, sender, text, room="#lobby"):
        plain = f"{sender}: {text}"
        self.expect(plain, f"[{room}] {plain}")

    def sees_join(self, name):
        self.expect(f"{name} has joined the chat.")

    def sees_leave(self, name):
        self.expect(f"{name} has left the chat.")

    def leave(self):
        self.say("/quit")
        self.expect_end()
        self.socket.close()

    # Files.
    def put(self, name, data, cuts=()):
        """Sends a file, in pieces that end at the cuts."""
        self.send_bytes(f"FILE:{name}:{len(data)}\n".encode())
        self.send_pieces(data, cuts)

    def send_pieces(self, data, cuts=()):
        at = 0
        for cut in [*sorted(cuts), len(data)]:
            self.send_bytes(data[at:cut])
            at = cut

    def sees_shared(self, who=None):
        """Waits for "alice shared ..." (or one's own "Shared ..."); the
        file's id."""
        start = f"{who} shared " if who else "Shared "
        line = self.expect_line(lambda line: line.startswith(start) and
                                ": /get " in line)
        return line.rsplit(": /get ", 1)[1].split()[0]

    def expect_header(self):
        """Reads on until a file begins: its name and size."""
        line = self.expect_line(lambda line: line.startswith("FILE:"))
        name, size = line[len("FILE:"):].rsplit(":", 1)
        return name, int(size)

    def read_bytes(self, n, deadline=DEADLINE):
        """Exactly n raw bytes; fewer when the connection ends."""
        end = time.monotonic() + deadline
        parts, have = [self.rest[:n]], len(self.rest[:n])
        self.rest = self.rest[n:]
        while have < n:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.socket], [], [], left)[0]:
                raise AssertionError(f"only {have} of {n} bytes came")
            data = self.socket.recv(min(65536, n - have))
            if not data:
                break
            parts.append(data)
            have += len(data)
        return b"".join(parts)

    def read_file(self):
        """The next file that comes: its name and its bytes."""
        name, size = self.expect_header()
        return name, self.read_bytes(size)

    def get(self, file_id):
        self.say(f"/get {file_id}")
        return self.read_file()

    # The wire.
    def say(self, line):
        self.send_bytes(line.encode() + b"\n")

    def send_bytes(self, data):
        self.socket.settimeout(DEADLINE)
        self.socket.sendall(data)

    def sync(self):
        """Everything said so far has been dealt with."""
        mark = f"/sync-{time.monotonic_ns()}"
        self.say(mark)
        self.expect_line(lambda line: mark in line)

    def read_line(self, deadline=DEADLINE):
        """The next line; None at the end; AssertionError after deadline."""
        end = time.monotonic() + deadline
        while b"\n" not in self.rest:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.socket], [], [], left)[0]:
                raise AssertionError(
                    f"nothing more came; so far: {self.lines[-10:]!r}, "
                    f"rest {self.rest!r}")
            try:
                data = self.socket.recv(65536)
            except ConnectionResetError:
                data = b""
            if not data:
                if self.rest:
                    line, self.rest = self.rest, b""
                    self.lines.append(line.decode(errors="replace"))
                    return self.lines[-1]
                return None
            self.rest += data
        line, self.rest = self.rest.split(b"\n", 1)
        self.lines.append(line.decode(errors="replace"))
        return self.lines[-1]

    def expect_line(self, wanted, deadline=DEADLINE):
        """Reads on until a line for which wanted(line) holds."""
        while True:
            line = self.read_line(deadline)
            assert line is not None, \
                f"the connection ended; so far: {self.lines[-10:]!r}"
            if wanted(line):
                return line

    def expect(self, *lines, deadline=DEADLINE):
        """Reads on until one of these whole lines."""
        try:
            return self.expect_line(lambda line: line in lines, deadline)
        except AssertionError as e:
            raise AssertionError(f"waited for {lines!r}: {e}") from None

    def expect_next(self, line):
        got = self.read_line()
        assert got == line, f"want {line!r}, got {got!r}"

    def expect_end(self):
        while self.read_line() is not None:
            pass

    def close(self):
        self.socket.close()
