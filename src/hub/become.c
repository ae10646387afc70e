/* SPDX-License-Identifier: MIT
 *
 * A guest who logs in is the same connection in the same rooms, heard under
 * another name. To a room that the account is in already, with another
 * connection, the guest has left. */
#include "hub/become.h"
#include "hub/expiry.h"
#include "hub/grant.h"
#include "hub/member.h"
#include "hub/presence.h"
#include "hub/room.h"
#include "hub/session.h"
#include "hub/user.h"
#include "hub/visitor.h"

/* ---- rooms that are left ---- */

static void
leave(struct hub *h, struct member *m, struct str called, int64_t now_ms)
{
    const struct room *r = m->room;
    struct event *e = event_new(EVENT_UNSUBSCRIBED, called, nothing, nothing,
                                nothing);

    e->room = r->id;
    e->room_kind = r->access.kind;
    tell_session(h, m->session->worker,
                 parcel_new(PARCEL_UNSUBSCRIBE, m->session->id, r->id, e));
    member_leave(h, m, nothing, now_ms);
}

/* Those of two people: they were the guest's. */
static void
leave_direct_rooms(struct hub *h, struct session *s, int64_t now_ms)
{
    for (struct member *m = s->members, *next; m != NULL; m = next) {
        struct room_called called = room_called(h, m->room, s);

        next = m->next;
        if (m->room->access.kind == ROOM_DIRECT)
            leave(h, m, str_of(called.text), now_ms);
    }
}

/* Those where the account, or what it came with, may not be. */
static void
leave_closed_rooms(struct hub *h, struct session *s, int64_t now_ms)
{
    for (struct member *m = s->members, *next; m != NULL; m = next) {
        next = m->next;
        if (grant_check_session(h, s, ACTION_JOIN, m->room, now_ms)
            != DENY_NONE)
            leave(h, m, str_of(m->room->name), now_ms);
    }
}

/* ---- rooms that are stayed in ---- */

/* Is another of u's sessions in r? */
static bool
is_in_besides(const struct user *u, const struct room *r,
              const struct session *s)
{
    const struct session *other = u ? u->session : NULL;

    while (other != NULL && (other == s || member_find(r, other) == NULL))
        other = other->next_of_user;
    return other != NULL;
}

/* As the guest that s still is. */
static void
leave_to_account(struct hub *h, const struct user *account,
                 struct session *s, int64_t now_ms)
{
    for (struct member *m = s->members; m != NULL; m = m->next) {
        if (!is_in_besides(account, m->room, s))
            continue;
        m->room->present--;
        presence_left(h, m, nothing, now_ms);
    }
}

static void
come_as_account(struct hub *h, struct session *s, struct str guest,
                int64_t now_ms)
{
    for (struct member *m = s->members; m != NULL; m = m->next) {
        if (is_in_besides(s->user, m->room, s))
            continue;
        if (guest.n > 0) {
            user_tell_renamed(h, m, guest);
            continue;
        }
        m->room->present++;
        presence_joined(h, m, now_ms);
    }
}

/* What x's session will be. It is on no list. */
static struct session
as_account(const struct session *s, const struct account *a,
           struct device *by)
{
    struct session as = *s;

    as.sender_id = account_sender(a);
    as.device = by->id != 0 ? by : NULL;
    return as;
}

void
become_belong(struct call *x, const struct account *a,
              const struct login_by *by)
{
    struct device device = {.id = by->device, .room = by->room,
                            .scope = by->scope ? by->scope : SCOPE_ALL};
    struct session as;
    struct call y = *x;

    if (x->session == NULL || x->session->visits)
        return;
    as = as_account(x->session, a, &device);
    y.session = &as;
    for (const struct member *m = as.members; m != NULL; m = m->next) {
        if (m->heard && grant_check(&y, ACTION_JOIN, m->room) == DENY_NONE)
            (void)grant_joined(&y, m->room, false);
    }
}

/* ---- becoming ---- */

static void
set_device(struct hub *h, struct session *s, const struct login_by *by)
{
    if (by->device == 0)
        return;
    must(s->device == NULL);
    s->device = must_alloc(sizeof *s->device);
    s->device->id = by->device;
    s->device->room = by->room;
    s->device->scope = by->scope ? by->scope : SCOPE_ALL;
    expiry_note(h, s, by->expires_ms);
}

static void
attach(struct hub *h, struct session *s, const struct account *a)
{
    struct user *u = map_get_u64(&h->senders, s->sender_id);

    if (u != NULL)
        user_add_session(u, s);
    else
        user_new(h, s, &a->name);
}

/* A guest's name waits, unless it is the account's: then it is gone before the
 * account's user is made. */
static void
part_with_guest(struct hub *h, struct session *s, const struct account *a,
                int64_t now_ms)
{
    struct user *g = s->user;

    s->user = NULL;
    if (strcmp(label_key(&g->name), a->name.key) == 0)
        user_free(h, g);
    else
        user_hold(h, g, s, false, now_ms);
}

static void
turn(struct call *x, struct session *s, const struct account *a)
{
    struct hub *h = x->hub;
    int64_t now_ms = x->command->now_ms;
    char guest[LIMIT_ROOM_BYTES + 1] = "";

    leave_closed_rooms(h, s, now_ms);
    if (s->user != NULL) {
        str_to_z(user_name(s->user), guest, sizeof guest);
        leave_to_account(h, map_get_u64(&h->senders, s->sender_id), s,
                         now_ms);
        part_with_guest(h, s, a, now_ms);
    }
    attach(h, s, a);
    s->user->active_ms = now_ms;
    come_as_account(h, s, str_of(guest), now_ms);
    for (struct member *m = s->members; m != NULL; m = m->next)
        grant_tell(h, m->room, s->sender_id, now_ms);
}

/* A token's device is known to whoever has the token. */
static bool
is_new(const struct call *x)
{
    return x->command->login->kind != LOGIN_TOKEN;
}

void
become_account(struct call *x, const struct account *a,
               const struct login_by *by)
{
    struct hub *h = x->hub;
    struct session *s = x->session;
    bool visits = s != NULL ? s->visits : x->command->visit;

    if (s == NULL)
        s = session_new(h, x->command);
    else
        leave_direct_rooms(h, s, x->command->now_ms);
    if (visits)
        visitor_forget(h, s);
    s->sender_id = account_sender(a);
    set_device(h, s, by);
    if (visits)
        visitor_sign(h, s, &a->name);
    else
        turn(x, s, a);
    session_welcome(x, s, is_new(x) ? by->device : 0);
}
