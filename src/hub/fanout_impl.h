/* SPDX-License-Identifier: MIT
 *
 * The fan-out from within, for fanout.c and lag.c alone. */
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
    int64_t deliveries;           /* since fanout_deliver() began */
    bool walking;                 /* nobody may come or go */
};

/* Borrows s; NULL says nothing. */
void fanout_send(struct fanout *f, struct receiver *r, struct slab *s);

/* The message counts as delivered without being sent: it is the receiver's
 * own, or one that it may not read. */
bool fanout_passes_over(const struct subscription *sub,
                        const struct event *message);

#endif
