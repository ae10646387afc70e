# SPDX-License-Identifier: MIT
"""Files over HTTP: PUT, forms, tus, downloads that follow an upload."""
import base64
import hashlib
import os
import random
import subprocess

import pytest

from harness.files import wait_until
from harness.http import Follow, HttpSocket, head, request
from harness.line import LineClient
from harness.server import DEADLINE

JSON = {"Accept": "application/json"}
TUS = {"Tus-Resumable": "1.0.0"}
OFFSET_TYPE = {"Content-Type": "application/offset+octet-stream"}
ROOMY = ("--files-floor", "0", "--files-floor_percent", "0")


@pytest.fixture
def store(serve):
    """A server that leaves nothing of the disk to others."""
    return serve(*ROOMY)


def put(server, called, data, **settings):
    return request(server, "PUT", f"/r/lobby/files/{called}", data,
                   **settings)


def get(server, path, **fields):
    return request(server, "GET", path,
                   headers={k.replace("_", "-"): v for k, v in fields.items()})


def files(server):
    return request(server, "GET", "/r/lobby/files",
                   headers=JSON).json()["files"]


def metadata(**pairs):
    return {"Upload-Metadata": ",".join(
        f"{key} {base64.b64encode(value.encode()).decode()}"
        for key, value in pairs.items())}


def create(server, size, name="f.bin", body=None):
    headers = {**TUS, **metadata(filename=name, room="lobby"),
               "Upload-Length": size}
    if body is not None:
        headers.update(OFFSET_TYPE)
    return request(server, "POST", "/files", body, headers)


def patch(server, path, offset, body, **headers):
    return request(server, "PATCH", path, body, {
        **TUS, **OFFSET_TYPE, "Upload-Offset": offset,
        **{k.replace("_", "-"): v for k, v in headers.items()}})


def offset_of(server, path):
    return int(request(server, "HEAD", path,
                       headers=TUS).headers["upload-offset"])


# --- PUT and forms ----------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 65535, 65536, 65537, 5 << 20])
@pytest.mark.parametrize("chunked", [False, True])
def test_what_is_put_comes_back(store, clients, size, chunked):
    follow = clients(Follow, store)
    data = random.Random(size).randbytes(size)
    if chunked:
        body = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (
            data[i:i + 70001] for i in range(0, size, 70001)))
        answer = request(store, "PUT", "/r/lobby/files/a%20b.bin",
                         body + b"0\r\n\r\n",
                         {"Transfer-Encoding": "chunked", **JSON}, "bob")
    else:
        answer = put(store, "a%20b.bin", data, headers=JSON, name="bob")
    assert answer.status == 201, answer
    told = answer.json()
    assert answer.headers["location"] == told["url"]
    assert (told["name"], told["size"]) == ("a b.bin", size)

    got = get(store, told["url"])
    assert got.body == data
    assert got.headers["repr-digest"] == "sha-256=:" + base64.b64encode(
        hashlib.sha256(data).digest()).decode() + ":"
    shared = follow.expect(lambda e: e["type"] == "message")
    assert shared["kind"] == "file" and shared["sender"] == "bob"
    assert shared["file"]["sha256"] == hashlib.sha256(data).hexdigest()
    listed, = files(store)
    assert listed["file"] == shared["file"]


def test_curl_uploads_and_downloads(store, tmp_path):
    data = os.urandom(3 << 20)
    (tmp_path / "f.bin").write_bytes(data)

    def curl(*arguments):
        return subprocess.run(["curl", "-sS", "--fail-with-body", *arguments],
                              capture_output=True, timeout=DEADLINE,
                              cwd=tmp_path, check=True).stdout.decode()

    base = f"http://{store.address}/r/lobby/files"
    url = curl("-T", "f.bin", base + "/").strip()
    curl("-o", "got.bin", url)
    assert (tmp_path / "got.bin").read_bytes() == data
    (tmp_path / "part.bin").write_bytes(data[:1000000])
    curl("-C", "-", "-o", "part.bin", url)
    assert (tmp_path / "part.bin").read_bytes() == data
    urls = curl("-F", "name=zoe", "-F", "file=@f.bin", "-F",
                "file=@got.bin;filename=second.bin", base).split()
    assert len(urls) == 2 and urls[1].endswith("/second.bin")
    curl("-o", "got2.bin", urls[1])
    assert (tmp_path / "got2.bin").read_bytes() == data
    assert "zoe: second.bin (3145728 bytes) /f/" in curl(base)


