# SPDX-License-Identifier: MIT
"""Host, Origin and Sec-Fetch-Site over every route that changes something:
a page of another site may not post, upload or open a WebSocket here, and a
name that is not ours is no way in (DNS rebinding)."""
import base64

import pytest

from harness.http import request
from harness.websocket import handshake_fields

BOUNDARY = "x1y2"
FORM = (f"--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\n"
        f"by a form\r\n--{BOUNDARY}--\r\n").encode()
FILE_FORM = (f"--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; "
             f"filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\nbytes\r\n"
             f"--{BOUNDARY}--\r\n").encode()
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"
TUS = {"Tus-Resumable": "1.0.0"}
METADATA = ",".join(f"{key} {base64.b64encode(value).decode()}" for key, value
                    in (("filename", b"t.bin"), ("room", b"#lobby")))

# method, target, headers, body, status when it is allowed
ROUTES = {
    "post text": ("POST", "/r/lobby", {"Content-Type": "text/plain"}, b"hi",
                  201),
    "post urlencoded": ("POST", "/r/lobby", {
        "Content-Type": "application/x-www-form-urlencoded"}, b"hi", 201),
    "post JSON": ("POST", "/r/lobby", {"Content-Type": "application/json"},
                  b'{"text":"hi"}', 201),
    "post form": ("POST", "/r/lobby", {"Content-Type": MULTIPART}, FORM, 201),
    "the API's post": ("POST", "/v1/rooms/lobby/messages", {
        "Content-Type": "application/json"}, b'{"text":"hi"}', 201),
    "the API's register": ("POST", "/v1/register", {
        "Content-Type": "application/json"}, b"{}", 400),
    "the API's logout": ("POST", "/v1/logout", {}, b"", 401),
    "the API's devices": ("DELETE", "/v1/devices", {}, b"", 401),
    "put file": ("PUT", "/r/lobby/files/a.txt", {}, b"bytes", 201),
    "form file": ("POST", "/r/lobby/files", {"Content-Type": MULTIPART},
                  FILE_FORM, 201),
    "tus": ("POST", "/files", {
        **TUS, "Upload-Length": "5", "Upload-Metadata": METADATA}, b"", 201),
    "tus in a room": ("POST", "/r/lobby/files", {
        **TUS, "Upload-Length": "5", "Upload-Metadata": METADATA}, b"", 201),
    "WebSocket": ("GET", "/ws", dict(handshake_fields(
        Connection=None)), None, 101),
}

# What a request says about where it comes from; {host} is ADDRESS:PORT.
ALLOWED = {
    "nothing": {},
    "our own origin": {"Origin": "http://{host}"},
    "same-origin": {"Origin": "http://{host}", "Sec-Fetch-Site": "same-origin"},
    "typed by hand": {"Sec-Fetch-Site": "none"},
    "a listed origin": {"Origin": "https://friend.example"},
    "a listed host": {"Host": "chat.example",
                      "Origin": "http://chat.example"},
    "a listed host and port": {"Host": "chat.example:4000",
                               "Origin": "http://chat.example:4000"},
    "localhost": {"Host": "localhost:{port}",
                  "Origin": "http://localhost:{port}"},
}
REFUSED = {
    "another site": ({"Origin": "http://evil.example"}, 403),
    "null": ({"Origin": "null"}, 403),
    "a file": ({"Origin": "file://"}, 403),
    "another port": ({"Origin": "http://127.0.0.1:1"}, 403),
    "no port": ({"Origin": "http://127.0.0.1"}, 403),
    "a longer name": ({"Origin": "http://{host}.evil.example"}, 403),
    "a name before": ({"Origin": "http://evil.example#{host}"}, 403),
    "as user info": ({"Origin": "http://{host}@evil.example"}, 403),
    "two origins": ({"Origin": "http://{host} http://evil.example"}, 403),
    "a subdomain": ({"Origin": "https://sub.friend.example"}, 403),
    "an extension": ({"Origin": "chrome-extension://abcdef"}, 403),
    "an empty one": ({"Origin": ""}, 403),
    "cross-site": ({"Sec-Fetch-Site": "cross-site"}, 403),
    "same-site": ({"Sec-Fetch-Site": "same-site"}, 403),
    "cross-site with our origin": ({"Origin": "http://{host}",
                                    "Sec-Fetch-Site": "cross-site"}, 403),
    "a foreign host": ({"Host": "evil.example"}, 421),
    "a foreign host of that name": ({"Host": "evil.example",
                                     "Origin": "http://evil.example"}, 421),
    "a rebound name": ({"Host": "evil.example:{port}",
                        "Origin": "http://evil.example:{port}"}, 421),
}


