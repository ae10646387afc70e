# SPDX-License-Identifier: MIT
"""HTTP without files: docs/http.md over real sockets, and by curl."""
import json
import select
import subprocess
import time

import pytest

from harness.http import Follow, HttpSocket, basic, head, request
from harness.line import LineClient
from harness.server import DEADLINE

JSON = {"Accept": "application/json"}


def post(server, text, room="lobby", **settings):
    return request(server, "POST", f"/r/{room}", text.encode(), **settings)


# --- connections -----------------------------------------------------------


def test_http_is_detected_at_every_split(serve):
    server = serve("--limits-grace", "10s")
    first = head("GET", "/healthz", [], server)
    for split in range(1, len(first), 3):
        http = HttpSocket(server)
        http.send(first[:split])
        request(server, "GET", "/healthz")          # it has been read by now
        http.send(first[split:])
        assert http.read_answer().text == "ok\n"
        http.close()


def test_a_hundred_requests_in_one_write_are_answered_in_order(server):
    http = HttpSocket(server)
    bodies = [f"message {i}".encode() for i in range(100)]
    http.send(b"".join(
        head("POST", "/r/lobby", [("Content-Length", len(body))], server)
        + body + head("GET", f"/r/lobby?after={i}&limit=1", [], server)
        for i, body in enumerate(bodies)))
    for i, body in enumerate(bodies):
        assert http.read_answer().text == f"posted {i + 1}\n"
        assert http.read_answer().text.endswith(f"guest: {body.decode()}\n")
    http.close()


def test_the_time_for_a_head_is_absolute(serve):
    server = serve("--http-head", "500ms", "--http-idle", "700ms")
    http = HttpSocket(server)
    began = time.monotonic()
    http.send(b"GET / HTTP/1.1\r\nHost: x\r\n")
    try:
        while time.monotonic() - began < DEADLINE:
            http.send(b"X-Slow: 1\r\n")
            if http.rest or _readable(http, 0.05):
                break
    except (BrokenPipeError, ConnectionResetError):
        pass
    assert http.read_answer().status == 408
    assert time.monotonic() - began < 5
    http.close()

    idle = HttpSocket(server)
    idle.send(head("GET", "/healthz", [], server))
    assert idle.read_answer().status == 200
    assert idle.read_to_end() == b""
    idle.close()


def _readable(http, within):
    return select.select([http.socket], [], [], within)[0]


def test_what_is_left_of_a_refused_body_is_no_request(server):
    inner = head("POST", "/r/lobby", [("Content-Length", 8)], server)
    inner += b"smuggled"
    for fields in ([("Content-Length", len(inner))],
                   [("Transfer-Encoding", "chunked")]):
        http = HttpSocket(server)
        http.send(head("POST", "/nowhere", fields, server) + inner)
        answer = http.read_answer()
        assert answer.status == 404
        assert answer.headers["connection"] == "close"
        http.expect_end()
        http.close()
    assert "smuggled" not in request(server, "GET", "/r/lobby").text


