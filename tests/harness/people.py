# SPDX-License-Identifier: MIT
"""Accounts, and one set of verbs for what may be done in a room, in every
dialect: try_(verb, ...) answers "yes" or the word of the refusal."""
import base64
import json
import pathlib
import re
import urllib.parse

from harness.http import HttpSocket, head
from harness.line import LineClient
from harness.native import MAGIC, NativeClient, frame, pb
from harness.server import ROOT
from harness.websocket import Bridge

# Hashing must not be what a test waits for.
CHEAP = ("--accounts-hash_memory", "8K", "--accounts-hash_passes", "1")

PASSWORD = "correct horse battery"


def _refusals():
    """word -> sentence, from the one table that has them."""
    text = pathlib.Path(ROOT / "src/hub/access.h").read_text()
    pairs = re.findall(r'X\((\w+),\s*"([^"]*)"\)', text)
    return {word.lower(): sentence for word, sentence in pairs}


REFUSALS = _refusals()
CODES = {number: name.removeprefix("ERROR_CODE_").lower()
         for name, number in pb.ErrorCode.items()}


class Native(NativeClient):
    """A native connection as a guest (name), an account (token), or a reader
    (neither)."""

    def __init__(self, server, name="", token="", password=""):
        super().__init__(server)
        self.send_bytes(MAGIC)
        hello = pb.Hello(version=1, client="test", name=name, features=0xFF,
                         token=token, password=password)
        if not (token or password):
            hello.secret = self.secret
        self.hello_answer = self.body_of(self.start(hello=hello))
        self.welcome = getattr(self.hello_answer, "welcome", None)
        if self.welcome is not None:
            self.name = self.welcome.name

    def body_of(self, number):
        """The answer's envelope, whatever it is."""
        return self._wait(lambda e: e.request == number)

    def outcome(self, **body):
        got = self.body_of(self.start(**body))
        if got.WhichOneof("body") == "error":
            return CODES[got.error.code]
        return "yes"


class WebSocketNative(Native):
    def __init__(self, server, **who):
        self.bridge = Bridge(server)
        super().__init__(self.bridge, **who)

    def close(self):
        super().close()
        self.bridge.stop()


def register(server, name, password=PASSWORD, device="test"):
    """Makes an account; its token."""
    client = Native(server)
    try:
        welcome = client.ask("welcome", register=pb.Register(
            name=name, password=password, device=device))
        assert welcome.account and welcome.token, welcome
        return welcome.token
    finally:
        client.close()


class NativeDoer:
    """The verbs over the native protocol."""
    client = Native

    def __init__(self, server, name=None, token=None):
        self.c = self.client(server, name=name or "", token=token or "")
        assert self.c.hello_answer.WhichOneof("body") == "welcome", \
            self.c.hello_answer

    def try_(self, verb, room, who="", value=""):
        c = self.c
        if verb == "see":
            return c.outcome(get_people=pb.GetPeople(target=room))
        if verb == "join":
            return self._join(room)
        if verb == "read":
            return c.outcome(get_history=pb.GetHistory(target=room))
        if verb == "files":
            return c.outcome(get_files=pb.GetFiles(target=room))
        if verb == "post":
            return c.outcome(post=pb.Post(target=room, text=value or "hi"))
        if verb == "share":
            return self._share(room)
        if verb == "topic":
            self._join(room)
            return c.outcome(set_topic=pb.SetTopic(target=room,
                                                   topic=value or "new"))
        if verb == "invite":
            return c.outcome(invite=pb.Invite(target=room, name=who))
        if verb == "kick":
            return c.outcome(remove=pb.Remove(target=room, name=who))
        if verb in ("ban", "mute"):
            return c.outcome(ban=pb.Ban(target=room, name=who,
                                        mute=verb == "mute"))
        if verb in ("unban", "unmute"):
            return c.outcome(unban=pb.Unban(target=room, name=who,
                                            mute=verb == "unmute"))
        if verb == "bans":
            return c.outcome(get_bans=pb.GetBans(target=room))
        if verb == "op":
            return c.outcome(set_role=pb.SetRole(
                target=room, name=who, role=pb.ROLE_MODERATOR))
        if verb == "give":
            return c.outcome(set_role=pb.SetRole(
                target=room, name=who, role=pb.ROLE_OWNER))
        if verb == "close":
            return c.outcome(close_room=pb.CloseRoom(target=room))
        setting, default = SETTINGS[verb]
        return c.outcome(set_room=pb.SetRoom(
            target=room, setting=setting, value=value or default))

    def _join(self, room):
        return self.c.outcome(join=pb.Join(target=room))

    def _share(self, room):
        c = self.c
        c.stream += 1
        got = c.body_of(c.start(put_file=pb.PutFile(
            stream=c.stream, target=room, name="a.txt", size=2)))
        if got.WhichOneof("body") == "error":
            return CODES[got.error.code]
        c.send_bytes(b"".join([
            (6).to_bytes(4, "big"), b"\2", c.stream.to_bytes(4, "big"),
            b"hi"]))
        return c.outcome(file_end=pb.FileEnd(stream=c.stream))

    def forget(self, room):
        self.c.outcome(part=pb.Part(target=room))
        self.c.seen.clear()

    def close(self):
        self.c.close()


