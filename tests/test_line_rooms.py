# SPDX-License-Identifier: MIT
"""Rooms and who may do what in them, by the line dialect."""
import re

import pytest

from harness.line import LineClient
from harness.server import DEADLINE
from test_line_accounts import CHEAP, register


@pytest.fixture
def server(serve):
    return serve(*CHEAP)


@pytest.fixture
def alice(server, clients):
    """Owns #den and is in it."""
    client = register(clients(LineClient, server, "alice"))
    client.say("/join #den")
    client.expect_line(lambda line: line.startswith("You are now in #den"))
    return client


def guest(server, clients, name, room=None):
    return clients(LineClient, server, name, room)


def member(server, clients, name):
    """An account that belongs to #den."""
    client = register(clients(LineClient, server, name))
    client.say("/join #den")
    client.expect_line(lambda line: line.startswith("You are now in #den"))
    return client


def test_what_a_room_is(server, clients, alice):
    bob = guest(server, clients, "bob", "#den")
    alice.say("/set description for tea only")
    alice.expect("You have changed the description of #den.")
    bob.expect("alice has set the description of #den to: for tea only")
    alice.say("/room")
    alice.expect_line(lambda line: re.match(
        r"#den: 2 people here, \d+ messages?, made 20", line))
    alice.expect("  description: for tea only")
    alice.expect("  privacy public, history all, slow off, keep forever")
    alice.expect("  owner: alice")
    alice.expect("  you: owner")
    alice.say("/members")
    alice.expect("1 member of #den: alice (owner)")
    alice.say("/who")
    alice.expect_line(lambda line: "alice (owner)" in line and
                      "bob (guest)" in line)


def test_kick(server, clients, alice):
    bob = guest(server, clients, "bob", "#den")
    bob.say("/join #lobby")
    bob.say("/join #den")
    bob.sync()
    alice.say("/kick bob too loud")
    alice.expect("You have removed bob from #den.")
    bob.expect("You were removed from #den by alice: too loud")
    bob.expect("You are now in #lobby.")
    alice.say("after")
    bob.say("/kick alice #den")
    bob.expect_line(lambda line:
                    line.startswith("You may not do that here"))
    bob.sync()
    assert not [line for line in bob.lines if "after" in line]
    bob.say("/join #den")
    bob.expect_line(lambda line: line.startswith("You are now in #den"))


def test_ban(server, clients, alice):
    bob = guest(server, clients, "bob", "#den")
    alice.say("/ban bob 1h spam")
    alice.expect("You have banned bob from #den.")
    bob.expect("You were banned from #den by alice: spam")
    bob.expect("You are in no room now. /join one.")
    bob.say("/join #den")
    bob.expect_line(lambda line: line.startswith("You are banned there"))
    alice.say("/bans")
    alice.expect_line(lambda line: re.match(
        r"  bob: spam, by alice, since .*, until ", line))
    alice.say("/unban bob")
    alice.expect("bob is no longer banned from #den.")
    bob.say("/join #den")
    bob.expect_line(lambda line: line.startswith("You are now in #den"))
    alice.say("/bans")
    alice.expect("Nobody is banned or muted in #den.")


def test_mute(server, clients, alice):
    bob = guest(server, clients, "bob", "#den")
    carol = guest(server, clients, "carol", "#den")
    alice.say("/mute bob")
    alice.expect("You have muted bob in #den.")
    carol.expect("alice has muted bob.")
    bob.say("hello?")
    bob.expect_line(lambda line: line.startswith("You may not speak there"))
    alice.say("/unmute bob")
    alice.expect("bob may speak again in #den.")
    bob.say("hello!")
    carol.expect_line(lambda line: line.startswith("bob: "))
    assert carol.lines[-1] == "bob: hello!"


