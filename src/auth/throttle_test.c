/* SPDX-License-Identifier: MIT
 *
 * The throttle with a hand-turned clock. */
#include "auth/throttle.h"
#include "base/rand.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define MINUTE INT64_C(60000)
#define HOUR (60 * MINUTE)
#define START INT64_C(1800000000000)

static const struct throttle_options usual = {
    .account = {10, 3 * MINUTE},
    .address = {20, 3 * MINUTE},
    .keys_max = 1000,
};

static const uint8_t local[16];
static const uint8_t loopback[16] = {[10] = 0xff, [11] = 0xff, 127, 0, 0, 1};

static int
group_setup(void **state)
{
    (void)state;
    rand_init();
    return 0;
}

static int
setup(void **state)
{
    *state = throttle_new(&usual);
    return 0;
}

static int
teardown(void **state)
{
    throttle_free((struct throttle **)state);
    return 0;
}

static const uint8_t *
ipv4(unsigned n, uint8_t address[16])
{
    memset(address, 0, 16);
    address[10] = address[11] = 0xff;
    for (int i = 0; i < 4; i++)
        address[12 + i] = (uint8_t)(n >> (24 - 8 * i));
    return address;
}

static bool
try_at(struct throttle *t, uint64_t account, const uint8_t *address,
       int64_t now_ms)
{
    int64_t wait_ms = -1;
    bool fine = throttle_try(t, account, address, now_ms, &wait_ms);

    assert_int_equal(wait_ms > 0, !fine);
    return fine;
}

static unsigned
tries(struct throttle *t, uint64_t account, const uint8_t *address,
      int64_t now_ms, unsigned n)
{
    unsigned fine = 0;

    while (n-- > 0)
        fine += try_at(t, account, address, now_ms);
    return fine;
}

static void
a_burst_is_free_and_then_one_per_interval(void **state)
{
    struct throttle *t = *state;
    int64_t wait_ms = 0;

    assert_int_equal(tries(t, 7, local, START, 50), 10);
    assert_false(throttle_try(t, 7, local, START, &wait_ms));
    assert_int_equal(wait_ms, 3 * MINUTE);
    assert_false(throttle_try(t, 7, local, START + MINUTE, &wait_ms));
    assert_int_equal(wait_ms, 2 * MINUTE);
    assert_int_equal(tries(t, 7, local, START + 3 * MINUTE, 50), 1);
    assert_int_equal(tries(t, 7, local, START + 9 * MINUTE, 50), 2);
}

/* However the tries are placed; each second somebody tries, from a new
 * address, for ten hours. */
static void
no_hour_has_more_than_thirty_tries(void **state)
{
    static bool fine[36000];
    struct throttle *t = *state;
    uint8_t address[16];
    unsigned in_hour = 0, most = 0, all = 0;

    for (unsigned s = 0; s < 36000; s++) {
        bool pause = s / 7200 % 2 == 1;   /* so that the burst comes back */

        fine[s] = !pause && try_at(t, 7, ipv4(s, address), START + s * 1000);
        all += fine[s];
        in_hour += fine[s];
        if (s > 3600)
            in_hour -= fine[s - 3601];
        most = in_hour > most ? in_hour : most;
    }
    assert_int_equal(most, 30);
    assert_true(all > 100);
}

static void
one_address_may_not_try_many_accounts(void **state)
{
    struct throttle *t = *state;
    uint8_t one[16], other[16];
    unsigned fine = 0;

    for (uint64_t account = 1; account <= 100; account++)
        fine += try_at(t, account, ipv4(1, one), START);
    assert_int_equal(fine, 20);
    assert_true(try_at(t, 100, ipv4(2, other), START));
}

static void
what_is_refused_counts_for_neither(void **state)
{
    struct throttle *t = *state;
    uint8_t one[16];

    ipv4(1, one);
    assert_int_equal(tries(t, 7, one, START, 100), 10);
    assert_int_equal(tries(t, 8, one, START, 100), 10);
    assert_int_equal(tries(t, 9, one, START, 100), 0);
    assert_int_equal(tries(t, 9, local, START, 100), 10);
}

