/* SPDX-License-Identifier: MIT
 *
 * The rooms that a line client has joined, and the one that its plain text
 * goes to. Which room a subscription is for the client shows in its encoding:
 * what the others say there is prefixed or not. */
#ifndef DIALECT_LINE_LINE_ROOMS_H
#define DIALECT_LINE_LINE_ROOMS_H

#include "base/limits.h"
#include "base/str.h"
#include "hub/fanout.h"

enum line_encoding {
    LINE_ENCODING_CURRENT,    /* as it is */
    LINE_ENCODING_OTHER,      /* "[#room] " in front */
    LINE_ENCODING_DIRECT,     /* "[private] " in front */
};

struct line_room {
    struct line_room *next;
    uint64_t id;
    char *name;               /* owned */
};

/* All zero at first. */
struct line_rooms {
    struct line_room *newest;     /* then the older ones, by `next` */
    struct line_room *current;    /* NULL: in no room */
};

void line_rooms_done(struct line_rooms *rooms);

/* By number, and by name in any ASCII case; NULL when not joined. Rooms can be
 * renamed: this one, and _here(), ask r what they are called now. */
struct line_room *line_rooms_get(const struct line_rooms *rooms, uint64_t id);
struct line_room *line_rooms_find(const struct line_rooms *rooms,
                                  const struct receiver *r, struct str name);

/* The current one, or NULL. */
struct line_room *line_rooms_here(const struct line_rooms *rooms,
                                  const struct receiver *r);

/* What is there already stays. */
struct line_room *line_rooms_add(struct line_rooms *rooms, uint64_t id,
                                 struct str name);

/* If it was the current room, the newest of the others is now. */
void line_rooms_drop(struct line_rooms *rooms, struct receiver *r,
                     uint64_t id);

/* Makes a room the current one; NULL: none. */
void line_rooms_enter(struct line_rooms *rooms, struct receiver *r,
                      struct line_room *room);

#endif
