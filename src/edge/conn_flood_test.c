/* SPDX-License-Identifier: MIT */
#include "edge/conn_flood.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct flood_pace four_per_second = {.per_second = 4, .burst = 10};

static void
a_burst_passes_at_once_and_then_one_token_at_a_time(void **state)
{
    struct flood f = {0};
    int64_t now = 1000000;

    (void)state;
    for (int i = 0; i < 10; i++) {
        assert_int_equal(flood_wait_ms(&f, &four_per_second, now), 0);
        flood_spend(&f, &four_per_second, now);
    }
    assert_int_equal(flood_wait_ms(&f, &four_per_second, now), 250);
    assert_int_equal(flood_wait_ms(&f, &four_per_second, now + 249), 1);
    assert_int_equal(flood_wait_ms(&f, &four_per_second, now + 250), 0);

    flood_spend(&f, &four_per_second, now + 250);
    assert_int_equal(flood_wait_ms(&f, &four_per_second, now + 250), 250);
}

static void
a_late_timer_costs_nothing(void **state)
{
    struct flood f = {0};
    int64_t now = 5000, late = 31;

    (void)state;
    for (int i = 0; i < 10 + 40; i++) {
        now += flood_wait_ms(&f, &four_per_second, now) > 0
                   ? flood_wait_ms(&f, &four_per_second, now) + late : 0;
        flood_spend(&f, &four_per_second, now);
    }
    assert_in_range(now, 5000 + 40 * 250, 5000 + 40 * 250 + late);
}

static void
rest_fills_the_burst_again_and_no_more(void **state)
{
    struct flood f = {0};
    int passed = 0;

    (void)state;
    for (int i = 0; i < 20; i++)
        flood_spend(&f, &four_per_second, 0);
    assert_int_equal(flood_wait_ms(&f, &four_per_second, 0), 11 * 250);

    while (flood_wait_ms(&f, &four_per_second, 1000000) == 0) {
        flood_spend(&f, &four_per_second, 1000000);
        passed++;
    }
    assert_int_equal(passed, 10);
}

static void
no_rate_is_no_limit(void **state)
{
    struct flood_pace none = {0};
    struct flood f = {0};

    (void)state;
    for (int i = 0; i < 1000; i++)
        flood_spend(&f, &none, 0);
    assert_int_equal(flood_wait_ms(&f, &none, 0), 0);
}

static void
a_burst_of_none_is_a_burst_of_one(void **state)
{
    struct flood_pace slow = {.per_second = 0.5};
    struct flood f = {0};

    (void)state;
    assert_int_equal(flood_wait_ms(&f, &slow, 10000), 0);
    flood_spend(&f, &slow, 10000);
    assert_int_equal(flood_wait_ms(&f, &slow, 10000), 2000);
}

static void
what_bothers_others_costs_a_token(void **state)
{
    (void)state;
    assert_true(flood_costs(COMMAND_POST));
    assert_true(flood_costs(COMMAND_JOIN));
    assert_true(flood_costs(COMMAND_PART));
    assert_true(flood_costs(COMMAND_RENAME));
    assert_true(flood_costs(COMMAND_TOPIC));
    assert_true(flood_costs(COMMAND_AWAY));
    assert_true(flood_costs(COMMAND_HISTORY));
    assert_true(flood_costs(COMMAND_WHO));
    assert_true(flood_costs(COMMAND_ROOMS));
    assert_true(flood_costs(COMMAND_UPLOAD));
    assert_true(flood_costs(COMMAND_RESUME));
    assert_true(flood_costs(COMMAND_FETCH));
    assert_true(flood_costs(COMMAND_FILES));
    for (enum command_kind k = COMMAND_INVITE; k <= COMMAND_GROUP; k++)
        assert_true(flood_costs(k));
    assert_true(flood_costs(COMMAND_REGISTER));
    assert_true(flood_costs(COMMAND_LOGIN));
    assert_true(flood_costs(COMMAND_PASSWORD));
    assert_true(flood_costs(COMMAND_TOKEN));
    assert_false(flood_costs(COMMAND_LOGOUT));
    assert_false(flood_costs(COMMAND_RESERVE));
    assert_false(flood_costs(COMMAND_DROP));
    assert_false(flood_costs(COMMAND_ENTER));
    assert_false(flood_costs(COMMAND_LEAVE));
    assert_false(flood_costs(COMMAND_PING));
    assert_false(flood_costs(COMMAND_CURSOR));
    assert_false(flood_costs(COMMAND_TYPING));
    assert_false(flood_costs(COMMAND_STOP));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_passes_at_once_and_then_one_token_at_a_time),
        cmocka_unit_test(a_late_timer_costs_nothing),
        cmocka_unit_test(rest_fills_the_burst_again_and_no_more),
        cmocka_unit_test(no_rate_is_no_limit),
        cmocka_unit_test(a_burst_of_none_is_a_burst_of_one),
        cmocka_unit_test(what_bothers_others_costs_a_token),
    };
    return cmocka_run_group_tests_name("conn_flood", tests, NULL, NULL);
}
