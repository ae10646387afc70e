# SPDX-License-Identifier: MIT
"""When there is no room: a disk that is full, quotas, no more descriptors, a
disk that fails. Every door says so clearly, nothing that was acknowledged is
lost, and all works again without a restart."""
import base64
import os
import pathlib
import resource
import shutil
import subprocess
import time

import pytest

from harness.command import run
from harness.files import NO_FLOOR, shared_files, wait_until
from harness.http import HttpSocket, head, request
from harness.line import LineClient
from harness.native import NativeClient, pb
from harness.server import DEADLINE, ROOT

MIB = 1 << 20
DISK = 48 * MIB
FILE = 8 * MIB

# Words that tell a person why; each door has its own.
FULL_STATUS = (507,)


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 48 MiB of its own."""
    folder = tmp_path / "small"
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}",
                           "loquat-test", folder], capture_output=True,
                          text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"a tmpfs cannot be mounted here: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


class Filler:
    """Takes all that is free but `left` bytes, and gives it back."""

    def __init__(self, folder):
        self.path = folder / "filler"

    def fill(self, left=0):
        free = shutil.disk_usage(self.path.parent).free - left
        with open(self.path, "ab") as out:
            while free > 0:
                try:
                    free -= out.write(b"\0" * min(MIB, free))
                    out.flush()
                except OSError:
                    break

    def empty(self):
        self.path.unlink()


# The doors: each shares `size` bytes, and says how it went: "ok", or the
# words of its refusal.

def by_put(server, size, tag):
    answer = request(server, "PUT", f"/r/lobby/files/put-{tag}.bin",
                     b"x" * size)
    return "ok" if answer.status == 201 else f"{answer.status} {answer.text}"


def by_chunked_put(server, size, tag):
    """Nobody knows how much is to come."""
    http = HttpSocket(server)
    http.send(head("PUT", f"/r/lobby/files/chunked-{tag}.bin",
                   [("Transfer-Encoding", "chunked"),
                    ("Connection", "close")], server))
    try:
        for _ in range(size // 65536):
            http.send(b"10000\r\n" + b"x" * 65536 + b"\r\n")
        http.send(b"0\r\n\r\n")
    except (BrokenPipeError, ConnectionResetError):
        pass
    answer = http.read_answer()
    http.close()
    return "ok" if answer.status == 201 else f"{answer.status} {answer.text}"


def by_tus(server, size, tag):
    name = base64.b64encode(f"tus-{tag}.bin".encode()).decode()
    answer = request(server, "POST", "/r/lobby/files", b"x" * size, {
        "Tus-Resumable": "1.0.0", "Upload-Length": size,
        "Content-Type": "application/offset+octet-stream",
        "Upload-Metadata": f"filename {name}"})
    if answer.status == 201 and \
            answer.headers.get("upload-offset") == str(size):
        return "ok"
    return f"{answer.status} {answer.text}"


def by_native(server, size, tag):
    client = NativeClient(server, f"native{tag}")
    try:
        number = client.start(put_file=pb.PutFile(
            stream=1, target="#lobby", name=f"native-{tag}.bin", size=size))
        answer = client._wait(lambda e: e.request == number)
        if answer.WhichOneof("body") == "error":
            return f"{pb.ErrorCode.Name(answer.error.code)} {answer.error.text}"
        return send_native(client, size, answer.putting.credit)
    finally:
        client.close()


def send_native(client, size, credit):
    """All bytes as credit comes; then FileEnd and its answer."""
    sent = 0
    while sent < size:
        while credit == 0:
            event = client.read()
            kind = event.WhichOneof("body")
            if kind == "credit":
                credit += event.credit.bytes
            elif kind == "file_end":
                return f"{pb.ErrorCode.Name(event.file_end.code)} " \
                    f"{event.file_end.text}"
        n = min(credit, size - sent, 65536)
        payload = (1).to_bytes(4, "big") + b"x" * n
        client.send_bytes(len(payload).to_bytes(4, "big") + b"\2" + payload)
        sent, credit = sent + n, credit - n
    number = client.start(file_end=pb.FileEnd(stream=1))
    answer = client._wait(
        lambda e: e.request == number or (
            e.request == 0 and e.WhichOneof("body") == "file_end"))
    if answer.WhichOneof("body") == "posted":
        return "ok"
    fault = getattr(answer, answer.WhichOneof("body"))
    return f"{pb.ErrorCode.Name(fault.code)} {fault.text}"


def by_line(server, size, tag):
    client = LineClient(server, f"line{tag}")
    try:
        client.send_bytes(b"FILE:line-%s.bin:%d\n" % (tag.encode(), size))
        try:
            client.send_bytes(b"x" * size)
        except (BrokenPipeError, ConnectionResetError):
            pass
        line = client.expect_line(lambda line: "line-" in line or
                                  "file" in line.lower() or
                                  "storage" in line.lower() or
                                  "room" in line.lower())
        return "ok" if line.startswith("Shared ") else line
    finally:
        client.close()


def by_loquat_put(server, size, tag):
    path = server.folder / f"command-{tag}.bin"
    path.write_bytes(b"x" * size)
    done = run(server, "put", str(path), "#lobby",
               XDG_STATE_HOME=str(server.folder / "state"),
               RECONNECT_ATTEMPTS="1")     # a full disk is waited for
    path.unlink()
    if done.returncode == 0:
        return "ok"
    return f"exit {done.returncode}: {done.stderr.strip()}"


DOORS = {"PUT": by_put, "chunked PUT": by_chunked_put, "tus": by_tus,
         "native": by_native, "line": by_line, "loquat put": by_loquat_put}
CLEAR = ("space", "full", "storage", "disk", "room left", "take all",
         "larger than", "descriptor")


def knock_everywhere(server, size, tag):
    return {name: door(server, size, tag) for name, door in DOORS.items()}


def expect_refusals(said, status=None):
    for door, words in said.items():
        assert words != "ok", f"{door} took it"
        assert any(word in words.lower() for word in CLEAR), (door, words)
        if status and door in ("PUT", "chunked PUT", "tus"):
            assert words.startswith(tuple(map(str, status))), (door, words)
        if door == "loquat put":
            assert words.startswith("exit 6"), words


def expect_all(said):
    assert all(words == "ok" for words in said.values()), said


def show(title, said):
    print(f"\n{title}:")
    for door, words in said.items():
        print(f"  {door:<12} {' '.join(words.split())[:110]}")


def texts_of(server):
    messages = request(server, "GET", "/r/lobby?limit=500", headers={
        "Accept": "application/json"}).json()["messages"]
    return [m["text"] for m in messages if m["kind"] == "text"]


@pytest.fixture
def cramped(serve, small_disk):
    def start(*options):
        server = serve(*NO_FLOOR, "--limits-messages_per_second", "0",
                       "--data", str(small_disk / "data"), *options)
        return server, Filler(small_disk)
    return start


def test_a_full_disk_refuses_files_at_every_door(cramped):
    server, filler = cramped()
    alice = NativeClient(server, "alice")
    alice.post("before")
    assert by_put(server, MIB, "early") == "ok"
    before = {f["id"] for f in shared_files(server)}

    filler.fill(left=2 * MIB)
    said = knock_everywhere(server, FILE, "full")
    show("2 MiB free, 8 MiB wanted", said)
    expect_refusals(said, FULL_STATUS)
    assert {f["id"] for f in shared_files(server)} == before
    alice.post("chat goes on")

    filler.empty()
    expect_all(knock_everywhere(server, MIB, "later"))
    alice.post("after")
    alice.close()
    assert texts_of(server) == ["before", "chat goes on", "after"]
    for file in shared_files(server):
        body = request(server, "GET", f"/f/{file['id']}").body
        assert body == b"x" * MIB, file


def test_a_disk_without_a_byte_refuses_chat_too_and_recovers(cramped):
    server, filler = cramped()
    alice = NativeClient(server, "alice")
    bob = LineClient(server, "bob")
    acknowledged = []
    for n in range(10):
        acknowledged.append(f"message {n}")
        alice.post(acknowledged[-1])
    filler.fill()

    refused, n = None, 0
    end = time.monotonic() + DEADLINE
    while refused is None:
        n += 1
        text = f"full {n} " + "y" * 900
        number = alice.start(post=pb.Post(
            target="#lobby", kind=pb.MESSAGE_KIND_TEXT, text=text))
        answer = alice._wait(lambda e: e.request == number)
        if answer.WhichOneof("body") == "posted":
            acknowledged.append(text)
        else:
            refused = answer.error
        assert time.monotonic() < end, "the disk is never full"
    assert refused.code in (pb.ERROR_CODE_STORAGE_FULL,
                            pb.ERROR_CODE_STORAGE_BROKEN), refused
    line = refused_line(bob)
    http = refused_post(server)
    print(f"\nno byte free: native {pb.ErrorCode.Name(refused.code)} "
          f"{refused.text!r}; line {line!r}; HTTP {http.status} "
          f"{http.text.strip()!r}")
    assert http.status == 507, http

    filler.empty()
    recovered(alice, acknowledged)
    expect_all({"PUT": by_put(server, MIB, "a"),
                "line": by_line(server, MIB, "a")})
    bob.close()
    alice.close()
    assert [t for t in texts_of(server) if t.startswith(
        ("message", "full", "again"))] == acknowledged
    server.restart(kill=True)
    assert [t for t in texts_of(server) if t.startswith(
        ("message", "full", "again"))] == acknowledged


def refused_line(bob):
    """Says long lines until one is refused: a short one may still fit."""
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        bob.say("line " + "z" * 900)
        mark = f"/sync-{time.monotonic_ns()}"
        bob.say(mark)
        while mark not in (line := bob.read_line()):
            if not line.startswith("alice:"):
                return line
    raise AssertionError("no line is refused")


def refused_post(server):
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        answer = request(server, "POST", "/r/lobby", b"http " + b"z" * 900,
                         name="carol")
        if answer.status != 201:
            return answer
    raise AssertionError("no post is refused")


def recovered(alice, acknowledged):
    """A post is taken again, without a restart."""
    end = time.monotonic() + DEADLINE
    while True:
        number = alice.start(post=pb.Post(
            target="#lobby", kind=pb.MESSAGE_KIND_TEXT, text="again"))
        if alice._wait(lambda e: e.request == number
                       ).WhichOneof("body") == "posted":
            acknowledged.append("again")
            return
        assert time.monotonic() < end, "it does not recover"


def test_an_upload_that_fills_the_disk_can_be_gone_on_with(cramped):
    """Full in the middle of a resumable upload: what was promised is kept."""
    server, filler = cramped()
    tus = {"Tus-Resumable": "1.0.0"}
    created = request(server, "POST", "/r/lobby/files", b"", {
        **tus, "Upload-Length": FILE, "Upload-Metadata": "filename eA=="})
    assert created.status == 201
    target = created.headers["location"]
    target = "/" + target.split("/", 3)[3] if "://" in target else target
    patch = {**tus, "Content-Type": "application/offset+octet-stream"}
    first = request(server, "PATCH", target, b"a" * MIB,
                    {**patch, "Upload-Offset": 0})
    assert first.status == 204 and first.headers["upload-offset"] == str(MIB)

    filler.fill()
    refused = request(server, "PATCH", target, b"b" * (FILE - MIB),
                      {**patch, "Upload-Offset": MIB})
    assert refused.status == 507, refused
    # While it is full the rest has no place, and that is what HEAD says.
    assert request(server, "HEAD", target, headers=tus).status == 507
    filler.empty()
    told = request(server, "HEAD", target, headers=tus)
    assert told.status == 200, told
    offset = int(told.headers["upload-offset"])
    assert MIB <= offset < FILE
    rest = request(server, "PATCH", target, b"b" * (FILE - offset),
                   {**patch, "Upload-Offset": offset})
    assert rest.status == 204, rest
    (file,) = shared_files(server)
    assert request(server, "GET", f"/f/{file['id']}").body == \
        b"a" * MIB + b"b" * (FILE - MIB)


@pytest.mark.parametrize("key", ["largest", "per_user", "per_room", "total"])
def test_quotas_at_every_door(serve, key):
    server = serve(*NO_FLOOR, f"--files-{key}", "6M",
                   "--limits-messages_per_second", "0")
    said = knock_everywhere(server, FILE, "big")
    show(f"files.{key} = 6M, 8 MiB wanted", said)
    expect_refusals(said, (413, 507))
    expect_all({"PUT": by_put(server, MIB, "small")})
    assert len(shared_files(server)) == 1


def test_a_quota_counts_what_is_still_arriving(serve):
    """Fifty at once, of which six fit: six are taken."""
    server = serve(*NO_FLOOR, "--files-total", "6M",
                   "--limits-messages_per_second", "0")
    opened = []
    for n in range(50):
        http = HttpSocket(server)
        http.send(head("PUT", f"/r/lobby/files/{n}.bin",
                       [("Content-Length", str(MIB)),
                        ("Expect", "100-continue")], server))
        opened.append(http)
    heads = [http.read_head() for http in opened]
    statuses = [answer.status for answer in heads]
    assert statuses.count(100) == 6, statuses
    assert set(statuses) == {100, 507} or set(statuses) == {100, 413}
    for http, status in zip(opened, statuses):
        if status == 100:
            http.send(b"x" * MIB)
            assert http.read_answer().status == 201
        http.close()
    assert len(shared_files(server)) == 6


def wish_for(server, size):
    """A PUT that waits for leave: (its connection, the status)."""
    http = HttpSocket(server)
    http.send(head("PUT", "/r/lobby/files/x.bin", [
        ("Content-Length", str(size)), ("Expect", "100-continue")], server))
    return http, http.read_head().status


def test_what_is_given_up_frees_its_quota(serve):
    server = serve(*NO_FLOOR, "--files-total", "6M",
                   "--limits-messages_per_second", "0")
    for _ in range(5):
        end = time.monotonic() + DEADLINE
        while True:
            http, status = wish_for(server, 5 * MIB)
            if status == 100:
                break
            http.close()
            assert time.monotonic() < end, status
        http.send(b"x" * 1000)
        http.close()
    folder = server.folder / "data" / "files"
    wait_until(lambda: not list(folder.iterdir()), "an empty folder")


# Out of descriptors.

def limit_files(server, soft):
    resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE,
                     (soft, resource.prlimit(server.process.pid,
                                             resource.RLIMIT_NOFILE)[1]))


def open_files(server):
    return len(os.listdir(f"/proc/{server.process.pid}/fd"))


def test_out_of_descriptors(serve):
    """Who is there goes on talking and is told why no file can be opened; who
    comes waits or is told; afterwards all is as before."""
    server = serve(*NO_FLOOR, "--limits-messages_per_second", "0")
    alice = NativeClient(server, "alice")
    bob = LineClient(server, "bob")
    keeper = HttpSocket(server)
    keeper.send(head("GET", "/healthz", [], server))
    assert keeper.read_answer().status == 200
    alice.post("before")
    had = resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)[0]

    limit_files(server, max(int(fd) for fd in os.listdir(
        f"/proc/{server.process.pid}/fd")) + 1)
    keeper.send(head("PUT", "/r/lobby/files/x.bin",
                     [("Content-Length", "5")], server) + b"bytes")
    answer = keeper.read_answer()
    number = alice.start(put_file=pb.PutFile(stream=1, target="#lobby",
                                             name="y.bin", size=5))
    native = alice._wait(lambda e: e.request == number)
    assert native.WhichOneof("body") == "error", native
    bob.send_bytes(b"FILE:z.bin:5\nbytes")
    line = bob.expect_line(lambda line: "alice" not in line)
    print(f"\nno descriptor: HTTP {answer.status} {answer.text.strip()!r}; "
          f"native {native.error.text!r}; line {line!r}")
    assert answer.status in (503, 507), answer
    for words in (answer.text, native.error.text, line):
        assert any(word in words for word in ("descriptor", "space", "later")
                   ), words
    for n in range(20):
        alice.post(f"meanwhile {n}")
        bob.sees("alice", f"meanwhile {n}")
    waiting = HttpSocket(server)        # in the kernel's queue, or told so

    limit_files(server, had)
    expect_all(knock_everywhere(server, 1000, "later"))
    waiting.close()
    keeper.close()
    alice.close()
    bob.close()


# A disk that fails.

def strace(server, *inject):
    tracer = subprocess.Popen(
        ["strace", "-f", "-qq", "-o", "/dev/null",
         *[word for rule in inject for word in ("-e", f"inject={rule}")],
         "-p", str(server.process.pid)],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    status = pathlib.Path(f"/proc/{server.process.pid}/status")
    wait_until(lambda: "TracerPid:\t0\n" not in status.read_text() or
               tracer.poll() is not None, "strace")
    if tracer.poll() is not None:
        pytest.skip(f"strace: {tracer.stderr.read().decode().strip()}")
    return tracer


@pytest.mark.parametrize("rule", [
    "pwrite64:error=EIO", "pwrite64:error=EIO:when=2+3",
    "pwrite64:error=ENOSPC", "fdatasync:error=EIO", "fsync:error=EIO",
    "rename,renameat,renameat2:error=EIO"])
def test_a_disk_that_fails_says_so(serve, rule):
    """Whatever fails: no upload is acknowledged that is not whole, and what
    was acknowledged before is there after a restart."""
    if not shutil.which("strace"):
        pytest.skip("no strace here")
    server = serve(*NO_FLOOR, "--limits-messages_per_second", "0",
                   build=ROOT / "build")
    assert by_put(server, 300000, "before") == "ok"
    tracer = strace(server, rule)
    outcomes = []
    try:
        for n in range(3):
            try:
                outcomes.append(by_put(server, 300001 + n, f"while{n}"))
            except (AssertionError, OSError) as e:
                outcomes.append(type(e).__name__)
    finally:
        tracer.terminate()
        tracer.wait(DEADLINE)
        tracer.stderr.close()
    print(f"\n{rule}: {[' '.join(o.split())[:70] for o in outcomes]}")
    server.restart(kill=True)
    acknowledged = {300000} | {300001 + n for n, outcome in
                               enumerate(outcomes) if outcome == "ok"}
    files = shared_files(server)
    sizes = [f["size"] for f in files]
    assert len(set(sizes)) == len(sizes) and acknowledged <= set(sizes)
    for file in files:
        assert request(server, "GET", f"/f/{file['id']}").body == \
            b"x" * file["size"]
    assert by_put(server, 1000, "after") == "ok"
