# SPDX-License-Identifier: MIT
"""Our HTTP codec beside two others, over thousands of malformed requests.

What we accept and Node's strict llhttp refuses is a defect, and so is what
both accept and read differently: that is what request smuggling is made of.
Debian's http-parser is laxer and older; where we accept what it refuses, there
has to be a reason in the list below."""
import collections
import json
import os
import pathlib
import random
import re
import shutil
import struct
import subprocess

import pytest

from harness.requests import VALID, mutated

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / os.environ.get("LOQUAT_BUILD", "build-asan")
COUNT = int(os.environ.get("LOQUAT_ORACLE", "20000"))
SEED = int(os.environ.get("LOQUAT_SEED", "20260101"))
SAME = ("method", "target", "fields", "body", "keep_alive")


def ask(command, requests):
    stream = b"".join(struct.pack(">I", len(r)) + r for r in requests)
    done = subprocess.run(command, input=stream, capture_output=True,
                          timeout=300, check=False)
    assert done.returncode == 0, done.stderr.decode()[-3000:]
    readings = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(readings) == len(requests)
    return readings


def program(name):
    return [str(BUILD / "tests" / "oracle" / name)]


def node():
    found = shutil.which("node") or shutil.which("nodejs")
    assert found, "nodejs is missing: tools/deps.sh"
    return [found, str(ROOT / "tests" / "oracle" / "http_node.js")]


@pytest.fixture(scope="module")
def requests():
    rng = random.Random(SEED)
    return VALID + [mutated(rng) for _ in range(COUNT)]


@pytest.fixture(scope="module")
def ours(requests):
    return ask(program("http_ours"), requests)


def disagreement(mine, theirs):
    """None, or how they differ in what matters."""
    if not mine["head"]:
        return None
    if not theirs["head"]:
        return f"they refuse the head: {theirs['why'] or theirs['verdict']}"
    if mine["verdict"] == "bad":
        return None                     # stricter about the body
    if mine["verdict"] != theirs["verdict"]:
        return f"{mine['verdict']} here, {theirs['verdict']} there: " \
               f"{theirs['why']}"
    for key in SAME:
        if mine[key] != theirs[key]:
            return f"{key}: {mine[key]!r} here, {theirs[key]!r} there"
    return None


def compare(name, requests, ours, theirs, reason_for):
    """Counts, prints, and fails with what nobody can explain."""
    counts = collections.Counter()
    explained = collections.Counter()
    wrong = []
    for request, mine, other in zip(requests, ours, theirs):
        counts[f"{mine['verdict']} here, {other['verdict']} there"] += 1
        how = disagreement(mine, other)
        if how is None:
            continue
        reason = reason_for(request, other, how)
        if reason:
            explained[reason] += 1
        else:
            wrong.append((request, how))
    print(f"\n{len(requests)} requests, beside {name}:")
    for pair, count in sorted(counts.items()):
        print(f"  {count:6} {pair}")
    for reason, count in sorted(explained.items()):
        print(f"  {count:6} explained: {reason}")
    print(f"  {len(wrong):6} unexplained")
    assert not wrong, "\n".join(f"{r!r}: {h}" for r, h in wrong[:20])
    return counts


def test_valid_requests_are_valid_everywhere(ours):
    debian = ask(program("http_debian"), VALID)
    llhttp = ask(node(), VALID)
    for request, *readings in zip(VALID, ours, llhttp, debian):
        assert [r["verdict"] for r in readings] == ["ok"] * 3, request
        for key in SAME:
            assert len({r[key] for r in readings}) == 1, (request, key)


def explain(request, other, how):
    """Why we differ from either, or None. None of it is about framing."""
    if "refuse the head" in how and other["why"] == "HPE_INVALID_METHOD":
        return "a method that it does not know; we answer 501"
    if how.startswith("keep_alive"):
        if b"proxy-connection" in request.lower():
            return "Proxy-Connection has no meaning (RFC 9112 C.2.2)"
        if re.search(rb"connection:([^\r]*\t| *,)", request.lower()):
            return "it skips no tab and no empty member in Connection"
        if "False here" in how and b"close" in request.lower():
            return "close wins, wherever it stands (RFC 9112 9.3)"
    return None


def explain_old(request, other, how):
    """The same, and where http-parser is wrong."""
    if other["why"] in ("HPE_INVALID_TRANSFER_ENCODING",
                        "HPE_UNEXPECTED_CONTENT_LENGTH") and \
            re.search(rb"transfer-encoding[^:\r]", request.lower()):
        return "it takes a longer name for Transfer-Encoding"
    return explain(request, other, how)


def test_what_llhttp_refuses_we_refuse_and_the_rest_we_read_alike(
        requests, ours):
    counts = compare("llhttp, strict", requests, ours, ask(node(), requests),
                     explain)
    # The mutations must neither all be harmless nor all be fatal.
    assert counts["ok here, ok there"] > COUNT / 20
    assert counts["bad here, bad there"] > COUNT / 5


def test_differences_from_http_parser_have_a_reason(requests, ours):
    compare("http-parser 2.9", requests, ours,
            ask(program("http_debian"), requests), explain_old)
