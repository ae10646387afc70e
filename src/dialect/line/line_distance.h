/* SPDX-License-Identifier: MIT
 *
 * How far a mistyped word is from a known one. */
#ifndef DIALECT_LINE_LINE_DISTANCE_H
#define DIALECT_LINE_LINE_DISTANCE_H

#include "base/str.h"

#define LINE_DISTANCE_MAX_BYTES 16

/* How many letters to insert, delete, replace or swap with their neighbour to
 * make b of a, in any case (optimal string alignment). Both at most
 * LINE_DISTANCE_MAX_BYTES long. */
unsigned line_distance(struct str a, struct str b);

#endif
