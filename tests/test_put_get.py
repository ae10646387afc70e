# SPDX-License-Identifier: MIT
"""loquat put, get and files: real processes, cut and killed."""
import hashlib
import json
import random
import select
import signal
import stat
import subprocess
import time

import pytest

from harness.command import Command, environment, run
from harness.line import LineClient
from harness.native import NativeClient
from harness.relay import Relay
from harness.server import DEADLINE, program


@pytest.fixture
def home(tmp_path):
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture
def relay(server):
    wire = Relay(server)
    yield wire
    wire.close()


def loquat(server, home, *args, input=None, cwd=None, deadline=DEADLINE,
           **env):
    """Runs to the end, with bytes."""
    return subprocess.run(
        [program("loquat"), *map(str, args)], input=input, cwd=cwd or home,
        capture_output=True, timeout=deadline,
        env=environment(server, XDG_STATE_HOME=str(home / "state"), **env))


def start(server, home, *args, cwd=None, **env):
    command = Command.__new__(Command)
    command.process = subprocess.Popen(
        [program("loquat"), *map(str, args)], cwd=cwd or home,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=environment(server, XDG_STATE_HOME=str(home / "state"),
                        RECONNECT_ATTEMPTS="0", **env))
    command.rest = {"out": b"", "err": b""}
    return command


def make(home, name, size, seed=1):
    data = random.Random(seed).randbytes(size)
    (home / name).write_bytes(data)
    return data


def put(server, home, name):
    done = loquat(server, home, "put", "--json", name)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def tickets(home):
    return list((home / "state" / "loquat" / "uploads").glob("*"))


@pytest.mark.parametrize("size", [0, 1, 70000, 5 << 20])
def test_a_file_goes_there_and_back(server, clients, home, size):
    data = make(home, "photo.webp", size)
    watcher = clients(NativeClient, server, "watcher", "#ops")

    done = loquat(server, home, "put", "photo.webp", "#ops")

    assert done.returncode == 0, done.stderr
    url = done.stdout.decode().strip()
    message = watcher.expect("message", lambda m: m.file.name == "photo.webp")
    assert url == (f"http://{server.address}/f/{message.file.id}/photo.webp")
    assert message.sender == "tester"
    assert not tickets(home)
    other = home / "other"
    other.mkdir()
    for i, word in enumerate([message.file.id, url]):
        done = loquat(server, home, "get", word, cwd=other)
        assert done.returncode == 0, done.stderr
        name = ["photo.webp", "photo (1).webp"][i]
        assert done.stdout.decode() == name + "\n"
        assert (other / name).read_bytes() == data
    assert sorted(p.name for p in other.iterdir()) == [
        "photo (1).webp", "photo.webp"]
    assert b"\x1b" not in done.stderr, "a bar without a terminal"


def test_json_files_and_history_tell_of_a_file(server, home):
    data = make(home, "a b.png", 1500)
    told = put(server, home, "a b.png")
    assert told["file_sha256"] == hashlib.sha256(data).hexdigest()
    assert told["file_size"] == 1500 and told["room"] == "#lobby"
    assert told["url"].endswith("/a%20b.png")

    listed = json.loads(run(server, "files", "--json").stdout)
    assert listed["file_id"] == told["file_id"]
    assert listed["file_sha256"] == told["file_sha256"]
    assert listed["sender"] == "tester" and listed["seq"] == told["seq"]
    text = run(server, "files").stdout
    assert (f"tester shared a b.png (1.5 kB): /f/{told['file_id']}/a%20b.png"
            f"  (loquat get {told['file_id']})") in text
    message = json.loads(run(server, "history", "--json", "#lobby").stdout)
    assert message["kind"] == "file" and message["text"] == ""
    assert message["file_name"] == "a b.png"
    assert message["file_path"] == f"/f/{told['file_id']}/a%20b.png"
    got = json.loads(loquat(server, home, "get", "--json", "-o", "x.png",
                            told["file_id"]).stdout)
    assert got["path"] == "x.png" and got["file_sha256"] == told["file_sha256"]
    assert (home / "x.png").read_bytes() == data


def test_a_chat_shows_files_that_come_and_are_there(server, clients, home):
    make(home, "x.bin", 1000)
    chat = clients(Command, server, server.address, "--name", "carol")
    chat.expect("#lobby")
    told = put(server, home, "x.bin")
    chat.expect("tester is sending x.bin (1.0 kB): /f/" + told["file_id"])
    chat.expect(f"tester shared x.bin (1.0 kB): /f/{told['file_id']}/x.bin"
                f"  (loquat get {told['file_id']})")