def test_roles(server, clients, alice):
    bob = member(server, clients, "bob")
    carol = guest(server, clients, "carol", "#den")
    bob.say("/kick carol")
    bob.expect_line(lambda line: line.startswith("You may not do that here"))
    alice.say("/op bob")
    alice.expect("bob is a moderator of #den now.")
    carol.expect("alice has made bob a moderator.")
    bob.say("/kick carol")
    bob.expect("You have removed carol from #den.")
    bob.say("/kick alice")
    bob.expect_line(lambda line: line.startswith("You may not do that here"))
    alice.say("/owner bob")
    alice.expect_line(lambda line: line.startswith("The room will be theirs"))
    alice.say("bob")
    alice.expect("bob is the owner of #den now, and you are a moderator.")
    alice.say("/deop bob")
    alice.expect_line(lambda line: line.startswith("You may not do that here"))


def test_a_private_room(server, clients, alice):
    bob = guest(server, clients, "bob", "#lobby")
    alice.say("/set privacy private")
    alice.expect("The privacy of #den is private now.")
    bob.say("/join #den")
    bob.expect_line(lambda line:
                    line.startswith("That room is for those who were invited"))
    alice.say("/invite bob")
    alice.expect("You have invited bob to #den.")
    bob.expect("alice has invited you to #den. /join #den")
    bob.say("/join #den")
    bob.expect_line(lambda line: line.startswith("You are now in #den"))


def test_a_renamed_room_goes_on(server, clients, alice):
    bob = guest(server, clients, "bob", "#den")
    alice.say("/set name #cave")
    alice.expect("The name of #den is #cave now.")
    bob.expect("alice has renamed #den to #cave.")
    bob.say("still here")
    alice.expect("bob: still here")
    alice.say("me too")
    bob.expect("alice: me too")


def test_slow_mode(server, clients, alice):
    bob = guest(server, clients, "bob", "#den")
    alice.say("/set slow 10m")
    bob.expect("alice has set the slow of #den to: 10m")
    bob.say("one")
    bob.say("two")
    bob.expect_line(lambda line:
                    line.startswith("That room is in slow mode"))


def test_closing(server, clients, alice):
    bob = guest(server, clients, "bob", "#den")
    alice.say("/close #den")
    alice.expect_line(lambda line: line.startswith("Everyone will be removed"))
    alice.say("#den")
    alice.expect("You have closed #den.")
    bob.expect_line(lambda line: line.startswith("#den was closed"))
    bob.expect("You are in no room now. /join one.")


def test_a_group(server, clients, alice):
    bob = register(clients(LineClient, server, "bob"))
    alice.say("/group bob")
    line = alice.expect_line(lambda line: line.endswith(", your group."))
    room = re.match(r"You are now in (#group-\w+), your group\.", line)[1]
    alice.say("psst")
    bob.expect(f"[{room}] alice: psst")
    carol = guest(server, clients, "carol", "#lobby")
    carol.say("/rooms")
    carol.sync()
    assert not [line for line in carol.lines if room in line]
    carol.say(f"/join {room}")
    carol.sync()
    assert not [line for line in carol.lines if "now in" in line]


def test_a_removal_ends_what_is_under_way(server, clients, alice):
    """However the two meet: the file may not have got its place yet, or be
    read only after the removal."""
    bob = guest(server, clients, "bob", "#den")
    bob.send_bytes(b"FILE:a.txt:1000\n" + b"x" * 400)
    alice.say("/kick bob")
    alice.expect("You have removed bob from #den.")
    heard = {bob.expect_line(lambda line: "not stored" in line
                             or "removed from" in line) for _ in range(2)}
    assert "You were removed from #den by alice." in heard, heard
    assert [line for line in heard
            if line.startswith("a.txt was not stored: ")], heard
    bob.send_bytes(b"x" * 600 + b"/join #lobby\n")
    bob.expect_line(lambda line: line.startswith("You are now in #lobby"))
    alice.say("/files")
    alice.expect("No file has been shared in #den yet.")
