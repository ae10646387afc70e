/* SPDX-License-Identifier: MIT
 *
 * One connection that asks how far rooms have got, and goes again. */
#ifndef LOAD_NATIVE_PROBE_H
#define LOAD_NATIVE_PROBE_H

#include <stdint.h>

struct options;

/* The seq of each room's newest message: room i is "r<i>", or o->room when
 * count is 1. Dies when a room has none. */
void native_probe(const struct options *o, uint32_t count, uint64_t *last);

#endif