def test_taken_names(server, home):
    data = make(home, "x.tar.gz", 1000)
    id = put(server, home, "x.tar.gz")["file_id"]
    (home / "x.tar.gz").write_bytes(b"mine")

    assert loquat(server, home, "get", id).stdout == b"x.tar (1).gz\n"
    assert (home / "x.tar.gz").read_bytes() == b"mine"
    assert loquat(server, home, "get", "--overwrite", id).returncode == 0
    assert (home / "x.tar.gz").read_bytes() == data
    (home / "half").write_bytes(data[:500])
    done = loquat(server, home, "get", "--resume", "-o", "half", id)
    assert done.stdout == b"half\n" and b"from byte 500" in done.stderr
    assert (home / "half").read_bytes() == data
    (home / "folder").mkdir()
    assert loquat(server, home, "get", "-o", "folder", id).returncode == 0
    assert (home / "folder" / "x.tar.gz").read_bytes() == data


def test_a_part_that_was_another_files_is_not_believed(server, home):
    data = make(home, "x.bin", 100000)
    id = put(server, home, "x.bin")["file_id"]
    there = home / "there"
    there.mkdir()
    for part in (b"z" * 5000, data + b"more", data[:-1] + b"?"):
        (there / "x.bin.part").write_bytes(part)
        done = loquat(server, home, "get", "--overwrite", id, cwd=there)
        assert done.returncode == 0, done.stderr
        assert (there / "x.bin").read_bytes() == data
        assert not (there / "x.bin.part").exists()


@pytest.mark.parametrize("name", [
    "../../evil", "/etc/passwd", "..", ".bashrc", "a\x1b[2Jb", "x\u202egpj.exe",
    "nul", "\u00e9" * 300, "-rf"])
def test_names_from_others_stay_in_the_folder(server, clients, home, name):
    alice = clients(NativeClient, server, "alice")
    _, id = alice.put(name, b"bytes")
    there = home / "a" / "b"
    there.mkdir(parents=True)
    done = loquat(server, home, "get", id, cwd=there)
    assert done.returncode == 0, done.stderr
    (made,) = there.iterdir()
    assert made.read_bytes() == b"bytes"
    assert made.name.isprintable() and made.name[0] not in ".-"
    assert len(made.name.encode()) <= 200
    assert sorted(p.name for p in home.iterdir() if p.name != "state") == ["a"]


def test_a_link_in_the_way_is_not_followed(server, home):
    data = make(home, "x.bin", 1000)
    id = put(server, home, "x.bin")["file_id"]
    there = home / "there"
    there.mkdir()
    (home / "secret").write_bytes(b"mine")
    (there / "x.bin.part").symlink_to(home / "secret")
    done = loquat(server, home, "get", id, cwd=there)
    assert done.returncode == 1 and b"cannot write" in done.stderr
    (there / "x.bin.part").unlink()
    (there / "x.bin").symlink_to(home / "secret")
    assert loquat(server, home, "get", id, cwd=there).returncode == 0
    assert (home / "secret").read_bytes() == b"mine"
    assert (there / "x (1).bin").read_bytes() == data


def test_standard_input_and_output(server, home):
    data = random.Random(7).randbytes(3 << 20)
    done = loquat(server, home, "put", "-", "--name", "pipe.bin", "#ops",
                  input=data)
    assert done.returncode == 0, done.stderr
    id = done.stdout.decode().split("/f/")[1].split("/")[0]
    done = loquat(server, home, "get", id, "-o", "-")
    assert done.returncode == 0 and done.stdout == data
    assert loquat(server, home, "put", "-").returncode == 2


def test_folders_travel_as_tar(server, home):
    folder = home / "album"
    (folder / "sub").mkdir(parents=True)
    (folder / "one").write_bytes(b"1" * 100000)
    (folder / "sub" / "two").write_bytes(b"2")
    done = loquat(server, home, "put", "album")
    assert done.returncode == 1 and b"--tar" in done.stderr
    done = loquat(server, home, "put", "--tar", "album")
    assert done.returncode == 0, done.stderr
    id = done.stdout.decode().split("/f/")[1].split("/")[0]
    there = home / "there"
    there.mkdir()
    for name in ("album", "album (1)"):
        done = loquat(server, home, "get", "--tar", id, cwd=there)
        assert done.returncode == 0, done.stderr
        assert done.stdout.decode() == name + "\n"
        got = there / name / "album"
        assert (got / "one").read_bytes() == b"1" * 100000
        assert (got / "sub" / "two").read_bytes() == b"2"


def test_what_is_no_archive_is_not_unpacked(server, home):
    make(home, "x.bin", 100000)
    id = put(server, home, "x.bin")["file_id"]
    done = loquat(server, home, "get", "--tar", id)
    assert done.returncode == 1 and b"could not unpack" in done.stderr


