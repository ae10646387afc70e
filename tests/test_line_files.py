# SPDX-License-Identifier: MIT
"""Files over the line dialect: FILE:name:size, /get, /files, inline."""
import random
import socket
import struct

import pytest

from harness.line import LineClient

SIZES = [0, 1, 65535, 65536, 65537, 5 * 1024 * 1024]


def bytes_of(size, seed=1):
    """Anything, newlines and telnet's 0xFF among it."""
    return random.Random(seed).randbytes(size)


def reset(client):
    """Gone without a goodbye."""
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                             struct.pack("ii", 1, 0))
    client.socket.close()


def expect_reset(client):
    """Whatever still comes, the end is a reset, not an end in order."""
    with pytest.raises(ConnectionResetError):
        while client.read_bytes(65536):
            pass


def test_a_file_is_shared_fetched_and_relayed_live(server, clients):
    alice = clients(LineClient, server, "alice")
    bob = clients(LineClient, server, "bob")
    carol = clients(LineClient, server, "carol")
    data = bytes_of(3_000_000)
    half = len(data) // 2
    carol.say("/files inline")
    carol.sync()
    bob.sync()

    # Half of it: carol has that half while alice pauses, and alice hears bob.
    alice.send_bytes(f"FILE:photo.webp:{len(data)}\n".encode())
    alice.send_bytes(data[:half])
    assert carol.expect_header() == ("photo.webp", len(data))
    assert carol.read_bytes(half) == data[:half]
    bob.post("how is it going?")
    alice.sees("bob", "how is it going?")
    carol.post("what a picture")
    alice.sees("carol", "what a picture")

    # The rest, and a word behind it.
    alice.send_bytes(data[half:] + b"there it is\n")
    file_id = alice.sees_shared()
    assert carol.read_bytes(len(data) - half) == data[half:]
    bob.sees("carol", "what a picture")
    assert bob.sees_shared("alice") == file_id
    bob.sees("alice", "there it is")

    # Carol has missed nothing, and once is enough.
    carol.sees("bob", "how is it going?")
    assert carol.sees_shared("alice") == file_id
    carol.sees("alice", "there it is")
    carol.sync()
    assert not [line for line in carol.lines[-4:] if line.startswith("FILE:")]

    # Bob fetches it; what is said meanwhile comes behind it.
    assert bob.get(file_id) == ("photo.webp", data)
    alice.post("did you get it?")
    bob.sees("alice", "did you get it?")
    bob.say("/files")
    bob.expect("1 file in #lobby, the newest first:")
    bob.expect_next(f"  photo.webp ({len(data)} bytes) from alice: "
                    f"/get {file_id}")


@pytest.mark.parametrize("newline", ["required", "optional"])
@pytest.mark.parametrize("size", SIZES)
def test_sizes_and_splits(serve, clients, newline, size):
    server = serve("--line-newline", newline)
    alice = clients(LineClient, server, "alice")
    bob = clients(LineClient, server, "bob")
    data = bytes_of(size, seed=size)
    rng = random.Random(size)

    alice.put("a.bin", data, [rng.randrange(size + 1) for _ in range(9)])
    file_id = alice.sees_shared()

    assert bob.get(file_id) == ("a.bin", data)
    assert bob.get(f"/f/{file_id}/a.bin") == ("a.bin", data)
    alice.post("and on")
    bob.sees("alice", "and on")


@pytest.mark.parametrize("data", [b"\x89PNG\r\n", b"x", b":1:2"])
def test_a_header_without_a_newline(serve, clients, data):
    """As the tutorials' clients send: the bytes right behind the size, in one
    piece; or the header alone, and the bytes after a pause."""
    server = serve("--line-newline", "optional", "--line-pause", "20ms")
    alice = clients(LineClient, server, "alice")
    bob = clients(LineClient, server, "bob")
    alice.sees_join("bob")

    if not data.startswith(b":"):
        alice.send_bytes(f"FILE:a.bin:{len(data)}".encode() + data)
        assert bob.get(alice.sees_shared()) == ("a.bin", data)
    alice.send_bytes(f"FILE:b.bin:{len(data)}".encode())
    select_pause(alice)
    alice.send_bytes(data)
    assert bob.get(alice.sees_shared()) == ("b.bin", data)
    alice.post("and on")
    bob.sees("alice", "and on")


