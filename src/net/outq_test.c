/* SPDX-License-Identifier: MIT */
#include "net/outq.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define VECTORS 64

static void
push(struct outq_pool *pool, struct outq *q, const char *text)
{
    struct slab *s = slab_copy(str_of(text));

    outq_push(pool, q, s);
    slab_unref(&s);
}

/* All of q as one C string, as a reader would see it. Returns owned. */
static char *
text_of(const struct outq *q)
{
    struct iovec vec[VECTORS];
    int n = outq_peek(q, vec, VECTORS);
    char *text = must_alloc(q->bytes + 1);
    size_t at = 0;

    for (int i = 0; i < n; i++) {
        memcpy(text + at, vec[i].iov_base, vec[i].iov_len);
        at += vec[i].iov_len;
    }
    assert_int_equal(at, q->bytes);
    return text;
}

static void
expect_text(const struct outq *q, const char *want)
{
    char *got = text_of(q);

    assert_string_equal(got, want);
    free(got);
}

static void
an_empty_queue_holds_nothing(void **state)
{
    struct outq_pool pool = {0};
    struct outq q = {0};
    struct iovec vec[1];
    (void)state;

    assert_int_equal(outq_peek(&q, vec, 1), 0);
    outq_written(&pool, &q, 0);
    outq_done(&pool, &q);

    assert_int_equal(sizeof(q), 2 * sizeof(void *));
    assert_int_equal(q.holds, 0);
    assert_int_equal(pool.count, 0);
    outq_pool_done(&pool);
}

static void
a_queue_refs_what_it_holds_and_lets_go_when_it_is_written(void **state)
{
    struct outq_pool pool = {0};
    struct outq a = {0}, b = {0};
    struct slab *s = slab_copy(str_of("shared"));
    (void)state;

    outq_push(&pool, &a, s);
    outq_push(&pool, &b, s);
    assert_int_equal(s->refs, 3);

    outq_written(&pool, &a, 6);
    assert_int_equal(s->refs, 2);
    outq_done(&pool, &b);
    assert_int_equal(s->refs, 1);

    slab_unref(&s);
    outq_pool_done(&pool);
}

static void
writes_cut_at_every_place_lose_and_repeat_nothing(void **state)
{
    static const char whole[] = "one,two,three,four,";
    (void)state;

    for (size_t cut = 0; cut < sizeof(whole); cut++) {
        struct outq_pool pool = {0};
        struct outq q = {0};
        push(&pool, &q, "one,");
        push(&pool, &q, "two,");
        push(&pool, &q, "three,");
        push(&pool, &q, "four,");

        outq_written(&pool, &q, cut);
        expect_text(&q, whole + cut);
        push(&pool, &q, "");
        push(&pool, &q, "end");
        outq_written(&pool, &q, strlen(whole + cut));
        expect_text(&q, "end");

        outq_done(&pool, &q);
        outq_pool_done(&pool);
    }
}

static void
single_bytes_drain_a_queue_of_many_nodes(void **state)
{
    struct outq_pool pool = {0};
    struct outq q = {0};
    struct iovec vec[1];
    (void)state;

    for (int i = 0; i < 100; i++)
        push(&pool, &q, i % 2 ? "odd" : "even");
    for (int i = 0; i < 100; i++)
        for (const char *p = i % 2 ? "odd" : "even"; *p; p++) {
            assert_int_equal(outq_peek(&q, vec, 1), 1);
            assert_int_equal(*(const char *)vec[0].iov_base, *p);
            outq_written(&pool, &q, 1);
        }

    assert_int_equal(q.bytes, 0);
    assert_int_equal(q.holds, 0);
    outq_pool_done(&pool);
}

static void
one_slab_needs_no_node_until_it_is_cut(void **state)
{
    struct outq_pool pool = {0};
    struct outq q = {0};
    (void)state;

    for (int i = 0; i < 3; i++) {
        push(&pool, &q, "whole");
        expect_text(&q, "whole");
        outq_written(&pool, &q, 5);
    }
    assert_int_equal(pool.count, 0);

    push(&pool, &q, "in two");
    outq_written(&pool, &q, 3);
    expect_text(&q, "two");
    push(&pool, &q, "!");
    expect_text(&q, "two!");
    outq_written(&pool, &q, 4);
    assert_int_equal(q.holds, 0);
    assert_int_equal(pool.count, 1);
    outq_pool_done(&pool);
}

static void
empty_slabs_are_not_queued(void **state)
{
    struct outq_pool pool = {0};
    struct outq q = {0};
    struct iovec vec[1];
    (void)state;

    push(&pool, &q, "");

    assert_int_equal(outq_peek(&q, vec, 1), 0);
    assert_int_equal(q.holds, 0);
    outq_pool_done(&pool);
}

static void
no_more_vectors_are_filled_than_asked_for(void **state)
{
    struct outq_pool pool = {0};
    struct outq q = {0};
    struct iovec vec[VECTORS + 1];
    (void)state;

    for (int i = 0; i < 2 * VECTORS; i++)
        push(&pool, &q, "x");
    vec[VECTORS].iov_base = &q;

    assert_int_equal(outq_peek(&q, vec, VECTORS), VECTORS);
    assert_ptr_equal(vec[VECTORS].iov_base, &q);
    assert_int_equal(outq_peek(&q, vec, 0), 0);
    outq_done(&pool, &q);
    outq_pool_done(&pool);
}

static void
the_pool_is_used_again_and_never_grows_beyond_its_bound(void **state)
{
    struct outq_pool pool = {0};
    struct outq q = {0};
    struct slab *s = slab_copy(str_of("x"));
    (void)state;

    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 100000; i++)
            outq_push(&pool, &q, s);
        assert_int_equal(q.bytes, 100000);
        assert_int_equal(s->refs, 100001);
        outq_done(&pool, &q);
        assert_int_equal(s->refs, 1);
        assert_int_equal(pool.count, 256);
    }

    outq_push(&pool, &q, s);
    outq_push(&pool, &q, s);
    assert_int_equal(pool.count, 255);
    outq_written(&pool, &q, 2);
    assert_int_equal(pool.count, 256);

    slab_unref(&s);
    outq_pool_done(&pool);
    assert_int_equal(pool.count, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_queue_holds_nothing),
        cmocka_unit_test(
            a_queue_refs_what_it_holds_and_lets_go_when_it_is_written),
        cmocka_unit_test(writes_cut_at_every_place_lose_and_repeat_nothing),
        cmocka_unit_test(single_bytes_drain_a_queue_of_many_nodes),
        cmocka_unit_test(one_slab_needs_no_node_until_it_is_cut),
        cmocka_unit_test(empty_slabs_are_not_queued),
        cmocka_unit_test(no_more_vectors_are_filled_than_asked_for),
        cmocka_unit_test(
            the_pool_is_used_again_and_never_grows_beyond_its_bound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
