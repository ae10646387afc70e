# SPDX-License-Identifier: MIT
"""The native protocol as docs/protocol.md promises it."""
import os
import threading

import pytest

from harness.line import LineClient
from harness.native import MAGIC, NativeClient, frame, pb


def refused(client, code, **body):
    error = client.ask("error", **body)
    assert error.code == code, error
    assert error.text
    return error


def post(text, target="#lobby", client_id=b""):
    return pb.Post(target=target, kind=pb.MESSAGE_KIND_TEXT, text=text,
                   client_id=client_id)


def test_posting_again_under_the_same_id_posts_once(server, clients):
    a = clients(NativeClient, server, "alice")
    b = clients(LineClient, server, "bob")
    client_id = os.urandom(16)

    first = a.post("once", client_id=client_id)
    second = a.post("once", client_id=client_id)
    a.post("after")

    assert (second.seq, second.msgid) == (first.seq, first.msgid)
    assert second.duplicate and not first.duplicate
    b.sees("alice", "once")
    b.expect_next("alice: after")


def test_the_same_id_for_another_text_is_refused(server, clients):
    a = clients(NativeClient, server, "alice")
    client_id = os.urandom(16)
    a.post("one", client_id=client_id)

    refused(a, pb.ERROR_CODE_CLIENT_ID_CONFLICT,
            post=post("two", client_id=client_id))


def test_ids_are_known_across_reconnection_and_restart(serve, clients):
    server = serve()
    a = clients(NativeClient, server, "alice")
    client_id = os.urandom(16)
    first = a.post("once", client_id=client_id)
    server.restart(kill=True)

    again = clients(NativeClient, server, "alice", secret=a.secret)
    second = again.post("once", client_id=client_id)

    assert second.duplicate and second.seq == first.seq
    assert second.msgid == first.msgid


def test_resume_delivers_what_was_missed_then_what_is_new(server, clients):
    a = clients(NativeClient, server, "alice")
    b = clients(NativeClient, server, "bob")
    a.post("one")
    seen = b.sees("alice", "one")
    b.close()
    for i in range(1500):
        a.start(post=post(f"missed {i}"))
    a.post("last missed")

    b = clients(NativeClient, server, "bob", secret=b.secret, after=seen.seq)
    a.post("new")

    got = [b.expect("message") for _ in range(1502)]
    assert [m.seq for m in got] == list(range(seen.seq + 1, seen.seq + 1503))
    assert [m.text for m in got] == [f"missed {i}" for i in range(1500)] + [
        "last missed", "new"]


def test_the_same_secret_takes_the_name_over(server, clients):
    watcher = clients(LineClient, server, "watcher")
    a = clients(NativeClient, server, "alice")
    watcher.sees_join("alice")

    again = clients(NativeClient, server, "alice", secret=a.secret)

    assert a.expect("closing").text
    again.post("still me")
    watcher.expect_next("alice: still me")


def test_another_secret_does_not(server, clients):
    clients(NativeClient, server, "alice")
    mallory = clients(NativeClient, server)
    mallory.send_bytes(MAGIC)
    refused(mallory, pb.ERROR_CODE_NAME_TAKEN, hello=pb.Hello(
        version=1, name="ALICE", secret=os.urandom(32)))
    welcome = mallory.ask("welcome", hello=pb.Hello(
        version=1, name="mallory", secret=os.urandom(32)))
    assert welcome.name == "mallory"


def test_a_similar_name_will_do_when_asked_for(server, clients):
    clients(NativeClient, server, "alice")
    second = clients(NativeClient, server)
    assert second.hello("alice", or_similar=True).name == "alice-2"


def test_a_reader_without_a_name_is_not_present_and_may_not_speak(server,
                                                                 clients):
    a = clients(NativeClient, server, "alice")
    reader = clients(NativeClient, server, "")
    refused(reader, pb.ERROR_CODE_NO_NAME, post=post("hello"))
    a.post("hello")

    reader.sees("alice", "hello")
    people = a.ask("people", get_people=pb.GetPeople(target="#lobby"))
    assert [p.name for p in people.people] == ["alice"]


