# SPDX-License-Identifier: MIT
"""What files are called, and what they say they are.

100 odd names through every door: what is stored is safe, and the headers of a
download hold nothing that the uploader smuggled in. 30 files that lie about
their type: an attachment, never sniffed.
"""
import base64
import re
import unicodedata
import urllib.parse

import pytest

from harness.files import NO_FLOOR, shared_files
from harness.http import HttpSocket, head, request
from harness.line import LineClient

# Each may hold anything but what the door cannot carry at all.
NAMES = [
    "plain.txt", "with blank.txt", " leading.txt", "trailing.txt ",
    "..", ".", "...", "../../etc/passwd", "..\\..\\windows\\system.ini",
    "/etc/passwd", "C:\\boot.ini", "C:x", "a/b/c.txt", "a\\b\\c.txt", "//", "/",
    "\\", "....//x", ".hidden", "..hidden", ".bashrc", "-rf", "--help", "-",
    "~", "~root", "~/.ssh/id_rsa", "$HOME", "`id`", "$(id)", ";rm -rf x",
    "a|b", "a&b", "a<b>c", "a\"b", "a'b", "a*b?c", "%2e%2e%2f", "%00", "%",
    "%zz", "a%0d%0ab", "CON", "con.txt", "NUL", "LPT1.txt", "aux.c",
    "trailing.", "trailing...", "trailing. .", "a" * 200, "a" * 255,
    "a" * 300 + ".txt", "漢" * 100 + ".png", "🍐" * 60 + ".jpg",
    "a\nb.txt", "a\rb.txt", "a\r\nSet-Cookie: x=1", "a\r\n\r\n<script>",
    "a\0b.txt", "\0", "\x01\x02.txt", "\x1b[31mred\x1b[0m", "\x1b]0;t\x07",
    "a\tb", "a\x7fb", "a\x85b", "a\x9b31mb", "\u202etxt.exe", "a\u202egpj.exe",
    "\u2066x\u2069.png", "\u200bzero.txt", "a\u200b.txt", "\ufeffbom.txt",
    "e\u0301.txt", "\u00e9.txt", "\u212b.txt", "ﬁle.txt", "\u2028x", "\u2029x",
    "раураl.txt", "عربى.pdf", "a;filename=evil.html", "a\"; x=\"y",
    "x.html", "x.svg", "x.png.exe", "x.tar.gz", "index.php", ".htaccess",
    "<img src=x onerror=alert(1)>.png", "\"><script>alert(1)</script>",
    "{{7*7}}", "=cmd|' /C calc'!A0", "@import", "#lobby", "?a=b", "a#b?c=d",
    "\U000e0041tag.txt", "𝒻𝒶𝓃𝒸𝓎.txt", "a" * 199 + "é", "x" + "\u0301" * 150,
]
assert len(set(NAMES)) >= 100

BIDI = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
           "\u2066\u2067\u2068\u2069")


def faults_of(name):
    """Why a stored name is not safe; empty when it is."""
    faults = []
    if not name or len(name.encode()) > 200:
        faults.append("length")
    if any(unicodedata.category(c) in ("Cc", "Cs") for c in name):
        faults.append("control characters")
    if any(c in BIDI for c in name):
        faults.append("bidi controls")
    if any(c in "/\\:\u2028\u2029" for c in name):
        faults.append("separators")
    if name.startswith(".") or set(name) <= {".", " "}:
        faults.append("dots")
    if unicodedata.normalize("NFC", name) != name:
        faults.append("not NFC")
    return faults


def by_put(server, name, data):
    quoted = urllib.parse.quote(name.encode(), safe="")
    return request(server, "PUT", f"/r/lobby/files/{quoted}", data)


def by_tus(server, name, data):
    metadata = "filename " + base64.b64encode(name.encode()).decode()
    return request(server, "POST", "/r/lobby/files", data, {
        "Tus-Resumable": "1.0.0", "Upload-Length": len(data),
        "Content-Type": "application/offset+octet-stream",
        "Upload-Metadata": metadata})


def multipart(name, data, kind="application/octet-stream", star=False):
    """The body as a browser would write it: `"`, CR and LF percent-encoded
    (HTML, multipart/form-data encoding), all else as it is."""
    if star:
        said = "filename*=UTF-8''" + urllib.parse.quote(name.encode(), safe="")
    else:
        escaped = name.replace("\r", "%0D").replace("\n", "%0A").replace(
            '"', "%22")
        said = f'filename="{escaped}"'
    return (b"--x1y2\r\nContent-Disposition: form-data; name=\"file\"; " +
            said.encode() + f"\r\nContent-Type: {kind}\r\n\r\n".encode() +
            data + b"\r\n--x1y2--\r\n",
            {"Content-Type": "multipart/form-data; boundary=x1y2"})


