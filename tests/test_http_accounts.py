# SPDX-License-Identifier: MIT
"""Accounts, tokens and rights over HTTP: docs/http.md, sections 2 and 6."""
import pathlib
import time

import pytest

from harness.http import (Follow, HttpSocket, api, basic, bearer, head,
                          request)

CHEAP = ("--accounts-hash_memory", "8K", "--accounts-hash_passes", "1",
         "--files-floor", "0", "--files-floor_percent", "0",
         "--limits-messages_per_second", "0")
PASSWORD = "correct horse battery"
CANARY = "Zitronenfalter-42"


def account(server, name, password=PASSWORD):
    answer = api(server, "POST", "/v1/register",
                 {"name": name, "password": password})
    assert answer.status == 201, answer
    return basic(name, password)


def token(server, name, password=PASSWORD, device="laptop"):
    """Its number and its Authorization."""
    answer = api(server, "POST", "/v1/login", {
        "name": name, "password": password, "device": device})
    assert answer.status == 200, answer
    return answer.json()["id"], bearer(answer.json()["token"])


def say(server, text, who=None, room="lobby"):
    return api(server, "POST", f"/v1/rooms/{room}/messages", {"text": text},
               who)


def senders(server, room="lobby", who=None):
    return [message["sender"] for message in api(
        server, "GET", f"/v1/rooms/{room}/messages", who=who).json()[
            "messages"]]


@pytest.fixture
def cheap(serve):
    return serve(*CHEAP)


# --- who asks --------------------------------------------------------------


def test_an_account_is_known_by_password_and_by_token(cheap):
    alice = account(cheap, "alice")
    _, laptop = token(cheap, "alice")
    assert say(cheap, "a", alice).status == 201
    assert say(cheap, "b", laptop).status == 201
    assert senders(cheap) == ["alice", "alice"]
    for who in (alice, laptop):
        assert api(cheap, "GET", "/v1/me", who=who).json() == {
            "name": "alice", "account": True}


def test_nobody_else_is_that_account(cheap):
    account(cheap, "alice")
    for who in (basic("alice"), basic("ALICE"), basic("alice", "x" * 8),
                basic("alice", PASSWORD + " "), basic("Alice", PASSWORD[:-1]),
                bearer("lq_" + "0" * 52), bearer("x")):
        answer = say(cheap, "I am alice", who)
        assert answer.status == 401, (who, answer)
        fields = [value for name, value in answer.fields
                  if name.lower() == "www-authenticate"]
        assert [value.split()[0] for value in fields] == ["Bearer", "Basic"]
    assert senders(cheap) == []


def test_an_unknown_name_is_refused_like_a_wrong_password(cheap):
    account(cheap, "alice")
    known, unknown = (say(cheap, "?", basic(name, "wrong password"))
                      for name in ("alice", "erin"))
    assert known.status == unknown.status == 401
    assert known.json() == unknown.json()


def test_a_connection_is_for_whoever_each_request_names(cheap):
    alice, bob = account(cheap, "alice"), account(cheap, "bob")
    http = HttpSocket(cheap)
    names = []
    for who in (alice, bob, alice, None, basic("carol"), bob, bob):
        fields = [("Authorization", who)] if who else []
        http.send(head("GET", "/v1/me", fields, cheap))
        names.append(http.read_answer().json().get("name"))
    assert names == ["alice", "bob", "alice", None, "carol", "bob", "bob"]
    http.close()


def test_a_refused_login_leaves_nobody_behind(cheap):
    alice = account(cheap, "alice")
    http = HttpSocket(cheap)
    for who, wanted in ((alice, 200), (basic("alice", "wrong one"), 401),
                        (None, 401), (alice, 200)):
        fields = [("Authorization", who)] if who else []
        http.send(head("GET", "/v1/devices", fields, cheap))
        assert http.read_answer().status == wanted, who
    http.close()


def test_guesses_are_throttled_and_told_when_to_come_back(cheap):
    account(cheap, "alice")
    bob = account(cheap, "bob")
    answers = [say(cheap, "?", basic("alice", f"wrong {i:04}"))
               for i in range(15)]
    assert [a.status for a in answers[:5]] == [401] * 5
    assert answers[-1].status == 429
    assert answers[-1].json()["code"] == "throttled"
    assert int(answers[-1].headers["retry-after"]) >= 1
    http = HttpSocket(cheap)
    http.send(head("GET", "/healthz", [], cheap))
    assert http.read_answer().status == 200
    http.close()
    assert bob


