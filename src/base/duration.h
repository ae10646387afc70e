/* SPDX-License-Identifier: MIT
 *
 * Lengths of time as people write them: "10s", "5m", "2h", "30d", "1w". */
#ifndef BASE_DURATION_H
#define BASE_DURATION_H

#include "base/str.h"
#include <stdint.h>

/* A whole number and its unit, nothing else, at least a second and at most a
 * hundred years. False, and *ret_ms untouched, when it is anything else. */
bool duration_read(struct str s, int64_t *ret_ms);

/* The largest unit that needs no fraction; parts of a second are cut off. */
#define DURATION_CHARS 24
void duration_write(int64_t ms, char out[DURATION_CHARS]);

#endif
