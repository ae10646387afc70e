# SPDX-License-Identifier: MIT
"""Accounts, devices and rights over the native protocol, as
docs/protocol.md §14 promises them."""
import time

import pytest

from harness.native import NativeClient, pb

CHEAP = ("--accounts-hash_memory", "8K", "--accounts-hash_passes", "1")
PASSWORD = "correct horse battery"


@pytest.fixture
def server(serve):
    return serve(*CHEAP)


def account(server, clients, name, room="#lobby", device="test"):
    """Registered and present in the room; its token in .token."""
    client = clients(NativeClient, server, "", room=None)
    client.token = client.register(name, PASSWORD, device=device).token
    client.room = room
    if room:
        client.join(room)
    return client


def by_token(server, clients, token, room="#lobby"):
    return clients(NativeClient, server, "", token=token, room=room)


def code(name):
    return getattr(pb, "ERROR_CODE_" + name)


def is_over(client):
    """The server closes, for good; its last words."""
    closing = client.expect("closing")
    assert not closing.reconnect
    while client.read() is not None:
        pass
    return closing


def test_who_registers_is_that_account_from_then_on(server, clients):
    guest = clients(NativeClient, server, "alice")
    other = clients(NativeClient, server, "bob")

    welcome = guest.register("alice", PASSWORD, device="laptop")

    assert welcome.account and welcome.name == "alice"
    assert welcome.token.startswith("lq_")
    guest.post("still in the lobby")
    assert other.sees("alice", "still in the lobby").sender_id == \
        welcome.sender_id
    (person,) = [p for p in other.ask("people", get_people=pb.GetPeople(
        target="#lobby")).people if p.name == "alice"]
    assert person.account


def test_the_rooms_of_who_registers_are_the_accounts(server, clients):
    olga = account(server, clients, "olga", "#ops")
    guest = clients(NativeClient, server, "alice", "#ops")

    guest.register("alice", PASSWORD)
    olga.set_room("#ops", "privacy", "private")
    guest.post("still here", target="#ops")
    olga.sees("alice", "still here", "#ops")
    assert {m.name for m in olga.members("#ops").members} == \
        {"olga", "alice"}


def test_a_token_or_a_password_is_enough_in_a_hello(server, clients):
    first = account(server, clients, "alice")

    again = by_token(server, clients, first.token)
    assert again.name == "alice" and again.welcome.account
    assert again.welcome.sender_id == first.welcome.sender_id
    assert again.welcome.token == ""
    third = clients(NativeClient, server, "Alice", password=PASSWORD,
                    device="phone")
    assert third.name == "alice" and third.welcome.token not in (
        "", first.token)
    first.post("to all of me")
    again.sees("alice", "to all of me")
    third.sees("alice", "to all of me")


def test_wrong_secrets_are_refused_alike(server, clients):
    account(server, clients, "alice", room=None)
    client = clients(NativeClient, server)
    client.hello("", answer="welcome")

    wrong = client.login("alice", "something else", answer="error")
    nobody = client.login("carol", "something else", answer="error")
    token = client.login(token="lq_" + "0" * 52, answer="error")

    assert wrong.code == code("BAD_CREDENTIALS")
    assert (nobody.code, nobody.text) == (wrong.code, wrong.text)
    assert token.code == wrong.code
    assert client.ask("rooms", get_rooms=pb.GetRooms()) is not None


def test_a_registered_name_is_no_guests(server, clients):
    account(server, clients, "alice", room=None)
    client = clients(NativeClient, server)

    error = client.hello("ALICE", answer="error")
    assert error.code == code("NAME_REGISTERED")
    assert client.hello_again("alice", or_similar=True).name == "alice-2"


def test_answers_keep_their_order_around_a_login(server, clients):
    account(server, clients, "alice", room=None)
    client = clients(NativeClient, server, "bob")

    numbers = [
        client.start(post=pb.Post(target="#lobby", text="as bob")),
        client.start(login=pb.Login(name="alice", password=PASSWORD)),
        client.start(post=pb.Post(target="#lobby", text="as alice")),
        client.start(ping=pb.Ping(token=7)),
    ]
    got = []
    while len(got) < len(numbers):
        envelope = client.read()
        if envelope.request:
            got.append((envelope.request, envelope.WhichOneof("body")))
    assert got == list(zip(numbers, ["posted", "welcome", "posted", "pong"]))
    texts = [(m.sender, m.text) for m in client.history("#lobby").messages]
    assert texts == [("bob", "as bob"), ("alice", "as alice")]


def test_without_guests_one_registers_behind_a_refused_hello(serve, clients):
    server = serve(*CHEAP, "--accounts-guests", "no")
    client = clients(NativeClient, server)

    assert client.hello("alice", answer="error").code == code("NO_GUESTS")
    early = client.ask("error", post=pb.Post(target="#lobby", text="hi"))
    assert early.code == code("NO_NAME")
    assert client.register("alice", "short", answer="error").code == \
        code("WEAK_PASSWORD")
    welcome = client.register("alice", PASSWORD)
    assert welcome.account and not welcome.guests
    client.join("#lobby")
    client.post("hi")


