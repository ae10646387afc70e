# SPDX-License-Identifier: MIT
"""kill -9 of the server at random moments of an upload, which is gone on with
by tus-js-client and by `loquat put`; and of a download, gone on with by
`curl -C -`. The sums are equal every time, and a part is never listed.

LOQUAT_CUTS cuts of each; 6 by default, 20 by `make soak`.
"""
import json
import os
import random
import subprocess

import pytest

from harness.command import environment
from harness.files import (NO_FLOOR, arriving, curl, curl_done, make_file,
                           shared_files, sum_of, wait_until)
from harness.http import request
from harness.node import script
from harness.server import DEADLINE, program

CUTS = int(os.environ.get("LOQUAT_CUTS", "6"))
SIZE = 48 << 20
CUTS_EACH = 3                    # of one file


def one_after_the_other(cuts):
    """Numbers of cuts for each file, all together `cuts`."""
    while cuts > 0:
        yield min(cuts, CUTS_EACH)
        cuts -= CUTS_EACH


def thresholds(rng, cuts):
    """Bytes on disk at which the server is killed, rising."""
    return sorted(rng.randrange(1, SIZE - (8 << 20)) for _ in range(cuts))


def kill_at(server, process, bytes_):
    """kill -9 once so much has come. False: the upload was faster."""
    wait_until(lambda: arriving(server) >= bytes_ or
               process.poll() is not None, f"{bytes_} bytes", 3 * DEADLINE)
    if process.poll() is not None:
        return False
    server.kill()
    return True


def download(server, file, path):
    url = f"http://{server.address}/f/{file['id']}/{file['name']}"
    status, _, err = curl_done("-o", path, url)
    assert status == 0, err
    return sum_of(path)


