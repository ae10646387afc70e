# SPDX-License-Identifier: MIT
"""TLS on the one port: who speaks it, who must, and what is refused."""
import asyncio
import hashlib
import json
import os
import re
import resource
import select
import shutil
import signal
import ssl
import subprocess
import time

import pytest
import websockets

from harness.line import GREETING, LineClient
from harness.native import MAGIC, NativeClient, frame, pb
from harness.server import DEADLINE
from harness.tls import (AnyLine, Whole, certificate, connect, context,
                         make_certificate, proxy_header, shake, tls_line)

TOO_PLAIN = "This server is spoken to over TLS only."
VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]


def fingerprint_of(path):
    der = ssl.PEM_cert_to_DER_cert(path.read_text())
    text = hashlib.sha256(der).hexdigest().upper()
    return ":".join(text[i:i + 2] for i in range(0, len(text), 2))


def read_all(sock):
    sock.settimeout(DEADLINE)
    data = b""
    try:
        while more := sock.recv(65536):
            data += more
    except ConnectionResetError:
        pass
    return data


# --- Chatting ---------------------------------------------------------------

@pytest.mark.parametrize("version", VERSIONS, ids=lambda v: v.name)
def test_people_chat_over_tls_and_beside_it(server, clients, version):
    plain = clients(LineClient, server, "plain")
    person = clients(tls_line, server, "secret", version=version)

    person.say("hello")
    plain.sees("secret", "hello")
    plain.say("hello yourself")
    person.sees("plain", "hello yourself")
    person.leave()
    plain.sees_leave("secret")


def test_openssl_s_client_chats(server, clients):
    watcher = clients(LineClient, server, "watcher")
    process = subprocess.Popen(
        ["openssl", "s_client", "-quiet", "-verify_return_error", "-CAfile",
         str(certificate(server)), "-connect", server.address],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL)
    try:
        assert process.stdout.readline().decode().strip() == GREETING
        process.stdin.write(b"ann\nhello over tls\n/quit\n")
        process.stdin.flush()
        watcher.sees("ann", "hello over tls")
        assert b"Bye!" in process.stdout.read()
        assert process.wait(DEADLINE) == 0
    finally:
        process.kill()
        process.wait()


def test_silence_after_the_handshake_is_a_person_and_before_it_nobody(serve):
    server = serve("--limits-grace", "50ms", "--limits-first-line", "1s")
    sock = connect(server, b"\x16\x03\x01")
    began = time.monotonic()
    assert read_all(sock) == b""         # not a word of greeting in clear
    assert time.monotonic() - began < DEADLINE / 2
    person = tls_line(server)
    person.expect(GREETING)
    person.close()


def test_a_hello_that_comes_byte_by_byte(serve, clients):
    server = serve("--limits-grace", "10s")
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context(server).wrap_bio(incoming, outgoing,
                                   server_hostname="localhost")
    sock = connect(server)
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    for byte in outgoing.read():
        sock.sendall(bytes([byte]))
    while True:
        incoming.write(sock.recv(65536))
        try:
            tls.do_handshake()
            break
        except ssl.SSLWantReadError:
            sock.sendall(outgoing.read())
    tls.write(b"ann\nsplit\n")
    for byte in outgoing.read():
        sock.sendall(bytes([byte]))
    text = b""
    while b"You are in #lobby" not in text:
        incoming.write(sock.recv(65536))
        try:
            while True:
                text += tls.read(65536)
        except ssl.SSLWantReadError:
            pass
    sock.close()


def test_more_than_one_read_holds_is_all_read(server, clients):
    """Many records at once, and a paste that is larger than a buffer."""
    watcher = clients(NativeClient, server, "watcher")
    person = clients(tls_line, server, "ann")
    data = os.urandom(300_000)

    person.put("x.bin", data)
    file_id = person.sees_shared()
    name, got = person.get(file_id)
    assert (name, got) == ("x.bin", data)
    person.say("and on")
    watcher.sees("ann", "and on")


def test_a_cut_connection_is_not_a_polite_end(server, clients):
    watcher = clients(LineClient, server, "watcher")
    person = tls_line(server, "ann")

    person.socket.sendall(b"said whole\nsaid half")
    watcher.sees("ann", "said whole")
    os.close(person.socket.detach())     # no close_notify
    watcher.sees_leave("ann")
    server.expect_log("connection lost")
    assert not [line for line in watcher.lines if "said half" in line]


