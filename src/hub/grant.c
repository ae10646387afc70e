/* SPDX-License-Identifier: MIT
 *
 * Reading it: what somebody is, and what they may. How it changes is in
 * grant_set.c, what becomes of those who may no longer in grant_revoke.c. */
#include "hub/grant.h"
#include "hub/batch.h"
#include "hub/member.h"
#include "hub/room.h"
#include "hub/slow.h"

#include <stdlib.h>

/* ---- in memory ---- */

struct grants *
grant_get(struct room *r)
{
    struct grants *g = r->grants;

    if (g != NULL)
        return g;
    g = r->grants = must_alloc(sizeof *g);
    map_init(&g->senders);
    map_init(&g->floors);
    map_init(&g->spoke);
    list_init(&g->low);
    list_init(&g->spoken);
    list_init(&g->all);
    return g;
}

const struct standing *
grant_standing(const struct room *r, uint64_t sender_id)
{
    if (r->grants == NULL || sender_id == 0)
        return NULL;
    return map_get_u64(&r->grants->senders, sender_id);
}

static void free_floors(struct grants *g);

void
grant_free(struct room *r)
{
    struct grants *g = r->grants;

    if (g == NULL)
        return;
    r->grants = NULL;
    list_each(it, next, &g->all)
        free(list_entry(it, struct standing, link));
    restrictions_free(&g->restrictions);
    map_done(&g->senders);
    free_floors(g);
    slow_free(g);
    free(g);
}

void
grant_free_all(struct hub *h)
{
    grant_settle(h);
    list_each(it, next, &h->all_rooms)
        grant_free(list_entry(it, struct room, link));
    restrictions_free(&h->banned);
}

/* ---- what somebody is ---- */

struct access_grant
grant_of_sender(const struct room *r, uint64_t sender_id, int64_t now_ms)
{
    const struct standing *st = grant_standing(r, sender_id);
    const struct restrictions *rs = r->grants ? r->grants->restrictions : NULL;

    return (struct access_grant){
        .role = st ? st->role : ROLE_NONE,
        .invited = st != NULL && st->role == ROLE_NONE,
        .banned = restrictions_of_sender(rs, RESTRICTION_BAN, sender_id,
                                         now_ms) != NULL,
        .muted = restrictions_of_sender(rs, RESTRICTION_MUTE, sender_id,
                                        now_ms) != NULL,
    };
}

/* A range does not hit those who keep order: else a moderator could shut the
 * owner out, or everybody, themselves included. */
static void
add_ranges(struct access_grant *g, const struct restrictions *rs,
           const uint8_t from[16], int64_t now_ms)
{
    if (rs == NULL || rs->ranges == 0 || g->role >= ROLE_MODERATOR)
        return;
    if (restrictions_of_address(rs, RESTRICTION_BAN, from, now_ms) != NULL)
        g->banned = true;
    if (restrictions_of_address(rs, RESTRICTION_MUTE, from, now_ms) != NULL)
        g->muted = true;
}

struct access_grant
grant_of(const struct hub *h, const struct room *r, const struct session *s,
         int64_t now_ms)
{
    struct access_grant g = grant_of_sender(r, s->sender_id, now_ms);

    (void)h;
    if (r->grants != NULL)
        add_ranges(&g, r->grants->restrictions, s->from, now_ms);
    g.elsewhere = s->device != NULL && s->device->room != 0
        && s->device->room != r->id;
    return g;
}

struct access_grant
grant_of_caller(const struct call *x, const struct room *r)
{
    if (grant_is_operator(x))
        return (struct access_grant){.role = ROLE_OWNER};
    must(x->session != NULL);
    return grant_of(x->hub, r, x->session, x->command->now_ms);
}

enum deny
grant_check_session(const struct hub *h, const struct session *s,
                    enum action action, const struct room *r, int64_t now_ms)
{
    struct access_who who = session_who(s);
    struct access_grant g = grant_of(h, r, s, now_ms);

    if (r->settings.closed_ms != 0)
        return DENY_NO_SUCH_ROOM;
    return access_check(&who, action, &r->access, &g);
}

enum deny
grant_check(const struct call *x, enum action action, const struct room *r)
{
    if (grant_is_operator(x))
        return DENY_NONE;
    return grant_check_session(x->hub, x->session, action, r,
                               x->command->now_ms);
}

