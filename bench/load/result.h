/* SPDX-License-Identifier: MIT
 *
 * The one line of JSON that a run ends with. Keys and texts are the
 * program's own, so nothing needs escaping. */
#ifndef LOAD_RESULT_H
#define LOAD_RESULT_H

#include "load/histogram.h"

#include <stdbool.h>
#include <stddef.h>

struct result {
    char line[4096];
    size_t n;
};

void result_text(struct result *r, const char *key, const char *value);
void result_count(struct result *r, const char *key, uint64_t value);
void result_real(struct result *r, const char *key, double value);

/* PREFIX_p50_us, _p99_us, _p999_us, _max_us; with "" just p50_us and so on.
 * Nothing when h is empty. */
void result_delays(struct result *r, const char *prefix,
                   const struct histogram *h);

/* Prints the line on standard output. */
void result_print(struct result *r);

#endif