@pytest.mark.parametrize("garbage", [
    b"\x16\x03\x01\x00\x05hello",
    b"\x16" + b"\xff" * 100,
    b"\x16\x03\x03\x40\x00" + b"\x01\x00\xff\xff" + b"\x00" * 20000,
    b"\x16\x03\x01\x00\x00" * 50,
], ids=repr)
def test_garbage_behind_the_first_byte_is_nobody(serve, clients, garbage):
    server = serve("--limits-first-line", "1s")
    watcher = clients(LineClient, server, "watcher")
    with connect(server) as sock:
        try:
            sock.sendall(garbage)
        except OSError:
            pass
        assert b"Hi!" not in read_all(sock)
    watcher.sync()


# --- Others -----------------------------------------------------------------

def curl(server, *args):
    done = subprocess.run(
        ["curl", "-sS", "--max-time", str(DEADLINE), "--cacert",
         str(certificate(server)), *args], capture_output=True,
        timeout=2 * DEADLINE)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_curl_posts_uploads_and_downloads(server, clients, tmp_path):
    url = f"https://localhost:{server.port}"
    data = os.urandom(3_000_000)
    (tmp_path / "x.bin").write_bytes(data)
    watcher = clients(LineClient, server, "watcher")

    curl(server, "-d", "passed", f"{url}/r/lobby")
    watcher.expect_line(lambda line: line.endswith(": passed"))
    link = curl(server, "-T", str(tmp_path / "x.bin"),
                f"{url}/r/lobby/files/").decode().strip()
    assert link.startswith(url + "/f/"), link
    assert curl(server, link) == data
    assert curl(server, "-r", "1000000-1000999", link) == \
        data[1_000_000:1_001_000]


def test_a_slow_reader_gets_a_file_whole(server, clients):
    data = os.urandom(4_000_000)
    uploader = clients(tls_line, server, "ann")
    uploader.put("big.bin", data)
    file_id = uploader.sees_shared()
    sock = shake(server, protocols=["http/1.1"])

    sock.sendall(f"GET /f/{file_id} HTTP/1.1\r\nHost: localhost\r\n"
                 "Connection: close\r\n\r\n".encode())
    got = b""
    while more := sock.recv(5000):
        got += more
    head, body = got.split(b"\r\n\r\n", 1)
    assert head.startswith(b"HTTP/1.1 200") and body == data
    sock.close()


def test_websocket_over_tls(server):
    async def meet():
        async with websockets.connect(
                f"wss://localhost:{server.port}/ws", ssl=context(server),
                subprotocols=["loquat.v1"], open_timeout=DEADLINE) as ws:
            return ws.subprotocol

    assert asyncio.run(meet()) == "loquat.v1"


# --- ALPN -------------------------------------------------------------------

def agree(server, *protocols):
    sock = shake(server, protocols=protocols)
    return sock, sock.selected_alpn_protocol()


def test_what_was_agreed_on_is_spoken_and_nothing_else(serve):
    server = serve("--limits-grace", "50ms")
    sock, chosen = agree(server, "h2", "http/1.1")
    assert chosen == "http/1.1"
    sock.sendall(b"mallory\nhello\n")
    assert read_all(sock).startswith(b"HTTP/1.1 400")

    sock, chosen = agree(server, "loquat.v1")
    assert chosen == "loquat.v1"
    sock.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert b"HTTP/1.1" not in read_all(sock)


def test_silence_after_agreeing_is_not_a_person(serve):
    server = serve("--limits-grace", "50ms", "--http-head", "1s")
    sock, _ = agree(server, "http/1.1")
    assert b"Hi!" not in read_all(sock)


def test_irc_is_told_and_the_unknown_is_refused(server):
    sock, chosen = agree(server, "irc")
    assert chosen == "irc"
    assert read_all(sock).startswith(b"ERROR :")
    with pytest.raises(ssl.SSLError, match="(?i)no.application.protocol"):
        agree(server, "h2")