# verb -> (the setting's word, a value)
SETTINGS = {
    "slow": ("slow", "10s"),
    "describe": ("description", "about this"),
    "privacy": ("privacy", "private"),
    "history": ("history", "joined"),
    "keep": ("keep", "30d"),
}


class WebSocketDoer(NativeDoer):
    client = WebSocketNative


class HttpDoer:
    """The verbs over HTTP, one connection for each request."""

    def __init__(self, server, name=None, token=None):
        self.server = server
        if token:
            self.authorization = "Bearer " + token
        elif name:
            self.authorization = "Basic " + base64.b64encode(
                f"{name}:".encode()).decode()
        else:
            self.authorization = None

    def request(self, method, path, body=None, raw=None, kind=None):
        fields = [("Connection", "close"), ("Accept", "application/json")]
        if self.authorization:
            fields.append(("Authorization", self.authorization))
        if body is not None:
            raw = json.dumps(body).encode()
            kind = "application/json"
        if kind:
            fields.append(("Content-Type", kind))
        if raw is not None:
            fields.append(("Content-Length", str(len(raw))))
        http = HttpSocket(self.server)
        try:
            http.send(head(method, path, fields, self.server) + (raw or b""))
            return http.read_answer(method)
        finally:
            http.close()

    def outcome(self, *args, **settings):
        answer = self.request(*args, **settings)
        if answer.status < 400:
            return "yes"
        return answer.json()["code"]

    def try_(self, verb, room, who="", value=""):
        r = "/v1/rooms/" + urllib.parse.quote(room[1:])
        person = f"{r}/members/{urllib.parse.quote(who)}"
        if verb == "see":
            return self.outcome("GET", f"{r}/members")
        if verb == "join":
            return self._join(r, room)
        if verb == "read":
            return self.outcome("GET", f"/r/{room[1:]}")
        if verb == "files":
            return self.outcome("GET", f"/r/{room[1:]}/files")
        if verb == "post":
            return self.outcome("POST", f"/r/{room[1:]}",
                                raw=(value or "hi").encode(),
                                kind="text/plain")
        if verb == "share":
            return self.outcome("PUT", f"/r/{room[1:]}/files/a.txt",
                                raw=b"hi")
        if verb == "topic":
            return self.outcome("PATCH", r, {"topic": value or "new"})
        if verb == "invite":
            return self.outcome("POST", f"{r}/invitations", {"name": who})
        if verb == "kick":
            return self.outcome("DELETE", person)
        if verb in ("ban", "mute"):
            return self.outcome("POST", f"{r}/bans", {
                "name": who, "mute": verb == "mute"})
        if verb in ("unban", "unmute"):
            mute = "?mute" if verb == "unmute" else ""
            return self.outcome(
                "DELETE", f"{r}/bans/{urllib.parse.quote(who)}{mute}")
        if verb == "bans":
            return self.outcome("GET", f"{r}/bans")
        if verb == "op":
            return self.outcome("PUT", person, {"role": "moderator"})
        if verb == "give":
            return self.outcome("PUT", person, {"role": "owner"})
        if verb == "close":
            return self.outcome("DELETE", r)
        setting, default = SETTINGS[verb]
        return self.outcome("PATCH", r, {setting: value or default})

    def _join(self, r, room):
        """Whoever has no name can only hear it."""
        if self.authorization:
            return self.outcome("POST", f"{r}/join", {})
        http = HttpSocket(self.server)
        try:
            http.send(head("GET", f"/r/{room[1:]}?follow", [
                ("Accept", "application/json")], self.server))
            answer = http.read_head()
            if answer.status < 400:
                return "yes"
            length = int(answer.headers["content-length"])
            return json.loads(http.read_bytes(length))["code"]
        finally:
            http.close()

    def forget(self, room):
        pass

    def close(self):
        pass


