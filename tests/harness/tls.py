# SPDX-License-Identifier: MIT
"""Clients over TLS, behind a proxy, and on the local socket."""
import socket
import ssl
import struct
import subprocess

from harness.line import LineClient
from harness.server import DEADLINE

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
TCP4, TCP6, UNSPEC = 0x11, 0x21, 0x00


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


def tlv(kind, value):
    return struct.pack("!BH", kind, len(value)) + value


SSL_TLV = tlv(0x20, b"\x01" + bytes(4))


def proxy_header(source, port=4711, tlvs=b"", command=1, checked=False):
    """Version 2; source None: says nothing of whom it brings."""
    if source is None:
        family, body = UNSPEC, b""
    elif ":" in source:
        family = TCP6
        body = (socket.inet_pton(socket.AF_INET6, source) * 2 +
                struct.pack("!HH", port, 4000))
    else:
        family = TCP4
        body = socket.inet_aton(source) * 2 + struct.pack("!HH", port, 4000)
    if checked:
        tlvs += tlv(3, bytes(4))
    body += tlvs
    head = SIGNATURE + struct.pack("!BBH", 0x20 | command, family, len(body))
    whole = head + body
    if checked:
        whole = whole[:-4] + struct.pack("!I", crc32c(whole))
    return whole


def connect(server, first=b""):
    sock = socket.create_connection(("127.0.0.1", server.port), DEADLINE)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.sendall(first)
    return sock


def certificate(server):
    return server.folder / "data" / "tls.crt"


def context(server, version=None, protocols=()):
    """A client's settings that trust this server's own certificate."""
    x = ssl.create_default_context(cafile=str(certificate(server)))
    if version is not None:
        x.minimum_version = x.maximum_version = version
    if protocols:
        x.set_alpn_protocols(list(protocols))
    return x


def shake(server, first=b"", **settings):
    """A connection whose handshake is over; `first` goes before it."""
    x = context(server, **settings)
    return x.wrap_socket(connect(server, first), server_hostname="localhost")


class Whole:
    """A TLS socket that can be waited for by select: nothing decrypted is
    left behind."""

    def __init__(self, sock):
        self.sock = sock

    def recv(self, n):
        data = self.sock.recv(n)
        while self.sock.pending():
            data += self.sock.recv(self.sock.pending())
        return data

    def __getattr__(self, name):
        return getattr(self.sock, name)


class AnyLine(LineClient):
    """A person over any socket that is connected already."""

    def __init__(self, sock, name=None, room=None):
        self.socket = sock
        self.rest = b""
        self.lines = []
        self.name = name
        if name:
            self.enter(name, room)


def tls_line(server, name=None, room=None, **settings):
    return AnyLine(Whole(shake(server, **settings)), name, room)


def make_certificate(folder, name="cert", days=30, hosts="DNS:localhost"):
    """One by somebody else's hand: two paths."""
    crt, key = folder / f"{name}.crt", folder / f"{name}.key"
    request, names = folder / f"{name}.csr", folder / f"{name}.ext"
    names.write_text(f"subjectAltName={hosts}\n")
    for words in (
            ["req", "-new", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
             "-keyout", key, "-out", request],
            ["x509", "-req", "-in", request, "-signkey", key, "-days",
             str(days), "-extfile", names, "-out", crt]):
        subprocess.run(["openssl", *map(str, words)], check=True,
                       capture_output=True)
    return crt, key
