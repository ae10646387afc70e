# SPDX-License-Identifier: MIT
"""Removed while connected: whoever is kicked or banned gets nothing that is
newer, on none of their connections (a live stream, history, a download, an
upload, a stream over HTTP), however it races."""
import os
import random

import pytest

from harness.http import HttpSocket, head
from harness.native import file_frame, frame, pb
from harness.people import CHEAP, Native, register
from harness.server import DEADLINE

# A race takes some hundredths of a second; "make soak" runs a thousand.
RACES = int(os.environ.get("LOQUAT_RACES", "500"))
PAGES = 4
FILE = os.urandom(300_000)


class Follower:
    """GET /r/ROOM?follow over a socket that nobody waits on."""

    def __init__(self, server, room, token):
        self.http = HttpSocket(server)
        self.http.send(head("GET", f"/r/{room[1:]}?follow", [
            ("Authorization", f"Bearer {token}"),
            ("Accept", "application/x-ndjson")], server))
        answer = self.http.read_head()
        assert answer.status == 200, answer
        self.text = b""

    def all_of_it(self):
        """Everything up to the end, which must come."""
        self.text += self.http.rest
        self.http.rest = b""
        self.http.socket.settimeout(DEADLINE)
        try:
            while data := self.http.socket.recv(65536):
                self.text += data
        except ConnectionResetError:
            pass
        self.http.close()
        return self.text.decode(errors="replace")


def texts_of(envelope):
    """Every message's text in it."""
    kind = envelope.WhichOneof("body")
    if kind == "message":
        return [envelope.message]
    if kind == "history":
        return list(envelope.history.messages)
    return []


class Victim:
    """Somebody's five connections."""

    def __init__(self, server, room, token):
        self.server, self.room, self.token = server, room, token
        self.live, self.pages, self.down, self.up = (
            Native(server, token=token) for _ in range(4))

    def come_back(self, file_id):
        """In the room again, with everything open."""
        self.live.join(self.room)
        self.follower = Follower(self.server, self.room, self.token)
        # A download that has begun and waits for credit.
        self.down.stream += 1
        self.down.ask("getting", get_file=pb.GetFile(
            stream=self.down.stream, id=file_id, credit=1000))
        # An upload of which a byte is missing.
        self.up.stream += 1
        putting = self.up.ask("putting", put_file=pb.PutFile(
            stream=self.up.stream, target=self.room, name="x", size=2))
        assert putting.credit >= 2
        self.up.send_bytes(file_frame(self.up.stream, b"h"))

    def moves(self):
        """What it does while it is being removed: (client, bytes) each."""
        moves = [(self.pages, frame(pb.Envelope(
            request=self._next(self.pages), get_history=pb.GetHistory(
                target=self.room)))) for _ in range(PAGES)]
        moves.append((self.down, frame(pb.Envelope(credit=pb.Credit(
            stream=self.down.stream, bytes=1 << 20)))))
        self.end = self._next(self.up)
        moves.append((self.up, file_frame(self.up.stream, b"i") + frame(
            pb.Envelope(request=self.end, file_end=pb.FileEnd(
                stream=self.up.stream)))))
        return moves

    def _next(self, client):
        client.request += 1
        return client.request

    def messages(self):
        """Everything that any of them was told so far, once each has answered
        a ping: what was on its way has come."""
        found = []
        for client in (self.live, self.pages, self.down, self.up):
            client.body_of(client.start(ping=pb.Ping(token=1)))
            for envelope in client.seen:
                found += texts_of(envelope)
        return found

    def forget(self):
        for client in (self.live, self.pages, self.down, self.up):
            client.seen.clear()
            client.downloads.clear()

    def close(self):
        for client in (self.live, self.pages, self.down, self.up):
            client.close()


def check_is_outside(victim, file_id):
    """Every door is closed now."""
    for client, body in (
            (victim.pages, {"get_history": pb.GetHistory(target=victim.room)}),
            (victim.live, {"join": pb.Join(target=victim.room)}),
            (victim.down, {"get_file": pb.GetFile(
                stream=victim.down.stream + 1, id=file_id)}),
            (victim.up, {"put_file": pb.PutFile(
                stream=victim.up.stream + 1, target=victim.room, name="y",
                size=1)}),
            (victim.up, {"post": pb.Post(target=victim.room, text="no")})):
        outcome = client.outcome(**body)
        assert outcome in ("invite_only", "banned", "no_such_room",
                           "no_such_file"), (body, outcome)


