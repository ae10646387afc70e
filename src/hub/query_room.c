/* SPDX-License-Identifier: MIT
 *
 * Questions about one room: how it is kept, who belongs to it, who is kept
 * out. */
#include "hub/batch.h"
#include "hub/moderate.h"
#include "hub/query.h"
#include "hub/room.h"
#include "hub/subject.h"

#include <stdlib.h>

#define MEMBERS_MAX 1000

/* What this batch has changed may not be kept. */
static void
tell(struct call *x, const struct room *r, struct event *e)
{
    if (r != NULL) {
        e->room = r->id;
        e->room_kind = r->access.kind;
    }
    if (x->hub->batch.open)
        tell_caller_durable(x, e);
    else
        tell_caller(x, e);
}

/* ---- ROOM ---- */

enum deny
query_room(struct call *x)
{
    char owner[LIMIT_ROOM_BYTES + 1] = "";
    struct access_grant g;
    struct room *r;
    struct event *e;
    enum deny d = moderate_room(x, ACTION_SEE, &r);

    if (d != DENY_NONE)
        return d;
    if (r->grants != NULL && r->grants->owner != 0)
        subject_name(x->hub, r->grants->owner, owner);
    g = grant_of_caller(x, r);
    e = event_new(ANSWER_ROOM, str_of(r->name), str_of(owner),
                  str_of(r->topic), str_of(r->description));
    e->settings = r->settings;
    e->role = (enum room_role)g.role;
    e->muted = g.muted;
    e->count = r->present;
    e->seq = r->last_seq;
    if (r->last_seq > 0)
        e->delivered = r->settings.first_seq > 0 ? r->settings.first_seq : 1;
    e->time_ms = r->created_ms;
    tell(x, r, e);
    return DENY_NONE;
}

/* ---- MEMBERS ---- */

static struct event *
member_item(const struct hub *h, const struct standing *st)
{
    const struct user *u = map_get_u64(&h->senders, st->sender_id);
    char name[LIMIT_ROOM_BYTES + 1];
    struct event *e;

    subject_name(h, st->sender_id, name);
    e = event_new(ITEM_MEMBER, nothing, str_of(name), nothing, nothing);
    e->sender_id = st->sender_id;
    e->role = (enum room_role)st->role;
    e->away = u == NULL || u->session == NULL;
    return e;
}

/* Those of one role, the oldest accounts first. */
static void
add_members(const struct hub *h, const struct room *r, enum room_role role,
            struct event *e)
{
    list_each(it, next, &r->grants->all) {
        const struct standing *st = list_entry(it, struct standing, link);

        if (st->role != role)
            continue;
        if (e->items_n == MEMBERS_MAX) {
            e->more = true;
            return;
        }
        e->items[e->items_n++] = member_item(h, st);
    }
}

enum deny
query_room_members(struct call *x)
{
    struct event *e, **items;
    struct room *r;
    enum deny d = moderate_room(x, ACTION_SEE, &r);
    size_t n;

    if (d != DENY_NONE)
        return d;
    n = r->grants ? r->grants->members : 0;
    if (n > MEMBERS_MAX)
        n = MEMBERS_MAX;
    items = must_alloc((n + 1) * sizeof(struct event *));
    e = event_new(ANSWER_MEMBERS, str_of(r->name), nothing, nothing, nothing);
    event_set_items(e, items, 0);
    for (int role = ROLE_OWNER; r->grants && role >= ROLE_MEMBER; role--)
        add_members(x->hub, r, (enum room_role)role, e);
    tell(x, r, e);
    return DENY_NONE;
}

/* ---- BANS ---- */

static struct event *
ban_item(const struct restriction *b)
{
    struct event *e = event_new(ITEM_BAN, nothing, b->row.subject,
                                b->row.reason, b->row.by);

    e->time_ms = b->row.created_ms;
    e->expires_ms = b->row.expires_ms;
    e->muted = b->row.kind == RESTRICTION_MUTE;
    return e;
}

static void
tell_bans(struct call *x, const struct room *r, const struct restrictions *rs)
{
    size_t max = rs ? rs->n : 0;
    struct event **items;
    struct event *e = event_new(ANSWER_BANS, str_of(r ? r->name : ""),
                                nothing, nothing, nothing);

    if (max > LIMIT_RESTRICTIONS)
        max = LIMIT_RESTRICTIONS;
    items = must_alloc((max + 1) * sizeof(struct event *));
    event_set_items(e, items, 0);
    if (rs != NULL) {
        list_each(it, next, &rs->all) {
            const struct restriction *b =
                list_entry(it, struct restriction, link);

            if (restriction_is_over(b, x->command->now_ms))
                continue;
            if (e->items_n == max) {
                e->more = true;
                break;
            }
            e->items[e->items_n++] = ban_item(b);
        }
    }
    tell(x, r, e);
}

enum deny
query_room_bans(struct call *x)
{
    struct room *r;
    enum deny d = DENY_FORBIDDEN;

    if (x->command->target.n == 0 && grant_is_operator(x)) {
        tell_bans(x, NULL, x->hub->banned);
        return DENY_NONE;
    }
    if (x->command->target.n > 0)
        d = moderate_room(x, ACTION_MODERATE, &r);
    if (d == DENY_NONE)
        tell_bans(x, r, r->grants ? r->grants->restrictions : NULL);
    return d;
}