@pytest.mark.parametrize("how", ["closed", "invited"])
def test_registration_may_be_shut(serve, clients, how):
    server = serve(*CHEAP, "--accounts-register", how)
    client = clients(NativeClient, server, "alice")
    assert client.welcome.guests
    wanted = {"closed": ("REGISTRATION_CLOSED", "REGISTRATION_CLOSED"),
              "invited": ("REGISTRATION_INVITED", "BAD_INVITATION")}[how]

    assert client.welcome.registration == getattr(pb, wanted[0])
    error = client.register("alice", PASSWORD, answer="error")
    assert error.code == code(wanted[1])


def test_a_revoked_device_is_cut_within_a_second(server, clients):
    alice = account(server, clients, "alice")
    made = alice.make_token("ci", scope="read post")
    bot = by_token(server, clients, made.token)
    (device,) = [d for d in alice.devices() if d.name == "ci"]
    assert device.id == made.id and device.scope == "read post"
    assert not device.current
    assert [d.name for d in alice.devices() if d.current] == ["test"]

    alice.revoke(made.id)
    begun = time.monotonic()
    closing = is_over(bot)

    assert time.monotonic() - begun < 1
    assert closing.code == code("BAD_CREDENTIALS")
    late = clients(NativeClient, server)
    assert late.hello("", answer="error", token=made.token).code == \
        code("BAD_CREDENTIALS")
    assert alice.revoke(made.id, answer="error").code == \
        code("NO_SUCH_DEVICE")


def test_a_token_does_no_more_than_its_scope(server, clients):
    alice = account(server, clients, "alice", "#ops")
    reader = by_token(server, clients,
                      alice.make_token("r", "read", "#ops").token, "#ops")

    assert reader.ask("error", post=pb.Post(target="#ops", text="hi")).code \
        == code("FORBIDDEN")
    assert reader.ask("error", join=pb.Join(target="#lobby")).code in (
        code("FORBIDDEN"), code("NO_SUCH_ROOM"))
    assert reader.make_token("more", answer="error").code == \
        code("FORBIDDEN")
    alice.post("seen")
    reader.sees("alice", "seen", "#ops")


def test_logging_out_and_leaving_for_good(server, clients):
    alice = account(server, clients, "alice")
    alice.logout()
    assert clients(NativeClient, server).hello(
        "", answer="error", token=alice.token).code == \
        code("BAD_CREDENTIALS")

    again = clients(NativeClient, server, "alice", password=PASSWORD)
    assert again.unregister("wrong password", answer="error").code == \
        code("BAD_CREDENTIALS")
    again.unregister(PASSWORD)
    is_over(again)
    assert clients(NativeClient, server).hello(
        "alice", answer="error").code == code("NAME_REGISTERED")


def test_a_new_password_cuts_everything_else(server, clients):
    alice = account(server, clients, "alice")
    other = clients(NativeClient, server, "alice", password=PASSWORD,
                    device="other")

    alice.set_password(PASSWORD, "a wholly different one")
    is_over(other)
    alice.post("still here")
    client = clients(NativeClient, server)
    assert client.hello("alice", answer="error", password=PASSWORD).code == \
        code("BAD_CREDENTIALS")


def test_a_kick_ends_the_room_and_its_files_and_nothing_else(server, clients):
    alice = account(server, clients, "alice", "#ops")
    bob = clients(NativeClient, server, "bob", "#ops")
    bob.join("#lobby")
    up = bob.begin_put("half.bin", 1000)
    up.send(b"x" * 500)

    alice.remove("#ops", "bob", "spam")
    end = bob.expect("file_end", lambda e: e.stream == up.stream)
    removed = bob.expect("removed")

    assert end.code == code("FORBIDDEN")
    assert (removed.target, removed.by, removed.reason) == \
        ("#ops", "alice", "spam")
    assert removed.code == code("FORBIDDEN")
    bob.send_bytes(b"\0\0\1\xf4\2" + up.stream.to_bytes(4, "big") +
                   b"x" * 496)
    alice.post("without bob")
    bob.post("elsewhere", target="#lobby")
    bob.sees("bob", "elsewhere", "#lobby")
    assert not [e for e in bob.seen if e.HasField("message") and
                e.message.text == "without bob"]


