/* SPDX-License-Identifier: MIT
 *
 * Who is what in a room: roles, invitations, bans, mutes. In memory for every
 * stored channel, and in the store for accounts (members) and for whatever
 * restricts (bans, mutes). A guest's invitation lives as long as the guest. */
#ifndef HUB_GRANT_H
#define HUB_GRANT_H

#include "hub/hub_impl.h"

/* What the caller's, or any, session is in r at that time. Bans and mutes that
 * have run out count no longer. An operator's call is the owner's. */
struct access_grant grant_of(const struct hub *h, const struct room *r,
                             const struct session *s, int64_t now_ms);
struct access_grant grant_of_caller(const struct call *x,
                                    const struct room *r);

/* access_check() for the caller: the one question that the hub asks. */
enum deny grant_check(const struct call *x, enum action action,
                      const struct room *r);

/* Messages that s may not see in r: up to this seq. */
uint64_t grant_floor(const struct room *r, const struct session *s);

/* An account has joined or made the room: it belongs to it from now on; the
 * maker of a new one is its owner. Written with the batch. */
enum deny grant_joined(struct call *x, struct room *r, bool made);
enum deny grant_parted(struct call *x, struct room *r);

/* Banned from the whole server: nobody may ENTER from there, or as that. */
bool grant_is_banned(const struct hub *h, uint64_t sender_id,
                     const uint8_t from[16], int64_t now_ms);

/* At the start; and the end. */
int grant_load(struct hub *h) MUST_USE;
void grant_free(struct room *r);
void grant_free_all(struct hub *h);

/* Somebody may be in r no longer: each of their sessions in it is told, and
 * whatever reads for them is void (PARCEL_REVOKE). In every room with NULL. */
void grant_revoke(struct hub *h, struct room *r, uint64_t sender_id,
                  struct event *why, int64_t now_ms);

#endif