@pytest.mark.parametrize("args, code", [
    (["get", "0" * 26], 4),
    (["get", "nonsense"], 2),
    (["get", "http://127.0.0.1:1/f/" + "0" * 26, "http://127.0.0.1:2/f/" +
      "0" * 26], 2),
    (["get", "http://127.0.0.1:1/f/" + "0" * 26], 5),
    (["get"], 2),
    (["put"], 2),
    (["put", "missing"], 4),
    (["put", "x.bin", "#bad room"], 6),
    (["put", "x.bin", "--room", "@nobody"], 4),
    (["get", "--overwrite", "--resume", "0" * 26], 2),
    (["files", "#nowhere"], 4),
])
def test_exit_codes(server, home, args, code):
    make(home, "x.bin", 10)
    done = loquat(server, home, *args)
    assert done.returncode == code, done
    assert done.stdout == b"" and done.stderr


def test_several_files_and_one_that_is_missing(server, home):
    make(home, "a", 10)
    make(home, "b", 10)
    done = loquat(server, home, "put", "a", "missing", "b", "#ops")
    assert done.returncode == 4
    assert len(done.stdout.splitlines()) == 2
    assert len(run(server, "files", "#ops").stdout.splitlines()) == 2


def test_a_quota_is_a_refusal_before_the_first_byte(serve, home):
    server = serve("--files-per-user", "1M")
    make(home, "x.bin", 2 << 20)
    done = loquat(server, home, "put", "x.bin")
    assert done.returncode == 6, done
    assert b"no room left" in done.stderr
    assert not run(server, "history", "#lobby").stdout


# ---- Cut ----

def test_a_put_goes_on_after_cuts_by_itself(server, clients, home, relay):
    data = make(home, "x.bin", 4 << 20)
    relay.limit("up", 1 << 20)
    command = start(relay, home, "put", "--json", "x.bin")
    for _ in range(3):
        relay.wait_for("up", 900000, DEADLINE)
        relay.cut()
        relay.limit("up", 1 << 20)
    relay.limit("up", None)
    told = command.read_json()
    assert command.end() == 0
    assert told["file_sha256"] == hashlib.sha256(data).hexdigest()
    reader = clients(NativeClient, server, "reader")
    assert reader.get(told["file_id"]) == data
    assert len(reader.history("#lobby").messages) == 1


@pytest.mark.parametrize("at", [0, 50, 300000, 2 << 20, 4 << 20, None])
def test_a_put_goes_on_after_the_servers_death(server, clients, home, relay,
                                               at):
    """at: bytes that have passed when it dies; None: all but the answer."""
    data = make(home, "x.bin", 4 << 20)
    if at is None:
        relay.limit("up", None)
        relay.limit("down", 900)
        at = 4 << 20
    else:
        relay.limit("up", at + 16384)
    command = start(relay, home, "put", "--json", "x.bin")
    relay.wait_for("up", at, DEADLINE)
    server.kill()
    relay.cut()
    relay.limit("up", None)
    relay.limit("down", None)
    server.start()
    told = command.read_json()
    assert command.end() == 0
    assert told["file_sha256"] == hashlib.sha256(data).hexdigest()
    reader = clients(NativeClient, server, "reader")
    assert reader.get(told["file_id"]) == data
    assert len(reader.history("#lobby").messages) == 1


@pytest.mark.parametrize("at", [300000, 2 << 20])
def test_a_put_goes_on_after_its_own_death(server, clients, home, relay, at):
    data = make(home, "x.bin", 4 << 20)
    relay.limit("up", at + 16384)
    command = start(relay, home, "put", "x.bin")
    relay.wait_for("up", at, DEADLINE)
    command.kill()
    (ticket,) = tickets(home)
    assert stat.S_IMODE(ticket.stat().st_mode) == 0o600
    relay.limit("up", None)
    done = loquat(relay, home, "put", "--json", "x.bin")
    assert done.returncode == 0, done.stderr
    assert b"goes on from byte" in done.stderr
    assert relay.passed["up"] < len(data)
    told = json.loads(done.stdout)
    assert told["file_sha256"] == hashlib.sha256(data).hexdigest()
    reader = clients(NativeClient, server, "reader")
    assert reader.get(told["file_id"]) == data
    assert not tickets(home)


def test_another_file_of_that_name_begins_anew(server, clients, home, relay):
    make(home, "x.bin", 4 << 20, seed=1)
    relay.limit("up", 2 << 20)
    command = start(relay, home, "put", "x.bin")
    relay.wait_for("up", 1 << 20, DEADLINE)
    command.kill()
    data = make(home, "x.bin", 4 << 20, seed=2)
    relay.limit("up", None)
    done = loquat(relay, home, "put", "--json", "x.bin")
    assert done.returncode == 0 and b"goes on" not in done.stderr
    reader = clients(NativeClient, server, "reader")
    assert reader.get(json.loads(done.stdout)["file_id"]) == data


