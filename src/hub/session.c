/* SPDX-License-Identifier: MIT
 *
 * Sessions. Someone who comes back under the same sender id takes over their
 * older connection: it is closed, the user and its memberships are carried
 * over, and nobody hears of it as long as the new session joins its rooms
 * again within CARRY_MS. */
#include "hub/session.h"
#include "base/utf8.h"
#include "hub/member.h"
#include "hub/user.h"

#define CARRY_MS 10000

static struct session *
session_new(struct hub *h, const struct command *c)
{
    struct session *s = pool_take(&h->session_pool);

    must(c->worker < h->options.workers);
    s->id = c->session;
    s->worker = c->worker;
    s->sender_id = c->sender_id;
    list_init(&s->members);
    map_put_u64(&h->sessions, s->id, s);
    return s;
}

/* Without memberships and without a user. */
static void
session_free(struct hub *h, struct session *s)
{
    must(list_empty(&s->members) && s->user == NULL);
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

static void
session_end(struct hub *h, struct session *s, struct str why, bool hold,
            int64_t now_ms)
{
    struct user *u = s->user;

    list_each(it, next, &s->members)
        member_leave(h, list_entry(it, struct member, in_session), why,
                     now_ms);
    s->user = NULL;
    if (u != NULL && hold)
        user_hold(h, u, now_ms);
    else if (u != NULL)
        user_free(h, u);
    session_free(h, s);
}

/* ---- ENTER ---- */

static void
tell_replaced(struct hub *h, const struct session *s)
{
    struct str why = str_of("replaced by a newer connection of yours");

    tell_close(h, s, event_new(EVENT_CLOSED, nothing, nothing, why, nothing));
}

/* u's older session gives way to s. */
static void
take_over(struct hub *h, struct user *u, struct session *s, int64_t now_ms)
{
    struct session *old = u->session;

    tell_replaced(h, old);
    list_each(it, next, &old->members)
        member_carry(list_entry(it, struct member, in_session), s);
    old->user = NULL;
    session_free(h, old);
    u->session = s;
    s->user = u;
    u->since_ms = now_ms;
    list_remove(&u->carry);
    if (!list_empty(&s->members))
        list_push(&h->carrying, &u->carry);
}

/* The same person under another name: their older one goes. */
static void
give_up(struct hub *h, struct user *u, int64_t now_ms)
{
    if (u->session == NULL) {
        user_free(h, u);
        return;
    }
    tell_replaced(h, u->session);
    session_end(h, u->session, nothing, false, now_ms);
}

static void
welcome(struct call *x, const struct session *s)
{
    struct str name = s->user ? str_of(s->user->name) : nothing;
    struct event *e = event_new(ANSWER_WELCOME, nothing, name, nothing,
                                nothing);
    struct parcel *p = parcel_new(PARCEL_SESSION, s->id, 0, e);

    e->session = s->id;
    e->time_ms = x->command->now_ms;
    e->sender_id = s->sender_id;
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

    if (u != NULL && strcmp(u->key, n->key) != 0) {
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
session_enter(struct call *x)
{
    const struct command *c = x->command;
    struct user *u;
    struct name n;
    enum deny d;

    if (x->session != NULL || c->sender_id > INT64_MAX)
        return DENY_BAD_REQUEST;
    if (c->name.n == 0) {
        welcome(x, session_new(x->hub, c));
        return DENY_NONE;
    }
    if (c->sender_id == 0)
        return DENY_BAD_REQUEST;
    d = user_choose_name(x, c->sender_id, c->or_similar, &n);
    if (d != DENY_NONE)
        return d;
    u = admit(x, &n);
    u->lasting = c->resume;
    u->active_ms = c->now_ms;
    welcome(x, u->session);
    return DENY_NONE;
}

/* ---- LEAVE, KICK ---- */

enum deny
session_leave(struct call *x)
{
    const struct command *c = x->command;
    const struct session *s = x->session;
    bool hold;

    if (s == NULL)
        return DENY_NONE;
    hold = !c->clean && s->user != NULL && s->user->lasting
        && x->hub->options.hold_name_ms > 0;
    session_end(x->hub, x->session, reason(c->text), hold, c->now_ms);
    return DENY_NONE;
}

enum deny
session_kick(struct call *x)
{
    const struct command *c = x->command;
    struct hub *h = x->hub;
    struct user *u = user_find(h, c->name);
    struct str why = reason(c->text);
    struct event *e;

    if (u == NULL) {
        log_event(LOG_WARN, "hub", "nobody to kick", LOG_STR("name", c->name));
        return DENY_NONE;
    }
    if (u->session == NULL) {
        user_free(h, u);
        return DENY_NONE;
    }
    e = event_new(EVENT_CLOSED, nothing, nothing, why, str_of("the operator"));
    e->deny = DENY_FORBIDDEN;
    tell_close(h, u->session, e);
    session_end(h, u->session, why, false, c->now_ms);
    return DENY_NONE;
}

/* ---- what was carried over ---- */

static void
drop_unheard(struct hub *h, struct session *s, int64_t now_ms)
{
    list_each(it, next, &s->members) {
        struct member *m = list_entry(it, struct member, in_session);

        if (!m->heard)
            member_leave(h, m, nothing, now_ms);
    }
}

int64_t
session_tick(struct hub *h, int64_t now_ms)
{
    list_each(it, next, &h->carrying) {
        struct user *u = list_entry(it, struct user, carry);

        if (!is_due(now_ms, u->since_ms, CARRY_MS))
            return u->since_ms + CARRY_MS;
        list_remove(&u->carry);
        drop_unheard(h, u->session, now_ms);
    }
    return INT64_MAX;
}
