/* SPDX-License-Identifier: MIT
 *
 * A connection's life, from the accepted socket to the freed memory.
 *
 * Callbacks of a dialect or of the fan-out may end their connection at any
 * moment, so an end only marks it. conn_settle(), at the turn's end, is the one
 * place that takes it apart. */
#include "edge/conn_impl.h"

#include "base/log.h"
#include "edge/worker_impl.h"
#include "net/address.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The request number of conn_finish()'s PING. */
#define FENCE UINT64_MAX

static struct conn *
conn_of(struct stream *s)
{
    return list_entry(s, struct conn, stream);
}

uint32_t
conn_now(const struct conn *c)
{
    return (uint32_t)worker_now_ms(c->worker);
}

/* --- The peer ----------------------------------------------------------- */

static void
keep_peer(struct conn *c, const struct sockaddr_storage *peer)
{
    const struct sockaddr_in6 *in6 = (const void *)peer;
    const struct sockaddr_in *in = (const void *)peer;

    if (peer->ss_family == AF_INET6) {
        c->peer = in6->sin6_addr;
        c->port = ntohs(in6->sin6_port);
    } else if (peer->ss_family == AF_INET) {
        c->peer.s6_addr[10] = c->peer.s6_addr[11] = 0xff;
        memcpy(&c->peer.s6_addr[12], &in->sin_addr, 4);
        c->port = ntohs(in->sin_port);
    }
}

static struct sockaddr_storage
peer_of(const struct conn *c)
{
    struct sockaddr_storage peer = {0};
    struct sockaddr_in6 *in6 = (void *)&peer;

    in6->sin6_family = AF_INET6;
    in6->sin6_addr = c->peer;
    in6->sin6_port = htons(c->port);
    return peer;
}

const char *
conn_address(const struct conn *c)
{
    struct sockaddr_storage peer = peer_of(c);
    char *out = c->worker->address;
    char ip[INET6_ADDRSTRLEN];
    unsigned port = address_text(&peer, ip);

    if (strchr(ip, ':') != NULL)
        snprintf(out, CONN_ADDRESS_BYTES, "[%s]:%u", ip, port);
    else
        snprintf(out, CONN_ADDRESS_BYTES, "%s:%u", ip, port);
    return out;
}

/* --- Beginning ---------------------------------------------------------- */

static struct conn *
conn_new(struct worker *w, const struct sockaddr_storage *peer)
{
    struct conn *c = must_alloc(sizeof(*c));

    c->worker = w;
    c->receiver.ops = &conn_receiver_ops;
    c->receiver.session = worker_next_session(w);
    list_init(&c->receiver.subs);
    list_init(&c->home);
    list_init(&c->turn);
    wheel_timer_init(&c->deadline);
    keep_peer(c, peer);
    c->exempt = w->o.limits.flood_exempt_loopback && address_is_loopback(peer);
    c->born_ms = conn_now(c);
    return c;
}

/* Half of the time is for the probes behind the first silence. */
static void
watch_peer(struct conn *c)
{
    unsigned dead_s = c->worker->o.limits.dead_s;

    if (dead_s >= 2)
        stream_set_dead_peer(&c->stream, dead_s / 2, dead_s);
}

void
conn_open(struct worker *w, int fd, const struct sockaddr_storage *peer)
{
    struct conn *c = conn_new(w, peer);
    int r = stream_open(&c->stream, &w->streams, fd);

    if (r < 0) {
        log_event(LOG_WARN, "edge", "cannot watch a connection",
                  LOG_S("why", strerror(-r)));
        close(fd);
        free(c);
        worker_left(w, peer);
        return;
    }
    list_push(&w->conns, &c->home);
    metrics_add(w->o.shard, METRIC_connections_total, 1);
    log_event(LOG_INFO, "edge", "accepted",
              LOG_N("session", c->receiver.session),
              LOG_S("addr", conn_address(c)));
    watch_peer(c);
    conn_touch(c);
}

const struct dialect *
conn_fallback(const struct conn *c)
{
    const struct dialect *const *d = c->worker->o.dialects;

    while (d[1] != NULL)
        d++;
    return *d;
}

static unsigned
dialect_index(const struct conn *c, const struct dialect *dialect)
{
    unsigned i = 0;

    while (c->worker->o.dialects[i] != dialect)
        i++;
    return i;
}

void
conn_speak(struct conn *c, const struct dialect *d)
{
    must(c->dialect == NULL);
    c->dialect = d;
    if (d->state_bytes > 0)
        c->state = must_alloc(d->state_bytes);
    c->receiver.encoding =
        (uint8_t)(dialect_index(c, d) * DIALECT_ENCODINGS);
    c->receiver.skip_own = d->skip_own;
    fanout_add(c->worker->fanout, &c->receiver);
    if (d->open != NULL)
        d->open(c);
    conn_touch(c);
}

void *
conn_state(struct conn *c)
{
    return c->state;
}

const struct dialect_config *
conn_config(const struct conn *c)
{
    return c->worker->o.config;
}

struct receiver *
conn_receiver(struct conn *c)
{
    return &c->receiver;
}

void
conn_spoke(struct conn *c)
{
    c->spoke = true;
}

