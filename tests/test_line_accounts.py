# SPDX-License-Identifier: MIT
"""Accounts by the line dialect: what a person with nc or telnet types."""
import os
import pty
import re
import select
import shutil
import subprocess
import termios
import time

import pytest

from harness.files import wait_until
from harness.line import GREETING, LineClient
from harness.server import DEADLINE
from harness.tls import SSL_TLV, AnyLine, connect, proxy_header

# Argon2id as cheap as it can be: many passwords are hashed here.
CHEAP = ("--accounts-hash_passes", "1", "--accounts-hash_memory", "8M")
PASSWORD = "correct horse battery"
UNASKED = ("That came before you can have read this. It may be a password, so "
           "it goes nowhere, and this connection ends.")
SHOWN = " (it will be shown as you type):"


@pytest.fixture
def server(serve):
    return serve(*CHEAP)


def register(client, password=PASSWORD):
    """Whoever is in as a guest makes the name an account."""
    client.say("/register")
    client.expect(f'A password for "{client.name}", at least 8 characters'
                  + SHOWN)
    client.say(password)
    client.expect("The same password again" + SHOWN)
    client.say(password)
    client.expect(f"You are logged in as {client.name}.")
    return client


def asked(server, clients, name):
    """At the question for the password of a registered name."""
    client = clients(LineClient, server)
    client.expect(GREETING)
    client.say(name)
    client.expect_next(f'Name "{name}" belongs to an account. Password'
                       + SHOWN)
    client.name = name
    return client


def log_in(server, clients, name, password=PASSWORD):
    client = asked(server, clients, name)
    client.say(password)
    client.expect_next(f"Welcome, {name}! You can now chat. "
                       "Type messages and press Enter.")
    client.sync()
    return client


def test_a_name_is_kept_by_its_password(server, clients):
    alice = register(clients(LineClient, server, "alice"))
    bob = clients(LineClient, server, "bob")
    alice.leave()

    client = asked(server, clients, "Alice".lower())
    client.say("not the one")
    client.expect_next("Wrong password. What's your name?")
    client.say("alice")
    client.expect_line(lambda line: "belongs to an account" in line)
    client.say("")
    client.expect_next("Choose a different name:")
    client.say("carol")
    client.expect_line(lambda line: line.startswith("Welcome, carol!"))

    again = log_in(server, clients, "alice")
    bob.sees_join("alice")
    again.say("it is me")
    bob.expect("alice: it is me")
    bob.say("/who")
    bob.expect_line(lambda line: re.search(
        r"alice(?! \(guest)", line) and "bob (guest)" in line)


def test_who_comes_back_is_told_who_has_written(server, clients):
    alice = register(clients(LineClient, server, "alice"))
    alice.leave()
    bob = clients(LineClient, server, "bob")
    carol = clients(LineClient, server, "carol")
    for line in ("/msg alice one", "/msg alice two"):
        bob.say(line)
    bob.sync()
    carol.say("/msg alice hello")
    carol.sync()

    again = asked(server, clients, "alice")
    again.say(PASSWORD)
    again.expect("You have messages from @carol (1), @bob (2): "
                 "/history @carol shows them.")
    again.say("/history @carol")
    again.expect_line(lambda line: line.endswith("carol: hello"))
    again.sync()
    again.leave()

    once_more = asked(server, clients, "alice")
    once_more.say(PASSWORD)
    once_more.expect("You have messages from @bob (2): "
                     "/history @bob shows them.")
    bob.say("/msg alice three")
    once_more.expect_line(lambda line: "three" in line)
    once_more.leave()
    last = log_in(server, clients, "alice")
    last.say("/rooms")
    last.expect_line(lambda line: "@bob" in line and "new" not in line)


def test_passwords_are_never_messages(server, clients):
    register(clients(LineClient, server, "alice")).leave()
    bob = clients(LineClient, server, "bob")
    typed = ("/quit", "/msg bob secret-one", "FILE:secret-two:5", "//three",
             "  secret four  ", "secret five")
    for password in typed:
        client = asked(server, clients, "alice")
        client.say(password)
        client.expect_next("Wrong password. What's your name?")
        client.close()
    bob.say("/login alice secret-six")
    bob.expect_next("Leave the password out: you are asked for it. If that "
                    "was it, choose another one.")
    bob.say("/passwd secret-seven")
    bob.expect_line(lambda line: line.startswith("Leave the password out"))
    bob.say("secret-eight")            # the new one, of a script
    bob.expect_next(UNASKED)
    bob.expect_end()
    assert "secret" not in server.log()
    assert not [line for line in bob.lines if "secret" in line]


