/* SPDX-License-Identifier: MIT
 *
 * Everything that time decides, over one timer per connection. A deadline is
 * not stored: each follows from the connection's state and one moment, and the
 * timer is set for the nearest. It may be set too early (a deadline has moved
 * on meanwhile), never too late, and is not set at all when nothing is waited
 * for: a named, idle connection costs no timer. */
#include "edge/conn_impl.h"
#include "edge/worker_impl.h"

#include <sys/socket.h>

#define NO_NAME_TEXT "No name was given in time. Bye!"

enum deadline {
    GRACE,      /* silence from the start: a person with nc */
    PAUSE,      /* the first bytes were not a whole line, and none need be */
    FIRST,      /* the first byte came, the first whole line did not; or the
                   end of what comes before it */
    LOGIN,
    FLOOD,      /* not an end: the next token */
    TIMER,      /* the dialect's, likewise */
    STALL,
    LINGER,
    DEADLINES,
};

#define NEVER INT64_MAX

static int64_t
left(const struct conn *c, uint32_t since_ms, int64_t limit_ms)
{
    return limit_ms - (uint32_t)(conn_now(c) - since_ms);
}

static int64_t
pause_left(const struct conn *c)
{
    const struct dialect_config *config = conn_config(c);

    if (c->known || c->bytes_in == 0 || conn_may_be_proxy(c) ||
        config->newline != LINE_NEWLINE_OPTIONAL)
        return NEVER;
    return left(c, c->heard_ms, config->pause_ms);
}

static int64_t
flood_left(const struct conn *c)
{
    const struct worker *w = conn_worker(c);

    if (!(c->held & HELD_FLOOD))
        return NEVER;
    return flood_wait_ms(&c->flood, &w->pace, worker_now_ms(w));
}

/* Milliseconds until it is due, <= 0 when it is. */
static int64_t
deadline_left(const struct conn *c, enum deadline which)
{
    const struct edge_limits *l = &conn_worker(c)->o.limits;
    bool silent = !c->dialect && c->bytes_in == 0 && !c->prefaced;
    bool began = !c->spoke && !c->serving && (c->bytes_in > 0 || c->prefaced);

    if (c->ending)
        return which == LINGER ? left(c, c->extra->ended_ms, l->linger_ms)
                               : NEVER;
    switch (which) {
    case GRACE:
        return silent ? left(c, c->heard_ms, l->grace_ms) : NEVER;
    case PAUSE:
        return pause_left(c);
    case FIRST:
        return began ? left(c, c->first_ms, l->first_ms) : NEVER;
    case LOGIN:
        return conn_is_free(c) ? NEVER : left(c, c->born_ms, l->login_ms);
    case FLOOD:
        return flood_left(c);
    case TIMER:
        return c->timed ? (int32_t)(c->timer_ms - conn_now(c)) : NEVER;
    case STALL:
        return conn_waits_for_socket(c)
                   ? left(c, c->stream.out.moved_ms, l->stall_ms) : NEVER;
    case LINGER:
    case DEADLINES:
        break;
    }
    return NEVER;
}

/* On a busy machine the time can be over while the first bytes lie in the
 * socket: the loop will bring them in this turn. */
static void
greet(struct conn *c)
{
    char first;

    if (recv(c->stream.fd, &first, 1, MSG_PEEK | MSG_DONTWAIT) <= 0 &&
        conn_may_speak(c, conn_fallback(c)))
        conn_speak(c, conn_fallback(c));
}

static void
act(struct conn *c, enum deadline which)
{
    switch (which) {
    case GRACE:
        greet(c);
        break;
    case PAUSE:
        conn_assume(c);
        break;
    case FIRST:
        if (conn_may_be_proxy(c))
            conn_assume(c);     /* a person with an empty line */
        else
            conn_refuse(c, NO_NAME_TEXT, "nothing whole in time");
        break;
    case LOGIN:
        conn_refuse(c, NO_NAME_TEXT, "no name in time");
        break;
    case FLOOD:
        conn_unhold(c, HELD_FLOOD);
        break;
    case TIMER:
        c->timed = false;
        conn_run_timer(c);
        break;
    case STALL:
        if (!conn_gets_on(c))
            conn_lose(c, "stalled");
        break;
    case LINGER:
        if (c->hung_up)
            c->eof = true;      /* it has had its time to say so */
        else
            conn_lose(c, "lingered");
        break;
    case DEADLINES:
        break;
    }
}

/* One at a time; conn_settle() sets the timer for the next. */
void
conn_run_deadline(struct wheel_timer *t)
{
    struct conn *c = list_entry(t, struct conn, deadline);
    unsigned which = 0;

    while (which < DEADLINES && deadline_left(c, which) > 0)
        which++;
    act(c, which);
    conn_touch(c);
}

/* Nothing but the dialect's timer can be waited for. It is what most are, in
 * most turns, and saves asking the whole table. */
static bool
is_at_ease(const struct conn *c)
{
    return c->known && c->spoke && c->named && !c->ending &&
           !(c->held & HELD_FLOOD) && !conn_waits_for_socket(c);
}

static int64_t
nearest_left(const struct conn *c)
{
    int64_t nearest = NEVER;

    if (is_at_ease(c))
        return c->timed ? deadline_left(c, TIMER) : NEVER;
    for (unsigned which = 0; which < DEADLINES; which++) {
        int64_t ms = deadline_left(c, which);
        if (ms < nearest)
            nearest = ms;
    }
    return nearest;
}

void
conn_rearm(struct conn *c)
{
    struct worker *w = conn_worker(c);
    int64_t nearest = nearest_left(c), due_ms = c->deadline.due_ms;

    if (nearest == NEVER)
        wheel_unset(&w->wheel, &c->deadline);
    else if (due_ms == 0 ||
             due_ms > worker_now_ms(w) + (nearest > 0 ? nearest : 0))
        wheel_set(&w->wheel, &c->deadline, nearest);
}
