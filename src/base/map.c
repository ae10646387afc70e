/* SPDX-License-Identifier: MIT
 *
 * Open addressing with linear probing. Invariant: cap is 0 or a power of two,
 * at least one slot is free, and between a slot's home (hash & (cap - 1)) and
 * the slot there is no free one. Removal keeps that by moving later slots back,
 * so there are no tombstones and lookups never grow slower with age.
 *
 * There may be many millions of slots, so each is as small as its kind of key
 * allows. What the kinds have in common is written once, for a `struct kind`
 * that the public functions pass as a constant: the compiler then makes one
 * loop per kind. */
#include "base/map.h"
#include "base/must.h"
#include "base/rand.h"

#include <stdlib.h>

enum { CAP_MIN = 8 };

/* What every slot begins with; NULL: the slot is free. */
struct slot {
    void *value;
};

struct number_slot {
    struct slot slot;
    uint64_t number;
};

struct bytes_slot {
    struct slot slot;
    const char *p;           /* borrowed */
    uint32_t n;
    uint32_t hash;
};

struct kind {
    size_t slot_bytes;
    size_t (*hash)(const void *slot);
    bool (*same)(const void *slot, const void *other);
};

#define PER_KIND static inline __attribute__((always_inline))

/* ---- numbers ---- */

PER_KIND size_t
number_hash(const void *slot)
{
    return rand_hash_u64(((const struct number_slot *)slot)->number);
}

PER_KIND bool
number_same(const void *slot, const void *other)
{
    return ((const struct number_slot *)slot)->number
        == ((const struct number_slot *)other)->number;
}

static struct number_slot
number_slot(uint64_t number, void *value)
{
    return (struct number_slot){{value}, number};
}

static const struct kind numbers = {
    sizeof(struct number_slot), number_hash, number_same,
};

/* ---- bytes ---- */

/* Kept, since the bytes may lie anywhere. */
PER_KIND size_t
bytes_hash(const void *slot)
{
    return ((const struct bytes_slot *)slot)->hash;
}

PER_KIND bool
bytes_same(const void *slot, const void *other)
{
    const struct bytes_slot *a = slot, *b = other;

    return a->hash == b->hash
        && str_eq((struct str){a->p, a->n}, (struct str){b->p, b->n});
}

static struct bytes_slot
bytes_slot(struct str bytes, void *value)
{
    uint32_t hash = (uint32_t)rand_hash(bytes.p, bytes.n);

    must(bytes.n <= UINT32_MAX);
    return (struct bytes_slot){{value}, bytes.p, (uint32_t)bytes.n, hash};
}

static const struct kind bytes = {
    sizeof(struct bytes_slot), bytes_hash, bytes_same,
};

/* ---- both ---- */

PER_KIND struct slot *
slot_at(const struct map *m, size_t i, const struct kind *k)
{
    return (struct slot *)(void *)((char *)m->slots + i * k->slot_bytes);
}

/* The slot that holds key, or the free one where it would go. */
PER_KIND struct slot *
probe(const struct map *m, const void *key, const struct kind *k)
{
    size_t mask = m->cap - 1;
    size_t i = k->hash(key) & mask;
    struct slot *slot = slot_at(m, i, k);

    while (slot->value != NULL && !k->same(slot, key)) {
        i = (i + 1) & mask;
        slot = slot_at(m, i, k);
    }
    return slot;
}

PER_KIND void
resize(struct map *m, size_t cap, const struct kind *k)
{
    struct map old = *m;

    m->slots = must_alloc(cap * k->slot_bytes);
    m->cap = cap;
    for (size_t i = 0; i < old.cap; i++) {
        const struct slot *slot = slot_at(&old, i, k);

        if (slot->value != NULL)
            memcpy(probe(m, slot, k), slot, k->slot_bytes);
    }
    free(old.slots);
}

PER_KIND void *
get(const struct map *m, const void *key, const struct kind *k)
{
    if (m->count == 0)
        return NULL;
    must(m->slot_bytes == k->slot_bytes);
    return probe(m, key, k)->value;
}

/* At most seven eighths full. */
PER_KIND void
put(struct map *m, const void *entry, const struct kind *k)
{
    struct slot *slot;

    must(((const struct slot *)entry)->value != NULL);
    must(m->cap == 0 || m->slot_bytes == k->slot_bytes);
    m->slot_bytes = k->slot_bytes;
    if (m->count + 1 > m->cap / 8 * 7)
        resize(m, m->cap ? m->cap * 2 : CAP_MIN, k);
    slot = probe(m, entry, k);
    must(slot->value == NULL);
    memcpy(slot, entry, k->slot_bytes);
    m->count++;
}

/* Frees slot `hole` and closes the gap: a later slot of the same run moves
 * back unless the gap lies before its home. */
PER_KIND void
close_gap(struct map *m, size_t hole, const struct kind *k)
{
    size_t mask = m->cap - 1, i = hole;
    struct slot *slot;

    for (;;) {
        i = (i + 1) & mask;
        slot = slot_at(m, i, k);
        if (slot->value == NULL)
            break;
        if (((i - k->hash(slot)) & mask) < ((i - hole) & mask))
            continue;
        memcpy(slot_at(m, hole, k), slot, k->slot_bytes);
        hole = i;
    }
    slot_at(m, hole, k)->value = NULL;
}

/* Halves below one eighth, far enough from seven that a map which breathes
 * does not resize each time. */
PER_KIND void *
del(struct map *m, const void *key, const struct kind *k)
{
    struct slot *slot;
    void *value;

    if (m->count == 0)
        return NULL;
    must(m->slot_bytes == k->slot_bytes);
    slot = probe(m, key, k);
    value = slot->value;
    if (value == NULL)
        return NULL;
    close_gap(m, (size_t)((char *)slot - (char *)m->slots) / k->slot_bytes, k);
    m->count--;
    if (m->cap > CAP_MIN && m->count < m->cap / 8)
        resize(m, m->cap / 2, k);
    return value;
}

/* ---- the map ---- */

void
map_init(struct map *m)
{
    *m = (struct map){0};
}

void
map_done(struct map *m)
{
    free(m->slots);
    map_init(m);
}

void *
map_get_u64(const struct map *m, uint64_t key)
{
    struct number_slot k = number_slot(key, NULL);

    return get(m, &k, &numbers);
}

void *
map_get_str(const struct map *m, struct str key)
{
    struct bytes_slot k;

    if (m->count == 0)
        return NULL;
    k = bytes_slot(key, NULL);
    return get(m, &k, &bytes);
}

void
map_put_u64(struct map *m, uint64_t key, void *value)
{
    struct number_slot entry = number_slot(key, value);

    put(m, &entry, &numbers);
}

void
map_put_str(struct map *m, struct str key, void *value)
{
    struct bytes_slot entry = bytes_slot(key, value);

    put(m, &entry, &bytes);
}

void *
map_del_u64(struct map *m, uint64_t key)
{
    struct number_slot k = number_slot(key, NULL);

    return del(m, &k, &numbers);
}

void *
map_del_str(struct map *m, struct str key)
{
    struct bytes_slot k = bytes_slot(key, NULL);

    return del(m, &k, &bytes);
}

void *
map_next(const struct map *m, size_t *pos)
{
    while (*pos < m->cap) {
        const char *slot = (char *)m->slots + (*pos)++ * m->slot_bytes;
        void *value = ((const struct slot *)(const void *)slot)->value;

        if (value != NULL)
            return value;
    }
    return NULL;
}
