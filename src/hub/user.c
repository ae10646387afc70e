/* SPDX-License-Identifier: MIT
 *
 * Users. A guest who is present has exactly one session, an account one or
 * more; a held user has none, is not listed, and only keeps its name from
 * others. A person may have several held names: all but one are not found by
 * sender id. */
#include "hub/user.h"
#include "base/utf8.h"
#include "hub/account.h"
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

/* Addresses that begin with 64 zero bits are no networks: IPv4, loopback. */
static bool
same_place(const uint8_t a[16], const uint8_t b[16])
{
    static const uint8_t zero[8];

    return memcmp(a, b, memcmp(a, zero, 8) == 0 ? 16 : 8) == 0;
}

bool
user_is_free_for(const struct hub *h, struct str key, uint64_t sender_id,
                 const uint8_t from[16])
{
    const struct user *u = map_get_str(&h->names, key);

    return u == NULL || u->sender_id == sender_id
        || (u->session == NULL && !u->lost && same_place(u->from, from));
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

/* Nobody else's here, nor an account's that is not the sender. That it is an
 * account's is said first: its owner may be here already, and can come again.
 */
static enum deny
check_free(const struct call *x, struct str key, uint64_t sender_id)
{
    enum deny d = DENY_NONE;

    if (!sender_is_account(sender_id))
        d = account_check_free(x->hub, key);
    if (d == DENY_NONE
        && !user_is_free_for(x->hub, key, sender_id, x->command->from))
        d = DENY_NAME_TAKEN;
    return d;
}

static bool
is_somebodys(enum deny d)
{
    return d == DENY_NAME_TAKEN || d == DENY_NAME_REGISTERED;
}

/* Ends at the latest after as many numbers as there are users and accounts. Of
 * thousands of the same name the store is not asked: they are here. */
static enum deny
choose_similar(const struct call *x, uint64_t sender_id, struct name *ret)
{
    struct name n;
    enum deny d = DENY_NAME_TAKEN;

    for (unsigned i = 2; is_somebodys(d); i++) {
        if (!number_name(x->hub, str_of(ret->text), i, &n))
            return d;
        if (user_is_free_for(x->hub, str_of(n.key), sender_id,
                             x->command->from))
            d = check_free(x, str_of(n.key), sender_id);
    }
    if (d == DENY_NONE)
        *ret = n;
    return d;
}

enum deny
user_choose_name(struct call *x, uint64_t sender_id, bool or_similar,
                 struct name *ret)
{
    struct name n;
    enum name_fault fault = check_name(x->hub, x->command->name, &n);
    enum deny d;

    if (fault != NAME_OK) {
        x->detail = str_of(name_fault_text(fault));
        return DENY_BAD_NAME;
    }
    d = check_free(x, str_of(n.key), sender_id);
    if (or_similar && is_somebodys(d))
        d = choose_similar(x, sender_id, &n);
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

/* Whoever it was held for has it now. */
static void
give_name(struct hub *h, struct user *u, const struct name *n)
{
    struct user *held;

    forget_name(h, u);
    held = map_get_str(&h->names, str_of(n->key));
    must(held == NULL || held->session == NULL);
    if (held != NULL)
        user_free(h, held);
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

    must(map_get_u64(&h->senders, s->sender_id) == NULL);
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
    user_disown(h, u);
    forget_name(h, u);
    free(u->away);
    pool_give(&h->user_pool, u);
}

void
user_disown(struct hub *h, struct user *u)
{
    u->lost = false;
    if (map_get_u64(&h->senders, u->sender_id) == u)
        map_del_u64(&h->senders, u->sender_id);
}

static void
await(struct hub *h, struct user *u, const uint8_t from[16], int64_t now_ms)
{
    u->active_ms = now_ms;
    memcpy(u->from, from, sizeof u->from);
    list_push(&h->held, &u->link);
}

void
user_hold(struct hub *h, struct user *u, const struct session *s, bool lost,
          int64_t now_ms)
{
    if (h->options.hold_name_ms == 0) {
        user_free(h, u);
        return;
    }
    exit_present(h, u);
    u->lost = lost;
    await(h, u, s->from, now_ms);
}

/* What u, who has another name now, was called before. */
static void
hold_old_name(struct hub *h, const struct user *u, const struct name *old,
              int64_t now_ms)
{
    struct user *held;

    if (h->options.hold_name_ms == 0
        || map_get_str(&h->names, str_of(old->key)) != NULL)
        return;
    held = pool_take(&h->user_pool);
    held->sender_id = u->sender_id;
    list_init(&held->link);
    give_name(h, held, old);
    await(h, held, u->session->from, now_ms);
}

void
user_return(struct hub *h, struct user *u, struct session *s)
{
    must(u->session == NULL);
    u->lost = false;
    list_remove(&u->link);
    enter(h, u, s);
}

/* ---- several sessions ---- */

void
user_add_session(struct user *u, struct session *s)
{
    must(u->session != NULL && sender_is_account(u->sender_id));
    s->next_of_user = u->session;
    u->session = s;
    s->user = u;
}

bool
user_drop_session(struct user *u, struct session *s)
{
    struct session **at = &u->session;

    if (u->session == s && s->next_of_user == NULL)
        return false;
    while (*at != s)
        at = &(*at)->next_of_user;
    *at = s->next_of_user;
    s->next_of_user = NULL;
    s->user = NULL;
    return true;
}

unsigned
user_sessions(const struct user *u)
{
    unsigned n = 0;

    for (const struct session *s = u->session; s; s = s->next_of_user)
        n++;
    return n;
}

struct member *
user_member(const struct user *u, const struct room *r)
{
    struct member *m = NULL;

    for (const struct session *s = u->session; s && !m; s = s->next_of_user)
        m = member_find(r, s);
    return m;
}

bool
user_stands(const struct member *m)
{
    const struct user *u = m->session->user;

    return u != NULL && (u->session->next_of_user == NULL
                         || user_member(u, m->room) == m);
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
void
user_tell_renamed(struct hub *h, const struct member *m, struct str old)
{
    struct room *r = m->room;
    struct room_called called = room_called_about(r, old);
    struct event *e = event_new(EVENT_RENAMED, str_of(called.text), old,
                                nothing, user_name(m->session->user));

    e->room = r->id;
    e->room_kind = r->access.kind;
    e->session = m->session->id;
    room_refresh_name(h, r, NULL);
    tell_room(h, r, e, m->session);
}

/* An account is called as it was registered. */
static enum deny
choose_new_name(struct call *x, const struct user *u, struct name *ret)
{
    enum deny d = user_choose_name(x, u->sender_id, false, ret);

    if (d == DENY_NONE && sender_is_account(u->sender_id)
        && strcmp(ret->text, label_name(&u->name)) != 0) {
        x->detail = str_of("an account keeps its name");
        d = DENY_FORBIDDEN;
    }
    return d;
}

static void
rename_to(struct hub *h, struct user *u, const struct name *n, int64_t now_ms)
{
    struct name old = {{0}, {0}};

    snprintf(old.text, sizeof old.text, "%s", label_name(&u->name));
    snprintf(old.key, sizeof old.key, "%s", label_key(&u->name));
    give_name(h, u, n);
    hold_old_name(h, u, &old, now_ms);
    for (struct member *m = u->session->members; m != NULL; m = m->next)
        user_tell_renamed(h, m, str_of(old.text));
}

enum deny
user_rename(struct call *x)
{
    struct user *u = x->session->user;
    struct name n;
    enum deny d = choose_new_name(x, u, &n);

    if (d != DENY_NONE)
        return d;
    if (strcmp(n.text, label_name(&u->name)) != 0)
        rename_to(x->hub, u, &n, x->command->now_ms);
    tell_caller_done(x, 0);
    return DENY_NONE;
}

static void
tell_away_in(struct hub *h, const struct room *r, const struct session *by)
{
    const struct user *u = by->user;
    struct event *e;

    if (r->present > h->options.gather_above)
        return;
    e = room_event(r, EVENT_AWAY, user_name(u), str_of(u->away));
    e->away = u->away != NULL;
    e->session = by->id;
    tell_room(h, r, e, by);
}

/* Once in each room that any of their sessions is in. */
static void
tell_away(struct hub *h, const struct session *by)
{
    const struct session *s = by->user->session;

    for (; s != NULL; s = s->next_of_user) {
        for (struct member *m = s->members; m != NULL; m = m->next) {
            if (user_stands(m))
                tell_away_in(h, m->room, by);
        }
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
        tell_away(x->hub, x->session);
    }
    tell_caller_done(x, 0);
    return DENY_NONE;
}
