/* SPDX-License-Identifier: MIT
 *
 * Users: names, and who has them. One name belongs to one sender id, and a
 * sender id has one name. */
#ifndef HUB_USER_H
#define HUB_USER_H

#include "hub/hub_impl.h"

/* Whose name this is, present or held; NULL. */
struct user *user_find(const struct hub *h, struct str name);

/* No other sender has the name of this key, present or held. */
bool user_is_free_for(const struct hub *h, struct str key,
                      uint64_t sender_id);

/* The name that the caller wants, if it is one and nobody else's; with
 * or_similar the first "name-2", "name-3" ... that is nobody else's. */
enum deny user_choose_name(struct call *x, uint64_t sender_id, bool or_similar,
                           struct name *ret);

struct user *user_new(struct hub *h, struct session *s,
                      const struct name *name);
void user_free(struct hub *h, struct user *u);

/* Its session is gone, the name waits. And the way back. */
void user_hold(struct hub *h, struct user *u, int64_t now_ms);
void user_return(struct hub *h, struct user *u, struct session *s);

/* Frees names that have waited for long enough. Returns when to come back. */
int64_t user_tick(struct hub *h, int64_t now_ms);

enum deny user_rename(struct call *x);         /* COMMAND_RENAME */
enum deny user_away(struct call *x);           /* COMMAND_AWAY */

#endif