bool
grant_is_banned(const struct hub *h, uint64_t sender_id,
                const uint8_t from[16], int64_t now_ms)
{
    return restrictions_of_sender(h->banned, RESTRICTION_BAN, sender_id,
                                  now_ms) != NULL
        || restrictions_of_address(h->banned, RESTRICTION_BAN, from,
                                   now_ms) != NULL;
}

/* ---- what may be seen ---- */

struct floor {
    struct list link;             /* grants.low */
    uint64_t session, seq;
};

static struct floor *
floor_of(const struct room *r, uint64_t session)
{
    return r->grants ? map_get_u64(&r->grants->floors, session) : NULL;
}

uint64_t
grant_floor(const struct room *r, const struct session *s)
{
    const struct standing *st;
    const struct floor *f;

    if (s == NULL || !r->settings.from_joining
        || r->access.kind == ROOM_DIRECT)
        return 0;
    st = grant_standing(r, s->sender_id);
    if (st != NULL && st->role != ROLE_NONE)
        return st->from_seq;
    f = floor_of(r, s->id);
    return f ? f->seq : GRANT_NOTHING;
}

static void
lay_floor(struct room *r, uint64_t session, uint64_t seq)
{
    struct grants *g = grant_get(r);
    struct floor *f = must_alloc(sizeof *f);

    f->session = session;
    f->seq = seq;
    list_push(&g->low, &f->link);
    map_put_u64(&g->floors, session, f);
}

static void
drop_floor(struct grants *g, struct floor *f)
{
    map_del_u64(&g->floors, f->session);
    list_remove(&f->link);
    free(f);
}

static void
free_floors(struct grants *g)
{
    list_each(it, next, &g->low)
        drop_floor(g, list_entry(it, struct floor, link));
    map_done(&g->floors);
}

void
grant_left(struct room *r, const struct session *s)
{
    struct floor *f = floor_of(r, s->id);

    if (f != NULL)
        drop_floor(r->grants, f);
}

void
grant_heard(struct room *r, const struct session *s)
{
    grant_left(r, s);
    if (r->settings.from_joining && r->access.kind == ROOM_CHANNEL)
        lay_floor(r, s->id, r->last_seq);
}

void
grant_carried(struct room *r, uint64_t old, const struct session *s)
{
    struct floor *f = floor_of(r, old);

    if (f == NULL)
        return;
    grant_left(r, s);
    lay_floor(r, s->id, f->seq);
    drop_floor(r->grants, f);
}

void
grant_lower_floors(struct room *r)
{
    if (r->grants == NULL)
        return;
    list_each(it, next, &r->grants->low) {
        struct floor *f = list_entry(it, struct floor, link);

        if (f->seq > r->last_seq)
            f->seq = r->last_seq;
    }
}

/* ---- the start ---- */

static void
load_member(void *arg, const struct member_row *row)
{
    struct hub *h = arg;
    struct room *r = map_get_u64(&h->rooms, row->room);
    struct grants *g;
    struct standing *st;

    if (r == NULL)
        return;
    g = grant_get(r);
    st = must_alloc(sizeof *st);
    st->sender_id = row->sender_id;
    st->from_seq = row->from_seq;
    st->read = row->read_seq;
    st->role = (uint8_t)row->role;
    list_push(&g->all, &st->link);
    map_put_u64(&g->senders, st->sender_id, st);
    g->members += st->role != ROLE_NONE;
    g->invited += st->role == ROLE_NONE;
    if (st->role == ROLE_OWNER) {
        g->owner = st->sender_id;
        r->access.owned = true;
    }
}

static void
load_restriction(void *arg, const struct restriction_row *row)
{
    struct hub *h = arg;
    struct room *r = map_get_u64(&h->rooms, row->room);
    struct restrictions **rs = &h->banned;

    if (row->room != 0 && r == NULL)
        return;
    if (row->room != 0)
        rs = &grant_get(r)->restrictions;
    if (*rs == NULL)
        *rs = restrictions_new();
    restrictions_add(*rs, restriction_new(row));
    if ((*rs)->due_ms < h->bans_due_ms)
        h->bans_due_ms = (*rs)->due_ms;
}

int
grant_load(struct hub *h)
{
    int rc = store_each_member(h->store, load_member, h);

    return rc < 0 ? rc : store_each_restriction(h->store, load_restriction, h);
}
