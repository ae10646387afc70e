/* SPDX-License-Identifier: MIT
 *
 * Open addressing with linear probing. Invariant: cap is 0 or a power of two,
 * at least one slot is free, and between a slot's home (hash & (cap - 1)) and
 * the slot there is no free one. Removal keeps that by moving later slots back,
 * so there are no tombstones and lookups never grow slower with age. */
#include "base/map.h"
#include "base/must.h"
#include "base/rand.h"

#include <stdlib.h>

enum { CAP_MIN = 8 };

typedef bool same_fn(const struct map_slot *a, const struct map_slot *b);

static bool
same_number(const struct map_slot *a, const struct map_slot *b)
{
    return a->number == b->number;
}

static bool
same_bytes(const struct map_slot *a, const struct map_slot *b)
{
    return a->hash == b->hash && str_eq(a->bytes, b->bytes);
}

/* Hash 0 marks a free slot. */
static struct map_slot
number_key(uint64_t number, void *value)
{
    uint64_t hash = rand_hash_u64(number);

    return (struct map_slot){
        .hash = hash ? hash : 1, .number = number, .value = value};
}

static struct map_slot
bytes_key(struct str bytes, void *value)
{
    uint64_t hash = rand_hash(bytes.p, bytes.n);

    return (struct map_slot){
        .hash = hash ? hash : 1, .bytes = bytes, .value = value};
}

/* The slot that holds key, or the free one where it would go. The callers pass
 * a constant `same`, so that the compiler makes one loop per kind of key. */
static inline struct map_slot *
probe(const struct map *m, const struct map_slot *key, same_fn *same)
{
    size_t mask = m->cap - 1;
    size_t i = key->hash & mask;

    while (m->slots[i].hash != 0 && !same(&m->slots[i], key))
        i = (i + 1) & mask;
    return &m->slots[i];
}

static bool
never_same(const struct map_slot *a, const struct map_slot *b)
{
    (void)a;
    (void)b;
    return false;
}

static void
resize(struct map *m, size_t cap)
{
    struct map old = *m;

    m->slots = must_alloc(cap * sizeof(*m->slots));
    m->cap = cap;
    for (size_t i = 0; i < old.cap; i++) {
        if (old.slots[i].hash != 0)
            *probe(m, &old.slots[i], never_same) = old.slots[i];
    }
    free(old.slots);
}

/* At most three quarters full. */
static inline void
put(struct map *m, const struct map_slot *entry, same_fn *same)
{
    struct map_slot *slot;

    must(entry->value != NULL);
    if (m->count + 1 > m->cap / 4 * 3)
        resize(m, m->cap ? m->cap * 2 : CAP_MIN);
    slot = probe(m, entry, same);
    must(slot->hash == 0);
    *slot = *entry;
    m->count++;
}

/* Frees slot `hole` and closes the gap: a later slot of the same run moves
 * back unless the gap lies before its home. */
static void
close_gap(struct map *m, size_t hole)
{
    size_t mask = m->cap - 1;

    for (size_t i = (hole + 1) & mask; m->slots[i].hash != 0;
         i = (i + 1) & mask) {
        size_t from_home = (i - m->slots[i].hash) & mask;

        if (from_home >= ((i - hole) & mask)) {
            m->slots[hole] = m->slots[i];
            hole = i;
        }
    }
    m->slots[hole] = (struct map_slot){0};
}

/* Halves below one eighth, far enough from three quarters that a map which
 * breathes does not resize each time. */
static inline void *
del(struct map *m, const struct map_slot *key, same_fn *same)
{
    struct map_slot *slot;
    void *value;

    if (m->count == 0)
        return NULL;
    slot = probe(m, key, same);
    if (slot->hash == 0)
        return NULL;
    value = slot->value;
    close_gap(m, (size_t)(slot - m->slots));
    m->count--;
    if (m->cap > CAP_MIN && m->count < m->cap / 8)
        resize(m, m->cap / 2);
    return value;
}

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
    struct map_slot k;

    if (m->count == 0)
        return NULL;
    k = number_key(key, NULL);
    return probe(m, &k, same_number)->value;
}

void *
map_get_str(const struct map *m, struct str key)
{
    struct map_slot k;

    if (m->count == 0)
        return NULL;
    k = bytes_key(key, NULL);
    return probe(m, &k, same_bytes)->value;
}

void
map_put_u64(struct map *m, uint64_t key, void *value)
{
    struct map_slot entry = number_key(key, value);

    put(m, &entry, same_number);
}

void
map_put_str(struct map *m, struct str key, void *value)
{
    struct map_slot entry = bytes_key(key, value);

    put(m, &entry, same_bytes);
}

void *
map_del_u64(struct map *m, uint64_t key)
{
    struct map_slot k = number_key(key, NULL);

    return del(m, &k, same_number);
}

void *
map_del_str(struct map *m, struct str key)
{
    struct map_slot k = bytes_key(key, NULL);

    return del(m, &k, same_bytes);
}

void *
map_next(const struct map *m, size_t *pos)
{
    while (*pos < m->cap) {
        const struct map_slot *slot = &m->slots[(*pos)++];

        if (slot->hash != 0)
            return slot->value;
    }
    return NULL;
}
