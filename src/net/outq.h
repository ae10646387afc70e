/* SPDX-License-Identifier: MIT
 *
 * An output queue: references to shared slabs, written by gathered writes.
 * Costs three words while empty; its nodes come from a pool that all queues
 * of a loop share. */
#ifndef NET_OUTQ_H
#define NET_OUTQ_H

#include "base/must.h"
#include "base/slab.h"
#include <sys/uio.h>

struct outq_node;

struct outq_pool {
    struct outq_node *free;
    size_t count;                 /* nodes kept, bounded */
};

struct outq {
    struct outq_node *head, *tail;
    size_t bytes;                 /* not yet written */
};

void outq_pool_done(struct outq_pool *pool);

/* Refs s; one without bytes is left out. */
void outq_push(struct outq_pool *pool, struct outq *q, struct slab *s);
void outq_done(struct outq_pool *pool, struct outq *q);  /* drops everything */

/* Up to n vectors of what comes next; returns how many were filled. Borrowed
 * until outq_written(). */
int outq_peek(const struct outq *q, struct iovec *vec, int n) MUST_USE;
void outq_written(struct outq_pool *pool, struct outq *q, size_t bytes);

#endif
