/* SPDX-License-Identifier: MIT */
#include "dialect/line/line_wire.h"
#include "base/utf8.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

/* What a stream of bytes becomes: each line in brackets, "(long)" for one
 * that was refused, and "+rest" for bytes without an end. Fed as one who
 * keeps the unparsed rest would, in pieces that end at `cut` and `cut2`. */
struct reading {
    struct line_wire wire;
    struct buf rest;
    char text[4096];
};

static void
add(struct reading *r, const char *before, struct str s, const char *after)
{
    size_t n = strlen(r->text);

    snprintf(r->text + n, sizeof r->text - n, "%s%.*s%s", before, STR_FMT(s),
             after);
}

static void
feed(struct reading *r, const void *p, size_t n, size_t max)
{
    struct buf scratch;
    enum line_wire_found found = LINE_WIRE_LINE;
    struct str raw, text;
    size_t used;

    buf_init(&scratch, LINE_WIRE_SCRATCH_BYTES);
    assert_int_equal(buf_append(&r->rest, p, n), 0);
    while (found != LINE_WIRE_MORE) {
        uint8_t *exact = malloc(r->rest.n + 1);

        if (r->rest.n > 0)
            memcpy(exact, r->rest.p, r->rest.n);
        found = line_wire_next(&r->wire, exact, r->rest.n, max, &raw, &used);
        assert_true(used <= r->rest.n);
        if (found == LINE_WIRE_LINE) {
            text = line_wire_text(raw, &scratch);
            assert_true(utf8_is_clean(text, UTF8_ONE_LINE));
            add(r, "[", text, "]");
        } else if (found == LINE_WIRE_TOO_LONG) {
            add(r, "(long)", str_of(""), "");
        }
        free(exact);
        buf_consume(&r->rest, used);
    }
    buf_done(&scratch);
}

/* The result must be `want` however the bytes are cut into three. */
static void
expect_of(const void *bytes, size_t n, size_t max, const char *want)
{
    for (size_t cut = 0; cut <= n; cut++) {
        for (size_t cut2 = cut; cut2 <= n; cut2++) {
            const uint8_t *p = bytes;
            struct reading r = {.text = ""};

            buf_init(&r.rest, 1 << 20);
            feed(&r, p, cut, max);
            feed(&r, p + cut, cut2 - cut, max);
            feed(&r, p + cut2, n - cut2, max);
            if (r.rest.n > 0)
                add(&r, "+", buf_str(&r.rest), "");
            buf_done(&r.rest);
            if (strcmp(r.text, want) != 0)
                fail_msg("cut at %zu and %zu: got %s, want %s", cut, cut2,
                         r.text, want);
        }
    }
}

#define expect(bytes, want) expect_of(bytes, sizeof(bytes) - 1, 100, want)

static void
lines_end_with_lf_or_crlf(void **state)
{
    (void)state;
    expect("one\ntwo\r\n\n\r\nrest", "[one][two][][]+rest");
    expect("a\r\r\n", "[a]");
    expect("a\rb\n", "[ab]");
}

static void
telnet_negotiation_is_dropped(void **state)
{
    (void)state;
    expect("\xff\xfb\x1f\xff\xfd\x01hello\n", "[hello]");
    expect("he\xff\xf1llo\xff\xf9\r\n", "[hello]");
    expect("a\xff\xfa\x18\0xterm\xff\xf0z\n", "[az]");
    expect("\xff\xfd\n\n", "[]");                        /* DO option 10 */
    expect("a\xff\xfa\x1f\n\xff\xff\n\xff\xf0z\n", "[az]");    /* not in SB */
    expect("hello\r\xff\xf1\n", "[hello]");
}

/* What is answered, however the bytes are cut in two; the scan goes on where
 * a line's does. */
