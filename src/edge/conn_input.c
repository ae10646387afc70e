/* SPDX-License-Identifier: MIT
 *
 * From the socket to the dialect. A connection is read at most once per turn,
 * into the worker's shared buffer, and parsed right there; what is left over
 * is kept in memory of its own, and then the next bytes go behind it. So an
 * idle connection holds no buffer.
 *
 * While input is held, for whatever reason, nothing is read: the peer feels
 * it as TCP's back-pressure, and nothing is lost. The peer's end is dealt with
 * when everything before it has been parsed.
 *
 * Before there is a name, no more is read than prelogin_bytes in total. A
 * script that sends its name and a megabyte at once waits in its socket. */
#include "dialect/detect.h"
#include "edge/conn_impl.h"
#include "edge/worker_impl.h"
#include "net/proxy_wire.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>

#define TOO_LATE_TEXT \
    "Hello comes first on this port: connect again and speak at once."
#define NO_PROXY_TEXT \
    "This address is not one of the proxies whose headers are believed."
#define TOO_MUCH_TEXT "That is too much without a name. Bye!"

/* --- The rest ----------------------------------------------------------- */

static const uint8_t *
rest_p(const struct conn *c)
{
    if (c->extra == NULL || c->extra->rest.n == 0)
        return NULL;
    return (const uint8_t *)c->extra->rest.p + c->extra->off;
}

static size_t
rest_n(const struct conn *c)
{
    return c->extra ? c->extra->rest.n - c->extra->off : 0;
}

void
conn_drop_rest(struct conn *c)
{
    if (c->extra == NULL)
        return;
    buf_done(&c->extra->rest);
    c->extra->off = 0;
    conn_drop_extra(c);
}

/* 0, or -ENOBUFS when memory is out; the size has been checked before. */
static int
rest_append(struct conn *c, const uint8_t *p, size_t n)
{
    struct conn_extra *extra;

    if (n == 0)
        return 0;
    extra = conn_get_extra(c);
    buf_consume(&extra->rest, extra->off);
    extra->off = 0;
    return buf_append(&extra->rest, p, n);
}

/* Only moves on, so that a held connection's rest is not copied for every
 * command that is taken from it. */
static void
rest_consume(struct conn *c, size_t n)
{
    if (n == 0)
        return;
    must(n <= rest_n(c));
    c->extra->off += n;
    if (rest_n(c) == 0)
        conn_drop_rest(c);
}

/* --- Detection ---------------------------------------------------------- */

static void
refuse_input(struct conn *c, const char *sentence, const char *reason)
{
    metrics_add(conn_worker(c)->o.shard, METRIC_bad_input_total, 1);
    conn_refuse(c, sentence, reason);
}

/* Final. Someone who was silent has been greeted in the fallback's words, and
 * cannot become anything else any more. */
static void
settle_on(struct conn *c, const struct dialect *d)
{
    if (c->dialect && conn_dialect(c) != d) {
        refuse_input(c, TOO_LATE_TEXT, "spoke too late");
        return;
    }
    if (!conn_may_speak(c, d))
        return;
    c->known = true;
    if (!c->dialect)
        conn_speak(c, d);
}

static void
turn_away(struct conn *c, struct str farewell)
{
    metrics_add(conn_worker(c)->o.shard, METRIC_bad_input_total, 1);
    conn_send_bytes(c, farewell.p, farewell.n);
    conn_end(c, "foreign protocol", false);
}

static void
follow(struct conn *c, enum detected found, const struct dialect *d,
       struct str farewell)
{
    switch (found) {
    case DETECT_MORE:
        break;
    case DETECT_FOREIGN:
        turn_away(c, farewell);
        break;
    case DETECT_DIALECT:
        settle_on(c, d);
        break;
    }
}

bool
conn_may_be_proxy(const struct conn *c)
{
    return !c->known && rest_n(c) > 0 && proxy_begins(rest_p(c), rest_n(c));
}

