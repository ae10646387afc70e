/* SPDX-License-Identifier: MIT
 *
 * A growing buffer with a wall. Invariant: n <= cap <= max, and the allocation
 * is one byte longer than cap, so that vsnprintf() has room for its NUL.
 * Memory that is out counts as the maximum: the size was a peer's choice, and
 * that peer's connection is what should end. */
#include "base/buf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { CAP_MIN = 64 };

void
buf_init(struct buf *b, size_t max)
{
    *b = (struct buf){.max = max};
}

void
buf_done(struct buf *b)
{
    free(b->p);
    *b = (struct buf){.max = b->max};
}

void
buf_clear(struct buf *b)
{
    b->n = 0;
}

/* Doubles, so that n appends cost O(n) bytes copied. */
void *
buf_reserve(struct buf *b, size_t n)
{
    size_t cap = b->cap < CAP_MIN / 2 ? CAP_MIN : b->cap * 2;
    char *p;

    if (n > b->max - b->n)
        return NULL;
    if (b->p != NULL && n <= b->cap - b->n)
        return b->p + b->n;
    if (cap < b->n + n)
        cap = b->n + n;
    if (cap > b->max)
        cap = b->max;
    p = realloc(b->p, cap + 1);
    if (p == NULL)
        return NULL;
    b->p = p;
    b->cap = cap;
    return p + b->n;
}

void
buf_commit(struct buf *b, size_t n)
{
    must(n <= b->cap - b->n);
    b->n += n;
}

int
buf_append(struct buf *b, const void *p, size_t n)
{
    void *to;

    if (n == 0)
        return 0;
    to = buf_reserve(b, n);
    if (to == NULL)
        return -ENOBUFS;
    memcpy(to, p, n);
    b->n += n;
    return 0;
}

int
buf_append_str(struct buf *b, struct str s)
{
    return buf_append(b, s.p, s.n);
}

/* Formats into the room that is there; a second time if that was too small. */
int
buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list ap, again;
    int n;

    if (buf_reserve(b, 0) == NULL)
        return -ENOBUFS;
    va_start(ap, fmt);
    va_copy(again, ap);
    n = vsnprintf(b->p + b->n, b->cap - b->n + 1, fmt, ap);
    must(n >= 0);
    if ((size_t)n > b->cap - b->n) {
        if (buf_reserve(b, (size_t)n) == NULL)
            n = -ENOBUFS;
        else
            vsnprintf(b->p + b->n, (size_t)n + 1, fmt, again);
    }
    va_end(again);
    va_end(ap);
    if (n < 0)
        return n;
    b->n += (size_t)n;
    return 0;
}

void
buf_consume(struct buf *b, size_t n)
{
    must(n <= b->n);
    b->n -= n;
    if (n > 0 && b->n > 0)
        memmove(b->p, b->p + n, b->n);
}
