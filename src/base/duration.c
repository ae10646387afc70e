/* SPDX-License-Identifier: MIT */
#include "base/duration.h"

#include <stdio.h>

#define SECOND_MS INT64_C(1000)
#define DAY_MS    (24 * 3600 * SECOND_MS)
#define MOST_MS   (36525 * DAY_MS)

static const struct {
    char letter;
    int64_t ms;
} units[] = {
    {'w', 7 * DAY_MS}, {'d', DAY_MS}, {'h', 3600 * SECOND_MS},
    {'m', 60 * SECOND_MS}, {'s', SECOND_MS},
};

#define UNITS (sizeof units / sizeof units[0])

bool
duration_read(struct str s, int64_t *ret_ms)
{
    unsigned long long n;

    for (size_t i = 0; s.n > 1 && i < UNITS; i++) {
        if ((s.p[s.n - 1] | 0x20) != units[i].letter)
            continue;
        s.n--;
        if (!str_to_u64(s, (unsigned long long)(MOST_MS / units[i].ms), &n) ||
            n == 0)
            return false;
        *ret_ms = (int64_t)n * units[i].ms;
        return true;
    }
    return false;
}

/* Weeks are read and not written: "30d" stays what it was. */
void
duration_write(int64_t ms, char out[DURATION_CHARS])
{
    size_t i = 1;

    ms -= ms % SECOND_MS;
    while (ms % units[i].ms != 0)
        i++;
    if (ms == 0)
        i = UNITS - 1;
    snprintf(out, DURATION_CHARS, "%lld%c", (long long)(ms / units[i].ms),
             units[i].letter);
}
