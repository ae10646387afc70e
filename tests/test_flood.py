# SPDX-License-Identifier: MIT
"""Many lines, many clients, restarts: nothing lost, nothing twice."""
import json
import os
import subprocess
import threading

from harness.command import Command, environment, run
from harness.server import DEADLINE, ROOT, program

LINES = int(os.environ.get("LOQUAT_LINES", "100000"))
PLAIN = ROOT / "build"        # the program that people get, at its speed


def send_lines(server, count):
    """yes | head -COUNT, numbered, through loquat send --lines."""
    source = subprocess.Popen(["seq", str(count)], stdout=subprocess.PIPE)
    sender = subprocess.Popen(
        [program("loquat", PLAIN), "send", "-q", "--lines", "#load"],
        stdin=source.stdout, stderr=subprocess.PIPE,
        env=environment(server, RECONNECT_ATTEMPTS="0"))
    source.stdout.close()
    return source, sender


class Follower(threading.Thread):
    """Reads a tail's numbers and checks their order as they come."""

    def __init__(self, tail, count):
        super().__init__(daemon=True)
        self.tail, self.count = tail, count
        self.seen = 0
        self.failure = None
        self.start()

    def run(self):
        try:
            for number in range(1, self.count + 1):
                message = self.tail.read_json(deadline=120)
                assert message["text"] == str(number), (
                    number, message["seq"], message["text"])
                assert message["seq"] == number + 1     # after the 0
                self.seen = number
        except AssertionError as e:
            self.failure = e


def load(serve, clients, kills):
    server = serve(build=PLAIN)
    assert send(server, [0]) == 0
    tail = clients(Command, server, "tail", "-f", "-q", "--json", "#load",
                   build=PLAIN, RECONNECT_ATTEMPTS="0")
    assert tail.read_json()["text"] == "0"     # it follows from here on
    follower = Follower(tail, LINES)
    source, sender = send_lines(server, LINES)
    for kill in range(kills):
        wait_until(lambda: follower.seen >= (kill + 1) * LINES // (kills + 2)
                   or follower.failure)
        server.restart(kill=True)
    assert sender.wait(300) == 0, sender.stderr.read()
    source.wait(DEADLINE)
    sender.stderr.close()
    follower.join(300)
    assert follower.failure is None, follower.failure
    assert follower.seen == LINES
    page = run(server, "tail", "-n", "1", "--json", "#load", build=PLAIN)
    assert json.loads(page.stdout)["seq"] == LINES + 1


def wait_until(condition, deadline=120):
    done = threading.Event()
    for _ in range(deadline * 100):
        if condition():
            return
        done.wait(0.01)
    raise AssertionError("it did not happen")


def test_a_hundred_thousand_lines_in_order(serve, clients):
    load(serve, clients, kills=0)


def test_the_same_with_five_kills_in_between(serve, clients):
    load(serve, clients, kills=5)


def test_two_hundred_followers_over_a_restart(serve, clients):
    server = serve("--limits-messages_per_second", "0", build=PLAIN)
    tails = [clients(Command, server, "tail", "-f", "-q", "-n", "0", "--json",
                     "#load", build=PLAIN, stdin=subprocess.DEVNULL,
                     RECONNECT_ATTEMPTS="0") for _ in range(200)]
    first, second = range(1, 51), range(51, 101)
    # A tail that is not connected yet would miss what came before it.
    wait_until(lambda: server.log().count("accepted") >= 200)
    wait_until(lambda: hears(server, tails))

    assert send(server, first) == 0
    server.restart()
    assert send(server, second) == 0

    for tail in tails:
        while (message := tail.read_json())["text"].startswith("ready"):
            pass
        got = [message["text"]]
        got += [tail.read_json()["text"] for _ in range(99)]
        assert got == [str(n) for n in (*first, *second)]


def hears(server, tails):
    """True once every tail has shown a 'ready' line."""
    run(server, "send", "#load", "ready", build=PLAIN)
    try:
        for tail in tails:
            if not getattr(tail, "ready", False):
                assert tail.read_json(deadline=0.2)["text"] == "ready"
                tail.ready = True
    except AssertionError:
        return False
    return True


def send(server, numbers):
    return run(server, "send", "--lines", "#load", build=PLAIN, deadline=60,
               input="".join(f"{n}\n" for n in numbers)).returncode
