/* SPDX-License-Identifier: MIT
 *
 * The kernel's two clocks, in whole units. */
#include "base/clock.h"
#include "base/must.h"

#include <time.h>

static int64_t
now(clockid_t id, int64_t per_second)
{
    struct timespec t;

    must(clock_gettime(id, &t) == 0);
    return t.tv_sec * per_second + t.tv_nsec / (1000000000 / per_second);
}

int64_t
clock_mono_ms(void)
{
    return now(CLOCK_MONOTONIC, 1000);
}

int64_t
clock_mono_us(void)
{
    return now(CLOCK_MONOTONIC, 1000000);
}

int64_t
clock_wall_ms(void)
{
    return now(CLOCK_REALTIME, 1000);
}
