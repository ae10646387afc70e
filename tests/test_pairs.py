# SPDX-License-Identifier: MIT
"""Whoever says it, however: everyone sees the same, in the same order."""
import itertools

import pytest

from conftest import DIALECTS

PAIRS = list(itertools.product(DIALECTS, DIALECTS))

# Who posts over HTTP is present nowhere, and so never leaves either.
PRESENT_PAIRS = [pair for pair in PAIRS if pair[0] != "http"]

TEXTS = [
    "hello",
    "  leading and trailing blanks stay  x",
    "ünïcödé 漢字 한국어 عربى 🍐",
    "tab\tstays",
    "a" * 4000,
]


@pytest.fixture
def pair(server, clients, request):
    sender, receiver = request.param
    b = clients(DIALECTS[receiver], server, "bob")
    a = clients(DIALECTS[sender], server, "alice")
    if sender != "http":
        b.sees_join("alice")
    return a, b


@pytest.mark.parametrize("pair", PAIRS, indirect=True, ids="-".join)
def test_what_one_says_the_other_sees(pair):
    a, b = pair

    for text in TEXTS:
        a.post(text)

    for text in TEXTS:
        b.sees("alice", text)


@pytest.mark.parametrize("pair", PRESENT_PAIRS, indirect=True, ids="-".join)
def test_leaving_is_told(pair):
    a, b = pair

    a.leave()

    b.sees_leave("alice")


@pytest.mark.parametrize("pair", PAIRS, indirect=True, ids="-".join)
def test_no_control_byte_passes(pair):
    a, b = pair

    a.post("safe \x1b[31mred\x1b[0m \x07bell \x1b]0;title\x07 end")

    b.sees("alice", "safe red bell  end")


def test_a_room_has_one_order_for_everyone(server, clients):
    from harness.line import LineClient
    from harness.native import NativeClient
    lines = [clients(LineClient, server, f"l{i}") for i in range(3)]
    natives = [clients(NativeClient, server, f"n{i}") for i in range(3)]

    for round_ in range(40):
        for client in lines:
            client.post(f"{client.name} {round_}")
        for client in natives:
            client.start(post=natives_post(client, f"{client.name} {round_}"))

    orders = []
    for client in natives:
        seen = []
        while len(seen) < 240:
            m = client.expect("message")
            seen.append((m.seq, m.sender, m.text))
        assert [seq for seq, _, _ in seen] == list(range(seen[0][0],
                                                         seen[0][0] + 240))
        orders.append(seen)
    assert orders[0] == orders[1] == orders[2]
    for client in lines:
        wanted = [f"{s}: {t}" for _, s, t in orders[0] if s != client.name]
        got = []
        while len(got) < len(wanted):
            line = client.read_line()
            if ": " in line:
                got.append(line)
        assert got == wanted


def natives_post(client, text):
    from harness.native import pb
    return pb.Post(target="#lobby", kind=pb.MESSAGE_KIND_TEXT, text=text)
