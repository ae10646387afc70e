/* SPDX-License-Identifier: MIT
 *
 * What every part of the load generator may use: its clock, its dice, and the
 * way to give up. A run that cannot be what it was asked to be ends at once
 * with a sentence and status 1; half a measurement is none. */
#ifndef LOAD_LOAD_H
#define LOAD_LOAD_H

#include "base/must.h"

#include <stdint.h>
#include <time.h>

_Noreturn void die(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* Progress, on standard error. */
void note(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* CLOCK_MONOTONIC, which all processes of a machine share. */
static inline uint64_t
now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Cheap numbers (splitmix64) that repeat with the same seed. */
struct dice {
    uint64_t state;
};

static inline uint64_t
dice_throw(struct dice *d)
{
    uint64_t z = d->state += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

#endif
