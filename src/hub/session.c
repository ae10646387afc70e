/* SPDX-License-Identifier: MIT
 *
 * Sessions. Someone who comes back under the same sender id takes over their
 * older connection: it is closed, the user and its memberships are carried
 * over, and nobody hears of it as long as the new session joins its rooms
 * again within CARRY_MS. */
#include "hub/session.h"
#include "base/utf8.h"
#include "hub/grant.h"
#include "hub/login.h"
#include "hub/member.h"
#include "hub/secret.h"
#include "hub/transfer.h"
#include "hub/user.h"
#include "hub/visitor.h"

#include <stdlib.h>

#define CARRY_MS 10000

/* A session that has taken over. It may be gone before its time is up. */
struct carrying {
    struct list link;             /* hub.carrying */
    uint64_t session;
    int64_t since_ms;
};

struct session *
session_new(struct hub *h, const struct command *c)
{
    struct session *s = pool_take(&h->session_pool);

    must(c->worker < h->options.workers);
    s->id = c->session;
    s->worker = (uint8_t)c->worker;
    s->sender_id = c->sender_id;
    s->lasting = c->resume;
    memcpy(s->from, c->from, sizeof s->from);
    map_put_u64(&h->sessions, s->id, s);
    return s;
}

/* Without memberships and without a user. */
static void
session_free(struct hub *h, struct session *s)
{
    must(s->members == NULL && s->user == NULL);
    visitor_forget(h, s);
    free(s->device);
    map_del_u64(&h->sessions, s->id);
    pool_give(&h->session_pool, s);
}

/* Why somebody goes is told as it is, or not at all. */
static struct str
reason(struct str text)
{
    if (text.n > LIMIT_AWAY_BYTES || !utf8_is_clean(text, UTF8_ONE_LINE))
        return nothing;
    return text;
}

/* An account's name needs no holding: nobody else can have it. */
static void
quit(struct hub *h, struct session *s, enum session_name name, int64_t now_ms)
{
    struct user *u = s->user;

    if (u == NULL || user_drop_session(u, s))
        return;
    s->user = NULL;
    if (name == SESSION_NAME_GOES || sender_is_account(u->sender_id))
        user_free(h, u);
    else
        user_hold(h, u, s, name == SESSION_NAME_LOST && s->lasting, now_ms);
}

void
session_end(struct hub *h, struct session *s, struct str why,
            enum session_name name, int64_t now_ms)
{
    while (s->members != NULL)
        member_leave(h, s->members, why, now_ms);
    quit(h, s, name, now_ms);
    session_free(h, s);
}

/* ---- ENTER ---- */

static void
tell_replaced(struct hub *h, const struct session *s)
{
    struct str why = str_of("replaced by a newer connection of yours");

    tell_close(h, s, event_new(EVENT_CLOSED, nothing, nothing, why, nothing));
}

static void
carry(struct hub *h, const struct session *s, int64_t now_ms)
{
    struct carrying *c = must_alloc(sizeof *c);

    c->session = s->id;
    c->since_ms = now_ms;
    list_push(&h->carrying, &c->link);
}

/* u's older session gives way to s. */
static void
take_over(struct hub *h, struct user *u, struct session *s, int64_t now_ms)
{
    struct session *old = u->session;

    tell_replaced(h, old);
    while (old->members != NULL)
        member_carry(old->members, s);
    old->user = NULL;
    session_free(h, old);
    u->session = s;
    s->user = u;
    if (s->members != NULL)
        carry(h, s, now_ms);
}

/* The same person under another name: their older one goes. */
static void
give_up(struct hub *h, struct user *u, int64_t now_ms)
{
    if (u->session != NULL) {
        tell_replaced(h, u->session);
        session_end(h, u->session, nothing, SESSION_NAME_WAITS, now_ms);
    }
    u = map_get_u64(&h->senders, u->sender_id);
    if (u != NULL)
        user_disown(h, u);
}

struct str
session_name(const struct hub *h, const struct session *s)
{
    return s->user ? user_name(s->user) : visitor_name(h, s);
}

void
session_welcome(struct call *x, const struct session *s, uint64_t device)
{
    struct str name = session_name(x->hub, s);
    struct event *e = event_new(ANSWER_WELCOME, nothing, name, nothing,
                                nothing);
    struct parcel *p = parcel_new(PARCEL_SESSION, s->id, 0, e);

    e->session = s->id;
    e->time_ms = x->command->now_ms;
    e->sender_id = s->sender_id;
    e->token = device;
    p->who = session_who(s);
    tell_caller_parcel(x, p);
}