@pytest.mark.parametrize("waits", [False, True])
@pytest.mark.parametrize("script", [
    ["alice", "secret-nine"],
    ["/login alice", "secret-nine"],
    ["/register zoe", "secret-nine", "secret-nine"],
    ["zoe", "/passwd", "secret-nine", "secret-ten", "secret-ten"],
], ids=lambda script: script[-2])
def test_a_script_does_not_give_away_what_is_not_asked(serve, clients, script,
                                                      waits):
    """Where others may listen; all at once, and each line at the answer."""
    server = serve(*CHEAP, "--server-proxies", "127.0.0.1",
                   "--limits-exempt", "nobody")
    inside = proxy_header("192.0.2.1", tlvs=SSL_TLV)
    register(AnyLine(connect(server, inside), "alice")).leave()
    watcher = clients(AnyLine, connect(server, inside), "watcher")
    client = clients(AnyLine, connect(server, proxy_header("198.51.100.7")))
    client.expect(GREETING)
    if waits:
        for line in script:
            if "Secrets are only" in "".join(client.lines):
                client.say(line)
                break
            client.say(line)
            client.expect_line(lambda line: "Secrets are only" in line or
                               "/help" in line)
    else:
        client.send_bytes("".join(l + "\n" for l in script).encode())
    client.expect_end()
    assert UNASKED in client.lines
    watcher.sync()
    assert not [l for l in watcher.lines + client.lines if "secret" in l]
    assert "secret" not in server.log()


def test_a_password_may_be_cut_anywhere(server, clients):
    register(clients(LineClient, server, "alice")).leave()
    client = asked(server, clients, "alice")
    for byte in PASSWORD.encode() + b"\r\n":
        client.send_bytes(bytes([byte]))
    client.expect_line(lambda line: line.startswith("Welcome, alice!"))


def test_changing_and_deleting(server, clients):
    alice = register(clients(LineClient, server, "alice"))
    other = log_in(server, clients, "alice")

    alice.say("/passwd")
    alice.expect("Your password as it is now" + SHOWN)
    alice.say(PASSWORD)
    alice.expect_line(lambda line: line.startswith("A new password"))
    alice.say("another good one")
    alice.expect_line(lambda line: line.startswith("The new password again"))
    alice.say("another good one")
    alice.expect("Your password is changed. Whoever else was logged in as "
                 "alice no longer is.")
    other.expect_end()
    client = asked(server, clients, "alice")
    client.say(PASSWORD)
    client.expect_next("Wrong password. What's your name?")
    log_in(server, clients, "alice", "another good one").leave()

    alice.say("/unregister")
    alice.expect_line(lambda line: "gone for good" in line)
    alice.say("no idea")
    alice.expect_next("Wrong password.")
    alice.say("/unregister")
    alice.expect_line(lambda line: "gone for good" in line)
    alice.say("another good one")
    alice.expect_end()
    client = asked(server, clients, "alice")
    client.say("another good one")
    client.expect_next("Wrong password. What's your name?")


def test_a_weak_password_is_refused_with_its_reason(server, clients):
    alice = clients(LineClient, server, "alice")
    for weak in ("short", "alice"):
        alice.say("/register")
        alice.expect_line(lambda line: "at least 8" in line)
        alice.say(weak)
        alice.expect_line(lambda line: "again" in line)
        alice.say(weak)
        alice.expect_line(lambda line:
                          line.startswith("That password cannot be used ("))
    alice.say("/register")
    alice.expect_line(lambda line: "at least 8" in line)
    alice.say(PASSWORD)
    alice.expect_line(lambda line: "again" in line)
    alice.say(PASSWORD + "?")
    alice.expect_next("That was not the same. Nothing was changed.")


def test_tokens(server, clients):
    alice = register(clients(LineClient, server, "alice"))
    alice.say("/token bot #lobby read post")
    line = alice.expect_line(lambda line: line.startswith("Token "))
    number, token = re.fullmatch(
        r"Token (\d+) for bot, which is shown only now: (lq_\w{52})",
        line).groups()

    bot = asked(server, clients, "alice")
    bot.say(token)
    bot.expect_line(lambda line: line.startswith("Welcome, alice!"))
    alice.say("/devices")
    alice.expect_line(lambda line: re.match(
        rf"  {number} bot: read post, in #lobby", line))
    alice.say(f"/revoke {number}")
    alice.expect(f"Number {number} is logged out.")
    bot.expect_end()
    bot = asked(server, clients, "alice")
    bot.say(token)
    bot.expect_next("Wrong password. What's your name?")
    assert token not in server.log()


def test_guessing_is_slowed_down(serve, clients):
    server = serve(*CHEAP, "--accounts-tries", "3")
    register(clients(LineClient, server, "alice")).leave()
    said = []
    for _ in range(5):
        client = asked(server, clients, "alice")
        client.say("a guess")
        said.append(client.read_line())
    assert said[0] == "Wrong password. What's your name?"
    assert said[-1].startswith("Too many wrong passwords, try again later (")


