/* SPDX-License-Identifier: MIT
 *
 * A connection's life, from the accepted socket to the freed memory.
 *
 * Callbacks of a dialect or of the fan-out may end their connection at any
 * moment, so an end only marks it. conn_settle(), at the turn's end, is the one
 * place that takes it apart. */
#include "edge/conn_impl.h"

#include "base/cidr.h"
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
    return (uint32_t)worker_now_ms(conn_worker(c));
}

/* --- The peer ----------------------------------------------------------- */

/* By the local socket, or a loopback address. A proxy's loopback is none of
 * ours: whoever it brings may say what they like, and come from anywhere. */
bool
conn_is_here(const struct conn *c)
{
    return !c->behind && (IN6_IS_ADDR_UNSPECIFIED(&c->peer) ||
                          cidr_is_loopback(c->peer.s6_addr));
}

void
conn_set_peer(struct conn *c, const struct sockaddr_storage *peer)
{
    const struct sockaddr_in6 *in6 = (const void *)peer;
    const struct sockaddr_in *in = (const void *)peer;

    c->peer = (struct in6_addr){0};
    c->port = 0;
    if (peer->ss_family == AF_INET6) {
        c->peer = in6->sin6_addr;
        c->port = ntohs(in6->sin6_port);
    } else if (peer->ss_family == AF_INET) {
        c->peer.s6_addr[10] = c->peer.s6_addr[11] = 0xff;
        memcpy(&c->peer.s6_addr[12], &in->sin_addr, 4);
        c->port = ntohs(in->sin_port);
    } else if (peer->ss_family == AF_UNIX) {
        c->port = address_local_number(peer);
    }
}

static struct sockaddr_storage
peer_of(const struct conn *c)
{
    struct sockaddr_storage peer = {0};
    struct sockaddr_in6 *in6 = (void *)&peer;

    if (IN6_IS_ADDR_UNSPECIFIED(&c->peer)) {
        address_set_local(&peer, c->port);
        return peer;
    }
    in6->sin6_family = AF_INET6;
    in6->sin6_addr = c->peer;
    in6->sin6_port = htons(c->port);
    return peer;
}

const char *
conn_address(const struct conn *c)
{
    struct sockaddr_storage peer = peer_of(c);
    char *out = conn_worker(c)->address;
    char ip[INET6_ADDRSTRLEN];
    unsigned port = address_text(&peer, ip);

    if (IN6_IS_ADDR_UNSPECIFIED(&c->peer))
        snprintf(out, CONN_ADDRESS_BYTES, "local:%u", c->port);
    else if (strchr(ip, ':') != NULL)
        snprintf(out, CONN_ADDRESS_BYTES, "[%s]:%u", ip, port);
    else
        snprintf(out, CONN_ADDRESS_BYTES, "%s:%u", ip, port);
    return out;
}

bool
conn_is_secure(const struct conn *c)
{
    return c->secure;
}

/* Who is not on this machine is secure for no other reason. */
bool
conn_is_encrypted(const struct conn *c)
{
    return c->stream.is_tls || (c->secure && !conn_is_here(c));
}

/* --- Beginning ---------------------------------------------------------- */

static struct conn *
conn_new(struct worker *w, const struct sockaddr_storage *peer)
{
    struct conn *c = pool_take(&w->conns);

    c->stream.all = &w->streams;
    c->receiver.ops = &conn_receiver_ops;
    c->receiver.session = worker_next_session(w);
    list_init(&c->receiver.subs);
    list_init(&c->stranger);
    wheel_timer_init(&c->deadline);
    conn_set_peer(c, peer);
    c->prefaced = gate_is_proxy(w->o.gate, peer);
    c->secure = conn_is_here(c);
    c->born_ms = c->first_ms = c->heard_ms = conn_now(c);
    return c;
}

/* Half of the time is for the probes behind the first silence. */
static void
watch_peer(struct conn *c)
{
    unsigned dead_s = conn_worker(c)->o.limits.dead_s;

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
        pool_give(&w->conns, c);
        worker_left(w, peer, false);
        return;
    }
    list_push(&w->strangers, &c->stranger);
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
    const struct dialect *const *d = conn_worker(c)->o.dialects;

    while (d[1] != NULL)
        d++;
    return *d;
}

static unsigned
dialect_index(const struct conn *c, const struct dialect *dialect)
{
    unsigned i = 0;

    while (conn_worker(c)->o.dialects[i] != dialect)
        i++;
    return i;
}

