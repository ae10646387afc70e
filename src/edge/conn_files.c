/* SPDX-License-Identifier: MIT
 *
 * Output that is too much to be queued: the dialect makes it piece by piece in
 * its drain slot, whenever the socket has taken what was there.
 *
 * conn_settle() calls conn_drain() once the queue has been flushed. It goes on
 * while the socket takes more, up to DRAIN_TURN_BYTES; then the loop looks
 * after the others, and comes back when the socket has room, which may be at
 * once. A slot that does nothing waits for something else, and is called again
 * in the next turn that touches the connection. */
#include "edge/conn_impl.h"
#include "edge/worker_impl.h"

#define DRAIN_TURN_BYTES (1024 * 1024)
#define HURRY_BYTES (128 * 1024)

void
conn_serve(struct conn *c)
{
    c->serving = true;
    conn_touch(c);
}

size_t
conn_queued(const struct conn *c)
{
    return c->stream.out.bytes;
}

void
conn_hurry(struct conn *c, bool hurry)
{
    stream_limit_unsent(&c->stream, hurry ? HURRY_BYTES : 0);
}

/* --- Draining ----------------------------------------------------------- */

void
conn_want_drain(struct conn *c, bool want)
{
    must(!want || conn_dialect(c)->drain != NULL);
    if (c->ending)
        return;
    c->drains = want;
    if (!want && c->extra != NULL)
        conn_drop_extra(c);
    conn_touch(c);
}

ssize_t
conn_send_file(struct conn *c, int fd, uint64_t offset, size_t n)
{
    struct worker *w = conn_worker(c);
    ssize_t took;

    if (c->ending || n == 0)
        return 0;
    if (n > w->drain_room)
        n = w->drain_room;
    if (n == 0) {
        stream_await_room(&c->stream);
        return 0;
    }
    took = stream_send_file(&c->stream, fd, offset, n);
    if (took > 0)
        w->drain_room -= (size_t)took;
    return took;
}

static bool
may_drain(const struct conn *c)
{
    return c->drains && !c->ending && !c->stream.blocked &&
           c->stream.error == 0 && c->stream.out.bytes <= LIMIT_PIECE_BYTES;
}

/* True: something came of it, and more may. */
static bool
drain_once(struct conn *c, uint64_t begun_at)
{
    uint64_t before = c->stream.written + c->stream.out.bytes;

    conn_worker(c)->drain_room =
        DRAIN_TURN_BYTES - (size_t)(c->stream.written - begun_at);
    conn_dialect(c)->drain(c);
    if (!c->stream.blocked && stream_flush(&c->stream) < 0)
        return false;
    return c->stream.written + c->stream.out.bytes != before;
}

void
conn_drain(struct conn *c)
{
    uint64_t begun_at = c->stream.written;

    while (may_drain(c) && drain_once(c, begun_at))
        if (c->stream.written - begun_at >= DRAIN_TURN_BYTES)
            stream_await_room(&c->stream);
    if (c->drains && c->stream.blocked)
        conn_get_extra(c)->acknowledged = stream_acknowledged(&c->stream);
}

bool
conn_waits_for_socket(const struct conn *c)
{
    return c->stream.out.bytes > 0 || (c->drains && c->stream.blocked);
}

/* A socket can hold megabytes, and says that it has room when a third of them
 * is gone: over a slow line that is longer than the deadline. */
bool
conn_gets_on(struct conn *c)
{
    uint64_t now = stream_acknowledged(&c->stream);

    if (!c->drains || now == conn_get_extra(c)->acknowledged)
        return false;
    c->extra->acknowledged = now;
    c->stream.out.moved_ms = conn_now(c);
    return true;
}

/* --- While a file has the output to itself ------------------------------ */

/* Who was occupied has missed whatever is in the log: conn_check_limits()
 * tells the fan-out that there is room again. */
static void
follow_up(struct conn *c)
{
    struct conn_extra *extra = c->extra;

    c->congested = true;
    if (extra == NULL)
        return;
    for (size_t at = 0; at < extra->aside.n; at += sizeof(struct slab *)) {
        struct slab *s;

        memcpy(&s, extra->aside.p + at, sizeof(s));
        stream_send(&c->stream, s);
    }
    conn_drop_aside(c);
    conn_drop_extra(c);
}

void
conn_occupy(struct conn *c, bool occupied)
{
    if (c->ending || c->occupied == occupied)
        return;
    c->occupied = occupied;
    if (!occupied)
        follow_up(c);
    conn_touch(c);
}

/* Nothing that is in the log comes here: who is occupied lags. */
void
conn_set_aside(struct conn *c, struct slab *s)
{
    struct conn_extra *extra = conn_get_extra(c);
    size_t max = conn_worker(c)->o.limits.output_soft_bytes;

    if (s->n > max - extra->aside_bytes ||
        buf_append(&extra->aside, &s, sizeof(s)) < 0)
        return;
    slab_ref(s);
    extra->aside_bytes += s->n;
}

void
conn_drop_aside(struct conn *c)
{
    struct conn_extra *extra = c->extra;

    if (extra == NULL)
        return;
    for (size_t at = 0; at < extra->aside.n; at += sizeof(struct slab *)) {
        struct slab *s;

        memcpy(&s, extra->aside.p + at, sizeof(s));
        slab_unref(&s);
    }
    buf_done(&extra->aside);
    extra->aside_bytes = 0;
}
