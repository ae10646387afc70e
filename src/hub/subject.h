/* SPDX-License-Identifier: MIT
 *
 * Whom a command is about: a name becomes somebody, present or not. */
#ifndef HUB_SUBJECT_H
#define HUB_SUBJECT_H

#include "hub/hub_impl.h"

struct subject {
    uint64_t sender_id;
    char name[LIMIT_ROOM_BYTES + 1];      /* as it is shown */
};

/* Somebody who is here, visits, or whose name waits for them; or an account. */
enum deny subject_find(struct call *x, struct str name, struct subject *ret);

/* The name of an account, present or not; "" when it is none. */
void subject_name(const struct hub *h, uint64_t sender_id,
                  char out[LIMIT_ROOM_BYTES + 1]);

/* Who gives the command, for events and the audit: "(operator)", or a name.
 * Borrowed. */
struct str subject_caller(const struct call *x);

#endif
