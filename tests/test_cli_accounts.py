# SPDX-License-Identifier: MIT
"""loquat login, devices, invite ...: accounts and rights from a shell."""
import errno
import json
import os
import pty
import re
import select
import signal
import socket
import stat
import subprocess
import threading
import time

import pytest

from harness.command import Command, environment, run
from harness.http import api, basic
from harness.line import LineClient
from harness.native import MAGIC, NativeClient, frame, pb
from harness.server import DEADLINE, program

CHEAP = ("--accounts-hash_memory", "8K", "--accounts-hash_passes", "1")
PASSWORD = "correct horse battery"


@pytest.fixture
def server(serve):
    return serve(*CHEAP)


class Person:
    """Somebody with a home of their own."""

    def __init__(self, server, folder, name):
        self.server, self.name = server, name
        self.home = folder / name
        self.home.mkdir()
        self.password = self.home / "password"
        self.password.write_text(PASSWORD + "\n")
        self.env = {"HOME": str(self.home), "XDG_STATE_HOME":
                    str(self.home / "state")}

    def run(self, *args, status=0, **more):
        done = run(self.server, *args, **self.env, **more)
        assert done.returncode == status, (args, done)
        return done

    def register(self):
        self.run("register", self.name, "--password-file",
                 str(self.password))
        return self

    def tokens(self):
        return list((self.home / "state/loquat/tokens").glob("*"))


@pytest.fixture
def person(server, tmp_path):
    return lambda name: Person(server, tmp_path, name)


class Terminal:
    """The command on a terminal of its own: what it shows, what is typed."""

    def __init__(self, person, *args):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(program("loquat"), ["loquat", *args],
                      environment(person.server, **person.env))
        self.shown = ""

    def read(self, end):
        left = end - time.monotonic()
        assert left > 0 and select.select([self.fd], [], [], left)[0], \
            f"nothing more was shown: {self.shown!r}"
        try:
            data = os.read(self.fd, 65536)
        except OSError as e:
            if e.errno != errno.EIO:
                raise
            data = b""
        self.shown += data.decode()
        return data

    def expect(self, part):
        end = time.monotonic() + DEADLINE
        while part not in self.shown:
            assert self.read(end), f"ended: {self.shown!r}"
        self.shown = self.shown.split(part, 1)[1]

    def type(self, line):
        os.write(self.fd, line.encode() + b"\n")

    def wait(self):
        end = time.monotonic() + DEADLINE
        while self.read(end):
            pass
        os.close(self.fd)
        _, status = os.waitpid(self.pid, 0)
        return status


def test_who_registers_is_known_until_they_log_out(server, person, clients):
    watcher = clients(NativeClient, server, "watcher")
    alice = person("alice").register()

    (token,) = alice.tokens()
    assert stat.S_IMODE(token.stat().st_mode) == 0o600
    assert token.read_text().startswith("lq_")
    alice.run("send", "#lobby", "hello")
    assert watcher.sees("alice", "hello").sender == "alice"
    alice.run("send", "--guest", "#lobby", "as a guest")
    watcher.sees("tester", "as a guest")
    alice.run("send", "--name", "robin", "#lobby", "another")
    watcher.sees("robin", "another")
    alice.run("logout")
    assert alice.tokens() == []
    alice.run("send", "#lobby", "nobody in particular")
    watcher.sees("tester", "nobody in particular")
    alice.run("logout", status=3)


def test_logging_in_takes_the_password_from_a_file_or_a_command(person):
    alice = person("alice").register()
    alice.run("logout")

    alice.run("login", "alice", "--password-file", "-", input=PASSWORD)
    alice.run("logout")
    done = run(alice.server, "login", "--json", "alice",
               LOQUAT_PASSWORD_COMMAND=f"cat {alice.password}", **alice.env)
    assert done.returncode == 0 and json.loads(done.stdout) == \
        {"name": "alice"}
    alice.password.write_text("something else")
    alice.run("login", "alice", "--password-file", str(alice.password),
              status=3)
    assert len(alice.tokens()) == 1


def test_a_password_typed_on_a_terminal_is_not_shown(person):
    alice = person("alice")

    t = Terminal(alice, "register", "alice")
    t.expect("New password: ")
    t.type(PASSWORD)
    t.expect("Once more: ")
    t.type(PASSWORD)
    assert t.wait() == 0
    assert PASSWORD not in t.shown and len(alice.tokens()) == 1
    t = Terminal(alice, "passwd")
    t.expect("Old password: ")
    t.type(PASSWORD)
    t.expect("New password: ")
    t.type("a wholly different one")
    t.expect("Once more: ")
    t.type("a slightly different one")
    t.expect("two different passwords")
    assert t.wait() != 0


