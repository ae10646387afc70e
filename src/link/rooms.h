/* SPDX-License-Identifier: MIT
 *
 * The rooms that this client is in, or wants to be in: what the server calls
 * them and how far each has been delivered. They outlive connections; a
 * message goes through place_take(), which lets every seq pass once and in
 * order. */
#ifndef LINK_ROOMS_H
#define LINK_ROOMS_H

#include "base/list.h"
#include "base/str.h"
#include <stdint.h>

#define PLACE_TARGET_MAX 256

struct place {
    struct list link;
    uint64_t number;          /* the server's, 0 = not known yet */
    int64_t cursor;           /* the last seq delivered; < 0: from now on */
    uint64_t request;         /* of a Join or Part that is under way */
    bool joined;              /* on this connection */
    bool parting;
    char target[];
};

struct rooms {
    struct list places;
    size_t count;
};

void rooms_init(struct rooms *r);
void rooms_done(struct rooms *r);

/* NULL when there is none; targets differ in more than ASCII case. */
struct place *rooms_find(const struct rooms *r, const char *target);
struct place *rooms_find_number(const struct rooms *r, uint64_t number);
struct place *rooms_find_request(const struct rooms *r, uint64_t request);

/* NULL when there are LIMIT_ROOMS_PER_SESSION already, or the target is
 * longer than any. Borrowed until rooms_drop(). */
struct place *rooms_add(struct rooms *r, const char *target, int64_t after);
void rooms_drop(struct rooms *r, struct place *p);

/* It is called so from now on. False: the target is longer than any. p is
 * gone, the place is another one. */
bool rooms_rename(struct rooms *r, struct place *p, const char *target);

/* The server has let the client in, and nothing below next_seq will come (0 =
 * it does not say): a cursor before it moves on. False: as another place that
 * is there already, p is gone. */
bool rooms_joined(struct rooms *r, struct place *p, uint64_t number,
                  uint64_t last_seq, uint64_t next_seq);

/* The connection is gone. With `forget`, so is the server's history: rooms
 * have other numbers, and cursors mean nothing. */
void rooms_rewind(struct rooms *r);
void rooms_forget(struct rooms *r);

enum place_verdict {
    PLACE_NEW,                /* the next one */
    PLACE_OLD,                /* it came before */
    PLACE_GAP,                /* one in between is missing */
};

enum place_verdict place_take(struct place *p, uint64_t seq);

#endif
