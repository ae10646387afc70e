# SPDX-License-Identifier: MIT
"""The load generator against real servers: what it counts is what happens."""
import json
import subprocess

import pytest

from harness.http import request
from harness.server import DEADLINE, program

FANOUT = ["fanout", "--rooms", "3", "--members", "7", "--messages", "90",
          "--quiet", "200"]


def load(port, *words):
    done = subprocess.run([program("bench/loquat-load"), *words,
                           "--port", str(port)],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=3 * DEADLINE, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def expect_whole(figures, deliveries):
    assert figures["deliveries"] == figures["expected"] == deliveries
    assert (figures["lost"], figures["doubled"], figures["disordered"]) == \
        (0, 0, 0)


@pytest.fixture
def floor():
    process = subprocess.Popen([program("bench/loquat-floor"), "--port", "0"],
                               stdout=subprocess.PIPE)
    line = process.stdout.readline().decode()
    yield int(line.rsplit(":", 1)[1])
    process.terminate()
    process.wait(DEADLINE)
    process.stdout.close()


@pytest.mark.parametrize("wording", ["line", "native"])
@pytest.mark.parametrize("rate", ["0", "300"])
def test_every_listener_gets_everything_once(server, wording, rate):
    figures = load(server.port, *FANOUT, "--wording", wording, "--rate", rate,
                   "--pid", str(server.process.pid))
    expect_whole(figures, 90 * 7)
    assert figures["server_cpu_s"] > 0


def test_the_floor_passes_everything_on(floor):
    expect_whole(load(floor, *FANOUT, "--wording", "line"), 90 * 7)


def test_posts_history_and_a_return_after_a_crash(server):
    native = ["--wording", "native"]
    posts = load(server.port, "posts", *native, "--senders", "5",
                 "--messages", "600", "--window", "8")
    assert (posts["acked"], posts["lost"]) == (600, 0)

    server.restart(kill=True)
    back = load(server.port, "catchup", *native, "--clients", "20",
                "--missed", "450")
    assert (back["lost"], back["gaps"], back["doubled"]) == (0, 0, 0)
    pages = load(server.port, "history", *native, "--pages", "50")
    assert (pages["pages"], pages["wrong"]) == (50, 0)


def test_a_server_that_is_not_there_is_an_error():
    done = subprocess.run([program("bench/loquat-load"), *FANOUT, "--wording",
                           "line", "--port", "1"], capture_output=True,
                          timeout=DEADLINE, check=False)
    assert done.returncode == 1 and done.stdout == b""


@pytest.mark.parametrize("way", ["none", "down", "up"])
def test_chat_beside_a_file(serve, way):
    server = serve("--files-floor", "0", "--files-floor_percent", "0")
    size = 8 << 20
    words = ["--messages", "60"]
    if way == "down":
        answer = request(server, "PUT", "/r/r0/files/x.bin", b"x" * size)
        assert answer.status == 201, answer
        words += ["--file", answer.headers["location"].split("/f/")[1][:26]]
    elif way == "up":
        words += ["--upload", str(size)]
    figures = load(server.port, "chatfile", "--wording", "native", "--rate",
                   "100", "--quiet", "200", *words)
    assert (figures["file"], figures["lost"]) == (way, 0)
    assert figures["file_bytes"] == (0 if way == "none" else size)
    assert figures["messages"] > 0
