/* SPDX-License-Identifier: MIT
 *
 * Changing it. Each change notes what was there before; a batch that is not
 * kept goes through its notes backwards. */
#include "hub/batch.h"
#include "hub/grant.h"
#include "hub/member.h"
#include "hub/room.h"
#include "hub/user.h"

#include <stdlib.h>

enum undo_kind {
    UNDO_STANDING,                /* before; `had`: there was one */
    UNDO_ADDED,                   /* restriction: owned by its set */
    UNDO_TAKEN,                   /* restriction: owned by this */
};

struct grant_undo {
    struct list link;             /* batch.grants, oldest first */
    enum undo_kind kind;
    struct room *room;            /* NULL: of the server */
    struct standing before;
    bool had;
    struct restriction *restriction;
};

static struct grant_undo *
note(struct hub *h, enum undo_kind kind, struct room *r)
{
    struct grant_undo *u = must_alloc(sizeof *u);

    u->kind = kind;
    u->room = r;
    list_push(&h->batch.grants, &u->link);
    return u;
}

/* ---- standings ---- */

static void
remove_standing(struct room *r, struct standing *st)
{
    struct grants *g = r->grants;

    g->members -= st->role != ROLE_NONE;
    g->invited -= st->role == ROLE_NONE;
    if (g->owner == st->sender_id) {
        g->owner = 0;
        r->access.owned = false;
    }
    map_del_u64(&g->senders, st->sender_id);
    list_remove(&st->link);
    free(st);
}

/* As they are loaded: so nothing that is shown depends on a restart, or on what
 * was taken back. Most who come have the newest accounts. */
static void
insert(struct list *all, struct standing *st)
{
    struct list *at = all->prev;

    while (at != all && list_entry(at, struct standing, link)->sender_id
                            > st->sender_id)
        at = at->prev;
    list_push(at->next, &st->link);
}

static void
add_standing(struct room *r, const struct standing *like)
{
    struct grants *g = grant_get(r);
    struct standing *st = must_alloc(sizeof *st);

    st->sender_id = like->sender_id;
    st->from_seq = like->from_seq;
    st->read = like->read;
    st->role = like->role;
    insert(&g->all, st);
    map_put_u64(&g->senders, st->sender_id, st);
    g->members += st->role != ROLE_NONE;
    g->invited += st->role == ROLE_NONE;
    if (st->role == ROLE_OWNER) {
        must(g->owner == 0);
        g->owner = st->sender_id;
        r->access.owned = true;
    }
}

/* NULL: is nothing from now on. */
static void
put(struct room *r, uint64_t sender_id, const struct standing *to)
{
    struct standing *old = map_get_u64(&grant_get(r)->senders, sender_id);

    if (old != NULL)
        remove_standing(r, old);
    if (to != NULL)
        add_standing(r, to);
}

static int
store_standing(struct hub *h, struct room *r, uint64_t sender_id,
               const struct standing *to)
{
    struct member_row row = {.room = r->id, .sender_id = sender_id};
    int rc = room_store(h, r);

    if (rc < 0 || !sender_is_account(sender_id))
        return rc;
    if (to == NULL)
        return store_drop_member(h->store, r->id, sender_id);
    row.role = (enum room_role)to->role;
    row.from_seq = to->from_seq;
    row.read_seq = to->read;
    return store_put_member(h->store, &row);
}

static enum deny
change(struct hub *h, struct room *r, uint64_t sender_id,
       const struct standing *to, int64_t now_ms)
{
    const struct standing *old = grant_standing(r, sender_id);
    struct grant_undo *u;
    enum deny d = batch_write(h, r);
    int rc;

    if (d != DENY_NONE)
        return d;
    rc = store_standing(h, r, sender_id, to);
    if (rc < 0)
        return batch_failed(h, rc);
    u = note(h, UNDO_STANDING, r);
    u->before.sender_id = sender_id;
    u->had = old != NULL;
    if (old != NULL)
        u->before = *old;
    put(r, sender_id, to);
    grant_tell(h, r, sender_id, now_ms);
    return DENY_NONE;
}

