/* SPDX-License-Identifier: MIT
 *
 * Bans and mutes: of one room, or of the whole server. Somebody is meant by
 * sender id, or everybody by a range of addresses. One that has run out counts
 * no longer; the tick removes its row. Part of grant.c. */
#ifndef HUB_RESTRICTION_H
#define HUB_RESTRICTION_H

#include "base/cidr.h"
#include "base/list.h"
#include "base/map.h"
#include "store/record.h"

struct restriction {
    struct list link;             /* in the order in which they were made */
    struct restriction *next;     /* of the same sender */
    struct restriction_row row;   /* its strings lie behind the struct */
    char data[];
};

struct restrictions {
    struct list all;
    struct map senders;           /* sender id -> struct restriction */
    unsigned n, ranges;           /* of all; with a range */
    int64_t due_ms;               /* no sooner does one run out */
};

/* Copies the row. Returns owned. */
struct restriction *restriction_new(const struct restriction_row *row);

struct restrictions *restrictions_new(void);          /* returns owned */
void restrictions_free(struct restrictions **rs);     /* NULL is fine */

void restrictions_add(struct restrictions *rs, struct restriction *r);

/* Out of it: now the caller's. */
void restrictions_take(struct restrictions *rs, struct restriction *r);

/* The one of this kind that holds for that sender id (0: none) or address at
 * that time; rs may be NULL. */
const struct restriction *
restrictions_of_sender(const struct restrictions *rs,
                       enum restriction_kind kind, uint64_t sender_id,
                       int64_t now_ms);
const struct restriction *
restrictions_of_address(const struct restrictions *rs,
                        enum restriction_kind kind, const uint8_t from[16],
                        int64_t now_ms);

/* The one that was made for exactly this, run out or not; NULL. With a sender
 * id of 0 it is the range that counts. */
struct restriction *restrictions_find(const struct restrictions *rs,
                                      enum restriction_kind kind,
                                      uint64_t sender_id,
                                      const struct cidr *range);

bool restriction_is_over(const struct restriction *r, int64_t now_ms);

#endif
