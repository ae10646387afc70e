/* SPDX-License-Identifier: MIT
 *
 * Rooms: who is in them, what was said in this turn, and the fan-out. */
#include "floor.h"

#define ROOM_SLOTS 4096

/* Which part of a log is whose: `sender` is compared, never followed. */
struct segment {
    const struct conn *sender;
    size_t end;
};

struct room {
    struct room *next;          /* in its slot of rooms */
    struct room *next_spoken;   /* in spoken */
    struct conn **members;
    struct segment *segments;
    uint32_t member_count, member_room;
    uint32_t segment_count, segment_room;
    struct bytes log;           /* empty: the room is not in spoken */
    char name[];
};

static struct room *rooms[ROOM_SLOTS];
static struct room *spoken;     /* those in which something was said */
static size_t gathered;

struct room *
room_get(const char *name, size_t n)
{
    uint32_t hash = 2166136261u;    /* FNV-1a */

    for (size_t i = 0; i < n; i++)
        hash = (hash ^ (uint8_t)name[i]) * 16777619u;
    struct room **slot = &rooms[hash % ROOM_SLOTS];
    for (struct room *r = *slot; r != NULL; r = r->next)
        if (strlen(r->name) == n && memcmp(r->name, name, n) == 0)
            return r;
    struct room *room = grow(NULL, sizeof(*room) + n + 1);
    *room = (struct room){.next = *slot};
    memcpy(room->name, name, n);
    room->name[n] = '\0';
    *slot = room;
    return room;
}

void
room_join(struct room *room, struct conn *c)
{
    if (room->member_count == room->member_room) {
        room->member_room = room->member_room * 2 + 8;
        room->members = grow(room->members, room->member_room *
                                            sizeof(*room->members));
    }
    c->room = room;
    c->place = room->member_count;
    room->members[room->member_count++] = c;
}

void
room_leave(struct conn *c)
{
    struct conn *last = c->room->members[--c->room->member_count];

    last->place = c->place;
    c->room->members[c->place] = last;
}

/* The log's newest bytes are c's. */
static void
mark(struct room *room, struct conn *c, bool first)
{
    struct segment *last =
        first ? NULL : &room->segments[room->segment_count - 1];

    c->spoke = true;
    if (last != NULL && last->sender == c) {
        last->end = room->log.end;
        return;
    }
    if (room->segment_count == room->segment_room) {
        room->segment_room = room->segment_room * 2 + 1;
        room->segments = grow(room->segments, room->segment_room *
                                              sizeof(*room->segments));
    }
    room->segments[room->segment_count++] =
        (struct segment){c, room->log.end};
}

void
room_say(struct conn *c, const char *line, size_t n)
{
    struct room *room = c->room;
    size_t before = room->log.end;

    if (before == 0) {
        room->next_spoken = spoken;
        spoken = room;
    }
    bytes_append(&room->log, c->name, strlen(c->name));
    bytes_append(&room->log, line, n);
    gathered += room->log.end - before;
    mark(room, c, before == 0);
}

/* What the others said, in one piece. */
static void
send_others(struct room *room, struct conn *c)
{
    struct bytes others = {0};
    size_t from = 0;

    for (uint32_t i = 0; i < room->segment_count; i++) {
        size_t end = room->segments[i].end;
        if (room->segments[i].sender != c)
            bytes_append(&others, room->log.data + from, end - from);
        from = end;
    }
    c->spoke = false;
    if (others.end > 0)
        conn_send(c, others.data, others.end);
    bytes_free(&others);
}

static void
flush(struct room *room)
{
    /* Backwards: a failed send puts the last member in the failed one's
     * place. */
    for (uint32_t i = room->member_count; i-- > 0;) {
        struct conn *c = room->members[i];
        if (c->spoke)
            send_others(room, c);
        else
            conn_send(c, room->log.data, room->log.end);
    }
    room->segment_count = 0;
    room->log.end = 0;
    if (room->log.room > TURN_BYTES)
        bytes_free(&room->log);
}

void
room_flush_all(void)
{
    while (spoken != NULL) {
        struct room *room = spoken;
        spoken = room->next_spoken;
        flush(room);
    }
    gathered = 0;
}

size_t
room_gathered(void)
{
    return gathered;
}