void
conn_timer(struct conn *c, int64_t in_ms)
{
    must(in_ms <= INT32_MAX);
    c->timed = in_ms > 0 && !c->ending && !c->fenced;
    c->timer_ms = conn_now(c) + (uint32_t)in_ms;
    conn_touch(c);
}

void
conn_touch(struct conn *c)
{
    if (list_empty(&c->turn))
        list_push(&c->worker->touched, &c->turn);
}

/* --- The end ------------------------------------------------------------ */

static void
leave(struct conn *c, bool clean)
{
    struct command *cmd;

    if (!c->owes_leave)
        return;
    cmd = command_new(COMMAND_LEAVE, (struct str){0}, (struct str){0},
                      str_of(c->reason));
    cmd->clean = clean;
    c->owes_leave = false;
    conn_gather(c, cmd);
}

static void
keep_reason(struct conn *c, const char *reason)
{
    char *old = c->reason;

    c->reason = must_strdup(reason);
    free(old);
}

void
conn_end(struct conn *c, const char *reason, bool clean)
{
    if (c->ending)
        return;
    c->ending = true;
    c->ended_ms = conn_now(c);
    keep_reason(c, reason);
    conn_hold_by(c, HELD_END);
    c->timed = false;
    leave(c, clean);
    conn_touch(c);
}

/* A PING through the core: its answer comes after every earlier one, but for
 * pages, which the readers send and which are counted. */
void
conn_finish(struct conn *c, const char *reason)
{
    struct str none = {0};
    struct command *cmd;

    if (c->ending || c->fenced)
        return;
    c->fenced = true;
    keep_reason(c, reason);
    conn_hold_by(c, HELD_END);
    c->timed = false;
    cmd = command_new(COMMAND_PING, none, none, none);
    cmd->request = FENCE;
    conn_gather(c, cmd);
}

/* PONG, or DENIED to one without a name. */
bool
conn_is_fence(const struct conn *c, const struct event *e)
{
    return c->fenced && e->request == FENCE && e->command == COMMAND_PING;
}

void
conn_check_fence(struct conn *c)
{
    if (c->fence_back && c->pages == 0)
        conn_end(c, c->reason, true);
}

static void
say_farewell(struct conn *c, const struct event *why)
{
    if (c->dialect != NULL && c->dialect->farewell != NULL)
        c->dialect->farewell(c, why);
}

void
conn_refuse(struct conn *c, const char *sentence, const char *reason)
{
    struct str none = {0};

    if (c->ending)
        return;
    if (c->dialect == NULL || c->dialect == conn_fallback(c)) {
        conn_printf(c, "%s\n", sentence);
    } else {
        struct event *why =
            event_new(EVENT_CLOSED, none, none, str_of(sentence), none);
        why->deny = DENY_NO_NAME;
        say_farewell(c, why);
        event_unref(&why);
    }
    conn_end(c, reason, false);
}

/* A LEAVE is sent even when the core has closed the session, since it may have
 * been the fan-out that did. */
void
conn_dismiss(struct conn *c, const struct event *why)
{
    char reason[128] = "server stopping";

    if (c->ending)
        return;
    say_farewell(c, why);
    if (why->kind == EVENT_STOPPING)
        c->owes_leave = false;
    else
        snprintf(reason, sizeof(reason), "%.*s", STR_FMT(why->text));
    conn_end(c, reason, true);
}

void
conn_lose(struct conn *c, const char *reason)
{
    conn_end(c, reason, false);
    c->lost = true;
    conn_touch(c);
}

static void
bury(struct conn *c)
{
    c->buried = true;
    conn_drop_rest(c);
    if (c->dialect != NULL) {
        if (c->dialect->close != NULL)
            c->dialect->close(c);
        fanout_remove(c->worker->fanout, &c->receiver);
    }
    free(c->state);
    c->state = NULL;
}

/* A blocked stream is not tried again: the loop tells when it takes more. A
 * flush that wrote has called conn_drained(). */
void
conn_settle(struct conn *c)
{
    ssize_t wrote = 0;

    if (c->ending && !c->buried)
        bury(c);
    if (!c->lost && !c->stream.blocked)
        wrote = stream_flush(&c->stream);
    if (wrote < 0)
        conn_lose(c, "connection lost");
    if (wrote <= 0)
        conn_flushed(c);
}

static void
stream_closed(struct stream *s)
{
    struct conn *c = conn_of(s);
    struct worker *w = c->worker;
    struct sockaddr_storage peer = peer_of(c);

    must(c->buried);
    log_event(LOG_INFO, "edge", "closed",
              LOG_N("session", c->receiver.session),
              LOG_S("dialect", c->dialect ? c->dialect->name : "none"),
              LOG_S("reason", c->reason), LOG_N("bytes_in", c->bytes_in),
              LOG_N("bytes_out", c->bytes_out));
    wheel_unset(&w->wheel, &c->deadline);
    list_remove(&c->home);
    list_remove(&c->turn);
    free(c->reason);
    free(c);
    worker_left(w, &peer);
}

const struct stream_ops conn_stream_ops = {
    .readable = conn_readable,
    .drained = conn_drained,
    .closed = stream_closed,
};