def by_form(server, name, data):
    body, headers = multipart(name, data)
    return request(server, "POST", "/r/lobby/files", body, headers)


def by_line(server, name, data):
    if "\n" in name or "\r" in name or "\0" in name:
        return None             # the door cannot carry it
    client = LineClient(server, f"l{abs(hash(name)) % 10**8}")
    try:
        client.send_bytes(b"FILE:" + name.encode() + b":%d\n" % len(data) +
                          data)
        client.sync()
    finally:
        client.close()
    return None


DOORS = {"PUT": by_put, "tus": by_tus, "form": by_form, "line": by_line}


def header_faults(server, file):
    """Fetches the file by its listed URL; what is wrong with the head."""
    target = file["url"]
    if "://" in target:
        target = "/" + target.split("/", 3)[3]
    assert re.fullmatch(r"[!-~]+", target), target
    http = HttpSocket(server)
    http.send(head("GET", target, [("Connection", "close")], server))
    raw = http.read_to_end()
    http.close()
    start, _, body = raw.partition(b"\r\n\r\n")
    faults = []
    if body != b"bytes":
        faults.append(f"body {body[:100]!r}")
    if re.search(rb"[^\t\r\n -~]|\r(?!\n)|(?<!\r)\n", start):
        faults.append("bytes in the head that are not ASCII text")
    fields = [line.split(b":")[0].lower() for line in start.split(b"\r\n")[1:]]
    if b"set-cookie" in fields or len(set(fields)) != len(fields):
        faults.append(f"fields {fields}")
    disposition = [line.split(b":", 1)[1].strip().decode() for line in
                   start.split(b"\r\n") if
                   line.lower().startswith(b"content-disposition:")]
    if len(disposition) != 1 or not re.fullmatch(
            r"(attachment|inline)(; filename=\"([^\"\\]|\\[\"\\])*\")?"
            r"(; filename\*=UTF-8''([A-Za-z0-9!#$&+.^_`|~-]|%[0-9A-F]{2})+)?",
            disposition[0]):
        faults.append(f"disposition {disposition}")
    return faults


@pytest.mark.parametrize("door", DOORS)
def test_a_hundred_odd_names(serve, door):
    server = serve(*NO_FLOOR, "--limits-messages_per_second", "0",
                   "--limits-grace", "20ms")
    stored, refused, wrong = 0, 0, []
    for name in NAMES:
        before = len(shared_files(server))
        answer = DOORS[door](server, name, b"bytes")
        files = shared_files(server)
        if len(files) == before:
            refused += 1
            if answer is not None and answer.status not in (400, 404):
                wrong.append((name, "refused how?", answer))
            continue
        stored += 1
        newest = max(files, key=lambda file: file["seq"])
        faults = faults_of(newest["name"]) + header_faults(server, newest)
        if faults:
            wrong.append((name, newest["name"], faults))
    assert server.process.poll() is None
    print(f"\n{door}: {len(NAMES)} names, {stored} stored under a safe one, "
          f"{refused} refused, {len(wrong)} wrong")
    assert not wrong
    assert stored > 60


def test_names_in_pages_are_escaped(serve):
    server = serve(*NO_FLOOR, "--limits-messages_per_second", "0")
    for name in NAMES:
        by_put(server, name, b"bytes")
    page = request(server, "GET", "/r/lobby?limit=500",
                   headers={"Accept": "text/html"}).text
    assert "<script" not in page.lower()
    tags = re.findall(r"<(?:[^>\"']|\"[^\"]*\"|'[^']*')*>", page)
    assert {re.match(r"</?([a-z0-9]+)|<!", tag).group(1) for tag in tags} <= {
        None, "html", "head", "meta", "title", "link", "body", "header", "a",
        "h1", "nav", "ol", "ul", "li", "time", "b", "small", "span", "img",
        "video", "audio", "form", "label", "input", "textarea", "button"}
    for tag in tags:
        bare = re.sub(r"\"[^\"]*\"", "", tag)
        assert not re.search(r"\son\w+\s*=", bare), tag
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", page)


PNG = (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\2\0\0\0\x90wS\xde"
       b"\0\0\0\x0cIDATx\x9cc\xf8\xcf\xc0\0\0\3\1\1\0\xc9\xfe\x92\xef"
       b"\0\0\0\0IEND\xaeB`\x82")
HTML = b"<!doctype html><script>document.title='x'</script>"
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"