@pytest.mark.parametrize("query, seqs, more", [
    (dict(), range(71, 121), True),
    (dict(limit=3), [118, 119, 120], True),
    (dict(mode=pb.PAGE_MODE_AFTER, seq=0, limit=2), [1, 2], True),
    (dict(mode=pb.PAGE_MODE_AFTER, seq=118, limit=5), [119, 120], False),
    (dict(mode=pb.PAGE_MODE_BEFORE, seq=4, limit=500), [1, 2, 3], False),
    (dict(mode=pb.PAGE_MODE_BEFORE, seq=1), [], False),
    (dict(mode=pb.PAGE_MODE_AROUND, seq=60, limit=5), range(58, 63), True),
])
def test_history(server, clients, query, seqs, more):
    a = clients(NativeClient, server, "alice")
    for i in range(1, 121):
        a.start(post=post(f"m{i}"))

    page = a.history("#lobby", **query)

    assert [m.seq for m in page.messages] == list(seqs)
    assert [m.text for m in page.messages] == [f"m{i}" for i in seqs]
    assert page.more == more
    assert len({m.msgid for m in page.messages}) == len(page.messages)


def test_answers_keep_the_order_of_the_requests(server, clients):
    a = clients(NativeClient, server, "alice")
    a.post("something to page")
    numbers = [a.start(post=post("one")), a.start(get_history=pb.GetHistory(
        target="#lobby")), a.start(ping=pb.Ping(token=7)),
        a.start(post=post("two")), a.start(get_rooms=pb.GetRooms()),
        a.start(ping=pb.Ping(token=8))]
    answers = []
    while len(answers) < len(numbers):
        envelope = a.read()
        if envelope.request:
            answers.append((envelope.request, envelope.WhichOneof("body")))
    assert answers == list(zip(numbers, [
        "posted", "history", "pong", "posted", "rooms", "pong"]))


def test_direct_messages_are_a_room_of_two(server, clients):
    a = clients(NativeClient, server, "alice")
    b = clients(NativeClient, server, "bob")
    c = clients(NativeClient, server, "carol")
    line = clients(LineClient, server, "dave")

    a.post("psst", target="@bob")
    b.sees("alice", "psst", room="@alice")
    b.post("yes?", target="@alice")
    a.sees("bob", "yes?", room="@bob")
    b.post("and you?", target="@dave")
    line.expect("[private] bob: and you?")
    assert [m.text for m in b.history("@alice").messages] == ["psst", "yes?"]
    c.post("fence")
    c.sees("carol", "fence")
    assert not [e for e in c.seen if e.WhichOneof("body") == "message"]
    refused(a, pb.ERROR_CODE_NO_SUCH_PERSON, post=post("x", target="@nobody"))


def test_a_stranger_gets_nothing_of_a_direct_room(server, clients):
    a = clients(NativeClient, server, "alice")
    clients(NativeClient, server, "bob")
    a.post("psst", target="@bob")
    number = a.answer("joined", a.start(join=pb.Join(target="@bob"))).room
    mallory = clients(NativeClient, server, "mallory")

    refused(mallory, pb.ERROR_CODE_NO_SUCH_ROOM,
            join=pb.Join(room=number, after=0))


def test_typing_cursors_and_away_are_signalled(server, clients):
    a = clients(NativeClient, server, "alice")
    b = clients(NativeClient, server, "bob")
    posted = a.post("hello")
    b.sees("alice", "hello")

    b.tell(set_typing=pb.SetTyping(target="#lobby", typing=True))
    assert a.expect("typing").name == "bob"
    b.tell(set_cursor=pb.SetCursor(target="#lobby", delivered_seq=posted.seq,
                                   read_seq=posted.seq))
    cursor = a.expect("cursor")
    assert (cursor.name, cursor.read_seq) == ("bob", posted.seq)
    b.ask("done", set_away=pb.SetAway(away=True, text="lunch"))
    a.expect("presence", lambda p: p.kind == pb.PRESENCE_KIND_AWAY)
    person = {p.name: p for p in a.ask(
        "people", get_people=pb.GetPeople(target="#lobby")).people}["bob"]
    assert (person.away, person.away_text) == (True, "lunch")
    assert person.read_seq == posted.seq


def test_topics_and_renames_are_told_in_order(server, clients):
    a = clients(NativeClient, server, "alice")
    b = clients(LineClient, server, "bob")

    a.ask("done", set_topic=pb.SetTopic(target="#lobby", topic="tea"))
    a.ask("done", set_name=pb.SetName(name="Ann"))
    a.post("hello")

    b.expect_line(lambda line: "alice" in line and "tea" in line)
    b.expect_line(lambda line: "alice" in line and "Ann" in line)
    b.sees("Ann", "hello")
    assert a.join("#lobby").topic == "tea"


