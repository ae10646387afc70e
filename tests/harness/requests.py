# SPDX-License-Identifier: MIT
"""HTTP requests that are right, and the many ways in which they go wrong.

From a seed, so that a finding can be had again. The tricks are those of known
smuggling bugs (HTTP Garden's trophies, CVEs of bare CR and of lengths)."""

VALID = [
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /r/lobby?after=5&limit=10 HTTP/1.1\r\nHost: localhost:4000\r\n"
    b"User-Agent: curl/7.88.1\r\nAccept: */*\r\n\r\n",
    b"HEAD /f/AbC/x%20y.png HTTP/1.0\r\n\r\n",
    b"GET http://example.org/a?b HTTP/1.1\r\nHost: example.org\r\n"
    b"Connection: close\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    b"POST /r/lobby HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
    b"PUT /r/lobby/files/a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
    b"Content-Length: 12\r\nConnection: keep-alive\r\n\r\nhello, world",
    b"POST /r/lobby HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"5\r\nhello\r\n7;x=\"a;b\"\r\n, world\r\n0\r\n\r\n",
    b"PATCH /files/1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
    b"Trailer: X-Sum\r\n\r\nA;name=value;other\r\n0123456789\r\n"
    b"0\r\nX-Sum: 5\r\n\r\n",
    b"GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n"
    b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    b"GET / HTTP/1.0\r\nConnection: keep-alive\r\nCookie: a=b; c=d\r\n\r\n",
    b"DELETE /files/1 HTTP/1.1\r\nHost: [::1]:80\r\n"
    b"X-Text: caf\xc3\xa9\r\n\r\n",
]

FIELDS = [
    b"Content-Length: 5", b"Content-Length: 0", b"Content-Length: +5",
    b"Content-Length: -5", b"Content-Length: 0x5", b"Content-Length: 5_0",
    b"Content-Length: 5, 5", b"Content-Length: 5,", b"Content-Length: 5 5",
    b"Content-Length: \t5", b"Content-Length: 5\t", b"Content-Length: 5 ",
    b"Content-Length:5", b"Content-Length:", b"Content-Length: 00005",
    b"Content-Length: 18446744073709551621", b"Content-Length : 5",
    b"Content-Length: 9223372036854775807", b"content-length: 5",
    b"Content-Length\x00: 5", b"Content-Length: 5\x00", b"Content_Length: 5",
    b"Content-Length: 1e1", b"Content-Length: \xd9\xa5", b"\x0bHost: a",
    b"Transfer-Encoding: chunked", b"transfer-encoding: CHUNKED",
    b"Transfer-Encoding: chunked ", b"Transfer-Encoding: chunked\t",
    b"Transfer-Encoding:\tchunked", b"Transfer-Encoding:chunked",
    b"Transfer-Encoding: gzip, chunked", b"Transfer-Encoding: chunked, gzip",
    b"Transfer-Encoding: chunked, chunked", b"Transfer-Encoding: chunked,",
    b"Transfer-Encoding: ,chunked", b"Transfer-Encoding: xchunked",
    b"Transfer-Encoding: identity", b"Transfer-Encoding: \x0bchunked",
    b"Transfer-Encoding : chunked", b"Transfer-Encoding: \"chunked\"",
    b"Transfer-Encoding: chunked;a=b", b"Transfer-Encoding:",
    b"Transfer-Encoding\xff: chunked", b"Transfer-Encoding:\r\n chunked",
    b" Transfer-Encoding: chunked", b"X: y\r\n folded", b"X: y\r\n\tfolded",
    b"X: a\nTransfer-Encoding: chunked", b"X: a\rContent-Length: 5",
    b"Host: a", b"Host: b", b"Host:", b"Host: a b", b"Host: a@b",
    b"Host: a,b", b"Host: a/b", b"Host: a:x", b"Host : a", b"host: \xff",
    b"Connection: close", b"Connection: keep-alive, close",
    b"Connection: close, x", b"Connection: upgrade", b"Connection:",
    b"Connection: keep-alive", b"Connection: closed", b"Upgrade: websocket",
    b"Connection: x, keep-alive", b"Connection:  Close \t", b"Upgrade: h2c",
    b"Proxy-Connection: close", b"Connection: \"close\"",
    b"Connection: close close", b"Connection: keep-alive\t,close",
    b"Expect: 100-continue", b": empty", b"NoColon", b"=: x", b"X:\x7f",
    b"X: \x01", b"X:" + b" " * 300, b"(x): y", b"X\t: y",
    b"X-Y: " + b"z" * 5000,
]

SIZES = [
    b"0x5", b"+5", b"-5", b"0_2e", b"5 ", b" 5", b"05", b"5;", b"5;a", b"5;a=",
    b"5;a=b", b"5;a=\"b\"", b"5;a=\"\\\"\"", b"5;a=\"", b"5; a", b"5 ;a",
    b"5;a b", b"5;a;;b", b"5;a=\"\x00\"", b"5;\xc3\xa9", b"5;a=\"\xc3\xa9\"",
    b"", b"g", b"5\x00", b"0000000000000005", b"00000000000000005",
    b"FFFFFFFFFFFFFFFF", b"10000000000000005", b"5\t", b"5,", b"5;a=b c",
    b"5;a=\"b\"c", b"5;a=\"b\\", b"5;a\\=b", b"5;=b", b"5;a==b",
    b"5;a=\"\t \"", b"5;a=\"\\\t\"", b"5;a=\"\\\xff\"", b"5;" + b"x" * 255,
]

