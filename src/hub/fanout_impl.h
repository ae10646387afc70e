/* SPDX-License-Identifier: MIT
 *
 * The fan-out from within, for fanout.c, live.c and lag.c alone. */
#ifndef HUB_FANOUT_IMPL_H
#define HUB_FANOUT_IMPL_H

#include "base/map.h"
#include "hub/fanout.h"
#include "hub/heard.h"

struct fanout {
    unsigned worker;
    struct readers *readers;
    struct metrics_shard *shard;
    struct map rooms;             /* id -> struct heard_room */
    struct map receivers;         /* session -> struct receiver */
    struct list running;          /* rooms with a run, by ->running */
    int64_t deliveries;           /* since fanout_deliver() began */
    bool walking;                 /* nobody may come or go */
};

/* Borrows s, which holds n events; NULL says nothing. */
void fanout_send(struct fanout *f, struct receiver *r, struct slab *s,
                 uint32_t n);

/* The message counts as delivered without being sent: it is the receiver's
 * own, or one that it may not read. */
bool fanout_passes_over(const struct subscription *sub,
                        const struct event *message);

#endif
