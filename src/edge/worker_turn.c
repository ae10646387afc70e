/* SPDX-License-Identifier: MIT
 *
 * The end of a loop's turn: what was gathered goes to the core in one chain,
 * and every touched connection is flushed once, however often it was sent to.
 */
#include "edge/worker_impl.h"

#include "base/clock.h"

/* --- Commands on their way to the core ---------------------------------- */

void
worker_submit(struct worker *w)
{
    if (w->gathered > 0)
        core_submit(w->core, w->o.index, w->head, w->tail, w->gathered);
    w->head = w->tail = NULL;
    w->gathered = 0;
}

/* The core is asked once for a whole turn. It must know of all that was
 * gathered before it is asked again: only its own no arms the callback. */
bool
worker_has_room(struct worker *w)
{
    if (w->room == 0) {
        worker_submit(w);
        w->room = core_may_submit(w->core, w->o.index);
    }
    return w->room > 0;
}

void
worker_gather(struct worker *w, struct command *cmd)
{
    if (w->wall_ms == 0) {
        w->wall_ms = clock_wall_ms();
        w->made_us = clock_mono_us();
    }
    cmd->worker = w->o.index;
    cmd->now_ms = w->wall_ms;
    cmd->made_us = w->made_us;
    cmd->next = NULL;
    if (w->tail != NULL)
        w->tail->next = cmd;
    else
        w->head = cmd;
    w->tail = cmd;
    w->gathered++;
    if (w->room > 0)
        w->room--;
}

/* --- Metrics ------------------------------------------------------------ */

static void
add(struct worker *w, enum metric which, uint64_t n)
{
    if (n > 0)
        metrics_add(w->o.shard, which, (int64_t)n);
}

void
worker_count(struct worker *w)
{
    const struct streams *all = &w->streams;

    add(w, METRIC_bytes_in_total, w->bytes_in);
    add(w, METRIC_bytes_out_total, all->written - w->bytes_out);
    add(w, METRIC_writes_total, all->writes - w->writes);
    w->bytes_in = 0;
    w->bytes_out = all->written;
    w->writes = all->writes;
}

/* --- A turn ------------------------------------------------------------- */

/* In the order in which they began to wait. Who uses the room up again waits
 * at the end. */
static void
feed_starved(struct worker *w)
{
    while (!list_empty(&w->starved) && worker_has_room(w)) {
        struct list *first = w->starved.next;

        list_remove(first);
        conn_feed(list_entry(first, struct conn_extra, starved)->conn);
    }
}

static void
resume_touched(struct worker *w)
{
    for (struct conn *c = w->touched; c != NULL; c = c->next_touched)
        if (c->resume)
            conn_resume(c);
}

static void
settle_touched(struct worker *w)
{
    struct conn *batch = w->touched, *c;

    w->touched = NULL;
    w->touched_end = &w->touched;
    while ((c = batch) != NULL) {
        batch = c->next_touched;
        conn_settle(c);
    }
}

/* Settling may touch again (an end, a queue that has drained), so until
 * nothing is left: the loop is about to sleep. */
void
worker_turn(struct worker *w)
{
    feed_starved(w);
    do {
        resume_touched(w);
        worker_submit(w);
        settle_touched(w);
    } while (w->touched != NULL);
    worker_submit(w);
    worker_count(w);
    w->room = 0;
    w->wall_ms = 0;
    if (w->mail_us != 0) {
        metrics_observe(w->o.shard, HISTOGRAM_turn_us,
                        clock_mono_us() - w->mail_us);
        w->mail_us = 0;
    }
}