def race(rng, owner, poster, victim, room, file_id, n):
    ban = rng.random() < 0.5
    victim.come_back(file_id)
    verb = pb.Ban(target=room, name="vera") if ban else \
        pb.Remove(target=room, name="vera", reason="out")
    owner.request += 1
    removal = owner.request
    moves = victim.moves()
    moves += [(poster, frame(pb.Envelope(post=pb.Post(
        target=room, text=f"during-{n}-{i}")))) for i in range(3)]
    rng.shuffle(moves)
    moves.insert(rng.randrange(len(moves) + 1), (owner, frame(pb.Envelope(
        request=removal, **{"ban" if ban else "remove": verb}))))
    if rng.random() < 0.2:           # the upload is through before it
        moves.sort(key=lambda move: move[0] is not victim.up)
    for i, (client, data) in enumerate(moves):
        client.send_bytes(data)
        if i == 0 and client is victim.up:
            victim.up.seen.append(victim.up.body_of(victim.end))
    assert owner.body_of(removal).WhichOneof("body") == "done"

    after = owner.ask("posted", post=pb.Post(target=room, text=f"after-{n}"))
    ended = victim.up.body_of(victim.end)
    newest = [m for m in victim.messages() if m.seq >= after.seq]
    assert not newest, (n, newest)
    if ended.WhichOneof("body") == "posted":
        assert ended.posted.seq < after.seq, (n, ended)
    followed = victim.follower.all_of_it()
    assert f"after-{n}" not in followed, followed
    check_is_outside(victim, file_id)

    if ban:
        assert owner.outcome(unban=pb.Unban(target=room,
                                            name="vera")) == "yes"
    assert owner.outcome(set_role=pb.SetRole(
        target=room, name="vera", role=pb.ROLE_MEMBER)) == "yes"
    victim.forget()
    owner.seen.clear()
    poster.seen.clear()
    return ended.WhichOneof("body") == "posted"


def test_nothing_newer_than_the_removal_reaches_the_removed(serve):
    server = serve(*CHEAP, "--files-floor", "0", "--files-floor_percent", "0")
    tokens = {name: register(server, name)
              for name in ("olga", "paul", "vera")}
    owner = Native(server, token=tokens["olga"])
    poster = Native(server, token=tokens["paul"])
    room = "#inner"
    owner.join(room)
    assert owner.outcome(set_room=pb.SetRoom(
        target=room, setting="privacy", value="hidden")) == "yes"
    for name in ("paul", "vera"):
        assert owner.outcome(set_role=pb.SetRole(
            target=room, name=name, role=pb.ROLE_MEMBER)) == "yes"
    _, file_id = owner.put("a.bin", FILE, room)
    victim = Victim(server, room, tokens["vera"])
    rng = random.Random(5)
    posted = sum(race(rng, owner, poster, victim, room, file_id, n)
                 for n in range(RACES))
    print(f"{RACES} races; in {posted} the upload was shared before it")
    for client in (owner, poster, victim):
        client.close()


def test_a_connected_device_is_cut_when_it_is_revoked(serve):
    """On every dialect, while it is connected."""
    server = serve(*CHEAP)
    keep = register(server, "alice")
    owner = Native(server, token=keep)
    made = owner.ask("token", make_token=pb.MakeToken(device="phone"))
    native = Native(server, token=made.token)
    native.join("#lobby")
    follower = Follower(server, "#lobby", made.token)

    assert owner.outcome(revoke_device=pb.RevokeDevice(id=made.id)) == "yes"

    native.expect("closing", deadline=1.0)
    follower.http.socket.settimeout(1.0)
    follower.all_of_it()
    again = Native(server, token=made.token)
    assert again.hello_answer.error.code == pb.ERROR_CODE_BAD_CREDENTIALS
    for client in (owner, native, again):
        client.close()
