/* SPDX-License-Identifier: MIT
 *
 * The link gives a talk its connections: it opens them, moves bytes between
 * socket and talk, watches the clock, and decides after a loss whether and
 * when to try again. Everything that ends a connection goes through lose() or
 * over(), and the application hears of the end (FAILED, CLOSED) from a timer
 * of its own, when nothing else is on the stack: it may free the link there.
 *
 * Memory: `refs` counts the handles that the loop still knows; the last one's
 * close callback frees the link. */
#include "link/link.h"

#include "base/limits.h"
#include "link/backoff.h"
#include "link/connect.h"
#include "link/talk.h"
#include "net/stream.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    READS_PER_TURN = 16,
    CLOSE_MS = 3000,          /* for the last words */
    STABLE_DELAYS = 20,       /* a connection that lasted that many first
                                 delays starts the counting anew */
};

struct connection {
    struct stream stream;
    struct link *link;
};

/* The next attempt, or the news of the end; the Welcome's deadline, then the
 * heartbeat; the outbox's rest; link_close()'s deadline. */
enum { STEP, WATCH, REST, CLOSE, TIMERS };

struct link {
    uv_loop_t *loop;
    struct link_options options;     /* host is a copy; others are unused */
    enum link_status status;
    enum link_status end;            /* FAILED or CLOSED; 0 = not over */
    struct talk talk;
    struct connect *connect;         /* at most one of these two */
    struct connection *conn;
    struct outq_pool pool;
    uv_timer_t timers[TIMERS];
    uv_prepare_t prepare;
    unsigned refs;
    struct backoff backoff, rest;
    unsigned tried;                  /* attempts in a row */
    int64_t heard_ms, spoke_ms, pinged_ms, welcome_ms;
    bool was_full;                   /* link_post() said -EAGAIN */
    bool closing, said_bye;
    int code;
    char why[512];                   /* it was lost, or is over */
};

static const uv_timer_cb timer_fns[TIMERS];

static int64_t
now_ms(const struct link *l)
{
    return (int64_t)uv_now(l->loop);
}

static void
drop(struct link *l)
{
    if (--l->refs > 0)
        return;
    talk_done(&l->talk);
    outq_pool_done(&l->pool);
    free((char *)l->options.host);
    free(l);
}

static void
set_timer(struct link *l, int which, int64_t in_ms)
{
    must(uv_timer_start(&l->timers[which], timer_fns[which],
                        in_ms > 0 ? (uint64_t)in_ms : 0, 0) == 0);
}

static void
set_status(struct link *l, enum link_status status, const char *detail,
           int64_t retry_ms)
{
    l->status = status;
    l->options.ops->status(l, status, detail, retry_ms);
}

/* ---- The end of a connection, and of the link ---- */

static void
hang_up(struct link *l)
{
    connect_cancel(&l->connect);
    if (l->conn != NULL)
        stream_close(&l->conn->stream, false);
    l->conn = NULL;
    talk_end(&l->talk);
    for (int i = 0; i < TIMERS; i++)
        uv_timer_stop(&l->timers[i]);
}

/* The application hears of it in the loop's next turn. */
static void
over(struct link *l, enum link_status end)
{
    hang_up(l);
    l->end = end;
    set_timer(l, STEP, 0);
}

static unsigned
attempts_max(const struct link *l)
{
    return l->talk.welcomed ? l->options.attempts : l->options.first_attempts;
}

static void
wait_and_retry(struct link *l)
{
    unsigned max = attempts_max(l);
    int64_t ms = backoff_next_ms(&l->backoff);
    char which[64];

    if (max > 0)
        snprintf(which, sizeof which, "attempt %u of %u", l->tried + 1, max);
    else
        snprintf(which, sizeof which, "attempt %u", l->tried + 1);
    set_timer(l, STEP, ms);
    set_status(l, LINK_WAITING, which, ms);
}

static void
forgive(struct link *l)
{
    l->tried = 0;
    backoff_reset(&l->backoff);
}

