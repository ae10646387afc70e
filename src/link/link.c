/* SPDX-License-Identifier: MIT
 *
 * The link gives a talk its connections: it opens them, and decides after a
 * loss whether and when to try again. Everything that ends a connection goes
 * through link_lose() or over(), and the application hears of the end (FAILED,
 * CLOSED) from a timer of its own, when nothing else is on the stack: it may
 * free the link there.
 *
 * Memory: `refs` counts the handles that the loop still knows; the last one's
 * close callback frees the link. */
#include "link/link_impl.h"

#include "base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    CLOSE_MS = 3000,          /* for the last words */
    STABLE_DELAYS = 20,       /* a connection that lasted that many first
                                 delays starts the counting anew */
};

static const uv_timer_cb timer_fns[TIMERS];

int64_t
link_now_ms(const struct link *l)
{
    return (int64_t)uv_now(l->loop);
}

void
link_unref(struct link *l)
{
    if (--l->refs > 0)
        return;
    talk_done(&l->talk);
    tls_client_free(&l->tls);
    free((char *)l->options.host);
    free(l);
}

void
link_set_timer(struct link *l, int which, int64_t in_ms)
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
    link_io_close(l);
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
    link_set_timer(l, STEP, 0);
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
    link_set_timer(l, STEP, ms);
    set_status(l, LINK_WAITING, which, ms);
}

static void
forgive(struct link *l)
{
    l->tried = 0;
    backoff_reset(&l->backoff);
}

void
link_lose(struct link *l, int code, const char *why)
{
    bool stable = l->status == LINK_CONNECTED &&
        link_now_ms(l) - l->welcome_ms >=
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

void
link_lose_by(struct link *l, enum talk_verdict verdict)
{
    const struct talk *t = &l->talk;

    if (verdict == TALK_LOST) {
        link_lose(l, t->code, t->why);
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

void
link_distrust(struct link *l, const char *why)
{
    l->code = LINK_WRONG_SERVER;
    snprintf(l->why, sizeof l->why, "%s", why);
    over(l, LINK_FAILED);
}

/* ---- Connecting ---- */

static void
on_connected(void *arg, int fd, const struct err *e)
{
    struct link *l = arg;

    l->connect = NULL;
    if (fd < 0)
        link_lose(l, 0, e->text);
    else
        link_io_open(l, fd);
}

static void
attempt(struct link *l)
{
    char where[300];

    snprintf(where, sizeof where, "%s:%u", l->options.host, l->options.port);
    l->tried++;
    set_status(l, LINK_CONNECTING, where, 0);
    /* Before connecting: it reads all the authorities of this system, and a
     * server that hears nothing for so long takes one for a person. */
    if (l->options.tls && l->tls == NULL)
        l->tls = tls_client_new();
    if (l->end == 0)
        l->connect = connect_start(l->loop, l->options.host, l->options.port,
                                   l->options.timeout_ms, on_connected, l);
}

/* ---- What the loop calls ---- */

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
on_watch(uv_timer_t *timer)
{
    link_io_watch(timer->data);
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

static void
on_files(uv_timer_t *timer)
{
    (void)timer;              /* the turn that it brings is all */
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
        link_set_timer(l, REST, backoff_next_ms(&l->rest));
    link_io_flush(l);
    link_files_turn(l);
}

static const uv_timer_cb timer_fns[TIMERS] = {
    [STEP] = on_step,
    [WATCH] = on_watch,
    [REST] = on_rest,
    [CLOSE] = on_close_timeout,
    [FILES] = on_files,
};

/* ---- What the talk hears ---- */

static void
hear_welcome(void *arg, bool replaced)
{
    struct link *l = arg;

    if (l->welcome_ms < 0)
        forgive(l);           /* the first one: another limit from now on */
    l->welcome_ms = link_now_ms(l);
    link_io_welcome(l);
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
    link_io_init(l);
    l->refs = TIMERS + 2;
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
    link_set_timer(l, STEP, 0);
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
    r = outbox_add(&l->talk.outbox, target, kind, text, tag, clock_wall_ms());
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
        link_set_timer(l, CLOSE, CLOSE_MS);
    else
        over(l, LINK_CLOSED);
}

static void
on_handle_closed(uv_handle_t *handle)
{
    link_unref(handle->data);
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
    link_io_done(l);
}