def test_what_is_refused_is_refused_before_the_body(serve):
    server = serve(*ROOMY, "--files-largest", "1000", "--files-per_room",
                   "1500")
    http = HttpSocket(server)
    http.send(head("PUT", "/r/lobby/files/a", [
        ("Content-Length", 1001), ("Expect", "100-continue")], server))
    answer = http.read_answer()
    assert answer.status == 413 and answer.headers["connection"] == "close"
    http.expect_end()
    http.close()
    assert put(server, "a", bytes(1000)).status == 201
    full = put(server, "b", bytes(501), headers=JSON)
    assert (full.status, full.json()["code"]) == (507, "no_quota")
    assert put(server, "b", bytes(500)).status == 201
    assert [f["file"]["name"] for f in files(server)] == ["b", "a"]

    http = HttpSocket(server)
    http.send(head("PUT", "/r/lobby/files/a", [
        ("Content-Length", 0), ("Expect", "100-continue")], server))
    assert http.read_answer().status == 201          # nothing to wait for
    http.close()


def test_a_body_is_asked_for_when_there_is_room_for_it(store):
    http = HttpSocket(store)
    http.send(head("PUT", "/r/lobby/files/a", [
        ("Content-Length", 5), ("Expect", "100-continue")], store))
    assert http.read_answer().status == 100
    http.send(b"hello")
    assert http.read_answer().status == 201
    http.close()


def test_a_digest_is_checked(store):
    right = base64.b64encode(hashlib.sha256(b"hello").digest()).decode()
    assert put(store, "a", b"hello", headers={
        "Repr-Digest": f"sha-256=:{right}:"}).status == 201
    wrong = put(store, "b", b"hallo", headers={
        "Content-Digest": f"sha-256=:{right}:", **JSON})
    assert (wrong.status, wrong.json()["code"]) == (400, "bad_checksum")
    assert [f["file"]["name"] for f in files(store)] == ["a"]


def test_an_upload_that_is_cut_leaves_nothing_and_resets_its_readers(store,
                                                                     clients):
    follow = clients(Follow, store)
    http = HttpSocket(store)
    http.send(head("PUT", "/r/lobby/files/a", [("Content-Length", 1000)],
                   store) + bytes(500))
    path = follow.expect(lambda e: e["type"] == "uploading")["file"]["url"]
    reader = HttpSocket(store)
    reader.send(head("GET", path, [], store))
    assert reader.read_head().headers["content-length"] == "1000"
    reader.read_bytes(500)
    http.close()
    with pytest.raises(ConnectionResetError):
        reader.read_to_end()
    reader.close()
    assert files(store) == []
    assert get(store, path).status == 404


def test_a_page_takes_files_by_its_form(store):
    form = (b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\nzoe'
            b'\r\n--x\r\nContent-Disposition: form-data; name="file"; '
            b'filename="pic.png"\r\nContent-Type: image/png\r\n\r\n'
            b"\x89PNG\r\n\x1a\n" + bytes(600) + b"\r\n--x--\r\n")
    sent = request(store, "POST", "/r/lobby/files", form, {
        "Accept": "text/html", "Origin": f"http://{store.address}",
        "Content-Type": "multipart/form-data; boundary=x"})
    assert (sent.status, sent.headers["location"]) == (303, "/r/lobby")
    page = request(store, "GET", "/r/lobby", headers={"Accept": "text/html"})
    url = files(store)[0]["file"]["url"]
    assert f'<img loading="lazy" src="{url}" alt="pic.png">' in page.text
    picture = get(store, url)
    assert picture.headers["content-type"] == "image/png"
    assert picture.headers["content-disposition"].startswith("inline")
    other = request(store, "POST", "/r/lobby/files", form, {
        "Origin": "http://evil.example",
        "Content-Type": "multipart/form-data; boundary=x"})
    assert other.status == 403


# --- downloads --------------------------------------------------------------


