/* SPDX-License-Identifier: MIT
 *
 * How far accounts have read their rooms: kept with their membership, so that
 * they know after a while away what is new. Lost with a crash is at most what
 * was read in the last few seconds: then it is new once more. */
#ifndef HUB_READING_H
#define HUB_READING_H

#include "hub/hub_impl.h"

/* That sender, if it is an account, has read r so far. It is written with
 * others, a few seconds later; at once when the server is stopping. */
void reading_note(struct hub *h, struct room *r, uint64_t sender_id,
                  uint64_t seq, int64_t now_ms);

/* m ends. Of a client that tells no cursors, what it heard was read. */
void reading_left(struct hub *h, const struct member *m, int64_t now_ms);

/* Some session of that sender shows r and tells no cursors. */
bool reading_is_shown(const struct room *r, uint64_t sender_id);

/* Writes it all now. A failure is the batch's. */
void reading_flush(struct hub *h);

/* Returns when to come back. */
int64_t reading_tick(struct hub *h, int64_t now_ms);
void reading_free_all(struct hub *h);

#endif
