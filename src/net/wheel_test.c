/* SPDX-License-Identifier: MIT
 *
 * The loop's clock is turned by hand: clock_gettime() is ours here, also for
 * libuv, and a turn of the loop never sleeps. */
#include "net/wheel.h"
#include "base/must.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#define START_MS 1000003   /* inside a tick */

static int64_t fake_ms = START_MS;

int
clock_gettime(clockid_t id, struct timespec *ts)
{
    (void)id;
    ts->tv_sec = fake_ms / 1000;
    ts->tv_nsec = fake_ms % 1000 * 1000000;
    return 0;
}

#define TIMERS 300

struct alarm {
    struct wheel_timer timer;
    struct fixture *f;
    int64_t due_ms;          /* what the test expects; 0 = not set */
    int64_t fired_ms;
    int fired, order;
    void (*act)(struct alarm *a);
};

struct fixture {
    uv_loop_t loop;
    struct wheel wheel;
    struct alarm alarms[TIMERS];
    int fired;
};

static void
on_alarm(struct wheel_timer *t)
{
    struct alarm *a = list_entry(t, struct alarm, timer);

    a->fired++;
    a->fired_ms = fake_ms;
    a->order = ++a->f->fired;
    if (a->act)
        a->act(a);
}

static int
setup(void **state)
{
    struct fixture *f = must_alloc(sizeof(*f));

    fake_ms = START_MS;
    must(uv_loop_init(&f->loop) == 0);
    uv_update_time(&f->loop);
    wheel_init(&f->wheel, &f->loop, on_alarm);
    for (int i = 0; i < TIMERS; i++) {
        wheel_timer_init(&f->alarms[i].timer);
        f->alarms[i].f = f;
    }
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;

    wheel_close(&f->wheel);
    wheel_close(&f->wheel);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    must(uv_loop_close(&f->loop) == 0);
    free(f);
    return 0;
}

static void
advance(struct fixture *f, int64_t ms)
{
    fake_ms += ms;
    uv_run(&f->loop, UV_RUN_NOWAIT);
}

static bool
is_armed(struct fixture *f)
{
    return uv_is_active((uv_handle_t *)&f->wheel.timer);
}

/* Steps of 1 ms until a fires; returns how late it was. */
static int64_t
lateness(struct fixture *f, struct alarm *a, int64_t in_ms)
{
    int64_t due_ms = fake_ms + in_ms;

    wheel_set(&f->wheel, &a->timer, in_ms);
    for (int64_t i = 0; i < in_ms + 2 * WHEEL_TICK_MS && !a->fired; i++)
        advance(f, 1);
    assert_int_equal(a->fired, 1);
    a->fired = 0;
    return a->fired_ms - due_ms;
}

static void
an_idle_wheel_arms_no_timer(void **state)
{
    struct fixture *f = *state;
    struct alarm *a = &f->alarms[0];

    assert_false(is_armed(f));
    assert_false(uv_loop_alive(&f->loop));

    wheel_set(&f->wheel, &a->timer, 50);
    assert_true(is_armed(f));
    wheel_unset(&f->wheel, &a->timer);
    wheel_unset(&f->wheel, &a->timer);
    assert_false(is_armed(f));

    wheel_set(&f->wheel, &a->timer, 50);
    advance(f, 100);
    assert_int_equal(a->fired, 1);
    assert_int_equal(a->timer.due_ms, 0);
    assert_false(is_armed(f));
    assert_int_equal(f->wheel.count, 0);
}

static void
the_loop_sleeps_until_the_next_deadline(void **state)
{
    struct fixture *f = *state;

    wheel_set(&f->wheel, &f->alarms[0].timer, 10000);
    advance(f, 0);
    assert_in_range(uv_backend_timeout(&f->loop), 10000,
                    10000 + WHEEL_TICK_MS);
    wheel_set(&f->wheel, &f->alarms[1].timer, 500);
    assert_in_range(uv_backend_timeout(&f->loop), 500, 500 + WHEEL_TICK_MS);

    advance(f, 600);
    assert_in_range(uv_backend_timeout(&f->loop), 9400, 9400 + WHEEL_TICK_MS);
}

static void
a_deadline_is_never_early_and_a_tick_late_at_most(void **state)
{
    struct fixture *f = *state;

    for (int64_t in_ms = -1; in_ms < 4 * WHEEL_TICK_MS; in_ms++)
        assert_in_range(lateness(f, &f->alarms[0], in_ms < 0 ? 0 : in_ms), 0,
                        WHEEL_TICK_MS);
    for (int64_t in_ms = 16370; in_ms < 16400; in_ms++)
        assert_in_range(lateness(f, &f->alarms[0], in_ms), 0, WHEEL_TICK_MS);
}

