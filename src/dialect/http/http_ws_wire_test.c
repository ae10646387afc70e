/* SPDX-License-Identifier: MIT */
#include "dialect/http/http_ws_wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define HEAD "GET /ws HTTP/1.1\r\nHost: a\r\n"
#define UPGRADE "Upgrade: h2c, WebSocket\r\nConnection: keep-alive, Upgrade\r\n"
#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define VERSION "Sec-WebSocket-Version: 13\r\n"

static struct http_request
request(const char *text)
{
    struct http_head h = {0};
    struct http_request r;
    size_t used;

    if (http_head_parse(&h, (const uint8_t *)text, strlen(text), &r, &used) !=
        WIRE_OK)
        fail_msg("refused with %d: %s", h.status, text);
    return r;
}

static void
expect(const char *text, int want)
{
    struct http_request r = request(text);
    int got = http_ws_check(&r);

    if (got != want)
        fail_msg("got %d, want %d: %s", got, want, text);
}

static void
the_key_is_answered_as_in_the_rfc(void **state)
{
    struct http_request r = request(HEAD UPGRADE KEY VERSION "\r\n");
    char out[HTTP_WS_ACCEPT_BYTES];

    (void)state;
    assert_int_equal(http_ws_check(&r), 101);
    http_ws_accept(&r, out);
    assert_string_equal(out, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

static void
only_a_whole_handshake_is_one(void **state)
{
    (void)state;
    expect("POST /ws HTTP/1.1\r\nHost: a\r\n" UPGRADE KEY VERSION "\r\n", 405);
    expect("GET /ws HTTP/1.0\r\nHost: a\r\n" UPGRADE KEY VERSION "\r\n", 400);
    expect(HEAD "Connection: Upgrade\r\n" KEY VERSION "\r\n", 426);
    expect(HEAD "Upgrade: websocket\r\n" KEY VERSION "\r\n", 426);
    expect(HEAD "Upgrade: websockets\r\nConnection: Upgrade\r\n" KEY VERSION
           "\r\n", 426);
    expect(HEAD UPGRADE KEY VERSION "Content-Length: 1\r\n\r\n", 400);
    expect(HEAD UPGRADE KEY VERSION "Content-Length: 0\r\n\r\n", 101);
    expect(HEAD UPGRADE KEY VERSION "Transfer-Encoding: chunked\r\n\r\n", 400);
}

static void
another_version_is_told_ours(void **state)
{
    (void)state;
    expect(HEAD UPGRADE KEY "Sec-WebSocket-Version: 8\r\n\r\n", 426);
    expect(HEAD UPGRADE KEY "Sec-WebSocket-Version: 13, 8\r\n\r\n", 426);
    expect(HEAD UPGRADE KEY "\r\n", 400);
    expect(HEAD UPGRADE KEY VERSION VERSION "\r\n", 400);
}

static void
the_key_is_16_bytes_and_comes_once(void **state)
{
    (void)state;
    expect(HEAD UPGRADE VERSION "\r\n", 400);
    expect(HEAD UPGRADE VERSION KEY KEY "\r\n", 400);
    expect(HEAD UPGRADE VERSION "Sec-WebSocket-Key:\r\n\r\n", 400);
    expect(HEAD UPGRADE VERSION
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j\r\n\r\n", 400);
    expect(HEAD UPGRADE VERSION
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZWE=\r\n\r\n", 400);
    expect(HEAD UPGRADE VERSION
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZR==\r\n\r\n", 400);
    expect(HEAD UPGRADE VERSION
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j!Q==\r\n\r\n", 400);
}

static void
subprotocols_are_offered_in_lists(void **state)
{
    struct http_request r = request(
        HEAD UPGRADE KEY VERSION "Sec-WebSocket-Protocol: chat, loquat.v1\r\n"
        "sec-websocket-protocol: text.ircv3.net\r\n\r\n");

    (void)state;
    assert_true(http_ws_offers(&r, "loquat.v1"));
    assert_true(http_ws_offers(&r, "text.ircv3.net"));
    assert_false(http_ws_offers(&r, "Loquat.v1"));
    assert_false(http_ws_offers(&r, "loquat"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_key_is_answered_as_in_the_rfc),
        cmocka_unit_test(only_a_whole_handshake_is_one),
        cmocka_unit_test(another_version_is_told_ours),
        cmocka_unit_test(the_key_is_16_bytes_and_comes_once),
        cmocka_unit_test(subprotocols_are_offered_in_lists),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