enum deny
grant_set(struct hub *h, struct room *r, const struct standing *to,
          int64_t now_ms)
{
    struct standing next = *to, old;
    const struct standing *now = grant_standing(r, to->sender_id);
    uint64_t owner = r->grants ? r->grants->owner : 0;
    enum deny d = DENY_NONE;

    must(next.sender_id != 0);
    must(next.role == ROLE_NONE || sender_is_account(next.sender_id));
    if (now != NULL)
        next.read = now->read;
    if (next.role == ROLE_OWNER && owner != 0 && owner != next.sender_id) {
        old = *grant_standing(r, owner);
        old.role = ROLE_MODERATOR;
        d = change(h, r, owner, &old, now_ms);
    }
    if (d == DENY_NONE)
        d = change(h, r, next.sender_id, &next, now_ms);
    return d;
}

enum deny
grant_drop(struct hub *h, struct room *r, uint64_t sender_id, int64_t now_ms)
{
    if (grant_standing(r, sender_id) == NULL)
        return DENY_NONE;
    return change(h, r, sender_id, NULL, now_ms);
}

enum deny
grant_forget(struct hub *h, uint64_t sender_id, int64_t now_ms)
{
    enum deny d = DENY_NONE;

    list_each(it, next, &h->all_rooms) {
        struct room *r = list_entry(it, struct room, link);

        if (d == DENY_NONE)
            d = grant_drop(h, r, sender_id, now_ms);
    }
    return d;
}

/* ---- telling ---- */

static void
tell_one(struct hub *h, const struct member *m, int64_t now_ms)
{
    const struct session *s = m->session;
    struct parcel *p;

    if (!m->heard)
        return;
    p = parcel_new(PARCEL_GRANT, s->id, m->room->id, NULL);
    p->grant = grant_of(h, m->room, s, now_ms);
    p->durable = true;
    tell_session(h, s->worker, p);
}

void
grant_tell(struct hub *h, const struct room *r, uint64_t sender_id,
           int64_t now_ms)
{
    const struct user *u = map_get_u64(&h->senders, sender_id);
    const struct session *s = u ? u->session : NULL;

    if (sender_id == 0) {
        list_each(it, next, &r->members)
            tell_one(h, list_entry(it, struct member, in_room), now_ms);
    }
    for (; s != NULL; s = s->next_of_user) {
        const struct member *m = member_find(r, s);

        if (m != NULL)
            tell_one(h, m, now_ms);
    }
}

/* ---- joining and parting ---- */

bool
grant_belongs(const struct room *r, const struct session *s)
{
    const struct standing *st = grant_standing(r, s->sender_id);

    return st != NULL && st->role != ROLE_NONE;
}

bool
grant_note_read(struct room *r, uint64_t sender_id, uint64_t seq)
{
    struct standing *st = r->grants ? map_get_u64(&r->grants->senders,
                                                  sender_id) : NULL;

    if (st == NULL || st->role == ROLE_NONE || seq <= st->read)
        return false;
    st->read = seq;
    return true;
}

/* Who has heard it already without belonging to it does not lose that. */
static uint64_t
heard_from(const struct room *r, const struct session *s)
{
    uint64_t floor = grant_floor(r, s);

    return floor < r->last_seq ? floor : r->last_seq;
}

enum deny
grant_joined(struct call *x, struct room *r, bool made)
{
    const struct session *s = x->session;
    struct standing to = {.role = ROLE_MEMBER};

    if (r->access.kind == ROOM_DIRECT || !sender_is_account(s->sender_id)
        || grant_belongs(r, s))
        return DENY_NONE;
    if (r->grants != NULL && r->grants->members >= LIMIT_ROLES) {
        if (r->access.privacy == ROOM_PUBLIC)
            return DENY_NONE;
        x->detail = str_of("it has as many members as a room may");
        return DENY_FORBIDDEN;
    }
    to.sender_id = s->sender_id;
    if (made && r != x->hub->lobby)
        to.role = ROLE_OWNER;
    if (r->settings.from_joining)
        to.from_seq = heard_from(r, s);
    return grant_set(x->hub, r, &to, x->command->now_ms);
}

