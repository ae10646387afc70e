/* SPDX-License-Identifier: MIT
 *
 * Slow mode: who has spoken waits. In memory alone. */
#ifndef HUB_SLOW_H
#define HUB_SLOW_H

#include "hub/grant.h"

/* DENY_TOO_FAST, with the time to wait in x->detail. Who keeps order need not
 * wait. */
enum deny slow_check(struct call *x, const struct room *r);

/* The caller has spoken. */
void slow_note(struct call *x, struct room *r);

/* What was said in the batch was not kept: it was not said. */
void slow_take_back(struct hub *h, struct room *r);

/* Part of grant_free(). */
void slow_free(struct grants *g);

#endif