static void
lose(struct link *l, int code, const char *why)
{
    bool stable = l->status == LINK_CONNECTED &&
        now_ms(l) - l->welcome_ms >=
            STABLE_DELAYS * l->options.delay_first_ms;

    snprintf(l->why, sizeof l->why, "%s", why);
    l->code = code;
    if (l->closing) {
        over(l, LINK_CLOSED);
        return;
    }
    hang_up(l);
    if (stable)
        forgive(l);
    set_status(l, LINK_LOST, l->why, 0);
    if (l->end != 0)
        return;
    if (attempts_max(l) > 0 && l->tried >= attempts_max(l))
        over(l, LINK_FAILED);
    else
        wait_and_retry(l);
}

static void
take_verdict(struct link *l, enum talk_verdict verdict)
{
    const struct talk *t = &l->talk;

    if (verdict == TALK_LOST) {
        lose(l, t->code, t->why);
        return;
    }
    l->code = t->code;
    if (t->code == 0)
        snprintf(l->why, sizeof l->why, "%s:%u: %s", l->options.host,
                 l->options.port, t->why);
    else
        snprintf(l->why, sizeof l->why, "%s", t->why);
    over(l, LINK_FAILED);
}

/* ---- Bytes ---- */

static void
read_input(struct link *l)
{
    uint8_t bytes[LIMIT_READ_BYTES];

    for (int i = 0; i < READS_PER_TURN && l->conn != NULL; i++) {
        enum talk_verdict verdict;
        ssize_t n = stream_read(&l->conn->stream, bytes, sizeof bytes);

        if (n == -EAGAIN)
            return;
        if (n <= 0) {
            lose(l, 0, n < 0 ? strerror((int)-n)
                             : "the server closed the connection");
            return;
        }
        l->heard_ms = now_ms(l);
        verdict = talk_input(&l->talk, bytes, (size_t)n);
        if (verdict != TALK_ON)
            take_verdict(l, verdict);
    }
}

static void
on_readable(struct stream *s)
{
    read_input(((struct connection *)s)->link);
}

static void
on_drained(struct stream *s)
{
    (void)s;                  /* more comes with the loop's next turn */
}

static void
on_stream_closed(struct stream *s)
{
    struct connection *conn = (struct connection *)s;
    struct link *l = conn->link;

    free(conn);
    drop(l);
}

static const struct stream_ops stream_ops = {
    .readable = on_readable,
    .drained = on_drained,
    .closed = on_stream_closed,
};

static void
flush(struct link *l)
{
    struct stream *s = &l->conn->stream;
    struct buf *out = &l->talk.out;
    struct slab *slab;
    ssize_t wrote;

    if (out->n == 0 || s->out.bytes >= TALK_OUT_BYTES)
        return;
    slab = slab_copy(buf_str(out));
    buf_clear(out);
    stream_send(s, slab);
    slab_unref(&slab);
    wrote = stream_flush(s);
    if (wrote > 0)
        l->spoke_ms = now_ms(l);
    if (wrote < 0)
        lose(l, 0, strerror((int)-wrote));
}

static void
say_bye(struct link *l)
{
    Loquat__V1__Bye bye = LOQUAT__V1__BYE__INIT;
    Envelope e = LOQUAT__V1__ENVELOPE__INIT;

    e.body_case = ENVELOPE_BODY(BYE);
    e.bye = &bye;
    talk_tell(&l->talk, &e);
    l->said_bye = true;
}

/* Once per turn, before the loop waits: all that was said in it goes out in
 * one piece. */
static void
on_prepare(uv_prepare_t *prepare)
{
    struct link *l = prepare->data;

    if (l->was_full && l->end == 0 && outbox_has_room(&l->talk.outbox)) {
        l->was_full = false;
        l->options.ops->writable(l);
    }
    if (l->conn == NULL)
        return;
    talk_pump(&l->talk);
    if (l->closing && !l->said_bye && link_pending(l) == 0)
        say_bye(l);
    if (l->talk.outbox.resting &&
        !uv_is_active((uv_handle_t *)&l->timers[REST]))
        set_timer(l, REST, backoff_next_ms(&l->rest));
    flush(l);
}

/* ---- Connecting ---- */

