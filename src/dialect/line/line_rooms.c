/* SPDX-License-Identifier: MIT
 *
 * A short list: a person at a terminal is in a few rooms. Invariant: `current`
 * is in the list, and its subscription alone has LINE_ENCODING_CURRENT. */
#include "dialect/line/line_rooms.h"
#include "base/must.h"
#include "dialect/line/line_out.h"

#include <stdlib.h>

void
line_rooms_init(struct line_rooms *rooms)
{
    list_init(&rooms->all);
    rooms->current = NULL;
}

static void
forget(struct line_room *room)
{
    list_remove(&room->link);
    free(room);
}

void
line_rooms_done(struct line_rooms *rooms)
{
    list_each(it, tmp, &rooms->all)
        forget(list_entry(it, struct line_room, link));
    rooms->current = NULL;
}

struct line_room *
line_rooms_get(const struct line_rooms *rooms, uint64_t id)
{
    list_each(it, tmp, &rooms->all) {
        struct line_room *room = list_entry(it, struct line_room, link);

        if (room->id == id)
            return room;
    }
    return NULL;
}

struct line_room *
line_rooms_find(const struct line_rooms *rooms, struct str name)
{
    list_each(it, tmp, &rooms->all) {
        struct line_room *room = list_entry(it, struct line_room, link);

        if (str_eq_nocase(str_of(room->name), name))
            return room;
    }
    return NULL;
}

struct line_room *
line_rooms_add(struct line_rooms *rooms, uint64_t id, struct str name)
{
    struct line_room *room = line_rooms_get(rooms, id);

    if (room)
        return room;
    room = must_alloc(sizeof *room);
    room->id = id;
    name = line_cut(name, LIMIT_ROOM_BYTES);
    if (name.n > 0)
        memcpy(room->name, name.p, name.n);
    list_push(&rooms->all, &room->link);
    return room;
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
    set_encoding(r, rooms->current, LINE_ENCODING_OTHER);
    set_encoding(r, room, LINE_ENCODING_CURRENT);
    rooms->current = room;
}

void
line_rooms_drop(struct line_rooms *rooms, struct receiver *r, uint64_t id)
{
    struct line_room *room = line_rooms_get(rooms, id), *next = NULL;

    if (!room)
        return;
    if (room == rooms->current)
        rooms->current = NULL;
    forget(room);
    if (rooms->current || list_empty(&rooms->all))
        return;
    next = list_entry(rooms->all.prev, struct line_room, link);
    line_rooms_enter(rooms, r, next);
}