def select_pause(client):
    """Many times the pause that ends a line."""
    client.socket.settimeout(0.4)
    try:
        assert client.socket.recv(1) == b"nothing is expected"
    except TimeoutError:
        pass


def test_where_addresses_are_names_everyone_gets_everything(serve, clients):
    server = serve("--line-names", "address", "--line-newline", "optional",
                   "--line-files", "inline")
    a, b, c = (clients(LineClient, server) for _ in range(3))
    data = bytes_of(100_000)
    for client in a, b, c:
        client.post("here")
    for client in a, b, c:
        client.expect_line(lambda line: line.startswith("Welcome, 127.0.0.1:"))
        client.sync()

    a.put("photo.webp", data)

    assert b.read_file() == ("photo.webp", data)
    assert c.read_file() == ("photo.webp", data)
    a.sees_shared()
    b.post("thanks")
    c.expect_line(lambda line: line.endswith(": thanks"))


def test_refusals_are_said_at_once_and_the_bytes_are_dropped(serve, clients):
    server = serve("--files-per-room", "100000")
    alice = clients(LineClient, server, "alice")
    bob = clients(LineClient, server, "bob")
    data = bytes_of(100_001)

    alice.send_bytes(b"FILE:too much.bin:100001\n")
    alice.expect_line(lambda line: line.startswith(
        "too much.bin was not stored: There is no room left for more files"))
    alice.send_bytes(data + b"still here\n")
    bob.sees("alice", "still here")
    alice.put("fits.bin", data[:100_000])
    bob.get(alice.sees_shared())
    alice.say("/part")
    alice.expect_line(lambda line: line.startswith("You have left #lobby."))
    alice.send_bytes(b"FILE:a.bin:5\n/quit/join #lobby\n")
    alice.expect("a.bin was not stored: you are in no room, /join one first.")
    alice.post("back")
    bob.sees("alice", "back")


def test_a_file_that_is_too_large(serve, clients):
    server = serve("--files-largest", "1000")
    alice = clients(LineClient, server, "alice")

    alice.put("a.bin", bytes_of(1001))
    alice.expect("a.bin was not stored: "
                 "That file is larger than this server takes.")
    alice.send_bytes(b"FILE:b.bin:18446744073709551615\n")
    alice.expect("b.bin was not stored: "
                 "That file is larger than this server takes.")


@pytest.mark.parametrize("name, safe", [
    ("/etc/passwd", "passwd"),
    ("..\\..\\boot.ini", "boot.ini"),
    ("../.bashrc", "bashrc"),
    ("C:evil.exe", "evil.exe"),
    ("a\tb\x1b[31m.txt", "a b.txt"),
])
def test_names_are_made_safe(server, clients, name, safe):
    alice = clients(LineClient, server, "alice")
    bob = clients(LineClient, server, "bob")

    alice.put(name, b"hello")
    file_id = alice.sees_shared()

    assert bob.get(file_id) == (safe, b"hello")


def test_an_uploader_who_disappears_leaves_nothing(server, clients):
    alice = clients(LineClient, server, "alice")
    bob = clients(LineClient, server, "bob")
    carol = clients(LineClient, server, "carol")
    data = bytes_of(200_000)
    carol.say("/files inline")
    carol.sync()

    alice.send_bytes(b"FILE:half.bin:200000\n" + data[:100_000])
    carol.expect_header()
    assert carol.read_bytes(100_000) == data[:100_000]
    reset(alice)

    expect_reset(carol)
    bob.sees_leave("alice")
    bob.say("/files")
    bob.expect("No file has been shared in #lobby yet.")


def test_the_end_of_input_in_a_file_leaves_nothing(server, clients):
    alice = clients(LineClient, server, "alice")
    bob = clients(LineClient, server, "bob")

    alice.send_bytes(b"FILE:half.bin:200000\n" + bytes_of(1000))
    alice.socket.shutdown(socket.SHUT_WR)
    alice.expect_end()

    bob.sees_leave("alice")
    bob.say("/files")
    bob.expect("No file has been shared in #lobby yet.")