/* Another of their connections is still in it. */
static bool
is_there_otherwise(const struct room *r, const struct session *me)
{
    const struct session *s = me->user ? me->user->session : NULL;

    for (; s != NULL; s = s->next_of_user) {
        if (s != me && member_find(r, s) != NULL)
            return true;
    }
    return false;
}

enum deny
grant_parted(struct call *x, struct room *r)
{
    const struct session *s = x->session;

    if (!grant_belongs(r, s) || is_there_otherwise(r, s))
        return DENY_NONE;
    if (r->grants->owner == s->sender_id && r->grants->members > 1) {
        x->detail = str_of("it is yours: give it to somebody first");
        return DENY_FORBIDDEN;
    }
    return grant_drop(x->hub, r, s->sender_id, x->command->now_ms);
}

/* ---- bans and mutes ---- */

static struct restrictions **
set_of(struct hub *h, struct room *r)
{
    struct restrictions **rs = r ? &grant_get(r)->restrictions : &h->banned;

    if (*rs == NULL)
        *rs = restrictions_new();
    return rs;
}

static enum deny
begin(struct hub *h, struct room *r)
{
    enum deny d = r ? batch_write(h, r) : batch_begin(h);
    int rc;

    if (d != DENY_NONE || r == NULL)
        return d;
    rc = room_store(h, r);
    return rc < 0 ? batch_failed(h, rc) : DENY_NONE;
}

enum deny
grant_release(struct hub *h, struct room *r, struct restriction *what)
{
    enum deny d = begin(h, r);
    int rc;

    if (d != DENY_NONE)
        return d;
    rc = store_drop_restriction(h->store, what->row.id);
    if (rc < 0)
        return batch_failed(h, rc);
    restrictions_take(*set_of(h, r), what);
    note(h, UNDO_TAKEN, r)->restriction = what;
    return DENY_NONE;
}

enum deny
grant_restrict(struct hub *h, struct room *r,
               const struct restriction_row *like)
{
    struct restrictions *rs = *set_of(h, r);
    struct restriction_row row = *like;
    struct cidr range = {.prefix = row.prefix};
    struct restriction *old, *made;
    enum deny d = begin(h, r);
    int rc;

    memcpy(range.address, row.address, sizeof range.address);
    old = restrictions_find(rs, row.kind, row.sender_id, &range);
    if (d == DENY_NONE && old != NULL)
        d = grant_release(h, r, old);
    if (d != DENY_NONE)
        return d;
    row.id = store_next_restriction_id(h->store);
    row.room = r ? r->id : 0;
    rc = store_put_restriction(h->store, &row);
    if (rc < 0)
        return batch_failed(h, rc);
    made = restriction_new(&row);
    restrictions_add(rs, made);
    if (rs->due_ms < h->bans_due_ms)
        h->bans_due_ms = rs->due_ms;
    note(h, UNDO_ADDED, r)->restriction = made;
    return DENY_NONE;
}

/* ---- the end of a batch ---- */

static void
take_back(struct hub *h, struct grant_undo *u)
{
    struct restrictions *rs;

    if (u->kind == UNDO_STANDING) {
        put(u->room, u->before.sender_id, u->had ? &u->before : NULL);
        return;
    }
    rs = *set_of(h, u->room);
    if (u->kind == UNDO_ADDED) {
        restrictions_take(rs, u->restriction);
        free(u->restriction);
    } else {
        restrictions_add(rs, u->restriction);
    }
    u->restriction = NULL;
}

void
grant_take_back(struct hub *h)
{
    while (!list_empty(&h->batch.grants)) {
        struct grant_undo *u = list_entry(h->batch.grants.prev,
                                          struct grant_undo, link);

        take_back(h, u);
        list_remove(&u->link);
        free(u);
    }
}

void
grant_settle(struct hub *h)
{
    list_each(it, next, &h->batch.grants) {
        struct grant_undo *u = list_entry(it, struct grant_undo, link);

        if (u->kind == UNDO_TAKEN)
            free(u->restriction);
        free(u);
    }
    list_init(&h->batch.grants);
}
