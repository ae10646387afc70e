/* SPDX-License-Identifier: MIT
 *
 * A room as one worker hears it: its newest seq as far as this worker knows,
 * and which of the worker's sessions are subscribed. Part of fanout.c. */
#ifndef HUB_HEARD_H
#define HUB_HEARD_H

#include "base/pool.h"
#include "hub/fanout.h"

struct heard_room {
    uint64_t id;
    uint64_t last_seq;
    struct access_room access;
    struct subscription **subs;   /* in no order; each knows its index */
    uint32_t n, cap;
    struct run *run;              /* messages kept back, or NULL: live.c */
    struct list running;          /* in the fan-out's list while there are */
    char *name;                   /* a channel's; "" for a direct room, which
                                     each of the two calls differently */
};

struct heard_room *heard_room_new(uint64_t id, struct str name);

/* It is called so from now on. */
void heard_room_rename(struct heard_room *room, struct str name);

/* Nobody may hear it any longer. */
void heard_room_free(struct heard_room **room);

/* A new subscription, from a pool of them, linked into the room and the
 * receiver; borrowed until heard_room_drop(). */
struct subscription *heard_room_add(struct pool *pool,
                                    struct heard_room *room,
                                    struct receiver *r);

/* Unlinks it and gives it back. The room may be empty afterwards. */
void heard_room_drop(struct pool *pool, struct subscription *sub);

#endif