static void
expect_options(const void *bytes, size_t n, bool echo, const void *want,
               size_t want_n)
{
    for (size_t cut = 0; cut <= n; cut++) {
        const uint8_t *p = bytes;
        struct line_wire w = {0};
        struct line_telnet between;
        struct str raw;
        struct buf out;
        size_t used;
        bool any;

        buf_init(&out, 1000);
        any = line_wire_options(w.telnet, p, cut, echo, &out);
        line_wire_next(&w, p, cut, 1000, &raw, &used);
        assert_int_equal(used, 0);
        between = w.telnet;
        any |= line_wire_options(between, p + cut, n - cut, echo, &out);
        assert_int_equal(out.n, want_n);
        if (want_n > 0)
            assert_memory_equal(out.p, want, want_n);
        assert_true(any || want_n == 0);
        buf_done(&out);
    }
}

#define answers(bytes, echo, want) \
    expect_options(bytes, sizeof(bytes) - 1, echo, want, sizeof(want) - 1)

static void
every_option_is_refused(void **state)
{
    (void)state;
    answers("\xff\xfd\x03hi\xff\xfb\x18", false,
            "\xff\xfc\x03\xff\xfe\x18");
    answers("\xff\xfd\x01", false, "\xff\xfc\x01");
    answers("\xff\xfd\x01", true, "");           /* agreed: we echo */
    answers("\xff\xfe\x01\xff\xfc\x18", true, "");
    answers("\xff\xfa\x18\xff\xff\xfd\x01\xff\xf0x", false, "");
    answers("\xff\xff\xfd\x01 \xff\xf1", false, "");
    answers("\xff\xfd\xff\xff\xfb\xff", false,
            "\xff\xfc\xff\xff\xfe\xff");
}

static void
only_options_make_it_telnet(void **state)
{
    const uint8_t no[] = "a\xff\xff b \xff\xf1\xff\x20\xff\xfa\x01\xff\xf0";
    const uint8_t yes[] = "\xff\xfe\x01";
    struct line_telnet t = {0};
    struct buf out;

    (void)state;
    buf_init(&out, 100);
    assert_false(line_wire_options(t, no, sizeof no - 1, false, &out));
    assert_true(line_wire_options(t, yes, sizeof yes - 1, false, &out));
    assert_int_equal(out.n, 0);
    buf_done(&out);
}

static void
a_secret_is_what_was_typed(void **state)
{
    const char bytes[] = " \xff\xf1 p\0w\x1b[31m\xc3\x28\xff\xff\r";
    struct buf scratch;
    struct str secret;

    (void)state;
    buf_init(&scratch, LINE_WIRE_SCRATCH_BYTES);
    secret = line_wire_secret((struct str){bytes, sizeof bytes - 1},
                              &scratch);
    assert_true(str_eq(secret, str_of("  pw\x1b[31m\xc3\x28\xff")));
    buf_done(&scratch);
}

static void
a_stray_0xff_is_no_telnet(void **state)
{
    (void)state;
    expect("a\xff\xff""b\n", "[a\xef\xbf\xbd""b]");      /* IAC IAC = 0xff */
    expect("a\xff\nb\n", "[a][b]");
    expect("\xff""a\n", "[a]");
}

static void
an_endless_subnegotiation_is_given_up(void **state)
{
    char bytes[600] = "a\xff\xfa\x18";

    (void)state;
    memset(bytes + 4, 'x', 300);
    memcpy(bytes + 304, "y\nnext\n", 7);
    expect_of(bytes, 311, 400,
              "[axxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxy][next]");
}

static void
nuls_are_dropped(void **state)
{
    (void)state;
    expect("a\0b\0\n\0\n", "[ab][]");
}

static void
escape_sequences_do_not_pass(void **state)
{
    (void)state;
    expect("\x1b[31mred\x1b[0m\x07\n", "[red]");
    expect("\xc2\x9b" "2Jx\n", "[x]");
    expect("bad \xc3\n", "[bad \xef\xbf\xbd]");
    expect("gr\xc3\xbc\xc3\x9f" "e\tda\n", "[gr\xc3\xbc\xc3\x9f" "e\tda]");
}

