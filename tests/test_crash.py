# SPDX-License-Identifier: MIT
"""kill -9 at random moments while clients post: nothing that was acknowledged
is lost, nothing is there twice, seq has no gap.

LOQUAT_KILL_ROUNDS rounds; 25 by default, 500 by `make soak`; a new database
after every 25, since each round reads it whole.
"""
import os
import random
import socket
import sqlite3
import threading
import time

import pytest

from harness.native import NativeClient, pb
from harness.server import DEADLINE

ROUNDS = int(os.environ.get("LOQUAT_KILL_ROUNDS", "25"))
ROUNDS_EACH = 25
POSTERS = 4


class Poster(threading.Thread):
    """Posts under fixed client ids until the server dies; keeps a journal of
    what was acknowledged, and posts what was not again the next time."""

    def __init__(self, number):
        self.number = number
        self.secret = os.urandom(32)
        self.acknowledged = {}      # text -> (room, seq)
        self.unsure = []            # (client id, text), oldest first
        self.count = 0
        self.failure = None

    def connect(self, server):
        super().__init__(daemon=True)
        self.client = NativeClient(server, f"poster{self.number}", "#crash",
                                   self.secret)
        self.start()

    def run(self):
        try:
            self.post_until_the_end()
        except (AssertionError, OSError) as e:
            self.failure = e
        finally:
            self.client.close()

    def post_until_the_end(self):
        waiting = []                # in the order of their answers
        again = list(self.unsure)
        while True:
            try:
                for client_id, text in again:
                    waiting.append((self.send(client_id, text), client_id,
                                    text))
                again = []
                while len(waiting) < 32:
                    self.count += 1
                    text = f"poster{self.number} message {self.count}"
                    client_id = os.urandom(16)
                    self.unsure.append((client_id, text))
                    waiting.append((self.send(client_id, text), client_id,
                                    text))
                answer = self.client.read()
            except OSError:
                return
            if answer is None:
                return
            if answer.request:
                assert answer.WhichOneof("body") == "posted", answer
                number, client_id, text = waiting.pop(0)
                assert answer.request == number
                self.acknowledged[text] = answer.posted.seq
                self.unsure.remove((client_id, text))

    def send(self, client_id, text):
        return self.client.start(post=pb.Post(
            target="#crash", kind=pb.MESSAGE_KIND_TEXT, text=text,
            client_id=client_id))


def log_of(server):
    """What the database holds, read as any tool would."""
    db = sqlite3.connect(f"file:{server.folder}/data/loquat.db?mode=ro",
                         uri=True)
    rows = db.execute("SELECT m.seq, m.body FROM messages m JOIN rooms r ON "
                      "r.id = m.room_id WHERE r.name = '#crash' "
                      "ORDER BY m.seq").fetchall()
    assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.close()
    return rows


@pytest.mark.parametrize("batch", range(-(-ROUNDS // ROUNDS_EACH)))
def test_killed_at_random_moments(serve, batch):
    server = serve("--limits-messages_per_second", "0")
    posters = [Poster(i) for i in range(POSTERS)]
    seed = random.randrange(1 << 32)
    rng = random.Random(seed)
    rounds = min(ROUNDS_EACH, ROUNDS - batch * ROUNDS_EACH)
    for round_ in range(rounds):
        for poster in posters:
            poster.connect(server)
        rng_delay = rng.uniform(0.005, 0.5)
        threading.Event().wait(rng_delay)
        server.kill()
        for poster in posters:
            poster.join(DEADLINE)
            assert poster.failure is None, (seed, round_, poster.failure)
        rows = log_of(server)
        seqs = [seq for seq, _ in rows]
        assert seqs == list(range(1, len(seqs) + 1)), (seed, round_)
        texts = [body if isinstance(body, str) else body.decode()
                 for _, body in rows]
        assert len(set(texts)) == len(texts), (seed, round_)
        stored = {text: seq for seq, text in enumerate(texts, 1)}
        for poster in posters:
            for text, seq in poster.acknowledged.items():
                assert stored.get(text) == seq, (seed, round_, text)
        server.start()
    acknowledged = sum(len(p.acknowledged) for p in posters)
    print(f"\n{rounds} rounds of kill -9, seed {seed}: {acknowledged} "
          f"acknowledged messages, 0 lost, 0 twice, 0 gaps")
    assert acknowledged > 0


def test_a_dead_server_is_noticed_by_the_port(serve):
    """The same folder and port serve again right after kill -9."""
    server = serve()
    port = server.port
    server.restart(kill=True)
    assert server.port == port
    began = time.monotonic()
    socket.create_connection(("127.0.0.1", port), DEADLINE).close()
    assert time.monotonic() - began < DEADLINE