static void
on_connected(void *arg, int fd, const struct err *e)
{
    struct link *l = arg;
    struct connection *conn;
    int r;

    l->connect = NULL;
    if (fd < 0) {
        lose(l, 0, e->text);
        return;
    }
    conn = must_alloc(sizeof *conn);
    conn->link = l;
    r = stream_open(&conn->stream, l->loop, fd, &l->pool, &stream_ops);
    if (r < 0) {
        free(conn);
        close(fd);
        lose(l, 0, uv_strerror(r));
        return;
    }
    l->refs++;
    l->conn = conn;
    l->heard_ms = l->spoke_ms = l->pinged_ms = now_ms(l);
    talk_begin(&l->talk);
    stream_want_read(&conn->stream, true);
    set_timer(l, WATCH, l->options.timeout_ms);
}

static void
attempt(struct link *l)
{
    char where[300];

    snprintf(where, sizeof where, "%s:%u", l->options.host, l->options.port);
    l->tried++;
    set_status(l, LINK_CONNECTING, where, 0);
    if (l->end == 0)
        l->connect = connect_start(l->loop, l->options.host, l->options.port,
                                   l->options.timeout_ms, on_connected, l);
}

/* ---- The clock ---- */

static void
on_step(uv_timer_t *timer)
{
    struct link *l = timer->data;

    if (l->end != 0)
        set_status(l, l->end, l->end == LINK_FAILED ? l->why : NULL, 0);
    else
        attempt(l);
}

static void
say_ping(struct link *l)
{
    Loquat__V1__Ping ping = LOQUAT__V1__PING__INIT;
    Envelope e = LOQUAT__V1__ENVELOPE__INIT;

    e.body_case = ENVELOPE_BODY(PING);
    e.ping = &ping;
    talk_tell(&l->talk, &e);
    l->spoke_ms = l->pinged_ms = now_ms(l);
}

/* The server wants to hear something at least every heartbeat, and so do we. */
static int64_t
ping_due_ms(const struct link *l)
{
    int64_t quiet_ms = l->spoke_ms < l->heard_ms ? l->spoke_ms : l->heard_ms;

    return l->talk.heartbeat_ms +
           (quiet_ms > l->pinged_ms ? quiet_ms : l->pinged_ms);
}

static void
watch(struct link *l)
{
    int64_t dead_ms = l->heard_ms + l->talk.dead_ms;
    int64_t ping_ms = ping_due_ms(l);

    set_timer(l, WATCH, (ping_ms < dead_ms ? ping_ms : dead_ms) - now_ms(l));
}

static bool
is_dead(const struct link *l)
{
    return now_ms(l) >= l->heard_ms + l->talk.dead_ms;
}

/* A process that was stopped for a while finds its deadlines passed and the
 * server's bytes waiting: they are read before it is called dead. */
static void
on_watch(uv_timer_t *timer)
{
    struct link *l = timer->data;
    char why[64];

    if (l->talk.phase != TALK_LIVE) {
        lose(l, 0, "the server does not answer");
        return;
    }
    if (is_dead(l))
        read_input(l);
    if (l->conn == NULL)
        return;
    if (is_dead(l)) {
        snprintf(why, sizeof why, "nothing was heard for %u seconds",
                 (l->talk.dead_ms + 999) / 1000);
        lose(l, 0, why);
        return;
    }
    if (now_ms(l) >= ping_due_ms(l))
        say_ping(l);
    watch(l);
}

static void
on_rest(uv_timer_t *timer)
{
    struct link *l = timer->data;

    outbox_wake(&l->talk.outbox);
}

static void
on_close_timeout(uv_timer_t *timer)
{
    over(timer->data, LINK_CLOSED);
}

static const uv_timer_cb timer_fns[TIMERS] = {
    [STEP] = on_step,
    [WATCH] = on_watch,
    [REST] = on_rest,
    [CLOSE] = on_close_timeout,
};

/* ---- What the talk hears ---- */

static void
hear_welcome(void *arg, bool replaced)
{
    struct link *l = arg;

    if (l->welcome_ms < 0)
        forgive(l);           /* the first one: another limit from now on */
    l->welcome_ms = now_ms(l);
    watch(l);
    set_status(l, LINK_CONNECTED,
               replaced ? "the server's history was replaced" : NULL, 0);
}

static void
hear_envelope(void *arg, const Envelope *e)
{
    struct link *l = arg;

    l->options.ops->envelope(l, e);
}

static void
hear_posted(void *arg, uint64_t tag, const Loquat__V1__Posted *posted)
{
    struct link *l = arg;

    backoff_reset(&l->rest);
    l->options.ops->posted(l, tag, posted);
}