@pytest.fixture
def guarded(serve):
    return serve("--http-hosts", "chat.example", "--http-origins",
                 "https://friend.example", "--files-floor", "0",
                 "--files-floor_percent", "0")


def ask(server, route, says):
    method, target, headers, body, _ = ROUTES[route]
    headers = dict(headers)
    for name, value in says.items():
        headers[name] = value.format(host=server.address, port=server.port)
    if route == "WebSocket":
        return upgrade(server, headers)
    return request(server, method, target, body, headers).status


def upgrade(server, headers):
    """request() says Connection: close, which an upgrade does not."""
    from harness.http import HttpSocket, head
    http = HttpSocket(server)
    http.send(head("GET", "/ws", [*headers.items(),
                                  ("Connection", "Upgrade")], server))
    status = http.read_head().status
    http.close()
    return status


def texts(server):
    answer = request(server, "GET", "/r/lobby?limit=500",
                     headers={"Accept": "application/json"})
    return answer.json()["messages"] if answer.status == 200 else []


@pytest.mark.parametrize("route", ROUTES)
def test_who_may_change_something(guarded, route):
    wrong = []
    for name, says in ALLOWED.items():
        got = ask(guarded, route, says)
        if got != ROUTES[route][4]:
            wrong.append((name, got))
    before = len(texts(guarded))
    for name, (says, wanted) in REFUSED.items():
        got = ask(guarded, route, says)
        if got != wanted:
            wrong.append((name, got))
    assert len(texts(guarded)) == before, "a refused one was stored"
    print(f"\n{route}: {len(ALLOWED)} allowed, {len(REFUSED)} refused, "
          f"{len(wrong)} wrong")
    assert not wrong


@pytest.mark.parametrize("target", ["/", "/r", "/r/lobby", "/r/lobby?follow",
                                    "/r/lobby/files", "/healthz", "/metrics"])
def test_reading_by_a_foreign_name_is_refused(guarded, target):
    """What a rebound name would read is the page of another site's reader."""
    for host in ("evil.example", f"evil.example:{guarded.port}"):
        assert request(guarded, "GET", target,
                       headers={"Host": host}).status == 421, (target, host)


def test_nothing_is_readable_by_another_origin(guarded):
    """No CORS header for anybody but the listed."""
    for target in ("/", "/r/lobby", "/r/lobby/files", "/files"):
        for method in ("GET", "OPTIONS"):
            answer = request(guarded, method, target,
                             headers={"Origin": "http://evil.example",
                                      "Access-Control-Request-Method": "PUT"})
            assert "access-control-allow-origin" not in answer.headers, answer


def test_no_change_by_a_safe_method(guarded):
    for target in ("/r/lobby?text=hi", "/r/lobby?post=hi", "/r/lobby/files/x"):
        for method in ("GET", "HEAD", "OPTIONS"):
            request(guarded, method, target)
    assert texts(guarded) == []


def test_a_chat_language_inside_a_body_never_runs(guarded, clients):
    """A browser can be made to send any bytes as a body: what looks like
    another language there stays a text, or nothing."""
    from harness.line import LineClient
    watcher = clients(LineClient, guarded, "watcher")
    for body in (b"mallory\nhello from a body\n/quit\n",
                 b"NICK mallory\r\nUSER m 0 * :m\r\nPRIVMSG #lobby :hi\r\n",
                 b"\x89LQT\r\n\x1a\n\0\0\0\0\x01",
                 b"POST /r/lobby HTTP/1.1\r\nHost: x\r\n"
                 b"Content-Length: 8\r\n\r\nsmuggled"):
        for target in ("/", "/nowhere", "/ws", "/healthz"):
            request(guarded, "POST", target, body,
                    {"Origin": "http://evil.example"})
            request(guarded, "POST", target, body)
    watcher.sync()
    assert not [line for line in watcher.lines
                if "mallory" in line or "smuggled" in line]
    assert texts(guarded) == []
