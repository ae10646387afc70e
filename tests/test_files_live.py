# SPDX-License-Identifier: MIT
"""A file is downloaded while it is uploaded: by two `loquat get` and a curl
that follow, and by one that comes late.

64 MiB; 1 GiB with LOQUAT_BIG=1, as `make soak` sets it.
"""
import os
import subprocess
import threading
import time

import pytest

from harness.command import environment
from harness.files import (NO_FLOOR, arriving, curl, file_id, make_file,
                           sum_of, wait_until)
from harness.http import Follow, HttpSocket, head, request
from harness.server import DEADLINE, ROOT, program

PLAIN = ROOT / "build"       # a sanitizer keeps what was freed: no memory test
BIG = os.environ.get("LOQUAT_BIG") == "1"
SIZE = 1 << 30 if BIG else 64 << 20
RATE = "100M" if BIG else "16M"
LATEST = 20 * DEADLINE if BIG else 3 * DEADLINE
LATE = 1.0 if BIG else 5.0   # behind the uploader; other tests run beside this


class Watch(threading.Thread):
    """A server's resident memory while it works."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server = server
        self.samples = [server.memory()]
        self.stop = threading.Event()

    def run(self):
        while not self.stop.wait(0.05):
            self.samples.append(self.server.memory())

    def grown(self):
        self.stop.set()
        self.join(DEADLINE)
        return max(self.samples) - self.samples[0]


class Ended(threading.Thread):
    """When a process ended, and how."""

    def __init__(self, process):
        super().__init__(daemon=True)
        self.process = process
        self.start()

    def run(self):
        self.out, self.err = self.process.communicate()
        self.at = time.monotonic()

    def wait(self):
        self.join(LATEST)
        assert not self.is_alive(), f"{self.process.args} goes on and on"
        assert self.process.returncode == 0, (self.process.args, self.out,
                                              self.err)
        return self.at


def loquat_get(server, name, path):
    return subprocess.Popen([program("loquat", PLAIN), "get", name, "-o",
                             str(path)], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True,
                            env=environment(server))


def uploading(follow):
    return follow.expect(lambda e: e.get("type") == "uploading")["file"]


@pytest.fixture
def plain(serve):
    return serve(*NO_FLOOR, build=PLAIN)


def test_readers_follow_an_upload(plain, tmp_path):
    source = tmp_path / "big.bin"
    expected = make_file(source, SIZE)
    follow = Follow(plain)
    watch = Watch(plain)
    watch.start()

    up = curl("--limit-rate", RATE, "-T", source,
              f"http://{plain.address}/r/lobby/files/")
    up_ended = Ended(up)
    file = uploading(follow)
    assert file["size"] == SIZE and file["name"] == "big.bin"
    url = f"http://{plain.address}/f/{file['id']}/big.bin"
    paths = [tmp_path / f"copy{n}" for n in range(4)]
    readers = [Ended(loquat_get(plain, file["id"], paths[0])),
               Ended(loquat_get(plain, file["id"], paths[1])),
               Ended(curl("-o", paths[2], url))]
    wait_until(lambda: arriving(plain) > SIZE // 2, "the upload's middle",
               LATEST, 0.01)
    readers.append(Ended(curl("-o", paths[3], url)))
    assert up.poll() is None, "the upload was over before the late reader came"

    done = up_ended.wait()
    behind = [reader.wait() - done for reader in readers]
    grown = watch.grown()
    follow.close()
    sums = [sum_of(path) for path in paths]
    print(f"\n{SIZE >> 20} MiB by curl -T at {RATE}B/s, followed by two loquat "
          f"get, a curl and a late curl: sums "
          f"{'equal' if set(sums) == {expected} else 'DIFFER'}, readers done "
          f"{', '.join(f'{s * 1e3:.0f}' for s in behind)} ms after the "
          f"uploader, server memory +{grown >> 10} KiB")
    assert set(sums) == {expected}
    assert max(behind) < LATE
    assert grown < 16 << 20
    assert file_id(up_ended.out) == file["id"]


def test_a_range_of_what_has_not_come_yet_waits(server, clients):
    """206 with bytes on both sides of what is there."""
    up = HttpSocket(server)
    follow = Follow(server)
    up.send(head("PUT", "/r/lobby/files/slow.bin",
                 [("Content-Length", "300000")], server))
    up.send(b"a" * 100000)
    file = uploading(follow)
    down = HttpSocket(server)
    down.send(head("GET", f"/f/{file['id']}/slow.bin",
                   [("Range", "bytes=50000-249999")], server))
    answer = down.read_head()
    assert answer.status == 206, answer
    assert answer.headers["content-range"] == "bytes 50000-249999/300000"
    assert down.read_bytes(30000) == b"a" * 30000

    up.send(b"b" * 200000)
    rest = down.read_bytes(170000)
    assert rest == b"a" * 20000 + b"b" * 150000
    assert up.read_answer().status == 201
    up.close()
    down.close()
    follow.close()


def test_a_slow_reader_does_not_slow_the_uploader(plain, tmp_path):
    source = tmp_path / "big.bin"
    make_file(source, 32 << 20)
    follow = Follow(plain)
    up = curl("--limit-rate", "32M", "-T", source,
              f"http://{plain.address}/r/lobby/files/")
    ended = Ended(up)
    began = time.monotonic()
    file = uploading(follow)
    stopped = []
    for _ in range(8):
        http = HttpSocket(plain)
        http.send(head("GET", f"/f/{file['id']}/big.bin", [], plain))
        assert http.read_head().status == 200
        stopped.append(http)            # and reads no more
    took = ended.wait() - began
    print(f"\n32 MiB at 32 MiB/s with eight readers that stopped: {took:.1f} s")
    assert took < 10, "it waited for somebody who reads nothing"
    for http in stopped:
        http.close()
    follow.close()


def test_the_reader_of_a_dead_upload_is_reset_not_ended(serve):
    """Where an upload cannot be resumed its reader must not take the part for
    the whole (a clean end of a chunked body would say so)."""
    server = serve(*NO_FLOOR)
    for fields in ([("Content-Length", "100000")],
                   [("Transfer-Encoding", "chunked")]):
        follow = Follow(server)
        up = HttpSocket(server)
        up.send(head("PUT", "/r/lobby/files/dead.bin", fields, server))
        up.send(b"a" * 50000 if "Content" in fields[0][0]
                else b"c350\r\n" + b"a" * 50000 + b"\r\n")
        file = uploading(follow)
        down = HttpSocket(server)
        down.send(head("GET", f"/f/{file['id']}/dead.bin", [], server))
        assert down.read_head().status == 200
        up.close()
        with pytest.raises((ConnectionResetError, AssertionError)) as caught:
            down.read_to_end()
        assert caught.type is ConnectionResetError, caught
        down.close()
        follow.close()
        listed = request(server, "GET", "/r/lobby/files",
                         headers={"Accept": "application/json"})
        assert "dead.bin" not in listed.text
