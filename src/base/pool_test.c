/* SPDX-License-Identifier: MIT
 *
 * The pool with its chunks, which it has under AddressSanitizer here alone. */
#include "base/abort_test.h"
#include "base/pool.h"
#include "base/rand.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

enum { MANY = 20000, BYTES = 72 };

static unsigned char *objects[MANY];

/* A pool cannot be copied, so it is made in its place. */
#define POOL(name, bytes) \
    struct pool name; \
    pool_init(&name, bytes)

static void
take_many(struct pool *p)
{
    for (int i = 0; i < MANY; i++)
        objects[i] = pool_take(p);
}

static void
give_many(struct pool *p)
{
    for (int i = 0; i < MANY; i++)
        pool_give(p, objects[i]);
}

static bool
is_mapped(void *at)
{
    uintptr_t page_bytes = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t page = (uintptr_t)at & ~(page_bytes - 1);
    unsigned char in_core;

    if (mincore((void *)page, 1, &in_core) == 0)
        return true;
    assert_int_equal(errno, ENOMEM);
    return false;
}

static void
an_object_is_zeroed_and_aligned(void **state)
{
    POOL(p, 13);
    static const unsigned char zeros[16];

    (void)state;
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 5000; i++) {
            objects[i] = pool_take(&p);
            assert_int_equal((uintptr_t)objects[i] % 8, 0);
            assert_memory_equal(objects[i], zeros, 13);
            memset(objects[i], 0xff, 13);
        }
        for (int i = 0; i < 5000; i++)
            pool_give(&p, objects[i]);
    }
    pool_done(&p);
}

/* Each is filled with its number; none has changed in the end. */
static void
objects_do_not_overlap(void **state)
{
    POOL(p, BYTES);
    unsigned char want[BYTES];

    (void)state;
    take_many(&p);
    for (int i = 0; i < MANY; i++)
        memset(objects[i], i % 251, BYTES);
    for (int i = 0; i < MANY; i++) {
        memset(want, i % 251, BYTES);
        assert_memory_equal(objects[i], want, BYTES);
    }
    give_many(&p);
    pool_done(&p);
}

static void
an_object_costs_hardly_more_than_its_size(void **state)
{
    POOL(p, BYTES);

    (void)state;
    take_many(&p);

    assert_in_range(p.chunks * POOL_CHUNK_BYTES, MANY * BYTES,
                    MANY * BYTES * 101 / 100 + POOL_CHUNK_BYTES);
    give_many(&p);
    pool_done(&p);
}

static void
a_pool_that_is_not_used_holds_nothing(void **state)
{
    POOL(p, BYTES);

    (void)state;
    assert_int_equal(p.chunks, 0);
    pool_give(&p, NULL);
    pool_done(&p);
}

static void
what_was_given_is_taken_again(void **state)
{
    POOL(p, BYTES);
    void *kept = pool_take(&p), *first = pool_take(&p);

    (void)state;
    pool_give(&p, first);

    assert_ptr_equal(pool_take(&p), first);
    pool_give(&p, first);
    pool_give(&p, kept);
    pool_done(&p);
}

static void
after_a_crowd_its_memory_goes_back(void **state)
{
    POOL(p, BYTES);
    void *last;

    (void)state;
    take_many(&p);
    assert_true(p.chunks > 20);
    last = objects[MANY - 1];
    assert_true(is_mapped(last));
    give_many(&p);

    assert_int_equal(p.chunks, 1);
    assert_false(is_mapped(last));
    pool_done(&p);
    assert_false(is_mapped(objects[0]));
}

/* One at a time, over and over: the system is not asked each time. */
static void
one_spare_chunk_is_kept(void **state)
{
    POOL(p, BYTES);
    void *first = pool_take(&p);

    (void)state;
    for (int i = 0; i < 1000; i++) {
        pool_give(&p, first);
        assert_true(is_mapped(first));
        assert_ptr_equal(pool_take(&p), first);
    }
    pool_give(&p, first);
    pool_done(&p);
    assert_false(is_mapped(first));
}

static void
those_who_stay_do_not_keep_the_others_memory(void **state)
{
    POOL(p, BYTES);
    size_t crowd;

    (void)state;
    take_many(&p);
    crowd = p.chunks;
    for (int i = MANY / 10; i < MANY; i++)
        pool_give(&p, objects[i]);

    assert_in_range(p.chunks, 1, crowd / 10 + 2);
    for (int i = 0; i < MANY / 10; i++)
        pool_give(&p, objects[i]);
    pool_done(&p);
}

/* Room in old chunks is used before a new one is begun. */
static void
holes_are_filled_first(void **state)
{
    POOL(p, BYTES);
    size_t crowd;

    (void)state;
    take_many(&p);
    crowd = p.chunks;
    for (int i = 0; i < MANY; i += 2)
        pool_give(&p, objects[i]);
    assert_int_equal(p.chunks, crowd);
    for (int i = 0; i < MANY; i += 2)
        objects[i] = pool_take(&p);

    assert_int_equal(p.chunks, crowd);
    give_many(&p);
    pool_done(&p);
}

static void
random_takes_and_gives_agree_with_a_plain_array(void **state)
{
    POOL(p, 40);
    size_t taken = 0;

    (void)state;
    memset(objects, 0, sizeof objects);
    for (int i = 0; i < 200000; i++) {
        uint32_t k = rand_below(MANY / 4);

        if (objects[k] != NULL) {
            assert_int_equal(*(uint32_t *)(void *)objects[k], k);
            pool_give(&p, objects[k]);
            objects[k] = NULL;
            taken--;
        } else {
            objects[k] = pool_take(&p);
            *(uint32_t *)(void *)objects[k] = k;
            taken++;
        }
        assert_int_equal(p.taken, taken);
    }
    for (int k = 0; k < MANY / 4; k++)
        pool_give(&p, objects[k]);
    assert_int_equal(p.chunks, 1);
    pool_done(&p);
}

static void
give_to_another(void *pool)
{
    POOL(other, BYTES);

    pool_give(&other, pool_take(pool));
}

static void
giving_to_another_pool_is_our_bug(void **state)
{
    POOL(p, BYTES);

    (void)state;
    expect_abort(give_to_another, &p);
    pool_done(&p);
}

static void
forget_one(void *pool)
{
    pool_take(pool);
    pool_done(pool);
}

static void
an_object_that_is_left_out_is_our_bug(void **state)
{
    POOL(p, BYTES);

    (void)state;
    expect_abort(forget_one, &p);
    pool_done(&p);
}

static int
start(void **state)
{
    (void)state;
    rand_init();
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_object_is_zeroed_and_aligned),
        cmocka_unit_test(objects_do_not_overlap),
        cmocka_unit_test(an_object_costs_hardly_more_than_its_size),
        cmocka_unit_test(a_pool_that_is_not_used_holds_nothing),
        cmocka_unit_test(what_was_given_is_taken_again),
        cmocka_unit_test(after_a_crowd_its_memory_goes_back),
        cmocka_unit_test(one_spare_chunk_is_kept),
        cmocka_unit_test(those_who_stay_do_not_keep_the_others_memory),
        cmocka_unit_test(holes_are_filled_first),
        cmocka_unit_test(random_takes_and_gives_agree_with_a_plain_array),
        cmocka_unit_test(giving_to_another_pool_is_our_bug),
        cmocka_unit_test(an_object_that_is_left_out_is_our_bug),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