def test_a_stream_goes_on_after_the_servers_death(server, clients, home,
                                                  relay):
    """Standard input cannot be read again: what was not acknowledged is
    kept."""
    data = random.Random(5).randbytes(6 << 20)
    relay.limit("up", 3 << 20)
    command = start(relay, home, "put", "-", "--name", "s", "--json")
    command.process.stdin.write(data[:2 << 20])
    command.process.stdin.flush()
    relay.wait_for("up", 1800000, DEADLINE)
    server.kill()
    relay.cut()
    relay.limit("up", None)
    server.start()
    command.process.stdin.write(data[2 << 20:])
    command.process.stdin.close()
    told = command.read_json()
    assert command.wait() == 0
    reader = clients(NativeClient, server, "reader")
    assert reader.get(told["file_id"]) == data


def test_a_get_goes_on_after_cuts_and_the_servers_death(server, home, relay):
    data = make(home, "x.bin", 4 << 20)
    id = put(server, home, "x.bin")["file_id"]
    there = home / "there"
    there.mkdir()
    relay.limit("down", 1 << 20)
    command = start(relay, home, "get", id, cwd=there)
    relay.wait_for("down", 900000, DEADLINE)
    relay.cut()
    relay.limit("down", 1 << 20)
    relay.wait_for("down", 900000, DEADLINE)
    server.kill()
    relay.cut()
    relay.limit("down", None)
    server.start()
    assert command.read_line() == "x.bin"
    assert command.end() == 0
    assert relay.passed["down"] < 3 << 20
    assert (there / "x.bin").read_bytes() == data


def test_a_get_goes_on_after_its_own_death(server, home, relay):
    data = make(home, "x.bin", 4 << 20)
    id = put(server, home, "x.bin")["file_id"]
    there = home / "there"
    there.mkdir()
    relay.limit("down", 2 << 20)
    command = start(relay, home, "get", id, cwd=there)
    relay.wait_for("down", 1900000, DEADLINE)
    command.kill()
    had = (there / "x.bin.part").stat().st_size
    assert had > 500000
    relay.limit("down", None)
    done = loquat(relay, home, "get", id, cwd=there)
    assert done.returncode == 0, done.stderr
    assert relay.passed["down"] < len(data) - had + 100000
    assert (there / "x.bin").read_bytes() == data


def test_interrupted_it_says_how_to_go_on(server, home, relay):
    make(home, "x.bin", 4 << 20)
    relay.limit("up", 1 << 20)
    command = start(relay, home, "put", "x.bin")
    relay.wait_for("up", 900000, DEADLINE)
    command.process.send_signal(signal.SIGINT)
    command.expect("say the same again", "err")
    relay.limit("up", None)
    assert command.wait() == 130
    assert len(tickets(home)) == 1


# ---- Live ----

def test_gets_follow_a_put(server, clients, home, relay):
    data = make(home, "x.bin", 6 << 20)
    watcher = clients(NativeClient, server, "watcher")
    relay.limit("up", 3 << 20)
    command = start(relay, home, "put", "x.bin")
    id = watcher.expect("uploading").file.id
    relay.wait_for("up", 3000000, DEADLINE)
    folders = [home / str(i) for i in range(2)]
    gets = []
    for folder in folders:
        folder.mkdir()
        gets.append(start(server, home, "get", id, cwd=folder))
    for folder in folders:
        part = folder / "x.bin.part"
        wait_until(lambda: part.exists() and part.stat().st_size > 2 << 20)
    relay.limit("up", None)
    assert command.end() == 0
    for folder, get in zip(folders, gets):
        assert get.read_line() == "x.bin"
        assert get.end() == 0
        assert (folder / "x.bin").read_bytes() == data


def test_two_gets_into_one_folder_do_not_meet(server, clients, home, relay):
    data = make(home, "x.bin", 4 << 20)
    id = put(server, home, "x.bin")["file_id"]
    there = home / "there"
    there.mkdir()
    relay.limit("down", 1 << 20)
    gets = [start(relay, home, "get", id, cwd=there) for _ in range(2)]
    wait_until(lambda: len(list(there.glob("*.part"))) == 2)
    relay.limit("down", None)
    names = sorted(get.read_line() for get in gets)
    assert names == ["x (1).bin", "x.bin"]
    for get, name in zip(gets, names):
        assert get.end() == 0
        assert (there / name).read_bytes() == data


def wait_until(true):
    end = time.monotonic() + DEADLINE
    while not true():
        assert time.monotonic() < end
        select.select([], [], [], 0.01)


def test_line_clients_hear_of_it(server, clients, home):
    watcher = clients(LineClient, server, "watcher")
    make(home, "x.bin", 1000)
    told = put(server, home, "x.bin")
    watcher.expect_line(lambda line: f"/get {told['file_id']}" in line)
