/* SPDX-License-Identifier: MIT
 *
 * Users: names, and who has them. One name belongs to one sender id, and a
 * sender id has one name. */
#ifndef HUB_USER_H
#define HUB_USER_H

#include "hub/hub_impl.h"

/* Whose name this is, present or held; NULL. */
struct user *user_find(const struct hub *h, struct str name);

/* Nobody else has the name of this key: it is not held, or for that sender,
 * or for whoever comes from that address (IPv4, or IPv6 by its /64). */
bool user_is_free_for(const struct hub *h, struct str key, uint64_t sender_id,
                      const uint8_t from[16]);

/* The name that the caller wants, if it is one and nobody else's; with
 * or_similar the first "name-2", "name-3" ... that is nobody else's. */
enum deny user_choose_name(struct call *x, uint64_t sender_id, bool or_similar,
                           struct name *ret);

struct user *user_new(struct hub *h, struct session *s,
                      const struct name *name);
void user_free(struct hub *h, struct user *u);

/* One more session of an account's user, its newest; and one that ends: false
 * if it was the last, which user_hold() or user_free() then takes away. */
void user_add_session(struct user *u, struct session *s);
bool user_drop_session(struct user *u, struct session *s);
unsigned user_sessions(const struct user *u);

/* The membership that stands for u in r, of those of its sessions; NULL. And
 * whether m is that one: what is told once per person hangs on it. */
struct member *user_member(const struct user *u, const struct room *r);
bool user_stands(const struct member *m);

/* Its last session s is gone or is somebody else now; the name waits, if names
 * are held at all, for the same person or place; of one who can prove to be the
 * same and was lost, for the person alone. And the way back. */
void user_hold(struct hub *h, struct user *u, const struct session *s,
               bool lost, int64_t now_ms);
void user_return(struct hub *h, struct user *u, struct session *s);

/* A held name waits on, but no longer for a sender: they have another. */
void user_disown(struct hub *h, struct user *u);

/* Frees names that have waited for long enough. Returns when to come back. */
int64_t user_tick(struct hub *h, int64_t now_ms);

/* m's user was called `old`: to the others in its room. */
void user_tell_renamed(struct hub *h, const struct member *m, struct str old);

enum deny user_rename(struct call *x);         /* COMMAND_RENAME */
enum deny user_away(struct call *x);           /* COMMAND_AWAY */

#endif
