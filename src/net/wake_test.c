/* SPDX-License-Identifier: MIT */
#include "net/wake.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { THREADS = 4, MESSAGES = 20000 };

struct rig {
    uv_loop_t loop;
    struct wake wake;
    unsigned woken;
    atomic_uint put;          /* messages, by all threads */
    unsigned seen;
};

static void
on_wake(void *arg)
{
    struct rig *t = arg;

    t->woken++;
    t->seen = atomic_load(&t->put);
    if (t->seen == THREADS * MESSAGES)
        uv_stop(&t->loop);
}

static int
setup(void **state)
{
    struct rig *t = must_alloc(sizeof *t);

    assert_int_equal(uv_loop_init(&t->loop), 0);
    assert_int_equal(wake_init(&t->wake, &t->loop, on_wake, t), 0);
    *state = t;
    return 0;
}

static int
teardown(void **state)
{
    struct rig *t = *state;

    wake_close(&t->wake);
    uv_run(&t->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&t->loop), 0);
    free(t);
    return 0;
}

static void
many_sends_are_one_wake_up(void **state)
{
    struct rig *t = *state;

    for (int i = 0; i < 100; i++)
        wake_send(&t->wake);
    uv_run(&t->loop, UV_RUN_NOWAIT);
    assert_int_equal(t->woken, 1);
    uv_run(&t->loop, UV_RUN_NOWAIT);
    assert_int_equal(t->woken, 1);
    wake_send(&t->wake);
    uv_run(&t->loop, UV_RUN_NOWAIT);
    assert_int_equal(t->woken, 2);
}

static void *
send_many(void *arg)
{
    struct rig *t = arg;

    for (int i = 0; i < MESSAGES; i++) {
        atomic_fetch_add(&t->put, 1);
        wake_send(&t->wake);
    }
    return NULL;
}

/* Nothing but a wake-up ends the loop, so that a lost one would be noticed. */
static void
no_wake_up_is_lost(void **state)
{
    struct rig *t = *state;
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, send_many, t), 0);
    uv_run(&t->loop, UV_RUN_DEFAULT);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(t->seen, THREADS * MESSAGES);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(many_sends_are_one_wake_up, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(no_wake_up_is_lost, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
