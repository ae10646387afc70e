/* SPDX-License-Identifier: MIT
 *
 * A connection, seen from inside the edge. Cut by idea:
 *
 *   conn.c           its life: opened, speaking a dialect, ended, freed
 *   conn_command.c   its commands, and what makes its input wait
 *   conn_input.c     bytes -> detection -> the dialect's input slot
 *   conn_output.c    what is queued, and what the fan-out wants of it
 *   conn_files.c     output that is made as the socket takes it
 *   conn_move.c      what it asks of the movers
 *   conn_websocket.c messages of WebSocket, under a dialect
 *   conn_secure.c    TLS under it, and who may do without
 *   conn_deadline.c  everything that time decides
 *   conn_flood.c     the pace of its commands
 *
 *   unknown --bytes--> known -----------------+--finish--> fenced --+
 *      |                 ^                    |                     v
 *      +--silence--> greeted (fallback) ------+--end--> ending -> buried
 *                                                       -> closed -> freed
 *
 * ending: nothing is parsed, commanded or told any more; what is queued is
 * written. buried: at the end of that turn, the dialect and the fan-out have
 * let go of it; never inside a callback of theirs. One of HTTP or WebSocket,
 * whose peer may be sending what nobody will read, then hangs up first: it
 * shuts down its side and reads away what comes until the peer's end, for
 * linger_ms, so that the last words are not lost to a reset. */
#ifndef EDGE_CONN_IMPL_H
#define EDGE_CONN_IMPL_H

#include "base/buf.h"
#include "base/limits.h"
#include "dialect/conn.h"
#include "edge/conn_flood.h"
#include "net/stream.h"
#include "net/websocket.h"
#include "net/wheel.h"
#include <netinet/in.h>

struct worker;

/* Unparsed input is never more: a frame that is not whole yet, and what one
 * read brings behind it. */
#define CONN_REST_BYTES (LIMIT_FRAME_BYTES + LIMIT_READ_BYTES)

/* What is set aside while a file goes out: that many slabs at most, and no
 * more bytes than the soft limit. */
#define CONN_ASIDE_BYTES (1024 * sizeof(struct slab *))

#define CONN_ADDRESS_BYTES (INET6_ADDRSTRLEN + 8)    /* "[::1]:65535" */

/* Why input is not parsed just now. */
enum conn_hold {
    HELD_DIALECT = 1,     /* conn_hold() */
    HELD_FLOOD = 2,       /* no token */
    HELD_CORE = 4,        /* the worker's share of the queue is used up */
    HELD_OUTPUT = 8,      /* it asks faster than it reads the answers */
    HELD_END = 16,        /* ending, or waiting for the fence */
};

/* What few connections have at a time, and none for long but WebSocket's. */
struct conn_extra {
    struct conn *conn;
    struct buf rest;                  /* unparsed input: rest.p[off..n) */
    size_t off;
    struct list starved;              /* in worker->starved, or alone */
    char *reason;                     /* of the end; owned */
    uint32_t ended_ms;
    struct buf aside;                 /* struct slab *: owned, while occupied */
    size_t aside_bytes;
    uint64_t acknowledged;            /* by the peer, when draining stopped */
    struct conn_websocket *websocket; /* owned; NULL: it is none */
};

/* There is one for every peer, and most of them only listen: what delivering
 * an event to one touches comes first, and lies in two lines of the cache.
 * Times are milliseconds modulo 2^32: only differences are looked at. */
struct conn {
    struct stream stream;             /* first; also leads to the worker */
    struct conn *next_touched;        /* in worker->touched */
    uint8_t dialect : 3;              /* its number from 1; 0: not known yet */
    bool websocket : 1;    /* conn_upgrade() */
    bool serving : 1;      /* conn_serve(): needs no name */
    bool drains : 1;       /* conn_want_drain() */
    bool occupied : 1;     /* conn_occupy() */
    bool hung_up : 1;      /* waits for nothing but the peer's end */
    uint8_t held : 6;                 /* enum conn_hold, or-ed */
    bool secure : 1;       /* nobody can listen on the way */
    bool prefaced : 1;     /* before its first byte comes what a proxy says,
                              or a handshake */

    bool touched : 1;      /* has something to do at the turn's end */
    bool known : 1;        /* what it speaks is decided, for ever */
    bool spoke : 1;        /* conn_spoke() */
    bool entering : 1;     /* ENTER waits for its answer */
    bool named : 1;        /* WELCOME came */
    bool eof : 1;          /* the peer has shut down its side */
    bool resume : 1;       /* parse again at the end of this turn */
    bool congested : 1;    /* was above the soft limit, not yet drained */
    bool fenced : 1;       /* conn_finish(): the fence is on its way */
    bool fence_back : 1;
    bool ending : 1;
    bool buried : 1;
    bool owes_leave : 1;   /* the core may know the session */
    bool lost : 1;         /* the peer is gone: nothing more is written */
    bool behind : 1;       /* a proxy brings it: it is not on this machine */
    bool timed : 1;        /* the dialect's timer is set */

    uint32_t heard_ms;                /* the last bytes came */
    struct wheel_timer deadline;      /* the nearest of conn_deadline.c's */
    struct receiver receiver;
    union {
        struct list stranger;         /* no dialect: in worker->strangers */
        struct {
            void *state;              /* the dialect's, owned */
            struct flood flood;
        };
    };
    struct conn_extra *extra;         /* NULL when there is nothing in it */
    struct in6_addr peer;             /* IPv4 mapped; 0: on this machine,
                                         by the local socket */
    uint64_t bytes_in;
    uint32_t born_ms;
    uint32_t first_ms;                /* the first byte came */
    uint32_t timer_ms;                /* when the dialect's timer runs out */
    uint16_t port;
    uint16_t announced : 1;           /* a proxy says its address, by which
                                         it is counted */
    uint16_t pages : 15;              /* asked for and not answered yet */
};

