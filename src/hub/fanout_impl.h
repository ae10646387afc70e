/* SPDX-License-Identifier: MIT
 *
 * The fan-out from within, for fanout.c, live.c and lag.c alone. */
#ifndef HUB_FANOUT_IMPL_H
#define HUB_FANOUT_IMPL_H

#include "base/map.h"
#include "hub/fanout.h"
#include "hub/heard.h"
#include "hub/pages.h"

struct fanout {
    unsigned worker;
    struct readers *readers;
    struct metrics_shard *shard;
    struct map rooms;             /* id -> struct heard_room */
    struct map receivers;         /* session -> struct receiver */
    struct map revoked;           /* session -> struct revoked, of the few */
    struct list running;          /* rooms with a run, by ->running */
    struct pool subscriptions;
    struct pages pages;           /* of the log, for who lags */
    unsigned lagging;             /* receivers that do */
    int64_t deliveries;           /* since fanout_deliver() began */
    bool walking;                 /* nobody may come or go */
};

/* Borrows s, which holds n events; NULL says nothing. */
void fanout_send(struct fanout *f, struct receiver *r, struct slab *s,
                 uint32_t n);

/* Nothing of the run is to be kept from its receiver: a quick yes; no may mean
 * maybe. */
bool fanout_hears_all(const struct subscription *sub, const struct run *run);

static inline unsigned
subscription_encoding(const struct subscription *sub)
{
    return sub->receiver->encoding + sub->encoding;
}

/* The message counts as delivered without being sent: it is the receiver's
 * own, or one that it may not read. */
bool fanout_passes_over(const struct subscription *sub,
                        const struct event *message);

#endif
