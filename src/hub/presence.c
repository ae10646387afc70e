/* SPDX-License-Identifier: MIT
 *
 * Presence. In a room of n people a notice costs n deliveries, so n people
 * coming at once would cost n * n. Above gather_above the first notice opens a
 * gathering; for gather_ms the room's comings and goings are only noted, then
 * told as two events at most. Who came and went meanwhile, or went and came
 * back under the same name, is not told at all.
 *
 * A coming is a mark in the member, a going a small record under the sender
 * id; both are found at once, and there are never more of them than people who
 * are, or were, in the room. */
#include "hub/presence.h"

#include <stdlib.h>

#define NAMES_TOLD 2

struct gathering {
    struct list link;             /* hub.gatherings */
    struct room *room;
    int64_t since_ms;
    uint32_t joined_n;            /* members that are marked `gathered` */
    struct list left;             /* struct departure */
    struct map departures;        /* `left` by sender id */
};

struct departure {
    struct list link;
    uint64_t sender_id;
    char name[];
};

static void
departure_free(struct gathering *g, struct departure *d)
{
    map_del_u64(&g->departures, d->sender_id);
    list_remove(&d->link);
    free(d);
}

static void
unmark(struct gathering *g, struct member *m)
{
    m->gathered = false;
    g->joined_n--;
}

/* Unmarks all, and finds the first of them. A room's members are in the order
 * of their coming, so those with a mark are near the end: what lies between
 * has come since the gathering began, too. Returns how many there were. */
static size_t
take_comings(struct gathering *g, const struct member *first[NAMES_TOLD])
{
    struct list *it = &g->room->members;
    size_t total = g->joined_n;

    while (g->joined_n > 0) {
        struct member *m;

        it = it->prev;
        must(it != &g->room->members);
        m = list_entry(it, struct member, in_room);
        if (!m->gathered)
            continue;
        unmark(g, m);
        if (g->joined_n < NAMES_TOLD)
            first[g->joined_n] = m;
    }
    return total;
}

void
presence_forget(struct room *r)
{
    const struct member *first[NAMES_TOLD];
    struct gathering *g = r->gathering;

    if (g == NULL)
        return;
    take_comings(g, first);
    list_each(it, next, &g->left)
        departure_free(g, list_entry(it, struct departure, link));
    map_done(&g->departures);
    list_remove(&g->link);
    free(g);
    r->gathering = NULL;
}

/* The room's gathering, opened if `crowd` people call for one; NULL: tell it
 * at once. */
static struct gathering *
gathering_for(struct hub *h, struct room *r, uint32_t crowd, int64_t now_ms)
{
    struct gathering *g = r->gathering;

    if (g != NULL || crowd <= h->options.gather_above)
        return g;
    g = must_alloc(sizeof *g);
    g->room = r;
    g->since_ms = now_ms;
    list_init(&g->left);
    map_init(&g->departures);
    list_push(&h->gatherings, &g->link);
    r->gathering = g;
    return g;
}

static struct event *
notice(const struct room *r, enum event_kind kind, struct str name,
       struct str why)
{
    struct event *e = room_event(r, kind, name, why);

    e->count = r->present;
    return e;
}

static void
gather_joined(struct gathering *g, struct member *m)
{
    const struct user *u = m->session->user;
    struct departure *d = map_get_u64(&g->departures, u->sender_id);

    if (d != NULL && str_eq(str_of(d->name), user_name(u))) {
        departure_free(g, d);
        return;
    }
    m->gathered = true;
    g->joined_n++;
}

void
presence_joined(struct hub *h, struct member *m, int64_t now_ms)
{
    struct room *r = m->room;
    struct gathering *g;
    struct event *e;

    if (h->stopping)
        return;
    g = gathering_for(h, r, r->present, now_ms);
    if (g != NULL) {
        gather_joined(g, m);
        return;
    }
    e = notice(r, EVENT_JOINED, user_name(m->session->user), nothing);
    e->session = m->session->id;
    tell_room(h, r, e, m->session);
}

void
presence_hand_over(struct member *from, struct member *to)
{
    if (!from->gathered)
        return;
    from->gathered = false;
    to->gathered = true;
}

static void
gather_left(struct gathering *g, struct member *m)
{
    const struct user *u = m->session->user;
    struct str name = user_name(u);
    struct departure *d;

    if (m->gathered) {
        unmark(g, m);
        return;
    }
    if (map_get_u64(&g->departures, u->sender_id) != NULL)
        return;
    d = must_alloc(sizeof(*d) + name.n + 1);
    d->sender_id = u->sender_id;
    memcpy(d->name, name.p, name.n);
    list_push(&g->left, &d->link);
    map_put_u64(&g->departures, d->sender_id, d);
}

void
presence_left(struct hub *h, struct member *m, struct str why, int64_t now_ms)
{
    struct room *r = m->room;
    struct gathering *g = r->gathering;
    struct event *e;

    if (!h->stopping)
        g = gathering_for(h, r, r->present + 1, now_ms);
    if (g != NULL) {
        gather_left(g, m);
        return;
    }
    if (h->stopping)
        return;
    e = notice(r, EVENT_LEFT, user_name(m->session->user), why);
    e->session = m->session->id;
    tell_room(h, r, e, NULL);
}

/* ---- telling what was gathered ---- */

static void
tell_gathered(struct hub *h, const struct gathering *g, bool joined,
              struct event *const names[NAMES_TOLD], size_t total)
{
    size_t n = total < NAMES_TOLD ? total : NAMES_TOLD;
    struct event **items = must_alloc(n * sizeof(struct event *));
    struct event *e = notice(g->room, EVENT_GATHERED, nothing, nothing);

    memcpy(items, names, n * sizeof(struct event *));
    event_set_items(e, items, n);
    e->others = (uint32_t)(total - n);
    e->joined = joined;
    tell_room(h, g->room, e, NULL);
}

static void
tell_comings(struct hub *h, struct gathering *g)
{
    const struct member *first[NAMES_TOLD];
    struct event *names[NAMES_TOLD] = {NULL};
    size_t total = take_comings(g, first);

    for (size_t i = 0; i < total && i < NAMES_TOLD; i++) {
        const struct session *s = first[i]->session;

        names[i] = notice(g->room, EVENT_JOINED, user_name(s->user), nothing);
        names[i]->session = s->id;
    }
    if (total > 0)
        tell_gathered(h, g, true, names, total);
}

static void
tell_goings(struct hub *h, const struct gathering *g)
{
    struct event *names[NAMES_TOLD] = {NULL};
    size_t n = 0;

    list_each(it, next, &g->left) {
        struct departure *d = list_entry(it, struct departure, link);

        names[n] = notice(g->room, EVENT_LEFT, str_of(d->name),
                          nothing);
        if (++n == NAMES_TOLD)
            break;
    }
    if (n > 0)
        tell_gathered(h, g, false, names, g->departures.count);
}

int64_t
presence_tick(struct hub *h, int64_t now_ms)
{
    list_each(it, next, &h->gatherings) {
        struct gathering *g = list_entry(it, struct gathering, link);

        if (!is_due(now_ms, g->since_ms, h->options.gather_ms))
            return g->since_ms + h->options.gather_ms;
        tell_comings(h, g);
        tell_goings(h, g);
        presence_forget(g->room);
    }
    return INT64_MAX;
}
