/* SPDX-License-Identifier: MIT */
#include "base/utf8.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

/* A literal with NULs inside. */
#define BYTES(s) ((struct str){(s), sizeof(s) - 1})

static void
every_character_decodes_to_what_was_encoded(void **state)
{
    char bytes[4];
    uint32_t cp;

    (void)state;
    for (uint32_t want = 0; want <= 0x10ffff; want++) {
        size_t n;

        if (want == 0xd800)
            want = 0xe000;
        n = utf8_encode(want, bytes);
        assert_int_equal(utf8_decode((struct str){bytes, n}, &cp), n);
        assert_int_equal(cp, want);
        for (size_t part = 0; part < n; part++)
            assert_int_equal(utf8_decode((struct str){bytes, part}, &cp), 0);
    }
}

static void
what_is_not_utf8_does_not_decode(void **state)
{
    static const char *const bad[] = {
        "\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2\x20",
        "\xc2\xc2", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xed\xa0\x80",
        "\xed\xbf\xbf", "\xe2\x82", "\xe2\x82\x20", "\xf0\x80\x80\x80",
        "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
        "\xf0\x9f\x98", "\xf8\x88\x80\x80\x80", "\xfe", "\xff",
    };
    uint32_t cp = 7;

    (void)state;
    for (size_t i = 0; i < ROWS(bad); i++) {
        assert_int_equal(utf8_decode(str_of(bad[i]), &cp), 0);
        assert_false(utf8_valid(str_of(bad[i])));
    }
    assert_int_equal(utf8_decode(str_of(NULL), &cp), 0);
    assert_int_equal(cp, 7);
}

static void
a_bad_byte_is_found_at_every_place(void **state)
{
    char text[40];

    (void)state;
    memset(text, 'a', sizeof(text));
    assert_true(utf8_valid((struct str){text, sizeof(text)}));
    assert_true(utf8_is_clean((struct str){text, sizeof(text)}, UTF8_ONE_LINE));
    for (size_t i = 0; i < sizeof(text); i++) {
        static const char unwelcome[] = "\x00\x01\x1b\x1f\x7f\n\r";

        text[i] = '\xff';
        assert_false(utf8_valid((struct str){text, sizeof(text)}));
        for (size_t j = 0; j < sizeof(unwelcome) - 1; j++) {
            text[i] = unwelcome[j];
            assert_false(utf8_is_clean((struct str){text, sizeof(text)},
                                       UTF8_ONE_LINE));
            assert_true(utf8_valid((struct str){text, sizeof(text)}));
        }
        text[i] = 'a';
    }
}

static void
ordinary_text_is_valid_and_clean(void **state)
{
    static const char *const good[] = {
        "", "a", "hello, world ~", "tab\tstays", "gr\u00fc\u00dfe",
        "\u65e5\u672c\u8a9e\u306e\u30c6\u30ad\u30b9\u30c8",
        "\U0001f600 emoji in a longer line of text", "\u00a0", "\ufffd",
        "\u2027\u202a", "\U0010ffff",
    };

    (void)state;
    for (size_t i = 0; i < ROWS(good); i++) {
        assert_true(utf8_valid(str_of(good[i])));
        assert_true(utf8_is_clean(str_of(good[i]), UTF8_ONE_LINE));
        assert_true(utf8_is_clean(str_of(good[i]), UTF8_KEEP_LF));
    }
    assert_true(utf8_valid(BYTES("a\0b")));
}

static void
expect_clean(struct str dirty, enum utf8_lines lines, struct str want)
{
    struct buf out;

    buf_init(&out, 1 << 20);
    assert_int_equal(buf_append(&out, "<", 1), 0);
    assert_int_equal(utf8_clean(&out, dirty, lines), 0);
    if (out.n != want.n + 1 || memcmp(out.p + 1, want.p, want.n) != 0)
        fail_msg("got \"%.*s\", want \"%.*s\"", STR_FMT(buf_str(&out)),
                 STR_FMT(want));
    assert_true(utf8_is_clean(want, lines));
    assert_int_equal(utf8_is_clean(dirty, lines), str_eq(dirty, want));
    buf_done(&out);
}

