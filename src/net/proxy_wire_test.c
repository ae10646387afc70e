/* SPDX-License-Identifier: MIT */
#include "net/proxy_wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define FOUR "\xc6\x33\x64\x07" "\xc0\x00\x02\x01" "\x12\x67" "\x0f\xa0"
#define HEADER(rest) SIGNATURE rest, sizeof(SIGNATURE rest) - 1

static struct proxy_header h;

static bool
reads(const char *p, size_t n)
{
    memset(&h, 0xee, sizeof h);
    return proxy_read((const uint8_t *)p, n, &h);
}

static void
an_ipv4_source_is_mapped(void **state)
{
    static const uint8_t want[16] = {[10] = 0xff, [11] = 0xff, 198, 51, 100,
                                     7};

    (void)state;
    assert_true(reads(HEADER("\x21\x11\0\x0c" FOUR)));
    assert_true(h.known);
    assert_memory_equal(h.source, want, 16);
    assert_int_equal(h.port, 4711);
    assert_false(h.secure);
}

static void
an_ipv6_source_is_itself(void **state)
{
    (void)state;
    assert_true(reads(HEADER("\x21\x21\0\x24" "sixteen  sources"
                             "sixteen   target" "\x12\x67\x0f\xa0")));
    assert_memory_equal(h.source, "sixteen  sources", 16);
    assert_int_equal(h.port, 4711);
}

static void
one_that_comes_for_itself_brings_nobody(void **state)
{
    (void)state;
    assert_true(reads(HEADER("\x20\x11\0\x0c" FOUR)));
    assert_false(h.known);
    assert_true(reads(HEADER("\x20\x00\0\0")));
    assert_false(h.known);
    assert_true(reads(HEADER("\x21\x00\0\0")));
    assert_false(h.known);
}

static void
tls_at_the_proxy_is_told(void **state)
{
    (void)state;
    assert_true(reads(HEADER("\x21\x11\0\x14" FOUR "\x20\0\5\1\0\0\0\0")));
    assert_true(h.secure);
    assert_true(reads(HEADER("\x21\x11\0\x14" FOUR "\x20\0\5\0\0\0\0\0")));
    assert_false(h.secure);
    assert_true(reads(HEADER("\x21\x11\0\x12" FOUR "\x02\0\3abc")));
}

static void
what_is_wrong_is_refused_and_touches_nothing(void **state)
{
    static const struct {
        const char *p;
        size_t n;
    } bad[] = {
        {HEADER("")},
        {HEADER("\x11\x11\0\x0c" FOUR)},          /* version 1 */
        {HEADER("\x22\x11\0\x0c" FOUR)},          /* no command */
        {HEADER("\x21\x12\0\x0c" FOUR)},          /* datagrams */
        {HEADER("\x21\x11\0\x0b" FOUR)},          /* a byte too many */
        {HEADER("\x21\x11\0\x0d" FOUR)},          /* one too few */
        {HEADER("\x21\x11\0\4" "\xc6\x33\x64\x07")},
        {HEADER("\x21\x21\0\x0c" FOUR)},
        {HEADER("\x21\x11\0\x0e" FOUR "\x20\0")},
        {HEADER("\x21\x11\0\x10" FOUR "\x20\0\2\1")},
        {HEADER("\x21\x11\0\x10" FOUR "\x20\0\1\1")},
        {HEADER("\x21\x11\0\x13" FOUR "\3\0\4\0\0\0\0")},  /* its checksum */
        {HEADER("\x21\x21\0\x24" "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                "sixteen   target" "\x12\x67\x0f\xa0")},
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(reads(bad[i].p, bad[i].n));
        assert_int_equal(h.port, 0xeeee);
    }
    assert_false(reads("PROXY TCP4 198.51.100.7 192.0.2.1 4711 4000\r\n", 44));
}

/* Reading no more than is wanted, one never takes what stands behind. */
static void
no_byte_behind_the_header_is_ever_wanted(void **state)
{
    static const char whole[] = SIGNATURE "\x21\x11\0\x0c" FOUR "behind";
    const size_t header = sizeof whole - sizeof "behind";

    (void)state;
    for (size_t n = 0; n < header; n++) {
        size_t wants = proxy_wants((const uint8_t *)whole, n);
        assert_in_range(wants, 1, header - n);
    }
    assert_int_equal(proxy_wants((const uint8_t *)whole, header), 0);
}

static void
what_is_no_header_wants_nothing_more(void **state)
{
    (void)state;
    assert_int_equal(proxy_wants((const uint8_t *)"G", 1), 0);
    assert_int_equal(proxy_wants((const uint8_t *)"\r\n\r\nx", 5), 0);
    assert_int_equal(
        proxy_wants((const uint8_t *)HEADER("\x21\x11\x02\x09")), 0);
    assert_int_equal(
        proxy_wants((const uint8_t *)HEADER("\x21\x11\x02\x08")), 520);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ipv4_source_is_mapped),
        cmocka_unit_test(an_ipv6_source_is_itself),
        cmocka_unit_test(one_that_comes_for_itself_brings_nobody),
        cmocka_unit_test(tls_at_the_proxy_is_told),
        cmocka_unit_test(what_is_wrong_is_refused_and_touches_nothing),
        cmocka_unit_test(no_byte_behind_the_header_is_ever_wanted),
        cmocka_unit_test(what_is_no_header_wants_nothing_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
