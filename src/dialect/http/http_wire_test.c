/* SPDX-License-Identifier: MIT */
#include "dialect/http/http_wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

/* Parses a copy of exactly n bytes, offered in growing pieces that end at
 * `cut` and at n. The request borrows from *copy. */
static enum wire
parse_cut(const char *p, size_t n, size_t cut, char **copy,
          struct http_request *r, int *status)
{
    struct http_head h = {0};
    enum wire found;
    size_t used = 0;
    uint8_t *first = malloc(cut + 1);

    memcpy(first, p, cut);
    found = http_head_parse(&h, first, cut, r, &used);
    free(first);
    *copy = malloc(n + 1);
    memcpy(*copy, p, n);
    if (found == WIRE_MORE)
        found = http_head_parse(&h, (uint8_t *)*copy, n, r, &used);
    else if (found == WIRE_OK) {
        h = (struct http_head){0};
        found = http_head_parse(&h, (uint8_t *)*copy, cut, r, &used);
    }
    *status = h.status;
    if (found == WIRE_OK)
        assert_true(used <= n);
    return found;
}

/* However the bytes are cut: accepted with nothing left, or `status`. */
static void
expect_n(const char *p, size_t n, int want)
{
    for (size_t cut = 0; cut <= n; cut++) {
        struct http_request r;
        char *copy;
        int status;
        enum wire found = parse_cut(p, n, cut, &copy, &r, &status);
        int got = found == WIRE_OK ? 200 : found == WIRE_MORE ? 100 : status;

        free(copy);
        if (got != want)
            fail_msg("cut at %zu: got %d, want %d for: %.*s", cut, got, want,
                     (int)(n < 200 ? n : 200), p);
    }
}

#define expect(text, want) expect_n(text, sizeof(text) - 1, want)

/* A request with these fields. */
#define HEAD(fields) "GET / HTTP/1.1\r\n" fields "\r\n"
#define HOSTED(fields) HEAD("Host: a\r\n" fields)
#define TARGET(target) "GET " target " HTTP/1.1\r\nHost: a\r\n\r\n"

static struct http_request
accepted(const char *text)
{
    struct http_head h = {0};
    struct http_request r;
    size_t used;

    if (http_head_parse(&h, (const uint8_t *)text, strlen(text), &r, &used) !=
        WIRE_OK)
        fail_msg("refused with %d: %s", h.status, text);
    assert_int_equal(used, strlen(text));
    return r;
}

static void
expect_str(struct str got, const char *want)
{
    if (!str_eq(got, str_of(want)))
        fail_msg("got %.*s, want %s", STR_FMT(got), want);
}

static void
a_request_is_taken_apart(void **state)
{
    struct http_request r = accepted(
        "PUT /r/lobby/files/a%20b?x=1&y=/?z HTTP/1.1\r\n"
        "host: example.org:4000\r\n"
        "Content-Length: 0012\r\n"
        "X-Empty:\r\n"
        "X-Padded: \t two words \t \r\n"
        "Expect: 100-Continue\r\n\r\n");

    (void)state;
    assert_int_equal(r.method, HTTP_PUT);
    expect_str(r.method_text, "PUT");
    expect_str(r.target, "/r/lobby/files/a%20b?x=1&y=/?z");
    expect_str(r.path, "/r/lobby/files/a%20b");
    expect_str(r.query, "x=1&y=/?z");
    expect_str(r.host, "example.org:4000");
    assert_int_equal(r.version_minor, 1);
    assert_true(r.has_length && r.content_length == 12);
    assert_true(r.keep_alive && r.expect_continue);
    assert_false(r.chunked || r.upgrade_websocket || r.https);
    assert_int_equal(r.field_count, 5);
    expect_str(http_header(&r, "x-padded"), "two words");
    expect_str(http_header(&r, "X-EMPTY"), "");
    assert_non_null(http_header(&r, "x-empty").p);
    assert_null(http_header(&r, "absent").p);
}

static void
methods_are_known_by_their_exact_case(void **state)
{
    (void)state;
    assert_int_equal(accepted("get / HTTP/1.1\r\nHost: a\r\n\r\n").method,
                     HTTP_OTHER);
    assert_int_equal(accepted("HEAD / HTTP/1.0\r\n\r\n").method, HTTP_HEAD);
    assert_int_equal(accepted("BREW / HTTP/1.0\r\n\r\n").method, HTTP_OTHER);
    assert_int_equal(accepted("PATCH / HTTP/1.0\r\n\r\n").method, HTTP_PATCH);
    expect("G@T / HTTP/1.1\r\nHost: a\r\n\r\n", 400);
    expect("A2345678901234567890123456789012 / HTTP/1.0\r\n\r\n", 200);
    expect("A23456789012345678901234567890123 / HTTP/1.0\r\n\r\n", 501);
}