def test_malformed_requests_are_refused_and_the_server_goes_on(server):
    for bad in (b"GET / HTTP/1.1\r\n\r\n", b"GET /\r\n\r\n",
                b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
                b"GET / HTTP/1.1\nHost: x\n\n",
                b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\nx",
                b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n"
                b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 100 +
                b"\r\n",
                b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"):
        http = HttpSocket(server)
        http.send(bad)
        assert 400 <= http.read_answer().status < 506, bad[:60]
        http.expect_end()
        http.close()
    assert request(server, "GET", "/healthz").status == 200


# --- posting and reading ----------------------------------------------------


def test_a_post_reaches_everyone(server, clients):
    alice = clients(LineClient, server, "alice")
    follow = clients(Follow, server)
    answer = post(server, "hello from curl\n", name="bob", headers=JSON)
    assert answer.status == 201
    assert answer.headers["location"] == "/r/lobby?after=0&limit=1"
    assert answer.json()["seq"] == 1 and not answer.json()["duplicate"]
    alice.sees("bob", "hello from curl")
    assert follow.expect(lambda e: e["type"] == "message")["sender"] == "bob"
    page = request(server, "GET", answer.headers["location"], headers=JSON)
    assert [m["text"] for m in page.json()["messages"]] == ["hello from curl"]
    assert page.json()["messages"][0]["msgid"] == answer.json()["msgid"]


def test_a_repeated_post_counts_once_also_after_a_restart(server):
    headers = {"Idempotency-Key": "a-key-of-my-own", **JSON}
    first = post(server, "once", headers=headers, name="bob")
    server.kill()
    server.start()
    again = post(server, "once", headers=headers, name="bob")
    assert (first.status, again.status) == (201, 201)
    assert again.json() == {**first.json(), "duplicate": True}
    conflict = post(server, "other", headers=headers, name="bob")
    assert conflict.status == 409
    assert conflict.json()["code"] == "client_id_conflict"
    assert len(request(server, "GET", "/r/lobby").text.splitlines()) == 1


def test_a_page_of_history_from_both_ends(server):
    for i in range(12):
        assert post(server, f"m{i + 1}").status == 201

    def texts(query):
        answer = request(server, "GET", f"/r/lobby?{query}", headers=JSON)
        return ([m["text"] for m in answer.json()["messages"]],
                answer.json()["more"])

    assert texts("limit=2") == (["m11", "m12"], True)
    assert texts("after=3&limit=2") == (["m4", "m5"], True)
    assert texts("before=3") == (["m1", "m2"], False)
    assert texts("after=12") == ([], False)
    lines = request(server, "GET", "/r/lobby?limit=3", headers={
        "Accept": "application/x-ndjson"}).text.splitlines()
    assert [json.loads(line)["seq"] for line in lines] == [10, 11, 12]


def test_names_are_visitors_and_cannot_be_stolen(server, clients):
    clients(LineClient, server, "alice")
    assert post(server, "I am alice", name="alice").status == 409
    assert post(server, "I am bob", name="bob").status == 201
    assert post(server, "?",
                headers={"Authorization": basic("bob", "secret")}).status == 401
    assert post(server, "?", headers={"Authorization": "Bearer x"}).status \
        == 401
    assert post(server, "?", name="not a name").status == 400
    people = clients(LineClient, server, "carol")
    people.say("/who")
    people.sync()
    assert not [line for line in people.lines if "bob" in line
                and "I am" not in line]


def test_without_a_guest_a_post_needs_a_name(serve):
    server = serve("--http-guest", "")
    answer = post(server, "hi")
    assert answer.status == 401
    assert answer.headers["www-authenticate"].startswith("Basic ")
    assert post(server, "hi", name="bob").status == 201


def test_messages_have_their_limits(serve):
    server = serve("--limits-message_bytes", "100")
    assert post(server, "x" * 100).status == 201
    assert post(server, "x" * 101).status == 413
    assert post(server, "x" * 10000).status == 413
    assert post(server, "").status == 400
    http = HttpSocket(server)
    http.send(head("POST", "/r/lobby", [("Content-Length", 1 << 30),
                                        ("Expect", "100-continue")], server))
    assert http.read_answer().status == 413
    http.close()


def test_rooms_are_made_and_listed(server):
    assert post(server, "hi", room="caf-e").status == 201
    listed = request(server, "GET", "/r", headers=JSON).json()["rooms"]
    assert {room["room"]: room["seq"] for room in listed} == {
        "#lobby": 0, "#caf-e": 1}
    assert request(server, "GET", "/r/nowhere").status == 404
    assert post(server, "hi", room="a%20b").status == 400


# --- streams ----------------------------------------------------------------


def test_a_stream_resumes_without_a_gap_or_a_repetition(server, clients):
    for i in range(300):
        post(server, f"m{i + 1}")
    http = HttpSocket(server)
    http.send(head("GET", "/r/lobby?follow", [
        ("Accept", "text/event-stream"), ("Last-Event-ID", "10")], server))
    assert http.read_head().headers["content-type"] == "text/event-stream"
    got, text = [], ""
    while len(got) < 290:
        text += http.read_chunk().decode()
        got = [int(line[4:]) for line in text.splitlines()
               if line.startswith("id: ")]
    assert got == list(range(11, 301))
    post(server, "live")
    while "live" not in text:
        text += http.read_chunk().decode()
    http.close()


def test_a_stream_tells_who_comes_and_goes_and_the_stop(server, clients):
    follow = clients(Follow, server)
    alice = clients(LineClient, server, "alice")
    assert follow.expect(lambda e: e["type"] == "joined") == {
        "type": "joined", "name": "alice", "count": 1}
    alice.leave()
    assert follow.expect(lambda e: e["type"] == "left")["name"] == "alice"
    server.operator("hello all")
    assert follow.expect(lambda e: e["type"] == "announcement")["text"] \
        == "hello all"
    server.stop()
    assert follow.read()["type"] == "stopping"
    assert follow.read() is None


def test_a_reader_that_stops_reading_costs_nobody_anything(server, clients):
    lazy = clients(Follow, server)
    eager = clients(Follow, server)
    text = "x" * 8000
    for i in range(120):
        assert post(server, f"{i} {text}").status == 201
    for i in range(120):
        assert eager.expect(lambda e: e["type"] == "message")["seq"] == i + 1
    for i in range(120):
        assert lazy.expect(lambda e: e["type"] == "message")["seq"] == i + 1


# --- the rest ---------------------------------------------------------------


def test_figures_and_health(server):
    post(server, "one")
    assert request(server, "GET", "/healthz").text == "ok\n"
    metrics = request(server, "GET", "/metrics")
    assert metrics.headers["content-type"].startswith(
        "text/plain; version=0.0.4")
    assert "\nloquat_messages_total 1\n" in metrics.text
    assert '\nloquat_commit_us{quantile="0.99"} ' in metrics.text


@pytest.mark.parametrize("accept, mark", [
    ("*/*", "There is nothing at that path\n"),
    ("application/json", '"code":"no_such_path"'),
    ("application/problem+json", '"status":404'),
    ("text/html,application/xhtml+xml,*/*;q=0.8", "<h1>Not Found</h1>"),
])
def test_errors_are_told_as_asked(server, accept, mark):
    answer = request(server, "GET", "/nope", headers={"Accept": accept})
    assert answer.status == 404 and mark in answer.text
    assert answer.headers["cache-control"] == "no-store"


def test_a_page_serves_a_person_without_scripts(server):
    post(server, "<script>alert(1)</script>", name="eve")
    html = {"Accept": "text/html"}
    room = request(server, "GET", "/r/lobby", headers=html)
    assert "&lt;script&gt;alert(1)" in room.text
    assert "<script" not in room.text
    assert "script-src" not in room.headers["content-security-policy"]
    assert room.headers["content-security-policy"].startswith(
        "default-src 'none'")
    assert '<a href="/r/lobby">#lobby</a>' in \
        request(server, "GET", "/", headers=html).text

    form = (b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\nzoe'
            b'\r\n--x\r\nContent-Disposition: form-data; name="text"\r\n\r\n'
            b'by the form\r\n--x--\r\n')
    sent = request(server, "POST", "/r/lobby", form, {
        **html, "Content-Type": "multipart/form-data; boundary=x",
        "Origin": f"http://{server.address}"})
    assert (sent.status, sent.headers["location"]) == (303, "/r/lobby")
    cookie = sent.headers["set-cookie"]
    assert cookie.startswith("name=zoe; ") and "HttpOnly" in cookie
    again = request(server, "GET", "/r/lobby", headers={
        **html, "Cookie": cookie.split(";")[0]})
    assert 'value="zoe"' in again.text
    assert "<b>zoe</b> <span>by the form</span>" in again.text


def test_curl_says_and_hears(server):
    def curl(*arguments):
        return subprocess.run(["curl", "-sS", *arguments], text=True,
                              capture_output=True, timeout=DEADLINE,
                              check=True).stdout

    url = f"http://{server.address}/r/lobby"
    assert curl("-d", "by curl", url) == "posted 1\n"
    assert json.loads(curl("-u", "carol:", "--json", '{"text": "as json"}',
                           url))["seq"] == 2
    assert curl("-u", "carol:", "-d", "x", url) == "posted 3\n"
    assert [line.split(" ", 1)[1] for line in curl(url).splitlines()] == [
        "guest: by curl", "carol: as json", "carol: x"]
    with subprocess.Popen(["curl", "-sN", url + "?follow&after=2"],
                          stdout=subprocess.PIPE, text=True) as stream:
        assert stream.stdout.readline().endswith("carol: x\n")
        curl("-d", "live", url)
        assert stream.stdout.readline().endswith("guest: live\n")
        stream.kill()
