/* SPDX-License-Identifier: MIT
 *
 * A worker as its connections see it. Everything here is the worker's
 * thread's alone, but for what `lock` guards and the atomics.
 *
 * One turn of the loop:
 *
 *     timers, reads, mailbox     connections parse, command, queue output,
 *                                and are touched
 *     prepare: the touched       resume parsing -> core_submit() -> flush
 */
#ifndef EDGE_WORKER_IMPL_H
#define EDGE_WORKER_IMPL_H

#include "base/pool.h"
#include "edge/conn_impl.h"
#include "edge/worker.h"
#include "net/wake.h"
#include "net/wheel.h"
#include <stdatomic.h>
#include <uv.h>

/* Each has encodings for plain connections, and as many for WebSocket's. */
#define DIALECTS_MAX (FANOUT_ENCODINGS / DIALECT_ENCODINGS / 2)

/* A socket on its way to the worker's thread. */
struct arrival {
    struct arrival *next;
    int fd;
    struct sockaddr_storage peer;
};

struct worker {
    struct worker_options o;
    struct flood_pace pace;
    uv_loop_t loop;
    struct wake wake;            /* mailbox, arrivals, room in the core */
    uv_prepare_t turn;
    struct streams streams;
    struct wheel wheel;
    struct mailbox mailbox;
    struct fanout *fanout;
    struct core *core;
    struct movers *movers;
    pthread_t thread;
    bool running;                /* to be joined */

    struct pool conns;           /* their memory */
    struct pool states[DIALECTS_MAX];   /* and what each dialect keeps */
    struct list strangers;       /* those that speak no dialect yet */
    struct list starved;         /* held until the core has room, in turn */
    struct conn *touched, **touched_end;   /* have something to do at the
                                              turn's end */
    uint64_t bytes_in;           /* counted and not added to the metrics yet */
    uint64_t bytes_out, writes;  /* of the streams', what has been added */
    uint8_t *input;             /* what a read brings; LIMIT_READ_BYTES */
    size_t input_n;             /* how much of it may hold something */
    bool secret;                /* a secret was among what is being parsed */
    char address[CONN_ADDRESS_BYTES];
    size_t drain_room;           /* left of what one connection may drain in
                                    this turn */
    uint64_t sessions;           /* given out so far */
    int64_t wall_ms, made_us;    /* of this turn; 0 = not asked yet */
    int64_t mail_us;             /* when this turn took its mail; 0: none */
    struct event *stopping;      /* EVENT_STOPPING came */

    struct command *head, *tail; /* gathered this turn */
    unsigned gathered;
    unsigned room;               /* what the core is known to have left */

    atomic_uint connections;     /* arrivals included */
    pthread_mutex_t lock;        /* of the three below */
    struct arrival *arrivals;    /* newest first */
    bool shut;                   /* takes no arrivals any more */
};

/* Every connection's stream is one of its worker's. */
static inline struct worker *
conn_worker(const struct conn *c)
{
    return list_entry(c->stream.all, struct worker, streams);
}

/* NULL: not known yet. */
static inline const struct dialect *
conn_dialect(const struct conn *c)
{
    return c->dialect ? conn_worker(c)->o.dialects[c->dialect - 1] : NULL;
}

/* Where the dialect keeps its memory of a connection; it keeps some. */
static inline struct pool *
conn_states(const struct conn *c)
{
    return &conn_worker(c)->states[c->dialect - 1];
}

uint64_t worker_next_session(struct worker *w);
int64_t worker_now_ms(const struct worker *w);    /* the loop's; monotonic */

/* Whether one more command may be made now. False: the core will call
 * worker_unstarve(). */
bool worker_has_room(struct worker *w);

/* Adds a command to what this turn hands to the core (takes it, stamps the
 * worker and the time). */
void worker_gather(struct worker *w, struct command *cmd);

/* Hands over what has been gathered. */
void worker_submit(struct worker *w);

/* Adds what this turn has read and written to the metrics. */
void worker_count(struct worker *w);

/* Does all that is left of this turn. */
void worker_turn(struct worker *w);

/* A connection of that address is gone; announced: a proxy had said it. */
void worker_left(struct worker *w, const struct sockaddr_storage *peer,
                 bool announced);

#endif
