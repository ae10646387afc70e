# SPDX-License-Identifier: MIT
"""Before login: with guests off no dialect lets anybody in without an account,
with registration closed none makes one, and every verb of every dialect is
tried by somebody who has not logged in."""
import json

import pytest

from harness.http import request
from harness.line import LineClient
from harness.native import MAGIC, NativeClient, frame, pb
from harness.people import (CHEAP, CODES, HttpDoer, Native, WebSocketNative,
                            register)
from harness.server import ROOT
from harness.websocket import Bridge

CLOSED = (*CHEAP, "--accounts-guests", "no", "--accounts-register", "closed")
NATIVES = {"native": Native, "websocket": WebSocketNative}

# What the server says of itself is no request.
FROM_SERVER = {name for name in pb.Envelope.DESCRIPTOR.fields_by_name
               if pb.Envelope.DESCRIPTOR.fields_by_name[name].number
               in (*range(40, 70), 90, 91)}
REQUESTS = [f.name for f in pb.Envelope.DESCRIPTOR.fields
            if f.name != "request" and f.name not in FROM_SERVER]
# Answered to anybody, or to nobody.
HARMLESS = {"ping", "pong", "bye", "credit", "hello", "set_typing",
            "set_cursor"}


def filled(name):
    """A request that would be fine of somebody who may."""
    message = getattr(pb, "".join(w.title() for w in name.split("_")))()
    for field in message.DESCRIPTOR.fields:
        value = {"target": "#lobby", "name": "zoe", "text": "hi", "size": 1,
                 "stream": 1, "password": "a good password",
                 "fresh": "another password", "device": "d", "role": 1,
                 "setting": "slow", "value": "10s", "id": None,
                 "topic": "t"}.get(field.name)
        if value is not None:
            try:
                setattr(message, field.name, value)
            except (TypeError, AttributeError):
                pass
    return message


def connected(kind, server):
    """A connection that has not said Hello."""
    client = kind.__new__(kind)
    if kind is WebSocketNative:
        client.bridge = Bridge(server)
        NativeClient.__init__(client, client.bridge)
    else:
        NativeClient.__init__(client, server)
    return client


@pytest.mark.parametrize("dialect", NATIVES)
def test_no_native_request_does_anything_before_hello(serve, dialect):
    server = serve(*CLOSED)
    names = [name for name in REQUESTS if name not in HARMLESS]
    for name in names:
        client = connected(NATIVES[dialect], server)
        client.send_bytes(MAGIC + frame(pb.Envelope(
            request=7, **{name: filled(name)})))
        while (got := client.read()) is not None:
            kind = got.WhichOneof("body")
            assert kind in ("error", "closing"), got
            if kind == "error":
                break
        client.close()
    print(f"{len(names)} requests before Hello")
    assert len(names) >= 33


@pytest.mark.parametrize("dialect", NATIVES)
def test_guests_off_natively(serve, dialect):
    server = serve(*CLOSED)
    for who in ({"name": "zoe"}, {}):
        client = NATIVES[dialect](server, **who)
        assert CODES[client.hello_answer.error.code] == "no_guests"
        for name in REQUESTS:
            if name in HARMLESS or name in ("login", "register"):
                continue
            try:
                outcome = client.outcome(**{name: filled(name)})
            except (AssertionError, OSError):
                break                      # it was hung up on: fine too
            assert outcome != "yes", name
        client.close()


@pytest.mark.parametrize("dialect", NATIVES)
def test_registration_closed_natively(serve, dialect):
    server = serve(*CHEAP, "--accounts-register", "closed")
    for who in ({"name": "zoe"}, {}):
        client = NATIVES[dialect](server, **who)
        assert client.welcome.registration == pb.REGISTRATION_CLOSED
        assert client.outcome(register=pb.Register(
            name="zoe", password="a good password")) == "registration_closed"
        client.close()