def test_bans_mutes_and_what_the_room_hears_of_them(server, clients):
    alice = account(server, clients, "alice", "#ops")
    bob = clients(NativeClient, server, "bob", "#ops")
    watcher = clients(NativeClient, server, "watcher", "#ops")

    alice.ban("#ops", "bob", mute=True, reason="loud")
    standing = watcher.expect("standing", lambda s: s.name == "bob")
    assert standing.muted and standing.by == "alice"
    assert bob.ask("error", post=pb.Post(target="#ops", text="hi")).code == \
        code("MUTED")
    alice.unban("#ops", "bob", mute=True)
    bob.post("again")
    alice.ban("#ops", "bob", reason="spam",
              until_ms=int(time.time() * 1000) + 3_600_000)
    assert bob.expect("removed").code == code("BANNED")
    assert bob.ask("error", join=pb.Join(target="#ops")).code == \
        code("BANNED")
    (ban,) = alice.bans("#ops").bans
    assert (ban.name, ban.reason, ban.by, ban.mute) == \
        ("bob", "spam", "alice", False)
    assert ban.until_ms > ban.created_ms
    assert watcher.bans("#ops", answer="error").code in (
        code("NO_ACCOUNT"), code("FORBIDDEN"))
    alice.unban("#ops", "bob")
    bob.join("#ops")


def test_roles_settings_and_members(server, clients):
    alice = account(server, clients, "alice", "#ops")
    bob = account(server, clients, "bob", "#ops")

    info = alice.get_room("#ops")
    assert info.owner == "alice" and info.role == pb.ROLE_OWNER
    alice.set_role("#ops", "bob", pb.ROLE_MODERATOR)
    assert bob.expect("standing", lambda s: s.name == "bob").role == \
        pb.ROLE_MODERATOR
    bob.set_room("#ops", "slow", "10s")
    changed = alice.expect("room_changed")
    assert (changed.setting, changed.value, changed.by) == \
        ("slow", "10s", "bob")
    assert bob.set_room("#ops", "privacy", "hidden", answer="error").code == \
        code("FORBIDDEN")
    assert alice.get_room("#ops").slow_ms == 10_000
    members = {m.name: (m.role, m.present)
               for m in alice.members("#ops").members}
    assert members == {"alice": (pb.ROLE_OWNER, True),
                       "bob": (pb.ROLE_MODERATOR, True)}
    assert alice.set_room("#ops", "colour", "red", answer="error").code == \
        code("BAD_REQUEST")


def test_a_renamed_room_goes_on(server, clients):
    alice = account(server, clients, "alice", "#ops")
    bob = clients(NativeClient, server, "bob", "#ops")

    alice.set_room("#ops", "name", "#hall")
    assert bob.expect("room_changed").value == "#hall"
    alice.post("in the hall", target="#hall")
    bob.sees("alice", "in the hall", "#hall")


def test_private_rooms_and_groups_are_for_those_who_were_asked(server,
                                                               clients):
    alice = account(server, clients, "alice", "#ops")
    bob = account(server, clients, "bob", room=None)
    carol = clients(NativeClient, server, "carol", room=None)

    alice.set_room("#ops", "privacy", "private")
    assert bob.ask("error", join=pb.Join(target="#ops")).code == \
        code("INVITE_ONLY")
    alice.invite("#ops", "bob")
    invited = bob.expect("invited")
    assert (invited.target, invited.by) == ("#ops", "alice")
    bob.join("#ops")

    group = alice.group("bob")
    joined = bob.expect("joined", lambda j: j.target == group.target)
    alice.post("just us", target=group.target)
    bob.sees("alice", "just us", bob.rooms[joined.room])
    assert carol.ask("error", get_history=pb.GetHistory(
        target=group.target)).code == code("NO_SUCH_ROOM")
    assert group.target not in [r.target for r in carol.ask(
        "rooms", get_rooms=pb.GetRooms()).rooms]
    assert alice.group("bob", "nobody-here", answer="error").code == \
        code("NO_SUCH_PERSON")


def test_what_came_while_away_is_found_without_guessing(server, clients):
    alice = account(server, clients, "alice", "#ops")
    alice.set_room("#ops", "privacy", "hidden")
    alice.close()
    bob = clients(NativeClient, server, "bob")
    for text in ("one", "two"):
        bob.post(text, target="@alice")

    again = by_token(server, clients, alice.token, room=None)
    rooms = again.ask("rooms", get_rooms=pb.GetRooms()).rooms
    assert [(r.target, r.last_seq, r.read_seq, r.unread)
            for r in rooms[:2]] == [("#ops", 0, 0, 0), ("@bob", 2, 0, 2)]
    again.tell(set_cursor=pb.SetCursor(target="@bob", read_seq=2))
    (room,) = [r for r in again.ask("rooms", get_rooms=pb.GetRooms()).rooms
               if r.target == "@bob"]
    assert (room.read_seq, room.unread) == (2, 0)


def test_a_closed_room_is_gone(server, clients):
    alice = account(server, clients, "alice", "#ops")
    bob = clients(NativeClient, server, "bob", "#ops")

    alice.close_room("#ops")
    removed = bob.expect("removed")
    assert removed.code == code("NO_SUCH_ROOM")
    assert bob.ask("error", get_history=pb.GetHistory(target="#ops")).code \
        == code("NO_SUCH_ROOM")
