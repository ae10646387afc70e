/* SPDX-License-Identifier: MIT
 *
 * A visitor's name lies beside the sessions, under the session's number: few
 * sessions are visitors, and a session has no room for one. */
#include "hub/visitor.h"
#include "hub/account.h"
#include "hub/session.h"
#include "hub/user.h"

#include <stdlib.h>

struct visitor {
    struct list link;             /* hub.signing, with an account */
    struct session *session;
    struct label name;
};

static struct visitor *
find(const struct hub *h, const struct session *s)
{
    return s->signs ? map_get_u64(&h->visitors, s->id) : NULL;
}

struct str
visitor_name(const struct hub *h, const struct session *s)
{
    const struct visitor *v = find(h, s);

    return v ? str_of(label_name(&v->name)) : nothing;
}

/* For deeds that are rare: goes through all of them, and the walk's order does
 * not show. */
struct session *
visitor_find(const struct hub *h, struct str key)
{
    struct session *s, *newest = NULL;

    for (size_t pos = 0; (s = map_next(&h->sessions, &pos)) != NULL;) {
        const struct visitor *v = find(h, s);

        if (v != NULL && str_eq(str_of(label_key(&v->name)), key)
            && (newest == NULL || s->id > newest->id))
            newest = s;
    }
    return newest;
}

static bool
may_sign(const struct hub *h, const struct session *s)
{
    const struct visitor *v = find(h, s);

    return v != NULL
        && user_is_free_for(h, str_of(label_key(&v->name)), s->sender_id,
                            s->from);
}

/* Since it came, its name may have been registered: that is said first, also
 * while the account is here. */
enum deny
visitor_check_name(struct hub *h, const struct session *s)
{
    const struct visitor *v = find(h, s);
    enum deny d = DENY_NONE;

    if (v != NULL && !sender_is_account(s->sender_id))
        d = account_check_free(h, str_of(label_key(&v->name)));
    if (d == DENY_NONE && !may_sign(h, s))
        d = DENY_NAME_TAKEN;
    return d;
}

static void
visitor_free(struct visitor *v)
{
    list_remove(&v->link);
    label_done(&v->name);
    free(v);
}

void
visitor_forget(struct hub *h, struct session *s)
{
    struct visitor *v = find(h, s);

    free(s->device);
    s->device = NULL;
    if (v == NULL)
        return;
    map_del_u64(&h->visitors, s->id);
    visitor_free(v);
    s->signs = false;
    s->sender_id = 0;
}

void
visitor_sign(struct hub *h, struct session *s, const struct name *n)
{
    struct visitor *v = must_alloc(sizeof *v);

    s->visits = true;
    v->session = s;
    list_init(&v->link);
    if (sender_is_account(s->sender_id))
        list_push(&h->signing, &v->link);
    label_set(&v->name, n);
    map_put_u64(&h->visitors, s->id, v);
    s->signs = true;
}

static enum deny
choose_name(struct call *x, struct name *ret)
{
    const struct command *c = x->command;

    if (c->name.n == 0)
        return DENY_NONE;
    if (c->sender_id == 0)
        return DENY_BAD_REQUEST;
    return user_choose_name(x, c->sender_id, c->or_similar, ret);
}

/* Whoever is refused is nobody afterwards, not who they were before. */
enum deny
visitor_enter(struct call *x)
{
    const struct command *c = x->command;
    struct session *s = x->session;
    struct name n = {0};
    enum deny d;

    if (!c->visit || (s != NULL && !s->visits))
        return DENY_BAD_REQUEST;
    if (s != NULL) {
        visitor_forget(x->hub, s);
        s->sender_id = 0;
    }
    d = session_may_guest(x);
    if (d == DENY_NONE)
        d = choose_name(x, &n);
    if (d != DENY_NONE)
        return d;
    if (s == NULL)
        s = session_new(x->hub, c);
    s->visits = true;
    s->sender_id = c->sender_id;
    if (c->name.n > 0)
        visitor_sign(x->hub, s, &n);
    session_welcome(x, s, 0);
    return DENY_NONE;
}

struct session *
visitor_next(const struct hub *h, const struct session *s)
{
    const struct visitor *v = s ? find(h, s) : NULL;
    const struct list *next = v ? v->link.next : h->signing.next;

    if (next == &h->signing)
        return NULL;
    return list_entry(next, struct visitor, link)->session;
}

void
visitor_free_all(struct hub *h)
{
    struct visitor *v;

    for (size_t pos = 0; (v = map_next(&h->visitors, &pos)) != NULL;)
        visitor_free(v);
}
