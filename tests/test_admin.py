# SPDX-License-Identifier: MIT
"""`loquatd admin` against a running server, and backup, restore and fsck with
and without one."""
import json
import os
import pty
import select
import socket
import stat
import subprocess
import threading
import time

import pytest

from harness.line import LineClient
from harness.server import DEADLINE, program

PASSWORD = "canary horse battery"


class Admin:
    def __init__(self, server):
        self.data = server.folder / "data"

    def run(self, *words, stdin="", json_lines=False):
        options = ["--json"] if json_lines else []
        return subprocess.run(
            [program("loquatd"), "admin", "--data", str(self.data), *options,
             *words], input=stdin, capture_output=True, text=True,
            timeout=DEADLINE)

    def __call__(self, *words, stdin=""):
        """The rows; what fails, fails the test."""
        done = self.run(*words, stdin=stdin, json_lines=True)
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        assert lines.pop() == {"ok": True}
        return lines

    def refused(self, *words, stdin=""):
        """The word and the exit status."""
        done = self.run(*words, stdin=stdin, json_lines=True)
        last = json.loads(done.stdout.splitlines()[-1])
        assert last["text"], last
        return last["error"], done.returncode


@pytest.fixture
def admin(server):
    return Admin(server)


def offline(*words):
    return subprocess.run([program("loquatd"), *map(str, words)],
                          capture_output=True, text=True, timeout=DEADLINE)


def raw(server):
    """A connection to the socket itself."""
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(DEADLINE)
    folder = os.open(server.folder / "data", os.O_PATH)
    s.connect(f"/proc/self/fd/{folder}/admin.sock")
    os.close(folder)
    return s


def ask(server, request):
    with raw(server) as s:
        s.sendall(request)
        answer = b""
        while more := s.recv(65536):
            answer += more
    return [json.loads(line) for line in answer.splitlines()]


# --- accounts ---------------------------------------------------------------

def test_an_account_from_its_birth_to_its_end(admin):
    assert admin("users", "list") == []
    admin("users", "register", "Alice", stdin=PASSWORD + "\n")
    row, = admin("users", "list")
    assert (row["name"], row["state"]) == ("Alice", "active")
    assert row["created_ms"] > 0
    assert admin("users", "show", "ALICE")[0]["name"] == "Alice"
    assert admin("tokens", "list", "alice") == []
    admin("users", "password", "alice", stdin="another " + PASSWORD + "\n")
    for verb, state in (("disable", "disabled"), ("enable", "active"),
                        ("delete", "deleted")):
        admin("users", verb, "alice")
        assert admin("users", "list")[0]["state"] == state
    # The name stays taken.
    word, status = admin.refused("users", "register", "alice",
                                 stdin=PASSWORD + "\n")
    assert status == 6, word
    assert len(admin("users", "list")) == 1


def test_what_cannot_be_done_is_told_apart_by_exit_status(admin):
    register = ("users", "register")
    assert admin.refused(*register, "admin", stdin=PASSWORD) == ("bad_name", 6)
    assert admin.refused(*register, "bob", stdin="password") == (
        "weak_password", 6)
    assert admin.refused(*register, "bob", stdin="short") == (
        "weak_password", 6)
    assert admin.refused(*register, "bob", stdin="x" * 300)[1] == 2
    assert admin.run(*register, "bob", stdin="").returncode == 1
    assert admin.refused("users", "show", "nobodyhere") == ("no_such", 4)
    assert admin.refused("users", "disable", "nobodyhere")[1] == 4
    assert admin.refused("tokens", "revoke", "nobodyhere", "all")[1] == 4
    assert admin.refused("rooms", "show", "#nowhere") == ("no_such", 4)
    assert admin.refused("rooms", "close", "#nowhere")[1] == 4
    assert admin.refused("users", "list", "more") == ("usage", 2)
    assert admin.refused("rooms", "set", "#lobby", "color", "red") == (
        "usage", 2)
    assert admin.refused("rooms", "role", "#lobby", "x", "king") == (
        "usage", 2)
    assert admin.run("bogus").returncode == 2
    assert admin.run().returncode == 2
    assert admin.run("help").returncode == 0
    assert admin("users", "list") == []


def test_a_secret_is_nowhere_but_as_a_hash(server, admin):
    admin("users", "register", "alice", stdin=PASSWORD + "\n")
    admin("users", "password", "alice", stdin="new " + PASSWORD + "\n")
    assert server.stop() == 0
    for path in server.folder.rglob("*"):
        if path.is_file():
            assert PASSWORD.encode() not in path.read_bytes(), path
    assert b"$argon2id$" in (admin.data / "loquat.db").read_bytes()


def read_until(fd, wanted):
    seen, end = b"", time.monotonic() + DEADLINE
    while wanted not in seen:
        left = end - time.monotonic()
        assert left > 0 and select.select([fd], [], [], left)[0], seen
        try:
            more = os.read(fd, 4096)
        except OSError:          # the other end has closed
            more = b""
        seen += more
        if not more:
            break
    assert wanted in seen, seen
    return seen