static void
hear_refused(void *arg, uint64_t tag, const Loquat__V1__Error *error)
{
    struct link *l = arg;

    l->options.ops->refused(l, tag, error);
}

static const struct talk_ops talk_ops = {
    .welcome = hear_welcome,
    .envelope = hear_envelope,
    .posted = hear_posted,
    .refused = hear_refused,
};

/* ---- For the application ---- */

static struct link_options
with_defaults(struct link_options o)
{
    o.host = must_strdup(o.host);
    o.delay_first_ms = o.delay_first_ms ? o.delay_first_ms : 250;
    o.delay_max_ms = o.delay_max_ms ? o.delay_max_ms : 30000;
    o.timeout_ms = o.timeout_ms ? o.timeout_ms : 10000;
    o.outbox_messages = o.outbox_messages ? o.outbox_messages : 4096;
    o.outbox_bytes = o.outbox_bytes ? o.outbox_bytes : 1024 * 1024;
    return o;
}

static void
init_handles(struct link *l)
{
    for (int i = 0; i < TIMERS; i++) {
        must(uv_timer_init(l->loop, &l->timers[i]) == 0);
        l->timers[i].data = l;
    }
    must(uv_prepare_init(l->loop, &l->prepare) == 0);
    l->prepare.data = l;
    must(uv_prepare_start(&l->prepare, on_prepare) == 0);
    l->refs = TIMERS + 1;
}

struct link *
link_new(uv_loop_t *loop, const struct link_options *o)
{
    struct link *l = must_alloc(sizeof *l);
    struct talk_options talk;

    l->loop = loop;
    l->options = with_defaults(*o);
    l->welcome_ms = -1;
    talk = (struct talk_options){
        .name = o->name, .client = o->client, .or_similar = o->or_similar,
        .features = o->features,
        .outbox_messages = l->options.outbox_messages,
        .outbox_bytes = l->options.outbox_bytes,
    };
    talk_init(&l->talk, &talk, &talk_ops, l);
    backoff_init(&l->backoff, l->options.delay_first_ms,
                 l->options.delay_max_ms);
    l->rest = l->backoff;
    init_handles(l);
    set_timer(l, STEP, 0);
    return l;
}

void *
link_arg(const struct link *l)
{
    return l->options.arg;
}

enum link_status
link_state(const struct link *l)
{
    return l->status;
}

int
link_error_code(const struct link *l)
{
    return l->code;
}

const char *
link_name(const struct link *l)
{
    return l->talk.welcomed ? l->talk.name : NULL;
}

uint32_t
link_message_bytes(const struct link *l)
{
    return l->talk.message_bytes;
}

void
link_join(struct link *l, const char *target, int64_t after)
{
    talk_join(&l->talk, target, after);
}

void
link_part(struct link *l, const char *target)
{
    talk_part(&l->talk, target);
}

int
link_post(struct link *l, const char *target, Loquat__V1__MessageKind kind,
          const char *text, uint64_t tag)
{
    int r;

    if (strlen(target) + strlen(text) > LINK_POST_BYTES)
        return -EMSGSIZE;
    r = outbox_add(&l->talk.outbox, target, kind, text, tag);
    if (r == -EAGAIN)
        l->was_full = true;
    return r;
}

size_t
link_pending(const struct link *l)
{
    return l->talk.outbox.count;
}

uint64_t
link_request(struct link *l, Envelope *e)
{
    return talk_request(&l->talk, e);
}

void
link_tell(struct link *l, Envelope *e)
{
    talk_tell(&l->talk, e);
}

void
link_close(struct link *l)
{
    if (l->closing || l->end != 0)
        return;
    l->closing = true;
    if (l->conn != NULL && l->talk.phase == TALK_LIVE)
        set_timer(l, CLOSE, CLOSE_MS);
    else
        over(l, LINK_CLOSED);
}

static void
on_handle_closed(uv_handle_t *handle)
{
    drop(handle->data);
}

void
link_free(struct link **link)
{
    struct link *l = *link;

    *link = NULL;
    if (l == NULL)
        return;
    hang_up(l);
    for (int i = 0; i < TIMERS; i++)
        uv_close((uv_handle_t *)&l->timers[i], on_handle_closed);
    uv_close((uv_handle_t *)&l->prepare, on_handle_closed);
}