_Static_assert(sizeof(struct conn) <= 192, "three lines of the cache");

/* --- conn.c --- */

extern const struct stream_ops conn_stream_ops;

/* Takes fd, which the gate has admitted. */
void conn_open(struct worker *w, int fd, const struct sockaddr_storage *peer);

/* Who it is. */
void conn_set_peer(struct conn *c, const struct sockaddr_storage *peer);

/* From now on it speaks d: opens it. */
void conn_speak(struct conn *c, const struct dialect *d);
const struct dialect *conn_fallback(const struct conn *c);

/* The dialect and the fan-out let go of it; and another one takes it up. */
void conn_let_go(struct conn *c);
void conn_take_up(struct conn *c, const struct dialect *d);

/* Something is to be done for it at the end of this turn. */
void conn_touch(struct conn *c);

/* The end of one without a name, told to it in its dialect's words, or as a
 * plain line when it has none but the fallback's. */
void conn_refuse(struct conn *c, const char *sentence, const char *reason);

void conn_refuse_as(struct conn *c, enum deny deny, const char *sentence,
                    const char *reason);

/* The core hears that its session is over, if it knows of one. */
void conn_leave(struct conn *c, const char *reason, bool clean);

/* The core or the server ends it: no LEAVE. */
void conn_dismiss(struct conn *c, const struct event *why);

/* The peer is gone, or takes nothing: closed at once, by a reset. */
void conn_lose(struct conn *c, const char *reason);

/* e answers the fence; and: ends it once the fence and every page are back. */
bool conn_is_fence(const struct conn *c, const struct event *e);
void conn_check_fence(struct conn *c);

/* The end of a turn in which it was touched. */
void conn_settle(struct conn *c);

/* Its extra, made if there is none; and frees it when nothing is in it. */
struct conn_extra *conn_get_extra(struct conn *c);
void conn_drop_extra(struct conn *c);

uint32_t conn_now(const struct conn *c);

/* Nothing binds it to giving a name soon: it has one, or needs none. */
static inline bool
conn_is_free(const struct conn *c)
{
    return c->named || c->serving;
}

/* --- conn_command.c --- */

void conn_hold_by(struct conn *c, enum conn_hold why);
void conn_unhold(struct conn *c, enum conn_hold why);
void conn_starve(struct conn *c);      /* waits until the core has room */
void conn_feed(struct conn *c);        /* it has */

/* Hands a command on without asking anything (takes it). */
void conn_gather(struct conn *c, struct command *cmd);

/* --- conn_input.c --- */

void conn_readable(struct stream *s);
bool conn_wants_input(const struct conn *c);

/* Parses what is there, and the peer's end behind it; not held. */
void conn_advance(struct conn *c);

/* The same, when the core has room for what may come of it. */
void conn_resume(struct conn *c);

/* The handshake has settled on a protocol ("" = on none). */
void conn_agree(struct conn *c, const char *protocol);

/* The bytes so far begin like a proxy's header, which nobody asked for. */
bool conn_may_be_proxy(const struct conn *c);

/* Nobody claims the bytes so far: it is the fallback's. */
void conn_assume(struct conn *c);
void conn_run_timer(struct conn *c);    /* the dialect's has run out */
void conn_drop_rest(struct conn *c);

/* --- conn_output.c --- */

/* Bytes as they go to the socket (refs s). */
void conn_queue(struct conn *c, struct slab *s);

extern const struct receiver_ops conn_receiver_ops;

/* What depends on how much is left to be written. */
void conn_check_limits(struct conn *c);

/* Holds the input while too much is owed to the peer. */
void conn_weigh(struct conn *c);

/* --- conn_files.c --- */

/* Has the dialect make output while the socket takes it, within a turn's
 * bounds. */
void conn_drain(struct conn *c);

/* More would be drained, or is queued, than the socket takes. */
bool conn_waits_for_socket(const struct conn *c);

/* The peer has acknowledged something since conn_drain() stopped: slow, not
 * stalled. Asked once per deadline. */
bool conn_gets_on(struct conn *c);

/* Keeps for later what the fan-out sends (refs s), or drops it. */
void conn_set_aside(struct conn *c, struct slab *s);
void conn_drop_aside(struct conn *c);

/* --- conn_websocket.c --- */

/* Offers the messages in p[0..n) to the dialect; returns how much of it was
 * used. */
size_t conn_take_frames(struct conn *c, const uint8_t *p, size_t n);

/* Bytes that came before the upgrade, and count for nothing now. */
uint64_t conn_bytes_before(const struct conn *c);

/* In front of n bytes that are about to be queued. */
void conn_send_header(struct conn *c, size_t n);

/* The pong that the peer was too slow to take, once it is not any more. */
void conn_send_pong(struct conn *c);

/* What to close with; the first one counts. */
void conn_close_with(struct conn *c, enum websocket_code code);

/* The Close, the last of all frames. */
void conn_send_close(struct conn *c);
void conn_drop_websocket(struct conn *c);

/* --- conn_secure.c --- */

/* Something is to be read. True: it is not the dialect's yet, but what a proxy
 * says or a handshake, and has been taken care of. */
bool conn_is_prefaced(struct conn *c);

/* False: it would speak that dialect where everyone could listen, and has been
 * refused in that dialect's words. */
bool conn_may_speak(struct conn *c, const struct dialect *d);

/* --- conn_deadline.c --- */

void conn_run_deadline(struct wheel_timer *t);

/* Sets the timer for the nearest deadline, or unsets it. */
void conn_rearm(struct conn *c);

#endif
