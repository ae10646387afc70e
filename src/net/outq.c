/* SPDX-License-Identifier: MIT
 *
 * A queue of one slab is a pointer to it. A queue of more is a ring of nodes,
 * each with room for a handful of slab references, and points to the last one,
 * whose `next` is the first; bit 0 of the pointer tells the two apart.
 *
 * A node's live slabs are slabs[first..end); only the first node's first slab
 * can be partly written, by `offset` bytes. No node is ever empty, so that an
 * idle queue holds none, and no slab in it has zero bytes, so that every vector
 * that outq_peek() hands out makes progress. */
#include "net/outq.h"

#include <stdlib.h>

/* Fills two cache lines together with the two words in front. */
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

static struct slab *
only_slab(const struct outq *q)
{
    return q->holds & 1 ? NULL : (struct slab *)q->holds;
}

static struct outq_node *
last_node(const struct outq *q)
{
    return q->holds & 1 ? (struct outq_node *)(q->holds - 1) : NULL;
}

/* Puts a new node behind the last one. */
static struct outq_node *
add_node(struct outq_pool *pool, struct outq *q)
{
    struct outq_node *node = node_new(pool), *last = last_node(q);

    node->next = last ? last->next : node;
    if (last)
        last->next = node;
    q->holds = (uintptr_t)node | 1;
    return node;
}

/* The one slab moves into a node. */
static struct outq_node *
spread(struct outq_pool *pool, struct outq *q)
{
    struct slab *s = only_slab(q);
    struct outq_node *node = add_node(pool, q);

    node->slabs[node->end++] = s;
    return node;
}

void
outq_push(struct outq_pool *pool, struct outq *q, struct slab *s)
{
    struct outq_node *node;

    if (s->n == 0)
        return;
    must(s->n <= UINT32_MAX - q->bytes);
    q->bytes += s->n;
    slab_ref(s);
    if (q->holds == 0) {
        q->holds = (uintptr_t)s;
        return;
    }
    node = only_slab(q) ? spread(pool, q) : last_node(q);
    if (node->end == NODE_SLABS)
        node = add_node(pool, q);
    node->slabs[node->end++] = s;
}

/* Drops the first slab, and its node when that was the last one in it. */
static void
pop(struct outq_pool *pool, struct outq *q)
{
    struct outq_node *last = last_node(q), *node;

    if (last == NULL) {
        struct slab *s = only_slab(q);
        slab_unref(&s);
        q->holds = 0;
        return;
    }
    node = last->next;
    slab_unref(&node->slabs[node->first++]);
    node->offset = 0;
    if (node->first < node->end)
        return;
    if (node == last)
        q->holds = 0;
    else
        last->next = node->next;
    node_free(pool, node);
}

void
outq_done(struct outq_pool *pool, struct outq *q)
{
    while (q->holds != 0)
        pop(pool, q);
    q->bytes = 0;
}

int
outq_peek(const struct outq *q, struct iovec *vec, int n)
{
    const struct outq_node *last = last_node(q), *node = last;
    int filled = 0;

    if (q->holds != 0 && last == NULL && n > 0)
        vec[filled++] = (struct iovec){only_slab(q)->p, q->bytes};
    while (node) {
        node = node->next;
        uint32_t skip = node->offset;
        for (int i = node->first; i < node->end; i++, skip = 0) {
            struct slab *s = node->slabs[i];
            if (filled == n)
                return filled;
            vec[filled++] = (struct iovec){s->p + skip, s->n - skip};
        }
        if (node == last)
            break;
    }
    return filled;
}

/* Drops what the first slab holds: it, or all of it but its end. Returns the
 * bytes dropped. */
static size_t
drop_front(struct outq_pool *pool, struct outq *q, size_t bytes)
{
    struct outq_node *node = last_node(q) ? last_node(q)->next : NULL;
    size_t left = node ? node->slabs[node->first]->n - node->offset
                       : only_slab(q)->n;

    if (bytes >= left) {
        pop(pool, q);
        return left;
    }
    if (node == NULL)
        node = spread(pool, q);
    node->offset += (uint32_t)bytes;
    return bytes;
}

void
outq_written(struct outq_pool *pool, struct outq *q, size_t bytes)
{
    must(bytes <= q->bytes);
    q->bytes -= (uint32_t)bytes;
    while (bytes > 0)
        bytes -= drop_front(pool, q, bytes);
}
