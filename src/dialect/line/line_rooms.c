/* SPDX-License-Identifier: MIT
 *
 * A short list: a person at a terminal is in a few rooms. Invariant: `current`
 * is in the list, and its subscription alone has LINE_ENCODING_CURRENT. */
#include "dialect/line/line_rooms.h"
#include "base/must.h"
#include "dialect/line/line_out.h"

#include <stdlib.h>

static void
set_name(struct line_room *room, struct str name)
{
    char *copy = must_alloc(name.n + 1);

    str_to_z(name, copy, name.n + 1);
    free(room->name);
    room->name = copy;
}

static void
follow(struct line_room *room, const struct receiver *r)
{
    const struct subscription *sub = fanout_subscription(r, room->id);
    const char *name = sub ? subscription_name(sub) : "";

    if (name[0] != '\0' && strcmp(name, room->name) != 0)
        set_name(room, str_of(name));
}

void
line_rooms_done(struct line_rooms *rooms)
{
    for (struct line_room *room = rooms->newest, *next; room; room = next) {
        next = room->next;
        free(room->name);
        free(room);
    }
    *rooms = (struct line_rooms){NULL, NULL};
}

struct line_room *
line_rooms_get(const struct line_rooms *rooms, uint64_t id)
{
    struct line_room *room = rooms->newest;

    while (room && room->id != id)
        room = room->next;
    return room;
}

struct line_room *
line_rooms_find(const struct line_rooms *rooms, const struct receiver *r,
                struct str name)
{
    struct line_room *room = rooms->newest;

    for (; room; room = room->next) {
        follow(room, r);
        if (str_eq_nocase(str_of(room->name), name))
            break;
    }
    return room;
}

struct line_room *
line_rooms_here(const struct line_rooms *rooms, const struct receiver *r)
{
    if (rooms->current)
        follow(rooms->current, r);
    return rooms->current;
}

struct line_room *
line_rooms_add(struct line_rooms *rooms, uint64_t id, struct str name)
{
    struct line_room *room = line_rooms_get(rooms, id);

    if (room)
        return room;
    room = must_alloc(sizeof *room);
    room->id = id;
    set_name(room, line_cut(name, LIMIT_ROOM_BYTES));
    room->next = rooms->newest;
    rooms->newest = room;
    return room;
}

static void
forget(struct line_rooms *rooms, struct line_room *room)
{
    struct line_room **at = &rooms->newest;

    while (*at != room)
        at = &(*at)->next;
    *at = room->next;
    free(room->name);
    free(room);
}

static void
set_encoding(struct receiver *r, const struct line_room *room,
             enum line_encoding encoding)
{
    struct subscription *sub = room ? fanout_subscription(r, room->id) : NULL;

    if (sub)
        sub->encoding = (uint8_t)encoding;
}

void
line_rooms_enter(struct line_rooms *rooms, struct receiver *r,
                 struct line_room *room)
{
    if (room)
        follow(room, r);
    set_encoding(r, rooms->current, LINE_ENCODING_OTHER);
    set_encoding(r, room, LINE_ENCODING_CURRENT);
    rooms->current = room;
}

void
line_rooms_drop(struct line_rooms *rooms, struct receiver *r, uint64_t id)
{
    struct line_room *room = line_rooms_get(rooms, id);

    if (!room)
        return;
    if (room == rooms->current)
        rooms->current = NULL;
    forget(rooms, room);
    if (!rooms->current && rooms->newest)
        line_rooms_enter(rooms, r, rooms->newest);
}