static struct user *
admit(struct call *x, const struct name *n)
{
    struct hub *h = x->hub;
    const struct command *c = x->command;
    struct user *u = map_get_u64(&h->senders, c->sender_id);
    struct session *s;

    if (u != NULL && strcmp(label_key(&u->name), n->key) != 0) {
        give_up(h, u, c->now_ms);
        u = NULL;
    }
    s = session_new(h, c);
    if (u == NULL)
        return user_new(h, s, n);
    if (u->session != NULL)
        take_over(h, u, s, c->now_ms);
    else
        user_return(h, u, s);
    return u;
}

enum deny
session_may_come(const struct call *x, uint64_t sender_id)
{
    const struct command *c = x->command;

    return grant_is_banned(x->hub, sender_id, c->from, c->now_ms)
        ? DENY_BANNED : DENY_NONE;
}

/* Nobody says of themselves to be an account. */
enum deny
session_may_guest(const struct call *x)
{
    uint64_t sender_id = x->command->sender_id;

    if (sender_id > INT64_MAX || sender_is_account(sender_id))
        return DENY_BAD_REQUEST;
    if (x->hub->options.no_guests)
        return DENY_NO_GUESTS;
    return session_may_come(x, sender_id);
}

enum deny
session_enter(struct call *x)
{
    const struct command *c = x->command;
    struct user *u;
    struct name n;
    enum deny d;

    if (secret_awaits(x->hub, c->session) && !secret_is_back(x))
        return DENY_OVERLOADED;
    if (c->login != NULL)
        return login_enter(x);
    if (c->visit || (x->session != NULL && x->session->visits))
        return visitor_enter(x);
    d = session_may_guest(x);
    if (d != DENY_NONE)
        return d;
    if (x->session != NULL)
        return DENY_BAD_REQUEST;
    if (c->name.n == 0) {
        session_welcome(x, session_new(x->hub, c), 0);
        return DENY_NONE;
    }
    if (c->sender_id == 0)
        return DENY_BAD_REQUEST;
    d = user_choose_name(x, c->sender_id, c->or_similar, &n);
    if (d != DENY_NONE)
        return d;
    u = admit(x, &n);
    u->active_ms = c->now_ms;
    session_welcome(x, u->session, 0);
    return DENY_NONE;
}

/* ---- LEAVE, KICK ---- */

enum deny
session_leave(struct call *x)
{
    const struct command *c = x->command;

    transfer_leave(x->hub, c->session, c->now_ms);
    secret_done(x->hub, c->session);
    if (x->session != NULL)
        session_end(x->hub, x->session, reason(c->text),
                    c->clean ? SESSION_NAME_WAITS : SESSION_NAME_LOST,
                    c->now_ms);
    return DENY_NONE;
}

static void
kick(struct hub *h, struct session *s, struct str why, int64_t now_ms)
{
    struct event *e = event_new(EVENT_CLOSED, nothing, nothing, why,
                                str_of("the operator"));

    e->deny = DENY_FORBIDDEN;
    tell_close(h, s, e);
    session_end(h, s, why, SESSION_NAME_GOES, now_ms);
}

enum deny
session_kick(struct call *x)
{
    const struct command *c = x->command;
    struct hub *h = x->hub;
    struct user *u = user_find(h, c->name);
    struct str why = reason(c->text);
    struct session *next;

    if (u == NULL) {
        log_event(LOG_WARN, "hub", "nobody to kick", LOG_STR("name", c->name));
        return DENY_NONE;
    }
    if (u->session == NULL) {
        user_free(h, u);
        return DENY_NONE;
    }
    for (struct session *s = u->session; s != NULL; s = next) {
        next = s->next_of_user;
        kick(h, s, why, c->now_ms);
    }
    return DENY_NONE;
}

/* ---- what was carried over ---- */

static void
drop_unheard(struct hub *h, struct session *s, int64_t now_ms)
{
    for (struct member *m = s->members, *next; m != NULL; m = next) {
        next = m->next;
        if (!m->heard)
            member_leave(h, m, nothing, now_ms);
    }
}

int64_t
session_tick(struct hub *h, int64_t now_ms)
{
    list_each(it, next, &h->carrying) {
        struct carrying *c = list_entry(it, struct carrying, link);
        struct session *s;

        if (!is_due(now_ms, c->since_ms, CARRY_MS))
            return c->since_ms + CARRY_MS;
        s = map_get_u64(&h->sessions, c->session);
        if (s != NULL)
            drop_unheard(h, s, now_ms);
        list_remove(it);
        free(c);
    }
    return INT64_MAX;
}

void
session_free_all(struct hub *h)
{
    struct session *s;

    for (size_t pos = 0; (s = map_next(&h->sessions, &pos)) != NULL;) {
        free(s->device);
        pool_give(&h->session_pool, s);
    }
    list_each(it, next, &h->carrying)
        free(list_entry(it, struct carrying, link));
}
