/* SPDX-License-Identifier: MIT
 *
 * Letters that look alike (Unicode's confusables.txt, UTS #39). */
#ifndef AUTH_TWIN_H
#define AUTH_TWIN_H

#include <stdint.h>

/* What stands in keys for the case-folded, decomposed letter cp: the first
 * one that it looks like in either case, a Latin one if there is any; or cp
 * itself. ASCII ones stay themselves: "a1ice" is not "alice". */
uint32_t twin_of(uint32_t cp);

#endif
