/* SPDX-License-Identifier: MIT
 *
 * Who is what in a room: roles, invitations, bans, mutes. In memory for every
 * stored channel, and in the store for accounts (members) and for whatever
 * restricts (bans, mutes). A guest's invitation is in memory only.
 *
 * All changes are part of a batch, and are taken back with it. */
#ifndef HUB_GRANT_H
#define HUB_GRANT_H

#include "hub/hub_impl.h"
#include "hub/restriction.h"

/* What the caller's, or any, session is in r at that time. Bans and mutes that
 * have run out count no longer. An operator's call is the owner's. */
struct access_grant grant_of(const struct hub *h, const struct room *r,
                             const struct session *s, int64_t now_ms);
struct access_grant grant_of_caller(const struct call *x,
                                    const struct room *r);

/* Of somebody who need not be here. */
struct access_grant grant_of_sender(const struct room *r, uint64_t sender_id,
                                    int64_t now_ms);

/* access_check() for the caller: the one question that the hub asks. */
enum deny grant_check(const struct call *x, enum action action,
                      const struct room *r);

/* The same of any session. */
enum deny grant_check_session(const struct hub *h, const struct session *s,
                              enum action action, const struct room *r,
                              int64_t now_ms);

/* The operator gives the command: a session's number is never 0. */
static inline bool
grant_is_operator(const struct call *x)
{
    return x->session == NULL && x->command->session == 0;
}

/* Messages that s may not see in r: up to this seq. */
uint64_t grant_floor(const struct room *r, const struct session *s);

#define GRANT_NOTHING ((uint64_t)INT64_MAX)   /* a floor above everything */

/* A session without a membership of its own hears r from now on, or is s from
 * now on, or hears it no more: what it may see begins there. */
void grant_heard(struct room *r, const struct session *s);
void grant_carried(struct room *r, uint64_t old, const struct session *s);
void grant_left(struct room *r, const struct session *s);

/* An account has joined or made the room: it belongs to it from now on; the
 * maker of a new one is its owner. Written with the batch. */
enum deny grant_joined(struct call *x, struct room *r, bool made);
enum deny grant_parted(struct call *x, struct room *r);

/* Banned from the whole server: nobody may ENTER from there, or as that. */
bool grant_is_banned(const struct hub *h, uint64_t sender_id,
                     const uint8_t from[16], int64_t now_ms);

/* ---- for those who change it ---- */

/* What somebody is who is anything at all. */
struct standing {
    struct list link;             /* in the order in which they came */
    uint64_t sender_id;
    uint64_t from_seq;            /* they may see what comes after this */
    uint8_t role;                 /* enum room_role; NONE: is invited */
};

struct grants {
    struct map senders;           /* sender id -> struct standing */
    struct list all;
    unsigned members, invited;    /* how many of all are which */
    uint64_t owner;               /* sender id; 0 = nobody */
    struct restrictions *restrictions;    /* or NULL */
    struct map floors;            /* of sessions without a standing: seq + 1 */
    struct map spoke;             /* slow.c */
    int64_t swept_ms;             /* slow.c */
};

struct grants *grant_get(struct room *r);      /* makes them if need be */
const struct standing *grant_standing(const struct room *r,
                                      uint64_t sender_id);

/* Makes somebody what `to` says (role NONE: invited), or nothing at all; an
 * owner takes the room from whoever had it, who becomes a moderator. Stored,
 * for accounts. Their sessions in r hear of it (PARCEL_GRANT). */
enum deny grant_set(struct hub *h, struct room *r, const struct standing *to,
                    int64_t now_ms);
enum deny grant_drop(struct hub *h, struct room *r, uint64_t sender_id,
                     int64_t now_ms);

/* The present sessions of that sender in r are told what they are now, and
 * with 0 everybody's. */
void grant_tell(struct hub *h, const struct room *r, uint64_t sender_id,
                int64_t now_ms);

/* A ban or mute, stored; r NULL: of the server. Takes the place of one of the
 * same kind for the same. Its id is set here. */
enum deny grant_restrict(struct hub *h, struct room *r,
                         const struct restriction_row *row);
enum deny grant_release(struct hub *h, struct room *r,
                        struct restriction *what);

/* Everybody in r, and whoever else reads there, who may not any more: each of
 * those sessions is told, and whatever reads for them is void (PARCEL_REVOKE);
 * their uploads are dropped. `why` is taken: an EVENT_REMOVED without a room.
 * left is what the others are told when they leave. */
void grant_recheck(struct hub *h, struct room *r, struct event *why,
                   struct str left, int64_t now_ms);

/* The same for each session of that sender, whatever they may. In every room
 * with NULL. */
void grant_revoke(struct hub *h, struct room *r, uint64_t sender_id,
                  struct event *why, struct str left, int64_t now_ms);

/* At the start; and the end. */
int grant_load(struct hub *h) MUST_USE;
void grant_free(struct room *r);
void grant_free_all(struct hub *h);

/* Rows of bans and mutes that have run out are removed. Returns when to come
 * back. */
int64_t grant_tick(struct hub *h, int64_t now_ms);

/* ---- the end of a batch (batch.c) ---- */

void grant_take_back(struct hub *h);
void grant_settle(struct hub *h);      /* always, afterwards */

#endif
