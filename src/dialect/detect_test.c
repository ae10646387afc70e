/* SPDX-License-Identifier: MIT */
#include "dialect/detect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

/* Stands for a protocol with certain first bytes; claims "CAP " too when a
 * test says that this server speaks IRC. */
static const char magic[] = "\x8fLQT\r\n\x1a\n";

static enum sniff
sniff_prefix(const char *word, size_t length, const uint8_t *p, size_t n)
{
    if (memcmp(p, word, n < length ? n : length) != 0)
        return SNIFF_NO;
    return n < length ? SNIFF_MORE : SNIFF_YES;
}

static enum sniff
sniff_magic(const uint8_t *p, size_t n)
{
    return sniff_prefix(magic, sizeof magic - 1, p, n);
}

static enum sniff
sniff_cap(const uint8_t *p, size_t n)
{
    return sniff_prefix("CAP ", 4, p, n);
}

/* Never makes up its mind. */
static enum sniff
sniff_undecided(const uint8_t *p, size_t n)
{
    (void)p;
    (void)n;
    return SNIFF_MORE;
}

static const struct dialect magical = {.name = "magical",
                                       .sniff = sniff_magic};
static const struct dialect capper = {.name = "capper", .sniff = sniff_cap};
static const struct dialect undecided = {.name = "undecided",
                                         .sniff = sniff_undecided};
static const struct dialect person = {.name = "person"};
static const struct dialect *const usual[] = {&magical, &person, NULL};

/* One letter for the answer: '?' more, 'm'/'p'/... a dialect's initial, or
 * the first letter of the farewell in capitals. */
static char
ask(const struct dialect *const *dialects, const void *p, size_t n)
{
    const struct dialect *d = NULL;
    struct str farewell = {NULL, 0};

    switch (detect(dialects, p, n, &d, &farewell)) {
    case DETECT_MORE:
        return '?';
    case DETECT_DIALECT:
        return d->name[0];
    case DETECT_FOREIGN:
        return farewell.p[0];
    }
    return '!';
}

static char
ask_text(const char *text)
{
    return ask(usual, text, strlen(text));
}

static void
a_first_line_of_a_person_is_a_persons(void **state)
{
    static const char *const lines[] = {
        "alice\n", "alice #ops\r\n", "hello there\n", "\n", "\r\n", " alice\n",
        "GET\n", "GETTY\n", "get / HTTP/1.1\n", "Post office\n", "PRISM\n",
        "nick\n", "nick\r\n", "NICK #ops\n", "nick   #ops\n", "user \n",
        "pass \r\n", "capital\n", "NICKY \n", "\x16\n", "\x8f is no start\n",
        "\xff\xfd\x01 alice\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        char got = ask_text(lines[i]);

        if (got != 'p')
            fail_msg("\"%s\": got '%c', want 'p'", lines[i], got);
    }
}

static void
an_irc_client_is_told_in_irc_in_any_case(void **state)
{
    (void)state;
    assert_int_equal(ask_text("NICK alice\r\n"), 'E');
    assert_int_equal(ask_text("nick alice\r\n"), 'E');
    assert_int_equal(ask_text("USER a 0 * :A\r\n"), 'E');
    assert_int_equal(ask_text("CAP LS 302\r\n"), 'E');
    assert_int_equal(ask_text("Pass  secret\r\n"), 'E');
    assert_int_equal(ask_text("SERVICE x\r\n"), 'E');
}

static void
a_tls_hello_is_told_in_plain_text(void **state)
{
    (void)state;
    assert_int_equal(ask(usual, "\x16", 1), '?');
    assert_int_equal(ask(usual, "\x16\x03", 2), 'N');
    assert_int_equal(ask(usual, "\x16\x03\x01\x02", 4), 'N');
    assert_int_equal(ask(usual, "\x16\x04", 2), 'p');
}

static void
a_name_that_was_agreed_on_binds_or_is_told(void **state)
{
    static const struct dialect web = {.name = "web", .alpn = "http/1.1"};
    static const struct dialect *const some[] = {&web, &person, NULL};
    const struct dialect *d = NULL;
    struct str farewell = {0};
    const char *names[4];

    (void)state;
    assert_int_equal(detect_protocol(some, "http/1.1", &d, &farewell),
                     DETECT_DIALECT);
    assert_ptr_equal(d, &web);
    assert_int_equal(detect_protocol(some, "irc", &d, &farewell),
                     DETECT_FOREIGN);
    assert_int_equal(farewell.p[0], 'E');
    assert_int_equal(detect_protocol(some, "", &d, &farewell), DETECT_MORE);
    detect_protocols(some, names, 4);
    assert_string_equal(names[0], "http/1.1");
    assert_string_equal(names[1], "irc");
    assert_null(names[2]);
    detect_protocols(some, names, 2);
    assert_null(names[1]);
}