# --- devices ---------------------------------------------------------------


def test_a_token_is_shown_once(cheap):
    alice = account(cheap, "alice")
    number, laptop = token(cheap, "alice")
    listed = api(cheap, "GET", "/v1/devices", who=laptop)
    assert laptop.split()[1] not in listed.text
    device, = listed.json()["devices"]
    assert (device["id"], device["device"]) == (number, "laptop")
    assert device["current"] is True
    assert api(cheap, "GET", "/v1/devices", who=alice).json()["devices"][0][
        "current"] is False


def test_a_revoked_token_is_cut_within_a_second(cheap):
    alice = account(cheap, "alice")
    number, laptop = token(cheap, "alice")
    stream = Follow(cheap, who=laptop)
    idle = HttpSocket(cheap)
    idle.send(head("GET", "/v1/me", [("Authorization", laptop)], cheap))
    assert idle.read_answer().status == 200
    began = time.monotonic()
    assert api(cheap, "DELETE", f"/v1/devices/{number}",
               who=alice).status == 204
    assert stream.expect(lambda e: e["type"] == "closed", 1)
    assert stream.read(1) is None
    idle.expect_end(1)
    assert time.monotonic() - began < 1.5
    assert say(cheap, "still here", laptop).status == 401
    stream.close()
    idle.close()


def test_a_fresh_password_cuts_every_other_device(cheap):
    alice = account(cheap, "alice")
    _, laptop = token(cheap, "alice")
    stream = Follow(cheap, who=laptop)
    assert api(cheap, "POST", "/v1/password", {
        "password": PASSWORD, "fresh": "another horse"}, alice).status == 204
    stream.expect(lambda e: e["type"] == "closed", 5)
    stream.close()
    for who, wanted in ((laptop, 401), (alice, 401),
                        (basic("alice", "another horse"), 201)):
        assert say(cheap, "?", who).status == wanted, who


def test_a_token_does_what_its_scope_says(cheap):
    alice = account(cheap, "alice")
    made = api(cheap, "POST", "/v1/devices", {
        "device": "reader", "scope": ["read"]}, alice)
    reader = bearer(made.json()["token"])
    assert api(cheap, "GET", "/v1/rooms/lobby/messages",
               who=reader).status == 200
    assert say(cheap, "?", reader).status == 403
    assert api(cheap, "GET", "/v1/devices", who=reader).status == 403
    assert request(cheap, "PUT", "/r/lobby/files/a.txt", b"a",
                   {"Authorization": reader}).status == 403


def test_a_token_that_has_run_out_is_none(cheap):
    alice = account(cheap, "alice")
    made = api(cheap, "POST", "/v1/devices", {
        "device": "old", "expires": "2020-01-01T00:00:00Z"}, alice)
    if made.status == 201:
        assert say(cheap, "?", bearer(made.json()["token"])).status == 401
    else:
        assert made.status == 400


def test_a_token_that_runs_out_ends_its_stream(cheap):
    alice = account(cheap, "alice")
    made = api(cheap, "POST", "/v1/devices", {
        "device": "brief", "for": "2s"}, alice)
    assert made.status == 201, made
    brief = bearer(made.json()["token"])
    stream = Follow(cheap, who=brief)
    last = stream.expect(lambda e: e["type"] == "closed", 5)
    assert last["text"] == "your token has run out"
    assert stream.read(5) is None
    assert say(cheap, "?", brief).status == 401
    stream.close()


def test_a_deleted_account_keeps_its_name(cheap):
    alice = account(cheap, "alice")
    assert api(cheap, "POST", "/v1/account/delete",
               {"password": "wrong one"}, alice).status == 401
    assert api(cheap, "POST", "/v1/account/delete",
               {"password": PASSWORD}, alice).status == 204
    assert say(cheap, "?", alice).status == 401
    assert say(cheap, "?", basic("alice")).status == 401
    assert api(cheap, "POST", "/v1/register", {
        "name": "alice", "password": PASSWORD}).status in (401, 409)


# --- rights ----------------------------------------------------------------


@pytest.fixture
def private(cheap):
    """A private room of alice's with bob in it: server, alice, bob."""
    alice, bob = account(cheap, "alice"), account(cheap, "bob")
    for who in (alice, bob):
        assert api(cheap, "POST", "/v1/rooms/plaza/join",
                   who=who).status == 200
    assert api(cheap, "PATCH", "/v1/rooms/plaza", {"privacy": "private"},
               alice).status == 200
    assert say(cheap, "a secret", alice, "plaza").status == 201
    return cheap, alice, bob


