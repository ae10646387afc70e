/* SPDX-License-Identifier: MIT
 *
 * Sessions: a connection comes, is taken over by a newer one, and goes. */
#ifndef HUB_SESSION_H
#define HUB_SESSION_H

#include "hub/hub_impl.h"

enum deny session_enter(struct call *x);       /* COMMAND_ENTER */
/* Neither that sender nor where the caller is is banned from the server. */
enum deny session_may_come(const struct call *x, uint64_t sender_id);

/* The caller may come in without an account. */
enum deny session_may_guest(const struct call *x);

/* For visitors, who enter in their own way. */
struct session *session_new(struct hub *h, const struct command *c);
void session_welcome(struct call *x, const struct session *s,
                     uint64_t device);

/* Present or visiting; "" for a reader. Borrowed. */
struct str session_name(const struct hub *h, const struct session *s);

/* What becomes of a guest's name: it waits for the same person or place; or,
 * since its connection was lost, for the same person, if that can be known;
 * or it is free. */
enum session_name { SESSION_NAME_WAITS, SESSION_NAME_LOST, SESSION_NAME_GOES };

/* Its rooms are told why; its user is gone with the last of its sessions. Does
 * not close the connection. */
void session_end(struct hub *h, struct session *s, struct str why,
                 enum session_name name, int64_t now_ms);

enum deny session_leave(struct call *x);       /* COMMAND_LEAVE */
enum deny session_kick(struct call *x);        /* COMMAND_KICK */

/* Ends what was carried over and not joined again in time. Returns when to
 * come back. */
int64_t session_tick(struct hub *h, int64_t now_ms);

/* The hub is being freed; nobody is a member any more. */
void session_free_all(struct hub *h);

#endif
