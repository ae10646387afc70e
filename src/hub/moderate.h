/* SPDX-License-Identifier: MIT
 *
 * Keeping order: who goes, who stays out, who is silent, who keeps order
 * besides. Everybody acts only on those below them. */
#ifndef HUB_MODERATE_H
#define HUB_MODERATE_H

#include "hub/grant.h"

enum deny moderate_remove(struct call *x);     /* COMMAND_REMOVE */
enum deny moderate_ban(struct call *x);        /* COMMAND_BAN */
enum deny moderate_unban(struct call *x);      /* COMMAND_UNBAN */
enum deny moderate_role(struct call *x);       /* COMMAND_ROLE */

/* The channel that is the caller's target, if it may do `action` there. */
enum deny moderate_room(struct call *x, enum action action,
                        struct room **ret);

/* What was done, written with the batch, which has begun: in r (NULL: the
 * server), to `name` (may be empty). */
enum deny moderate_audit(struct call *x, const char *action,
                         const struct room *r, struct str name,
                         struct str detail);

/* ANSWER_DONE, with the batch. */
void moderate_tell_done(struct call *x);

/* Somebody's role or voice has changed: to everybody in r, with the batch. */
struct event *moderate_standing(struct call *x, const struct room *r,
                                struct str name, enum room_role role);

#endif