static void
a_line_may_be_just_as_long_as_it_may(void **state)
{
    (void)state;
    expect_of("12345678\n", 9, 8, "[12345678]");
    expect_of("12345678\r\n", 10, 8, "[12345678]");
    expect_of("123456789\n", 10, 8, "(long)");
    expect_of("123456789\r\n", 11, 8, "(long)");
}

static void
a_long_line_is_refused_once_and_skipped_to_its_end(void **state)
{
    (void)state;
    expect_of("1234567890123456789012345678\nnext\n", 34, 8, "(long)[next]");
    expect_of("0123456789\n0123456789\nok\n", 25, 8, "(long)(long)[ok]");
    expect_of("0123456789\xff\xfa\n\xff\xf0 more\nok\n", 24, 8, "(long)[ok]");
}

static void
a_long_line_is_not_kept(void **state)
{
    struct line_wire w = {0};
    uint8_t block[1000];
    struct str raw;
    size_t used;

    (void)state;
    memset(block, 'x', sizeof block);
    assert_int_equal(line_wire_next(&w, block, sizeof block, 99, &raw, &used),
                     LINE_WIRE_TOO_LONG);
    assert_int_equal(used, sizeof block);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(
            line_wire_next(&w, block, sizeof block, 99, &raw, &used),
            LINE_WIRE_MORE);
        assert_int_equal(used, sizeof block);
    }
}

/* Byte by byte, a line that is looked at again and again from its start would
 * cost n * n / 2; this one takes no time. */
static void
a_dripping_line_costs_linear_time(void **state)
{
    static uint8_t line[LIMIT_MESSAGE_BYTES + 1];
    struct line_wire w = {0};
    struct str raw = {NULL, 0};
    size_t used;

    (void)state;
    memset(line, 'x', sizeof line);
    line[sizeof line - 1] = '\n';
    for (size_t n = 1; n < sizeof line; n++)
        assert_int_equal(line_wire_next(&w, line, n, LIMIT_MESSAGE_BYTES,
                                        &raw, &used), LINE_WIRE_MORE);
    assert_int_equal(line_wire_next(&w, line, sizeof line, LIMIT_MESSAGE_BYTES,
                                    &raw, &used), LINE_WIRE_LINE);
    assert_int_equal(raw.n, LIMIT_MESSAGE_BYTES);
}

static void
a_clean_line_is_not_copied(void **state)
{
    struct str raw = str_of("just text"), text;
    struct buf scratch;

    (void)state;
    buf_init(&scratch, LINE_WIRE_SCRATCH_BYTES);
    text = line_wire_text(raw, &scratch);
    assert_ptr_equal(text.p, raw.p);
    assert_null(scratch.p);
}

/* --- FILE:name:size --- */

static void
expect_file(const char *line, const char *want)
{
    struct str name;
    uint64_t size;
    char got[100] = "no";

    if (line_wire_file(str_of(line), &name, &size))
        snprintf(got, sizeof got, "%.*s %" PRIu64, STR_FMT(name), size);
    assert_string_equal(got, want);
}

static void
a_file_line_has_a_name_and_a_size(void **state)
{
    (void)state;
    expect_file("FILE:cat.jpg:1234", "cat.jpg 1234");
    expect_file("FILE:a:b: c.txt:0", "a:b: c.txt 0");
    expect_file("FILE:x:18446744073709551615", "x 18446744073709551615");
    expect_file("FILE:x: 12 ", "x 12");
    expect_file("FILE::12", " 12");      /* of a name nothing may be left */
}

static void
what_only_looks_like_a_file_line_is_text(void **state)
{
    (void)state;
    expect_file("FILE:", "no");
    expect_file("FILE:12", "no");
    expect_file("FILE:x:", "no");
    expect_file("FILE:x:-1", "no");
    expect_file("FILE:x:12k", "no");
    expect_file("FILE:x:18446744073709551616", "no");
    expect_file("file:x:12", "no");
    expect_file("FILE: see the attachment", "no");
    expect_file("", "no");
}

enum { BARE_MAX = 20 };

