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
    struct list joined;           /* members, by in_gathering */
    struct list left;             /* struct departure */
    uint32_t joined_n;
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
    list_remove(&m->in_gathering);
    g->joined_n--;
}

void
presence_forget(struct room *r)
{
    struct gathering *g = r->gathering;

    if (g == NULL)
        return;
    list_each(it, next, &g->joined)
        unmark(g, list_entry(it, struct member, in_gathering));
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
    list_init(&g->joined);
    list_init(&g->left);
    map_init(&g->departures);
    list_push(&h->gatherings, &g->link);
    r->gathering = g;
    return g;
}

static struct event *
notice(const struct room *r, enum event_kind kind, const char *name,
       struct str why)
{
    struct event *e = room_event(r, kind, str_of(name), why);

    e->count = r->present;
    return e;
}

static void
gather_joined(struct gathering *g, struct member *m)
{
    const struct user *u = m->session->user;
    struct departure *d = map_get_u64(&g->departures, u->sender_id);

    if (d != NULL && strcmp(d->name, u->name) == 0) {
        departure_free(g, d);
        return;
    }
    list_push(&g->joined, &m->in_gathering);
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
    e = notice(r, EVENT_JOINED, m->session->user->name, nothing);
    e->session = m->session->id;
    tell_room(h, r, e, m->session);
}

static void
gather_left(struct gathering *g, struct member *m)
{
    const struct user *u = m->session->user;
    struct departure *d;
    size_t bytes;

    if (!list_empty(&m->in_gathering)) {
        unmark(g, m);
        return;
    }
    if (map_get_u64(&g->departures, u->sender_id) != NULL)
        return;
    bytes = strlen(u->name) + 1;
    d = must_alloc(sizeof(*d) + bytes);
    d->sender_id = u->sender_id;
    memcpy(d->name, u->name, bytes);
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
    e = notice(r, EVENT_LEFT, m->session->user->name, why);
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
    struct event *e = notice(g->room, EVENT_GATHERED, "", nothing);

    memcpy(items, names, n * sizeof(struct event *));
    event_set_items(e, items, n);
    e->others = (uint32_t)(total - n);
    e->joined = joined;
    tell_room(h, g->room, e, NULL);
}

static void
tell_comings(struct hub *h, const struct gathering *g)
{
    struct event *names[NAMES_TOLD] = {NULL};
    size_t n = 0;

    list_each(it, next, &g->joined) {
        struct member *m = list_entry(it, struct member, in_gathering);

        names[n] = notice(g->room, EVENT_JOINED, m->session->user->name,
                          nothing);
        names[n]->session = m->session->id;
        if (++n == NAMES_TOLD)
            break;
    }
    if (n > 0)
        tell_gathered(h, g, true, names, g->joined_n);
}

static void
tell_goings(struct hub *h, const struct gathering *g)
{
    struct event *names[NAMES_TOLD] = {NULL};
    size_t n = 0;

    list_each(it, next, &g->left) {
        struct departure *d = list_entry(it, struct departure, link);

        names[n] = notice(g->room, EVENT_LEFT, d->name, nothing);
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