def test_what_was_sent_before_the_end_of_input_counts(server, clients):
    alice = clients(LineClient, server, "alice")
    bob = clients(LineClient, server, "bob")
    data = bytes_of(300_000)

    alice.put("whole.bin", data)
    alice.socket.shutdown(socket.SHUT_WR)

    alice.sees_shared()
    alice.expect_end()
    assert bob.get(bob.sees_shared("alice")) == ("whole.bin", data)

    bob.say(f"/get {bob_id(bob)}")
    bob.socket.shutdown(socket.SHUT_WR)
    assert bob.read_file() == ("whole.bin", data)
    bob.expect_end()


def bob_id(client):
    shared = [line for line in client.lines if ": /get " in line]
    return shared[-1].rsplit(": /get ", 1)[1].split()[0]


def test_two_who_share_inline_do_not_wait_for_each_other(server, clients):
    alice = clients(LineClient, server, "alice")
    bob = clients(LineClient, server, "bob")
    ours, theirs = bytes_of(2_000_000, 1), bytes_of(2_000_000, 2)
    for client in alice, bob:
        client.say("/files inline")
        client.sync()

    alice.send_bytes(b"FILE:ours:2000000\n" + ours[:1000])
    bob.send_bytes(b"FILE:theirs:2000000\n" + theirs[:1000])
    assert bob.expect_header() == ("ours", 2_000_000)
    assert alice.expect_header() == ("theirs", 2_000_000)
    for at in range(1000, 2_000_000, 100_000):
        alice.send_bytes(ours[at:at + 100_000])
        bob.send_bytes(theirs[at:at + 100_000])

    assert bob.read_bytes(2_000_000) == ours
    assert alice.read_bytes(2_000_000) == theirs
    alice.sees_shared()
    bob.sees_shared()


def test_many_files_inline_come_one_after_the_other(server, clients):
    alice = clients(LineClient, server, "alice")
    bob = clients(LineClient, server, "bob")
    files = {f"{i}.bin": bytes_of(70_000 + i, i) for i in range(20)}
    bob.say("/files inline")
    bob.sync()

    for name, data in files.items():
        alice.put(name, data)
    alice.say("done")
    got = dict(bob.read_file() for _ in files)

    assert got == files
    bob.sees("alice", "done")
    bob.say("/files off")
    bob.sync()
    alice.put("more.bin", b"more")
    bob.sees_shared("alice")
    bob.sync()
    assert not [line for line in bob.lines[-3:] if line.startswith("FILE:")]


def test_a_file_that_stalls_is_given_up(serve, clients):
    server = serve("--limits-heartbeat", "500ms", "--limits-dead", "1s")
    alice = clients(LineClient, server, "alice")
    bob = clients(LineClient, server, "bob")

    alice.send_bytes(b"FILE:slow.bin:1000\n0123456789")

    alice.expect("slow.bin was given up: nothing of it came for too long.")
    alice.expect_end()
    bob.sees_leave("alice")


def test_ids_that_are_none(server, clients):
    alice = clients(LineClient, server, "alice")

    alice.say("/get it")
    alice.expect("\"it\" is no file's id. /files lists them.")
    alice.say("/get " + "0" * 26)
    alice.expect("There is no such file.")
    alice.say("/gett x")
    alice.expect("Unknown command /gett. Did you mean /get?")
    alice.say("/files 3 #nowhere else")
    alice.expect("Usage: /files [n] [#room], /files inline, /files off")


@pytest.mark.parametrize("name", ["FILE", "file", "F1LE"])
def test_nobodys_messages_look_like_a_file(server, clients, name):
    """\"FILE: a:5\" would be the header of five bytes."""
    client = clients(LineClient, server)
    client.expect("Hi! Welcome to loquat. What's your name?")
    client.say(name)
    client.expect_next(f'Name "{name}" cannot be used: it is reserved. Choose '
                       "a different name:")
