/* SPDX-License-Identifier: MIT
 *
 * An edge worker: one thread, one event loop, its own connections. Shares
 * nothing with other workers. Each loop turn: read, parse, hand the commands
 * to the core in one chain; open the mailbox, encode, queue; flush every
 * touched connection once. */
#ifndef EDGE_WORKER_H
#define EDGE_WORKER_H

#include "base/err.h"
#include "dialect/dialect.h"
#include "edge/gate.h"
#include "hub/core.h"
#include "hub/movers.h"
#include "net/tls.h"
#include <sys/socket.h>

struct worker;

/* All of it constant while the server runs. */
struct edge_limits {
    int64_t grace_ms;             /* silence that means: a person with nc */
    int64_t first_ms;             /* from the first byte to the first whole
                                     line or request */
    int64_t login_ms;             /* from connecting to having a name */
    int64_t stall_ms;             /* unwritten output without progress */
    int64_t linger_ms;            /* for the last words of an ending one */
    unsigned dead_s;              /* TCP keepalive and TCP_USER_TIMEOUT */
    size_t prelogin_bytes;
    size_t output_soft_bytes, output_hard_bytes;
    double messages_per_second;   /* 0 = no limit */
    unsigned messages_burst;
    bool flood_exempt_loopback;
};

struct worker_options {
    unsigned index;
    const struct dialect *const *dialects;   /* NULL-terminated */
    const struct dialect_config *config;
    struct edge_limits limits;
    struct gate *gate;
    struct tls_server *tls;                  /* NULL: not spoken */
    bool tls_required;                       /* but on this machine */
    struct metrics_shard *shard;
};

/* Makes the worker and its mailbox; everything in o is borrowed. */
int worker_new(const struct worker_options *o, struct worker **ret,
               struct err *e) MUST_USE;
struct mailbox *worker_mailbox(struct worker *w);

/* Starts the thread. movers may be NULL when no dialect carries files. */
int worker_start(struct worker *w, struct core *core, struct readers *readers,
                 struct movers *movers, struct err *e) MUST_USE;

/* Any thread: takes a connected socket that the gate has admitted. */
void worker_adopt(struct worker *w, int fd,
                  const struct sockaddr_storage *peer);
unsigned worker_connections(const struct worker *w);   /* any thread */

/* Any thread: the core has room again. */
void worker_unstarve(struct worker *w);

/* Waits for the thread, which ends after EVENT_STOPPING once its connections
 * have been told and closed, within linger_ms. */
void worker_join(struct worker *w);
void worker_free(struct worker **w);

#endif
