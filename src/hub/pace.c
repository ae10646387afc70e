/* SPDX-License-Identifier: MIT */
#include "hub/pace.h"

enum { MISSES_MAX = 6 };      /* then 63 batches are not waited with */

int64_t
pace_until(struct pace *p, int64_t now_us)
{
    int64_t until_us = p->began_us + p->window_us;

    if (p->began_us == 0 || until_us <= now_us)
        return 0;
    if (p->skip > 0) {
        p->skip--;
        return 0;
    }
    return until_us;
}

void
pace_gathered(struct pace *p, unsigned more)
{
    if (more > 0) {
        p->misses = 0;
        return;
    }
    if (p->misses < MISSES_MAX)
        p->misses++;
    p->skip = (1u << p->misses) - 1;
}

void
pace_committed(struct pace *p, int64_t began_us)
{
    p->began_us = began_us;
}
