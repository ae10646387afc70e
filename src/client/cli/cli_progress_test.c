/* SPDX-License-Identifier: MIT */
#include "client/cli/cli_progress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void
line_is(const char *name, uint64_t at, uint64_t size, uint64_t speed,
        const char *expected)
{
    struct buf out;

    buf_init(&out, 1000);
    cli_progress_line(&out, name, at, size, speed);
    must(buf_append(&out, "", 1) == 0);
    assert_string_equal(out.p, expected);
    buf_done(&out);
}

static void
sizes_are_short(void **state)
{
    static const struct { uint64_t bytes; const char *text; } cases[] = {
        {0, "0 bytes"}, {999, "999 bytes"}, {1000, "1.0 kB"},
        {999949, "999.9 kB"}, {999950, "1.0 MB"}, {1234567, "1.2 MB"},
        {UINT64_MAX, "?"}, {UINT64_MAX - 1, "18.4 EB"}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[32];

        cli_size_text(cases[i].bytes, text);
        assert_string_equal(text, cases[i].text);
    }
}

static void
a_line_says_how_far_how_fast_and_how_long(void **state)
{
    (void)state;
    line_is("x.png", 1000000, 2000000, 100000,
            "x.png  [##########----------]  50 %  1.0 MB of 2.0 MB  "
            "100.0 kB/s  0:00:10");
}

static void
a_size_that_is_not_known_has_no_bar(void **state)
{
    (void)state;
    line_is("x", 1000, UINT64_MAX, 0, "x  1.0 kB  0 bytes/s");
}

static void
the_end_and_beyond_are_full(void **state)
{
    (void)state;
    line_is("x", 5, 0, 0, "x  [####################] 100 %  5 bytes of "
            "0 bytes  0 bytes/s");
    line_is("x", 9, 5, 1, "x  [####################] 100 %  9 bytes of "
            "5 bytes  1 bytes/s");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_are_short),
        cmocka_unit_test(a_line_says_how_far_how_fast_and_how_long),
        cmocka_unit_test(a_size_that_is_not_known_has_no_bar),
        cmocka_unit_test(the_end_and_beyond_are_full),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