/* True: nothing else can be made of it, yet or ever. */
static bool
refuse_proxy(struct conn *c, const uint8_t *p, size_t n, size_t clear)
{
    if (!proxy_begins(p, n))
        return false;
    if (n >= clear)
        refuse_input(c, NO_PROXY_TEXT, "no proxy of ours");
    return true;
}

/* Looks at the first bytes; c->known when they are the dialect's to read. */
static void
recognise(struct conn *c, const uint8_t *p, size_t n)
{
    const struct dialect *d = NULL;
    struct str farewell = {0};
    enum detected found;

    if (refuse_proxy(c, p, n, PROXY_SIGNATURE_BYTES))
        return;
    found = detect(conn_worker(c)->o.dialects, p, n, &d, &farewell);
    follow(c, found, d, farewell);
}

void
conn_agree(struct conn *c, const char *protocol)
{
    const struct dialect *d = NULL;
    struct str farewell = {0};
    enum detected found = detect_protocol(conn_worker(c)->o.dialects, protocol,
                                          &d, &farewell);

    follow(c, found, d, farewell);
}

/* --- Parsing ------------------------------------------------------------ */

/* Returns how much was consumed. */
static size_t
parse(struct conn *c, const uint8_t *p, size_t n)
{
    size_t used;

    if (!c->known)
        recognise(c, p, n);
    if (!c->known || conn_held(c))
        return 0;
    if (c->websocket)
        return conn_take_frames(c, p, n);
    used = conn_dialect(c)->input(c, p, n);
    must(used <= n);
    return used;
}

/* A password came in through the worker's buffer, which others share and
 * nobody else empties. What was overwritten by longer lines is gone anyway. */
static void
forget_secret(struct worker *w)
{
    if (!w->secret)
        return;
    sodium_memzero(w->input, w->input_n);
    w->input_n = 0;
    w->secret = false;
}

static void
parse_rest(struct conn *c)
{
    size_t used;

    if (rest_n(c) == 0)
        return;
    used = parse(c, rest_p(c), rest_n(c));
    if (conn_worker(c)->secret && used > 0)
        sodium_memzero(c->extra->rest.p + c->extra->off, used);
    rest_consume(c, used);
    forget_secret(conn_worker(c));
}

void
conn_assume(struct conn *c)
{
    if (rest_n(c) > PROXY_LINE_ENDS &&
        refuse_proxy(c, rest_p(c), rest_n(c), 0))
        return;
    settle_on(c, conn_fallback(c));
    if (!conn_held(c))
        parse_rest(c);
}

static void
tell_eof(struct conn *c)
{
    size_t n = c->websocket ? 0 : rest_n(c);

    if (conn_dialect(c)->eof != NULL)
        conn_dialect(c)->eof(c, n ? rest_p(c) : NULL, n);
    conn_drop_rest(c);
    if (!conn_held(c))
        conn_finish(c, "connection closed");
}

/* Everything before it has been parsed, unless input is held. A dialect that
 * holds in its eof slot is asked again when it has released. */
static void
reach_eof(struct conn *c)
{
    if (!c->eof || conn_held(c))
        return;
    if (!c->dialect && rest_n(c) == 0) {
        conn_end(c, "closed without a word", true);
        return;
    }
    if (!c->known)
        conn_assume(c);
    if (!conn_held(c))
        tell_eof(c);
}

void
conn_advance(struct conn *c)
{
    parse_rest(c);
    reach_eof(c);
}

/* Whoever waits for the core already goes first. */
static bool
has_turn(struct conn *c)
{
    struct worker *w = conn_worker(c);

    if (list_empty(&w->starved) && worker_has_room(w))
        return true;
    conn_starve(c);
    return false;
}

void
conn_resume(struct conn *c)
{
    c->resume = false;
    if (!conn_held(c) && has_turn(c))
        conn_advance(c);
}

/* --- Reading ------------------------------------------------------------ */

