# SPDX-License-Identifier: MIT
"""docs/openapi.json against the running server, both ways: each route is
documented and each documented operation is there, takes what its schema allows,
refuses what it forbids, and answers as it says."""
import base64
import json
import re

import pytest
from jsonschema import Draft202012Validator

from harness.http import HttpSocket, api, basic, bearer, head, request
from harness.openapi import (DOCUMENT, OPERATIONS, bad_bodies, resolve, shape,
                             validator)
from harness.websocket import handshake_fields

CHEAP = ("--accounts-hash_memory", "8K", "--accounts-hash_passes", "1",
         "--accounts-tries", "1000", "--accounts-tries_per_address", "10000",
         "--files-floor", "0", "--files-floor_percent", "0",
         "--limits-messages_per_second", "0")
PASSWORD = "correct horse battery"
ALICE, BOB, CAROL = (basic(name, PASSWORD)
                     for name in ("alice", "bob", "carol"))
STRAY = bearer("lq_" + "0" * 52)
TUS = {"Tus-Resumable": "1.0.0"}
FILL = {"room": "plaza", "person": "bob", "name": "bob", "word": "1"}


def ask(server, operation_id, body=None, who=None, query="", headers=None,
        **parameters):
    """The operation's answer, which is as documented."""
    operation = OPERATIONS[operation_id]
    answer = api(server, operation.method,
                 operation.target(**{**FILL, **parameters}) + query, body, who,
                 headers)
    if operation.method == "HEAD":
        assert str(answer.status) in operation.node["responses"], answer
    else:
        operation.check(answer)
    return answer


def register(server, *names):
    for name in names:
        answer = ask(server, "register",
                     {"name": name, "password": PASSWORD})
        assert answer.status == 201, answer


# --- the document ----------------------------------------------------------


def test_each_route_is_documented_and_nothing_else(server):
    routes = {(route["method"], shape(route["path"]))
              for route in ask(server, "routes").json()["routes"]}
    documented = {(operation.method, shape(operation.path))
                  for operation in OPERATIONS.values()}
    assert routes == documented
    print(f"\n{len(routes)} routes, all documented")