static void
controls_go_and_text_stays(void **state)
{
    static const struct {
        struct str dirty;
        const char *want;
    } rows[] = {
        {BYTES(""), ""},
        {BYTES("hello\tworld"), "hello\tworld"},
        {BYTES("a\0b\1c\7d\x08 e\x0b\x0c\x0e\x1f"), "abcd e"},
        {BYTES("a\x7f" "b"), "ab"},
        {BYTES("a\302\200b\302\205c\302\231d"), "abcd"},
        {BYTES("a\u2028b\u2029c"), "abc"},
        {BYTES("a\xff"), "a\ufffd"},
        {BYTES("\xff\xfe\x80" "a"), "\ufffda"},
        {BYTES("\xc3\xa9\xc3"), "\u00e9\ufffd"},
        {BYTES("a\xe2\x82z"), "a\ufffdz"},
        {BYTES("\xed\xa0\x80"), "\ufffd"},
        {BYTES("\xff\ufffd"), "\ufffd\ufffd"},
        {BYTES("\xf0\x9f\x98\xf0\x9f\x98\x80"), "\ufffd\U0001f600"},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        expect_clean(rows[i].dirty, UTF8_ONE_LINE, str_of(rows[i].want));
        expect_clean(rows[i].dirty, UTF8_KEEP_LF, str_of(rows[i].want));
    }
}

static void
line_feeds_are_kept_or_made_spaces(void **state)
{
    static const struct {
        const char *dirty, *one_line, *kept;
    } rows[] = {
        {"a\nb", "a b", "a\nb"},
        {"a\r\nb\r\n", "a b ", "a\nb\n"},
        {"a\rb", "ab", "ab"},
        {"\n\n", "  ", "\n\n"},
        {"a\n\rb", "a b", "a\nb"},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        expect_clean(str_of(rows[i].dirty), UTF8_ONE_LINE,
                     str_of(rows[i].one_line));
        expect_clean(str_of(rows[i].dirty), UTF8_KEEP_LF,
                     str_of(rows[i].kept));
    }
}

static void
escape_sequences_go_whole(void **state)
{
    static const char *const sequences[] = {
        /* CSI: colours, cursor, modes, with intermediates */
        "\x1b[31m", "\x1b[m", "\x1b[2J", "\x1b[1;1H", "\x1b[?1049h",
        "\x1b[>c", "\x1b[0 q", "\x1b[!p", "\x1b[38;2;1;2;3m", "\302\23331m",
        "\302\233?25l", "\x1b[200~",
        /* OSC: title, hyperlink, clipboard */
        "\x1b]0;title\7", "\x1b]0;title\x1b\\", "\x1b]0;title\302\234",
        "\x1b]8;;http://x/\x1b\\", "\x1b]52;c;YWJj\7", "\302\2350;t\7",
        "\302\2350;t\302\234", "\x1b]0;gr\u00fc\u00df\xff\7",
        /* DCS, SOS, PM, APC */
        "\x1bP$q\"p\x1b\\", "\302\220$q\302\234", "\x1bXtext\x1b\\",
        "\x1b^text\x1b\\", "\x1b_Gi=1;AAAA\x1b\\", "\302\230t\302\234",
        "\302\236t\302\234", "\302\237t\302\234",
        /* SS2, SS3, two-byte, and with intermediates */
        "\x1bNa", "\x1bOP", "\302\216a", "\302\217P", "\x1b" "c", "\x1b" "7",
        "\x1b=", "\x1b(B", "\x1b#8", "\x1b%G", "\x1b D", "\x1b\\", "\x1bM",
        "\302\204",
    };
    char dirty[100];

    (void)state;
    for (size_t i = 0; i < ROWS(sequences); i++) {
        snprintf(dirty, sizeof(dirty), "a%s b", sequences[i]);
        expect_clean(str_of(dirty), UTF8_ONE_LINE, str_of("a b"));
        expect_clean(str_of(sequences[i]), UTF8_KEEP_LF, str_of(""));
        snprintf(dirty, sizeof(dirty), "%s%s", sequences[i], sequences[i]);
        expect_clean(str_of(dirty), UTF8_ONE_LINE, str_of(""));
    }
}

