# SPDX-License-Identifier: MIT
"""The permission matrix of docs/access.md, cell by cell, through the running
server and every dialect: each in a fresh room."""
import collections
import re

import pytest

from harness.native import pb
from harness.people import CHEAP, DOERS, Native, register
from harness.server import ROOT

SERVER = (*CHEAP, "--accounts-tries_per_address", "100000",
          "--files-floor", "0", "--files-floor_percent", "0",
          "--http-guest", "")       # a request without a name has none

# A session may be in so many rooms; the owner of them all comes anew before.
ROOMS_PER_SESSION = 200

KINDS = {"A public room": "public", "A public room without an owner": "open",
         "A private room": "private", "A hidden room": "hidden"}


def tables(text):
    """Each heading's table, as a list of rows by column."""
    found = {}
    for part in re.split(r"^## ", text, flags=re.M)[1:]:
        heading, body = part.split("\n", 1)
        rows = [[cell.strip() for cell in line.strip("|").split("|")]
                for line in body.splitlines() if line.startswith("|")]
        found[heading] = [dict(zip(rows[0], row)) for row in rows[2:]] \
            if rows else []
    return found


TABLES = tables((ROOT / "docs/access.md").read_text())
VERBS = {row["action"]: row["by these verbs"].split(", ")
         for row in TABLES["What there is to do"]}


def cells():
    """(kind, standing, verb, what is to come) of every cell and verb."""
    for heading, kind in KINDS.items():
        for row in TABLES[heading]:
            for standing, expected in row.items():
                for verb in VERBS[row["action"]] if standing != "action" \
                        else ():
                    yield kind, standing, verb, expected


CELLS = list(cells())


class World:
    """The rooms, and the people who are something in them."""

    def __init__(self, server, dialect):
        self.server, self.dialect = server, dialect
        self.rooms = 0
        self.token = register(server, "olga")
        register(server, "tina")
        subject = register(server, "vera")
        doer = DOERS[dialect]
        self.account = doer(server, name="vera", token=subject)
        self.guest = doer(server, name="gus")
        self.reader = None if dialect == "line" else doer(server)
        self.olga = self.maker = None

    def fresh_owner(self):
        if self.rooms % ROOMS_PER_SESSION == 0:
            for client in (self.olga, self.maker):
                if client:
                    client.close()
            self.olga = Native(self.server, token=self.token)
            self.maker = Native(self.server, name=f"maker{self.rooms}")
        self.rooms += 1

    def owner_does(self, room, **body):
        outcome = self.olga.outcome(**body)
        assert outcome == "yes", (room, body, outcome)

    def make(self, kind, standing, verb):
        """A room in which the subject is that; its name."""
        self.fresh_owner()
        room = f"#r{self.rooms}"
        if kind == "open":
            self.maker.ask("posted", post=pb.Post(target=room, text="first"))
        else:
            self.olga.ask("posted", post=pb.Post(target=room, text="first"))
            self.role(room, "tina", pb.ROLE_MEMBER)
            if verb in ("unban", "unmute"):
                self.owner_does(room, ban=pb.Ban(
                    target=room, name="tina", mute=verb == "unmute"))
            if kind != "public":
                self.owner_does(room, set_room=pb.SetRoom(
                    target=room, setting="privacy", value=kind))
        self.place(room, kind, standing)
        self.olga.seen.clear()
        return room

    def role(self, room, name, role):
        self.owner_does(room, set_role=pb.SetRole(target=room, name=name,
                                                  role=role))

    def place(self, room, kind, standing):
        if kind == "open":
            if standing == "member":
                self.account.try_("join", room)
        elif standing in ("member", "muted"):
            self.role(room, "vera", pb.ROLE_MEMBER)
        elif standing == "invited":
            self.owner_does(room, invite=pb.Invite(target=room, name="vera"))
        elif standing == "moderator":
            self.role(room, "vera", pb.ROLE_MODERATOR)
        elif standing == "owner":
            self.role(room, "vera", pb.ROLE_OWNER)
        if standing in ("muted", "banned"):
            self.owner_does(room, ban=pb.Ban(
                target=room, name="vera", mute=standing == "muted"))

    def subject(self, standing):
        return {"reader": self.reader, "guest": self.guest}.get(
            standing, self.account)

    def close(self):
        for one in (self.account, self.guest, self.reader, self.olga,
                    self.maker):
            if one:
                one.close()


@pytest.mark.parametrize("dialect", DOERS)
def test_every_cell_is_as_the_table_says(serve, dialect):
    world = World(serve(*SERVER), dialect)
    wrong, tried = [], collections.Counter()
    for kind, standing, verb, expected in CELLS:
        subject = world.subject(standing)
        if subject is None:          # there are no readers by line
            continue
        room = world.make(kind, standing, verb)
        outcome = subject.try_(verb, room, who="tina")
        tried[kind] += 1
        if outcome != expected:
            wrong.append(f"{kind}, {standing}: {verb}: {outcome}, "
                         f"not {expected}")
        subject.forget(room)
    world.close()
    print(f"{dialect}: {sum(tried.values())} cells, {dict(tried)}, "
          f"{len(wrong)} wrong")
    assert not wrong, "\n".join(wrong)
    assert sum(tried.values()) > 400
