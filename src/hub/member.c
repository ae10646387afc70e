/* SPDX-License-Identifier: MIT
 *
 * Memberships. A session is in few rooms and a room may have very many
 * members, so a membership is looked for among the session's. */
#include "hub/member.h"
#include "hub/grant.h"
#include "hub/presence.h"
#include "hub/reading.h"
#include "hub/room.h"
#include "hub/user.h"

struct member *
member_find(const struct room *r, const struct session *s)
{
    struct member *m = s->members;

    while (m != NULL && m->room != r)
        m = m->next;
    return m;
}

static bool
has_space(const struct room *r, const struct session *s)
{
    return s->rooms_n < LIMIT_ROOMS_PER_SESSION || member_find(r, s) != NULL;
}

/* At the end of s's, which has few. */
static void
attach(struct member *m, struct session *s)
{
    struct member **at = &s->members;

    while (*at != NULL)
        at = &(*at)->next;
    *at = m;
    m->next = NULL;
    m->session = s;
    s->rooms_n++;
}

static void
detach(struct member *m)
{
    struct member **at = &m->session->members;

    while (*at != m)
        at = &(*at)->next;
    *at = m->next;
    m->session->rooms_n--;
}

static struct member *
member_new(struct hub *h, struct room *r, struct session *s)
{
    struct member *m = pool_take(&h->member_pool);

    if (s->user != NULL && user_member(s->user, r) == NULL)
        r->present++;
    m->room = r;
    list_push(&r->members, &m->in_room);
    attach(m, s);
    return m;
}

static void
hear(struct member *m)
{
    if (!m->heard)
        m->room->receivers[m->session->worker]++;
    m->heard = true;
}

void
member_unhear(struct member *m)
{
    if (m->heard)
        m->room->receivers[m->session->worker]--;
    m->heard = false;
}

void
member_carry(struct member *m, struct session *s)
{
    member_unhear(m);
    detach(m);
    grant_carried(m->room, m->session->id, s);
    attach(m, s);
}

void
member_leave(struct hub *h, struct member *m, struct str why, int64_t now_ms)
{
    struct room *r = m->room;
    const struct user *u = m->session->user;
    struct member *other;

    reading_left(h, m, now_ms);
    member_unhear(m);
    detach(m);
    list_remove(&m->in_room);
    other = u ? user_member(u, r) : NULL;
    if (other != NULL) {
        presence_hand_over(m, other);
    } else if (u != NULL) {
        r->present--;
        presence_left(h, m, why, now_ms);
    }
    grant_left(r, m->session);
    must(!m->gathered);
    pool_give(&h->member_pool, m);
    room_settle(h, r);
}

enum deny
member_of_target(struct call *x, enum action action, struct member **ret)
{
    struct room *r;
    struct member *m;
    enum deny d = room_find(x, &r);

    if (d == DENY_NONE)
        d = grant_check(x, action, r);
    if (d != DENY_NONE)
        return d;
    m = member_find(r, x->session);
    if (m == NULL || !m->heard)
        return DENY_NOT_IN_ROOM;
    *ret = m;
    return DENY_NONE;
}

/* ---- joining ---- */

static struct event *
subscribed_event(const struct hub *h, const struct member *m)
{
    const struct room *r = m->room;
    struct room_called called = room_called(h, r, m->session);
    struct event *e = event_new(EVENT_SUBSCRIBED, str_of(called.text),
                                nothing, str_of(r->topic), nothing);

    e->room = r->id;
    e->room_kind = r->access.kind;
    e->seq = r->last_seq;
    e->count = r->present;
    return e;
}

