/* SPDX-License-Identifier: MIT
 *
 * The textbook table: cost[i][j] is the distance between the first i bytes of
 * a and the first j of b. */
#include "dialect/line/line_distance.h"
#include "base/must.h"

struct table {
    struct str a, b;
    unsigned cost[LINE_DISTANCE_MAX_BYTES + 1][LINE_DISTANCE_MAX_BYTES + 1];
};

static unsigned
least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Is the i-th byte of a the j-th of b? Counted from 1. */
static bool
same(const struct table *t, size_t i, size_t j)
{
    return str_eq_nocase((struct str){t->a.p + i - 1, 1},
                         (struct str){t->b.p + j - 1, 1});
}

static unsigned
cost(const struct table *t, size_t i, size_t j)
{
    unsigned best;

    if (i == 0 || j == 0)
        return (unsigned)(i + j);
    best = least(t->cost[i - 1][j], t->cost[i][j - 1]) + 1;
    best = least(best, t->cost[i - 1][j - 1] + !same(t, i, j));
    if (i > 1 && j > 1 && same(t, i, j - 1) && same(t, i - 1, j))
        best = least(best, t->cost[i - 2][j - 2] + 1);
    return best;
}

unsigned
line_distance(struct str a, struct str b)
{
    struct table t = {.a = a, .b = b};

    must(a.n <= LINE_DISTANCE_MAX_BYTES && b.n <= LINE_DISTANCE_MAX_BYTES);
    for (size_t i = 0; i <= a.n; i++) {
        for (size_t j = 0; j <= b.n; j++)
            t.cost[i][j] = cost(&t, i, j);
    }
    return t.cost[a.n][b.n];
}
