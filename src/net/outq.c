/* SPDX-License-Identifier: MIT
 *
 * The queue is a list of nodes, each with room for a handful of slab
 * references. A node's live slabs are slabs[first..end); only the head's first
 * slab can be partly written, by `offset` bytes. No node is ever empty, so
 * that an idle queue holds none, and no slab in it has zero bytes, so that
 * every vector that outq_peek() hands out makes progress. */
#include "net/outq.h"

#include <stdlib.h>

/* Fills two cache lines together with the three words in front. */
#define NODE_SLABS     14
#define POOL_NODES_MAX 256

struct outq_node {
    struct outq_node *next;
    uint16_t first, end;
    uint32_t offset;          /* written bytes of slabs[first] */
    struct slab *slabs[NODE_SLABS];
};

_Static_assert(sizeof(struct outq_node) <= 128, "two cache lines");

static struct outq_node *
node_new(struct outq_pool *pool)
{
    struct outq_node *node = pool->free;

    if (!node)
        return must_alloc(sizeof(*node));
    pool->free = node->next;
    pool->count--;
    node->next = NULL;
    node->first = node->end = 0;
    node->offset = 0;
    return node;
}

static void
node_free(struct outq_pool *pool, struct outq_node *node)
{
    if (pool->count == POOL_NODES_MAX) {
        free(node);
        return;
    }
    node->next = pool->free;
    pool->free = node;
    pool->count++;
}

void
outq_pool_done(struct outq_pool *pool)
{
    while (pool->free) {
        struct outq_node *node = pool->free;
        pool->free = node->next;
        free(node);
    }
    pool->count = 0;
}

void
outq_push(struct outq_pool *pool, struct outq *q, struct slab *s)
{
    struct outq_node *node = q->tail;

    if (s->n == 0)
        return;
    if (!node || node->end == NODE_SLABS) {
        node = node_new(pool);
        if (q->tail)
            q->tail->next = node;
        else
            q->head = node;
        q->tail = node;
    }
    node->slabs[node->end++] = slab_ref(s);
    q->bytes += s->n;
}

/* Drops the first slab, and its node when that was the last one in it. */
static void
pop(struct outq_pool *pool, struct outq *q)
{
    struct outq_node *node = q->head;

    slab_unref(&node->slabs[node->first++]);
    node->offset = 0;
    if (node->first < node->end)
        return;
    q->head = node->next;
    if (!q->head)
        q->tail = NULL;
    node_free(pool, node);
}

void
outq_done(struct outq_pool *pool, struct outq *q)
{
    while (q->head)
        pop(pool, q);
    q->bytes = 0;
}

int
outq_peek(const struct outq *q, struct iovec *vec, int n)
{
    int filled = 0;

    for (const struct outq_node *node = q->head; node; node = node->next) {
        uint32_t skip = node->offset;
        for (int i = node->first; i < node->end; i++, skip = 0) {
            struct slab *s = node->slabs[i];
            if (filled == n)
                return filled;
            vec[filled++] = (struct iovec){s->p + skip, s->n - skip};
        }
    }
    return filled;
}

void
outq_written(struct outq_pool *pool, struct outq *q, size_t bytes)
{
    must(bytes <= q->bytes);
    q->bytes -= bytes;
    while (bytes > 0) {
        struct outq_node *node = q->head;
        size_t left = node->slabs[node->first]->n - node->offset;
        if (bytes < left) {
            node->offset += (uint32_t)bytes;
            return;
        }
        bytes -= left;
        pop(pool, q);
    }
}
