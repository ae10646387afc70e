# SPDX-License-Identifier: MIT
"""loquat over TLS: which server is believed, and which is not."""
import os
import re
import socket
import ssl
import threading

import pytest

from harness.command import run
from harness.line import LineClient
from harness.server import DEADLINE
from harness.tls import certificate, make_certificate
from test_tls import fingerprint_of


@pytest.fixture
def loquat(tmp_path):
    """loquat(server, ...) over TLS, with a memory of its own."""
    home = tmp_path / "state"
    home.mkdir()

    def go(server, *words, host="localhost", scheme="loquats", port=None,
           **env):
        settings = {"XDG_STATE_HOME": str(home), **env}
        where = f"{scheme}://{host}:{port or server.port}"
        return run(server, *words, "--server", where, **settings)

    go.known = home / "loquat" / "known_servers"
    return go


def test_a_first_meeting_is_told_and_the_next_is_silent(server, clients,
                                                        loquat):
    watcher = clients(LineClient, server, "watcher", "#ops")
    shown = fingerprint_of(certificate(server))

    done = loquat(server, "send", "#ops", "hello")
    assert done.returncode == 0, done.stderr
    assert f"SHA-256 {shown}" in done.stderr and "new" in done.stderr
    watcher.sees("tester", "hello", room="#ops")
    assert loquat.known.read_text() == f"localhost:{server.port} {shown}\n"
    done = loquat(server, "send", "#ops", "again")
    assert (done.returncode, done.stderr) == (0, "")
    assert "TLSv1.3 protocol=loquat.v1" in server.log()


def test_files_go_over_tls(server, loquat, tmp_path):
    data = os.urandom(3_000_000)
    (tmp_path / "x.bin").write_bytes(data)
    done = loquat(server, "put", str(tmp_path / "x.bin"), "#ops")
    assert done.returncode == 0, done.stderr
    url = re.search(r"https://localhost:\d+/f/\S+", done.stdout).group(0)
    done = run(server, "get", url, "-o", str(tmp_path / "y.bin"),
               XDG_STATE_HOME=str(tmp_path / "state"))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "y.bin").read_bytes() == data
    assert server.log().count("TLSv1.3 protocol=loquat.v1") == 2


def exchange_certificate(server):
    data = server.folder / "data"
    assert server.stop() == 0
    (data / "tls.crt").unlink()
    (data / "tls.key").unlink()
    server.start()


def test_a_changed_certificate_is_refused_until_it_is_forgotten(serve, loquat):
    server = serve()
    before = fingerprint_of(certificate(server))
    assert loquat(server, "send", "#ops", "one").returncode == 0
    exchange_certificate(server)
    after = fingerprint_of(certificate(server))

    done = loquat(server, "send", "#ops", "two")
    assert done.returncode == 3
    for part in (before, after, "ANOTHER CERTIFICATE",
                 f"loquat trust --forget localhost:{server.port}"):
        assert part in done.stderr, done.stderr
    said = loquat(server, "history", "#ops", scheme="loquat").stdout
    assert "one" in said and "two" not in said
    where = f"localhost:{server.port}"
    state = {"XDG_STATE_HOME": str(loquat.known.parents[1])}
    shown = run(server, "trust", where, **state)
    assert shown.stdout == f"{where} {before}\n"
    assert run(server, "trust", "--forget", where, **state).returncode == 0
    assert run(server, "trust", where, **state).returncode == 4
    assert loquat(server, "send", "#ops", "three").returncode == 0


def test_a_certificate_that_is_told_beforehand(server, loquat):
    shown = fingerprint_of(certificate(server))
    wrong = ("00" if shown[:2] != "00" else "11") + shown[2:]
    done = loquat(server, "send", "#ops", "x", f"--fingerprint={shown}")
    assert (done.returncode, done.stderr) == (0, "")
    done = loquat(server, "send", "#ops", "x", LOQUAT_FINGERPRINT=wrong)
    assert done.returncode == 3 and shown in done.stderr
    done = loquat(server, "send", "#ops", "x", "--fingerprint=abc")
    assert done.returncode == 3 and "no SHA-256" in done.stderr
    assert not loquat.known.exists()