static void
ipv6_counts_by_its_64(void **state)
{
    struct throttle *t = *state;
    uint8_t address[16] = {0x20, 1, 0xd, 0xb8};
    unsigned fine = 0;

    for (uint8_t i = 0; i < 100; i++) {
        address[15] = i;
        address[8] = i;
        fine += try_at(t, 100u + i, address, START);
    }
    assert_int_equal(fine, 20);
    address[7] = 1;
    assert_true(try_at(t, 500, address, START));
}

static void
the_local_machine_is_throttled_but_no_local_socket(void **state)
{
    struct throttle *t = *state;
    unsigned fine = 0, local_fine = 0;

    for (uint64_t account = 1; account <= 100; account++) {
        fine += try_at(t, account, loopback, START);
        local_fine += try_at(t, account + 1000, local, START);
    }
    assert_int_equal(fine, 20);
    assert_int_equal(local_fine, 100);
}

static void
who_succeeds_gets_the_try_back_and_no_more(void **state)
{
    struct throttle *t = *state;

    for (int i = 0; i < 100; i++) {
        assert_true(try_at(t, 7, loopback, START));
        throttle_succeeded(t, 7, loopback, START);
    }
    assert_int_equal(tries(t, 7, loopback, START, 100), 10);
    throttle_succeeded(t, 7, loopback, START);
    assert_int_equal(tries(t, 7, loopback, START, 100), 1);
    throttle_succeeded(t, 99, local, START);
    assert_int_equal(tries(t, 99, local, START, 100), 10);
}

/* All room is taken at the start (throttle.c); here: the oldest are forgotten,
 * the newest are not, and neither is one that goes on being tried. */
static void
a_thousand_keys_too_many_push_out_the_quietest(void **state)
{
    struct throttle *t = *state;

    assert_int_equal(tries(t, 1, local, START, 20), 10);
    assert_int_equal(tries(t, 2, local, START, 20), 10);
    for (uint64_t account = 100; account < 2100; account++) {
        assert_true(try_at(t, account, local, START));
        assert_false(try_at(t, 2, local, START));
    }
    assert_int_equal(tries(t, 1, local, START, 20), 10);
    assert_int_equal(tries(t, 2099, local, START, 20), 9);
    assert_int_equal(tries(t, 2, local, START, 20), 0);
}

static void
many_addresses_do_not_push_out_an_account(void **state)
{
    struct throttle *t = *state;
    uint8_t address[16];

    assert_int_equal(tries(t, 7, local, START, 20), 10);
    for (unsigned i = 0; i < 5000; i++)
        assert_true(try_at(t, i % 500 + 100, ipv4(i, address),
                           START + i / 500));
    assert_int_equal(tries(t, 7, local, START, 20), 0);
}

static void
a_clock_that_jumps_back_neither_helps_nor_locks_out(void **state)
{
    struct throttle *t = *state;

    assert_int_equal(tries(t, 7, local, START, 20), 10);
    assert_int_equal(tries(t, 7, local, START - 24 * HOUR, 20), 0);
    assert_int_equal(tries(t, 7, local, START - 24 * HOUR + 3 * MINUTE, 20), 1);
    assert_int_equal(tries(t, 7, local, 0, 20), 0);
    assert_int_equal(tries(t, 7, local, 3 * MINUTE, 20), 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_burst_is_free_and_then_one_per_interval, setup, teardown),
        cmocka_unit_test_setup_teardown(no_hour_has_more_than_thirty_tries,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(one_address_may_not_try_many_accounts,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_refused_counts_for_neither,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(ipv6_counts_by_its_64, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            the_local_machine_is_throttled_but_no_local_socket, setup,
            teardown),
        cmocka_unit_test_setup_teardown(
            who_succeeds_gets_the_try_back_and_no_more, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_thousand_keys_too_many_push_out_the_quietest, setup, teardown),
        cmocka_unit_test_setup_teardown(
            many_addresses_do_not_push_out_an_account, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_clock_that_jumps_back_neither_helps_nor_locks_out, setup,
            teardown),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