def test_an_interrupted_prompt_gives_the_terminal_back(person):
    import termios
    alice = person("alice")
    t = Terminal(alice, "login", "alice")
    t.expect("Password: ")
    assert not termios.tcgetattr(t.fd)[3] & termios.ECHO

    os.kill(t.pid, signal.SIGTERM)
    _, status = os.waitpid(t.pid, 0)

    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGTERM
    assert termios.tcgetattr(t.fd)[3] & termios.ECHO
    os.close(t.fd)


def test_without_a_terminal_nobody_is_asked(person):
    alice = person("alice")
    done = subprocess.run([program("loquat"), "login", "alice"],
                          env=environment(alice.server, **alice.env),
                          stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=DEADLINE,
                          start_new_session=True)
    assert done.returncode == 1
    assert "--password-file" in done.stderr


def test_devices_and_tokens(person, server, clients):
    alice = person("alice").register()

    made = alice.run("token", "ci", "--scope", "read post").stdout.strip()
    assert re.fullmatch(r"lq_[0-9a-z]{52}", made)
    devices = [json.loads(line) for line in
               alice.run("devices", "--json").stdout.splitlines()]
    (ci,) = [d for d in devices if d["name"] == "ci"]
    assert ci["scope"] == "read post" and not ci["current"]
    (here,) = [d for d in devices if d["current"]]
    bot = clients(NativeClient, server, "", token=made)
    alice.run("revoke", str(ci["id"]))
    assert bot.expect("closing").code == pb.ERROR_CODE_BAD_CREDENTIALS
    done = run(server, "send", "#lobby", "hi", LOQUAT_TOKEN=made)
    assert done.returncode == 3 and made not in done.stderr
    alice.run("revoke", "99999", status=4)
    alice.run("revoke", "ci", status=2)
    assert here["name"]


def test_a_token_by_file_or_environment(person, server, clients):
    alice = person("alice").register()
    watcher = clients(NativeClient, server, "watcher")
    made = alice.run("token", "bot").stdout.strip()
    (alice.home / "bot").write_text(made + "\n")

    assert run(server, "send", "#lobby", "one",
               LOQUAT_TOKEN=made).returncode == 0
    watcher.sees("alice", "one")
    assert run(server, "send", "#lobby", "two", "--token-file",
               str(alice.home / "bot")).returncode == 0
    watcher.sees("alice", "two")


def test_a_token_of_which_nothing_is_said_does_all_but_manage(
        person, server, clients):
    """The same, whatever language it was made in."""
    alice = person("alice").register()
    alice.run("token", "by-command")
    bearer_of = clients(NativeClient, server, "", room=None,
                        token=alice.tokens()[0].read_text().split()[0])
    bearer_of.make_token("by-native")
    made = api(server, "POST", "/v1/devices", {"device": "by-http"},
               basic("alice", PASSWORD))
    assert made.status == 201, made
    line = clients(LineClient, server)
    for said, answer in (("alice", "belongs to an account"),
                         (PASSWORD, "Welcome"), ("/token by-line", "Token ")):
        line.say(said)
        line.expect_line(lambda l: answer in l)
    scopes = {d["name"]: d["scope"] for d in map(json.loads, alice.run(
        "devices", "--json").stdout.splitlines())}
    made = [name for name in scopes if name.startswith("by-")]
    assert len(made) == 4
    assert {scopes[name] for name in made} == {"read post files"}, scopes


def test_a_token_that_others_can_read_is_not_used(person):
    alice = person("alice").register()
    alice.tokens()[0].chmod(0o644)

    done = alice.run("send", "#lobby", "hi", status=3)
    assert "for your eyes alone" in done.stderr


