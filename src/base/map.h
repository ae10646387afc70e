/* SPDX-License-Identifier: MIT
 *
 * Hash maps, keyed with SipHash under a process-wide random key, so that
 * chosen names cannot collide on purpose (PROMISES threat 23). Open
 * addressing; grows and shrinks by itself. Two kinds of key: a 64-bit number,
 * and bytes that the caller keeps alive and unchanged while they are in. A map
 * has keys of one kind; a slot takes 16 or 24 bytes. */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/str.h"
#include <stdint.h>

struct map {
    void *slots;
    size_t cap, count;
    size_t slot_bytes;       /* of the kind of key; 0 before the first one */
};

void map_init(struct map *m);
void map_done(struct map *m);            /* values are the caller's */

/* NULL when absent. */
void *map_get_u64(const struct map *m, uint64_t key);
void *map_get_str(const struct map *m, struct str key);

/* The key must be absent, and shorter than 4 GiB; value must not be NULL. */
void map_put_u64(struct map *m, uint64_t key, void *value);
void map_put_str(struct map *m, struct str key, void *value);

/* Returns what was there, or NULL. */
void *map_del_u64(struct map *m, uint64_t key);
void *map_del_str(struct map *m, struct str key);

/* Walks in no order: start with *pos = 0; NULL at the end. The map must not
 * change meanwhile. */
void *map_next(const struct map *m, size_t *pos);

#endif