static struct parcel *
subscription(const struct hub *h, const struct member *m, uint64_t cursor,
             int64_t now_ms)
{
    const struct room *r = m->room;
    uint64_t floor = grant_floor(r, m->session);
    struct parcel *p = parcel_new(PARCEL_SUBSCRIBE, m->session->id, r->id,
                                  subscribed_event(h, m));

    if (cursor < floor)
        cursor = floor;
    if (r->settings.first_seq > 0 && cursor < r->settings.first_seq - 1)
        cursor = r->settings.first_seq - 1;
    p->cursor = cursor < r->last_seq ? cursor : r->last_seq;
    p->event->delivered = p->cursor + 1;
    p->last_seq = r->last_seq;
    p->access = r->access;
    p->grant = grant_of(h, r, m->session, now_ms);
    return p;
}

static void
include(struct hub *h, struct room *r, struct session *s, int64_t now_ms)
{
    struct member *m = member_find(r, s);

    if (m->heard)
        return;
    hear(m);
    tell_session(h, s->worker, subscription(h, m, r->last_seq, now_ms));
}

/* A token may be for another room, or not for reading. */
static bool
may_hear(const struct hub *h, const struct room *r, const struct session *s,
         int64_t now_ms)
{
    return grant_check_session(h, s, ACTION_READ, r, now_ms) == DENY_NONE;
}

/* All of them are in it before any is told how many are. Sessions that may not
 * hear it, or are in too many rooms, are passed over. */
static void
include_both(struct hub *h, struct room *r, const struct user *const both[2],
             int64_t now_ms)
{
    for (int i = 0; i < 2; i++) {
        struct session *s = both[i] ? both[i]->session : NULL;

        for (; s != NULL; s = s->next_of_user) {
            if (member_find(r, s) == NULL && has_space(r, s)
                && may_hear(h, r, s, now_ms))
                member_new(h, r, s);
        }
    }
    for (int i = 0; i < 2; i++) {
        struct session *s = both[i] ? both[i]->session : NULL;

        for (; s != NULL; s = s->next_of_user) {
            if (member_find(r, s) != NULL)
                include(h, r, s, now_ms);
        }
    }
}

/* A room that is told with the batch, so that nobody hears of one that was not
 * kept. */
void
member_include(struct hub *h, struct room *r, const uint64_t *people,
               unsigned n, int64_t now_ms)
{
    for (unsigned i = 0; i < n; i++) {
        const struct user *u = map_get_u64(&h->senders, people[i]);
        struct session *s = u ? u->session : NULL;

        for (; s != NULL; s = s->next_of_user) {
            if (has_space(r, s) && may_hear(h, r, s, now_ms))
                hear(member_new(h, r, s));
        }
    }
    list_each(it, next, &r->members) {
        const struct member *m = list_entry(it, struct member, in_room);
        struct parcel *p = subscription(h, m, r->last_seq, now_ms);

        p->durable = true;
        tell_session(h, m->session->worker, p);
    }
}

void
member_evict(struct hub *h, struct member *m)
{
    const struct user *u = m->session->user;
    struct room *r = m->room;

    member_unhear(m);
    detach(m);
    list_remove(&m->in_room);
    if (u != NULL && user_member(u, r) == NULL)
        r->present--;
    pool_give(&h->member_pool, m);
}

/* Of u's sessions that may hear r, each is in too many rooms. */
static bool
is_crowded(const struct hub *h, const struct room *r, const struct user *u,
           int64_t now_ms)
{
    bool crowded = false;

    for (const struct session *s = u->session; s; s = s->next_of_user) {
        if (!may_hear(h, r, s, now_ms))
            continue;
        if (has_space(r, s))
            return false;
        crowded = true;
    }
    return crowded;
}

enum deny
member_include_peers(struct call *x, struct room *r)
{
    const struct user *me = x->session->user, *u;
    unsigned other = r->access.peers[0] == x->session->sender_id;

    if (r->access.kind != ROOM_DIRECT)
        return DENY_NONE;
    if (x->session->user != NULL && !has_space(r, x->session))
        return DENY_TOO_MANY_ROOMS;
    u = map_get_u64(&x->hub->senders, r->access.peers[other]);
    if (u != NULL && u->session == NULL)
        u = NULL;
    if (u != NULL && is_crowded(x->hub, r, u, x->command->now_ms)) {
        x->detail = str_of("they are in too many rooms");
        return DENY_FORBIDDEN;
    }
    include_both(x->hub, r, (const struct user *const[]){me, u},
                 x->command->now_ms);
    return DENY_NONE;
}

