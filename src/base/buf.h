/* SPDX-License-Identifier: MIT
 *
 * struct buf: bytes that grow up to a hard maximum. The only home of memory
 * whose size a peer chooses. Embedded by value; buf_done() leaves it empty
 * and usable again. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/must.h"
#include "base/str.h"
#include <stdint.h>

struct buf {
    char *p;
    size_t n;      /* bytes held */
    size_t cap;    /* bytes allocated */
    size_t max;    /* never more than this */
};

void buf_init(struct buf *b, size_t max);
void buf_done(struct buf *b);
void buf_clear(struct buf *b);           /* keeps the allocation */

/* 0, or -ENOBUFS with nothing appended when the maximum would be passed. */
int buf_append(struct buf *b, const void *p, size_t n) MUST_USE;
int buf_append_str(struct buf *b, struct str s) MUST_USE;
int buf_printf(struct buf *b, const char *fmt, ...)
    PRINTF_LIKE(2, 3) MUST_USE;

/* Makes room for n more bytes and returns where they go (borrowed until the
 * next call on b), or NULL beyond the maximum; buf_commit() then counts how
 * many were written. */
void *buf_reserve(struct buf *b, size_t n) MUST_USE;
void buf_commit(struct buf *b, size_t n);

/* Drops the first n bytes; the rest moves to the front. */
void buf_consume(struct buf *b, size_t n);

static inline struct str
buf_str(const struct buf *b)
{
    return (struct str){b->p, b->n};
}

#endif