def test_rooms_from_a_shell(person, server, clients):
    alice = person("alice").register()
    bob = person("bob").register()
    guest = clients(NativeClient, server, "gast", room=None)
    alice.run("send", "#ops", "mine")
    room = json.loads(alice.run("room", "ops", "--json").stdout)
    assert room["owner"] == "alice" and room["role"] == "owner"

    shown = alice.run("room", "#ops", "--set", "slow=10s", "--set",
                      "privacy=private").stdout
    assert "slow: 10s" in shown and "private" in shown
    bob.run("history", "#ops", status=6)
    alice.run("invite", "bob", "--room", "#ops")
    in_ops = clients(NativeClient, server, "", room="#ops", token=bob.run(
        "token", "x").stdout.strip())
    alice.run("role", "bob", "moderator", "--room", "ops")
    roles = {m["name"]: m["role"] for m in map(json.loads, alice.run(
        "members", "#ops", "--json").stdout.splitlines())}
    assert roles == {"alice": "owner", "bob": "moderator"}
    bob.run("kick", "alice", "--room", "#ops", status=6)
    alice.run("kick", "bob", "for", "now", "--room", "#ops")
    assert in_ops.expect("removed").reason == "for now"
    alice.run("ban", "192.0.2.0/24", "spam", "--room", "#ops", "--for",
              "12h")
    (ban,) = map(json.loads, alice.run("bans", "#ops",
                                       "--json").stdout.splitlines())
    assert (ban["name"], ban["reason"], ban["by"]) == \
        ("192.0.2.0/24", "spam", "alice")
    alice.run("unban", "192.0.2.0/24", "--room", "#ops")
    assert alice.run("bans", "#ops").stdout == ""
    alice.run("kick", "bob", status=2)
    alice.run("close", "#ops")
    assert guest.ask("error", get_history=pb.GetHistory(
        target="#ops")).code == pb.ERROR_CODE_NO_SUCH_ROOM


def test_a_group_from_a_shell(person, server, clients):
    alice = person("alice").register()
    bob = person("bob").register()
    there = clients(NativeClient, server, "", room=None, token=bob.run(
        "token", "x").stdout.strip())

    room = alice.run("group", "bob").stdout.strip()
    assert there.expect("joined").target == room
    alice.run("send", room, "just us")
    assert there.expect("message").text == "just us"


def test_a_logout_that_reached_nobody_keeps_the_token(server, person):
    """It is good still, and without it nobody could end it from here."""
    alice = person("alice")
    where = ("--server", f"loquats://localhost:{server.port}")
    alice.run("register", "alice", "--password-file", str(alice.password),
              *where)
    known = alice.home / "state/loquat/known_servers"
    was = known.read_text()
    known.write_text(was[:-3] + ("00" if was[-3:-1] != "00" else "11") + "\n")

    alice.run("logout", *where, status=3)
    assert len(alice.tokens()) == 1
    known.write_text(was)
    alice.run("logout", *where)
    assert alice.tokens() == []


def test_a_token_that_is_good_no_longer_is_forgotten(person):
    alice = person("alice").register()
    kept = alice.tokens()[0]
    token = kept.read_text()
    alice.run("logout")

    kept.write_text(token)
    kept.chmod(0o600)
    alice.run("logout", status=3)
    assert alice.tokens() == []


def test_who_leaves_for_good_is_forgotten_here(person):
    alice = person("alice").register()

    alice.run("unregister", "--password-file", str(alice.password))
    assert alice.tokens() == []
    alice.run("login", "alice", "--password-file", str(alice.password),
              status=3)


def test_moderation_in_the_chat(person, server, clients):
    alice = person("alice").register()
    watcher = clients(NativeClient, server, "watcher", "#ops", token="")
    chat = Command(server, "--room", "#hall", **alice.env)
    try:
        chat.expect("you are in #hall")
        bob = clients(NativeClient, server, "bob", "#hall")
        chat.expect("bob has joined")
        chat.say("/mute bob 30m too loud")
        chat.expect("bob is a guest, muted, now, by alice: too loud")
        assert bob.ask("error", post=pb.Post(target="#hall", text="x")).code \
            == pb.ERROR_CODE_MUTED
        chat.say("/kick bob out of here")
        assert bob.expect("removed").reason == "out of here"
        chat.say("/set slow 5s")
        chat.say("/room")
        chat.expect("slow: 5s")
        chat.say("/members")
        chat.expect("alice (owner)")
        chat.say("/bans")
        chat.expect("bob was muted by alice")
        assert chat.end() == 0
    finally:
        chat.kill()
    watcher.close()


