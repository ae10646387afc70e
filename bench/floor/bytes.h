/* SPDX-License-Identifier: MIT
 *
 * A byte queue: appended at the end, taken from the front. */
#ifndef FLOOR_BYTES_H
#define FLOOR_BYTES_H

#include <stdlib.h>
#include <string.h>

struct bytes {
    char *data;
    size_t start, end, room;
};

/* realloc that ends the program instead of failing. */
static inline void *
grow(void *p, size_t n)
{
    p = realloc(p, n);
    if (p == NULL)
        abort();
    return p;
}

static inline size_t
bytes_size(const struct bytes *b)
{
    return b->end - b->start;
}

static inline void
bytes_append(struct bytes *b, const void *p, size_t n)
{
    /* Moved only when that frees half of it: each byte moves about once. */
    if (b->room - b->end < n && b->start > b->room / 2) {
        memmove(b->data, b->data + b->start, bytes_size(b));
        b->end -= b->start;
        b->start = 0;
    }
    if (b->room - b->end < n) {
        b->room = (b->end + n) * 2;
        b->data = grow(b->data, b->room);
    }
    memcpy(b->data + b->end, p, n);
    b->end += n;
}

static inline void
bytes_free(struct bytes *b)
{
    free(b->data);
    *b = (struct bytes){0};
}

#endif
