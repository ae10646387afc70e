/* SPDX-License-Identifier: MIT
 *
 * All connections of a run on one epoll: they are opened a bounded number at a
 * time, go through their wording's steps, and are settled then. What settled
 * ones hear goes to the scenario.
 *
 *   begun -> CONNECTING -> GREETING (the steps) -> SETTLED -> CLOSED
 *
 * A settled connection that only listens costs no memory beyond its
 * struct peer; reading is one recv() into one large buffer that all share. */
#ifndef LOAD_CROWD_H
#define LOAD_CROWD_H

#include "load/load.h"
#include "load/options.h"
#include "load/stamp.h"
#include "load/wording.h"

#include <stdbool.h>
#include <stddef.h>

enum peer_state { PEER_CONNECTING, PEER_GREETING, PEER_SETTLED, PEER_CLOSED };

struct greeting;         /* what came while getting in (greeting.h) */

/* Bytes that a speaker has not got rid of yet. */
struct outbox {
    char *p;
    size_t at, n, cap;       /* p[at..n) is unsent */
};

struct peer {
    int fd;
    uint32_t index;          /* in the crowd */
    uint32_t settled_ms;     /* since the crowd's beginning */
    uint8_t state;           /* enum peer_state */
    uint8_t step;
    bool speaks;
    bool wants_out;          /* epoll watches for room to write */
    uint8_t carried;
    char carry[STAMP_CARRY_MAX];   /* a stamp's front, from the last read */
    struct greeting *greeting;
    struct outbox *out;      /* speakers only; owned by the scenario */
};

struct crowd;

struct crowd_ops {
    /* Who a connection is: fills name and room (`dice` is set). */
    void (*name)(void *arg, const struct peer *p, struct who *w);

    /* A settled connection heard n bytes (crowd->heard_ns is when). Returns how
     * many of the last ones, at most STAMP_CARRY_MAX, are to stand before those
     * of the next time. NULL: everything is dropped. */
    size_t (*heard)(void *arg, struct peer *p, const char *bytes, size_t n);

    /* A settled connection that wants_out can take bytes. */
    void (*writable)(void *arg, struct peer *p);

    /* A settled connection is gone. NULL: only counted. */
    void (*closed)(void *arg, struct peer *p);
};

struct crowd {
    const struct options *options;       /* borrowed */
    const struct wording *wording;       /* borrowed */
    const struct crowd_ops *ops;
    void *arg;
    int epoll;
    struct peer *peers;
    uint32_t count, begun, settled, closed;
    uint32_t listeners;      /* the first ones; those behind them speak */
    uint32_t alive_next;     /* whose sign of life is the next */
    int64_t alive_round;
    uint64_t begun_ns;
    uint64_t heard_ns;       /* the clock at the last read */
    uint64_t bytes;          /* heard by all so far */
    struct dice dice;
    char *buffer;
};

/* `listeners` connections and `speakers` behind them, none opened yet. */
void crowd_init(struct crowd *c, const struct options *o,
                const struct wording *wording, uint32_t listeners,
                uint32_t speakers, const struct crowd_ops *ops, void *arg);
void crowd_done(struct crowd *c);        /* closes them all */

/* Opens all; returns when all are settled. Dies when one cannot get in, or
 * when for --patience seconds nobody has got any further. */
void crowd_settle(struct crowd *c);

/* Turns until nothing has been heard for that long; dies after a minute. */
void crowd_quiet(struct crowd *c, int64_t quiet_ms);

/* One turn of the loop: waits at most wait_ns, serves what is ready. */
void crowd_turn(struct crowd *c, int64_t wait_ns);

/* Sends what the outbox has; watches for room when not all of it went. False
 * when the connection is gone. */
bool peer_flush(struct crowd *c, struct peer *p);

/* Whether to be told of room to write. */
void peer_watch(struct crowd *c, struct peer *p, bool out);

/* Room for n more bytes at the outbox's end; outbox_commit() counts them. */
char *outbox_reserve(struct outbox *out, size_t n);
static inline void
outbox_commit(struct outbox *out, size_t n)
{
    out->n += n;
}
static inline size_t
outbox_held(const struct outbox *out)
{
    return out->n - out->at;
}

#endif
