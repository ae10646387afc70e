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

enum {
    CACHE_LINE = 64,
    QUARTERS = 4,                 /* buckets per power of two */
    BUCKETS = 26 * QUARTERS,      /* the last one takes whatever is larger */
};

struct metrics_shard {
    _Alignas(CACHE_LINE) _Atomic int64_t values[METRIC_COUNT];
    _Atomic int64_t buckets[HISTOGRAM_COUNT][BUCKETS];
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

static const struct {
    const char *name, *unit, *help;
} histograms[HISTOGRAM_COUNT] = {
#define HISTOGRAMS_ROW(name, unit, help) {#name, unit, help},
    HISTOGRAMS_TABLE(HISTOGRAMS_ROW)
#undef HISTOGRAMS_ROW
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

/* --- Histograms --------------------------------------------------------- */

/* 0 to 3 have a bucket each; then the two bits behind the highest one tell the
 * quarter. */
static unsigned
bucket_of(int64_t value)
{
    unsigned octave, bucket;

    if (value < QUARTERS)
        return value < 0 ? 0 : (unsigned)value;
    octave = 63 - (unsigned)__builtin_clzll((uint64_t)value);
    bucket = (octave - 1) * QUARTERS +
             (unsigned)(value >> (octave - 2) & (QUARTERS - 1));
    return bucket < BUCKETS ? bucket : BUCKETS - 1;
}

/* The largest value in it. */
static int64_t
bucket_end(unsigned bucket)
{
    unsigned octave = bucket / QUARTERS + 1;
    int64_t quarter = bucket % QUARTERS;

    if (bucket < QUARTERS)
        return bucket;
    return ((QUARTERS + quarter + 1) << (octave - 2)) - 1;
}

void
metrics_observe(struct metrics_shard *s, enum histogram which, int64_t value)
{
    must(which < HISTOGRAM_COUNT);
    atomic_fetch_add_explicit(&s->buckets[which][bucket_of(value)], 1,
                              memory_order_relaxed);
}

static int64_t
bucket_sum(struct metrics *m, enum histogram which, unsigned bucket)
{
    int64_t sum = 0;

    for (struct metrics_shard *s = atomic_load(&m->shards); s; s = s->next)
        sum += atomic_load_explicit(&s->buckets[which][bucket],
                                    memory_order_relaxed);
    return sum;
}

int64_t
metrics_observed(struct metrics *m, enum histogram which)
{
    int64_t sum = 0;

    must(which < HISTOGRAM_COUNT);
    for (unsigned i = 0; i < BUCKETS; i++)
        sum += bucket_sum(m, which, i);
    return sum;
}

int64_t
metrics_quantile(struct metrics *m, enum histogram which, double q)
{
    int64_t wanted = (int64_t)(q * (double)metrics_observed(m, which));
    int64_t seen = 0, end = 0;

    must(q >= 0 && q <= 1);
    for (unsigned i = 0; i < BUCKETS; i++) {
        int64_t n = bucket_sum(m, which, i);

        if (n == 0)
            continue;
        end = bucket_end(i);
        seen += n;
        if (seen >= wanted)
            break;
    }
    return end;
}

const char *
metrics_histogram_name(enum histogram which)
{
    must(which < HISTOGRAM_COUNT);
    return histograms[which].name;
}

const char *
metrics_histogram_unit(enum histogram which)
{
    must(which < HISTOGRAM_COUNT);
    return histograms[which].unit;
}

const char *
metrics_histogram_help(enum histogram which)
{
    must(which < HISTOGRAM_COUNT);
    return histograms[which].help;
}
