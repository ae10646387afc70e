/* SPDX-License-Identifier: MIT
 *
 * What a token may do is at most what the one who makes it may. */
#include "hub/device.h"
#include "base/utf8.h"
#include "hub/batch.h"
#include "hub/grant.h"
#include "hub/room.h"
#include "hub/secret.h"

#include <errno.h>
#include <stdio.h>

/* ---- an account's devices ---- */

struct census {
    int64_t now_ms;
    unsigned n, stale_n, max;
    uint64_t *stale;              /* numbers of those that are to go */
    uint64_t keep;
    bool all;                     /* not only what has expired */
};

static void
count_device(void *arg, const struct device_row *row)
{
    struct census *c = arg;
    bool expired = row->expires_ms != 0 && c->now_ms >= row->expires_ms;

    c->n++;
    if (row->id != c->keep && (c->all || expired) && c->stale_n < c->max)
        c->stale[c->stale_n++] = row->id;
}

static unsigned
devices_max(const struct hub *h)
{
    return h->options.devices_max ? h->options.devices_max : LIMIT_DEVICES;
}

/* Drops what has expired, or all, but `keep`; *ret is how many there are
 * then. The batch has begun. */
static enum deny
clear(struct call *x, const struct account *a, bool all, uint64_t keep,
      unsigned *ret)
{
    struct hub *h = x->hub;
    uint64_t stale[LIMIT_DEVICES];
    struct census c = {.now_ms = x->command->now_ms, .stale = stale,
                       .max = LIMIT_DEVICES, .all = all, .keep = keep};
    int rc;

    do {
        c.n = c.stale_n = 0;
        rc = store_each_device(h->store, a->id, count_device, &c);
        for (unsigned i = 0; rc == 0 && i < c.stale_n; i++)
            rc = store_drop_device(h->store, stale[i]);
    } while (rc == 0 && c.stale_n == c.max);
    *ret = c.n - c.stale_n;
    return rc < 0 ? batch_failed(h, rc) : DENY_NONE;
}

enum deny
device_drop_others(struct call *x, const struct account *a, uint64_t keep)
{
    unsigned left;

    return clear(x, a, true, keep, &left);
}

/* A token that there is would be no failure of the disk. */
static enum deny
check_unused(struct call *x)
{
    struct device_row row;
    int rc = store_find_device(x->hub->store, x->command->login->device_hash,
                               &row);

    if (rc == -ENOENT)
        return DENY_NONE;
    return rc < 0 ? batch_failed(x->hub, rc) : DENY_BAD_REQUEST;
}

enum deny
device_check(struct call *x)
{
    const struct login *l = x->command->login;
    struct str name = str_of(l->device);

    if (name.n > LOGIN_DEVICE_BYTES
        || !utf8_is_clean(name, UTF8_ONE_LINE) || l->scope > SCOPE_ALL)
        return DENY_BAD_REQUEST;
    return name.n > 0 ? check_unused(x) : DENY_NONE;
}

uint8_t
device_login_scope(const struct login *l)
{
    return l->scope != 0 ? l->scope : SCOPE_ALL;
}

static enum deny
put(struct call *x, const struct account *a, uint64_t room, uint8_t scope,
    uint64_t *ret)
{
    struct store *s = x->hub->store;
    const struct login *l = x->command->login;
    struct device_row row = {
        .id = store_next_device_id(s), .account = a->id,
        .name = str_of(l->device), .room = room,
        .scope = scope,
        .created_ms = x->command->now_ms, .seen_ms = x->command->now_ms,
        .expires_ms = l->expires_ms,
    };
    int rc;

    memcpy(row.token_hash, l->device_hash, sizeof row.token_hash);
    rc = store_put_device(s, &row);
    if (rc < 0)
        return batch_failed(x->hub, rc);
    *ret = row.id;
    return account_audit(x, "device.token", str_of(a->name.text), row.name);
}

enum deny
device_add(struct call *x, const struct account *a, uint64_t room,
           uint8_t scope, uint64_t *ret)
{
    unsigned n = 0;
    enum deny d = device_check(x);

    if (d == DENY_NONE)
        d = batch_begin(x->hub);
    if (d == DENY_NONE)
        d = clear(x, a, false, 0, &n);
    if (d == DENY_NONE && n >= devices_max(x->hub)) {
        x->detail = str_of("you have too many devices, revoke some");
        d = DENY_FORBIDDEN;
    }
    return d == DENY_NONE ? put(x, a, room, scope, ret) : d;
}

/* ---- DEVICES ---- */

static const struct scope_word {
    uint8_t scope;
    const char *word;
} scope_words[] = {
    {SCOPE_READ, "read"}, {SCOPE_POST, "post"}, {SCOPE_FILES, "files"},
    {SCOPE_MANAGE, "manage"},
};

