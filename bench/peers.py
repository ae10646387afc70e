# SPDX-License-Identifier: MIT
"""The servers that the benchmark knows: how each is started and stopped.

    with Server(find("redis"), cpus=[0]) as server:
        figures = measure(server, ["fanout", "--rooms", "1", ...], cpu=1)

KINDS is the table. Whoever adds a peer adds a line there and, if it needs one,
a configuration in bench/peers, in which @PORT@ and @FOLDER@ are filled in.
"""
import dataclasses
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD = ROOT / "build"
CONFIGURATIONS = ROOT / "bench" / "peers"
NPM = BUILD / "bench-npm" / "node_modules"
LOAD = BUILD / "bench" / "loquat-load"
FLOOR = BUILD / "bench" / "loquat-floor"
SLOWSYNC = BUILD / "bench" / "slowsync.so"

# loquat's data lies here: on the disk of the working tree, which a folder for
# temporary files need not be.
DATA = BUILD / "bench-data"

READY_SECONDS = 30
STOP_SECONDS = 5
FILES_MAX = 200000


class Failed(Exception):
    """A server or a measurement that came to nothing, with the reason."""


@dataclasses.dataclass(frozen=True)
class Kind:
    """One kind of server. In argv and version {port}, {folder}, {config} and
    the folders' names are filled in."""
    name: str
    wording: str                # what loquat-load calls its language
    family: str                 # loquat, floor, irc, broker or node
    argv: tuple
    version: tuple = ()         # prints a version somewhere
    config: str = ""            # a template in bench/peers, copied and filled
    ready: str = ""             # what it then prints; "": it accepts
    on_disk: bool = False       # its folder is in DATA
    batch: int = 200            # how many may be on their way in at once


NODE_VERSION = "console.log(require('{npm}/%s/package.json').version)"

KINDS = (
    Kind("floor", "line", "floor",
         ("{floor}", "--port", "{port}", "--flush", "turn"),
         ready="floor listening on"),
    Kind("inspircd", "irc", "irc",
         ("inspircd", "--nofork", "--runasroot", "--config", "{config}"),
         ("inspircd", "--version"), "inspircd.conf",
         batch=4000),           # it welcomes them once a second
    Kind("ngircd", "irc", "irc",
         ("ngircd", "--nodaemon", "--passive", "--config", "{config}"),
         ("ngircd", "--version"), "ngircd.conf",
         batch=10),             # the length of its queue of connections
    Kind("redis", "resp", "broker",
         ("redis-server", "{config}"),
         ("redis-server", "--version"), "redis.conf"),
    Kind("mosquitto", "mqtt", "broker",
         ("mosquitto", "-c", "{config}"),
         ("mosquitto", "-h"), "mosquitto.conf"),
    Kind("nats", "nats", "broker",
         ("nats-server", "-c", "{config}"),
         ("nats-server", "--version"), "nats-server.conf"),
    Kind("ws", "websocket", "node",
         ("node", "{config}", "{port}"),
         ("node", "-e", NODE_VERSION % "ws"), "ws.mjs"),
    Kind("socketio", "socketio", "node",
         ("node", "{config}", "{port}"),
         ("node", "-e", NODE_VERSION % "socket.io"), "socketio.mjs"),
)


def loquat(label, program, wording="line"):
    """A loquatd of that label; with the native wording LABEL-native."""
    name = label if wording == "line" else f"{label}-{wording}"
    return Kind(name, wording, "loquat",
                (str(program), "--port", "{port}", "--data", "{folder}/data",
                 "--server-address", "127.0.0.1", "--log-level", "error"),
                (str(program), "--version"),
                ready="loquatd listening on", on_disk=True)


def find(name):
    """The kind of that name, other than a loquat."""
    for kind in KINDS:
        if kind.name == name:
            return kind
    raise KeyError(name)


def fill(text, **values):
    """Fills in the words of an argv."""
    return text.format(floor=FLOOR, npm=NPM, **values)


