/* SPDX-License-Identifier: MIT
 *
 * Lagging: how a receiver that could not keep up, or has come back, gets from
 * the log what it has missed. Part of the fan-out.
 *
 * What congests is the connection, so whoever lags hears nothing live in any
 * room until its queue has drained. From then on each room is for itself: the
 * ones that are behind are fed page by page, the others are live. */
#ifndef HUB_LAG_H
#define HUB_LAG_H

#include "hub/fanout.h"

/* Whether r's queue takes something live now; if not, it lags from here on. */
bool lag_has_room(struct fanout *f, struct receiver *r);

/* sub misses a message. */
void lag_fall_behind(struct fanout *f, struct subscription *sub);

/* r's queue has drained, or one of its rooms is gone. */
void lag_go_on(struct fanout *f, struct receiver *r);

/* A reader's page has come, or its refusal. */
void lag_take_page(struct fanout *f, const struct parcel *p);

/* r goes. */
void lag_end(struct fanout *f, struct receiver *r);

#endif