class TusPut:
    """One run of tus-js-client; it ends when it is cut."""

    def __init__(self, server, source, store):
        self.process = subprocess.Popen(
            ["node", script("tus_put.mjs"),
             f"http://{server.address}/files", source, store],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def end(self):
        out, err = self.process.communicate(timeout=3 * DEADLINE)
        assert out, err
        return self.process.returncode, json.loads(out.splitlines()[-1])


def by_tus(server, source, folder, cuts, journal):
    store = folder / f"store-{source.name}"
    for threshold in cuts:
        put = TusPut(server, source, store)
        if not kill_at(server, put.process, threshold):
            raise AssertionError(f"it was not cut: {put.end()}")
        on_disk = arriving(server)
        status, said = put.end()
        assert status == 1, said
        assert said["resumed"] == bool(journal), said
        journal.append(on_disk)
        server.start()
        assert source.name not in [f["name"] for f in shared_files(server)]
    status, said = TusPut(server, source, store).end()
    assert status == 0 and said["resumed"], said
    # What the server promised after the restart is what was on its disk.
    assert said["offset"] <= journal[-1], (said, journal)


def by_loquat_put(server, source, folder, cuts, journal):
    """It goes on by itself, one process for all cuts."""
    put = subprocess.Popen(
        [program("loquat"), "put", str(source), "#lobby"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=environment(server, XDG_STATE_HOME=str(folder / "state"),
                        RECONNECT_ATTEMPTS="0"))
    try:
        for threshold in cuts:
            if not kill_at(server, put, threshold):
                raise AssertionError(f"not cut: {put.communicate()}")
            journal.append(arriving(server))
            server.start()
            assert source.name not in [f["name"] for f in shared_files(server)]
        out, err = put.communicate(timeout=3 * DEADLINE)
        assert put.returncode == 0, (out, err)
    finally:
        if put.poll() is None:
            put.kill()
            put.communicate()


@pytest.mark.parametrize("upload", [by_tus, by_loquat_put])
def test_an_upload_survives_kill_9(serve, tmp_path, upload):
    server = serve(*NO_FLOOR, "--http-guest", "guest")
    seed = random.randrange(1 << 32)
    rng = random.Random(seed)
    done = 0
    for number, cuts in enumerate(one_after_the_other(CUTS)):
        source = tmp_path / f"file{number}.bin"
        expected = make_file(source, SIZE, seed + number)
        journal = []
        try:
            upload(server, source, tmp_path, thresholds(rng, cuts), journal)
        except AssertionError as e:
            raise AssertionError(f"seed {seed}, cuts {journal}: {e}") from e
        files = [f for f in shared_files(server) if f["name"] == source.name]
        assert len(files) == 1, f"seed {seed}: {files}"
        assert files[0]["sha256"] == expected and files[0]["size"] == SIZE
        assert download(server, files[0], tmp_path / "copy") == expected
        done += cuts
    print(f"\n{upload.__name__}: {done} cuts by kill -9, seed {seed}, sums "
          f"equal every time, each file listed once")


def test_a_download_survives_kill_9(serve, tmp_path):
    server = serve(*NO_FLOOR)
    seed = random.randrange(1 << 32)
    rng = random.Random(seed)
    source, copy = tmp_path / "file.bin", tmp_path / "copy"
    expected = make_file(source, SIZE, seed)
    status, out, err = curl_done(
        "-T", source, f"http://{server.address}/r/lobby/files/")
    assert status == 0, err
    (file,) = shared_files(server)
    url = f"http://{server.address}/f/{file['id']}/{file['name']}"
    done = 0
    for cuts in one_after_the_other(CUTS):
        copy.unlink(missing_ok=True)
        for threshold in thresholds(rng, cuts):
            get = curl("--limit-rate", "64M", "-C", "-", "-o", copy, url)
            wait_until(lambda: get.poll() is not None or (
                copy.exists() and copy.stat().st_size >= threshold),
                f"{threshold} bytes", 3 * DEADLINE)
            assert get.poll() is None, (seed, get.communicate())
            server.kill()
            get.communicate(timeout=DEADLINE)
            assert get.returncode != 0, f"seed {seed}: a clean end"
            server.start()
            done += 1
        status, _, err = curl_done("-C", "-", "-o", copy, url)
        assert status == 0, err
        assert sum_of(copy) == expected, f"seed {seed}"
    print(f"\ncurl -C -: {done} cuts by kill -9, seed {seed}, sums equal "
          f"every time")


def test_an_upload_that_was_complete_is_shared_after_the_restart(
        serve, tmp_path):
    """All bytes came, but the server died before it could say so."""
    server = serve(*NO_FLOOR)
    data = os.urandom(200000)
    created = request(server, "POST", "/files", b"", {
        "Tus-Resumable": "1.0.0", "Upload-Length": str(len(data)),
        "Upload-Metadata": "filename ZG9uZS5iaW4=,room I2xvYmJ5"})
    assert created.status == 201, created
    target = "/" + created.headers["location"].split("/", 3)[-1] \
        if "://" in created.headers["location"] \
        else created.headers["location"]
    patch = {"Tus-Resumable": "1.0.0", "Upload-Offset": "0",
             "Content-Type": "application/offset+octet-stream"}
    request(server, "PATCH", target, data[:-1], patch)
    server.restart(kill=True)
    patch["Upload-Offset"] = str(len(data) - 1)
    request(server, "PATCH", target, data[-1:], patch)
    server.restart(kill=True)
    wait_until(lambda: shared_files(server), "the file in the list")
    (file,) = shared_files(server)
    assert (file["name"], file["size"]) == ("done.bin", len(data))
    assert download(server, file, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == data


def test_abandoned_uploads_expire(serve):
    server = serve(*NO_FLOOR, "--files-unfinished", "1s",
                   "--files-total", "1M")
    wish = {"Tus-Resumable": "1.0.0", "Upload-Length": "1000000",
            "Upload-Metadata": "filename eA=="}
    created = request(server, "POST", "/r/lobby/files", b"", wish)
    assert created.status == 201 and created.headers["upload-expires"]
    refused = request(server, "POST", "/r/lobby/files", b"", wish)
    assert refused.status in (413, 507), refused

    wait_until(lambda: request(server, "POST", "/r/lobby/files", b"",
                               wish).status == 201,
               "the place of what was abandoned", DEADLINE, 0.1)
