/* SPDX-License-Identifier: MIT */
#include "hub/pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>

static void
the_first_is_never_waited_with(void **state)
{
    struct pace p = {.window_us = 1000};

    (void)state;
    assert_int_equal(pace_until(&p, 5), 0);
    pace_committed(&p, 100);
    assert_int_equal(pace_until(&p, 1100), 0);
    assert_int_equal(pace_until(&p, 999999), 0);
}

static void
a_busy_core_gathers_until_the_window_is_over(void **state)
{
    struct pace p = {.window_us = 1000};

    (void)state;
    for (int64_t now = 100; now < 100000; now += 1200) {
        pace_committed(&p, now);
        assert_int_equal(pace_until(&p, now + 300), now + 1000);
        pace_gathered(&p, 2);
    }
}

static void
no_window_never_waits(void **state)
{
    struct pace p = {.window_us = 0};

    (void)state;
    pace_committed(&p, 100);
    assert_int_equal(pace_until(&p, 100), 0);
}

/* How many of n batches, each right behind a commit, are waited with. */
static unsigned
waits(struct pace *p, unsigned n, unsigned more)
{
    unsigned waited = 0;

    for (unsigned i = 0; i < n; i++) {
        pace_committed(p, 1000);
        if (pace_until(p, 1100) == 0)
            continue;
        waited++;
        pace_gathered(p, more);
    }
    return waited;
}

static void
waiting_in_vain_becomes_rare(void **state)
{
    struct pace p = {.window_us = 1000};

    (void)state;
    assert_in_range(waits(&p, 6400, 0), 90, 110);
}

static void
one_wait_that_pays_brings_them_back(void **state)
{
    struct pace p = {.window_us = 1000};

    (void)state;
    waits(&p, 1000, 0);
    assert_in_range(waits(&p, 164, 1), 100, 164);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_is_never_waited_with),
        cmocka_unit_test(a_busy_core_gathers_until_the_window_is_over),
        cmocka_unit_test(no_window_never_waits),
        cmocka_unit_test(waiting_in_vain_becomes_rare),
        cmocka_unit_test(one_wait_that_pays_brings_them_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