@pytest.mark.parametrize("again,status", [(PASSWORD, 0), ("else", 1)])
def test_on_a_terminal_a_password_is_asked_twice_without_echo(admin, again,
                                                              status):
    pid, fd = pty.fork()
    if pid == 0:
        os.execv(program("loquatd"), ["loquatd", "admin", "--data",
                                      str(admin.data), "users", "register",
                                      "alice"])
    seen = read_until(fd, b"Password: ")
    os.write(fd, PASSWORD.encode() + b"\n")
    seen += read_until(fd, b"Once more: ")
    with open(f"/proc/{pid}/cmdline", "rb") as f:
        assert b"canary" not in f.read()
    os.write(fd, again.encode() + b"\n")
    while True:
        try:
            more = os.read(fd, 4096)
        except OSError:
            break
        seen += more
        if not more:
            break
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == status
    os.close(fd)
    assert b"canary" not in seen and b"else" not in seen, seen
    assert len(admin("users", "list")) == (1 if status == 0 else 0)


# --- rooms, bans, invitations -----------------------------------------------

def test_a_room_is_set_up(admin):
    admin("users", "register", "alice", stdin=PASSWORD)
    admin("users", "register", "bob", stdin=PASSWORD)
    admin("rooms", "set", "#lobby", "slow", "10s")
    admin("rooms", "set", "#lobby", "description", "Where", "all", "meet")
    admin("rooms", "owner", "#lobby", "alice")
    admin("rooms", "role", "#lobby", "bob", "moderator")
    room, *members = admin("rooms", "show", "#lobby")
    assert room["slow"] == "10s" and room["description"] == "Where all meet"
    assert sorted((m["member"], m["role"]) for m in members) == [
        ("alice", "owner"), ("bob", "moderator")]
    admin("rooms", "role", "#lobby", "bob", "none")
    assert len(admin("rooms", "show", "#lobby")) == 2
    assert [r["name"] for r in admin("rooms", "list")] == ["#lobby"]


def test_a_ban_ends_connections_and_can_be_taken_back(server, admin, clients):
    bob = clients(LineClient, server, "bob")
    admin("bans", "add", "--for", "1h", "127.0.0.0/8", "too", "loud")
    bob.expect_end()
    row, = admin("bans", "list")
    assert (row["whom"], row["kind"], row["reason"]) == (
        "127.0.0.0/8", "ban", "too loud")
    assert row["until_ms"] - row["created_ms"] == pytest.approx(3600e3, abs=99)
    admin("bans", "remove", "127.0.0.0/8")
    assert admin("bans", "list") == []
    clients(LineClient, server, "carol")
    assert admin.refused("bans", "add", "192.0.2.1/24")[1] in (4, 6)


def test_an_invitation_is_shown_once(admin):
    made, = admin("invitations", "create", "--uses", "3", "--for", "2d")
    assert made["code"].startswith("inv_") and len(made["code"]) == 56
    row, = admin("invitations", "list")
    assert (row["number"], row["uses_left"]) == (made["number"], 3)
    assert row["until_ms"] - row["created_ms"] == 2 * 86400 * 1000
    assert made["code"] not in json.dumps(row)
    admin("invitations", "revoke", str(made["number"]))
    assert admin("invitations", "list") == []
    assert admin.refused("invitations", "revoke", str(made["number"])) == (
        "bad_invitation", 4)


def test_every_deed_is_in_the_audit(admin):
    admin("users", "register", "alice", stdin=PASSWORD)
    admin("users", "disable", "alice")
    admin("bans", "add", "192.0.2.0/24")
    rows = admin("audit")
    assert len(rows) == 3 and {r["by"] for r in rows} == {"(operator)"}
    assert [r["target"] for r in rows] == ["192.0.2.0/24", "alice", "alice"]
    assert admin("audit", "-n", "1") == rows[:1]
    assert PASSWORD not in json.dumps(rows)


# --- the socket -------------------------------------------------------------

def test_the_socket_is_its_owners(server):
    path = server.folder / "data" / "admin.sock"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert server.stop() == 0
    assert not path.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs to become somebody else")
def test_the_kernel_says_who_asks(server):
    data = server.folder / "data"
    os.chmod(data, 0o711)
    os.chmod(data / "admin.sock", 0o666)
    script = ("import os, socket, sys\n"
              "s = socket.socket(socket.AF_UNIX)\n"
              "os.chdir(sys.argv[1]); os.setgid(65534); os.setuid(65534)\n"
              "s.settimeout(20); s.connect('admin.sock')\n"
              "try:\n"
              "    s.sendall(b'{\"words\":[\"users\",\"list\"]}\\n')\n"
              "    print(len(s.recv(100)))\n"
              "except OSError:\n"
              "    print(0)\n")
    done = subprocess.run(["python3", "-c", script, str(data)],
                          capture_output=True, text=True, timeout=DEADLINE)
    assert done.stdout == "0\n", done.stderr
    assert ask(server, b'{"words":["users","list"]}\n') == [{"ok": True}]


