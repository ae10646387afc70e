/* SPDX-License-Identifier: MIT */
#include "load/histogram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
assert_within_a_hundredth(uint64_t got, uint64_t want)
{
    uint64_t off = got > want ? got - want : want - got;

    if (off * 100 > want)
        fail_msg("got %llu, want %llu", (unsigned long long)got,
                 (unsigned long long)want);
}

static void
every_value_lies_near_the_middle_of_its_class(void **state)
{
    (void)state;
    for (int shift = 0; shift < 64; shift++) {
        for (int off = -1; off <= 1; off++) {
            uint64_t value = ((uint64_t)1 << shift) + (uint64_t)off;
            unsigned class = histogram_class(value);

            assert_in_range(class, 0, HISTOGRAM_CLASSES - 1);
            assert_within_a_hundredth(histogram_middle(class), value);
        }
    }
    assert_int_equal(histogram_class(UINT64_MAX), HISTOGRAM_CLASSES - 1);
}

static void
classes_rise_with_the_values(void **state)
{
    unsigned last = 0;

    (void)state;
    for (uint64_t value = 0; value < 1000000; value++) {
        unsigned class = histogram_class(value);

        assert_in_range(class, last, last + 1);
        last = class;
    }
}

static void
percentiles_of_a_known_spread_are_right(void **state)
{
    struct histogram *h = histogram_new();

    (void)state;
    for (uint64_t value = 1; value <= 100000; value++)
        histogram_add(h, value * 1000);

    assert_within_a_hundredth(histogram_at(h, 0.5), 50000000);
    assert_within_a_hundredth(histogram_at(h, 0.99), 99000000);
    assert_within_a_hundredth(histogram_at(h, 0.999), 99900000);
    assert_int_equal(h->max, 100000000);
    assert_in_range(histogram_at(h, 1), 99000000, 100000000);
    histogram_free(&h);
}

static void
an_empty_one_and_one_of_one_value_have_percentiles(void **state)
{
    struct histogram *h = histogram_new();

    (void)state;
    assert_int_equal(histogram_at(h, 0.5), 0);

    histogram_add(h, 42);
    assert_int_equal(histogram_at(h, 0), 42);
    assert_int_equal(histogram_at(h, 0.999), 42);
    histogram_free(&h);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_lies_near_the_middle_of_its_class),
        cmocka_unit_test(classes_rise_with_the_values),
        cmocka_unit_test(percentiles_of_a_known_spread_are_right),
        cmocka_unit_test(an_empty_one_and_one_of_one_value_have_percentiles),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
