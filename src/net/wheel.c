/* SPDX-License-Identifier: MIT
 *
 * A hashed wheel. Time is cut into ticks; a deadline belongs to the first
 * tick that begins at or after it (so it is never early), and lies in slot
 * tick % WHEEL_SLOTS. A slot thus holds deadlines of several rotations: those
 * that are not due yet stay when it is served.
 *
 * The uv timer is armed for the next slot that holds anything, and for nothing
 * when the wheel is empty. It may be armed too early (its deadline was unset
 * meanwhile, or lies a rotation later), never too late. */
#include "net/wheel.h"
#include "base/must.h"

static int64_t
tick_of(const struct wheel_timer *t)
{
    return (t->due_ms + WHEEL_TICK_MS - 1) / WHEEL_TICK_MS;
}

static struct list *
slot_of(struct wheel *w, int64_t tick)
{
    return &w->slots[tick % WHEEL_SLOTS];
}

static int64_t
now_ms(const struct wheel *w)
{
    return (int64_t)uv_now(w->timer.loop);
}

static bool
is_closing(const struct wheel *w)
{
    return uv_is_closing((const uv_handle_t *)&w->timer);
}

static void turn(uv_timer_t *timer);

static void
arm(struct wheel *w, int64_t tick)
{
    int64_t in_ms = tick * WHEEL_TICK_MS - now_ms(w);

    must(uv_timer_start(&w->timer, turn, in_ms > 0 ? (uint64_t)in_ms : 0, 0)
         == 0);
}

static void
arm_next(struct wheel *w)
{
    int64_t tick = w->done_tick + 1;

    if (w->count == 0 || is_closing(w))
        return;
    while (list_empty(slot_of(w, tick)))
        tick++;
    arm(w, tick);
}

/* Brings the uv timer forward when it would come too late for `tick`. */
static void
arm_by(struct wheel *w, int64_t tick)
{
    int64_t in_ms = tick * WHEEL_TICK_MS - now_ms(w);

    if (is_closing(w))
        return;
    if (!uv_is_active((uv_handle_t *)&w->timer) ||
        (int64_t)uv_timer_get_due_in(&w->timer) > in_ms)
        arm(w, tick);
}

static void
list_move_all(struct list *to, struct list *from)
{
    list_init(to);
    if (list_empty(from))
        return;
    *to = *from;
    to->next->prev = to->prev->next = to;
    list_init(from);
}

static void
put(struct wheel *w, struct wheel_timer *t)
{
    int64_t tick = tick_of(t);

    /* A deadline of this very moment must not fall into a served slot. */
    if (tick <= w->done_tick)
        tick = w->done_tick + 1;
    list_push(slot_of(w, tick), &t->link);
    arm_by(w, tick);
}

/* The slot is emptied first, so that callbacks may set, unset and free any
 * timer: what they unset leaves `waiting`, what they set goes to a slot. */
static void
serve(struct wheel *w, int64_t tick, int64_t now)
{
    struct list waiting;

    list_move_all(&waiting, slot_of(w, tick));
    while (!list_empty(&waiting)) {
        struct wheel_timer *t =
            list_entry(waiting.next, struct wheel_timer, link);
        list_remove(&t->link);
        if (t->due_ms > now || is_closing(w)) {
            list_push(slot_of(w, tick), &t->link);
            continue;
        }
        t->due_ms = 0;
        w->count--;
        w->fn(t);
    }
}

static void
turn(uv_timer_t *timer)
{
    struct wheel *w = timer->data;
    int64_t now = now_ms(w);
    int64_t tick = w->done_tick + 1;
    int64_t last = now / WHEEL_TICK_MS;

    if (last - tick >= WHEEL_SLOTS)
        tick = last - WHEEL_SLOTS + 1;
    w->done_tick = last;   /* first: what callbacks set belongs behind it */
    for (; tick <= last; tick++)
        serve(w, tick, now);
    arm_next(w);
}

void
wheel_init(struct wheel *w, uv_loop_t *loop, wheel_fn *fn)
{
    must(uv_timer_init(loop, &w->timer) == 0);
    w->timer.data = w;
    w->fn = fn;
    for (int i = 0; i < WHEEL_SLOTS; i++)
        list_init(&w->slots[i]);
    w->count = 0;
    w->done_tick = now_ms(w) / WHEEL_TICK_MS;
}

void
wheel_close(struct wheel *w)
{
    if (!is_closing(w))
        uv_close((uv_handle_t *)&w->timer, NULL);
}

void
wheel_timer_init(struct wheel_timer *t)
{
    list_init(&t->link);
    t->due_ms = 0;
}

void
wheel_set(struct wheel *w, struct wheel_timer *t, int64_t in_ms)
{
    int64_t now = now_ms(w);

    if (t->due_ms == 0)
        w->count++;
    list_remove(&t->link);
    t->due_ms = now + (in_ms > 0 ? in_ms : 0);
    if (t->due_ms == 0)
        t->due_ms = 1;     /* the loop's clock starts at 0 on some systems */
    put(w, t);
}

void
wheel_unset(struct wheel *w, struct wheel_timer *t)
{
    if (t->due_ms == 0)
        return;
    list_remove(&t->link);
    t->due_ms = 0;
    if (--w->count == 0)
        uv_timer_stop(&w->timer);
}