/* "read post", or "all". */
static void
write_scope(uint8_t scope, char *out, size_t n)
{
    size_t at = 0;

    out[0] = '\0';
    if (scope == SCOPE_ALL)
        snprintf(out, n, "all");
    for (unsigned i = 0; scope != SCOPE_ALL && i < 4; i++) {
        if (scope & scope_words[i].scope)
            at += (size_t)snprintf(out + at, n - at, "%s%s", at ? " " : "",
                                   scope_words[i].word);
    }
}

struct listing {
    const struct call *x;
    struct event *answer;
};

static void
list_device(void *arg, const struct device_row *row)
{
    struct listing *l = arg;
    struct event *e;
    const struct device *own = l->x->session ? l->x->session->device : NULL;
    const struct room *r = map_get_u64(&l->x->hub->rooms, row->room);
    char scope[64];

    if (l->answer->items_n == LIMIT_DEVICES)
        return;
    write_scope(row->scope, scope, sizeof scope);
    e = event_new(ITEM_DEVICE, r ? str_of(r->name) : nothing, row->name,
                  str_of(scope), nothing);
    e->token = row->id;
    e->time_ms = row->created_ms;
    e->seen_ms = row->seen_ms;
    e->expires_ms = row->expires_ms;
    e->away = own != NULL && own->id == row->id;
    l->answer->items[l->answer->items_n++] = e;
}

enum deny
device_list(struct call *x)
{
    struct listing l = {.x = x};
    struct account a;
    enum deny d = account_of_caller(x, &a);
    int rc;

    if (d != DENY_NONE)
        return d;
    l.answer = event_new(ANSWER_DEVICES, nothing, nothing, nothing, nothing);
    event_set_items(l.answer,
                    must_alloc(LIMIT_DEVICES * sizeof(struct event *)), 0);
    rc = store_each_device(x->hub->store, a.id, list_device, &l);
    if (rc < 0) {
        event_unref(&l.answer);
        return batch_failed(x->hub, rc);
    }
    tell_caller(x, l.answer);
    return DENY_NONE;
}

/* ---- TOKEN ---- */

/* The channel that a token is for must have its row. */
static enum deny
find_room(struct call *x, uint64_t *ret)
{
    struct room *r;
    enum deny d = room_find(x, &r);
    int rc;

    if (d == DENY_NONE && r->access.kind != ROOM_CHANNEL)
        d = DENY_BAD_ROOM;
    if (d == DENY_NONE)
        d = grant_check(x, ACTION_READ, r);
    if (d == DENY_NONE)
        d = batch_write(x->hub, r);
    if (d != DENY_NONE)
        return d;
    rc = room_store(x->hub, r);
    *ret = r->id;
    return rc < 0 ? batch_failed(x->hub, rc) : DENY_NONE;
}

static enum deny
token_made(struct call *x, const struct account *a, uint64_t number)
{
    (void)a;
    tell_caller_done(x, number);
    return DENY_NONE;
}

/* A bot's token is not for less than one room. */
static enum deny
choose_room(struct call *x, uint64_t *ret)
{
    const struct device *own = x->session->device;
    enum deny d = DENY_NONE;

    *ret = 0;
    if (x->command->target.n > 0)
        d = find_room(x, ret);
    if (d == DENY_NONE && own != NULL && own->room != 0 && own->room != *ret)
        d = DENY_FORBIDDEN;
    return d;
}

/* Nor for longer. */
static enum deny
check_end(struct call *x)
{
    const struct device *own = x->session->device;
    int64_t end_ms = x->command->login->expires_ms;
    struct device_row row = {.expires_ms = 0};
    int rc = 0;

    if (own != NULL && own->id != 0)
        rc = store_find_device_id(x->hub->store, own->id, &row);
    if (rc < 0)
        return rc == -ENOENT ? DENY_BAD_CREDENTIALS : batch_failed(x->hub, rc);
    if (row.expires_ms == 0 || (end_ms != 0 && end_ms <= row.expires_ms))
        return DENY_NONE;
    x->detail = str_of("it would outlive yours");
    return DENY_FORBIDDEN;
}

/* Nobody gives more than they have. What was left out is no such gift: then it
 * is what is left of the usual. */
static enum deny
choose_scope(const struct call *x, uint8_t asked, uint8_t *ret)
{
    uint8_t lacks = session_who(x->session).lacks;

    *ret = asked != 0 ? asked : SCOPE_USUAL & ~lacks;
    return *ret == 0 || (*ret & lacks) != 0 ? DENY_FORBIDDEN : DENY_NONE;
}

