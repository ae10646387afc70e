# SPDX-License-Identifier: MIT
"""The loquat command as a process, with deadlines."""
import json
import os
import select
import subprocess
import time

from harness.server import DEADLINE, program


def environment(server, **extra):
    env = {k: v for k, v in os.environ.items()
           if not k.startswith("LOQUAT_") and k != "RECONNECT_ATTEMPTS"}
    env.update(LOQUAT_SERVER=server.address, USER="tester", **extra)
    return env


def run(server, *args, input=None, deadline=DEADLINE, build=None, **env):
    """Runs to the end; a CompletedProcess with text."""
    return subprocess.run([program("loquat", build), *args], input=input,
                          capture_output=True, text=True, timeout=deadline,
                          env=environment(server, **env))


class Command:
    """One that keeps running: its lines with deadlines."""

    def __init__(self, server, *args, build=None, stdin=subprocess.PIPE, **env):
        self.process = subprocess.Popen(
            [program("loquat", build), *args], stdin=stdin,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=environment(server, **env))
        self.rest = {"out": b"", "err": b""}

    def say(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def read_line(self, which="out", deadline=DEADLINE):
        pipe = self.process.stdout if which == "out" else self.process.stderr
        end = time.monotonic() + deadline
        while b"\n" not in self.rest[which]:
            left = end - time.monotonic()
            if left <= 0 or not select.select([pipe], [], [], left)[0]:
                raise AssertionError(f"no more on std{which}; "
                                     f"rest {self.rest[which]!r}")
            data = os.read(pipe.fileno(), 65536)
            if not data:
                return None
            self.rest[which] += data
        line, self.rest[which] = self.rest[which].split(b"\n", 1)
        return line.decode()

    def expect(self, part, which="out", deadline=DEADLINE):
        """Reads on until a line that holds `part`."""
        seen = []
        while True:
            line = self.read_line(which, deadline)
            assert line is not None, f"ended before {part!r}: {seen[-10:]}"
            if part in line:
                return line
            seen.append(line)

    def read_json(self, deadline=DEADLINE):
        line = self.read_line(deadline=deadline)
        assert line is not None, "the command ended"
        return json.loads(line)

    def end(self):
        """Closes standard input and waits; returns the exit status."""
        if self.process.stdin and not self.process.stdin.closed:
            self.process.stdin.close()
        return self.wait()

    def wait(self):
        status = self.process.wait(DEADLINE)
        self.process.stdout.close()
        self.process.stderr.close()
        return status

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(DEADLINE)
        for pipe in (self.process.stdin, self.process.stdout,
                     self.process.stderr):
            if pipe and not pipe.closed:
                pipe.close()
