# SPDX-License-Identifier: MIT
"""The line dialect: what a person with nc types and reads."""
import re

import pytest

from harness.line import GREETING, LineClient
from harness.native import NativeClient


def test_crlf_lf_and_telnet_negotiation_are_tolerated(server, clients):
    alice = clients(LineClient, server)
    alice.expect(GREETING)
    bob = clients(LineClient, server, "bob")

    alice.send_bytes(b"\xff\xfb\x1f\xff\xfd\x03alice\r\n")
    alice.send_bytes(b"hel\xff\xf1lo\r\n\xff\xfa\x1f\x00P\x00\x18\xff\xf0"
                     b"again\n")

    bob.sees_join("alice")
    bob.expect_next("alice: hello")
    bob.expect_next("alice: again")
    alice.sync()
    # Both options are refused, IAC DONT 31 and IAC WONT 3; nothing else of
    # telnet is sent.
    refused = b"\xff\xfe\x1f\xff\xfc\x03".decode(errors="replace")
    assert [line for line in alice.lines if "�" in line] == [
        refused + "Welcome, alice! You can now chat. "
        "Type messages and press Enter."]


@pytest.mark.parametrize("name, says", [
    ("a b c", "cannot be used"),
    ("x" * 33, "cannot be used"),
    ("zero\u200bwidth", "cannot be used"),
    ("\u202eevil", "cannot be used"),
    ("server", "cannot be used"),
])
def test_names_that_may_not_be(server, clients, name, says):
    client = clients(LineClient, server)
    client.expect(GREETING)
    client.say(name)
    line = client.read_line()
    assert says in line and "Choose a different name:" in line
    client.say("fine")
    client.expect_line(lambda text: text.startswith("Welcome, fine!"))


def test_rooms(server, clients):
    alice = clients(LineClient, server, "alice")
    bob = clients(LineClient, server, "bob")

    alice.say("/join #ops")
    alice.expect_line(lambda line: "#ops" in line)
    bob.say("/join #ops")
    bob.expect_line(lambda line: "#ops" in line)
    alice.expect("bob has joined the chat.")
    alice.say("in ops")
    bob.expect("alice: in ops")
    bob.say("/join #lobby")
    bob.sync()
    alice.say("still in ops")
    bob.expect("[#ops] alice: still in ops")
    bob.say("/part #ops")
    alice.expect("bob has left the chat.")
    alice.say("gone?")
    bob.sync()
    assert not [line for line in bob.lines if "gone?" in line]
    bob.say("/rooms")
    bob.expect_line(lambda line: re.search(r"#ops.*1", line))


def test_commands(server, clients):
    alice = clients(LineClient, server, "alice")
    bob = clients(LineClient, server, "bob")

    alice.say("/me waves")
    bob.expect("* alice waves")
    alice.say("/msg bob psst")
    bob.expect("[private] alice: psst")
    alice.say("/topic tea at four")
    bob.expect_line(lambda line: "alice" in line and "tea at four" in line)
    alice.say("/nick Ann")
    bob.expect_line(lambda line: "alice" in line and "Ann" in line)
    alice.say("/away lunch")
    alice.sync()
    bob.say("/who")
    bob.expect_line(lambda line: "Ann" in line and "lunch" in line)
    alice.say("//not a command")
    bob.expect("Ann: /not a command")
    alice.say("/jion #x")
    alice.expect_line(lambda line: "Did you mean /join?" in line)
    alice.say("/help")
    for name in ("/help", "/join", "/part", "/msg", "/me", "/nick", "/who",
                 "/rooms", "/topic", "/history", "/away", "/quit"):
        assert name in alice.expect_line(lambda line, n=name: n in line)
    alice.say("/quit")
    alice.expect("Bye!")
    alice.expect_end()
    bob.sees_leave("Ann")


def test_history(server, clients):
    alice = clients(LineClient, server, "alice")
    for i in range(30):
        alice.say(f"line {i}")
    alice.say("/history 3")
    for i in (27, 28, 29):
        alice.expect_line(lambda line, i=i: re.fullmatch(
            r"\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] alice: line %d" % i, line))


def test_an_overlong_line_is_refused_once_and_not_split(serve, clients):
    server = serve("--limits-message_bytes", "1K")
    alice = clients(LineClient, server, "alice")
    bob = clients(LineClient, server, "bob")
    alice.expect("bob has joined the chat.")

    alice.say("x" * 5000)
    alice.say("short")

    assert "longer than 1024 bytes" in alice.read_line()
    bob.expect_next("alice: short")


def test_multi_line_messages_cannot_forge_a_sender(server, clients):
    bob = clients(LineClient, server, "bob")
    alice = clients(NativeClient, server, "alice")
    bob.sees_join("alice")
    alice.post("one\nmallory: two\r\n[SERVER]: three")
    for _ in range(3):
        assert bob.read_line().startswith("alice: ")


def test_newline_optional_takes_a_pause_for_one(serve, clients):
    server = serve("--line-newline", "optional", "--line-pause", "100ms")
    alice = clients(LineClient, server)
    alice.expect(GREETING)
    bob = clients(LineClient, server, "bob")

    alice.send_bytes(b"alice")
    alice.expect_line(lambda line: line.startswith("Welcome, alice!"))
    bob.sees_join("alice")
    alice.send_bytes(b"hello without an end")
    bob.expect_next("alice: hello without an end")


def test_names_from_addresses(serve, clients):
    server = serve("--line-names", "address")
    one, two = clients(LineClient, server), clients(LineClient, server)
    names = ["%s:%d" % c.socket.getsockname()[:2] for c in (one, two)]
    for client, name in zip((one, two), names):
        line = client.expect_line(lambda text: text.startswith("Welcome"))
        assert name in line
    two.sync()
    one.say("hello")
    two.expect_line(lambda line: line == f"{names[0]}: hello")


def test_a_tutorial_upload_never_becomes_chat(server, clients):
    alice = clients(LineClient, server, "alice")
    bob = clients(LineClient, server, "bob")
    alice.sees_join("bob")

    alice.send_bytes(b"FILE:notes.txt:23\nsecret\nlines\n/nick evil" b"after\n")

    file_id = alice.sees_shared()
    assert bob.sees_shared("alice") == file_id
    bob.expect_next("alice: after")
    assert bob.get(file_id) == ("notes.txt", b"secret\nlines\n/nick evil")
