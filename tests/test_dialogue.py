# SPDX-License-Identifier: MIT
"""The exact words that people's scripts match."""
import select
import signal
import socket
import subprocess

import pytest

from harness.command import Command
from harness.line import GREETING, LineClient
from harness.server import DEADLINE


def test_two_people_and_the_operator_word_for_word(serve, clients):
    server = serve()
    alice = clients(LineClient, server)
    alice.expect_next(GREETING)
    alice.say("")
    alice.expect_next("Please enter a non-empty name:")
    alice.say("alice")
    alice.expect_next("Welcome, alice! You can now chat. Type messages and "
                      "press Enter.")
    alice.sync()

    bob = clients(LineClient, server)
    bob.expect_next(GREETING)
    bob.say("Alice")
    bob.expect_next('Name "Alice" is already taken. Choose a different name:')
    bob.say("bob")
    bob.expect_next("Welcome, bob! You can now chat. Type messages and press "
                    "Enter.")
    bob.sync()
    alice.expect_next("bob has joined the chat.")

    alice.say("hello")
    bob.expect_next("alice: hello")
    bob.say("hi alice")
    alice.expect_next("bob: hi alice")

    server.operator("tea at four")
    alice.expect_next("[SERVER]: tea at four")
    bob.expect_next("[SERVER]: tea at four")

    bob.leave()
    alice.expect_next("bob has left the chat.")

    assert server.stop() == 0
    alice.expect_next("Server is shutting down. Bye!")
    assert alice.read_line() is None


def test_two_nc_and_one_loquat_share_a_room(serve, clients):
    server = serve()
    people = []
    for name in ("alice", "bob"):
        nc = subprocess.Popen(["nc", "127.0.0.1", str(server.port)],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        people.append(nc)
        assert nc.stdout.readline().decode().strip() == GREETING
        nc.stdin.write(f"{name}\n".encode())
        nc.stdin.flush()
        assert nc.stdout.readline().startswith(f"Welcome, {name}!".encode())
    carol = clients(Command, server, server.address, "--name", "carol")
    carol.expect("#lobby")

    def until(nc, wanted):
        while True:
            line = nc.stdout.readline()
            assert line, f"nc ended before {wanted!r}"
            if line.decode().rstrip("\n") == wanted:
                return

    until(people[0], "carol has joined the chat.")
    until(people[1], "carol has joined the chat.")
    people[0].stdin.write(b"hello\n")
    people[0].stdin.flush()
    until(people[1], "alice: hello")
    carol.expect("alice: hello")
    carol.say("good morning")
    until(people[0], "carol: good morning")
    until(people[1], "carol: good morning")
    server.operator("closing soon")
    until(people[0], "[SERVER]: closing soon")
    carol.expect("[SERVER]: closing soon")
    assert server.stop() == 0
    until(people[0], "Server is shutting down. Bye!")
    until(people[1], "Server is shutting down. Bye!")
    for nc in people:
        nc.stdin.close()
        assert nc.wait(DEADLINE) == 0
        nc.stdout.close()


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_either_signal_stops_politely(serve, clients, signum):
    server = serve()
    alice = clients(LineClient, server, "alice")

    assert server.stop(signum) == 0

    alice.expect("Server is shutting down. Bye!")
    assert alice.read_line() is None


def test_the_operator_sees_who_is_here_kicks_and_quits(serve, clients):
    server = serve()
    alice = clients(LineClient, server, "alice")
    bob = clients(LineClient, server, "bob")

    server.operator("/kick BOB too loud")
    bob.expect_line(lambda line: "too loud" in line)
    bob.expect_end()
    alice.expect("bob has left the chat.")
    server.operator("/who")
    server.operator("/quit")
    alice.expect("Server is shutting down. Bye!")

    assert server.process.wait(DEADLINE) == 0
    assert "1 here" in server.log() and "alice" in server.log()


def test_the_operator_sees_where_the_time_goes(serve, clients):
    server = serve()
    alice = clients(LineClient, server, "alice")
    bob = clients(LineClient, server, "bob")
    alice.say("hello")
    bob.expect("alice: hello")

    server.operator("/stats")
    for word in ("messages_total", "commits_total", "queue_us", "apply_us",
                 "commit_us", "mail_us", "turn_us", "batch"):
        server.expect_log(f"  {word} ")


def test_a_second_signal_ends_at_once(serve):
    """A client that never reads its goodbye would hold the stop up until the
    linger time is over; the second signal does not wait for it."""
    server = serve("--limits-linger", "10m", "--limits-stall", "10m")
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.connect(("127.0.0.1", server.port))
    deaf.sendall(b"deaf\n")
    while select.select([], [deaf], [], 1)[1]:   # until its input is held,
        deaf.send(b"/help\n" * 1000)             # for it reads no answer
    listener = LineClient(server, "ear")

    server.process.send_signal(signal.SIGTERM)
    listener.expect("Server is shutting down. Bye!")
    server.process.send_signal(signal.SIGTERM)

    assert server.process.wait(DEADLINE) == -signal.SIGTERM
    listener.close()
    deaf.close()
    server.process = None


def test_half_closed_input_is_answered_to_its_end(serve, clients):
    """printf '...' | nc -N: everything is said and shown before the end."""
    server = serve()
    alice = clients(LineClient, server, "alice")

    done = subprocess.run(
        ["nc", "-N", "127.0.0.1", str(server.port)],
        input=b"carol\none\ntwo\n/history 5\nlast words", timeout=DEADLINE,
        capture_output=True)

    for text in ("one", "two", "last words"):
        alice.sees("carol", text)
    alice.sees_leave("carol")
    assert done.returncode == 0
    assert b"carol: two" in done.stdout


def test_a_name_and_a_room_at_the_prompt(serve, clients):
    server = serve()
    watcher = clients(LineClient, server, "watcher", "#ops")
    lobby = clients(LineClient, server, "lobby")

    script = clients(LineClient, server, "script", "#ops")
    script.say("deployed")

    watcher.expect("script has joined the chat.")
    watcher.expect("script: deployed")
    lobby.sync()
    assert not [line for line in lobby.lines if "script" in line]