def test_without_alpn_it_is_detected_as_ever(server):
    sock = shake(server)
    sock.sendall(b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n")
    assert read_all(sock).startswith(b"HTTP/1.1 200")


# --- Sessions, certificates -------------------------------------------------

@pytest.mark.parametrize("version", VERSIONS, ids=lambda v: v.name)
def test_a_session_is_resumed(server, version):
    x = context(server, version=version)
    first = x.wrap_socket(connect(server), server_hostname="localhost")
    person = AnyLine(Whole(first), "ann")
    session = first.session
    person.leave()
    again = x.wrap_socket(connect(server), server_hostname="localhost",
                          session=session)
    assert again.session_reused
    AnyLine(Whole(again), "bob").leave()


def test_a_certificate_is_made_once_and_told(serve):
    server = serve()
    fingerprint = fingerprint_of(certificate(server))
    key = server.folder / "data" / "tls.key"
    told = [line for line in server.log().splitlines()
            if line.startswith("loquatd: ")]
    assert len(told) == 1 and f"SHA-256 {fingerprint}" in told[0]
    assert key.stat().st_mode & 0o777 == 0o600
    server.restart()
    assert fingerprint_of(certificate(server)) == fingerprint
    assert server.log().count("loquatd: ") == 1
    shown = subprocess.run(
        [str(server.process.args[0]), "fingerprint", "--data",
         str(server.folder / "data")], capture_output=True, text=True)
    assert shown.stdout == f"SHA-256 {fingerprint}\n", shown


def test_a_reload_changes_the_certificate_under_connections(serve, clients,
                                                            tmp_path):
    crt, key = make_certificate(tmp_path, "one")
    server = serve("--tls-certificate", str(crt), "--tls-key", str(key))

    def meet():
        x = ssl.create_default_context(cafile=str(crt))
        return x.wrap_socket(connect(server), server_hostname="localhost")

    old = clients(AnyLine, Whole(meet()), "old")
    make_certificate(tmp_path, "two")
    shutil.copy(tmp_path / "two.crt", crt)
    server.process.send_signal(signal.SIGHUP)    # the key is not its any more
    server.expect_log("certificate kept")
    shutil.copy(tmp_path / "two.key", key)
    server.process.send_signal(signal.SIGHUP)
    server.expect_log(fingerprint_of(crt))
    new = clients(AnyLine, Whole(meet()), "new")
    new.say("hello")
    old.sees("new", "hello")
    old.say("still here")
    new.sees("old", "still here")


def test_a_reload_of_a_bad_configuration_changes_nothing(serve, tmp_path):
    path = tmp_path / "loquatd.conf"
    path.write_text("[log]\nlevel = info\n")
    server = serve("--config", str(path))
    path.write_text("[log]\nlevel = debug\nnonsense = 1\n")
    server.process.send_signal(signal.SIGHUP)
    server.expect_log("configuration kept")
    tls_line(server, "ann").leave()


def test_a_reload_out_of_descriptors_keeps_all(serve):
    server = serve("--tls-mode", "required")
    pid = server.process.pid
    limits = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, limits[1]))
    server.process.send_signal(signal.SIGHUP)
    server.expect_log(" kept ")
    resource.prlimit(pid, resource.RLIMIT_NOFILE, limits)
    tls_line(server, "ann").leave()
    before = server.log().count("server certificate ")
    server.process.send_signal(signal.SIGHUP)
    end = time.monotonic() + DEADLINE
    while server.log().count("server certificate ") == before:
        assert time.monotonic() < end, server.log()
        select.select([], [], [], 0.02)
    tls_line(server, "ann").leave()


@pytest.mark.parametrize("case", ["expired", "mismatched", "missing", "empty"])
def test_a_bad_certificate_is_one_sentence_at_the_start(tmp_path, case):
    from test_start import loquatd, sentence
    crt, key = make_certificate(tmp_path, "one")
    if case == "expired":
        crt, key = make_certificate(tmp_path, "old", days=-1)
        wanted = "was good until"
    elif case == "mismatched":
        _, key = make_certificate(tmp_path, "two")
        wanted = "is not that of the certificate"
    elif case == "missing":
        crt.unlink()
        wanted = "No such file"
    else:
        crt.write_text("")
        wanted = "cannot use the certificate"
    done = loquatd("--port", "0", "--data", str(tmp_path / "d"),
                   "--tls-certificate", str(crt), "--tls-key", str(key))
    assert wanted in sentence(done, 1)


