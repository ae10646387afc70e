/* SPDX-License-Identifier: MIT
 *
 * The end of the road for a broken invariant or for memory that is out: say
 * where, then abort, so that the core dump shows the moment it happened. */
#include "base/must.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
must_fail(const char *expr, const char *file, int line)
{
    fprintf(stderr, "%s:%d: broken invariant: %s\n", file, line, expr);
    abort();
}

void *
must_alloc(size_t bytes)
{
    void *p = calloc(1, bytes ? bytes : 1);

    must(p != NULL);
    return p;
}

void *
must_realloc(void *p, size_t bytes)
{
    void *q = realloc(p, bytes ? bytes : 1);

    must(q != NULL);
    return q;
}

char *
must_strdup(const char *s)
{
    char *copy = strdup(s);

    must(copy != NULL);
    return copy;
}
