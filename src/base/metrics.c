/* SPDX-License-Identifier: MIT
 *
 * Shards are pushed onto a lock-free list and live as long as the registry, so
 * that a reader may walk it at any time. A shard fills cache lines of its own:
 * one thread's counting never takes a line from another's core. */
#include "base/metrics.h"
#include "base/must.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { CACHE_LINE = 64 };

struct metrics_shard {
    _Alignas(CACHE_LINE) _Atomic int64_t values[METRIC_COUNT];
    struct metrics_shard *next;
};

struct metrics {
    struct metrics_shard *_Atomic shards;
};

static const struct {
    const char *name, *help;
    enum metric_type type;
} table[METRIC_COUNT] = {
#define METRICS_ROW(name, type, help) {#name, help, METRIC_##type},
    METRICS_TABLE(METRICS_ROW)
#undef METRICS_ROW
};

struct metrics *
metrics_new(void)
{
    return must_alloc(sizeof(struct metrics));
}

void
metrics_free(struct metrics **m)
{
    struct metrics_shard *s, *next;

    if (*m == NULL)
        return;
    for (s = atomic_load(&(*m)->shards); s != NULL; s = next) {
        next = s->next;
        free(s);
    }
    free(*m);
    *m = NULL;
}

struct metrics_shard *
metrics_shard_new(struct metrics *m)
{
    struct metrics_shard *s = aligned_alloc(CACHE_LINE, sizeof(*s));

    must(s != NULL);
    memset(s, 0, sizeof(*s));
    s->next = atomic_load(&m->shards);
    while (!atomic_compare_exchange_weak(&m->shards, &s->next, s))
        ;
    return s;
}

void
metrics_add(struct metrics_shard *s, enum metric which, int64_t n)
{
    must(which < METRIC_COUNT);
    atomic_fetch_add_explicit(&s->values[which], n, memory_order_relaxed);
}

int64_t
metrics_sum(struct metrics *m, enum metric which)
{
    int64_t sum = 0;

    must(which < METRIC_COUNT);
    for (struct metrics_shard *s = atomic_load(&m->shards); s; s = s->next)
        sum += atomic_load_explicit(&s->values[which], memory_order_relaxed);
    return sum;
}

const char *
metrics_name(enum metric which)
{
    must(which < METRIC_COUNT);
    return table[which].name;
}

const char *
metrics_help(enum metric which)
{
    must(which < METRIC_COUNT);
    return table[which].help;
}

enum metric_type
metrics_type(enum metric which)
{
    must(which < METRIC_COUNT);
    return table[which].type;
}
