/* SPDX-License-Identifier: MIT */
#include "dialect/http/http_time_wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void
times_of_utc_are_read(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = {
        {"1970-01-01T00:00:01Z", 1000},
        {"2026-11-25T10:00:00Z", INT64_C(1795600800000)},
        {"2026-11-25T10:00:00.5Z", INT64_C(1795600800500)},
        {"2026-11-25T10:00:00.123456789Z", INT64_C(1795600800123)},
        {"2028-02-29T23:59:59.999Z", INT64_C(1835481599999)},
        {"9999-12-31T23:59:59Z", INT64_C(253402300799000)},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t ms = 0;

        assert_true(http_time_read(str_of(cases[i].text), &ms));
        assert_int_equal(ms, cases[i].ms);
    }
}

static void
anything_else_is_no_time(void **state)
{
    static const char *const cases[] = {
        "", "2026-11-25", "2026-11-25T10:00:00", "2026-11-25T10:00:00+01:00",
        "2026-11-25 10:00:00Z", "2026-11-25t10:00:00z", "2026-13-01T00:00:00Z",
        "2026-02-29T00:00:00Z", "2026-11-25T24:00:00Z", "2026-11-25T10:60:00Z",
        "2026-11-25T10:00:60Z", "2026-11-25T10:00:00.Z",
        "2026-11-25T10:00:00.1234567890Z", "2026-11-25T10:00:00.12aZ",
        "1970-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "0000-00-00T00:00:00Z",
        "+026-11-25T10:00:00Z", "2026-11-25T10:00:00ZZ",
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t ms = 7;

        assert_false(http_time_read(str_of(cases[i]), &ms));
        assert_int_equal(ms, 7);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_of_utc_are_read),
        cmocka_unit_test(anything_else_is_no_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
