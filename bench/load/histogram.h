/* SPDX-License-Identifier: MIT
 *
 * Delays in nanoseconds, counted in classes that grow with the value: 128 of
 * them to each doubling, so a percentile is off by less than 1 %. Counting
 * costs a shift and an increment, whatever the number of values. */
#ifndef LOAD_HISTOGRAM_H
#define LOAD_HISTOGRAM_H

#include <stdint.h>

enum {
    HISTOGRAM_STEPS = 128,
    HISTOGRAM_CLASSES = (64 - 6) * HISTOGRAM_STEPS,
};

struct histogram {
    uint64_t count;
    uint64_t max;          /* exact */
    uint64_t classes[HISTOGRAM_CLASSES];
};

struct histogram *histogram_new(void);           /* returns owned, empty */
void histogram_free(struct histogram **h);

/* The class of a value, and the middle of that class. */
static inline unsigned
histogram_class(uint64_t value)
{
    unsigned shift;

    if (value < HISTOGRAM_STEPS)
        return (unsigned)value;
    shift = 63u - (unsigned)__builtin_clzll(value) - 7u;
    return (shift + 1) * HISTOGRAM_STEPS +
           (unsigned)(value >> shift) - HISTOGRAM_STEPS;
}
uint64_t histogram_middle(unsigned class);

static inline void
histogram_add(struct histogram *h, uint64_t value)
{
    h->classes[histogram_class(value)]++;
    h->count++;
    if (value > h->max)
        h->max = value;
}

/* The value that `share` (0 to 1) of all values do not pass; 0 when empty. */
uint64_t histogram_at(const struct histogram *h, double share);

#endif
