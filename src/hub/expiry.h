/* SPDX-License-Identifier: MIT
 *
 * Tokens that run out while somebody is there by one: their sessions end. */
#ifndef HUB_EXPIRY_H
#define HUB_EXPIRY_H

#include "hub/hub_impl.h"

/* s came by a device that is good until then; 0 = for ever. */
void expiry_note(struct hub *h, struct session *s, int64_t expires_ms);

/* Ends those whose time has come. Returns when to come back. */
int64_t expiry_tick(struct hub *h, int64_t now_ms);

#endif
