/* SPDX-License-Identifier: MIT
 *
 * A pool: memory for very many objects of one size, without a header on each.
 * The objects lie in chunks straight from the system; a chunk without objects
 * goes back there, but for one spare. A pool is one thread's own.
 *
 * Under AddressSanitizer every object is an allocation of its own, so that
 * use after give is found as use after free. */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include "base/list.h"

/* A multiple of every system's page size. */
#define POOL_CHUNK_BYTES (64 * 1024)
#define POOL_OBJECT_MAX (POOL_CHUNK_BYTES / 32)

struct pool {
    struct list roomy;             /* chunks that an object can be taken from */
    struct pool_chunk *spare;      /* a chunk without objects, or NULL */
    size_t object_bytes;
    size_t taken;                  /* objects out of the pool */
    size_t chunks;                 /* held from the system, spare included */
};

/* Objects of `bytes`, at most POOL_OBJECT_MAX, aligned to 8. Nothing is
 * allocated before the first is taken. */
void pool_init(struct pool *p, size_t bytes);
void *pool_take(struct pool *p);               /* zeroed; returns owned */
void pool_give(struct pool *p, void *object);  /* takes; NULL does nothing */
void pool_done(struct pool *p);                /* every object was given back */

#endif
