/* SPDX-License-Identifier: MIT
 *
 * The stamp at the front of every message's text: 26 ASCII bytes, `~L`, 8 hex
 * digits of its number, 16 hex digits of nanoseconds (CLOCK_MONOTONIC). It is
 * found by looking for '~' in whatever bytes come, so that reading costs the
 * generator the same whatever the protocol around it is. */
#ifndef LOAD_STAMP_H
#define LOAD_STAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STAMP_BYTES 26
#define STAMP_CARRY_MAX (STAMP_BYTES - 1)

struct stamp {
    uint32_t number;
    uint64_t due_ns;
};

/* Exactly STAMP_BYTES, without a NUL. */
void stamp_write(char out[STAMP_BYTES], struct stamp s);

/* The next whole stamp from *at on: true, and *at stands behind it. False:
 * there is none before end, and *at is where the bytes begin that may be the
 * front of one: at most STAMP_CARRY_MAX of them, to be put before what comes
 * next (end, if there is nothing to keep). */
bool stamp_next(const char **at, const char *end, struct stamp *ret);

#endif
