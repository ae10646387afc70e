# SPDX-License-Identifier: MIT
"""The other ways in: behind a proxy, and by the local socket."""
import socket
import ssl
import stat
import subprocess
import time

import pytest

from harness.line import GREETING, LineClient
from harness.server import DEADLINE
from harness.tls import (SSL_TLV, AnyLine, Whole, connect, context,
                         proxy_header, shake)
from test_start import loquatd, sentence

NO_HEADER = "From this address a PROXY header, version 2, comes first."


def read_all(sock):
    sock.settimeout(DEADLINE)
    data = b""
    try:
        while more := sock.recv(65536):
            data += more
    except ConnectionResetError:
        pass
    return data.decode()


# --- A proxy ----------------------------------------------------------------

@pytest.fixture
def behind(serve):
    """This machine is its proxy; whoever is silent is greeted by address."""
    return serve("--server-proxies", "127.0.0.0/8 192.0.2.0/24",
                 "--line-names", "address", "--limits-exempt", "nobody")


@pytest.mark.parametrize("source,shown", [
    ("198.51.100.7", "198.51.100.7:4711"),
    ("2001:db8::7", "[2001:db8::7]:4711"),
    ("::ffff:198.51.100.8", "198.51.100.8:4711"),
])
@pytest.mark.parametrize("checked", [False, True])
def test_who_is_brought_is_who_is_shown(behind, source, shown, checked):
    header = proxy_header(source, checked=checked)
    person = AnyLine(connect(behind, header))
    person.say("hello")
    behind.expect_log(f"addr={shown}")
    person.close()


def test_a_header_in_pieces_at_every_place(behind):
    header = proxy_header("198.51.100.7", tlvs=SSL_TLV, checked=True)
    for split in range(1, len(header)):
        with connect(behind, header[:split]) as sock:
            sock.sendall(header[split:] + b"GET / HTTP/1.0\r\nHost: x\r\n\r\n")
            assert read_all(sock).startswith("HTTP/1.1 "), split


