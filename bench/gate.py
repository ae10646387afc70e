#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The regression gate: instructions, not seconds.

Each scenario drives a loquatd that runs under callgrind, in lockstep (say
something, wait until everyone has it, go on), so that the server's turns and
batches are the same in every run. It is run with N and with 2N units; the
difference, divided by N, is what one unit costs, without the start and the
stop. Counted are the instructions that loquatd and its libraries execute in
user space. The kernel's do not count, nor does the speed of the machine.

    bench/gate.py              compare with bench/gate.json; 1 if one is dearer
    bench/gate.py --update     measure and write bench/gate.json
    bench/gate.py --spread 3   measure that often and show how much it varies
    bench/gate.py history      only the scenarios whose names contain the word

callgrind's profiles stay in BUILD/gate, for callgrind_annotate.
"""
import argparse
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
FIGURES = ROOT / "bench" / "gate.json"
sys.path.insert(0, str(ROOT / "tests"))

from harness.native import NativeClient, frame, pb     # noqa: E402

DEADLINE = 120
TOLERANCE_PERCENT = 5
RUNS = 3
TEXT = "x" * 64


class Server:
    """A loquatd under callgrind, with a fresh database."""

    OPTIONS = ["--port", "0", "--server-address", "127.0.0.1",
               "--server-workers", "1", "--server-readers", "1",
               "--log-level", "error", "--limits-heartbeat", "3600s",
               "--limits-dead", "7200s", "--limits-login", "300s",
               "--limits-first-line", "300s"]

    def __init__(self, build, profile, folder):
        self.log = pathlib.Path(folder) / "valgrind.log"
        environment = {k: v for k, v in os.environ.items()
                       if not k.startswith("LOQUAT_")}
        self.process = subprocess.Popen(
            ["valgrind", "--tool=callgrind", "--fair-sched=yes",
             f"--callgrind-out-file={profile}", f"--log-file={self.log}",
             str(build / "loquatd"), "--data", f"{folder}/data",
             *self.OPTIONS],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
        ready = self.process.stdout.readline().decode()
        if not ready.startswith("loquatd listening on "):
            sys.exit(f"gate: loquatd did not start: {self.log.read_text()}")
        self.port = int(ready.rsplit(":", 1)[1])

    def instructions(self):
        """Stops it; what it has executed from its start to its end."""
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(DEADLINE)
        log = self.log.read_text()
        found = re.search(r"Collected *: (\d+)", log)
        if status != 0 or found is None:
            sys.exit(f"gate: loquatd ended with {status}: {log}")
        return int(found.group(1))


class LineClient:
    """A person in a room, who waits for lines by counting them."""

    def __init__(self, port, name, room):
        self.socket = socket.create_connection(("127.0.0.1", port), DEADLINE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rest = b""
        self.socket.sendall(f"{name} {room}\n".encode())
        self.hear(f"Welcome, {name}!".encode(), 1)

    def say(self, count):
        self.socket.sendall((TEXT + "\n").encode() * count)

    def hear(self, needle, count):
        """Reads until the needle has come that often."""
        while self.rest.count(needle) < count:
            data = self.socket.recv(65536)
            assert data, "the server closed a connection"
            self.rest += data
        self.rest = b""


def line_fanout(server, turns, members, burst):
    """One speaker, `burst` lines in each of its writes."""
    listeners = []
    for name in [f"guest{i}" for i in range(members)] + ["speaker"]:
        speaker = LineClient(server.port, name, "#room")
        for other in listeners:
            other.hear(b" has joined the chat.\n", 1)
        listeners.append(speaker)
    listeners.pop()
    for _ in range(turns):
        speaker.say(burst)
        for listener in listeners:
            listener.hear(b"speaker: " + TEXT.encode() + b"\n", burst)


def native_fanout(server, turns, members):
    listeners = []
    for name in [f"guest{i}" for i in range(members)] + ["speaker"]:
        speaker = NativeClient(server, name, "#room")
        for other in listeners:
            other.expect("presence")
        listeners.append(speaker)
    listeners.pop()
    for _ in range(turns):
        speaker.post(TEXT)
        for listener in listeners:
            listener.expect("message")
            listener.seen.clear()
        speaker.seen.clear()


def posts(server, turns, rooms, members):
    """A speaker who posts into each room, all of it in one write."""
    people = [NativeClient(server, f"guest{i}", f"#room{i % rooms}")
              for i in range(rooms * members)]
    speaker = NativeClient(server, "speaker", None)
    chance = random.Random(1)
    for turn in range(turns):
        numbers = range(turn * rooms + 1000, (turn + 1) * rooms + 1000)
        speaker.send_bytes(b"".join(
            frame(pb.Envelope(request=number, post=pb.Post(
                target=f"#room{number % rooms}", text=TEXT,
                client_id=chance.randbytes(16)))) for number in numbers))
        for number in numbers:
            speaker.answer("posted", number)
        for person in people:
            person.expect("message")
            person.seen.clear()


def history(server, pages):
    """Pages of 50 from anywhere in a room of 2,000."""
    reader = NativeClient(server, "reader", None)
    for _ in range(20):
        numbers = [reader.start(post=pb.Post(target="#room", text=TEXT))
                   for _ in range(100)]
        for number in numbers:
            reader.answer("posted", number)
    chance = random.Random(1)
    for _ in range(pages):
        page = reader.history("#room", mode=pb.PAGE_MODE_BEFORE, limit=50,
                              seq=chance.randrange(51, 2001))
        assert len(page.messages) == 50


def visits(server, people):
    """Everyone comes into a room of ten, stays, and leaves with the server."""
    server.visitors = [LineClient(server.port, f"guest{i}", f"#room{i // 10}")
                       for i in range(people)]


# name, what a unit is, units in one step, steps in the short run, how.
SCENARIOS = [
    ("fan-out line 1x100, one message a turn", "delivery", 100, 200,
     lambda server, n: line_fanout(server, n, 100, 1)),
    ("fan-out line 1x100, flat out", "delivery", 100 * 50, 50,
     lambda server, n: line_fanout(server, n, 100, 50)),
    ("fan-out native 1x100, one message a turn", "delivery", 101, 200,
     lambda server, n: native_fanout(server, n, 100)),
    ("line message to one, one a turn", "message", 1, 300,
     lambda server, n: line_fanout(server, n, 1, 1)),
    ("posts native 20x5, 20 a turn", "post", 20, 50,
     lambda server, n: posts(server, n, 20, 5)),
    ("history page of 50", "page", 1, 200, history),
    ("a visit, line, rooms of ten", "connection", 1, 200, visits),
]


def run(build, scenario, steps):
    name, _, _, _, drive = scenario
    file = re.sub(r"[^a-z0-9]+", "-", name) + f".{steps}.callgrind"
    profile = build / "gate" / file
    profile.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        server = Server(build, profile, folder)
        try:
            drive(server, steps)
            return server.instructions()
        finally:
            server.process.kill()


def measure(build, scenario):
    """Instructions per unit. Waiting threads that spin and batches that fall
    apart only ever add some: so the least of a few runs is the figure."""
    _, _, units, steps, _ = scenario
    short, long = (min(run(build, scenario, n) for _ in range(RUNS))
                   for n in (steps, 2 * steps))
    return (long - short) / (steps * units)


def versions(build):
    """What the figures depend on besides our own code."""
    def first_line(*command):
        return subprocess.run(command, capture_output=True, text=True,
                              check=True).stdout.splitlines()[0]
    compiled = json.loads((build / "compile_commands.json").read_text())
    compiler = compiled[0]["command"].removeprefix("ccache ").split()[0]
    options = json.loads((build / "meson-info" / "intro-buildoptions.json")
                         .read_text())
    found = {"compiler": first_line(compiler, "--version"),
             "buildtype": next(option["value"] for option in options
                               if option["name"] == "buildtype"),
             "libc": first_line("ldd", "--version").split()[-1]}
    for library in ("libuv", "sqlite3", "libprotobuf-c"):
        found[library] = first_line("pkg-config", "--modversion", library)
    return found


def compare(name, unit, got, known, tolerance):
    """Prints a row; False if it is too dear."""
    if known is None:
        print(f"{name:42} {got:10.0f} a {unit}: no committed figure")
        return False
    percent = 100 * (got / known - 1)
    verdict = "ok"
    if percent > tolerance:
        verdict = "TOO DEAR"
    elif percent < -tolerance:
        verdict = "cheaper: --update keeps it"
    print(f"{name:42} {got:10.0f} {known:10.0f} {percent:+7.1f} %  "
          f"a {unit}: {verdict}", flush=True)
    return verdict != "TOO DEAR"


def show_spread(build, scenarios, rounds):
    for scenario in scenarios:
        got = [measure(build, scenario) for _ in range(rounds)]
        print(f"{scenario[0]:42} {min(got):10.0f} to {max(got):.0f}: "
              f"{100 * (max(got) / min(got) - 1):.2f} %", flush=True)


def update(build, scenarios):
    figures = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
    figures["tolerance_percent"] = TOLERANCE_PERCENT
    figures["measured_with"] = versions(build)
    kept = figures.get("instructions", {})
    figures["instructions"] = {name: kept[name] for name, *_ in SCENARIOS
                               if name in kept}
    for scenario in scenarios:
        got = measure(build, scenario)
        print(f"{scenario[0]:42} {got:10.0f} a {scenario[1]}", flush=True)
        figures["instructions"][scenario[0]] = round(got)
    FIGURES.write_text(json.dumps(figures, indent=2) + "\n")


def check(build, scenarios):
    if not FIGURES.exists():
        sys.exit("gate: there is no bench/gate.json yet: --update makes it")
    figures = json.loads(FIGURES.read_text())
    tolerance = figures["tolerance_percent"]
    here = versions(build)
    for what, version in figures["measured_with"].items():
        if here.get(what) != version:
            print(f"gate: measured with {what} {version}, here is "
                  f"{here.get(what)}: differences may come from that")
    print(f"{'instructions':42} {'now':>10} {'committed':>10}   "
          f"(tolerance {tolerance} %)")
    good = [compare(scenario[0], scenario[1], measure(build, scenario),
                    figures["instructions"].get(scenario[0]), tolerance)
            for scenario in scenarios]
    return all(good)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("word", nargs="?", default="")
    parser.add_argument("--build", default=ROOT / "build", type=pathlib.Path)
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--spread", type=int, metavar="ROUNDS")
    options = parser.parse_args()
    if shutil.which("valgrind") is None:
        sys.exit("gate: valgrind is missing; tools/bench-deps.sh installs it")
    scenarios = [s for s in SCENARIOS if options.word in s[0]]
    if options.spread:
        show_spread(options.build, scenarios, options.spread)
    elif options.update:
        update(options.build, scenarios)
    elif not check(options.build, scenarios):
        sys.exit(1)


if __name__ == "__main__":
    main()
