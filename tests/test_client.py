# SPDX-License-Identifier: MIT
"""The loquat command, as scripts and people use it."""
import json
import re
import signal
import socket

import pytest

from harness.command import Command, run
from harness.line import LineClient
from harness.native import NativeClient
from harness.server import DEADLINE


class Nowhere:
    def __init__(self):
        with socket.create_server(("127.0.0.1", 0)) as s:
            self.address = f"127.0.0.1:{s.getsockname()[1]}"


def test_send_and_history(server, clients):
    watcher = clients(LineClient, server, "watcher", "#ops")

    done = run(server, "send", "#ops", "build", "passed")

    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    watcher.sees("tester", "build passed", room="#ops")
    assert not [line for line in watcher.lines if "has joined" in line]
    done = run(server, "history", "#ops")
    assert re.fullmatch(r"\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] "
                        r"tester: build passed\n", done.stdout)
    (line,) = run(server, "history", "--json", "ops").stdout.splitlines()
    message = json.loads(line)
    assert message["room"] == "#ops" and message["seq"] == 1
    assert message["sender"] == "tester" and message["kind"] == "text"
    assert message["text"] == "build passed" and len(message["msgid"]) == 26
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",
                        message["time"])


def test_send_takes_standard_input_as_one_message_or_as_lines(server, clients):
    watcher = clients(NativeClient, server, "watcher", "#ops")

    assert run(server, "send", "#ops", input="one\ntwo\n").returncode == 0
    watcher.sees("tester", "one\ntwo", room="#ops")
    assert run(server, "send", "--lines", "#ops",
               input="one\n\ntwo").returncode == 0
    watcher.sees("tester", "one", room="#ops")
    watcher.sees("tester", "two", room="#ops")


def test_a_line_that_is_too_long_is_named_and_the_others_go_on(server):
    done = run(server, "send", "--lines", "#ops",
               input="one\n" + "x" * 20000 + "\nthree\n")

    assert done.returncode == 6
    assert "2" in done.stderr
    assert [json.loads(m)["text"] for m in
            run(server, "history", "--json", "#ops").stdout.splitlines()] == [
                "one", "three"]


def test_tail_shows_the_last_lines_and_follows(server, clients):
    run(server, "send", "--lines", "#ops",
        input="".join(f"line {i}\n" for i in range(20)))
    done = run(server, "tail", "-n", "3", "--json", "#ops")
    assert [json.loads(m)["seq"] for m in done.stdout.splitlines()] == [
        18, 19, 20]

    tail = clients(Command, server, "tail", "-f", "-n", "2", "--json", "#ops")
    assert [tail.read_json()["seq"] for _ in range(2)] == [19, 20]
    run(server, "send", "#ops", "new")
    assert tail.read_json()["text"] == "new"
    tail.process.send_signal(signal.SIGINT)
    assert tail.wait() == 130


def test_rooms_and_who(server, clients):
    clients(LineClient, server, "alice")
    clients(LineClient, server, "bob", "#ops")
    run(server, "send", "#quiet", "hello")

    rooms = run(server, "rooms", "--json").stdout.splitlines()
    present = {r["room"]: r["present"] for r in map(json.loads, rooms)}
    assert present["#lobby"] == 1 and present["#ops"] == 1
    assert present["#quiet"] == 0
    people = run(server, "who", "--json", "#ops").stdout.splitlines()
    assert [json.loads(p)["name"] for p in people] == ["bob"]
    assert "alice" in run(server, "who").stdout


@pytest.mark.parametrize("args, code", [
    (["frobnicate"], 2),
    (["send"], 2),
    (["history", "#nowhere"], 4),
    (["tail", "#nowhere"], 4),
    (["who", "#nowhere"], 4),
    (["send", "@nobody", "hello"], 4),
    (["send", "--name", "a b", "#x", "hello"], 6),
    (["send", "--nonsense", "#x", "hello"], 2),
])
def test_exit_codes(server, args, code):
    done = run(server, *args)
    assert done.returncode == code, done
    assert done.stdout == "" and done.stderr


def test_a_taken_name_is_refused_when_it_was_asked_for(server, clients):
    clients(LineClient, server, "tester")
    assert run(server, "send", "--name", "tester", "#x", "hi").returncode == 6
    assert run(server, "send", "#x", "hi").returncode == 0


def test_no_server_is_a_network_error():
    done = run(Nowhere(), "send", "#x", "hello")
    assert done.returncode == 5 and done.stderr


def test_something_that_is_no_loquat_server_is_said_so():
    with socket.create_server(("127.0.0.1", 0)) as other:
        import threading

        def serve():
            peer, _ = other.accept()
            peer.sendall(b"SSH-2.0-other\r\n")
            peer.settimeout(DEADLINE)
            while peer.recv(4096):
                pass
            peer.close()

        thread = threading.Thread(target=serve)
        thread.start()

        class Address:
            address = f"127.0.0.1:{other.getsockname()[1]}"

        done = run(Address, "rooms")
        thread.join()
    assert done.returncode == 5 and "not a loquat server" in done.stderr


def test_interactive_over_a_restart(serve, clients):
    server = serve()
    watcher = clients(LineClient, server, "watcher")
    chat = clients(Command, server, server.address, "--name", "carol",
                   RECONNECT_ATTEMPTS="0")
    chat.expect("connected as carol")
    chat.expect("#lobby")
    watcher.sees_join("carol")
    chat.say("before")
    watcher.sees("carol", "before")
    chat.expect("carol: before")

    server.kill()
    chat.expect("connection lost")
    chat.say("while it was gone")
    chat.expect("reconnecting")
    server.start()
    chat.expect("connected as carol")
    chat.expect("carol: while it was gone")
    watcher = clients(LineClient, server, "watcher")
    chat.say("after")
    watcher.expect("carol: after")

    assert chat.end() == 0
    texts = [json.loads(m)["text"] for m in
             run(server, "history", "--json", "#lobby").stdout.splitlines()]
    assert texts == ["before", "while it was gone", "after"]


def test_reconnect_attempts_is_honoured(serve, clients):
    server = serve()
    chat = clients(Command, server, "tail", "-f", "#lobby",
                   RECONNECT_ATTEMPTS="2")
    chat.expect("connected", which="err")
    server.kill()
    assert chat.process.wait(DEADLINE) == 5
    server.process = None


def test_what_a_hostile_server_sends_is_filtered(server, clients):
    """The client cleans for itself; here through its third filter's twin."""
    a = clients(NativeClient, server, "alice")
    a.post("a\x1b[2Jb")
    out = run(server, "history", "#lobby").stdout
    assert "\x1b" not in out and "alice: ab" in out


def test_help_and_version(server):
    assert "send" in run(server, "--help").stdout
    assert "--lines" in run(server, "send", "--help").stdout
    assert re.fullmatch(r"loquat \d+\.\d+\.\d+\n",
                        run(server, "--version").stdout)
