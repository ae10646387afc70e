/* SPDX-License-Identifier: MIT
 *
 * Shared bytes in one allocation. One byte more than n is allocated, for the
 * NUL that vsnprintf() writes. */
#include "base/slab.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct slab *
slab_new(size_t n)
{
    struct slab *s;

    must(n < UINT32_MAX);
    s = must_realloc(NULL, sizeof(*s) + n + 1);
    s->refs = 1;
    s->n = (uint32_t)n;
    return s;
}

struct slab *
slab_copy(struct str s)
{
    struct slab *slab = slab_new(s.n);

    if (s.n > 0)
        memcpy(slab->p, s.p, s.n);
    return slab;
}

struct slab *
slab_printf(const char *fmt, ...)
{
    struct slab *s;
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    must(n >= 0);
    s = slab_new((size_t)n);
    va_start(ap, fmt);
    vsnprintf(s->p, (size_t)n + 1, fmt, ap);
    va_end(ap);
    return s;
}

void
slab_unref(struct slab **s)
{
    struct slab *slab = *s;

    *s = NULL;
    if (slab == NULL)
        return;
    must(slab->refs > 0);
    if (--slab->refs == 0)
        free(slab);
}
