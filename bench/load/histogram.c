/* SPDX-License-Identifier: MIT
 *
 * The first 128 classes hold one value each; from there on class k of a
 * doubling has the width 2^shift. */
#include "load/histogram.h"

#include "base/must.h"

#include <stdlib.h>

struct histogram *
histogram_new(void)
{
    return must_alloc(sizeof(struct histogram));
}

void
histogram_free(struct histogram **h)
{
    free(*h);
    *h = NULL;
}

uint64_t
histogram_middle(unsigned class)
{
    unsigned shift;
    uint64_t low;

    if (class < HISTOGRAM_STEPS)
        return class;
    shift = class / HISTOGRAM_STEPS - 1;
    low = (uint64_t)(class % HISTOGRAM_STEPS + HISTOGRAM_STEPS) << shift;
    return low + (((uint64_t)1 << shift) >> 1);
}

uint64_t
histogram_at(const struct histogram *h, double share)
{
    uint64_t wanted = (uint64_t)(share * (double)h->count + 0.5);
    uint64_t seen = 0;

    if (h->count == 0)
        return 0;
    if (wanted == 0)
        wanted = 1;
    for (unsigned class = 0; class < HISTOGRAM_CLASSES; class++) {
        seen += h->classes[class];
        if (seen >= wanted) {
            uint64_t middle = histogram_middle(class);
            return middle < h->max ? middle : h->max;
        }
    }
    return h->max;
}