@pytest.mark.parametrize("known", [True, False])
def test_a_download_follows_an_upload(store, clients, known):
    follow = clients(Follow, store)
    data = os.urandom(2 << 20)
    half = len(data) // 2
    up = HttpSocket(store)
    length = ("Content-Length", len(data)) if known else (
        "Transfer-Encoding", "chunked")
    up.send(head("PUT", "/r/lobby/files/live.bin", [length], store))

    def give(part):
        up.send(part if known else b"%x\r\n%s\r\n" % (len(part), part))

    path = follow.expect(lambda e: e["type"] == "uploading")["file"]["url"]
    give(data[:half])
    readers = []
    for _ in range(3):
        reader = HttpSocket(store)
        reader.send(head("GET", path, [], store))
        fields = reader.read_head().headers
        assert fields.get("content-length") == (str(len(data)) if known
                                                else None)
        assert fields["cache-control"] == "no-store"
        readers.append(reader)
    got = [_read(reader, half, known) for reader in readers]
    assert all(part == data[:half] for part in got)
    give(data[half:])
    if not known:
        up.send(b"0\r\n\r\n")
    assert up.read_answer().status == 201
    for reader in readers:
        assert _read(reader, len(data) - half, known) == data[half:]
        if not known:
            assert reader.read_chunk() == b""
        reader.send(head("GET", "/healthz", [], store))
        assert reader.read_answer().text == "ok\n"
        reader.close()
    up.close()


def _read(reader, n, known):
    if known:
        return reader.read_bytes(n)
    data = b""
    while len(data) < n:
        data += reader.read_chunk()
    return data


def test_parts_and_conditions(store):
    data = bytes(range(256)) * 40
    path = put(store, "a.bin", data, headers=JSON).json()["url"]
    whole = get(store, path)
    etag = whole.headers["etag"]
    assert whole.headers["accept-ranges"] == "bytes"
    for value, first, last in (("bytes=0-0", 0, 0), ("bytes=100-", 100, None),
                               ("bytes=-7", len(data) - 7, None),
                               ("bytes=5-99999999", 5, None)):
        last = len(data) - 1 if last is None else last
        part = get(store, path, Range=value, If_Range=etag)
        assert part.status == 206 and part.body == data[first:last + 1]
        assert part.headers["content-range"] == \
            f"bytes {first}-{last}/{len(data)}"
    assert get(store, path, Range="bytes=10240-").status == 416
    assert get(store, path, Range="bytes=0-1", If_Range='"x"').body == data
    assert get(store, path, Range="bytes=0-1,5-6").body == data
    assert get(store, path, If_None_Match=etag).status == 304
    assert request(store, "HEAD", path).headers["content-length"] == "10240"
    id_only = path.rsplit("/", 1)[0]
    assert get(store, id_only).body == data
    assert get(store, "/f/" + "0" * 26).status == 404


def test_a_name_is_nobodys_path(store):
    for name, safe in (("..%5C..%5Cetc%5Cpasswd", "passwd"),
                       ("%E2%80%AEgnp.exe", "gnp.exe"),
                       ("a%0D%0ASet-Cookie:%20x", None),
                       ("caf%C3%A9.txt", "caf\u00e9.txt")):
        answer = put(store, name, b"x", headers=JSON)
        assert answer.status == 201, (name, answer)
        if safe:
            assert answer.json()["name"] == safe
        got = get(store, answer.json()["url"])
        assert "set-cookie" not in got.headers
        assert got.headers["content-disposition"].startswith("inline; filen")
    assert put(store, "%2e%2e%2fx", b"x").status == 400


# --- tus --------------------------------------------------------------------


def test_tus_tells_what_it_can(store):
    answer = request(store, "OPTIONS", "/files")
    assert answer.status == 204
    assert answer.headers["tus-version"] == "1.0.0"
    assert set(answer.headers["tus-extension"].split(",")) == {
        "creation", "creation-with-upload", "expiration", "termination",
        "checksum"}
    assert answer.headers["tus-checksum-algorithm"] == "sha1,sha256"