def test_without_guests(serve, clients):
    server = serve(*CHEAP, "--accounts-guests", "no")
    zoe = clients(LineClient, server)
    zoe.expect(GREETING)
    zoe.expect_next("This server is for people with an account. "
                    "/register NAME makes you one.")
    zoe.say("zoe")
    zoe.expect_next('The password of "zoe"' + SHOWN)
    zoe.say("whatever it is")
    zoe.expect_next("Wrong password, or there is no such account. "
                    "What's your name?")
    zoe.say("/register zoe")
    zoe.expect_line(lambda line: "at least 8" in line)
    zoe.say(PASSWORD)
    zoe.expect_line(lambda line: "again" in line)
    zoe.say(PASSWORD)
    zoe.expect_line(lambda line: line.startswith("Welcome, zoe!"))
    zoe.sync()
    zoe.leave()
    again = clients(LineClient, server)
    again.expect(GREETING)
    again.say("zoe")
    again.expect_line(lambda line: line.startswith("The password of"))
    again.say(PASSWORD)
    again.expect_line(lambda line: line.startswith("Welcome, zoe!"))


def test_registration_closed(serve, clients):
    server = serve(*CHEAP, "--accounts-register", "closed")
    for typed in ("/register", "/register inv_" + "0" * 52):
        alice = clients(LineClient, server, "alice")
        alice.say(typed)
        alice.expect_next("New accounts are not made here.")
        alice.say("a password, by a script")
        alice.expect_next(UNASKED)
        alice.expect_end()


# --- telnet ---


class Telnet:
    """Debian's telnet at a terminal of its own: what a person sees."""

    def __init__(self, *args):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvp("telnet", ["telnet", *args])
        self.seen = ""

    def expect(self, text, after=0):
        end = time.monotonic() + DEADLINE
        while text not in self.seen[after:]:
            left = end - time.monotonic()
            assert left > 0 and select.select([self.fd], [], [], left)[0], \
                f"no {text!r} in {self.seen!r}"
            try:
                data = os.read(self.fd, 4096)
            except OSError:                # its end
                data = b""
            assert data, f"no {text!r} in {self.seen!r}"
            self.seen += data.decode(errors="replace")
        return self.seen.index(text, after) + len(text)

    def hides(self):
        """Whether its terminal shows nothing that is typed."""
        return not termios.tcgetattr(self.fd)[3] & termios.ECHO

    def type(self, text):
        os.write(self.fd, text.encode() + b"\n")

    def close(self):
        os.close(self.fd)
        os.waitpid(self.pid, 0)


@pytest.fixture
def telnet():
    made = []

    def start(*args):
        made.append(Telnet(*args))
        return made[-1]

    yield start
    for client in made:
        client.close()


def test_telnet_shows_what_is_said_but_no_password(server, clients, telnet):
    register(clients(LineClient, server, "alice")).leave()
    bob = clients(LineClient, server, "bob")
    client = telnet("--", "127.0.0.1", f"-{server.port}")
    at = client.expect(GREETING)
    client.type("alice")
    at = client.expect('Name "alice" belongs to an account. Password:', at)
    wait_until(client.hides, "what comes right behind the question")
    client.type(PASSWORD)
    at = client.expect("Welcome, alice!", at)
    at = client.expect("/help lists the commands.", at)
    client.type("hello everybodx\x7fy")
    bob.expect("alice: hello everybody")
    client.expect("hello everybod", at)        # echoed by the terminal
    assert "Password:\r\n" in client.seen
    assert PASSWORD not in client.seen
    assert "\ufffd" not in client.seen


def test_telnet_that_says_nothing_is_told_that_it_will_be_shown(
        server, clients, telnet):
    register(clients(LineClient, server, "alice")).leave()
    client = telnet("127.0.0.1", str(server.port))
    at = client.expect(GREETING)
    client.type("alice")
    at = client.expect("belongs to an account. Password (it will be shown as "
                       "you type):", at)
    client.type(PASSWORD)
    client.expect("Welcome, alice!", at)
    assert "\ufffd" not in client.seen


def test_nc_never_sees_telnet(server, clients):
    register(clients(LineClient, server, "alice")).leave()
    done = subprocess.run(
        [shutil.which("nc"), "-q", "2", "127.0.0.1", str(server.port)],
        input=b"alice\nwrong\nalice\n" + PASSWORD.encode()
              + b"\n\xff\xff \xfe hi\n/quit\n",
        capture_output=True, timeout=30, check=False)
    assert b"Welcome, alice!" in done.stdout
    assert b"\xff" not in done.stdout