def references(node):
    if isinstance(node, dict):
        if "$ref" in node:
            yield node
        for inner in node.values():
            yield from references(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from references(inner)


def test_the_document_is_sound():
    assert DOCUMENT["openapi"].startswith("3.1.")
    for node in references(DOCUMENT):
        assert resolve(node)
    for schema in DOCUMENT["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    ids = [operation["operationId"] for item in DOCUMENT["paths"].values()
           for operation in item.values()]
    assert len(ids) == len(set(ids))
    for operation in OPERATIONS.values():
        named = set(re.findall(r"\{([^}]*)\}", operation.path))
        declared = {p["name"] for p in operation.node.get("parameters", ())
                    if p["in"] == "path"}
        assert named == declared, operation.id


# --- what is allowed -------------------------------------------------------


def accounts(server):
    register(server, "alice", "bob", "carol", "dave")
    yield "register", ask(server, "register", {
        "name": "erin", "password": PASSWORD, "device": "phone"}), 201
    login = ask(server, "login", {"name": "bob", "password": PASSWORD,
                                  "device": "laptop"})
    yield "login", login, 200
    token = bearer(login.json()["token"])
    yield "me", ask(server, "me", who=token), 200
    yield "me", ask(server, "me"), 200
    yield "makeToken", ask(server, "makeToken", {
        "device": "bot", "scope": ["read", "post"], "for": "30d"}, ALICE), 201
    made = ask(server, "makeToken", {"device": "other"}, ALICE)
    yield "devices", ask(server, "devices", who=ALICE), 200
    yield "revoke", ask(server, "revoke", who=ALICE,
                        word=made.json()["id"]), 204
    yield "revokeOthers", ask(server, "revokeOthers", who=ALICE), 204
    yield "logout", ask(server, "logout", who=token), 204
    yield "me", ask(server, "me", who=token), 401
    yield "changePassword", ask(server, "changePassword", {
        "password": PASSWORD, "fresh": PASSWORD + "!"}, basic(
            "erin", PASSWORD)), 204
    yield "deleteAccount", ask(server, "deleteAccount", {
        "password": PASSWORD}, basic("dave", PASSWORD)), 204


def rooms(server):
    yield "join", ask(server, "join", who=ALICE), 200
    yield "join", ask(server, "join", who=BOB), 200
    yield "rooms", ask(server, "rooms"), 200
    yield "changeRoom", ask(server, "changeRoom", {
        "topic": "t", "description": "d", "privacy": "private",
        "history": "joined", "slow": "off", "keep": "30d"}, ALICE), 200
    yield "room", ask(server, "room", who=ALICE), 200
    yield "members", ask(server, "members", who=ALICE), 200
    yield "people", ask(server, "people"), 200
    yield "peopleOfRoom", ask(server, "peopleOfRoom", who=ALICE), 200
    yield "postMessage", ask(server, "postMessage", {"text": "hi"}, BOB), 201
    yield "messages", ask(server, "messages", who=BOB), 200
    yield "postToPerson", ask(server, "postToPerson", {"text": "hi"}, BOB,
                              person="alice"), 201
    yield "messagesOfPerson", ask(server, "messagesOfPerson", who=ALICE,
                                  person="bob"), 200
    yield "files", ask(server, "files", who=BOB), 200
    yield "invite", ask(server, "invite", {"name": "carol"}, ALICE), 204
    yield "join", ask(server, "join", who=CAROL), 200
    yield "setRole", ask(server, "setRole", {"role": "moderator"}, ALICE), 204
    yield "ban", ask(server, "ban", {"name": "carol", "reason": "noise",
                                     "for": "1h"}, BOB), 204
    yield "ban", ask(server, "ban", {"range": "192.0.2.0/24", "mute": True},
                     ALICE), 204
    yield "bans", ask(server, "bans", who=ALICE), 200
    yield "messages", ask(server, "messages", who=CAROL), 403
    yield "unban", ask(server, "unban", who=ALICE, name="carol"), 204
    yield "unban", ask(server, "unban", who=ALICE, name="carol"), 404
    for mute, status in (("", 404), ("&mute=false", 404), ("&mute=0", 400),
                         ("&mute=true", 204), ("&mute", 404)):
        yield "unbanRange", ask(server, "unbanRange", who=ALICE,
                                query="?range=192.0.2.0%2F24" + mute), status
    yield "ban", ask(server, "ban", {"name": "carol", "mute": True},
                     ALICE), 204
    for mute, status in (("", 404), ("?mute=no", 400), ("?mute", 204)):
        yield "unban", ask(server, "unban", who=ALICE, name="carol",
                           query=mute), status
    yield "removeMember", ask(server, "removeMember", who=ALICE,
                              query="?reason=noise"), 204
    yield "makeGroup", ask(server, "makeGroup", {"names": ["bob"]}, ALICE), 201
    yield "join", ask(server, "join", who=BOB, room="yard"), 200
    yield "part", ask(server, "part", who=BOB, room="yard"), 204
    yield "closeRoom", ask(server, "closeRoom", who=ALICE), 204


def form(*parts):
    body = "".join(f"--b\r\nContent-Disposition: form-data; {about}\r\n\r\n"
                   f"{text}\r\n" for about, text in parts) + "--b--\r\n"
    return body.encode()


def pages(server):
    text = {"Content-Type": "text/plain"}
    for accept in ("text/html", "application/json", "text/plain"):
        headers = {"Accept": accept}
        for name in ("pageOfRooms", "pageOfRooms2", "pageOfRoom",
                     "pageOfFiles"):
            yield name, ask(server, name, headers=headers, room="lobby"), 200
    yield "say", ask(server, "say", b"hi", headers=text, room="lobby"), 201
    file = ask(server, "upload", b"bytes", room="lobby", name="a.txt",
               headers={"Accept": "application/json"})
    yield "upload", file, 201
    word = file.json()["id"]
    yield "uploadFiles", ask(
        server, "uploadFiles", form(('name="f"; filename="b.txt"', "bytes")),
        room="lobby", headers={
            "Content-Type": "multipart/form-data; boundary=b",
            "Accept": "application/json"}), 201
    yield "download", ask(server, "download", word=word), 200
    yield "downloadNamed", ask(server, "downloadNamed", word=word,
                               name="a.txt", headers={"Range": "bytes=1-2"}), \
        206
    for name in ("style", "health", "metrics"):
        yield name, ask(server, name), 200
    yield "icon", ask(server, "icon"), 204


def tus(server):
    metadata = ",".join(f"{key} {base64.b64encode(value).decode()}"
                        for key, value in (("filename", b"t"),
                                           ("room", b"lobby")))
    made = ask(server, "tusCreate", b"", headers={
        **TUS, "Upload-Length": "5", "Upload-Metadata": metadata})
    yield "tusCreate", made, 201
    word = made.headers["location"].rsplit("/", 1)[1]
    yield "tusHead", ask(server, "tusHead", headers=TUS, word=word), 200
    yield "tusPatch", ask(server, "tusPatch", b"byt", word=word, headers={
        **TUS, "Upload-Offset": "0",
        "Content-Type": "application/offset+octet-stream"}), 204
    yield "tusDelete", ask(server, "tusDelete", headers=TUS, word=word), 204


def streams(server):
    for name, path in (("events", "/v1/rooms/lobby/events?after=0"),
                       ("pageOfRoom", "/r/lobby?follow")):
        http = HttpSocket(server)
        http.send(head("GET", path, [("Accept", "application/x-ndjson")],
                       server))
        answer = http.read_head()
        request(server, "POST", "/r/lobby", b"hear")
        answer.body = http.read_chunk()
        http.close()
        assert "application/x-ndjson" in answer.headers["content-type"]
        message = json.loads(answer.body.split(b"\n")[0])
        assert validator(DOCUMENT["components"]["schemas"]["Message"]
                         ).is_valid(message), message
        answer.body = b"" if answer.status != 200 else answer.body
        yield name, answer, 200


def websocket(server):
    http = HttpSocket(server)
    http.send(head("GET", "/ws", handshake_fields(), server))
    answer = http.read_head()
    http.close()
    OPERATIONS["websocket"].check(answer)
    yield "websocket", answer, 101


def test_each_operation_answers_as_documented(serve):
    server = serve(*CHEAP)
    seen, wrong = {"routes"}, []
    for part in (accounts, rooms, pages, tus, streams, websocket):
        for name, answer, wanted in part(server):
            seen.add(name)
            if answer.status != wanted:
                wrong.append((name, wanted, answer))
    assert not wrong, "\n".join(map(str, wrong))
    assert seen == set(OPERATIONS)
    print(f"\n{len(seen)} operations answered as documented")


# --- what is refused -------------------------------------------------------


def test_each_operation_refuses_what_its_schema_forbids(serve):
    server = serve(*CHEAP)
    register(server, "alice")
    tried, wrong = 0, []
    for operation in OPERATIONS.values():
        if operation.body_schema is None:
            continue
        for why, body in bad_bodies(operation.body_schema):
            if isinstance(body, bytes):
                headers = {"Content-Type": "application/json"}
            else:
                headers = {}
                assert not validator(operation.body_schema).is_valid(body), \
                    (operation.id, why)
            answer = ask(server, operation.id, body, ALICE, headers=headers)
            tried += 1
            if answer.status not in (400, 401, 413):
                wrong.append((operation.id, why, answer))
        answer = ask(server, operation.id, b"{}", ALICE,
                     headers={"Content-Type": "text/plain"})
        tried += 1
        if answer.status != 415:
            wrong.append((operation.id, "text", answer))
    assert not wrong, "\n".join(map(str, wrong))
    print(f"\n{tried} forbidden bodies refused")


@pytest.mark.parametrize("why,headers,wanted", [
    ("a foreign name", {"Host": "evil.example"}, {421}),
    ("another site", {"Origin": "http://evil.example"}, {403}),
    ("a wrong token", {"Authorization": STRAY}, {401}),
    ("a wrong password", {"Authorization": basic("alice", "wrong one")},
     {401}),
    ("no credentials", {"Authorization": "Digest a=b"}, {401}),
])
def test_each_operation_refuses(serve, why, headers, wanted):
    server = serve(*CHEAP)
    register(server, "alice")
    tried = 0
    for operation in OPERATIONS.values():
        if "Authorization" in headers and operation.is_open:
            continue
        if "Origin" in headers and operation.method in ("GET", "HEAD"):
            continue
        answer = ask(server, operation.id, b"", headers={**TUS, **headers})
        tried += 1
        if answer.status not in wanted and not (
                "Authorization" in headers and needs_form(operation)):
            raise AssertionError(f"{why}: {operation.id}: {answer}")
    print(f"\n{tried} operations refused {why}")


def needs_form(operation):
    """Who says something is only asked once its body is one."""
    return operation.id in ("say", "postMessage", "postToPerson",
                            "uploadFiles")


# --- before a login --------------------------------------------------------


def test_without_guests_nobody_gets_in(serve):
    server = serve(*CHEAP, "--accounts-guests", "no")
    register(server, "alice")
    tried = 0
    for operation in OPERATIONS.values():
        if operation.is_open:
            continue
        for who in (None, basic("mallory"), STRAY):
            body = {"text": "hi"} if needs_form(operation) else b""
            answer = ask(server, operation.id, body, who, headers=TUS)
            assert answer.status in (401, 403), (operation.id, who, answer)
            assert b"lobby" not in answer.body, (operation.id, answer)
            tried += 1
    assert ask(server, "rooms", who=ALICE).status == 200
    print(f"\n{tried} requests without an account refused")


def test_with_registration_closed_nobody_registers(serve):
    server = serve(*CHEAP, "--accounts-register", "closed")
    for more in ({}, {"device": "phone"}, {"invitation": "inv_" + "0" * 52}):
        answer = ask(server, "register",
                     {"name": "alice", "password": PASSWORD, **more})
        assert answer.status == 403, answer
    assert ask(server, "me", who=ALICE).status == 401
