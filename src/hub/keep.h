/* SPDX-License-Identifier: MIT
 *
 * What time does to rooms: messages and files that are not kept any longer go,
 * with the batch, a few hundred at a time; bans and mutes that have run out
 * lose their rows, and whoever may speak again, the room hears. What was said
 * in rooms that were closed long ago goes too, and the audit's oldest part. */
#ifndef HUB_KEEP_H
#define HUB_KEEP_H

#include "hub/grant.h"

/* Of all rooms together, in one tick. */
#define KEEP_MESSAGES 500

/* Returns when to come back. */
int64_t keep_tick(struct hub *h, int64_t now_ms);

/* The batch was not kept, and what time did in it is taken back: it is tried
 * again in a while. */
void keep_failed(struct hub *h);

#endif