/* A WebSocket's events have a header in front, which makes other bytes of
 * them: its encodings are the upper half. */
static unsigned
first_encoding(const struct conn *c, unsigned index)
{
    return (index + (c->websocket ? DIALECTS_MAX : 0)) * DIALECT_ENCODINGS;
}

void
conn_take_up(struct conn *c, const struct dialect *d)
{
    unsigned index = dialect_index(c, d);

    c->dialect = (index + 1) & 7;
    c->state = d->state_bytes > 0 ? pool_take(conn_states(c)) : NULL;
    c->flood = (struct flood){0};
    c->receiver.encoding = (uint8_t)first_encoding(c, index);
    c->receiver.skip_own = d->skip_own;
    fanout_add(conn_worker(c)->fanout, &c->receiver);
    if (d->open != NULL)
        d->open(c);
    conn_touch(c);
}

void
conn_speak(struct conn *c, const struct dialect *d)
{
    must(!c->dialect);
    list_remove(&c->stranger);
    conn_take_up(c, d);
}

void *
conn_state(struct conn *c)
{
    return c->state;
}

const struct dialect_config *
conn_config(const struct conn *c)
{
    return conn_worker(c)->o.config;
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
    struct worker *w = conn_worker(c);

    if (c->touched || c->stream.closing)
        return;
    c->touched = true;
    c->next_touched = NULL;
    *w->touched_end = c;
    w->touched_end = &c->next_touched;
}

struct conn_extra *
conn_get_extra(struct conn *c)
{
    if (c->extra == NULL) {
        c->extra = must_alloc(sizeof(*c->extra));
        c->extra->conn = c;
        buf_init(&c->extra->rest, CONN_REST_BYTES);
        buf_init(&c->extra->aside, CONN_ASIDE_BYTES);
        list_init(&c->extra->starved);
    }
    return c->extra;
}

void
conn_drop_extra(struct conn *c)
{
    struct conn_extra *extra = c->extra;

    if (extra->rest.n > 0 || extra->reason != NULL || c->drains ||
        extra->aside.n > 0 || extra->websocket != NULL ||
        !list_empty(&extra->starved))
        return;
    buf_done(&extra->rest);
    buf_done(&extra->aside);
    free(extra);
    c->extra = NULL;
}

/* --- The end ------------------------------------------------------------ */

void
conn_leave(struct conn *c, const char *reason, bool clean)
{
    struct command *cmd;

    if (!c->owes_leave)
        return;
    cmd = command_new(COMMAND_LEAVE, (struct str){0}, (struct str){0},
                      str_of(reason));
    cmd->clean = clean;
    c->owes_leave = false;
    conn_gather(c, cmd);
}

static void
keep_reason(struct conn *c, const char *reason)
{
    struct conn_extra *extra = conn_get_extra(c);
    char *old = extra->reason;

    extra->reason = must_strdup(reason);
    free(old);
}

void
conn_end(struct conn *c, const char *reason, bool clean)
{
    if (c->ending)
        return;
    c->ending = true;
    keep_reason(c, reason);
    c->extra->ended_ms = conn_now(c);
    conn_hold_by(c, HELD_END);
    c->timed = false;
    conn_close_with(c, clean ? WEBSOCKET_NORMAL : WEBSOCKET_POLICY);
    conn_leave(c, c->extra->reason, clean);
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
        conn_end(c, c->extra->reason, true);
}

static void
say_farewell(struct conn *c, const struct event *why)
{
    const struct dialect *d = conn_dialect(c);

    if (d != NULL && d->farewell != NULL)
        d->farewell(c, why);
}

void
conn_refuse_as(struct conn *c, enum deny deny, const char *sentence,
               const char *reason)
{
    struct str none = {0};

    if (c->ending)
        return;
    if (c->stream.shaking) {
        conn_end(c, reason, false);     /* nothing can be said yet */
        return;
    }
    if (!c->dialect || conn_dialect(c) == conn_fallback(c)) {
        conn_printf(c, "%s\n", sentence);
    } else {
        struct event *why =
            event_new(EVENT_CLOSED, none, none, str_of(sentence), none);
        why->deny = deny;
        say_farewell(c, why);
        event_unref(&why);
    }
    conn_end(c, reason, false);
}