def test_tls_follows_the_header(behind):
    sock = shake(behind, proxy_header("198.51.100.7"), protocols=["http/1.1"])
    sock.sendall(b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n")
    sock.settimeout(DEADLINE)
    assert sock.recv(12) == b"HTTP/1.1 200"
    sock.close()
    behind.expect_log("addr=198.51.100.7:4711")


def test_a_handshake_in_the_same_packet_as_the_header(behind):
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context(behind).wrap_bio(incoming, outgoing,
                                   server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    with connect(behind, proxy_header("198.51.100.7") + outgoing.read()) as s:
        incoming.write(s.recv(65536))
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                incoming.write(s.recv(65536))
    assert tls.version() == "TLSv1.3"


@pytest.mark.parametrize("header", [
    proxy_header("127.0.0.1", command=0),
    proxy_header(None),
], ids=["local", "unspecified"])
def test_a_proxy_that_comes_for_itself(behind, header):
    with connect(behind, header + b"GET / HTTP/1.0\r\nHost: x\r\n\r\n") as s:
        assert read_all(s).startswith("HTTP/1.1 ")


GOOD = proxy_header("198.51.100.7", checked=True)


@pytest.mark.parametrize("bad", [
    b"GET / HTTP/1.0\r\n\r\n",
    b"PROXY TCP4 198.51.100.7 192.0.2.1 4711 4000\r\n",
    b"\x16\x03\x01\x00\x05hello",
    GOOD[:12] + b"\x11" + GOOD[13:],             # version 1
    GOOD[:12] + b"\x22" + GOOD[13:],             # no command
    GOOD[:13] + b"\x12" + GOOD[14:],             # datagrams
    GOOD[:13] + b"\x99" + GOOD[14:],
    GOOD[:14] + b"\x00\x04" + GOOD[16:20],       # too short for IPv4
    GOOD[:14] + b"\xff\xff" + GOOD[16:],         # too long
    GOOD[:-1] + bytes([GOOD[-1] ^ 1]),           # its checksum
    proxy_header("198.51.100.7", tlvs=b"\x20\x00"),
    proxy_header("198.51.100.7", tlvs=b"\x20\x00\xff\x01"),
    proxy_header("::"),
], ids=lambda b: repr(b[:20]))
def test_from_a_proxy_anything_else_is_refused(behind, bad):
    with connect(behind, bad) as sock:
        assert read_all(sock).strip() == NO_HEADER


def test_from_others_a_header_is_believed_by_nobody(server, clients):
    watcher = clients(LineClient, server, "watcher")
    with connect(server, proxy_header("198.51.100.7") + b"x\n") as sock:
        assert read_all(sock).startswith("This address is not one of")
    watcher.sync()
    assert not [line for line in watcher.lines if "QUIT" in line]
    assert "198.51.100.7" not in server.log()


def test_the_limits_are_of_whom_it_brings(serve):
    server = serve("--server-proxies", "127.0.0.1", "--limits-exempt",
                   "nobody", "--limits-connections-per-address", "2")
    held = [AnyLine(connect(server, proxy_header("198.51.100.7")), f"p{i}")
            for i in range(2)]
    with connect(server, proxy_header("198.51.100.7")) as sock:
        assert "Too many connections from your address." in read_all(sock)
    other = AnyLine(connect(server, proxy_header("198.51.100.8")), "other")
    held.pop().leave()
    AnyLine(connect(server, proxy_header("198.51.100.7")), "again").leave()
    other.leave()
    held.pop().leave()


@pytest.mark.parametrize("source", ["127.0.0.1", "::1", "127.8.8.8",
                                    "::ffff:127.0.0.1"])
def test_a_proxys_loopback_is_not_ours(serve, source):
    """With what loopback has by default: no limits, and the figures."""
    server = serve("--server-proxies", "127.0.0.1",
                   "--limits-connections-per-address", "3",
                   "--limits-messages_per_second", "2",
                   "--limits-messages_burst", "1")
    header = proxy_header(source)
    with connect(server, header +
                 b"GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n") as sock:
        assert read_all(sock).startswith("HTTP/1.1 403")
    speaker = AnyLine(connect(server, header), "speaker")
    others = []
    while not others or others[-1].lines == [GREETING]:
        others.append(AnyLine(connect(server, header)))
        others[-1].read_line()
    assert others[-1].lines == ["Too many connections from your address."]
    assert len(others) <= 3
    begun = time.monotonic()
    for i in range(5):
        speaker.say(f"message {i}")
    speaker.sync()
    assert time.monotonic() - begun > 1, "it is not held to the flood limit"
    speaker.say("/login ada")
    speaker.expect_line(lambda line: "Secrets are only" in line)
    for client in (speaker, *others):
        client.close()


def test_a_silent_proxy_has_until_the_first_lines_deadline(serve):
    server = serve("--server-proxies", "127.0.0.1", "--limits-first-line",
                   "500ms", "--limits-grace", "50ms")
    with connect(server) as sock:
        assert "Hi!" not in read_all(sock)
    with connect(server, proxy_header("198.51.100.7")) as sock:
        person = AnyLine(sock)
        person.expect(GREETING)


def test_ssl_at_the_proxy_is_secure(serve):
    server = serve("--server-proxies", "127.0.0.1", "--tls-mode", "required")
    secure = proxy_header("198.51.100.7", tlvs=SSL_TLV)
    AnyLine(connect(server, secure), "ann").leave()
    plain = proxy_header("127.0.0.1")      # its loopback, not ours
    with connect(server, plain + b"ann\n") as sock:
        assert "TLS only" in read_all(sock)


def test_a_range_that_is_none_is_told_at_the_start(tmp_path):
    done = loquatd("check", "--server-proxies", "192.0.2.1/24")
    assert "192.0.2.1/24" in done.stderr and done.returncode == 2


# --- The local socket -------------------------------------------------------

def local(path):
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.settimeout(DEADLINE)
    sock.connect(str(path))
    return sock


def test_people_and_programs_come_by_the_local_socket(serve, clients,
                                                      tmp_path):
    path = tmp_path / "loquat.sock"
    server = serve("--server-local", str(path), "--limits-exempt", "nobody",
                   "--limits-connections-per-address", "1",
                   "--tls-mode", "required")
    assert stat.S_IMODE(path.stat().st_mode) == 0o660
    watcher = clients(AnyLine, local(path), "watcher")
    other = clients(AnyLine, local(path), "other")
    other.say("hello")
    watcher.sees("other", "hello")
    said = subprocess.run(["curl", "-sS", "--unix-socket", str(path), "-d",
                           "passed", "http://localhost/r/lobby"],
                          capture_output=True, timeout=DEADLINE)
    assert said.returncode == 0, said.stderr
    watcher.expect_line(lambda line: line.endswith(": passed"))
    done = subprocess.run(["nc", "-U", "-q", "2", str(path)], timeout=DEADLINE,
                          input=b"ann\nby nc\n/quit\n", capture_output=True)
    assert b"Bye!" in done.stdout
    watcher.sees("ann", "by nc")
    server.expect_log("addr=local:1")
    secure = clients(AnyLine, Whole(shake_local(server, path)), "deep")
    secure.say("tls all the same")
    watcher.sees("deep", "tls all the same")
    for client in (watcher, other, secure):
        client.close()
    assert server.stop() == 0
    assert not path.exists()


def shake_local(server, path):
    return context(server).wrap_socket(local(path), server_hostname="localhost")


def test_what_a_dead_server_left_is_taken_over(serve, tmp_path):
    path = tmp_path / "loquat.sock"
    server = serve("--server-local", str(path))
    server.kill()
    assert path.exists()
    server.start()
    AnyLine(local(path), "ann").leave()


def test_what_is_alive_or_no_socket_is_left_alone(serve, tmp_path):
    path = tmp_path / "loquat.sock"
    serve("--server-local", str(path))
    done = loquatd("--port", "0", "--data", str(tmp_path / "d"),
                   "--server-local", str(path))
    assert "somebody else listens" in sentence(done, 1)
    AnyLine(local(path), "ann").leave()
    file = tmp_path / "precious"
    file.write_text("x")
    done = loquatd("--port", "0", "--data", str(tmp_path / "e"),
                   "--server-local", str(file))
    assert "is no socket" in sentence(done, 1)
    assert file.read_text() == "x"
