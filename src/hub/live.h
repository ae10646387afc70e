/* SPDX-License-Identifier: MIT
 *
 * Live deliveries: what a room, or everyone, hears as it happens. Part of
 * fanout.c.
 *
 * A room's messages are kept back as a run (run.h) while the mailbox is being
 * emptied, and whatever is to come behind them, for one receiver or for the
 * room, delivers them first. Order for each receiver is thus the order of the
 * mailbox. */
#ifndef HUB_LIVE_H
#define HUB_LIVE_H

#include "hub/fanout_impl.h"

/* A run that has grown so long is delivered: it is queued as a whole, beside a
 * queue's soft limit. */
#define LIVE_RUN_MESSAGES 64
#define LIVE_RUN_BYTES    (16 * 1024)

void live_room(struct fanout *f, const struct parcel *p);
void live_everyone(struct fanout *f, const struct parcel *p);

/* r is to hear something of its own next: delivers what was kept back for
 * it. */
void live_settle(struct fanout *f, struct receiver *r);

/* The mailbox is empty: delivers everything. */
void live_flush(struct fanout *f);

/* Nobody hears the room any more. */
void live_forget(struct heard_room *room);

#endif
