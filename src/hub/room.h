/* SPDX-License-Identifier: MIT
 *
 * Rooms: how they come into memory, how a session's target becomes one, and
 * when they go. A channel that was never stored, and a direct room, are in
 * memory only while somebody is in them. */
#ifndef HUB_ROOM_H
#define HUB_ROOM_H

#include "hub/hub_impl.h"

/* Copies the row, whose id and key must not be in memory yet. */
struct room *room_new(struct hub *h, const struct room_row *row,
                      int64_t last_ms, bool stored);

/* Frees r if nobody needs it any more. Call it last. */
void room_settle(struct hub *h, struct room *r);
void room_free(struct hub *h, struct room *r);

/* Finds what the caller's target means, without asking for access. A room
 * that is found outside memory is loaded: settle it in the end. */
enum deny room_find(struct call *x, struct room **ret);     /* in memory only */
enum deny room_load(struct call *x, struct room **ret);     /* or stored */
enum deny room_open(struct call *x, struct room **ret);     /* or made */
enum deny room_open_number(struct call *x, struct room **ret);

/* May the caller make a new channel? */
enum deny room_may_make(struct call *x);

/* By its number, without asking whose it is. Settle it in the end. */
enum deny room_load_number(struct hub *h, uint64_t id, struct room **ret);

/* What s calls it. */
struct room_called room_called(const struct hub *h, const struct room *r,
                               const struct session *s);

/* A direct room remembers the names of its two people; s, or NULL, may be one
 * that is not present: a visitor. */
void room_refresh_name(const struct hub *h, struct room *r,
                       const struct session *s);

/* Writes its row if it has none yet: before its first message, or file. */
int room_store(struct hub *h, struct room *r) MUST_USE;

#endif
