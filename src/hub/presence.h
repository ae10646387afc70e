/* SPDX-License-Identifier: MIT
 *
 * Who comes and goes, as the others hear it: one by one in a small room,
 * gathered in a large one. */
#ifndef HUB_PRESENCE_H
#define HUB_PRESENCE_H

#include "hub/hub_impl.h"

/* A named member has come, and hears the room. */
void presence_joined(struct hub *h, struct member *m, int64_t now_ms);

/* A session of somebody leaves, another one of theirs stays in the room: their
 * coming, if it is not told yet, is that one's from now on. */
void presence_hand_over(struct member *from, struct member *to);

/* It has gone: not counted as present and hearing nothing any more. */
void presence_left(struct hub *h, struct member *m, struct str why,
                   int64_t now_ms);

/* Drops what was gathered. */
void presence_forget(struct room *r);

/* Tells what has been gathered for long enough. Returns when to come back. */
int64_t presence_tick(struct hub *h, int64_t now_ms);

#endif