static void
a_head_may_come_in_any_pieces(void **state)
{
    (void)state;
    expect(HOSTED("A: b\r\n"), 200);
    expect("GET / HTTP/1.1\r\nHost: a\r\n", 100);
    expect(HOSTED("A: b\r\n") "body\0bytes\n", 200);
    expect("", 100);
}

static void
one_empty_line_may_come_first(void **state)
{
    (void)state;
    expect("\r\n" HOSTED(""), 200);
    expect("\r\n\r\n" HOSTED(""), 400);
    expect("\n" HOSTED(""), 400);
    expect("\r" HOSTED(""), 400);
}

static void
lines_end_with_crlf_and_nothing_else(void **state)
{
    (void)state;
    expect("GET / HTTP/1.1\nHost: a\r\n\r\n", 400);
    expect("GET / HTTP/1.1\r\nHost: a\n\r\n", 400);
    expect("GET / HTTP/1.1\r\nHost: a\r\n\n", 400);
    expect("GET / HTTP/1.1\rHost: a\r\n\r\n", 400);
    expect("GET / HTTP/1.1\r\nHost: a\r\r\n\r\n", 400);
    expect("GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", 400);
}

static void
control_bytes_are_refused_everywhere(void **state)
{
    (void)state;
    expect("G\0T / HTTP/1.1\r\nHost: a\r\n\r\n", 400);
    expect(HOSTED("A: b\0c\r\n"), 400);
    expect(HOSTED("A: b\x7f\r\n"), 400);
    expect(HOSTED("A: \x1b[2J\r\n"), 400);
    expect(HOSTED("A\x01: b\r\n"), 400);
    expect(HOSTED("A: b\tc\xc3\xa9\r\n"), 200);
}

static void
a_field_line_has_a_token_and_a_colon(void **state)
{
    (void)state;
    expect(HOSTED("A : b\r\n"), 400);
    expect(HOSTED(" A: b\r\n"), 400);
    expect(HOSTED("A: b\r\n c\r\n"), 400);           /* obs-fold */
    expect(HOSTED("A: b\r\n\tc: d\r\n"), 400);
    expect(HOSTED(": b\r\n"), 400);
    expect(HOSTED("A\r\n"), 400);
    expect(HOSTED("A(: b\r\n"), 400);
    expect(HOSTED("\xc3\xa9: b\r\n"), 400);
}

