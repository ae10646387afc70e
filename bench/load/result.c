/* SPDX-License-Identifier: MIT */
#include "load/result.h"

#include "base/must.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

static void PRINTF_LIKE(3, 4)
add(struct result *r, const char *key, const char *fmt, ...)
{
    size_t room = sizeof r->line - r->n;
    va_list ap;
    int n;

    n = snprintf(r->line + r->n, room, "%s\"%s\": ", r->n > 0 ? ", " : "{",
                 key);
    must(n > 0 && (size_t)n < room);
    r->n += (size_t)n;
    room -= (size_t)n;
    va_start(ap, fmt);
    n = vsnprintf(r->line + r->n, room, fmt, ap);
    va_end(ap);
    must(n > 0 && (size_t)n < room);
    r->n += (size_t)n;
}

void
result_text(struct result *r, const char *key, const char *value)
{
    add(r, key, "\"%s\"", value);
}

void
result_count(struct result *r, const char *key, uint64_t value)
{
    add(r, key, "%" PRIu64, value);
}

void
result_real(struct result *r, const char *key, double value)
{
    add(r, key, "%.6g", value);
}

void
result_delays(struct result *r, const char *prefix, const struct histogram *h)
{
    static const struct {
        const char *name;
        double share;
    } rows[] = {{"p50_us", 0.5}, {"p99_us", 0.99}, {"p999_us", 0.999}};
    char key[32];

    if (h->count == 0)
        return;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        snprintf(key, sizeof key, "%s%s", prefix, rows[i].name);
        result_real(r, key, (double)histogram_at(h, rows[i].share) / 1e3);
    }
    snprintf(key, sizeof key, "%smax_us", prefix);
    result_real(r, key, (double)h->max / 1e3);
}

void
result_print(struct result *r)
{
    printf("%s}\n", r->n > 0 ? r->line : "{");
}
