/* SPDX-License-Identifier: MIT
 *
 * Users. A present user has exactly one session; a held one has none, is not
 * listed, and only keeps its name from others. */
#include "hub/user.h"
#include "base/utf8.h"
#include "hub/member.h"
#include "hub/room.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- names ---- */

/* "ADDRESS:PORT", where people are not asked for a name. */
static bool
is_address_name(const struct hub *h, struct str s)
{
    if (!h->options.any_name || s.n >= LIMIT_ROOM_BYTES
        || s.n == 0 || memchr(s.p, ':', s.n) == NULL)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] <= ' ' || s.p[i] >= 0x7f)
            return false;
    }
    return true;
}

static enum name_fault
check_name(const struct hub *h, struct str s, struct name *ret)
{
    if (!is_address_name(h, s))
        return name_check_user(s, h->options.charset, ret);
    memcpy(ret->text, s.p, s.n);
    ret->text[s.n] = '\0';
    for (size_t i = 0; i <= s.n; i++) {
        char c = ret->text[i];

        ret->key[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    return NAME_OK;
}

struct user *
user_find(const struct hub *h, struct str name)
{
    struct name n;
    struct user *u = map_get_str(&h->names, name);

    if (u != NULL)
        return u;
    if (check_name(h, name, &n) != NAME_OK)
        return NULL;
    return map_get_str(&h->names, str_of(n.key));
}

bool
user_is_free_for(const struct hub *h, struct str key, uint64_t sender_id)
{
    const struct user *u = map_get_str(&h->names, key);

    return u == NULL || u->sender_id == sender_id;
}

/* "name-I", the name cut so that the whole is no longer than a name may be. */
static bool
number_name(const struct hub *h, struct str base, unsigned i, struct name *ret)
{
    char suffix[12], whole[LIMIT_ROOM_BYTES + sizeof suffix];
    size_t n = (size_t)snprintf(suffix, sizeof suffix, "-%u", i);
    size_t keep = base.n;

    if (keep + n > LIMIT_NAME_BYTES)
        keep = LIMIT_NAME_BYTES - n;
    while (keep < base.n && keep > 0
           && ((unsigned char)base.p[keep] & 0xc0) == 0x80)
        keep--;
    memcpy(whole, base.p, keep);
    memcpy(whole + keep, suffix, n);
    return check_name(h, (struct str){whole, keep + n}, ret) == NAME_OK;
}

/* Ends at the latest after as many numbers as there are users. */
static enum deny
choose_similar(const struct hub *h, uint64_t sender_id, struct name *ret)
{
    struct name n;

    for (unsigned i = 2;; i++) {
        if (!number_name(h, str_of(ret->text), i, &n))
            return DENY_NAME_TAKEN;
        if (user_is_free_for(h, str_of(n.key), sender_id))
            break;
    }
    *ret = n;
    return DENY_NONE;
}

enum deny
user_choose_name(struct call *x, uint64_t sender_id, bool or_similar,
                 struct name *ret)
{
    struct name n;
    enum name_fault fault = check_name(x->hub, x->command->name, &n);
    enum deny d = DENY_NONE;

    if (fault != NAME_OK) {
        x->detail = str_of(name_fault_text(fault));
        return DENY_BAD_NAME;
    }
    if (!user_is_free_for(x->hub, str_of(n.key), sender_id))
        d = or_similar ? choose_similar(x->hub, sender_id, &n)
                       : DENY_NAME_TAKEN;
    if (d == DENY_NONE)
        *ret = n;
    return d;
}

static void
forget_name(struct hub *h, struct user *u)
{
    map_del_str(&h->names, str_of(label_key(&u->name)));
    label_done(&u->name);
}

static void
give_name(struct hub *h, struct user *u, const struct name *n)
{
    forget_name(h, u);
    label_set(&u->name, n);
    map_put_str(&h->names, str_of(label_key(&u->name)), u);
}

/* ---- life ---- */

static void
enter(struct hub *h, struct user *u, struct session *s)
{
    list_push(&h->present, &u->link);
    u->session = s;
    s->user = u;
    h->users_n++;
    metrics_add(h->shard, METRIC_users, 1);
}

static void
exit_present(struct hub *h, struct user *u)
{
    list_remove(&u->link);
    u->session = NULL;
    h->users_n--;
    metrics_add(h->shard, METRIC_users, -1);
}

struct user *
user_new(struct hub *h, struct session *s, const struct name *name)
{
    struct user *u = pool_take(&h->user_pool);

    u->sender_id = s->sender_id;
    list_init(&u->link);
    give_name(h, u, name);
    map_put_u64(&h->senders, u->sender_id, u);
    enter(h, u, s);
    return u;
}

void
user_free(struct hub *h, struct user *u)
{
    if (u->session != NULL)
        exit_present(h, u);
    list_remove(&u->link);
    map_del_u64(&h->senders, u->sender_id);
    forget_name(h, u);
    free(u->away);
    pool_give(&h->user_pool, u);
}

void
user_hold(struct hub *h, struct user *u, int64_t now_ms)
{
    exit_present(h, u);
    u->active_ms = now_ms;
    list_push(&h->held, &u->link);
}

void
user_return(struct hub *h, struct user *u, struct session *s)
{
    must(u->session == NULL);
    list_remove(&u->link);
    enter(h, u, s);
}

int64_t
user_tick(struct hub *h, int64_t now_ms)
{
    list_each(it, next, &h->held) {
        struct user *u = list_entry(it, struct user, link);

        if (!is_due(now_ms, u->active_ms, h->options.hold_name_ms))
            return u->active_ms + h->options.hold_name_ms;
        user_free(h, u);
    }
    return INT64_MAX;
}

/* ---- RENAME, AWAY ---- */

/* Not to the one who did it: the answer says it, once instead of per room. */
static void
tell_renamed(struct hub *h, const struct user *u, struct str old)
{
    for (struct member *m = u->session->members; m != NULL; m = m->next) {
        struct room *r = m->room;
        struct room_called called = room_called_about(r, old);
        struct event *e = event_new(EVENT_RENAMED, str_of(called.text), old,
                                    nothing, user_name(u));

        e->room = r->id;
        e->room_kind = r->access.kind;
        e->session = u->session->id;
        room_refresh_name(h, r, NULL);
        tell_room(h, r, e, u->session);
    }
}

static void
tell_done(const struct call *x)
{
    tell_caller(x, event_new(ANSWER_DONE, nothing, nothing, nothing,
                             nothing));
}

enum deny
user_rename(struct call *x)
{
    struct user *u = x->session->user;
    struct name n;
    char *old;
    enum deny d = user_choose_name(x, u->sender_id, false, &n);

    if (d != DENY_NONE)
        return d;
    if (strcmp(n.text, label_name(&u->name)) != 0) {
        old = must_strdup(label_name(&u->name));
        give_name(x->hub, u, &n);
        tell_renamed(x->hub, u, str_of(old));
        free(old);
    }
    tell_done(x);
    return DENY_NONE;
}

static void
tell_away(struct hub *h, const struct user *u)
{
    for (struct member *m = u->session->members; m != NULL; m = m->next) {
        struct room *r = m->room;
        struct event *e;

        if (r->present > h->options.gather_above)
            continue;
        e = room_event(r, EVENT_AWAY, user_name(u), str_of(u->away));
        e->away = u->away != NULL;
        e->session = u->session->id;
        tell_room(h, r, e, u->session);
    }
}

enum deny
user_away(struct call *x)
{
    const struct command *c = x->command;
    struct user *u = x->session->user;
    struct str text = c->away ? c->text : nothing;

    if (text.n > LIMIT_AWAY_BYTES)
        return DENY_MESSAGE_TOO_LONG;
    if (!utf8_is_clean(text, UTF8_ONE_LINE))
        return DENY_BAD_REQUEST;
    if (c->away != (u->away != NULL) || !str_eq(text, str_of(u->away))) {
        free(u->away);
        u->away = c->away ? text_copy(text) : NULL;
        tell_away(x->hub, u);
    }
    tell_done(x);
    return DENY_NONE;
}
