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