def test_an_upload_survives_kill_9_at_any_moment(store):
    data = os.urandom(4 << 20)
    made = create(store, len(data))
    assert made.status == 201 and "upload-expires" in made.headers
    path = made.headers["location"]
    offset, cuts = 0, random.Random(7)
    for _ in range(3):
        http = HttpSocket(store)
        http.send(head("PATCH", path, [
            *TUS.items(), *OFFSET_TYPE.items(), ("Upload-Offset", offset),
            ("Content-Length", len(data) - offset)], store))
        http.send(data[offset:offset + cuts.randrange(1, 1 << 20)])
        store.kill()
        store.start()
        http.close()
        new = offset_of(store, path)
        assert new >= offset
        offset = new
    done = patch(store, path, offset, data[offset:])
    assert done.status == 204, done
    assert done.headers["upload-offset"] == str(len(data))
    assert get(store, done.headers["content-location"]).body == data
    assert offset_of(store, path) == len(data)       # and it can be told again
    assert len(files(store)) == 1


def test_a_newer_patch_cuts_off_the_older_one(store):
    path = create(store, 10).headers["location"]
    old = HttpSocket(store)
    old.send(head("PATCH", path, [
        *TUS.items(), *OFFSET_TYPE.items(), ("Upload-Offset", 0),
        ("Content-Length", 10)], store) + b"abc")
    reader = HttpSocket(store)       # asking for the offset would cut it off
    reader.send(head("GET", "/f/" + path.split("/")[-1][:26], [], store))
    reader.read_until(b"\r\n\r\n")
    assert reader.read_bytes(3) == b"abc"
    assert patch(store, path, 3, b"defghij").status == 204
    assert reader.read_bytes(7) == b"defghij"
    reader.close()
    old.send(b"XXXXXXX")
    assert old.read_answer().status >= 400
    old.close()
    assert get(store, files(store)[0]["file"]["url"]).body == b"abcdefghij"


def test_offsets_versions_types_and_sums_are_checked(store):
    path = create(store, 10).headers["location"]
    assert patch(store, path, 1, b"x").status == 409
    assert request(store, "PATCH", path, b"x", {
        **TUS, "Upload-Offset": "0"}).status == 415
    assert request(store, "HEAD", path).status == 412
    assert patch(store, path, 0, bytes(11)).status == 413
    sum1 = base64.b64encode(hashlib.sha1(b"hello").digest()).decode()
    assert patch(store, path, 0, b"hallo",
                 Upload_Checksum=f"sha1 {sum1}").status == 460
    assert offset_of(store, path) == 0
    assert patch(store, path, 0, b"hello",
                 Upload_Checksum=f"sha1 {sum1}").status == 204
    assert offset_of(store, path) == 5
    assert request(store, "DELETE", path, headers=TUS).status == 204
    assert request(store, "HEAD", path, headers=TUS).status == 404
    wrong = create(store, 5).headers["location"]
    wrong = wrong[:-1] + ("0" if wrong[-1] != "0" else "1")
    assert request(store, "HEAD", wrong, headers=TUS).status == 404


def test_an_upload_may_come_with_its_creation(store, clients):
    alice = clients(LineClient, store, "alice")
    made = create(store, 5, "whole.txt", b"hello")
    assert (made.status, made.headers["upload-offset"]) == (201, "5")
    assert get(store, made.headers["content-location"]).body == b"hello"
    alice.sync()
    assert any("whole.txt" in line for line in alice.lines)
    assert create(store, 0, "empty.txt").status == 201
    assert {f["file"]["name"] for f in files(store)} == {"whole.txt",
                                                         "empty.txt"}


def test_an_abandoned_upload_expires(serve):
    server = serve(*ROOMY, "--files-unfinished", "1s")
    path = create(server, 10, body=b"abc").headers["location"]
    wait_until(lambda: not os.listdir(server.folder / "data" / "files"),
               "the end of its bytes")
    assert request(server, "HEAD", path, headers=TUS).status == 404


def test_a_stalled_upload_is_given_up_and_can_be_resumed(serve):
    server = serve(*ROOMY, "--http-body_rate", "1M")
    path = create(server, 100).headers["location"]
    http = HttpSocket(server)
    http.send(head("PATCH", path, [
        *TUS.items(), *OFFSET_TYPE.items(), ("Upload-Offset", 0),
        ("Content-Length", 100)], server) + b"abc")
    assert http.read_answer().status == 408
    http.close()
    assert offset_of(server, path) == 3