# name, first bytes: what a browser must not run, whatever it is called.
LIARS = [
    ("x.png", HTML), ("x.jpg", HTML), ("x.gif", HTML), ("x.webp", HTML),
    ("x.mp4", HTML), ("x.mp3", HTML), ("x.html", HTML), ("x.htm", HTML),
    ("x.xhtml", HTML), ("x.svg", SVG), ("x.png", SVG), ("x.xml", SVG),
    ("x", HTML), ("x.js", b"alert(1)"), ("x.css", b"body{}"),
    ("x.pdf", b"%PDF-1.4\n%<script>"), ("x.png", b"%PDF-1.4\n"),
    ("x.swf", b"FWS\x09"), ("x.exe", b"MZ\x90\0"), ("x.jpg", b"MZ\x90\0"),
    ("x.zip", b"PK\3\4"), ("x.png", b"PK\3\4"), ("x.mhtml", b"MIME-Version: "),
    ("x.html", b"\xef\xbb\xbf" + HTML), ("x.html", b"\0" + HTML),
    ("x.html", b"\xfe\xff\0<\0h"), ("x.png", b"\x89PN" + HTML),
    ("x.gif", b"GIF" + HTML), ("x.jpg", b"\xff\xd8" + HTML),
    ("x.webp", b"RIFF" + HTML), ("x.ogg", b"Ogg" + HTML),
    ("x.wasm", b"\0asm\1\0\0\0"),
]
# Whose first bytes are in order: these stay what they are, and are sandboxed.
POLYGLOTS = [("x.html", PNG + HTML), ("x.svg", PNG + SVG),
             ("x.html", b"GIF89a\1\0\1\0/*" + HTML), ("x.js", PNG)]


def check_safe(answer):
    """No script runs in it. What plays has no `sandbox`: Chromium would open a
    sandboxed video's document in an origin of its own, which may not fetch the
    video (Cross-Origin-Resource-Policy)."""
    assert answer.status == 200, answer
    headers = answer.headers
    assert headers["x-content-type-options"] == "nosniff"
    policy = headers["content-security-policy"]
    plays = headers["content-type"].split("/")[0] in ("image", "video",
                                                      "audio")
    assert plays or policy.startswith("sandbox;"), answer
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "script-src" not in policy and "allow-" not in policy
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["referrer-policy"] == "no-referrer"


def share(server, name, data):
    answer = by_put(server, name, data)
    assert answer.status == 201, answer
    location = answer.headers["location"]
    return "/" + location.split("/", 3)[3] if "://" in location else location


def test_who_lies_about_its_type_is_an_attachment(serve):
    server = serve(*NO_FLOOR, "--limits-messages_per_second", "0")
    texts = 0
    for name, data in LIARS:
        answer = request(server, "GET", share(server, name, data))
        check_safe(answer)
        kind = answer.headers["content-type"]
        disposition = answer.headers["content-disposition"]
        # Bytes that are all text may be shown, as text and nothing else.
        if kind == "text/plain; charset=utf-8":
            texts += 1
            continue
        assert kind == "application/octet-stream", (name, answer)
        assert disposition.startswith("attachment"), (name, answer)
    print(f"\n{len(LIARS)} files that are not what they are called: "
          f"{len(LIARS) - texts} attachments, {texts} plain text, all nosniff "
          f"and sandboxed")


def test_polyglots_are_sandboxed(serve):
    server = serve(*NO_FLOOR, "--limits-messages_per_second", "0")
    for name, data in POLYGLOTS:
        answer = request(server, "GET", share(server, name, data))
        check_safe(answer)
        kind = answer.headers["content-type"]
        assert kind in ("image/png", "image/gif",
                        "application/octet-stream"), (name, answer)


def test_the_uploader_does_not_choose_the_type(serve):
    server = serve(*NO_FLOOR)
    for kind in ("text/html", "image/svg+xml", "image/png",
                 "text/html\"; x=\""):
        body, headers = multipart("x.bin", HTML, kind)
        assert request(server, "POST", "/r/lobby/files", body,
                       headers).status == 201
    for file in shared_files(server):
        answer = request(server, "GET", "/" + file["url"].lstrip("/"))
        check_safe(answer)
        assert answer.headers["content-type"] in (
            "application/octet-stream", "text/plain; charset=utf-8")


def test_what_plays_is_inline(serve):
    server = serve(*NO_FLOOR)
    wave = b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x40\x1f\0\0" \
        b"\1\0\x08\0data\0\0\0\0"
    for name, data, kind in (("x.png", PNG, "image/png"),
                             ("x.wav", wave, "audio/wav")):
        answer = request(server, "GET", share(server, name, data))
        check_safe(answer)
        assert answer.headers["content-type"] in (kind, "audio/x-wav")
        assert answer.headers["content-disposition"].startswith("inline")