@pytest.mark.parametrize("hello, code", [
    (pb.Hello(version=2, name="a", secret=bytes(32)),
     pb.ERROR_CODE_BAD_VERSION),
    (pb.Hello(version=1, name="a", secret=b"short"),
     pb.ERROR_CODE_BAD_REQUEST),
    (pb.Hello(version=1, name="a b", secret=bytes(range(32))),
     pb.ERROR_CODE_BAD_NAME),
    (pb.Hello(version=1, name="x" * 33, secret=bytes(range(32))),
     pb.ERROR_CODE_BAD_NAME),
])
def test_a_bad_hello_is_refused_by_code(server, clients, hello, code):
    c = clients(NativeClient, server)
    c.send_bytes(MAGIC)
    refused(c, code, hello=hello)


@pytest.mark.parametrize("body, code", [
    (dict(post=post("")), pb.ERROR_CODE_EMPTY_MESSAGE),
    (dict(post=post("x" * 16385)), pb.ERROR_CODE_MESSAGE_TOO_LONG),
    (dict(post=post("x", target="lobby")), pb.ERROR_CODE_BAD_ROOM),
    (dict(post=post("x", client_id=b"short")), pb.ERROR_CODE_BAD_REQUEST),
    (dict(join=pb.Join(target="#no room")), pb.ERROR_CODE_BAD_ROOM),
    (dict(part=pb.Part(target="#nowhere")), pb.ERROR_CODE_NO_SUCH_ROOM),
    (dict(get_history=pb.GetHistory(target="#nowhere")),
     pb.ERROR_CODE_NO_SUCH_ROOM),
    (dict(set_name=pb.SetName(name="bob")), pb.ERROR_CODE_NAME_TAKEN),
])
def test_refusals_have_codes(server, clients, body, code):
    clients(NativeClient, server, "bob")
    refused(clients(NativeClient, server, "alice"), code, **body)


def test_a_frame_that_announces_too_much_is_refused_before_it_comes(server,
                                                                  clients):
    c = clients(NativeClient, server, "alice")
    c.send_bytes((256 * 1024 + 1).to_bytes(4, "big") + b"\x01")
    assert c.expect("closing").text
    assert c.read() is None


def test_a_silent_client_is_given_up_and_its_leave_told(serve, clients):
    server = serve("--limits-heartbeat", "300ms", "--limits-dead", "1s")
    watcher = clients(LineClient, server, "watcher")
    mute = clients(NativeClient, server, "mute")

    watcher.sees_leave("mute")

    kinds = []
    while (envelope := mute._read_frame(5)) is not None:
        kinds.append(envelope.WhichOneof("body"))
    assert "ping" in kinds


def test_a_client_that_answers_pings_stays(serve, clients):
    server = serve("--limits-heartbeat", "200ms", "--limits-dead", "500ms")
    c = clients(NativeClient, server, "alice")
    pings = 0
    while pings < 8:
        envelope = c._read_frame(5)
        if envelope.WhichOneof("body") == "ping":
            c.tell(pong=pb.Pong(token=envelope.ping.token))
            pings += 1


def test_a_hello_split_anywhere(serve, clients):
    server = serve("--limits-grace", "10s")
    data = MAGIC + frame(pb.Envelope(request=1, hello=pb.Hello(
        version=1, name="", secret=bytes(range(32))))) + frame(
        pb.Envelope(request=2, ping=pb.Ping(token=3)))
    for split in range(1, len(data), 7):
        c = clients(NativeClient, server)
        c.send_bytes(data[:split])
        c.send_bytes(data[split:])
        assert c.answer("pong", 2).token == 3


def test_two_want_one_name_at_the_same_instant(server, clients):
    """Of 20 pairs, each time exactly one gets it."""
    for n in range(20):
        pair = [clients(NativeClient, server), clients(LineClient, server)]
        pair[0].send_bytes(MAGIC)
        gate = threading.Barrier(2)

        def native(client=pair[0], name=f"Name{n}", gate=gate):
            gate.wait()
            client.tell(1, hello=pb.Hello(version=1, name=name,
                                          secret=os.urandom(32)))

        def line(client=pair[1], name=f"nAME{n}", gate=gate):
            gate.wait()
            client.say(name)

        threads = [threading.Thread(target=t) for t in (native, line)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        answer = pair[0]._wait(lambda e: e.request == 1).WhichOneof("body")
        said = pair[1].expect_line(
            lambda text: text.startswith(("Welcome", "Name ")))
        assert (answer == "welcome") != said.startswith("Welcome, "), (
            answer, said)