static void
a_deadline_beyond_one_rotation_waits_for_its_own(void **state)
{
    struct fixture *f = *state;

    /* Keeps the wheel turning through every slot. */
    wheel_set(&f->wheel, &f->alarms[1].timer, 200);
    assert_in_range(lateness(f, &f->alarms[0], 75000), 0, WHEEL_TICK_MS);
    assert_in_range(lateness(f, &f->alarms[0], 3 * 16384), 0, WHEEL_TICK_MS);
    assert_int_equal(f->alarms[1].fired, 1);
}

static void
two_rotations_share_a_slot_without_harm(void **state)
{
    struct fixture *f = *state;
    struct alarm *near = &f->alarms[0], *far = &f->alarms[1];

    wheel_set(&f->wheel, &far->timer, 16384 + 100);
    wheel_set(&f->wheel, &near->timer, 100);

    advance(f, 100 + WHEEL_TICK_MS);
    assert_int_equal(near->fired, 1);
    assert_int_equal(far->fired, 0);
    advance(f, 16384 - WHEEL_TICK_MS - 1);
    assert_int_equal(far->fired, 0);
    advance(f, WHEEL_TICK_MS + 1);
    assert_int_equal(far->fired, 1);
}

static void
deadlines_fire_in_the_order_of_their_ticks(void **state)
{
    struct fixture *f = *state;

    for (int i = 0; i < 100; i++)
        wheel_set(&f->wheel, &f->alarms[i].timer,
                  (100 - i) * WHEEL_TICK_MS);
    advance(f, 101 * WHEEL_TICK_MS);

    for (int i = 0; i < 100; i++)
        assert_int_equal(f->alarms[i].order, 100 - i);
}

static void
a_loop_that_stalled_for_minutes_serves_everything_once(void **state)
{
    struct fixture *f = *state;

    for (int i = 0; i < TIMERS; i++)
        wheel_set(&f->wheel, &f->alarms[i].timer, i * 1000);
    advance(f, TIMERS * 1000);

    for (int i = 0; i < TIMERS; i++)
        assert_int_equal(f->alarms[i].fired, 1);
    assert_false(is_armed(f));
}

static void
no_slot_is_skipped_after_a_stall_of_about_one_rotation(void **state)
{
    struct fixture *f = *state;
    struct alarm *a = &f->alarms[0];

    for (int late = WHEEL_SLOTS - 5; late < WHEEL_SLOTS + 5; late++) {
        wheel_set(&f->wheel, &a->timer, WHEEL_TICK_MS);
        advance(f, late * WHEEL_TICK_MS);
        assert_int_equal(a->fired, 1);
        a->fired = 0;
    }
}

static void
setting_again_moves_the_deadline(void **state)
{
    struct fixture *f = *state;
    struct alarm *a = &f->alarms[0];

    wheel_set(&f->wheel, &a->timer, 100);
    wheel_set(&f->wheel, &a->timer, 1000);
    assert_int_equal(f->wheel.count, 1);
    advance(f, 900);
    assert_int_equal(a->fired, 0);

    wheel_set(&f->wheel, &a->timer, 10);
    advance(f, 10 + WHEEL_TICK_MS);
    assert_int_equal(a->fired, 1);
}

static void
rearm(struct alarm *a)
{
    wheel_set(&a->f->wheel, &a->timer, 0);
}

static void
a_timer_that_sets_itself_waits_for_the_next_tick(void **state)
{
    struct fixture *f = *state;
    struct alarm *a = &f->alarms[0];

    a->act = rearm;
    wheel_set(&f->wheel, &a->timer, 0);
    for (int i = 1; i <= 50; i++) {
        advance(f, WHEEL_TICK_MS);
        assert_int_equal(a->fired, i);
    }
}

/* Every other alarm of the slot: unset, set anew, or set far away. */
static void
disturb_the_others(struct alarm *a)
{
    struct fixture *f = a->f;

    wheel_unset(&f->wheel, &f->alarms[1].timer);
    wheel_set(&f->wheel, &f->alarms[2].timer, 5);
    wheel_set(&f->wheel, &f->alarms[3].timer, 16384);
    wheel_set(&f->wheel, &a->timer, 16384);
}

static void
a_callback_may_disturb_its_own_slot(void **state)
{
    struct fixture *f = *state;

    f->alarms[0].act = disturb_the_others;
    for (int i = 0; i < 5; i++)
        wheel_set(&f->wheel, &f->alarms[i].timer, 100);
    advance(f, 100 + WHEEL_TICK_MS);

    assert_int_equal(f->alarms[0].fired, 1);
    assert_int_equal(f->alarms[1].fired, 0);
    assert_int_equal(f->alarms[2].fired, 0);
    assert_int_equal(f->alarms[3].fired, 0);
    assert_int_equal(f->alarms[4].fired, 1);
    f->alarms[0].act = NULL;
    advance(f, 5 + WHEEL_TICK_MS);
    assert_int_equal(f->alarms[2].fired, 1);
    advance(f, 16384);
    assert_int_equal(f->alarms[0].fired, 2);
    assert_int_equal(f->alarms[3].fired, 1);
    assert_int_equal(f->alarms[1].fired, 0);
    assert_int_equal(f->wheel.count, 0);
}

