/* SPDX-License-Identifier: MIT
 *
 * Subscriptions of one room in a dense array: a message walks it from end to
 * end, so joining and leaving pay for keeping it dense (the last one moves
 * into the gap). room->subs[sub->index] == sub, always. */
#include "hub/heard.h"

#include <stdlib.h>

enum { CAP_MIN = 4 };

_Static_assert(sizeof(struct subscription) <= 48, "one per session and room");

struct heard_room *
heard_room_new(uint64_t id, struct str name)
{
    struct heard_room *room = must_alloc(sizeof(*room));

    room->id = id;
    list_init(&room->running);
    heard_room_rename(room, name);
    return room;
}

void
heard_room_rename(struct heard_room *room, struct str name)
{
    must(name.n <= LIMIT_ROOM_BYTES);
    free(room->name);
    room->name = must_alloc(name.n + 1);
    if (name.n > 0)
        memcpy(room->name, name.p, name.n);
}

void
heard_room_free(struct heard_room **room)
{
    if (*room == NULL)
        return;
    must((*room)->n == 0);
    free((*room)->subs);
    free((*room)->name);
    free(*room);
    *room = NULL;
}

static void
resize(struct heard_room *room, uint32_t cap)
{
    room->subs = must_realloc(room->subs, cap * sizeof(struct subscription *));
    room->cap = cap;
}

struct subscription *
heard_room_add(struct pool *pool, struct heard_room *room, struct receiver *r)
{
    struct subscription *sub = pool_take(pool);

    if (room->n == room->cap)
        resize(room, room->cap ? room->cap * 2 : CAP_MIN);
    sub->receiver = r;
    sub->room = room;
    sub->index = room->n;
    room->subs[room->n++] = sub;
    list_push(&r->subs, &sub->link);
    return sub;
}

void
heard_room_drop(struct pool *pool, struct subscription *sub)
{
    struct heard_room *room = sub->room;
    struct subscription *last = room->subs[--room->n];

    must(room->subs[sub->index] == sub || last == sub);
    room->subs[sub->index] = last;
    last->index = sub->index;
    list_remove(&sub->link);
    pool_give(pool, sub);
    if (room->cap > CAP_MIN && room->n < room->cap / 4)
        resize(room, room->cap / 2);
}