enum deny
device_token(struct call *x)
{
    const struct login *l = x->command->login;
    struct account a;
    uint64_t room, number;
    uint8_t scope;
    enum deny d = account_of_caller(x, &a);

    if (d == DENY_NONE && l == NULL)
        d = DENY_BAD_REQUEST;
    if (d == DENY_NONE)
        d = secret_may_come(x);
    if (d == DENY_NONE && l->device[0] == '\0')
        d = DENY_BAD_REQUEST;
    if (d == DENY_NONE)
        d = check_end(x);
    if (d == DENY_NONE)
        d = choose_scope(x, l->scope, &scope);
    if (d == DENY_NONE)
        d = choose_room(x, &room);
    if (d == DENY_NONE)
        d = device_add(x, &a, room, scope, &number);
    if (d == DENY_NONE)
        batch_then(x, token_made, &a, number);
    return d;
}

/* ---- REVOKE, LOGOUT ---- */

static struct account_cut
cut_of(const struct call *x, const struct account *a, uint64_t device)
{
    return (struct account_cut){
        .sender_id = account_sender(a), .device = device,
        .except = device == 0 ? x->session : NULL,
        .why = "logged out", .deny = DENY_BAD_CREDENTIALS,
    };
}

static void
cut(const struct call *x, const struct account *a, uint64_t device)
{
    struct account_cut cut = cut_of(x, a, device);

    account_cut(x->hub, &cut, x->command->now_ms);
}

static void
doom(const struct call *x, const struct account *a, uint64_t device)
{
    struct account_cut cut = cut_of(x, a, device);

    account_doom(x->hub, &cut);
}

static enum deny
revoked(struct call *x, const struct account *a, uint64_t number)
{
    tell_caller_done(x, number);
    cut(x, a, number);
    return DENY_NONE;
}

/* It must be one of a's. */
static enum deny
drop(struct call *x, const struct account *a, uint64_t number)
{
    struct hub *h = x->hub;
    struct device_row row;
    char name[LOGIN_DEVICE_BYTES + 1];
    enum deny d;
    int rc = store_find_device_id(h->store, number, &row);

    if (rc == -ENOENT || (rc == 0 && row.account != a->id))
        return DENY_NO_SUCH_DEVICE;
    if (rc < 0)
        return batch_failed(h, rc);
    str_to_z(row.name, name, sizeof name);
    d = account_audit(x, "device.revoke", str_of(a->name.text),
                      str_of(name));
    if (d != DENY_NONE)
        return d;
    rc = store_drop_device(h->store, number);
    return rc < 0 ? batch_failed(h, rc) : DENY_NONE;
}

static enum deny
drop_all(struct call *x, const struct account *a)
{
    const struct device *own = x->session ? x->session->device : NULL;
    enum deny d = device_drop_others(x, a, own ? own->id : 0);

    if (d == DENY_NONE)
        d = account_audit(x, "device.revoke", str_of(a->name.text),
                          str_of("all others"));
    return d;
}

enum deny
device_revoke(struct call *x)
{
    uint64_t number = x->command->token;
    struct account a;
    enum deny d = account_of_caller(x, &a);

    if (d == DENY_NONE)
        d = batch_begin(x->hub);
    if (d == DENY_NONE)
        d = number ? drop(x, &a, number) : drop_all(x, &a);
    if (d != DENY_NONE)
        return d;
    doom(x, &a, number);
    batch_then(x, revoked, &a, number);
    return DENY_NONE;
}

/* The caller is told before its connection ends, and so do those of the same
 * device. */
static enum deny
logged_out(struct call *x, const struct account *a, uint64_t number)
{
    tell_caller_done(x, 0);
    if (x->session != NULL)
        account_end(x->hub, x->session, "logged out", DENY_NONE,
                    x->command->now_ms);
    if (number != 0)
        cut(x, a, number);
    return DENY_NONE;
}

/* Whatever a token may: it may be given back. */
enum deny
device_logout(struct call *x)
{
    const struct session *s = x->session;
    uint64_t number = s->device ? s->device->id : 0;
    struct account a;
    enum deny d = DENY_NO_ACCOUNT;

    if (sender_is_account(s->sender_id))
        d = account_find_id(x->hub, s->sender_id - SENDER_ACCOUNTS, &a);
    if (d == DENY_NONE && number == 0)
        return logged_out(x, &a, 0);
    if (d == DENY_NONE)
        d = batch_begin(x->hub);
    if (d == DENY_NONE)
        d = drop(x, &a, number);
    if (d != DENY_NONE)
        return d;
    doom(x, &a, number);
    batch_then(x, logged_out, &a, number);
    return DENY_NONE;
}
