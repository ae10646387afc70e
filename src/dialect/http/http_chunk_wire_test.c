/* SPDX-License-Identifier: MIT */
#include "dialect/http/http_chunk_wire.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

/* What came of a body: its data, how it ended, how many bytes were left. */
struct reading {
    char data[1024];
    size_t n;
    enum http_chunk_found found;
    size_t used;
    struct http_chunk chunk;
};

static void
feed(struct reading *r, const void *bytes, size_t n)
{
    uint8_t *p = malloc(n + 1);
    size_t at = 0, used;

    memcpy(p, bytes, n);
    do {
        struct str data = {NULL, 0};

        r->found = http_chunk_next(&r->chunk, p + at, n - at, &data, &used);
        assert_true(used <= n - at);
        at += used;
        if (r->found == HTTP_CHUNK_DATA) {
            assert_true(data.n > 0 && r->n + data.n <= sizeof r->data);
            memcpy(r->data + r->n, data.p, data.n);
            r->n += data.n;
        }
    } while (r->found == HTTP_CHUNK_DATA);
    r->used += at;
    free(p);
}

/* However it is cut into three. `want` is the data that must
 * have come, NULL: any; `end` is what was found last. */
static void
expect_of(const char *bytes, size_t n, const char *want, int end)
{
    for (size_t cut = 0; cut <= n; cut++) {
        for (size_t cut2 = cut; cut2 <= n; cut2 += n < 80 ? 1 : 37) {
            struct reading r = {.n = 0};
            size_t at[] = {0, cut, cut2, n};

            for (int i = 0; i < 3; i++) {
                feed(&r, bytes + at[i], at[i + 1] - at[i]);
                if (r.found != HTTP_CHUNK_MORE)
                    break;
            }
            if ((int)r.found != end)
                fail_msg("cut at %zu and %zu: got %d, want %d: %s", cut, cut2,
                         r.found, end, bytes);
            if (want)
                assert_true(r.n == strlen(want) &&
                            memcmp(r.data, want, r.n) == 0);
        }
    }
}

#define expect(bytes, want) \
    expect_of(bytes, sizeof(bytes) - 1, want, HTTP_CHUNK_END)
#define refused(bytes) \
    expect_of(bytes, sizeof(bytes) - 1, NULL, HTTP_CHUNK_BAD)

static void
chunks_become_data(void **state)
{
    (void)state;
    expect("0\r\n\r\n", "");
    expect("5\r\nhello\r\n0\r\n\r\n", "hello");
    expect("5\r\nhello\r\nA\r\n, my world\r\n000\r\n\r\n", "hello, my world");
    expect("0000000000000003\r\na\r\n\r\n0\r\n\r\n", "a\r\n");
}

static void
a_body_may_be_unfinished(void **state)
{
    const char bytes[] = "5\r\nhello\r\n0\r\n\r";

    (void)state;
    for (size_t n = 0; n < sizeof bytes; n++)
        expect_of(bytes, n, NULL, HTTP_CHUNK_MORE);
}

static void
what_follows_the_end_is_not_used(void **state)
{
    struct reading r = {.n = 0};

    (void)state;
    feed(&r, "1\r\nx\r\n0\r\n\r\nGET / HTTP/1.1\r\n", 27);
    assert_int_equal(r.found, HTTP_CHUNK_END);
    assert_int_equal(r.used, 11);
    assert_int_equal(r.chunk.total, 1);
    feed(&r, "GET", 3);
    assert_int_equal(r.found, HTTP_CHUNK_END);
    assert_int_equal(r.used, 11);
}

static void
a_size_is_hex_digits_and_nothing_else(void **state)
{
    (void)state;
    refused("\r\n\r\n");
    refused("0x5\r\nhello\r\n0\r\n\r\n");
    refused("+5\r\nhello\r\n0\r\n\r\n");
    refused("-1\r\n");
    refused("0_2e\r\n");
    refused(" 5\r\nhello\r\n");
    refused("5 \r\nhello\r\n");
    refused("5\nhello\r\n");
    refused("5\r\rhello\r\n");
    refused("5\r\nhello!\r\n");
    refused("5\r\nhello\n0\r\n\r\n");
    refused("00000000000000005\r\nhello\r\n");       /* 17 digits */
}

