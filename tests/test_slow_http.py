# SPDX-License-Identifier: MIT
"""slowhttptest's three modes against short deadlines: who trickles in is cut at
an absolute deadline, and the others notice nothing."""
import csv
import os
import subprocess
import threading
import time

import pytest

from harness.files import (NO_FLOOR, curl_done, file_id, make_file,
                           wait_until)
from harness.http import HttpSocket, basic, head, request
from harness.native import NativeClient
from harness.server import DEADLINE

CONNECTIONS = 300

# Slow heads, slow bodies, slow readers: for how many seconds at most, whether
# the server cuts them, and how. A head and a body go on for longer than they
# may; a reader that takes a little now and then may go on (PROMISES P7).
MODES = {
    "headers": (60, True, ["-H", "-i", "1", "-u", "{url}/r"]),
    "body": (60, True, ["-B", "-i", "1", "-s", "8192", "-x", "10", "-t", "POST",
                        "-u", "{url}/r/lobby"]),
    "read": (10, False, ["-X", "-w", "512", "-y", "1024", "-n", "5", "-z", "32",
                         "-k", "1", "-u", "{file}"]),
}


class Canary(threading.Thread):
    """Another person, who posts natively and asks by HTTP all the while."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server = server
        self.client = NativeClient(server, "canary", "#canary")
        self.stop = threading.Event()
        self.delays, self.failure = [], None
        self.sockets = []       # that the server had, each time

    def run(self):
        try:
            while not self.stop.wait(0.05):
                self.step()
        except (AssertionError, OSError) as e:
            self.failure = e

    def step(self):
        began = time.monotonic()
        self.client.post("tweet")
        self.client.seen.clear()
        answer = request(self.server, "GET", "/healthz")
        assert answer.status == 200, answer
        self.delays.append(time.monotonic() - began)
        self.sockets.append(sockets(self.server))

    def end(self):
        self.stop.set()
        self.join(DEADLINE)
        self.client.close()
        assert self.failure is None, self.failure
        return sorted(self.delays)


def sockets(server):
    folder = f"/proc/{server.process.pid}/fd"
    found = 0
    for fd in os.listdir(folder):
        try:
            found += os.readlink(f"{folder}/{fd}").startswith("socket:")
        except FileNotFoundError:
            pass                # closed meanwhile
    return found


def attack(folder, words, seconds, is_cut):
    """Runs it for so long, or until the server has closed every one of its
    connections; what it says of each second."""
    done = subprocess.run(
        ["slowhttptest", *words, "-c", str(CONNECTIONS), "-r", "200", "-l",
         str(seconds), "-p", "3", "-g", "-o", str(folder / "slow")],
        capture_output=True, text=True, timeout=6 * DEADLINE, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    closed = "No open connections left" in done.stdout
    assert closed == is_cut, done.stdout[-2000:]
    with open(folder / "slow.csv", encoding="ascii") as rows:
        return list(csv.DictReader(rows))


@pytest.mark.parametrize("mode", MODES)
def test_slowhttptest(serve, tmp_path, mode):
    server = serve(*NO_FLOOR, "--http-head", "2s", "--http-idle", "2s",
                   "--http-body_rate", "1K", "--limits-stall", "3s",
                   "--limits-linger", "500ms", "--limits-login", "3s",
                   "--limits-first_line", "2s")
    url = f"http://{server.address}"
    source = tmp_path / "big.bin"
    make_file(source, 16 << 20)
    status, out, err = curl_done("-T", source, f"{url}/r/lobby/files/")
    assert status == 0, err
    file = f"{url}/f/{file_id(out)}/big.bin"
    seconds, is_cut, words = MODES[mode]
    words = [word.format(url=url, file=file) for word in words]

    canary = Canary(server)
    canary.step()
    idle = canary.sockets[0]
    canary.start()
    rows = attack(tmp_path, words, seconds, is_cut)
    most = max(canary.sockets)
    wait_until(lambda: sockets(server) <= idle + 1, "the end of the slow ones",
               DEADLINE, 0.05)
    delays = canary.end()
    print(f"\nslowhttptest {words[0]} ({mode}): {most - idle} slow ones at a "
          f"time, {'all cut' if is_cut else 'all served'}; available in "
          f"{sum(row['Service Available'] != '0' for row in rows)} of "
          f"{len(rows)} seconds; the canary's {len(delays)} rounds p50 "
          f"{delays[len(delays) // 2] * 1e3:.1f} ms, longest "
          f"{delays[-1] * 1e3:.1f} ms")
    assert all(row["Service Available"] != "0" for row in rows), rows
    assert delays[-1] < 5.0, "somebody else had to wait"
    assert most - idle > CONNECTIONS * 0.8     # they did come


def until_cut(http, data, step):
    """Sends byte by byte until the server ends it: seconds, and its answer."""
    began = time.monotonic()
    answer = b""
    http.socket.settimeout(step)
    for byte in data:
        try:
            http.socket.sendall(bytes([byte]))
            got = http.socket.recv(65536)
            if not got:
                break
            answer += got
        except TimeoutError:
            continue
        except (BrokenPipeError, ConnectionResetError):
            break
        if b"\r\n\r\n" in answer:
            break
    http.socket.settimeout(DEADLINE)
    return time.monotonic() - began, answer


@pytest.fixture
def hasty(serve):
    return serve(*NO_FLOOR, "--http-head", "1s", "--http-idle", "1s",
                 "--http-body_rate", "1K", "--limits-linger", "300ms")


def test_the_head_has_an_absolute_deadline(hasty):
    http = HttpSocket(hasty)
    took, answer = until_cut(
        http, head("GET", "/r", [("X-Filler", "x" * 1000)], hasty), 0.05)
    http.expect_end()
    http.close()
    print(f"\na head that trickles: cut after {took:.2f} s (deadline 1 s)")
    assert 0.9 < took < 8 and answer.startswith(b"HTTP/1.1 408"), answer


def test_the_second_head_of_a_connection_has_it_too(hasty):
    http = HttpSocket(hasty)
    http.send(head("GET", "/healthz", [], hasty))
    assert http.read_answer().status == 200
    took, answer = until_cut(
        http, head("GET", "/r", [("X-Filler", "x" * 1000)], hasty), 0.05)
    http.expect_end()
    http.close()
    assert 0.9 < took < 8, (took, answer)


def test_an_idle_connection_is_closed(hasty):
    http = HttpSocket(hasty)
    http.send(head("GET", "/healthz", [], hasty))
    assert http.read_answer().status == 200
    began = time.monotonic()
    http.expect_end()
    took = time.monotonic() - began
    http.close()
    assert 0.9 < took < 8, took


def test_a_body_that_trickles_is_cut(hasty):
    """1 KiB/s over ten seconds are wanted; 20 bytes/s come."""
    http = HttpSocket(hasty)
    http.send(head("PUT", "/r/lobby/files/slow.bin",
                   [("Content-Length", "100000")], hasty))
    took, answer = until_cut(http, b"x" * 600, 0.05)
    http.expect_end()
    http.close()
    print(f"\na body of 20 bytes/s: cut after {took:.2f} s")
    assert 8 < took < 25 and answer.startswith(b"HTTP/1.1 408"), answer
    listed = request(hasty, "GET", "/r/lobby/files")
    assert "slow.bin" not in listed.text


def test_who_follows_is_not_slow(hasty):
    """A live stream that has nothing to say is no idle connection."""
    from harness.http import Follow
    follow = Follow(hasty)
    with pytest.raises(AssertionError):
        follow.expect(lambda e: True, deadline=3)
    answer = request(hasty, "POST", "/r/lobby", b"still there?",
                     {"Authorization": basic("alice")})
    assert answer.status == 201
    follow.expect(lambda e: e.get("text") == "still there?")
    follow.close()