def environment(extra=()):
    """Ours, without what would configure a loquatd; then the extra."""
    kept = {key: value for key, value in os.environ.items()
            if not key.startswith("LOQUAT_") and
            key not in ("PORT", "MAX_CLIENTS", "TIMEOUT")}
    kept["PATH"] = kept.get("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin"
    kept.update(extra)
    return kept


def version(kind):
    """What it says of itself: digits and dots, or "" if it has no version.
    Failed if it is not installed."""
    if not kind.version:
        return ""
    argv = [fill(word) for word in kind.version]
    try:
        said = subprocess.run(argv, env=environment(), timeout=10, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False).stdout
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Failed(f"not installed ({error})") from error
    found = re.search(r"(?<![\w.])v?(?:\d:)?(\d+(?:\.\d+)+)",
                      said.replace("-", " ").replace("=", " "))
    if not found:
        raise Failed(f"cannot be run ({said.strip()[:80]!r})")
    return found.group(1)


def free_port():
    """One that nobody listens on, below those that connections get."""
    with open("/proc/sys/net/ipv4/ip_local_port_range") as ports:
        first = int(ports.read().split()[0])
    for attempt in range(1000):
        port = 10000 + (os.getpid() * 97 + attempt * 7919 +
                        time.monotonic_ns() // 1000) % (first - 10000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise Failed("no free port")


def raise_file_limit():
    """In us before a generator is started, in a server's process too."""
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (FILES_MAX, FILES_MAX))
    except (ValueError, PermissionError):
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Server:
    """A fresh server with a folder of its own, pinned to some cores."""

    def __init__(self, kind, cpus, extra_environment=()):
        self.kind = kind
        self.cpus = list(cpus)
        self.environment = environment(extra_environment)
        self.process = None
        self.port = free_port()
        self.folder = self._make_folder()
        self.output = self.folder / "output"

    def _make_folder(self):
        base = None
        if self.kind.on_disk:
            DATA.mkdir(parents=True, exist_ok=True)
            base = DATA
        return pathlib.Path(tempfile.mkdtemp(prefix="bench-", dir=base))

    @property
    def pid(self):
        return self.process.pid

    def start(self):
        """Starts it and waits until it is ready. Also after kill()."""
        values = {"port": self.port, "folder": self.folder,
                  "config": self._configure()}
        argv = [fill(word, **values) for word in self.kind.argv]

        def prepare():
            os.sched_setaffinity(0, self.cpus)
            raise_file_limit()

        # Standard input is the operator's to loquatd: it stays open.
        with open(self.output, "wb") as output:
            try:
                self.process = subprocess.Popen(
                    argv, stdin=subprocess.PIPE, stdout=output,
                    stderr=subprocess.STDOUT, env=self.environment,
                    cwd=self.folder, preexec_fn=prepare)
            except OSError as error:
                raise Failed(f"cannot be started ({error})") from error
        self._wait_until_ready()
        return self

    def _configure(self):
        """Its configuration's path. A script for Node lies beside a link to
        the packages, where it finds them."""
        if not self.kind.config:
            return ""
        text = (CONFIGURATIONS / self.kind.config).read_text()
        text = text.replace("@PORT@", str(self.port))
        text = text.replace("@FOLDER@", str(self.folder))
        path = self.folder / self.kind.config
        path.write_text(text)
        packages = self.folder / "node_modules"
        if self.kind.family == "node" and not packages.exists():
            packages.symlink_to(NPM)
        return path

    def _wait_until_ready(self):
        end = time.monotonic() + READY_SECONDS
        while not self._is_ready():
            if self.process.poll() is not None:
                raise Failed("ended at the start: " + self.last_words())
            if time.monotonic() > end:
                raise Failed("not ready in time: " + self.last_words())
            time.sleep(0.005)

    def _is_ready(self):
        if self.kind.ready:
            return self.kind.ready in self.output.read_text(errors="replace")
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def last_words(self):
        return self.output.read_text(errors="replace").strip()[-300:]

    def kill(self):
        """kill -9; the folder stays."""
        if self.process is None:
            return
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process = None

    def stop(self):
        """Ends it, politely at first, and removes the folder."""
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                pass
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *_):
        self.stop()


def measure(server, arguments, cpu, wording=None, timeout=300):
    """Runs the load generator against a server; returns its figures."""
    # A crowd that comes in at once would leave its noise in the memory.
    batch = server.kind.batch
    if arguments[0] == "idle":
        batch = min(batch, 200)
    argv = [str(LOAD), arguments[0], "--wording",
            wording or server.kind.wording, "--port", str(server.port),
            "--pid", str(server.pid), "--cpu", str(cpu),
            "--batch", str(batch), *arguments[1:]]
    try:
        done = subprocess.run(argv, env=environment(), timeout=timeout,
                              text=True, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              preexec_fn=raise_file_limit, check=False)
    except subprocess.TimeoutExpired as error:
        raise Failed(f"not done after {timeout} s") from error
    except OSError as error:
        raise Failed(f"no load generator ({error})") from error
    if done.returncode != 0:
        words = done.stderr.strip().splitlines() or ["no reason given"]
        dead = server.process.poll() is not None
        raise Failed(words[-1][:200] + (", the server has ended" if dead
                                        else ""))
    return json.loads(done.stdout)