static void
a_request_line_has_three_words_and_two_spaces(void **state)
{
    (void)state;
    expect("GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400);
    expect("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400);
    expect("GET /  HTTP/1.1\r\nHost: a\r\n\r\n", 400);
    expect("GET / a HTTP/1.1\r\nHost: a\r\n\r\n", 400);
    expect(" GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400);
    expect("GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 400);
    expect("GET /\r\n", 400);                /* told before more has come */
    expect("GET\r\n", 400);
}

static void
only_http_1_0_and_1_1_are_spoken(void **state)
{
    (void)state;
    expect("GET / HTTP/1.0\r\n\r\n", 200);
    expect("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505);
    expect("PRI / HTTP/1.1\r\nHost: a\r\n\r\n", 505);
    expect("GET / HTTP/1.2\r\n\r\n", 505);
    expect("GET / HTTP/2.0\r\n\r\n", 505);
    expect("GET / HTTP/0.9\r\n\r\n", 505);
    expect("GET / http/1.1\r\n\r\n", 400);
    expect("GET / HTTP/1.10\r\n\r\n", 400);
    expect("GET / HTTP/1\r\n\r\n", 400);
    expect("GET / HTTP/+1.1\r\n\r\n", 400);
}

/* It is said again in links. */
static void
a_host_is_no_longer_than_a_name(void **state)
{
    char host[400], request[500];

    (void)state;
    memset(host, 'a', sizeof host);
    for (int n = LIMIT_HTTP_HOST_BYTES; n <= LIMIT_HTTP_HOST_BYTES + 1; n++) {
        snprintf(request, sizeof request,
                 "GET / HTTP/1.1\r\nHost: %.*s\r\n\r\n", n, host);
        expect_n(request, strlen(request),
                 n > LIMIT_HTTP_HOST_BYTES ? 400 : 200);
    }
    memset(host, '0', sizeof host);
    snprintf(request, sizeof request,
             "GET / HTTP/1.1\r\nHost: a:%.*s\r\n\r\n", 300, host);
    expect_n(request, strlen(request), 400);
}

static void
one_host_is_needed(void **state)
{
    (void)state;
    expect(HEAD(""), 400);
    expect(HEAD("Host: a\r\nHost: a\r\n"), 400);
    expect("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400);
    expect(HEAD("Host:\r\n"), 400);
    expect(HEAD("Host: a b\r\n"), 400);
    expect(HEAD("Host: a/b\r\n"), 400);
    expect(HEAD("Host: a@b\r\n"), 400);
    expect(HEAD("Host: a:99999\r\n"), 400);
    expect(HEAD("Host: a:x\r\n"), 400);
    expect(HEAD("Host: a,b\r\n"), 200);              /* a legal reg-name */
    expect(HEAD("Host: [::1]:80\r\n"), 200);
    expect(HEAD("Host: [::1\r\n"), 400);
    expect(HEAD("Host: [::1]x\r\n"), 400);
    expect(HEAD("Host: 127.0.0.1:4000\r\n"), 200);
    expect(HEAD("Host: %zz\r\n"), 400);
    expect(HEAD("Host: \xc3\xa9\r\n"), 400);
}

static void
targets_have_three_forms(void **state)
{
    struct http_request r = accepted(
        "GET HTTPS://Other.org:1?q HTTP/1.1\r\nHost: a\r\n\r\n");

    (void)state;
    expect_str(r.host, "Other.org:1");
    expect_str(r.path, "/");
    expect_str(r.query, "q");
    assert_true(r.https);
    r = accepted("OPTIONS http://a HTTP/1.1\r\nHost: a\r\n\r\n");
    expect_str(r.path, "*");
    r = accepted("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
    expect_str(r.path, "*");
    expect("GET http://a/ HTTP/1.1\r\n\r\n", 400);   /* Host all the same */
    expect(TARGET("*"), 400);
    expect(TARGET("a"), 400);
    expect(TARGET("a:443"), 400);
    expect(TARGET("http:///x"), 400);
    expect(TARGET("http://user@a/"), 400);
    expect(TARGET("ftp://a/"), 400);
    expect(TARGET("/#a"), 400);
    expect(TARGET("/\xc3\xa9"), 400);
    expect("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 405);
}

static void
a_length_is_digits_and_comes_once(void **state)
{
    (void)state;
    expect(HOSTED("Content-Length: 9223372036854775807\r\n"), 200);
    expect(HOSTED("Content-Length: 9223372036854775808\r\n"), 400);
    expect(HOSTED("Content-Length: 18446744073709551620\r\n"), 400);
    expect(HOSTED("Content-Length: +5\r\n"), 400);
    expect(HOSTED("Content-Length: -5\r\n"), 400);
    expect(HOSTED("Content-Length: 0x5\r\n"), 400);
    expect(HOSTED("Content-Length: 5_0\r\n"), 400);
    expect(HOSTED("Content-Length: 5 0\r\n"), 400);
    expect(HOSTED("Content-Length: 5, 5\r\n"), 400);
    expect(HOSTED("Content-Length:\r\n"), 400);
    expect(HOSTED("Content-Length: 5 \r\n"), 200);
    expect(HOSTED("Content-Length: 5\t\r\n"), 400);
    expect(HOSTED("Content-Length: 5 \t\r\n"), 400);
    expect(HOSTED("Content-Length: 5\r\nContent-Length: 5\r\n"), 400);
    expect(HOSTED("Content-Length: 5\r\ncontent-length: 6\r\n"), 400);
}

static void
one_transfer_coding_is_known(void **state)
{
    (void)state;
    assert_true(accepted(HOSTED("Transfer-Encoding: Chunked\r\n")).chunked);
    expect(HOSTED("Transfer-Encoding: gzip, chunked\r\n"), 501);
    expect(HOSTED("Transfer-Encoding: identity\r\n"), 501);
    expect(HOSTED("Transfer-Encoding: \x0b" "chunked\r\n"), 400);
    expect(HOSTED("Transfer-Encoding: chunked,\r\n"), 501);
    expect(HOSTED("Transfer-Encoding: \"chunked\"\r\n"), 501);
    expect(HOSTED("Transfer-Encoding:\r\n"), 501);
    expect(HOSTED("Transfer-Encoding: chunked\t\r\n"), 400);
    expect(HOSTED("Transfer-Encoding: chunked\r\n"
                  "Transfer-Encoding: chunked\r\n"), 400);
    expect(HOSTED("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), 400);
    expect(HOSTED("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), 400);
    expect("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400);
}

static bool
keeps_alive(const char *text)
{
    return accepted(text).keep_alive;
}

static void
a_connection_stays_when_both_can(void **state)
{
    (void)state;
    assert_true(keeps_alive(HOSTED("")));
    assert_false(keeps_alive(HOSTED("Connection: a, Close\r\n")));
    assert_false(keeps_alive(HOSTED("Connection: a\", close\r\n")));
    assert_false(keeps_alive(HOSTED("Connection: keep-alive\r\n"
                                    "Connection: close\r\n")));
    assert_false(keeps_alive("GET / HTTP/1.0\r\n\r\n"));
    assert_true(keeps_alive("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n"
                            "\r\n"));
    assert_false(accepted("GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n")
                     .expect_continue);
}

/* A head with a target and one field of these sizes. */
static void
expect_sizes(size_t target, size_t value, int want)
{
    char *text = malloc(target + value + 100), *at = text;

    at = mempcpy(at, "GET /", 5);
    at = (char *)memset(at, 'x', target - 1) + target - 1;
    at = mempcpy(at, " HTTP/1.1\r\nHost: a\r\nA:", 22);
    at = (char *)memset(at, 'y', value) + value;
    at = mempcpy(at, "\r\n\r\n", 4);
    for (size_t cut = 0; cut < 4; cut++) {
        struct http_request r;
        char *copy;
        int status;
        size_t n = (size_t)(at - text);
        enum wire found = parse_cut(text, n, n * cut / 3, &copy, &r, &status);

        free(copy);
        assert_int_equal(found == WIRE_OK ? 200 : status, want);
    }
    free(text);
}

static void
heads_have_a_largest_size(void **state)
{
    const size_t rest = 5 - 1 + 22 + 4;

    (void)state;
    expect_sizes(8192, 10, 200);
    expect_sizes(8193, 10, 414);
    expect_sizes(100000, 10, 414);
    expect_sizes(100, 16384 - rest - 100, 200);
    expect_sizes(100, 16384 - rest - 99, 431);
    expect_sizes(100, 100000, 431);
}

static void
expect_fields(size_t count, int want)
{
    char text[4096] = "GET / HTTP/1.1\r\nHost: a\r\n";
    size_t n = strlen(text);

    for (size_t i = 1; i < count; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "F%zu: v\r\n", i);
    n += (size_t)snprintf(text + n, sizeof text - n, "\r\n");
    expect_n(text, n, want);
}

static void
heads_have_a_largest_number_of_fields(void **state)
{
    (void)state;
    expect_fields(64, 200);
    expect_fields(65, 431);
    expect_fields(200, 431);
}

static void
pipelined_requests_are_told_apart(void **state)
{
    const char text[] = HOSTED("") "POST /b HTTP/1.1\r\nHost: b\r\n\r\n";
    struct http_head h = {0};
    struct http_request r;
    size_t first, second;

    (void)state;
    assert_int_equal(http_head_parse(&h, (const uint8_t *)text,
                                     sizeof text - 1, &r, &first), WIRE_OK);
    h = (struct http_head){0};
    assert_int_equal(http_head_parse(&h, (const uint8_t *)text + first,
                                     sizeof text - 1 - first, &r, &second),
                     WIRE_OK);
    expect_str(r.path, "/b");
    assert_int_equal(first + second, sizeof text - 1);
}

static void
repeated_fields_are_counted_and_searched(void **state)
{
    struct http_request r = accepted(HOSTED(
        "A: one, \"t,wo\"\r\na: three,,four\r\n"));

    (void)state;
    assert_int_equal(http_header_count(&r, "A"), 2);
    assert_true(http_header_has(&r, "A", "ONE"));
    assert_true(http_header_has(&r, "A", "four"));
    assert_false(http_header_has(&r, "A", "t"));
    assert_false(http_header_has(&r, "B", "one"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_taken_apart),
        cmocka_unit_test(methods_are_known_by_their_exact_case),
        cmocka_unit_test(a_head_may_come_in_any_pieces),
        cmocka_unit_test(one_empty_line_may_come_first),
        cmocka_unit_test(lines_end_with_crlf_and_nothing_else),
        cmocka_unit_test(control_bytes_are_refused_everywhere),
        cmocka_unit_test(a_field_line_has_a_token_and_a_colon),
        cmocka_unit_test(a_request_line_has_three_words_and_two_spaces),
        cmocka_unit_test(only_http_1_0_and_1_1_are_spoken),
        cmocka_unit_test(a_host_is_no_longer_than_a_name),
        cmocka_unit_test(one_host_is_needed),
        cmocka_unit_test(targets_have_three_forms),
        cmocka_unit_test(a_length_is_digits_and_comes_once),
        cmocka_unit_test(one_transfer_coding_is_known),
        cmocka_unit_test(a_connection_stays_when_both_can),
        cmocka_unit_test(heads_have_a_largest_size),
        cmocka_unit_test(heads_have_a_largest_number_of_fields),
        cmocka_unit_test(pipelined_requests_are_told_apart),
        cmocka_unit_test(repeated_fields_are_counted_and_searched),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
