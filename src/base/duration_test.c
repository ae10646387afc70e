/* SPDX-License-Identifier: MIT */
#include "base/duration.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void
a_number_and_a_unit_are_a_time(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = {
        {"1s", 1000}, {"90s", 90000}, {"5m", 300000}, {"2h", 7200000},
        {"30d", INT64_C(2592000000)}, {"1w", 604800000}, {"1D", 86400000},
        {"36525d", INT64_C(3155760000000)},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t ms = 0;

        assert_true(duration_read(str_of(cases[i].text), &ms));
        assert_int_equal(ms, cases[i].ms);
    }
}

static void
anything_else_is_no_time(void **state)
{
    static const char *const cases[] = {
        "", "s", "10", "0s", "-1s", "+1s", " 1s", "1s ", "1 s", "1.5h", "1x",
        "36526d", "99999999999999999999s", "18446744073709551617s", "1ms",
        "1sm",
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t ms = 7;

        assert_false(duration_read(str_of(cases[i]), &ms));
        assert_int_equal(ms, 7);
    }
}

static void
what_is_written_reads_back(void **state)
{
    static const char *const cases[] = {
        "1s", "59s", "61s", "1m", "90m", "1h", "25h", "1d", "30d", "700d",
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[DURATION_CHARS];
        int64_t ms = 0;

        assert_true(duration_read(str_of(cases[i]), &ms));
        duration_write(ms, text);
        assert_string_equal(text, cases[i]);
        duration_write(ms + 999, text);
        assert_string_equal(text, cases[i]);
    }
}

static void
less_than_a_second_is_none(void **state)
{
    char text[DURATION_CHARS];

    (void)state;
    duration_write(0, text);
    assert_string_equal(text, "0s");
    duration_write(999, text);
    assert_string_equal(text, "0s");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_and_a_unit_are_a_time),
        cmocka_unit_test(anything_else_is_no_time),
        cmocka_unit_test(what_is_written_reads_back),
        cmocka_unit_test(less_than_a_second_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
