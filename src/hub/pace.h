/* SPDX-License-Identifier: MIT
 *
 * When to commit. A commit of one message costs as much as one of ten, so a
 * core that is busy gathers for a moment; one that is not answers at once:
 *
 *   - the first command after a pause is never waited with;
 *   - the next batch begins `window_us` after the last one that was committed
 *     began, or as soon as PACE_ENOUGH commands are there: where the disk is
 *     slow, the commit itself has been the wait;
 *   - when waiting brought nothing (one client that sends its next post when
 *     the last one was acknowledged), it is left out for a while, ever longer.
 *
 * Pure: time is an argument, in microseconds of the monotonic clock. */
#ifndef HUB_PACE_H
#define HUB_PACE_H

#include <stdint.h>

/* A batch of that many shares its commit well enough. */
#define PACE_ENOUGH 8

struct pace {
    int64_t window_us;        /* 0: never wait */
    int64_t began_us;         /* when the last committed batch began; 0 = none
                                 yet */
    unsigned skip;            /* batches that are not waited with */
    unsigned misses;          /* waits in a row that brought nothing */
};

/* There are commands: until when to wait for more; at most now_us: not at
 * all. */
int64_t pace_until(struct pace *p, int64_t now_us);

/* The wait that pace_until() asked for brought so many more. */
void pace_gathered(struct pace *p, unsigned more);

/* A batch that began then has been committed. */
void pace_committed(struct pace *p, int64_t began_us);

#endif
