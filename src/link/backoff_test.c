/* SPDX-License-Identifier: MIT */
#include "link/backoff.h"

#include "base/rand.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
the_ceiling_doubles_up_to_the_maximum(void **state)
{
    static const int64_t ceilings[] = {250, 500, 1000, 2000, 3000, 3000};
    struct backoff b;

    (void)state;
    backoff_init(&b, 250, 3000);

    for (size_t i = 0; i < sizeof ceilings / sizeof ceilings[0]; i++) {
        assert_int_equal(b.ceiling_ms, ceilings[i]);
        assert_in_range(backoff_next_ms(&b), 0, ceilings[i]);
    }
    backoff_reset(&b);
    assert_int_equal(b.ceiling_ms, 250);
}

static void
delays_fill_the_whole_range_below_the_ceiling(void **state)
{
    int low = 0, high = 0;

    (void)state;
    for (int i = 0; i < 2000; i++) {
        struct backoff b;
        int64_t ms;

        backoff_init(&b, 1000, 1000);
        ms = backoff_next_ms(&b);
        assert_in_range(ms, 0, 1000);
        low += ms < 250;
        high += ms > 750;
    }
    assert_in_range(low, 300, 700);
    assert_in_range(high, 300, 700);
}

static void
many_attempts_never_overflow(void **state)
{
    struct backoff b;

    (void)state;
    backoff_init(&b, 1, INT32_MAX);

    for (int i = 0; i < 200; i++)
        assert_in_range(backoff_next_ms(&b), 0, INT32_MAX);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_ceiling_doubles_up_to_the_maximum),
        cmocka_unit_test(delays_fill_the_whole_range_below_the_ceiling),
        cmocka_unit_test(many_attempts_never_overflow),
    };

    rand_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
