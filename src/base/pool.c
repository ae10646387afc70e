/* SPDX-License-Identifier: MIT
 *
 * A chunk is aligned to its size, so that an object's chunk is found by
 * masking the object's address. Its objects are handed out in order until the
 * chunk has been used up once, so that pages which were never needed are never
 * touched; what is given back is chained through its own first bytes.
 *
 *   fresh --take--> roomy --last room taken--> full
 *     ^              |  ^-------- give --------'
 *   spare <--empty---'                                                  */
#include "base/pool.h"
#include "base/must.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* The unit test compiles this file with POOL_CHUNKS = 1 everywhere. */
#ifndef POOL_CHUNKS
#ifdef __SANITIZE_ADDRESS__
#define POOL_CHUNKS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POOL_CHUNKS 0
#endif
#endif
#endif
#ifndef POOL_CHUNKS
#define POOL_CHUNKS 1
#endif

void
pool_init(struct pool *p, size_t bytes)
{
    must(bytes > 0 && bytes <= POOL_OBJECT_MAX);
    *p = (struct pool){
        .object_bytes = (bytes + sizeof(void *) - 1) / sizeof(void *)
            * sizeof(void *),
    };
    list_init(&p->roomy);
}

#if POOL_CHUNKS

struct given {
    struct given *next;
};

struct pool_chunk {
    struct list link;              /* pool.roomy; alone when full or spare */
    struct pool *pool;
    struct given *given;           /* objects that came back */
    uint32_t taken;                /* objects that are out */
    uint32_t fresh;                /* offset of the first never taken */
};

/* Objects of 64 bytes shall lie in one line of the processor's cache. */
enum { FIRST_OFFSET = 64 };

_Static_assert(sizeof(struct pool_chunk) <= FIRST_OFFSET, "no room in front");

static struct pool_chunk *
chunk_of(const void *object)
{
    uintptr_t at = (uintptr_t)object & ~(uintptr_t)(POOL_CHUNK_BYTES - 1);

    return (struct pool_chunk *)at;
}

/* Maps twice as much and cuts off what lies before and behind. The highest
 * place, since the system maps downwards: chunks then lie side by side and are
 * one mapping, of which a process may have no more than so many. */
static struct pool_chunk *
chunk_map(struct pool *p)
{
    char *wide = mmap(NULL, 2 * POOL_CHUNK_BYTES, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct pool_chunk *c;
    size_t before, behind;

    must(wide != MAP_FAILED);
    c = chunk_of(wide + POOL_CHUNK_BYTES);
    before = (size_t)((char *)c - wide);
    behind = POOL_CHUNK_BYTES - before;
    if (before > 0)
        must(munmap(wide, before) == 0);
    if (behind > 0)
        must(munmap((char *)c + POOL_CHUNK_BYTES, behind) == 0);
    list_init(&c->link);
    c->pool = p;
    c->fresh = FIRST_OFFSET;
    p->chunks++;
    return c;
}

static void
chunk_unmap(struct pool *p, struct pool_chunk *c)
{
    p->chunks--;
    must(munmap(c, POOL_CHUNK_BYTES) == 0);
}

static bool
has_room(const struct pool_chunk *c)
{
    return c->given != NULL
        || c->fresh + c->pool->object_bytes <= POOL_CHUNK_BYTES;
}

/* A chunk that has objects is filled before another one is begun, so that
 * after a crowd has left the rest may become free. */
static struct pool_chunk *
roomy_chunk(struct pool *p)
{
    struct pool_chunk *c;

    if (!list_empty(&p->roomy))
        return list_entry(p->roomy.next, struct pool_chunk, link);
    c = p->spare ? p->spare : chunk_map(p);
    p->spare = NULL;
    list_push(&p->roomy, &c->link);
    return c;
}

void *
pool_take(struct pool *p)
{
    struct pool_chunk *c = roomy_chunk(p);
    void *object = c->given;

    if (object != NULL) {
        c->given = c->given->next;
        memset(object, 0, p->object_bytes);
    } else {
        object = (char *)c + c->fresh;
        c->fresh += (uint32_t)p->object_bytes;
    }
    c->taken++;
    p->taken++;
    if (!has_room(c))
        list_remove(&c->link);
    return object;
}

static void
retire(struct pool *p, struct pool_chunk *c)
{
    list_remove(&c->link);
    if (p->spare == NULL)
        p->spare = c;
    else
        chunk_unmap(p, c);
}

void
pool_give(struct pool *p, void *object)
{
    struct pool_chunk *c;
    struct given *given = object;

    if (object == NULL)
        return;
    c = chunk_of(object);
    must(c->pool == p && c->taken > 0);
    if (!has_room(c))
        list_push(&p->roomy, &c->link);
    given->next = c->given;
    c->given = given;
    c->taken--;
    p->taken--;
    if (c->taken == 0)
        retire(p, c);
}

void
pool_done(struct pool *p)
{
    must(p->taken == 0);
    if (p->spare != NULL)
        chunk_unmap(p, p->spare);
    must(p->chunks == 0);
    p->spare = NULL;
}

#else

void *
pool_take(struct pool *p)
{
    p->taken++;
    return must_alloc(p->object_bytes);
}

void
pool_give(struct pool *p, void *object)
{
    if (object == NULL)
        return;
    must(p->taken > 0);
    p->taken--;
    free(object);
}

void
pool_done(struct pool *p)
{
    must(p->taken == 0);
}

#endif
