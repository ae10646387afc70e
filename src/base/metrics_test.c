/* SPDX-License-Identifier: MIT */
#include "base/metrics.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { THREADS = 4, TIMES = 10000 };

static void
a_sum_adds_up_all_shards(void **state)
{
    struct metrics *m = metrics_new();
    struct metrics_shard *a, *b;

    (void)state;
    assert_int_equal(metrics_sum(m, METRIC_rooms), 0);
    a = metrics_shard_new(m);
    b = metrics_shard_new(m);
    metrics_add(a, METRIC_connections, 3);
    metrics_add(b, METRIC_connections, -1);
    metrics_add(b, METRIC_bytes_in_total, 1LL << 40);

    assert_int_equal(metrics_sum(m, METRIC_connections), 2);
    assert_true(metrics_sum(m, METRIC_bytes_in_total) == 1LL << 40);
    assert_int_equal(metrics_sum(m, METRIC_core_stalls_total), 0);
    metrics_free(&m);
    assert_null(m);
    metrics_free(&m);
}

static void *
count(void *arg)
{
    struct metrics *m = arg;
    struct metrics_shard *s = metrics_shard_new(m);

    for (int i = 0; i < TIMES; i++)
        metrics_add(s, METRIC_messages_total, 1);
    return NULL;
}

static void
threads_count_without_losing_any(void **state)
{
    struct metrics *m = metrics_new();
    pthread_t threads[THREADS];
    int64_t before = 0;

    (void)state;
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count, m), 0);
    for (int i = 0; i < 1000; i++) {
        int64_t now = metrics_sum(m, METRIC_messages_total);

        assert_true(now >= before);
        before = now;
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);

    assert_int_equal(metrics_sum(m, METRIC_messages_total), THREADS * TIMES);
    metrics_free(&m);
}

static void
every_metric_has_a_name_its_own_and_a_help(void **state)
{
    (void)state;
    for (int i = 0; i < METRIC_COUNT; i++) {
        assert_true(strlen(metrics_help(i)) > 0);
        for (int j = 0; j < i; j++)
            assert_string_not_equal(metrics_name(i), metrics_name(j));
    }
    assert_string_equal(metrics_name(METRIC_connections), "connections");
    assert_int_equal(metrics_type(METRIC_connections), METRIC_GAUGE);
}

static void
counters_are_told_by_their_name(void **state)
{
    (void)state;
    for (int i = 0; i < METRIC_COUNT; i++) {
        const char *name = metrics_name(i);
        size_t n = strlen(name);
        int total = n > 6 && strcmp(name + n - 6, "_total") == 0;

        assert_int_equal(metrics_type(i) == METRIC_COUNTER, total);
    }
}

static void
a_quantile_is_its_buckets_end(void **state)
{
    struct metrics *m = metrics_new();
    struct metrics_shard *a = metrics_shard_new(m), *b = metrics_shard_new(m);

    (void)state;
    assert_int_equal(metrics_quantile(m, HISTOGRAM_batch, 0.5), 0);
    for (int i = 1; i <= 100; i++)
        metrics_observe(i % 2 ? a : b, HISTOGRAM_batch, i);
    assert_int_equal(metrics_observed(m, HISTOGRAM_batch), 100);
    assert_int_equal(metrics_observed(m, HISTOGRAM_queue_us), 0);
    assert_in_range(metrics_quantile(m, HISTOGRAM_batch, 0.5), 50, 62);
    assert_in_range(metrics_quantile(m, HISTOGRAM_batch, 0.99), 99, 124);
    metrics_free(&m);
}

/* Whatever is observed alone comes back, by a quarter too large at most. */
static void
every_value_has_a_bucket(void **state)
{
    (void)state;
    for (int64_t v = -1; v < 50000000; v += 1 + v / 7) {
        struct metrics *m = metrics_new();
        int64_t q;

        metrics_observe(metrics_shard_new(m), HISTOGRAM_turn_us, v);
        q = metrics_quantile(m, HISTOGRAM_turn_us, 1);
        assert_in_range(q, v < 0 ? 0 : v, v < 4 ? v + 1 : v + v / 4);
        metrics_free(&m);
    }
}

static void
the_largest_values_share_the_last_bucket(void **state)
{
    struct metrics *m = metrics_new();
    struct metrics_shard *s = metrics_shard_new(m);

    (void)state;
    metrics_observe(s, HISTOGRAM_turn_us, INT64_MAX);
    metrics_observe(s, HISTOGRAM_turn_us, INT64_C(1) << 40);
    assert_int_equal(metrics_observed(m, HISTOGRAM_turn_us), 2);
    assert_true(metrics_quantile(m, HISTOGRAM_turn_us, 1) >= 1 << 26);
    metrics_free(&m);
}

static void
every_histogram_has_a_name_and_a_help(void **state)
{
    (void)state;
    for (int i = 0; i < HISTOGRAM_COUNT; i++) {
        assert_true(strlen(metrics_histogram_name(i)) > 0);
        assert_true(strlen(metrics_histogram_help(i)) > 0);
        assert_non_null(metrics_histogram_unit(i));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sum_adds_up_all_shards),
        cmocka_unit_test(threads_count_without_losing_any),
        cmocka_unit_test(every_metric_has_a_name_its_own_and_a_help),
        cmocka_unit_test(counters_are_told_by_their_name),
        cmocka_unit_test(a_quantile_is_its_buckets_end),
        cmocka_unit_test(every_value_has_a_bucket),
        cmocka_unit_test(the_largest_values_share_the_last_bucket),
        cmocka_unit_test(every_histogram_has_a_name_and_a_help),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
