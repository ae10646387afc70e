# SPDX-License-Identifier: MIT
"""Many guesses at one password, spread over every dialect: throttled as one,
while other people's messages are as quick as before."""
import itertools
import os
import threading
import time

from harness.http import basic, request
from harness.line import LineClient
from harness.native import NativeClient, pb
from harness.people import CODES, Native, WebSocketNative, register

# Most wait for a dialect to find out who speaks; "make soak" makes a thousand.
GUESSES = int(os.environ.get("LOQUAT_GUESSES", "200"))
TRIES = 10                 # [accounts] tries, the default
REFUSED = ("bad_credentials", "throttled")


def guess_native(server, client, n):
    c = client(server, name="alice", password=f"guess number {n}")
    try:
        return CODES[c.hello_answer.error.code]
    finally:
        c.close()


def guess_http(server, n):
    answer = request(server, "GET", "/r/lobby", headers={
        "Authorization": basic("alice", f"guess number {n}"),
        "Accept": "application/json"})
    assert answer.status in (401, 429), answer
    return answer.json()["code"]


def guess_login(server, n):
    body = b'{"name":"alice","password":"guess number %d","device":"x"}' % n
    answer = request(server, "POST", "/v1/login", body, {
        "Content-Type": "application/json", "Accept": "application/json"})
    assert answer.status in (401, 429), answer
    return answer.json()["code"]


def guess_line(server, n):
    c = LineClient(server)
    try:
        c.expect("Hi! Welcome to loquat. What's your name?")
        c.say("alice")
        c.expect_line(lambda l: "belongs to an account" in l)
        c.say(f"guess number {n}")
        line = c.expect_line(lambda l: True)
        return "throttled" if "too many" in line.lower() else \
            "bad_credentials"
    finally:
        c.close()


WAYS = [
    lambda s, n: guess_native(s, Native, n),
    lambda s, n: guess_native(s, WebSocketNative, n),
    guess_http, guess_login, guess_line,
]


def delays(server, seconds=None, until=None):
    """Milliseconds from a post of bob's to carol's hearing it, sorted."""
    bob = NativeClient(server, "bob")
    carol = NativeClient(server, "carol")
    found, end = [], time.monotonic() + (seconds or 600)
    for n in itertools.count():
        if time.monotonic() > end or (until and until.is_set()):
            break
        start = time.monotonic()
        asked = bob.start(post=pb.Post(target="#lobby", text=f"n{n}"))
        carol.expect("message", lambda m: m.text == f"n{n}")
        found.append((time.monotonic() - start) * 1000)
        bob.answer("posted", asked)
        bob.seen.clear()
        carol.seen.clear()
    bob.close()
    carol.close()
    return sorted(found)


def middle(values, part):
    return values[min(len(values) - 1, int(len(values) * part))]


def test_guesses_are_throttled_and_delay_nobody(serve):
    # The costs of hashing are the real ones here. Whoever guesses comes from
    # this machine like everybody else, so the account's limit is what counts.
    server = serve("--accounts-tries_per_address", "100000",
                   "--limits-messages_per_second", "0")
    register(server, "alice")
    before = delays(server, seconds=3)
    outcomes, over = [], threading.Event()

    def guess():
        try:
            for n in range(GUESSES):
                outcomes.append(WAYS[n % len(WAYS)](server, n))
        finally:
            over.set()

    guesser = threading.Thread(target=guess)
    began = time.monotonic()
    guesser.start()
    during = delays(server, until=over)
    guesser.join()
    minutes = (time.monotonic() - began) / 60

    tried = outcomes.count("bad_credentials")
    print(f"{len(outcomes)} of {GUESSES} guesses in {minutes * 60:.0f} s: {tried} tried, "
          f"{outcomes.count('throttled')} throttled")
    for name, part in (("p50", 0.5), ("p99", 0.99)):
        print(f"others' delay {name}: {middle(before, part):.1f} ms before, "
              f"{middle(during, part):.1f} ms meanwhile")
    assert len(outcomes) == GUESSES
    assert set(outcomes) <= set(REFUSED)
    # 10 at once, then one in 3 minutes.
    assert tried <= TRIES + minutes / 3 + 1


def test_guesses_at_many_names_are_throttled_by_address(serve):
    server = serve("--accounts-hash_memory", "8K", "--accounts-hash_passes",
                   "1", "--accounts-tries_per_address", "20")
    outcomes = []
    for n in range(100):
        c = Native(server, name=f"nobody{n}", password="a guess or so")
        outcomes.append(c.hello_answer.error.code)
        c.close()
    assert outcomes.count(pb.ERROR_CODE_BAD_CREDENTIALS) == 20
    assert outcomes.count(pb.ERROR_CODE_THROTTLED) == 80
