/* SPDX-License-Identifier: MIT
 *
 * A client is in few rooms: a list that is walked. */
#include "link/rooms.h"

#include "base/limits.h"
#include "base/must.h"

#include <stdlib.h>

static struct place *
place_of(struct list *link)
{
    return list_entry(link, struct place, link);
}

void
rooms_init(struct rooms *r)
{
    list_init(&r->places);
    r->count = 0;
}

void
rooms_drop(struct rooms *r, struct place *p)
{
    list_remove(&p->link);
    r->count--;
    free(p);
}

void
rooms_done(struct rooms *r)
{
    list_each(it, next, &r->places)
        rooms_drop(r, place_of(it));
}

struct place *
rooms_find(const struct rooms *r, const char *target)
{
    list_each(it, next, &r->places) {
        if (str_eq_nocase(str_of(place_of(it)->target), str_of(target)))
            return place_of(it);
    }
    return NULL;
}

struct place *
rooms_find_number(const struct rooms *r, uint64_t number)
{
    list_each(it, next, &r->places) {
        if (place_of(it)->joined && place_of(it)->number == number)
            return place_of(it);
    }
    return NULL;
}

struct place *
rooms_find_request(const struct rooms *r, uint64_t request)
{
    list_each(it, next, &r->places) {
        if (request != 0 && place_of(it)->request == request)
            return place_of(it);
    }
    return NULL;
}

struct place *
rooms_add(struct rooms *r, const char *target, int64_t after)
{
    size_t n = strlen(target) + 1;
    struct place *p;

    if (r->count >= LIMIT_ROOMS_PER_SESSION || n > PLACE_TARGET_MAX)
        return NULL;
    p = must_alloc(sizeof *p + n);
    memcpy(p->target, target, n);
    p->cursor = after;
    list_push(&r->places, &p->link);
    r->count++;
    return p;
}

bool
rooms_rename(struct rooms *r, struct place *p, const char *target)
{
    size_t n = strlen(target) + 1;
    struct place *renamed;

    if (n > PLACE_TARGET_MAX)
        return false;
    renamed = must_alloc(sizeof *renamed + n);
    *renamed = *p;
    memcpy(renamed->target, target, n);
    list_push(&r->places, &renamed->link);
    list_remove(&p->link);
    free(p);
    return true;
}

bool
rooms_joined(struct rooms *r, struct place *p, uint64_t number,
             uint64_t last_seq, uint64_t next_seq)
{
    struct place *other = rooms_find_number(r, number);
    int64_t last = last_seq < INT64_MAX ? (int64_t)last_seq : INT64_MAX;
    int64_t next = next_seq < INT64_MAX ? (int64_t)next_seq : INT64_MAX;

    if (other != NULL && other != p) {
        rooms_drop(r, p);
        return false;
    }
    p->number = number;
    p->joined = true;
    p->request = 0;
    /* What was not kept is no gap. */
    if (p->cursor >= 0 && p->cursor < next - 1)
        p->cursor = next - 1;
    /* A cursor from the future would make the client deaf until the room
     * gets there. */
    if (p->cursor < 0 || p->cursor > last)
        p->cursor = last;
    return true;
}

void
rooms_rewind(struct rooms *r)
{
    list_each(it, next, &r->places) {
        struct place *p = place_of(it);

        p->joined = false;
        p->request = 0;
        if (p->parting)
            rooms_drop(r, p);
    }
}

void
rooms_forget(struct rooms *r)
{
    list_each(it, next, &r->places) {
        place_of(it)->cursor = -1;
        place_of(it)->number = 0;
    }
}

enum place_verdict
place_take(struct place *p, uint64_t seq)
{
    uint64_t cursor = (uint64_t)p->cursor;

    must(p->cursor >= 0);
    if (seq <= cursor)
        return PLACE_OLD;
    if (seq > cursor + 1 || seq > INT64_MAX)
        return PLACE_GAP;
    p->cursor = (int64_t)seq;
    return PLACE_NEW;
}
