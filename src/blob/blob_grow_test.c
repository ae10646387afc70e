/* SPDX-License-Identifier: MIT
 *
 * Growth: who waits for bytes is called when they are there, once, also with
 * real threads. */
#include "blob/room_test.h"

#include <pthread.h>
#include <stdatomic.h>

struct waiting {
    struct blob_waiter w;
    atomic_int calls;
};

static void
grown(struct blob_waiter *w)
{
    struct waiting *one = (struct waiting *)(void *)w;

    atomic_fetch_add(&one->calls, 1);
}

static void
a_waiter_is_called_once_by_the_bytes_it_waits_for(void **state)
{
    struct room *t = *state;
    uint64_t writer = 0;
    struct waiting near = {.w = {.grown = grown}},
                   far = {.w = {.grown = grown}};
    struct blob *b = room_write(t, 100, &writer);

    assert_true(blob_wait(b, 0, &near.w));
    assert_true(blob_wait(b, 15, &far.w));
    assert_int_equal(room_append(b, writer, 10), 0);
    assert_int_equal(near.calls, 1);
    assert_int_equal(far.calls, 0);
    assert_false(blob_unwait(b, &near.w));
    assert_int_equal(room_append(b, writer, 10), 0);
    assert_int_equal(near.calls, 1);
    assert_int_equal(far.calls, 1);
    assert_false(blob_wait(b, 19, &near.w));
    assert_true(blob_wait(b, 20, &near.w));
    assert_true(blob_unwait(b, &near.w));
    assert_int_equal(room_append(b, writer, 10), 0);
    assert_int_equal(near.calls, 1);
    blob_unref(&b);
}

static void
the_end_and_the_removal_wake_everyone(void **state)
{
    struct room *t = *state;
    uint64_t writer = 0;
    uint8_t sum[32];
    struct waiting one = {.w = {.grown = grown}};
    struct blob *b = room_write(t, UINT64_MAX, &writer);

    assert_true(blob_wait(b, 0, &one.w));
    assert_int_equal(blob_finish(b, writer, NULL, sum), 0);
    assert_int_equal(one.calls, 1);
    assert_false(blob_wait(b, 0, &one.w));
    blob_unref(&b);

    t->id = file_id_new();
    b = room_write(t, 100, &writer);
    assert_true(blob_wait(b, 1000, &one.w));
    assert_int_equal(blob_remove(t->blobs, &t->id), 0);
    assert_int_equal(one.calls, 2);
    assert_false(blob_wait(b, 1000, &one.w));
    blob_unref(&b);
}

/* A writer and readers that follow it: each sees every byte, and waits only
 * when there is none. */
enum { FOLLOWERS = 3, FOLLOWED_BYTES = 2000000 };

struct follower {
    struct blob_waiter w;
    struct blob *b;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool woken;
    uint64_t got, bad;
};

static void
follower_grown(struct blob_waiter *w)
{
    struct follower *f = (struct follower *)(void *)w;

    pthread_mutex_lock(&f->lock);
    f->woken = true;
    pthread_cond_signal(&f->wake);
    pthread_mutex_unlock(&f->lock);
}

static void
follow_once(struct follower *f)
{
    uint8_t bytes[8192];
    uint64_t left = blob_written(f->b) - f->got;
    ssize_t n = pread(blob_fd(f->b), bytes,
                      left < sizeof bytes ? left : sizeof bytes,
                      (off_t)f->got);

    for (ssize_t i = 0; i < n; i++)
        f->bad += bytes[i] != room_byte(f->got + (uint64_t)i);
    f->got += n > 0 ? (uint64_t)n : 0;
}

static void *
follow(void *arg)
{
    struct follower *f = arg;

    while (f->got < FOLLOWED_BYTES) {
        f->woken = false;
        if (!blob_wait(f->b, f->got, &f->w)) {
            follow_once(f);
            continue;
        }
        pthread_mutex_lock(&f->lock);
        while (!f->woken)
            pthread_cond_wait(&f->wake, &f->lock);
        pthread_mutex_unlock(&f->lock);
    }
    return NULL;
}

static void
many_follow_one_that_grows(void **state)
{
    struct room *t = *state;
    uint64_t writer = 0, at = 0;
    struct follower followers[FOLLOWERS] = {0};
    struct blob *b = room_write(t, FOLLOWED_BYTES, &writer);

    for (int i = 0; i < FOLLOWERS; i++) {
        struct follower *f = &followers[i];

        f->w.grown = follower_grown;
        f->b = blob_ref(b);
        pthread_mutex_init(&f->lock, NULL);
        pthread_cond_init(&f->wake, NULL);
        assert_int_equal(pthread_create(&f->thread, NULL, follow, f), 0);
    }
    while (at < FOLLOWED_BYTES) {
        size_t n = 1 + at % 5000;

        if (n > FOLLOWED_BYTES - at)
            n = FOLLOWED_BYTES - at;
        assert_int_equal(room_append(b, writer, n), 0);
        at += n;
    }
    for (int i = 0; i < FOLLOWERS; i++) {
        struct follower *f = &followers[i];

        pthread_join(f->thread, NULL);
        assert_int_equal(f->got, FOLLOWED_BYTES);
        assert_int_equal(f->bad, 0);
        blob_unref(&f->b);
        pthread_mutex_destroy(&f->lock);
        pthread_cond_destroy(&f->wake);
    }
    blob_unref(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        room_unit_test(a_waiter_is_called_once_by_the_bytes_it_waits_for),
        room_unit_test(the_end_and_the_removal_wake_everyone),
        room_unit_test(many_follow_one_that_grows),
    };

    return cmocka_run_group_tests(tests, room_begin, NULL);
}
