/* SPDX-License-Identifier: MIT
 *
 * Exponential backoff with full jitter. */
#include "link/backoff.h"

#include "base/must.h"
#include "base/rand.h"

void
backoff_init(struct backoff *b, int64_t first_ms, int64_t max_ms)
{
    must(first_ms > 0 && first_ms <= max_ms && max_ms < UINT32_MAX);
    *b = (struct backoff){first_ms, max_ms, first_ms};
}

int64_t
backoff_next_ms(struct backoff *b)
{
    int64_t ms = rand_below((uint32_t)b->ceiling_ms + 1);

    b->ceiling_ms = b->ceiling_ms < b->max_ms / 2 ? b->ceiling_ms * 2
                                                  : b->max_ms;
    return ms;
}

void
backoff_reset(struct backoff *b)
{
    b->ceiling_ms = b->first_ms;
}