static void
an_unfinished_word_waits_for_more(void **state)
{
    (void)state;
    assert_int_equal(ask_text("ni"), '?');
    assert_int_equal(ask_text("NICK"), '?');
    assert_int_equal(ask_text("NICK "), '?');
    assert_int_equal(ask_text("NICK  "), '?');
    assert_int_equal(ask(usual, magic, 7), '?');
    assert_int_equal(ask(usual, magic, 8), 'm');
}

static void
translated_newlines_in_the_magic_are_caught(void **state)
{
    (void)state;
    assert_int_equal(ask(usual, "\x8fLQT\n\x1a\n", 7), 'p');
    assert_int_equal(ask(usual, "\x8fLQT\r\n\x1a\r\n", 9), 'p');
}

static void
a_dialect_of_ours_goes_before_the_foreigners(void **state)
{
    static const struct dialect *const with_irc[] = {&magical, &capper,
                                                     &person, NULL};

    (void)state;
    assert_int_equal(ask(with_irc, "CAP LS 302", 10), 'c');
    assert_int_equal(ask(with_irc, "cap LS 302", 10), 'E');
}

static void
it_is_certain_after_the_last_byte_it_looks_at(void **state)
{
    static const struct dialect *const slow[] = {&undecided, &person, NULL};
    char blanks[LIMIT_DETECT_BYTES + 4] = "NICK ";

    (void)state;
    memset(blanks + 5, ' ', sizeof blanks - 5);
    assert_int_equal(ask(usual, blanks, LIMIT_DETECT_BYTES - 1), '?');
    assert_int_equal(ask(usual, blanks, LIMIT_DETECT_BYTES), 'p');
    assert_int_equal(ask(usual, blanks, sizeof blanks), 'p');
    assert_int_equal(ask(slow, blanks, LIMIT_DETECT_BYTES - 1), '?');
    assert_int_equal(ask(slow, blanks, LIMIT_DETECT_BYTES), 'p');
}

/* Bytes may arrive one by one or together: what is certain of the first one
 * or two must be what is said of all three. */
static void
all_prefixes_of_three_bytes_are_split_safe(void **state)
{
    uint8_t p[3];

    (void)state;
    for (unsigned i = 0; i < 1u << 24; i++) {
        static char one, two;
        char three;

        p[0] = (uint8_t)(i >> 16);
        p[1] = (uint8_t)(i >> 8);
        p[2] = (uint8_t)i;
        if ((i & 0xffff) == 0)
            one = ask(usual, p, 1);
        if ((i & 0xff) == 0)
            two = ask(usual, p, 2);
        three = ask(usual, p, 3);
        if ((one != '?' && two != one) || (two != '?' && three != two))
            fail_msg("%02x %02x %02x: '%c' then '%c' then '%c'", p[0], p[1],
                     p[2], one, two, three);
    }
}

/* The same for longer beginnings: each known word, with one byte changed. */
static void
near_misses_of_every_word_are_split_safe(void **state)
{
    static const char *const words[] = {
        "service    x  y  z  w  v  u",
        "NICK #ops and so on and on", "\x8fLQT\r\n\x1a\n0123456789012345678",
    };

    (void)state;
    for (size_t w = 0; w < sizeof words / sizeof words[0]; w++) {
        for (unsigned change = 0; change < 16 * 256; change++) {
            char text[LIMIT_DETECT_BYTES], last = '?';

            memcpy(text, words[w], sizeof text);
            text[change >> 8] = (char)change;
            for (size_t n = 1; n <= sizeof text; n++) {
                char got = ask(usual, text, n);

                assert_true(last == '?' || got == last);
                last = got;
            }
            assert_int_not_equal(last, '?');
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_first_line_of_a_person_is_a_persons),
        cmocka_unit_test(an_irc_client_is_told_in_irc_in_any_case),
        cmocka_unit_test(a_tls_hello_is_told_in_plain_text),
        cmocka_unit_test(a_name_that_was_agreed_on_binds_or_is_told),
        cmocka_unit_test(an_unfinished_word_waits_for_more),
        cmocka_unit_test(translated_newlines_in_the_magic_are_caught),
        cmocka_unit_test(a_dialect_of_ours_goes_before_the_foreigners),
        cmocka_unit_test(it_is_certain_after_the_last_byte_it_looks_at),
        cmocka_unit_test(all_prefixes_of_three_bytes_are_split_safe),
        cmocka_unit_test(near_misses_of_every_word_are_split_safe),
    };

    return cmocka_run_group_tests_name("detect", tests, NULL, NULL);
}
