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

/* The batch is not kept: no floor is above the newest message. */
void grant_lower_floors(struct room *r);

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
    struct list link;             /* by sender id */
    uint64_t sender_id;
    uint64_t from_seq;            /* they may see what comes after this */
    uint64_t read;                /* they have read so far; only rises */
    uint8_t role;                 /* enum room_role; NONE: is invited */
};

struct grants {
    struct map senders;           /* sender id -> struct standing */
    struct list all;
    unsigned members, invited;    /* how many of all are which */
    uint64_t owner;               /* sender id; 0 = nobody */
    struct restrictions *restrictions;    /* or NULL */
    struct map floors;            /* session -> struct floor ... */
    struct list low;              /* ... of those without a standing */
    struct map spoke;             /* speaker -> struct spoken: slow.c */
    struct list spoken;           /* the same, oldest first */
};

struct grants *grant_get(struct room *r);      /* makes them if need be */
const struct standing *grant_standing(const struct room *r,
                                      uint64_t sender_id);

/* Somebody who belongs to r has read it so far. False: not, or they had. */
bool grant_note_read(struct room *r, uint64_t sender_id, uint64_t seq);

/* s's account belongs to r, whether it is there or not. */
bool grant_belongs(const struct room *r, const struct session *s);

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

/* They are nothing in any room any more: the account is no more. */
enum deny grant_forget(struct hub *h, uint64_t sender_id, int64_t now_ms);

/* ---- those who may no longer (grant_revoke.c) ---- */

/* The sessions that may read r now: of that sender, or with 0 of everybody.
 * Taken before a change, so that afterwards nobody hears of a room that they
 * never knew. Owned; for grant_end() to free. */
struct audience {
    uint64_t *sessions;           /* rising */
    size_t n;
};

struct audience grant_audience(const struct hub *h, const struct room *r,
                               uint64_t sender_id, int64_t now_ms);

/* Of them, those who may read r no longer, with `all` each: is told `why` (an
 * EVENT_REMOVED, whose room is set here; taken), leaves the room, and whatever
 * reads for them is void (PARCEL_REVOKE). Uploads that nobody may share any
 * longer are dropped. Empties a. */
void grant_end(struct hub *h, struct room *r, struct audience *a, bool all,
               struct event *why, int64_t now_ms);

/* What that sender brings to r, or with NULL to any room, is dropped. */
void grant_drop_uploads(struct hub *h, const struct room *r,
                        uint64_t sender_id);

/* Sessions that are banned from the server end, `why` (an EVENT_CLOSED; taken)
 * is what they are told. */
void grant_close_banned(struct hub *h, struct event *why, int64_t now_ms);

/* At the start; and the end. */
int grant_load(struct hub *h) MUST_USE;
void grant_free(struct room *r);
void grant_free_all(struct hub *h);

/* ---- the end of a batch (batch.c) ---- */

void grant_take_back(struct hub *h);

/* Whoever is in r by a right that was not kept goes again; `why` is told. */
void grant_recheck(struct hub *h, struct room *r, enum deny why,
                   int64_t now_ms);
void grant_settle(struct hub *h);      /* always, afterwards */

#endif