def test_becoming_an_account_in_the_chat(person, server):
    dora = person("dora")
    chat = Command(server, "--name", "dora",
                   LOQUAT_PASSWORD_COMMAND=f"cat {dora.password}", **dora.env)
    try:
        chat.expect("you are in #lobby")
        chat.say("/register")
        chat.expect("you are dora here from now on")
        chat.say("/devices")
        chat.expect("this one")
        assert chat.end() == 0
    finally:
        chat.kill()
    assert len(dora.tokens()) == 1


def test_the_chat_goes_on_while_a_password_is_typed(person, server, clients):
    watcher = clients(NativeClient, server, "watcher")
    dora = person("dora")
    chat = Terminal(dora, "--name", "dora")
    chat.expect("you are in #lobby")
    chat.type("/register")
    chat.expect("New password: ")
    watcher.post("while you think")
    chat.expect("while you think")
    chat.type("correct horse battery")
    chat.expect("Once more: ")
    chat.type("correct horse")
    chat.expect("those were two different passwords")
    chat.type("/register")
    chat.expect("New password: ")
    chat.type("correct horse battery")
    chat.expect("Once more: ")
    chat.type("correct horse battery")
    chat.expect("you are dora here from now on")
    chat.type("shown again")
    assert watcher.sees("dora", "shown again")
    assert "battery" not in chat.shown
    chat.type("/quit")
    chat.wait()
    assert "horse" not in chat.shown


def test_a_group_and_a_logout_in_the_chat(person, server, clients):
    bob = person("bob").register()
    watcher = clients(NativeClient, server, "", room=None, token=bob.run(
        "token", "x").stdout.strip())
    alice = person("alice").register()
    chat = Terminal(alice)
    chat.expect("you are in #lobby")
    chat.type("/group bob")
    joined = watcher.expect("joined")
    chat.expect(f"what you say goes to {joined.target} now")
    chat.type("only us")
    assert watcher.sees("alice", "only us", joined.target)
    chat.type("/logout")
    chat.wait()
    assert alice.tokens() == []


def test_following_a_private_room_across_a_restart(person, server, clients):
    alice = person("alice").register()
    bob = person("bob").register()
    alice.run("send", "#ops", "first")
    alice.run("room", "#ops", "--set", "privacy=private")
    alice.run("invite", "bob", "--room", "#ops")
    tail = Command(server, "tail", "-f", "--json", "#ops", **bob.env)
    try:
        assert tail.read_json()["text"] == "first"
        tail.expect("connected as bob", "err")
        server.restart()
        alice.run("send", "#ops", "second")
        assert tail.read_json()["text"] == "second"
        alice.run("send", "@bob", "in private")
        alice.run("send", "#ops", "third")
        assert tail.read_json()["text"] == "third"
        alice.run("kick", "bob", "enough", "--room", "#ops")
        tail.expect("you may listen here no longer: enough", "err")
        assert tail.wait() == 6
    finally:
        tail.kill()


def serve_once(listener, *envelopes):
    """A server that says these, whatever is asked."""
    peer, _ = listener.accept()
    with peer:
        peer.sendall(MAGIC + b"".join(frame(e) for e in envelopes))
        peer.settimeout(DEADLINE)
        while peer.recv(4096):
            pass


def test_a_hostile_server_reaches_no_terminal(tmp_path):
    """Its name for us is printed without what a terminal would obey."""
    welcome = pb.Envelope(request=1, welcome=pb.Welcome(
        version=1, name="al\u009b2J\x1b[2Jice", token="lq_x\u009b1m",
        heartbeat_ms=30000, dead_ms=75000, account=True))
    password = tmp_path / "password"
    password.write_text(PASSWORD)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve_once,
                                  args=(listener, welcome))
        thread.start()
        done = subprocess.run(
            [program("loquat"), "--json", "login", "alice", "--password-file",
             str(password), "--server",
             "127.0.0.1:%d" % listener.getsockname()[1]],
            env={"HOME": str(tmp_path), "PATH": os.environ["PATH"]},
            capture_output=True, text=True, timeout=DEADLINE)
        thread.join()
    assert done.returncode == 0, done
    assert "ice" in json.loads(done.stdout)["name"]
    for bad in "\x1b\u009b":
        assert bad not in done.stdout.strip() + done.stderr, done
    assert "\\u" not in done.stdout, done


def test_no_option_takes_a_secret(person):
    help = run(person("alice").server, "--help").stdout
    assert "--password-file" in help
    assert not re.search(r"--(password|token|invitation)[ =]", help)