class LineDoer:
    """The verbs as a person types them."""

    def __init__(self, server, name=None, token=None, password=PASSWORD):
        self.c = LineClient(server)
        self.c.expect("Hi! Welcome to loquat. What's your name?")
        self.c.say(name)
        if token:
            self.c.expect_line(lambda l: l.startswith(
                f'Name "{name}" belongs to an account.'))
            self.c.say(password)
        self.c.expect_line(lambda l: l.startswith(f"Welcome, {name}!"))
        self.c.sync()

    def said(self, *lines):
        """What comes between what is typed and a mark behind it."""
        before = len(self.c.lines)
        for line in lines:
            self.c.say(line)
        self.c.sync()
        return self.c.lines[before:]

    def outcome(self, *lines):
        for line in self.said(*lines):
            for word, sentence in REFUSALS.items():
                if line.startswith(sentence):
                    return word
        return "yes"

    def try_(self, verb, room, who="", value=""):
        if verb == "see":
            return self.outcome(f"/who {room}")
        if verb == "join":
            return self.outcome(f"/join {room}")
        if verb == "read":
            return self.outcome(f"/history 5 {room}")
        if verb == "files":
            return self.outcome(f"/files 5 {room}")
        if verb == "post":
            return self.outcome(f"/msg {room} {value or 'hi'}")
        joined = self.outcome(f"/join {room}")
        if joined != "yes" and verb in ("topic", "share", "slow", "describe",
                                        "privacy", "history", "keep"):
            return joined
        if verb == "share":
            self.c.send_bytes(b"FILE:a.txt:2\nhi")
            line = self.c.expect_line(lambda l: "a.txt" in l)
            why = line.removeprefix("a.txt was not stored: ")
            return next((word for word, sentence in REFUSALS.items()
                         if why.startswith(sentence)), "yes")
        if verb == "topic":
            return self.outcome(f"/topic {value or 'new'}")
        if verb == "give":
            return self.outcome(f"/owner {who} {room}", who)
        if verb == "close":
            return self.outcome(f"/close {room}", room)
        if verb in SETTINGS:
            setting, default = SETTINGS[verb]
            return self.outcome(f"/set {setting} {value or default}")
        if verb == "bans":
            return self.outcome(f"/bans {room}")
        return self.outcome(f"/{verb} {who} {room}".replace("  ", " "))

    def forget(self, room):
        self.said(f"/part {room}")

    def close(self):
        self.c.close()


DOERS = {"line": LineDoer, "native": NativeDoer, "http": HttpDoer,
         "websocket": WebSocketDoer}
