# SPDX-License-Identifier: MIT
"""A real loquatd on port 0 in a folder of its own."""
import os
import pathlib
import select
import signal
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]

# The sanitizer build by default; LOQUAT_BUILD=build for the plain one.
BUILD = ROOT / os.environ.get("LOQUAT_BUILD", "build-asan")

# How long a test waits for what must happen. Nothing waits that long unless
# it fails.
DEADLINE = 20.0


def program(name, build=None):
    return str((build or BUILD) / name)


class Server:
    """One server process; restart() keeps the folder and the port."""

    def __init__(self, folder, options=(), build=None, port=0, env=None):
        self.folder = pathlib.Path(folder)
        self.options = list(options)
        self.build = build
        self.port = port
        self.env = env or {}
        self.process = None
        self.log_path = self.folder / "server.log"

    def start(self):
        environment = {k: v for k, v in os.environ.items()
                       if not k.startswith("LOQUAT_") and
                       k not in ("PORT", "MAX_CLIENTS", "TIMEOUT")}
        environment.update(self.env)
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [program("loquatd", self.build), "--port", str(self.port),
                 "--data", str(self.folder / "data"),
                 "--server-address", "127.0.0.1", *self.options],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
                env=environment)
        line = self._ready_line()
        assert line.startswith("loquatd listening on "), (line, self.log())
        self.port = int(line.rsplit(":", 1)[1])
        return self

    def _ready_line(self):
        out, line, end = self.process.stdout, b"", time.monotonic() + DEADLINE
        while not line.endswith(b"\n"):
            left = end - time.monotonic()
            if left <= 0 or not select.select([out], [], [], left)[0]:
                raise AssertionError("no ready line; log:\n" + self.log())
            byte = os.read(out.fileno(), 1)
            if not byte:
                raise AssertionError("the server ended at start:\n" + self.log())
            line += byte
        return line.decode().strip()

    def log(self):
        return self.log_path.read_text(errors="replace")

    def expect_log(self, text):
        """Waits until the log holds text."""
        end = time.monotonic() + DEADLINE
        while text not in self.log():
            assert time.monotonic() < end, f"no {text!r} in:\n{self.log()}"
            select.select([], [], [], 0.02)

    def operator(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def kill(self):
        """kill -9, and nothing else."""
        self.process.kill()
        self.process.wait(DEADLINE)
        self._close_pipes()

    def stop(self, signum=signal.SIGTERM):
        """The polite stop; returns the exit status."""
        if self.process is None or self.process.poll() is not None:
            return self.process and self.process.returncode
        self.process.send_signal(signum)
        status = self.process.wait(DEADLINE)
        self._close_pipes()
        return status

    def _close_pipes(self):
        self.process.stdin.close()
        self.process.stdout.close()

    def restart(self, kill=False):
        if kill:
            self.kill()
        else:
            assert self.stop() == 0, self.log()
        return self.start()

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def memory(self):
        """Resident bytes."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        for line in status.splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise AssertionError("no VmRSS")

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text()
        user, system = fields.rsplit(")", 1)[1].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