static void
sizes_may_not_overflow(void **state)
{
    (void)state;
    expect_of("7fffffffffffffff\r\n", 18, NULL, HTTP_CHUNK_MORE);
    refused("8000000000000000");             /* told before the line ends */
    refused("1\r\nx\r\n7fffffffffffffff\r\n");
    refused("10000000000000000\r\n");
}

static void
extensions_are_dropped_if_they_are_well_formed(void **state)
{
    (void)state;
    expect("1;a\r\nx\r\n0\r\n\r\n", "x");
    expect("1;a=b;c=\"d \\\"e\\\";\"\r\nx\r\n0;z\r\n\r\n", "x");
    refused("1;\r\nx\r\n");
    refused("1; a\r\nx\r\n");
    refused("1;a=\r\nx\r\n");
    refused("1;a b\r\nx\r\n");
    refused("1;a=\"b\r\nx\r\n");
    refused("1;a=\"\x01\"\r\nx\r\n");
    refused("1;a\nx\r\n");
    refused("1;a\r\r\nx\r\n");
}

/* 1;xxx with `n` bytes of extension. */
static void
expect_extension(size_t n, int end)
{
    char bytes[1024] = "1;";

    memset(bytes + 2, 'x', n);
    memcpy(bytes + 2 + n, "\r\nx\r\n0\r\n\r\n", 11);
    expect_of(bytes, 2 + n + 10, NULL, end);
}

static void
extensions_have_a_largest_size(void **state)
{
    (void)state;
    expect_extension(255, HTTP_CHUNK_END);
    expect_extension(256, HTTP_CHUNK_BAD);
}

static void
trailers_are_fields_and_are_dropped(void **state)
{
    (void)state;
    expect("0\r\nA: b\r\nC:\r\n\r\n", "");
    refused("0\r\nA : b\r\n\r\n");
    refused("0\r\n: b\r\n\r\n");
    refused("0\r\nA\r\n\r\n");
    refused("0\r\nA: b\r\n c\r\n\r\n");
    refused("0\r\nA: b\n\r\n");
    refused("0\r\nA: \0\r\n\r\n");
    refused("0\r\n\n");
    refused("0\r\nContent-Length: 5\r\n\r\n");
    refused("0\r\ntransfer-encoding: chunked\r\n\r\n");
    refused("0\r\nHost: a\r\n\r\n");
    expect("0\r\nHosts: a\r\nContent-Length-Of-Mine: 5\r\n\r\n", "");
}

static void
expect_trailers(size_t count, size_t bytes, enum http_chunk_found want)
{
    struct reading r = {.n = 0};
    char *field = malloc(bytes + 1);

    memset(field, 'x', bytes);
    memcpy(field, "A:", 2);
    memcpy(field + bytes - 2, "\r\n", 2);
    feed(&r, "0\r\n", 3);
    for (size_t i = 0; i < count && r.found == HTTP_CHUNK_MORE; i++)
        feed(&r, field, bytes);
    if (r.found == HTTP_CHUNK_MORE)
        feed(&r, "\r\n", 2);
    free(field);
    assert_int_equal(r.found, want);
}

static void
trailers_have_a_largest_size(void **state)
{
    (void)state;
    expect_trailers(64, 10, HTTP_CHUNK_END);
    expect_trailers(65, 10, HTTP_CHUNK_BAD);
    expect_trailers(1, LIMIT_HTTP_TRAILER_BYTES - 1, HTTP_CHUNK_END);
    expect_trailers(1, LIMIT_HTTP_TRAILER_BYTES + 1, HTTP_CHUNK_BAD);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chunks_become_data),
        cmocka_unit_test(a_body_may_be_unfinished),
        cmocka_unit_test(what_follows_the_end_is_not_used),
        cmocka_unit_test(a_size_is_hex_digits_and_nothing_else),
        cmocka_unit_test(sizes_may_not_overflow),
        cmocka_unit_test(extensions_are_dropped_if_they_are_well_formed),
        cmocka_unit_test(extensions_have_a_largest_size),
        cmocka_unit_test(trailers_are_fields_and_are_dropped),
        cmocka_unit_test(trailers_have_a_largest_size),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
