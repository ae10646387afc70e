/* SPDX-License-Identifier: MIT
 *
 * Times in JSON (RFC 3339), as this server writes them: of UTC, with or
 * without a fraction. */
#ifndef DIALECT_HTTP_HTTP_TIME_WIRE_H
#define DIALECT_HTTP_HTTP_TIME_WIRE_H

#include "base/str.h"
#include <stdint.h>

/* "2026-11-25T10:00:00Z" or "2026-11-25T10:00:00.123Z": wall-clock ms, above
 * 0. False, and *ret_ms untouched, when it is anything else: also a day that
 * there is not, and other offsets than Z. */
bool http_time_read(struct str s, int64_t *ret_ms);

#endif
