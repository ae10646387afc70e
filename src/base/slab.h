/* SPDX-License-Identifier: MIT
 *
 * struct slab: encoded bytes shared by many output queues of one worker. One
 * allocation with the bytes inside; filled once, immutable from the moment a
 * second reference exists. The count is not atomic: a slab never leaves the
 * thread that made it. */
#ifndef BASE_SLAB_H
#define BASE_SLAB_H

#include "base/must.h"
#include "base/str.h"
#include <stdint.h>

struct slab {
    uint32_t refs;
    uint32_t n;
    char p[];
};

struct slab *slab_new(size_t n);             /* returns owned, unfilled */
struct slab *slab_copy(struct str s);        /* returns owned */
struct slab *slab_printf(const char *fmt, ...) PRINTF_LIKE(1, 2);

static inline struct slab *
slab_ref(struct slab *s)
{
    s->refs++;
    return s;
}

void slab_unref(struct slab **s);            /* nulls it; accepts NULL */

#endif
