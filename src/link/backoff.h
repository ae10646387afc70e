/* SPDX-License-Identifier: MIT
 *
 * How long to wait before trying again: a ceiling that doubles, and full
 * jitter below it, so that a thousand clients of one server that restarts do
 * not come back in one moment. */
#ifndef LINK_BACKOFF_H
#define LINK_BACKOFF_H

#include <stdint.h>

struct backoff {
    int64_t first_ms, max_ms;
    int64_t ceiling_ms;      /* of the next delay */
};

void backoff_init(struct backoff *b, int64_t first_ms, int64_t max_ms);

/* A random delay in [0, ceiling]; then doubles the ceiling. */
int64_t backoff_next_ms(struct backoff *b);
void backoff_reset(struct backoff *b);

#endif
