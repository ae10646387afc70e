/* SPDX-License-Identifier: MIT
 *
 * To the socket. Everything is only queued here, by reference where it is
 * shared, and written once at the end of the turn.
 *
 * A queue is bounded in three steps: above the soft limit the fan-out stops
 * sending live events (the session lags, and is fed from the log as its queue
 * drains); above half of the hard limit, pages that are on their way included,
 * no more questions are read from the peer; above the hard limit it is cut. */
#include "edge/conn_impl.h"
#include "edge/worker_impl.h"

#include <stdarg.h>
#include <stdio.h>

static struct conn *
conn_of(struct receiver *r)
{
    return list_entry(r, struct conn, receiver);
}

/* --- Queueing ----------------------------------------------------------- */

void
conn_queue(struct conn *c, struct slab *s)
{
    if (c->stream.closing || c->lost)
        return;
    stream_send(&c->stream, s);
    if (c->stream.out.bytes > conn_worker(c)->o.limits.output_soft_bytes)
        c->congested = true;
    conn_touch(c);
}

void
conn_send(struct conn *c, struct slab *s)
{
    if (c->websocket)
        conn_send_header(c, s->n);
    conn_queue(c, s);
    slab_unref(&s);
    conn_weigh(c);
}

void
conn_send_bytes(struct conn *c, const void *p, size_t n)
{
    conn_send(c, slab_copy((struct str){p, n}));
}

void
conn_printf(struct conn *c, const char *fmt, ...)
{
    va_list ap, again;
    struct slab *s;
    int n;

    va_start(ap, fmt);
    va_copy(again, ap);
    n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    must(n >= 0);
    s = slab_new((size_t)n);
    vsnprintf(s->p, (size_t)n + 1, fmt, again);
    va_end(again);
    conn_send(c, s);
}

/* --- After a flush ------------------------------------------------------ */

void
conn_weigh(struct conn *c)
{
    size_t owed = c->stream.out.bytes + c->pages * (size_t)LIMIT_PAGE_BYTES;

    if (owed > conn_worker(c)->o.limits.output_hard_bytes / 2)
        conn_hold_by(c, HELD_OUTPUT);
    else
        conn_unhold(c, HELD_OUTPUT);
}

void
conn_check_limits(struct conn *c)
{
    const struct edge_limits *l = &conn_worker(c)->o.limits;
    size_t bytes = c->stream.out.bytes;

    if (bytes > l->output_hard_bytes) {
        conn_end(c, "output limit", false);
        return;
    }
    if (bytes <= l->output_soft_bytes / 4 && !c->occupied &&
        (c->congested || c->receiver.lagging)) {
        c->congested = false;
        fanout_drained(conn_worker(c)->fanout, &c->receiver);
    }
    if (c->websocket)
        conn_send_pong(c);
    if (c->held & HELD_OUTPUT)
        conn_weigh(c);
}

/* --- What the fan-out wants --------------------------------------------- */

static struct slab *
encode(struct receiver *r, unsigned encoding, const struct event *e)
{
    struct conn *c = conn_of(r);
    struct slab *s = conn_dialect(c)->encode(
        conn_worker(c)->o.config, encoding % DIALECT_ENCODINGS, e);
    struct slab *framed;

    if (s == NULL || !c->websocket)
        return s;
    framed = websocket_frame(WEBSOCKET_BINARY, (struct str){s->p, s->n});
    slab_unref(&s);
    return framed;
}

static void
send_shared(struct receiver *r, struct slab *s)
{
    struct conn *c = conn_of(r);

    if (c->occupied)
        conn_set_aside(c, s);
    else if (!c->ending)
        conn_queue(c, s);
}

static bool
congested(const struct receiver *r)
{
    const struct conn *c = list_entry(r, struct conn, receiver);

    return c->occupied ||
           c->stream.out.bytes > conn_worker(c)->o.limits.output_soft_bytes;
}

/* What an answer ends, besides what it says. */
static void
note_answer(struct conn *c, const struct event *e)
{
    if (e->kind == ANSWER_WELCOME)
        c->named = true;
    if (e->command == COMMAND_ENTER)
        c->entering = false;
    if (e->command == COMMAND_HISTORY && c->pages > 0)
        c->pages--;
    conn_touch(c);
}

static void
answer(struct receiver *r, const struct event *e, struct subscription *sub)
{
    struct conn *c = conn_of(r);

    if (c->ending)
        return;
    note_answer(c, e);
    if (conn_is_fence(c, e))
        c->fence_back = true;
    else
        conn_dialect(c)->answer(c, e, sub);
    conn_check_fence(c);
}

static void
end(struct receiver *r, const struct event *why)
{
    conn_dismiss(conn_of(r), why);
}

const struct receiver_ops conn_receiver_ops = {
    .encode = encode,
    .send = send_shared,
    .answer = answer,
    .congested = congested,
    .end = end,
};
