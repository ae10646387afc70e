# SPDX-License-Identifier: MIT
"""A person with only a browser: headless Chromium opens the page, posts,
uploads, sees an image, seeks in a video. Another site in the same browser
cannot do any of it."""
import json
import shutil
import struct
import subprocess
import zlib

import pytest

from harness.files import NO_FLOOR
from harness.http import request
from harness.line import LineClient
from harness.node import script
from harness.server import DEADLINE


def chromium():
    found = shutil.which("chromium-headless-shell") or \
        shutil.which("chromium")
    assert found, "no chromium; tools/deps.sh installs it"
    return found


def png(width, height):
    """A picture with something in it, written by hand (W3C PNG §5)."""
    def chunk(kind, data):
        return (struct.pack(">I", len(data)) + kind + data +
                struct.pack(">I", zlib.crc32(kind + data)))

    rows = b"".join(
        b"\0" + bytes(c for x in range(width)
                      for c in (x * 255 // width, y * 255 // height, 128))
        for y in range(height))
    return (b"\x89PNG\r\n\x1a\n" +
            chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0,
                                       0)) +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def share_by_line(server, data):
    """Somebody with nc shares a picture, which the browser shall show."""
    client = LineClient(server, "nicolas")
    client.send_bytes(b"FILE:photo.png:%d\n" % len(data) + data)
    client.expect_line(lambda line: "photo.png" in line)
    client.close()


@pytest.fixture
def seen(serve, tmp_path):
    """What the browser saw, and what is in the room afterwards."""
    server = serve(*NO_FLOOR, "--limits-messages_per_second", "0")
    assert request(server, "POST", "/r/lobby", b"first", name="anna"
                   ).status == 201
    share_by_line(server, png(64, 48))
    picture = tmp_path / "painting.png"
    picture.write_bytes(png(320, 200))
    done = subprocess.run(
        ["node", script("browser.mjs"), json.dumps({
            "chromium": chromium(), "url": f"http://{server.address}",
            "picture": str(picture), "shared": "photo.png",
            "folder": str(tmp_path)})],
        capture_output=True, text=True, timeout=6 * DEADLINE, check=False)
    assert done.stdout, done.stderr[-3000:]
    seen = json.loads(done.stdout)
    seen["room"] = request(server, "GET", "/r/lobby?limit=500", headers={
        "Accept": "application/json"}).json()["messages"]
    assert "failure" not in seen, seen
    return seen


def test_a_browser_and_its_enemies(seen):
    seeks = [m for m in seen["media"] if m["url"] == seen["video"]["url"]]
    print(f"\npage {seen['title']!r}, posted, images {seen['pictures']}, video "
          f"of {seen['videoBytes'] >> 10} KiB and {seen['video']['duration']:g}"
          f" s sought to {seen['video']['at']} by {len(seeks)} requests "
          f"({sorted({m['status'] for m in seeks})}); "
          f"{len(seen['ours'])} complaints; {len(seen['attacks'])} attempts "
          f"by another site:")
    for name, outcome in seen["attacks"]:
        print(f"  {name:<44} {outcome}")

    expect_person(seen, seeks)
    expect_enemies(seen["attacks"])
    texts = [(m["sender"], m.get("text", "")) for m in seen["room"]]
    assert ("Brigitte", "bonjour <b>& 漢字</b>") in texts
    assert not [t for _, t in texts if "evil" in t]
    names = [m["file"]["name"] for m in seen["room"] if m.get("file")]
    assert names == ["photo.png", "painting.png", "film.webm"]


def expect_person(seen, seeks):
    assert seen["pictures"] == {"photo.png": [64, 48],
                                "painting.png": [320, 200]}
    assert seen["direct"] == 320
    assert seen["video"]["width"] == 320
    assert seen["video"]["duration"] == 12
    assert seen["video"]["at"] == [10, 3, 7]
    assert {m["status"] for m in seeks} == {206}
    assert any(m["range"] not in (None, "bytes=0-") for m in seeks), seeks
    assert seen["ours"] == [], "our pages complain"


def expect_enemies(attacks):
    for name, outcome in attacks:
        if name.startswith("form"):
            assert outcome == 403, (name, outcome)
        elif name.startswith("fetch"):
            # An opaque answer says nothing; the room is looked at.
            assert outcome in ("TypeError", "opaque 0"), (name, outcome)
        else:
            assert outcome == "refused", (name, outcome)
    assert len(attacks) == 2 * (3 + 6 + 2 + 1 + 1)