/* One more byte than is allowed tells whether there is more. */
static size_t
read_size(const struct conn *c)
{
    size_t allowed = conn_worker(c)->o.limits.prelogin_bytes, said;
    size_t room = CONN_REST_BYTES - rest_n(c);
    size_t size = room < LIMIT_READ_BYTES ? room : LIMIT_READ_BYTES;

    must(room > 0);     /* a dialect takes a frame as soon as it is whole */
    if (conn_is_free(c))
        return size;
    said = c->bytes_in - conn_bytes_before(c);
    allowed = said < allowed ? allowed - said : 1;
    return size < allowed ? size : allowed;
}

static bool
used_up_prelogin(const struct conn *c)
{
    return !conn_is_free(c) &&
           c->bytes_in - conn_bytes_before(c) >=
               conn_worker(c)->o.limits.prelogin_bytes;
}

/* Not while older input waits to be parsed again. And while ENTER waits for
 * its answer, a peer that has said all it may is not at fault. */
bool
conn_wants_input(const struct conn *c)
{
    if (c->hung_up)
        return !c->eof;
    return !c->held && !c->resume && !c->eof &&
           !(c->entering && used_up_prelogin(c));
}

static void
count_input(struct conn *c, size_t n)
{
    c->heard_ms = conn_now(c);
    if (c->bytes_in == 0)
        c->first_ms = c->heard_ms;
    c->bytes_in += n;
    conn_worker(c)->bytes_in += n;
}

/* New bytes, in the worker's buffer. */
static void
take_input(struct conn *c, const uint8_t *p, size_t n)
{
    bool in_front = rest_n(c) == 0;
    size_t used = 0;

    if (has_turn(c) && in_front)
        used = parse(c, p, n);
    if (rest_append(c, p + used, n - used) < 0) {
        conn_lose(c, "out of memory");
        return;
    }
    forget_secret(conn_worker(c));
    if (!in_front && !conn_held(c))
        parse_rest(c);
}

static void
read_failed(struct conn *c, ssize_t error)
{
    if (error == -EAGAIN || error == -ECANCELED)
        return;
    conn_lose(c, error == -ETIMEDOUT ? "peer died" : "connection lost");
}

/* Of one that has hung up: only the end of it counts. */
static void
read_away(struct conn *c)
{
    struct worker *w = conn_worker(c);
    ssize_t n = stream_read(&c->stream, w->input, LIMIT_READ_BYTES);

    if (n > 0)
        w->bytes_in += (uint64_t)n;
    else if (n != -EAGAIN)
        c->eof = true;
}

void
conn_readable(struct stream *s)
{
    struct conn *c = list_entry(s, struct conn, stream);
    uint8_t *p = conn_worker(c)->input;
    bool over = used_up_prelogin(c);
    ssize_t n;

    conn_touch(c);
    if (c->hung_up) {
        read_away(c);
        return;
    }
    if (conn_is_prefaced(c))
        return;
    if (!conn_wants_input(c)) {
        if (s->error < 0)
            conn_lose(c, "connection lost");
        return;
    }
    n = stream_read(s, p, read_size(c));
    if (n < 0) {
        read_failed(c, n);
    } else if (n == 0) {
        c->eof = true;
        reach_eof(c);
    } else {
        count_input(c, (size_t)n);
        if ((size_t)n > conn_worker(c)->input_n)
            conn_worker(c)->input_n = (size_t)n;
        if (over)
            refuse_input(c, TOO_MUCH_TEXT, "too much before a name");
        else
            take_input(c, p, (size_t)n);
    }
}

/* --- The dialect's timer ------------------------------------------------ */

/* Input that is held, or waits to be parsed again, stays untouched: there may
 * be whole lines in it. */
void
conn_run_timer(struct conn *c)
{
    bool readable = c->known && !c->held && !c->resume && !c->websocket;
    size_t n = readable ? rest_n(c) : 0;
    size_t used = conn_dialect(c)->timer(c, n ? rest_p(c) : NULL, n);

    must(used <= n);
    if (used > 0)
        rest_consume(c, used);
}