def test_guests_off_by_line(serve):
    server = serve(*CLOSED)
    for typed in ("zoe", "zoe #lobby", "/register", "/login zoe", "/who",
                  "/rooms", "/join #lobby", "/history", "/files", "/msg a b",
                  "/help", "/topic x", "hello everybody", "/set slow 1s",
                  "/kick a", "/token x"):
        client = LineClient(server)
        client.expect("Hi! Welcome to loquat. What's your name?")
        client.say(typed)
        line = client.read_line()
        line = client.read_line()
        assert line is not None and "Welcome, " not in line, line
        client.say("what follows")
        assert "Welcome, " not in (client.read_line() or "")
        client.close()


def test_a_file_before_login_goes_nowhere(serve):
    server = serve(*CLOSED)
    client = LineClient(server)
    client.expect("Hi! Welcome to loquat. What's your name?")
    client.send_bytes(b"FILE:a.txt:5\nhello\n")
    line = client.read_line()
    assert "Shared" not in line, line
    client.close()


def test_registration_closed_by_line(serve):
    server = serve(*CHEAP, "--accounts-register", "closed")
    client = LineClient(server, "zoe")
    client.say("/register")
    client.expect_line(lambda l: "accounts are not made here" in l)
    client.close()


def operations():
    """(method, path) of all that HTTP can be asked, from its description."""
    described = json.loads((ROOT / "docs/openapi.json").read_text())
    for path, methods in described["paths"].items():
        for method in methods:
            if method in ("get", "put", "post", "patch", "delete", "head"):
                yield method.upper(), path


PUBLIC = {"/healthz", "/metrics", "/style.css", "/icon.svg", "/favicon.ico",
          "/v1"}


def test_guests_off_over_http(serve):
    server = serve(*CLOSED)
    tried = 0
    for method, path in operations():
        target = path
        for name, value in (("room", "lobby"), ("name", "zoe"), ("id", "1"),
                            ("ROOM", "lobby")):
            target = target.replace("{%s}" % name, value)
        answer = request(server, method, target.replace("{", "").replace(
            "}", ""), b"{}" if method != "GET" else None,
            {"Content-Type": "application/json", "Accept": "application/json"})
        tried += 1
        if path in PUBLIC:
            continue
        assert answer.status in (400, 401, 403, 404, 405, 411, 412, 415, 426,
                                 422), (method, path, answer)
        assert b"lobby" not in answer.body or answer.status != 200
    print(f"{tried} operations of HTTP tried before login")
    assert tried >= 30


def test_registration_closed_over_http(serve):
    server = serve(*CHEAP, "--accounts-register", "closed")
    answer = request(server, "POST", "/v1/register", json.dumps(
        {"name": "zoe", "password": "a good password"}).encode(),
        {"Content-Type": "application/json", "Accept": "application/json"})
    assert answer.status == 403, answer
    assert answer.json()["code"] == "registration_closed"
    assert HttpDoer(server, name="zoe").request("GET", "/r/lobby"
                                                ).status == 200


def test_an_account_comes_in_where_guests_do_not(serve):
    """So that the refusals above are not because nobody could."""
    server = serve(*CHEAP, "--accounts-guests", "no")
    token = register_over_http(server)
    client = Native(server, token=token)
    assert client.welcome.account
    assert HttpDoer(server, token=token).request("GET", "/r/lobby"
                                                 ).status == 200
    client.close()


def register_over_http(server):
    """Registration is open: a reader's Hello is refused, so HTTP it is."""
    answer = request(server, "POST", "/v1/register", json.dumps(
        {"name": "zoe", "password": "a good password", "device": "d"}
        ).encode(), {"Content-Type": "application/json",
                     "Accept": "application/json"})
    assert answer.status == 201, answer
    return answer.json()["token"]


def test_invitations(serve):
    server = serve(*CHEAP, "--accounts-register", "invited")
    client = Native(server)
    assert client.outcome(register=pb.Register(
        name="zoe", password="a good password")) == "bad_invitation"
    assert client.outcome(register=pb.Register(
        name="zoe", password="a good password",
        invitation="inv_" + "0" * 52)) == "bad_invitation"
    client.close()


def test_register_helper_is_honest(serve):
    server = serve(*CHEAP)
    assert register(server, "zoe").startswith("lq_")
