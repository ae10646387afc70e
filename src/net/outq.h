/* SPDX-License-Identifier: MIT
 *
 * An output queue: references to shared slabs, written by gathered writes.
 * Costs two words while it holds one slab or none, which is what most queues
 * hold at most times; its nodes come from a pool that all queues of a loop
 * share. */
#ifndef NET_OUTQ_H
#define NET_OUTQ_H

#include "base/must.h"
#include "base/slab.h"
#include <stdint.h>
#include <sys/uio.h>

struct outq_node;

struct outq_pool {
    struct outq_node *free;
    size_t count;                 /* nodes kept, bounded */
};

struct outq {
    uintptr_t holds;              /* 0 = nothing; see outq.c */
    uint32_t bytes;               /* not yet written */
    uint32_t moved_ms;            /* when it began to wait or got on; kept by
                                     its owner, who knows the time */
};

void outq_pool_done(struct outq_pool *pool);

/* Refs s; one without bytes is left out. Fewer than 2^32 bytes may wait. */
void outq_push(struct outq_pool *pool, struct outq *q, struct slab *s);
void outq_done(struct outq_pool *pool, struct outq *q);  /* drops everything */

/* Up to n vectors of what comes next; returns how many were filled. Borrowed
 * until outq_written(). */
int outq_peek(const struct outq *q, struct iovec *vec, int n) MUST_USE;
void outq_written(struct outq_pool *pool, struct outq *q, size_t bytes);

#endif
