/* SPDX-License-Identifier: MIT
 *
 * must(x): an invariant of ours. Stays on in release builds; a broken one
 * prints its place and aborts, because a server that has lost its own rules
 * loses messages next. Never used on bytes that a peer sent. */
#ifndef BASE_MUST_H
#define BASE_MUST_H

#include <stddef.h>

_Noreturn void must_fail(const char *expr, const char *file, int line);

#define must(x) \
    ((x) ? (void)0 : must_fail(#x, __FILE__, __LINE__))

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

/* Small allocations abort when memory is out; a peer never chooses the
 * size of one (peer-sized memory is buf's, with its hard maximum). */
void *must_alloc(size_t bytes);          /* zeroed; returns owned */
void *must_realloc(void *p, size_t bytes);
char *must_strdup(const char *s);        /* returns owned */

#endif