def test_a_fingerprint_forces_tls_on_this_machine_too(serve, loquat):
    server = serve("--tls-mode", "off")
    done = loquat(server, "send", "#ops", "x", "--fingerprint=" + "AB" * 32,
                  scheme="loquat")
    assert done.returncode == 5 and "TLS" in done.stderr


@pytest.mark.parametrize("case", ["trusted", "wrong host", "expired"])
def test_what_the_system_vouches_for_needs_no_memory(serve, loquat, tmp_path,
                                                     case):
    hosts = "DNS:elsewhere.example" if case == "wrong host" else "DNS:localhost"
    crt, key = make_certificate(tmp_path, "one", hosts=hosts)
    if case == "expired":
        # A server refuses to start with it: somebody else plays one.
        crt, key = make_certificate(tmp_path, "old", days=-1)
        server = Impostor(crt, key)
    else:
        server = serve("--tls-certificate", str(crt), "--tls-key", str(key))
    done = loquat(server, "send", "#ops", "x", SSL_CERT_FILE=str(crt),
                  RECONNECT_ATTEMPTS="1")
    if case == "trusted":
        assert (done.returncode, done.stderr) == (0, "")
        assert not loquat.known.exists()
    elif case == "wrong host":
        assert "hostname mismatch" in done.stderr and "new" in done.stderr
    else:
        assert "certificate has expired" in done.stderr
        server.close()


class Impostor:
    """Shakes hands with its own certificate and keeps what it hears."""

    def __init__(self, crt, key, port=0):
        self.heard = b""
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(crt, key)
        self.listener = socket.create_server(("127.0.0.1", port))
        self.port = self.listener.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        while True:
            try:
                raw, _ = self.listener.accept()
            except OSError:
                return
            raw.settimeout(DEADLINE)
            try:
                with self.context.wrap_socket(raw, server_side=True) as sock:
                    while data := sock.recv(65536):
                        self.heard += data
                        sock.close()
            except OSError:
                pass

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(DEADLINE)


def test_an_impostor_hears_nothing(serve, loquat, tmp_path):
    server = serve()
    assert loquat(server, "send", "#ops", "one").returncode == 0
    port = server.port
    assert server.stop() == 0
    impostor = Impostor(*make_certificate(tmp_path, "fake"), port=port)
    done = loquat(impostor, "send", "#ops", "a secret")
    assert done.returncode == 3
    impostor.close()
    assert impostor.heard == b""


def test_nothing_falls_back_to_plain(serve, loquat):
    server = serve("--tls-mode", "off")
    done = loquat(server, "send", "#ops", "x")
    assert done.returncode == 5 and "no TLS with localhost" in done.stderr
    assert loquat(server, "send", "#ops", "x", scheme="loquat").returncode == 0
    done = loquat(server, "send", "#ops", "x", "--plain")
    assert done.returncode == 2


def test_from_afar_tls_is_the_default(serve, loquat):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        try:
            s.connect(("192.0.2.254", 9))
            own = s.getsockname()[0]
        except OSError:
            pytest.skip("this machine has no address but loopback")
    server = serve("--server-address", "*")
    done = loquat(server, "send", "#ops", "x", host=own, scheme="loquat")
    assert done.returncode == 0 and "SHA-256" in done.stderr
    done = loquat(server, "send", "#ops", "x", "--plain", host=own,
                  scheme="loquat")
    assert (done.returncode, done.stderr) == (0, "")
    done = loquat(server, "send", "#ops", "x", host=own,
                  scheme="loquat+insecure")
    assert (done.returncode, done.stderr) == (0, "")


def test_the_first_byte_of_a_client_is_a_handshake(serve, loquat):
    """What a listener on the way would see of `loquat` over TLS."""
    seen = []
    with socket.create_server(("127.0.0.1", 0)) as tap:
        def watch():
            with tap.accept()[0] as sock:
                sock.settimeout(DEADLINE)
                seen.append(sock.recv(65536))
        thread = threading.Thread(target=watch)
        thread.start()
        port = tap.getsockname()[1]

        class Tap:
            address = f"127.0.0.1:{port}"
        done = loquat(Tap, "send", "#ops", "a secret", port=port)
        thread.join()
    assert done.returncode == 5
    assert seen[0][0] == 0x16 and b"secret" not in seen[0]
    assert b"tester" not in seen[0]
