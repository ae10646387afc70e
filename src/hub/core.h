/* SPDX-License-Identifier: MIT
 *
 * The core: the one thread that drives the hub. Workers put chains of
 * commands into its bounded queue; it drains the queue as a batch, commits,
 * posts the parcels, and so on. While it commits, the next batch gathers; and
 * when batches are small and close together, for a moment longer (pace.h).
 * Idle, it sleeps without waking up.
 *
 * Back-pressure: each worker may have at most queue_max / workers commands
 * waiting. It asks core_may_submit() before it parses more; when the answer
 * was no, its `starved` callback comes once there is room again. */
#ifndef HUB_CORE_H
#define HUB_CORE_H

#include "hub/hub.h"

struct core;
struct movers;

struct core_options {
    struct hub *hub;                     /* borrowed; the core's alone */
    struct store *store;                 /* borrowed; for checkpoints */
    struct readers *readers;             /* borrowed */
    struct movers *movers;               /* borrowed; NULL in tests without
                                            files */
    struct hashers *hashers;             /* borrowed; NULL in tests without
                                            passwords */
    struct metrics_shard *shard;
    unsigned workers;
    struct mailbox *const *mailboxes;    /* one per worker */
    unsigned queue_max;                  /* commands, all workers together */
    int64_t gather_us;                   /* pace.h: how long a busy core waits
                                            for more before it commits */
    void (*starved)(void *arg, unsigned worker);   /* any thread */
    void (*broken)(void *arg);           /* storage failed for good; any thread */
    void *arg;
};

int core_start(const struct core_options *o, struct core **ret,
               struct err *e) MUST_USE;

/* How many more commands this worker may submit now; 0 arms `starved`. Only
 * the worker itself may ask. */
unsigned core_may_submit(struct core *c, unsigned worker);

/* Takes a chain of n commands (linked by next, in order). A worker may go
 * over its share (a LEAVE must never wait). */
void core_submit(struct core *c, unsigned worker, struct command *head,
                 struct command *tail, unsigned n);

/* One command from within the server, whatever waits; any thread: from the
 * operator, where a session is the operator's own, with a worker number and
 * mailbox of its own; or from the movers, in the name of who asked. */
void core_operate(struct core *c, struct command *cmd);

/* Applies what is queued, then ends and joins the thread. NULL is fine. */
void core_stop(struct core **c);

#endif