def test_what_is_no_request_is_answered_or_ended(server):
    for line in (b"", b"hello", b"[]", b'{"words":[1]}', b"\xff\xfe", b"null",
                 b"GET / HTTP/1.1", b'{"words":["x"],"words":["y"]}'):
        last = ask(server, line + b"\n")[-1]
        assert last["error"] == "usage", line
    with raw(server) as long:                    # no line ends in so many
        long.sendall(b"x" * 16384)
        assert long.recv(10) == b""
    with raw(server) as half:
        half.sendall(b'{"words":')
    assert ask(server, b'{"words":["users","list"]}\nand more\n') == [
        {"ok": True}]


def test_a_request_may_come_byte_by_byte(server):
    request = b'{"words":["users","list"]}\n'
    with raw(server) as s:
        for i in range(len(request)):
            s.sendall(request[i:i + 1])
        assert json.loads(s.makefile().readline()) == {"ok": True}


def test_idle_connections_do_not_keep_the_server(server):
    idle = [raw(server) for _ in range(8)]
    assert ask(server, b'{"words":["users","list"]}\n') == [{"ok": True}]
    assert server.stop() == 0
    for s in idle:
        assert s.recv(10) == b""
        s.close()


def test_a_long_path_has_a_socket_too(serve, tmp_path):
    deep = tmp_path / ("d" * 110)
    deep.mkdir()
    server = serve("--data", str(deep / "data"))
    admin = Admin(server)
    admin.data = deep / "data"
    assert admin("users", "list") == []


def test_without_a_server_there_is_no_answer(server, admin):
    assert server.stop() == 0
    done = admin.run("users", "list")
    assert done.returncode == 5 and "no server runs" in done.stderr


def test_reloading_says_what_is_wrong(serve, tmp_path):
    config = tmp_path / "loquatd.conf"
    config.write_text("[log]\nlevel = info\n")
    server = serve("--config", str(config))
    admin = Admin(server)
    admin("reload")
    config.write_text("[log]\nlevel = loud\n")
    assert admin.refused("reload") == ("failed", 1)
    server.expect_log("configuration kept")


# --- backup, restore, fsck, stats -------------------------------------------

def test_a_backup_under_load_is_restored_elsewhere(server, admin, clients,
                                                   tmp_path):
    admin("users", "register", "alice", stdin=PASSWORD)
    talker = clients(LineClient, server, "bob")
    hearer = clients(LineClient, server, "carol")
    stop, warm = threading.Event(), threading.Event()
    said = []

    def talk():
        while not stop.is_set():
            said.append(f"line {len(said)} of many")
            talker.post(said[-1])
            hearer.sees("bob", said[-1])
            if len(said) == 20:
                warm.set()

    thread = threading.Thread(target=talk)
    thread.start()
    assert warm.wait(DEADLINE)
    before = len(said) - 1
    result, = admin("backup", str(tmp_path / "one"))
    stop.set()
    thread.join()
    assert result["damaged"] == 0 and before > 0
    assert stat.S_IMODE((tmp_path / "one").stat().st_mode) == 0o600
    assert admin.refused("backup", str(tmp_path / "one"))[1] == 1
    assert admin("fsck")[-1]["faults"] == 0

    copy = tmp_path / "copy"
    done = offline("restore", "--data", copy, tmp_path / "one")
    assert done.returncode == 0, done.stderr
    done = offline("fsck", "--data", copy, "--sizes")
    assert done.returncode == 0, done.stdout + done.stderr
    done = offline("fsck", "--json", "--data", copy)
    found = json.loads(done.stdout)
    assert found["faults"] == 0 and found["messages"] >= before
    assert offline("backup", "--data", copy, tmp_path / "two").returncode == 0
    # Never over something that is there.
    assert offline("restore", "--data", copy, tmp_path / "one").returncode == 1


def test_a_relative_path_is_the_callers(server, admin, tmp_path):
    done = subprocess.run(
        [program("loquatd"), "admin", "--data", str(admin.data), "backup",
         "mine"], cwd=tmp_path, capture_output=True, timeout=DEADLINE)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "mine").exists()


def test_fsck_finds_what_was_changed(server, admin):
    assert server.stop() == 0
    assert offline("fsck", "--data", admin.data).returncode == 0
    (admin.data / "loquat.db").write_bytes(b"no database at all")
    done = offline("fsck", "--data", admin.data)
    assert done.returncode == 1 and done.stderr
    assert offline("fsck", "--data", admin.data / "none").returncode != 0


def test_stats_say_what_uses_the_disk(server, admin, clients):
    bob = clients(LineClient, server, "bob")
    carol = clients(LineClient, server, "carol")
    bob.post("x" * 1000)
    carol.sees("bob", "x" * 1000)
    whole, room = admin("stats")
    assert whole["messages"] == 1 and whole["messages_bytes"] == 1000
    assert (room["room"], room["messages_bytes"]) == ("#lobby", 1000)
    text = admin.run("stats").stdout
    assert "database size" in text and "#lobby" in text
