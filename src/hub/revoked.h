/* SPDX-License-Identifier: MIT
 *
 * What one receiver may read no longer: for each room from which it was
 * removed, how many revocations had been decided by then. A page that was
 * decided before is void, however late its reader brings it. Bounded: the
 * oldest of many become one count for every room, which may refuse a page in
 * vain that was just under way, and never lets one through. Part of
 * fanout.c. */
#ifndef HUB_REVOKED_H
#define HUB_REVOKED_H

#include "hub/access.h"

#define REVOKED_ROOMS 16

struct revoked;

/* *r may be NULL: nothing is. Counts rise from call to call. */
void revoked_note(struct revoked **r, uint64_t room, uint64_t decided,
                  enum deny why);

/* Why a page of the room that was decided at that count is void, or NONE. */
enum deny revoked_check(const struct revoked *r, uint64_t room,
                        uint64_t decided);
void revoked_free(struct revoked **r);

#endif