/* What is found at the front of the bytes: "header|what follows". */
static void
expect_bare_file(const char *bytes, const char *want)
{
    struct str raw;
    size_t used, n = strlen(bytes);
    char got[100] = "no";

    if (line_wire_bare_file((const uint8_t *)bytes, n, BARE_MAX, &raw, &used))
        snprintf(got, sizeof got, "%.*s|%s", STR_FMT(raw), bytes + used);
    assert_string_equal(got, want);
}

static void
a_bare_header_ends_with_its_number(void **state)
{
    (void)state;
    expect_bare_file("FILE:a.png:12\x89PNG", "FILE:a.png:12|\x89PNG");
    expect_bare_file("FILE:a.png:12 34", "FILE:a.png:12| 34");
    expect_bare_file("FILE:a.png:12\n34", "FILE:a.png:12|34");
    expect_bare_file("FILE:a.png:12\r\n\n", "FILE:a.png:12|\n");
    expect_bare_file("FILE:a.png:12\rx", "FILE:a.png:12|\rx");
    expect_bare_file("FILE:1:2:3x", "FILE:1:2:3|x");
    expect_bare_file("FILE:a:b:3x", "FILE:a:b:3|x");
    expect_bare_file("FILE:::3x", "FILE:::3|x");
    expect_bare_file("FILE::5x", "FILE::5|x");
}

/* However its bytes were split, it is a line that is too long. */
static void
a_bare_header_is_no_longer_than_a_line(void **state)
{
    (void)state;
    expect_bare_file("FILE:1234567890123:3x", "FILE:1234567890123:3|x");
    expect_bare_file("FILE:1234567890123:3\r\nx", "FILE:1234567890123:3|x");
    expect_bare_file("FILE:12345678901234:3x", "no");
}

static void
a_bare_header_that_may_go_on_is_none_yet(void **state)
{
    char longest[LINE_WIRE_HEADER_BYTES + 20];

    (void)state;
    expect_bare_file("FILE", "no");
    expect_bare_file("FILE:a.png", "no");
    expect_bare_file("FILE:a.png:", "no");
    expect_bare_file("FILE:a.png:12", "no");
    expect_bare_file("FILE:a.png:12:", "no");
    expect_bare_file("FILE:a.png:12\r", "no");
    expect_bare_file("FILE:a.png:x\n:12\n", "no");
    expect_bare_file("FILE:5x", "no");
    expect_bare_file("FILE:\na:5x", "no");
    expect_bare_file("file:a.png:12x", "no");
    memset(longest, 'x', sizeof longest);
    memcpy(longest, "FILE:", 5);
    memcpy(longest + LINE_WIRE_HEADER_BYTES - 2, ":5x", 4);
    expect_bare_file(longest, "no");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_end_with_lf_or_crlf),
        cmocka_unit_test(telnet_negotiation_is_dropped),
        cmocka_unit_test(every_option_is_refused),
        cmocka_unit_test(only_options_make_it_telnet),
        cmocka_unit_test(a_secret_is_what_was_typed),
        cmocka_unit_test(a_stray_0xff_is_no_telnet),
        cmocka_unit_test(an_endless_subnegotiation_is_given_up),
        cmocka_unit_test(nuls_are_dropped),
        cmocka_unit_test(escape_sequences_do_not_pass),
        cmocka_unit_test(a_line_may_be_just_as_long_as_it_may),
        cmocka_unit_test(a_long_line_is_refused_once_and_skipped_to_its_end),
        cmocka_unit_test(a_long_line_is_not_kept),
        cmocka_unit_test(a_dripping_line_costs_linear_time),
        cmocka_unit_test(a_clean_line_is_not_copied),
        cmocka_unit_test(a_file_line_has_a_name_and_a_size),
        cmocka_unit_test(what_only_looks_like_a_file_line_is_text),
        cmocka_unit_test(a_bare_header_ends_with_its_number),
        cmocka_unit_test(a_bare_header_is_no_longer_than_a_line),
        cmocka_unit_test(a_bare_header_that_may_go_on_is_none_yet),
    };

    return cmocka_run_group_tests_name("line_wire", tests, NULL, NULL);
}