static void
a_sequence_cut_short_leaves_nothing_behind(void **state)
{
    static const char *const sequences[] = {
        "\x1b[38;5;1m", "\x1b]0;title\x1b\\", "\x1bP$q\"p\x1b\\", "\x1b(B",
        "\x1bOP",
    };

    (void)state;
    for (size_t i = 0; i < ROWS(sequences); i++) {
        struct str s = str_of(sequences[i]);

        for (; s.n > 0; s.n--)
            expect_clean(s, UTF8_ONE_LINE, str_of(""));
    }
}

static void
a_broken_sequence_ends_where_it_breaks(void **state)
{
    static const struct {
        const char *dirty, *want;
    } rows[] = {
        {"\x1b[31\nhello", "\nhello"},
        {"\x1b[3\u00fcx", "\u00fcx"},
        {"\x1b[1\x1b[31mx", "x"},
        {"\x1b\x1b[31mx", "x"},
        {"\x1b\u00fcx", "\u00fcx"},
        {"\x1b\nx", "\nx"},
        {"\x1b]0;title\nhello", "\nhello"},
        {"\x1b]0;title\x18hello", "hello"},
        {"\x1b]0;title\x1ahello", "hello"},
        {"\x1b]0;title\x1b[31mhello", "hello"},
        {"\x1b]0;title\302\23331mhello", "hello"},
        {"\x1bN\nx", "\nx"},
        {"\x1bO\u00fcx", "\u00fcx"},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++)
        expect_clean(str_of(rows[i].dirty), UTF8_KEEP_LF,
                     str_of(rows[i].want));
}

static void
an_endless_sequence_does_not_swallow_the_message(void **state)
{
    char dirty[3000];

    (void)state;
    memset(dirty, 'x', sizeof(dirty));
    memcpy(dirty, "\x1b]", 2);
    expect_clean((struct str){dirty, 3000}, UTF8_ONE_LINE,
                 (struct str){dirty + 1024, 3000 - 1024});

    memset(dirty, '1', sizeof(dirty));
    memcpy(dirty, "\x1b[", 2);
    expect_clean((struct str){dirty, 3000}, UTF8_ONE_LINE,
                 (struct str){dirty + 1024, 3000 - 1024});
}

/* The character across the 1024th byte stays whole. */
static void
an_endless_sequence_ends_between_characters(void **state)
{
    (void)state;
    for (size_t shift = 0; shift < 3; shift++) {
        size_t start = 2 + shift, swallowed = (1024 - start) / 3 * 3;
        char dirty[3005] = "\x1b]xx";

        for (size_t i = 0; i < 3000; i += 3)
            memcpy(dirty + start + i, "\u20ac", 3);
        expect_clean((struct str){dirty, start + 3000}, UTF8_ONE_LINE,
                     (struct str){dirty + start + swallowed,
                                  3000 - swallowed});
    }
}

static void
a_full_buffer_is_left_as_it_was(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, 8);
    assert_int_equal(buf_append(&out, "ab", 2), 0);
    assert_int_equal(utf8_clean(&out, str_of("cd\x01" "efghi"), UTF8_KEEP_LF),
                     -ENOBUFS);
    assert_int_equal(utf8_clean(&out, str_of("abcd\xff"), UTF8_KEEP_LF),
                     -ENOBUFS);
    assert_true(str_eq(buf_str(&out), str_of("ab")));
    assert_int_equal(utf8_clean(&out, str_of("abc\xff"), UTF8_KEEP_LF), 0);
    assert_int_equal(out.n, 8);
    buf_done(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_character_decodes_to_what_was_encoded),
        cmocka_unit_test(what_is_not_utf8_does_not_decode),
        cmocka_unit_test(a_bad_byte_is_found_at_every_place),
        cmocka_unit_test(ordinary_text_is_valid_and_clean),
        cmocka_unit_test(controls_go_and_text_stays),
        cmocka_unit_test(line_feeds_are_kept_or_made_spaces),
        cmocka_unit_test(escape_sequences_go_whole),
        cmocka_unit_test(a_sequence_cut_short_leaves_nothing_behind),
        cmocka_unit_test(a_broken_sequence_ends_where_it_breaks),
        cmocka_unit_test(an_endless_sequence_does_not_swallow_the_message),
        cmocka_unit_test(an_endless_sequence_ends_between_characters),
        cmocka_unit_test(a_full_buffer_is_left_as_it_was),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