TARGETS = [
    b"/", b"*", b"a", b"//", b"/../..", b"/%00", b"/a b", b"/a\tb", b"/#x",
    b"/\xc3\xa9", b"/\x7f", b"http://a/", b"http://a", b"http:///",
    b"HTTP://a/", b"https://a:1?x", b"http://u@a/", b"http://a:b/", b"ws://a/",
    b"ftp://a/", b"a:80", b"http://[::1]/", b"http://[::1/", b"/\"<>\\^`{|}",
    b"?x", b"/?", b"/??a?b", b"http://a?b", b"http:/a", b"://a", b"/" * 300,
    b"http://a,b/", b"http://a%41/", b"http://a%4/", b"http://a!$&'()*+;=/",
    b"http://a:/", b"http://a:80:80/", b"http://a_~-./", b"http://[fe80::1]:9/",
]

VERSIONS = [
    b"HTTP/1.1", b"HTTP/1.0", b"HTTP/0.9", b"HTTP/1.2", b"HTTP/2.0",
    b"HTTP/1.", b"HTTP/.1", b"http/1.1", b"HTTP/1.1 ", b"HTTP/11",
    b"HTTP/1.10", b"HTTP/01.1", b"HTTP/1,1", b"HTTPS/1.1", b"HTTP/1.1\x00", b"",
    b"ICE/1.0", b"RTSP/1.0",
]

METHODS = [
    b"GET", b"get", b"GeT", b"POST", b"PUT", b"CONNECT", b"PRI", b"BREW",
    b"PROPFIND", b"G\x00T", b"GET\t", b" GET", b"\r\nGET", b"\r\n\r\nGET",
    b"\nGET", b"\rGET", b"", b"M-SEARCH", b"SOURCE", b"QUERY", b"OPTIONS",
]

BYTES = [b"\r", b"\n", b"\r\n", b"\x00", b" ", b"\t", b":", b",", b";", b"\x0b",
         b"\x0c", b"\x7f", b"\x80", b"\xff", b"\"", b"\\", b"0", b"5", b"+",
         b"-", b"_", b"x"]


def _head_and_body(request):
    head, _, body = request.partition(b"\r\n\r\n")
    return head.split(b"\r\n"), body


def _join(lines, body):
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def _add_field(rng, request):
    lines, body = _head_and_body(request)
    lines.insert(rng.randint(1, len(lines)), rng.choice(FIELDS))
    if rng.random() < 0.3:
        body = rng.choice([b"hello", b"5\r\nhello\r\n0\r\n\r\n"])
    return _join(lines, body)


def _replace_field(rng, request):
    lines, body = _head_and_body(request)
    if len(lines) > 1:
        lines[rng.randrange(1, len(lines))] = rng.choice(FIELDS)
    return _join(lines, body)


def _duplicate_or_drop(rng, request):
    lines, body = _head_and_body(request)
    at = rng.randrange(len(lines))
    if rng.random() < 0.5:
        lines.insert(at, lines[at])
    else:
        del lines[at]
    return _join(lines, body)


def _request_line(rng, request):
    lines, body = _head_and_body(request)
    words = lines[0].split(b" ")
    words += [b""] * (3 - len(words))
    at = rng.randrange(3)
    words[at] = rng.choice([METHODS, TARGETS, VERSIONS][at])
    lines[0] = rng.choice([b" "] * 8 + [b"  ", b"\t", b""]).join(words)
    return _join(lines, body)


def _chunked(rng, request):
    del request
    size = rng.choice(SIZES)
    end = rng.choice([b"\r\n"] * 6 + [b"\n", b"\r", b"\r\r\n", b"\n\n"])
    close = rng.choice([b"\r\n"] * 6 + [b"\n", b"", b"x\r\n", b"\r"])
    trailer = rng.choice([b""] * 4 + [f + b"\r\n" for f in FIELDS])
    return (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            + size + end + b"hello" + close + b"0\r\n" + trailer + b"\r\n")


def _byte(rng, request):
    at = rng.randrange(len(request) + 1)
    cut = rng.choice([0, 0, 1, 2])
    return request[:at] + rng.choice(BYTES) + request[at + cut:]


def _line_end(rng, request):
    ends = [i for i in range(len(request)) if request[i:i + 2] == b"\r\n"]
    if not ends:
        return request
    at = rng.choice(ends)
    end = rng.choice([b"\n", b"\r", b"\r\r\n", b"\n\r", b"\r\n ", b"\r\n\t",
                      b" \r\n", b"\t\r\n", b"\x00\r\n", b"\r\n\r\n"])
    return request[:at] + end + request[at + 2:]


def _delete(rng, request):
    at = rng.randrange(len(request) + 1)
    return request[:at] + request[at + rng.randrange(1, 4):]


def _truncate(rng, request):
    return request[:rng.randrange(len(request) + 1)]


def _pipeline(rng, request):
    return request + rng.choice(VALID)


MUTATIONS = [_add_field, _add_field, _replace_field, _duplicate_or_drop,
             _request_line, _request_line, _chunked, _byte, _byte, _line_end,
             _delete, _truncate, _pipeline]


def mutated(rng):
    """A request with one to three things done to it."""
    request = rng.choice(VALID)
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        request = rng.choice(MUTATIONS)(rng, request)
    return request