static enum deny
find_joinable(struct call *x, struct room **ret)
{
    const struct command *c = x->command;
    struct room *r;
    enum deny d = DENY_BAD_REQUEST;

    if (c->target.n > 0)
        d = room_open(x, &r);
    else if (c->room != 0)
        d = room_open_number(x, &r);
    if (d != DENY_NONE)
        return d;
    d = grant_check(x, ACTION_JOIN, r);
    if (d == DENY_NONE)
        *ret = r;
    else
        room_settle(x->hub, r);
    return d;
}

/* A second JOIN moves the cursor only if it says where to. */
static void
tell_joined(struct call *x, const struct member *m, bool first)
{
    const struct command *c = x->command;
    uint64_t cursor = c->resume ? c->after : m->room->last_seq;

    if (first || c->resume)
        tell_caller_parcel(x, subscription(x->hub, m, cursor, c->now_ms));
    else
        tell_caller(x, subscribed_event(x->hub, m));
}

/* What it may see begins here, unless it belongs to the room. */
static struct member *
begin(struct hub *h, struct room *r, struct session *s)
{
    grant_heard(r, s);
    return member_new(h, r, s);
}

enum deny
member_join(struct call *x)
{
    struct session *s = x->session;
    struct room *r;
    struct member *m;
    bool present, heard, known;
    enum deny d = find_joinable(x, &r);

    if (d != DENY_NONE)
        return d;
    m = member_find(r, s);
    if (!has_space(r, s)) {
        room_settle(x->hub, r);
        return DENY_TOO_MANY_ROOMS;
    }
    if (!x->command->visit)
        d = grant_joined(x, r, x->made == r);
    if (d != DENY_NONE) {
        room_settle(x->hub, r);
        return d;
    }
    present = m != NULL;
    heard = present && m->heard;
    known = s->user == NULL || user_member(s->user, r) != NULL;
    if (!present)
        m = begin(x->hub, r, s);
    hear(m);
    tell_joined(x, m, !heard);
    if (!known)
        presence_joined(x->hub, m, x->command->now_ms);
    return DENY_NONE;
}

static struct event *
unsubscribed_event(const struct call *x, const struct room *r)
{
    struct room_called called = room_called(x->hub, r, x->session);
    struct event *e = event_new(EVENT_UNSUBSCRIBED, str_of(called.text),
                                nothing, nothing, nothing);

    e->room = r->id;
    e->room_kind = r->access.kind;
    return e;
}

/* A visitor is in no room, and its account belongs to some all the same. */
static enum deny
part_unheard(struct call *x, struct room *r)
{
    const struct user *u = map_get_u64(&x->hub->senders,
                                       x->session->sender_id);
    enum deny d = DENY_NOT_IN_ROOM;

    if (!grant_belongs(r, x->session))
        return d;
    if (u != NULL && user_member(u, r) != NULL) {
        x->detail = str_of("another connection of yours is in it");
        return DENY_FORBIDDEN;
    }
    d = grant_parted(x, r);
    if (d == DENY_NONE)
        tell_caller_durable(x, unsubscribed_event(x, r));
    return d;
}

enum deny
member_part(struct call *x)
{
    struct room *r;
    struct member *m;
    struct event *e;
    enum deny d = room_find(x, &r);

    if (d != DENY_NONE)
        return d;
    m = member_find(r, x->session);
    if (m == NULL)
        return part_unheard(x, r);
    d = grant_parted(x, r);
    if (d != DENY_NONE)
        return d;
    e = unsubscribed_event(x, r);
    tell_caller_parcel(x, parcel_new(PARCEL_UNSUBSCRIBE, x->session->id,
                                     r->id, e));
    member_leave(x->hub, m, nothing, x->command->now_ms);
    return DENY_NONE;
}
