/* SPDX-License-Identifier: MIT
 *
 * The two clocks. Deadlines use the monotonic one, stamps the wall. Code below
 * server/ and edge/ takes the time as an argument instead of asking. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

int64_t clock_mono_ms(void);
int64_t clock_mono_us(void);
int64_t clock_wall_ms(void);   /* since 1970-01-01 UTC */

#endif