void
conn_refuse(struct conn *c, const char *sentence, const char *reason)
{
    conn_refuse_as(c, DENY_NO_NAME, sentence, reason);
}

static enum websocket_code
code_of(const struct event *why)
{
    if (why->kind == EVENT_STOPPING || why->deny == DENY_STOPPING)
        return WEBSOCKET_GOING_AWAY;
    if (why->deny == DENY_STORAGE_FULL || why->deny == DENY_OVERLOADED)
        return WEBSOCKET_TRY_LATER;
    if (why->deny == DENY_STORAGE_BROKEN)
        return WEBSOCKET_INTERNAL_ERROR;
    return why->deny == DENY_NONE ? WEBSOCKET_NORMAL : WEBSOCKET_POLICY;
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
    conn_close_with(c, code_of(why));
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

void
conn_reset(struct conn *c, const char *reason)
{
    conn_lose(c, reason);
}

void
conn_let_go(struct conn *c)
{
    const struct dialect *d = conn_dialect(c);

    if (d->close != NULL)
        d->close(c);
    fanout_remove(conn_worker(c)->fanout, &c->receiver);
    pool_give(conn_states(c), c->state);
    c->state = NULL;
    c->drains = c->occupied = c->timed = false;
    conn_drop_aside(c);
}

static void
bury(struct conn *c)
{
    c->buried = true;
    conn_drop_rest(c);
    if (conn_dialect(c) != NULL)
        conn_let_go(c);
    conn_send_close(c);
    conn_drop_websocket(c);
}

static void
drained(struct stream *s)
{
    conn_touch(conn_of(s));    /* conn_settle() does what is to be done */
}

/* A stream is closed here only, where everyone who was touched is looked at:
 * whoever is freed is not among the touched. */
static void
close_stream(struct conn *c)
{
    wheel_unset(&conn_worker(c)->wheel, &c->deadline);
    stream_close(&c->stream, c->lost);
}

/* The last words are written. A peer that may be sending still is waited for:
 * a close would answer it with a reset, which can overtake them. */
static bool
has_hung_up(struct conn *c)
{
    if (c->lost || c->eof || !(c->serving || c->websocket))
        return true;
    if (!c->hung_up)
        stream_shut(&c->stream);
    c->hung_up = true;
    return false;
}

/* False: the peer is gone. A blocked stream is not tried again: the loop tells
 * when it takes more. */
static bool
write_out(struct conn *c)
{
    if (c->lost)
        return true;
    if (!c->stream.blocked && stream_flush(&c->stream) < 0)
        return false;
    if (!c->drains)
        return true;
    conn_drain(c);
    return c->stream.error == 0;
}

void
conn_settle(struct conn *c)
{
    bool alive;

    if (c->ending && !c->buried)
        bury(c);
    alive = write_out(c);
    c->touched = false;        /* from here on, it may have to be done again */
    if (c->stream.closing)
        return;
    if (!alive)
        conn_lose(c, "connection lost");
    if (c->resume || (c->ending && !c->buried))
        conn_touch(c);
    if (c->buried && (c->lost || c->stream.out.bytes == 0) &&
        has_hung_up(c)) {
        close_stream(c);
        return;
    }
    if (!c->ending)
        conn_check_limits(c);
    stream_want_read(&c->stream, conn_wants_input(c));
    conn_rearm(c);
}

static void
stream_closed(struct stream *s)
{
    struct conn *c = conn_of(s);
    struct worker *w = conn_worker(c);
    struct sockaddr_storage peer = peer_of(c);
    bool announced = c->announced;
    const struct dialect *d = conn_dialect(c);

    must(c->buried && !c->touched);
    log_event(LOG_INFO, "edge", "closed",
              LOG_N("session", c->receiver.session),
              LOG_S("dialect", d ? d->name : "none"),
              LOG_S("reason", c->extra->reason), LOG_N("bytes_in", c->bytes_in),
              LOG_N("bytes_out", s->written));
    if (d == NULL)
        list_remove(&c->stranger);
    list_remove(&c->extra->starved);
    free(c->extra->reason);
    must(c->extra->rest.p == NULL && c->extra->aside.p == NULL);
    free(c->extra);
    pool_give(&w->conns, c);
    worker_left(w, &peer, announced);
}

const struct stream_ops conn_stream_ops = {
    .readable = conn_readable,
    .drained = drained,
    .closed = stream_closed,
};
