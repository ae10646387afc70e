/* SPDX-License-Identifier: MIT
 *
 * A connection that speaks its dialect in WebSocket messages (RFC 6455): the
 * handshake was HTTP's, everything behind it is here.
 *
 * The end: whichever side begins it, our Close is the last frame, in
 * conn_settle()'s burial. The peer's Close is answered by its own code once
 * what came before it has been answered; ours is not waited for an answer to:
 * the connection hangs up, and the peer's end is enough. */
#include "base/log.h"
#include "edge/conn_impl.h"
#include "edge/worker_impl.h"

#include <stdlib.h>

struct conn_websocket {
    struct websocket filter;
    uint64_t bytes_before;        /* the upgrade */
    struct slab *pong;            /* a whole one, or NULL: waits for room */
    enum websocket_code code;     /* of our Close; 0: none so far */
    const char *why;              /* of a fault; static */
};

static struct conn_websocket *
websocket_of(const struct conn *c)
{
    return c->extra ? c->extra->websocket : NULL;
}

bool
conn_is_websocket(const struct conn *c)
{
    return c->websocket;
}

uint64_t
conn_bytes_before(const struct conn *c)
{
    const struct conn_websocket *w = websocket_of(c);

    return w ? w->bytes_before : 0;
}

/* --- Upgrading ---------------------------------------------------------- */

static const struct dialect *
find_dialect(const struct conn *c, struct str subprotocol)
{
    const struct dialect *const *d = conn_worker(c)->o.dialects;

    while (*d != NULL && ((*d)->subprotocol == NULL ||
                          !str_eq(str_of((*d)->subprotocol), subprotocol)))
        d++;
    return *d;
}

/* As if it had just connected: limits and deadlines begin anew, and whatever
 * is still answered to the session before finds nobody. */
static void
begin_anew(struct conn *c)
{
    uint64_t was = c->receiver.session;

    c->receiver.session = worker_next_session(conn_worker(c));
    c->spoke = c->entering = c->named = c->serving = false;
    c->pages = 0;
    c->born_ms = c->first_ms = c->heard_ms = conn_now(c);
    conn_unhold(c, HELD_DIALECT);
    log_event(LOG_INFO, "edge", "upgraded",
              LOG_N("session", c->receiver.session), LOG_N("was", was));
}

bool
conn_upgrade(struct conn *c, struct str subprotocol)
{
    const struct dialect *d = find_dialect(c, subprotocol);
    struct conn_websocket *w;

    must(!c->websocket);
    if (d == NULL || c->ending || c->fenced)
        return false;
    conn_leave(c, "upgraded", true);
    conn_let_go(c);
    begin_anew(c);
    w = must_alloc(sizeof(*w));
    websocket_init(&w->filter, LIMIT_WS_MESSAGE_BYTES);
    w->bytes_before = c->bytes_in;
    conn_get_extra(c)->websocket = w;
    c->websocket = true;
    conn_take_up(c, d);
    c->resume = true;       /* what lies behind the handshake */
    return true;
}

void
conn_drop_websocket(struct conn *c)
{
    struct conn_websocket *w = websocket_of(c);

    if (w == NULL)
        return;
    websocket_done(&w->filter);
    slab_unref(&w->pong);
    free(w);
    c->extra->websocket = NULL;
}

/* --- What the peer says ------------------------------------------------- */

static void
fault(struct conn *c, enum websocket_code code, const char *why)
{
    struct conn_websocket *w = websocket_of(c);

    metrics_add(conn_worker(c)->o.shard, METRIC_bad_input_total, 1);
    conn_close_with(c, code);
    w->why = why;
    conn_end(c, why, false);
}

/* All of it, or it is no message of that dialect's. */
static void
take_message(struct conn *c, const struct buf *message)
{
    size_t used = 0;

    if (message->n > 0)
        used = conn_dialect(c)->input(c, (const uint8_t *)message->p,
                                      message->n);
    must(used <= message->n);
    if ((message->n == 0 || used < message->n) && !c->ending)
        fault(c, WEBSOCKET_BAD_DATA, "the message is not whole");
}

static void
send_slab(struct conn *c, struct slab *s)
{
    conn_queue(c, s);
    slab_unref(&s);
    conn_weigh(c);
}

static bool
is_slow(const struct conn *c)
{
    return c->stream.out.bytes > conn_worker(c)->o.limits.output_soft_bytes;
}

/* A peer that asks and does not read is answered the last time it asked
 * (§5.5.3). */
static void
take_ping(struct conn *c, const struct buf *payload)
{
    struct conn_websocket *w = websocket_of(c);

    slab_unref(&w->pong);
    w->pong = websocket_frame(WEBSOCKET_PONG, buf_str(payload));
    if (!is_slow(c))
        conn_send_pong(c);
}

void
conn_send_pong(struct conn *c)
{
    struct conn_websocket *w = websocket_of(c);
    struct slab *pong = w ? w->pong : NULL;

    if (pong == NULL || c->ending || is_slow(c))
        return;
    w->pong = NULL;
    send_slab(c, pong);
}

/* One thing that was got; the connection may be ending after it. */
static void
act(struct conn *c, enum websocket_got got)
{
    struct conn_websocket *w = websocket_of(c);
    const struct websocket *filter = &w->filter;

    switch (got) {
    case WEBSOCKET_GOT_MORE:
        break;
    case WEBSOCKET_GOT_MESSAGE:
        take_message(c, &filter->message);
        break;
    case WEBSOCKET_GOT_PING:
        take_ping(c, &filter->control);
        break;
    case WEBSOCKET_GOT_CLOSE:
        conn_close_with(c, filter->code);
        conn_finish(c, "closed");
        break;
    case WEBSOCKET_GOT_FAULT:
        fault(c, filter->code, filter->why);
        break;
    }
}

/* Whatever lies behind a Close or a fault is nobody's. */
size_t
conn_take_frames(struct conn *c, const uint8_t *p, size_t n)
{
    struct conn_websocket *w = websocket_of(c);
    size_t used = 0, step;

    while (used < n && !conn_held(c)) {
        enum websocket_got got =
            websocket_take(&w->filter, p + used, n - used, &step);

        used += step;
        act(c, got);
    }
    return w->filter.over ? n : used;
}

/* --- What we say -------------------------------------------------------- */

void
conn_send_header(struct conn *c, size_t n)
{
    uint8_t header[WEBSOCKET_HEADER_BYTES];
    size_t header_n = websocket_header(header, WEBSOCKET_BINARY, n);

    if (n > 0)
        send_slab(c, slab_copy((struct str){(char *)header, header_n}));
}

void
conn_close_with(struct conn *c, enum websocket_code code)
{
    struct conn_websocket *w = websocket_of(c);

    if (w != NULL && w->code == 0)
        w->code = code;
}

void
conn_send_close(struct conn *c)
{
    struct conn_websocket *w = websocket_of(c);

    if (w != NULL)
        send_slab(c, websocket_close(w->code, w->why ? w->why : ""));
}
