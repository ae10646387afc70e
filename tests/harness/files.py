# SPDX-License-Identifier: MIT
"""Files for the tests: made, summed, uploaded by curl, watched while they
arrive."""
import hashlib
import os
import random
import subprocess
import time

from harness.http import request
from harness.server import DEADLINE

# What servers under test are told: the disk that a test runs on may be full.
NO_FLOOR = ("--files-floor", "0", "--files-floor_percent", "0")
PIECE = 1 << 20


def make_file(path, size, seed=1):
    """size bytes that look random and are the same for a seed; the sum."""
    rng = random.Random(seed)
    block = rng.randbytes(PIECE)
    whole = hashlib.sha256()
    with open(path, "wb") as out:
        for n in range(-(-size // PIECE)):
            piece = (n.to_bytes(8, "big") + block[8:])[:size - n * PIECE]
            out.write(piece)
            whole.update(piece)
    return whole.hexdigest()


def sum_of(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def curl(*words, **settings):
    """A running curl; --fail, so that a refusal is an exit status."""
    return subprocess.Popen(
        ["curl", "--silent", "--show-error", "--fail", "--noproxy", "*",
         *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, **settings)


def curl_done(*words, deadline=6 * DEADLINE):
    """Runs to the end: (exit status, stdout, stderr)."""
    process = curl(*words)
    out, err = process.communicate(timeout=deadline)
    return process.returncode, out, err


def arriving(server):
    """Bytes on disk of the one upload that arrives; 0 when there is none."""
    try:
        parts = [entry.stat().st_size
                 for entry in os.scandir(server.folder / "data" / "files")
                 if entry.name.endswith(".part")]
    except FileNotFoundError:
        return 0
    return max(parts, default=0)


def wait_until(condition, what, deadline=DEADLINE, step=0.002):
    """Looks often, and gives up at the deadline."""
    end = time.monotonic() + deadline
    while not condition():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(step)


def shared_files(server, room="lobby"):
    """What GET /r/ROOM/files lists, the newest first: each file's id, name,
    size, sha256, url, and its message's seq and sender."""
    answer = request(server, "GET", f"/r/{room}/files?limit=500",
                     headers={"Accept": "application/json"})
    if answer.status == 404:
        return []                # nobody has spoken there yet
    assert answer.status == 200, answer
    return [{**entry["file"], "seq": entry["seq"], "sender": entry["sender"]}
            for entry in answer.json()["files"]]


def file_id(text):
    """The 26 characters of a file's id in a URL or a list."""
    for word in text.replace("/", " ").split():
        if len(word) == 26 and word.isalnum():
            return word
    raise AssertionError(f"no file id in {text!r}")
