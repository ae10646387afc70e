/* SPDX-License-Identifier: MIT
 *
 * Memberships: a session in a room. A member with a name is present; a member
 * is heard unless it was carried over from an older connection and has not
 * joined again yet. */
#ifndef HUB_MEMBER_H
#define HUB_MEMBER_H

#include "hub/hub_impl.h"

/* NULL when s is not in r. */
struct member *member_find(const struct room *r, const struct session *s);

/* The caller's membership of its target, if it may do `action` there. */
enum deny member_of_target(struct call *x, enum action action,
                           struct member **ret);

/* If r is a direct room, all sessions of the caller and of the other one hear
 * it from now on, members or not until now: from the newest message on, with
 * an EVENT_SUBSCRIBED that nobody asked for. A visitor hears nothing, nor does
 * an account that is not present. */
enum deny member_include_peers(struct call *x, struct room *r);

/* Those of these people who are present hear r, which was made for them, with
 * all their connections; and the way back. */
void member_include(struct hub *h, struct room *r, const uint64_t *people,
                    unsigned n, int64_t now_ms);
void member_evict(struct hub *h, struct member *m);

/* The session of m is replaced by s, which does not hear the room yet. */
void member_carry(struct member *m, struct session *s);

/* Its session hears the room no longer; it ends next. */
void member_unhear(struct member *m);

/* Ends m, tells the others, settles the room. */
void member_leave(struct hub *h, struct member *m, struct str why,
                  int64_t now_ms);

enum deny member_join(struct call *x);      /* COMMAND_JOIN */
enum deny member_part(struct call *x);      /* COMMAND_PART */

#endif