def test_a_private_room_is_no_page_for_others(private):
    server, _, bob = private
    carol = account(server, "carol")
    for path in ("/r/plaza", "/r/plaza?follow", "/r/plaza/files",
                 "/v1/rooms/plaza/messages", "/v1/rooms/plaza/events",
                 "/v1/rooms/plaza/files", "/v1/rooms/plaza/people"):
        for who in (None, basic("guest1"), carol):
            headers = {"Accept": "text/html"}
            if who:
                headers["Authorization"] = who
            answer = request(server, "GET", path, headers=headers)
            assert answer.status == 403, (path, who, answer)
            assert "a secret" not in answer.text
    assert senders(server, "plaza", bob) == ["alice"]


def test_following_makes_nobody_a_member(cheap):
    alice, bob = account(cheap, "alice"), account(cheap, "bob")
    assert api(cheap, "POST", "/v1/rooms/plaza/join",
               who=alice).status == 200
    stream = Follow(cheap, "#plaza", who=bob)
    say(cheap, "hello", alice, "plaza")
    stream.expect(lambda e: e["type"] == "message", 5)
    members = api(cheap, "GET", "/v1/rooms/plaza/members",
                  who=alice).json()["members"]
    assert [member["name"] for member in members] == ["alice"]
    stream.close()


def test_what_is_said_to_one_person_is_theirs(cheap):
    alice, bob, carol = (account(cheap, name)
                         for name in ("alice", "bob", "carol"))
    made = api(cheap, "POST", "/v1/people/bob/messages",
               {"text": "just you"}, alice)
    assert made.status == 201
    for who, name in ((alice, "bob"), (bob, "alice")):
        page = api(cheap, "GET", f"/v1/people/{name}/messages", who=who).json()
        assert page["room"] == "@" + name
        assert [m["text"] for m in page["messages"]] == ["just you"]
    assert made.headers["location"].startswith("/v1/people/bob/messages?")
    assert api(cheap, "GET", made.headers["location"],
               who=alice).json()["messages"][0]["text"] == "just you"
    assert api(cheap, "GET", "/v1/people/bob/messages",
               who=carol).status == 404
    assert api(cheap, "GET", "/v1/people/bob/messages").status in (401, 404)
    assert api(cheap, "POST", "/v1/people/nobody/messages", {"text": "?"},
               alice).status == 404
    rooms = api(cheap, "GET", "/v1/rooms", who=bob).json()["rooms"]
    assert [(r["room"], r["unread"]) for r in rooms if "unread" in r] == [
        ("@alice", 1)]


def test_a_hidden_room_is_in_no_list(private):
    server, alice, bob = private
    assert api(server, "PATCH", "/v1/rooms/plaza", {"privacy": "hidden"},
               alice).status == 200
    for path in ("/", "/r", "/v1/rooms"):
        for accept in ("text/html", "application/json", "text/plain"):
            assert "plaza" not in request(
                server, "GET", path, headers={"Accept": accept}).text
    assert "#plaza" in api(server, "GET", "/v1/rooms", who=bob).text


def remove(server, alice, reason="noise"):
    answer = api(server, "DELETE",
                 f"/v1/rooms/plaza/members/bob?reason={reason}", who=alice)
    assert answer.status == 204, answer


def test_a_removal_ends_the_stream_with_its_reason(private):
    server, alice, bob = private
    stream = Follow(server, "#plaza", who=bob)
    remove(server, alice)
    say(server, "behind his back", alice, "plaza")
    last = stream.expect(lambda e: e["type"] == "removed", 5)
    assert (last["room"], last["by"], last["text"]) == ("#plaza", "alice",
                                                        "noise")
    assert stream.read(5) is None
    assert "behind his back" not in str(stream.seen)
    stream.close()


def test_a_removal_from_one_room_ends_no_other_stream(private):
    server, alice, bob = private
    stream = Follow(server, "#lobby", who=bob)
    remove(server, alice)
    say(server, "still there?", alice, "lobby")
    last = stream.expect(lambda e: e["type"] in ("removed", "message"), 5)
    assert last.get("text") == "still there?", last
    stream.close()


def begin_upload(server, who, name, first):
    """Of 100,000 bytes, one has been sent."""
    http = HttpSocket(server)
    http.send(head("PUT", f"/r/plaza/files/{name}", [
        ("Authorization", who), ("Content-Length", 100000)], server) + first)
    return http


