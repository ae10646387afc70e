/* SPDX-License-Identifier: MIT */
#include "hub/invite.h"
#include "hub/batch.h"
#include "hub/member.h"
#include "hub/moderate.h"
#include "hub/room.h"
#include "hub/subject.h"

/* ---- INVITE ---- */

/* Guests who were invited and are gone, so that they count no longer. */
static void
forget_gone_guests(struct call *x, struct room *r)
{
    list_each(it, next, &r->grants->all) {
        const struct standing *st = list_entry(it, struct standing, link);

        if (st->role == ROLE_NONE && !sender_is_account(st->sender_id)
            && map_get_u64(&x->hub->senders, st->sender_id) == NULL)
            (void)grant_drop(x->hub, r, st->sender_id, x->command->now_ms);
    }
}

static enum deny
check_invitation(struct call *x, struct room *r, const struct subject *who)
{
    if (grant_of_sender(r, who->sender_id, x->command->now_ms).banned) {
        x->detail = str_of("they are banned");
        return DENY_FORBIDDEN;
    }
    if (r->grants == NULL || r->grants->invited < LIMIT_INVITED)
        return DENY_NONE;
    forget_gone_guests(x, r);
    if (r->grants->invited < LIMIT_INVITED)
        return DENY_NONE;
    x->detail = str_of("too many are invited who have not come");
    return DENY_FORBIDDEN;
}

static void
tell_one(struct call *x, const struct room *r, const struct session *s)
{
    struct event *e = event_new(EVENT_INVITED, str_of(r->name), nothing,
                                nothing, subject_caller(x));
    struct parcel *p = parcel_new(PARCEL_SESSION, s->id, 0, e);

    e->room = r->id;
    e->room_kind = r->access.kind;
    p->durable = true;
    tell_session(x->hub, s->worker, p);
}

/* Not a connection whose token is for another room. */
static void
tell_invited(struct call *x, const struct room *r, uint64_t sender_id)
{
    const struct user *u = map_get_u64(&x->hub->senders, sender_id);
    const struct session *s = u ? u->session : NULL;

    for (; s != NULL; s = s->next_of_user) {
        if (grant_check_session(x->hub, s, ACTION_SEE, r, x->command->now_ms)
            == DENY_NONE)
            tell_one(x, r, s);
    }
}

static enum deny
invite(struct call *x, struct room *r, const struct subject *who)
{
    const struct standing to = {.sender_id = who->sender_id,
                                .role = ROLE_NONE};
    enum deny d = batch_write(x->hub, r);

    if (d == DENY_NONE && grant_standing(r, who->sender_id) == NULL)
        d = grant_set(x->hub, r, &to, x->command->now_ms);
    if (d == DENY_NONE)
        d = moderate_audit(x, "room.invite", r, str_of(who->name), nothing);
    if (d != DENY_NONE)
        return d;
    tell_invited(x, r, who->sender_id);
    moderate_tell_done(x);
    return DENY_NONE;
}

enum deny
invite_person(struct call *x)
{
    struct subject who;
    struct room *r;
    enum deny d = moderate_room(x, ACTION_INVITE, &r);

    if (d == DENY_NONE)
        d = subject_find(x, x->command->name, &who);
    if (d == DENY_NONE)
        d = check_invitation(x, r, &who);
    if (d == DENY_NONE)
        d = invite(x, r, &who);
    return d;
}

/* ---- GROUP ---- */

struct group {
    uint64_t people[LIMIT_GROUP];
    unsigned n;
};

static bool
has(const struct group *g, uint64_t sender_id)
{
    for (unsigned i = 0; i < g->n; i++) {
        if (g->people[i] == sender_id)
            return true;
    }
    return false;
}

/* The first one is who makes it. */
static enum deny
read_group(struct call *x, struct group *g)
{
    struct str rest = x->command->text, word;

    g->people[0] = x->session->sender_id;
    g->n = 1;
    while ((word = str_word(&rest)).n > 0) {
        struct subject who;
        enum deny d = subject_find(x, word, &who);

        if (d == DENY_NONE && !sender_is_account(who.sender_id))
            d = DENY_NO_ACCOUNT;
        if (d == DENY_NONE && g->n == LIMIT_GROUP)
            d = DENY_BAD_REQUEST;
        if (d != DENY_NONE) {
            x->detail = word;
            return d;
        }
        if (!has(g, who.sender_id))
            g->people[g->n++] = who.sender_id;
    }
    return g->n > 1 ? DENY_NONE : DENY_BAD_REQUEST;
}

static enum deny
make_room(struct call *x, struct room **ret)
{
    struct room_row row = {.kind = ROOM_CHANNEL,
                           .settings = {.privacy = ROOM_HIDDEN}};
    struct name name;

    if (name_check_room(x->command->name, x->hub->options.charset,
                        &name) != NAME_OK
        || map_get_str(&x->hub->room_keys, str_of(name.key)) != NULL
        || batch_holds_key(x->hub, str_of(name.key)))
        return DENY_BAD_ROOM;
    row.id = x->hub->next_room++;
    row.name = str_of(name.text);
    row.key = str_of(name.key);
    row.created_ms = x->command->now_ms;
    *ret = room_new(x->hub, &row, 0, false);
    return DENY_NONE;
}

static enum deny
fill(struct call *x, struct room *r, const struct group *g)
{
    enum deny d = batch_write(x->hub, r);

    for (unsigned i = 0; i < g->n && d == DENY_NONE; i++) {
        const struct standing to = {
            .sender_id = g->people[i],
            .role = i == 0 ? ROLE_OWNER : ROLE_MEMBER,
        };

        d = grant_set(x->hub, r, &to, x->command->now_ms);
    }
    if (d == DENY_NONE)
        d = moderate_audit(x, "room.group", r, nothing, x->command->text);
    return d;
}

static void
tell_group(struct call *x, struct room *r, const struct group *g)
{
    r->undo->made_group = true;
    member_include(x->hub, r, g->people, g->n, x->command->now_ms);
    tell_caller_durable(x, event_new(ANSWER_DONE, str_of(r->name), nothing,
                                     nothing, nothing));
}

enum deny
invite_group(struct call *x)
{
    struct group g;
    struct room *r;
    enum deny d = DENY_NO_ACCOUNT;

    if (sender_is_account(x->session->sender_id))
        d = x->session->device != NULL ? room_may_make(x) : DENY_NONE;
    if (d == DENY_NONE)
        d = read_group(x, &g);
    if (d == DENY_NONE)
        d = make_room(x, &r);
    if (d != DENY_NONE)
        return d;
    d = fill(x, r, &g);
    if (d == DENY_NONE)
        tell_group(x, r, &g);
    room_settle(x->hub, r);
    return d;
}