def test_no_tls_where_it_is_off(serve):
    server = serve("--tls-mode", "off")
    assert not certificate(server).exists()
    with connect(server, b"\x16\x03\x01\x02") as sock:
        assert read_all(sock).startswith(b"No TLS here")


# --- mode = required --------------------------------------------------------

@pytest.fixture
def strict(serve):
    """Speaks TLS only; who comes from afar comes behind a proxy."""
    return serve("--tls-mode", "required", "--server-proxies", "127.0.0.1",
                 "--limits-grace", "2s")


AFAR = proxy_header("192.0.2.9")


def test_required_people_are_told(strict):
    with connect(strict, AFAR) as sock:          # silent
        assert read_all(sock).decode().startswith(TOO_PLAIN)
    with connect(strict, AFAR + b"ann\nhello\n") as sock:
        text = read_all(sock).decode()
    assert text.startswith(TOO_PLAIN) and "Hi!" not in text


def test_required_http_is_told(strict):
    with connect(strict, AFAR + b"GET / HTTP/1.1\r\nHost: x\r\n\r\n") as sock:
        answer = read_all(sock).decode()
    assert answer.startswith("HTTP/1.1 426 ") and TOO_PLAIN[:-1] in answer
    assert "Upgrade: TLS/1.2" in answer and answer.count("HTTP/1.1") == 1


def test_required_native_is_told(strict):
    hello = pb.Hello(version=1, name="ann", secret=bytes(range(32)))
    with connect(strict, AFAR) as sock:
        sock.sendall(MAGIC + frame(pb.Envelope(request=1, hello=hello)))
        assert TOO_PLAIN.encode() in read_all(sock)


def test_required_tls_is_let_in_from_afar(strict):
    sock = shake(strict, AFAR)
    AnyLine(Whole(sock), "ann").leave()


def test_required_leaves_this_machine_alone(serve):
    server = serve("--tls-mode", "required")
    LineClient(server, "ann").leave()
    tls_line(server, "bob").leave()


# --- What others say --------------------------------------------------------

def test_sslscan_finds_nothing_weak(server):
    done = subprocess.run(["sslscan", "--no-colour", server.address],
                          capture_output=True, text=True, timeout=120)
    text = done.stdout
    for name in ("SSLv2", "SSLv3", "TLSv1.0", "TLSv1.1"):
        assert re.search(rf"{re.escape(name)} +disabled", text), text
    for name in ("TLSv1.2", "TLSv1.3"):
        assert re.search(rf"{re.escape(name)} +enabled", text), text
    ciphers = re.findall(r"^(?:Preferred|Accepted) +\S+ +\d+ bits +(\S+)",
                         text, re.M)
    assert ciphers and all(
        c.startswith(("TLS_", "ECDHE-")) and ("GCM" in c or "POLY1305" in c or
                                              "CCM" in c)
        for c in ciphers), ciphers
    assert "Session renegotiation not supported" in text, text
    assert "vulnerable to heartbleed" not in text.replace(
        "not vulnerable to heartbleed", ""), text


def test_testssl_finds_nothing_weak(serve):
    server = serve("--limits-connections-per-address", "0")
    done = subprocess.run(
        ["testssl", "--quiet", "--color", "0", "--warnings", "off",
         "--openssl-timeout", "10", "-p", "-s", "-f", "--severity", "MEDIUM",
         "--jsonfile", str(server.folder / "testssl.json"), server.address],
        capture_output=True, text=True, timeout=180, stdin=subprocess.DEVNULL)
    text = done.stdout
    assert re.search(r"TLS 1\.3 +offered \(OK\)", text), text + done.stderr
    assert re.search(r"TLS 1\.2 +offered \(OK\)", text), text
    assert re.search(r"TLS 1 +not offered", text), text
    assert re.search(r"TLS 1\.1 +not offered", text), text
    found = json.loads((server.folder / "testssl.json").read_text())
    assert not [f for f in found if f["severity"] != "WARN"], found