def begin_download(server, who, url):
    http = HttpSocket(server)
    http.send(head("GET", url, [("Authorization", who)], server))
    assert http.read_head().status == 200
    return http


def test_a_removal_cuts_a_download_and_an_upload(private):
    server, alice, bob = private
    stream = Follow(server, "#plaza", who=alice)
    theirs = begin_upload(server, alice, "down.bin", b"b")
    url = stream.expect(lambda e: e["type"] == "uploading")["file"]["url"]
    down = begin_download(server, bob, url)
    assert down.read_bytes(1) == b"b"
    up = begin_upload(server, bob, "up.bin", b"a")
    stream.expect(lambda e: e["type"] == "uploading")

    remove(server, alice)
    assert up.read_answer().status == 403
    theirs.send(b"c" * 99999)
    assert theirs.read_answer().status == 201
    with pytest.raises(ConnectionResetError):
        assert b"c" not in down.read_to_end(5)
    files = api(server, "GET", "/v1/rooms/plaza/files", who=alice).json()
    assert [file["file"]["name"] for file in files["files"]] == ["down.bin"]
    for client in (up, theirs, down, stream):
        client.close()


def test_a_change_of_several_settings_says_how_far_it_came(private):
    server, alice, _ = private
    answer = api(server, "PATCH", "/v1/rooms/plaza", {
        "topic": "new", "slow": "soon", "keep": "30d"}, alice)
    assert answer.status == 400, answer
    assert answer.json()["refused"] == "slow"
    assert answer.json()["done"] == ["topic"]
    room = api(server, "GET", "/v1/rooms/plaza", who=alice).json()
    assert (room["topic"], room["slow"], room["keep"]) == ("new", "off",
                                                           "forever")


def test_what_get_tells_patch_takes(private):
    server, alice, _ = private
    wanted = {"description": "of \"stone\"", "privacy": "public",
              "history": "joined", "slow": "10s", "keep": "1000"}
    assert api(server, "PATCH", "/v1/rooms/plaza", wanted,
               alice).status == 200
    room = api(server, "GET", "/v1/rooms/plaza", who=alice).json()
    assert {key: room[key] for key in wanted} == wanted
    assert api(server, "PATCH", "/v1/rooms/plaza", {
        key: room[key] for key in wanted}, alice).status == 200
    assert api(server, "PATCH", "/v1/rooms/plaza", {"keep": "30d"},
               alice).status == 200
    assert api(server, "GET", "/v1/rooms/plaza",
               who=alice).json()["keep"] == "30d"


def test_slow_mode_says_how_long(private):
    server, alice, bob = private
    assert api(server, "PATCH", "/v1/rooms/plaza", {"slow": "1h"},
               alice).status == 200
    assert say(server, "one", bob, "plaza").status == 201
    answer = say(server, "two", bob, "plaza")
    assert answer.status == 429 and answer.json()["code"] == "too_fast"
    assert 60 < int(answer.headers["retry-after"]) <= 3600


# --- secrets ---------------------------------------------------------------


def test_no_secret_is_written_down(serve):
    server = serve(*CHEAP, "--log-level", "debug")
    alice = account(server, "alice", CANARY)
    _, laptop = token(server, "alice", CANARY)
    secrets = [CANARY, laptop.split()[1], laptop.split()[1][3:],
               alice.split()[1]]
    say(server, "a", alice)
    say(server, "b", laptop)
    bad = (api(server, "POST", "/v1/login", {
               "name": "bob", "password": CANARY, "device": "x"}),
           api(server, "POST", "/v1/login", {CANARY: CANARY}),
           api(server, "POST", "/v1/password", {
               "password": "wrong one", "fresh": CANARY}, alice),
           request(server, "GET", "/r/lobby", headers={
               "Authorization": "Bearer " + CANARY}),
           request(server, "GET", "/r/lobby", headers={
               "Authorization": "Basic " + CANARY}))
    told = "".join(answer.text for answer in bad)
    told += request(server, "GET", "/metrics").text
    for secret in secrets:
        assert secret not in told
        assert secret not in server.log()
        for path in pathlib.Path(server.folder / "data").rglob("*"):
            if path.is_file():
                assert secret.encode() not in path.read_bytes(), path
        for file in ("cmdline", "environ"):
            assert secret.encode() not in pathlib.Path(
                f"/proc/{server.process.pid}/{file}").read_bytes()
