/* SPDX-License-Identifier: MIT
 *
 * A timer wheel: any number of deadlines over one uv timer, which is armed
 * only while a deadline waits, so that an idle server never wakes up. One
 * callback serves all of a wheel, since what embeds a timer is of one kind.
 * Deadlines fire up to WHEEL_TICK_MS late, never early. */
#ifndef NET_WHEEL_H
#define NET_WHEEL_H

#include "base/list.h"
#include <stdint.h>
#include <uv.h>

#define WHEEL_TICK_MS 32
#define WHEEL_SLOTS   512

struct wheel_timer;
typedef void wheel_fn(struct wheel_timer *t);   /* may set or free t */

struct wheel_timer {
    int64_t due_ms;       /* 0 = not set */
    struct list link;
};

struct wheel {
    uv_timer_t timer;
    wheel_fn *fn;
    struct list slots[WHEEL_SLOTS];
    size_t count;
    int64_t done_tick;    /* every deadline up to this tick has been served */
};

void wheel_init(struct wheel *w, uv_loop_t *loop, wheel_fn *fn);
void wheel_close(struct wheel *w);              /* before the loop's last run */

void wheel_timer_init(struct wheel_timer *t);

/* Sets or moves the deadline: in_ms from the loop's now. */
void wheel_set(struct wheel *w, struct wheel_timer *t, int64_t in_ms);
void wheel_unset(struct wheel *w, struct wheel_timer *t);

#endif