struct heap_alarm {
    struct alarm alarm;
    struct heap_alarm *other;
};

static void
free_both(struct alarm *a)
{
    struct heap_alarm *h = (struct heap_alarm *)a;

    wheel_unset(&a->f->wheel, &h->other->alarm.timer);
    free(h->other);
    free(h);
}

static void
set_heap_alarm(struct fixture *f, struct heap_alarm *h)
{
    h->alarm = (struct alarm){.f = f, .act = free_both};
    wheel_timer_init(&h->alarm.timer);
    wheel_set(&f->wheel, &h->alarm.timer, 40);
}

static void
a_callback_may_free_itself_and_its_neighbour(void **state)
{
    struct fixture *f = *state;
    struct heap_alarm *a = must_alloc(sizeof(*a)), *b = must_alloc(sizeof(*b));

    a->other = b;
    b->other = a;
    set_heap_alarm(f, a);
    set_heap_alarm(f, b);
    advance(f, 100);

    assert_int_equal(f->fired, 1);
    assert_false(is_armed(f));
}

static void
close_the_wheel(struct alarm *a)
{
    wheel_close(&a->f->wheel);
}

static void
nothing_fires_after_the_wheel_is_closed(void **state)
{
    struct fixture *f = *state;

    f->alarms[0].act = close_the_wheel;
    for (int i = 0; i < 3; i++)
        wheel_set(&f->wheel, &f->alarms[i].timer, 40);
    advance(f, 100);
    assert_int_equal(f->fired, 1);

    wheel_set(&f->wheel, &f->alarms[0].timer, 40);
    wheel_unset(&f->wheel, &f->alarms[1].timer);
    advance(f, 1000);
    assert_int_equal(f->fired, 1);
}

static void
expect_due(struct alarm *a)
{
    assert_int_not_equal(a->due_ms, 0);
    assert_true(fake_ms >= a->due_ms);
    a->due_ms = 0;
}

/* The same numbers in every run: a failure can be seen again. */
static int
any_below(int n)
{
    static uint64_t seed = 1;

    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (int)((seed >> 33) % (unsigned)n);
}

/* One random act on a random timer, and the same in the expectation. */
static void
act_at_random(struct fixture *f)
{
    struct alarm *a = &f->alarms[any_below(TIMERS)];

    if (any_below(4) == 0) {
        wheel_unset(&f->wheel, &a->timer);
        a->due_ms = 0;
        return;
    }
    int64_t in_ms = any_below(any_below(8) == 0 ? 40000 : 300);
    wheel_set(&f->wheel, &a->timer, in_ms);
    a->due_ms = fake_ms + in_ms;
}

static void
random_timers_fire_exactly_when_they_should(void **state)
{
    struct fixture *f = *state;

    for (int i = 0; i < TIMERS; i++)
        f->alarms[i].act = expect_due;
    for (int step = 0; step < 60000; step++) {
        size_t waiting = 0;
        if (step < 50000 && any_below(3) == 0)
            act_at_random(f);
        advance(f, 1);
        for (int i = 0; i < TIMERS; i++) {
            struct alarm *a = &f->alarms[i];
            waiting += a->due_ms != 0;
            assert_int_equal(a->timer.due_ms, a->due_ms);
            assert_true(a->due_ms == 0 || a->due_ms + WHEEL_TICK_MS > fake_ms);
        }
        assert_int_equal(f->wheel.count, waiting);
        assert_int_equal(is_armed(f), waiting > 0);
    }
    assert_true(f->fired > 5000);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(an_idle_wheel_arms_no_timer),
        TEST(the_loop_sleeps_until_the_next_deadline),
        TEST(a_deadline_is_never_early_and_a_tick_late_at_most),
        TEST(a_deadline_beyond_one_rotation_waits_for_its_own),
        TEST(two_rotations_share_a_slot_without_harm),
        TEST(deadlines_fire_in_the_order_of_their_ticks),
        TEST(a_loop_that_stalled_for_minutes_serves_everything_once),
        TEST(no_slot_is_skipped_after_a_stall_of_about_one_rotation),
        TEST(setting_again_moves_the_deadline),
        TEST(a_timer_that_sets_itself_waits_for_the_next_tick),
        TEST(a_callback_may_disturb_its_own_slot),
        TEST(a_callback_may_free_itself_and_its_neighbour),
        TEST(nothing_fires_after_the_wheel_is_closed),
        TEST(random_timers_fire_exactly_when_they_should),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
