/* SPDX-License-Identifier: MIT
 *
 * Accounts, and the operator's hold on them. register.c makes them. */
#include "hub/account.h"
#include "auth/password.h"
#include "hub/batch.h"
#include "hub/device.h"
#include "hub/grant.h"
#include "hub/login.h"
#include "hub/secret.h"
#include "hub/session.h"
#include "hub/visitor.h"

#include <errno.h>

/* ---- finding ---- */

static void
copy(const struct account_row *row, struct account *ret)
{
    ret->id = row->id;
    ret->state = row->state;
    str_to_z(row->name, ret->name.text, sizeof ret->name.text);
    str_to_z(row->key, ret->name.key, sizeof ret->name.key);
    str_to_z(row->pwhash, ret->pwhash, sizeof ret->pwhash);
}

static enum deny
found(struct hub *h, int rc, const struct account_row *row,
      struct account *ret)
{
    if (rc == -ENOENT)
        return DENY_NO_SUCH_PERSON;
    if (rc < 0)
        return batch_failed(h, rc);
    copy(row, ret);
    return DENY_NONE;
}

bool
account_look(const struct hub *h, uint64_t id, struct account *ret)
{
    struct account_row row;

    if (store_find_account_id(h->store, id, &row) < 0)
        return false;
    copy(&row, ret);
    return true;
}

enum deny
account_find_key(struct hub *h, struct str key, struct account *ret)
{
    struct account_row row;
    int rc = store_find_account(h->store, key, &row);

    return found(h, rc, &row, ret);
}

enum deny
account_find_id(struct hub *h, uint64_t id, struct account *ret)
{
    struct account_row row;
    int rc = store_find_account_id(h->store, id, &row);

    return found(h, rc, &row, ret);
}

enum deny
account_find(struct hub *h, struct str name, struct account *ret)
{
    struct name n;

    if (name_check_user(name, h->options.charset, &n) != NAME_OK)
        return DENY_NO_SUCH_PERSON;
    return account_find_key(h, str_of(n.key), ret);
}

enum deny
account_check_free(struct hub *h, struct str key)
{
    struct account a;
    enum deny d = account_find_key(h, key, &a);

    if (d == DENY_NO_SUCH_PERSON)
        return DENY_NONE;
    return d == DENY_NONE ? DENY_NAME_REGISTERED : d;
}

enum deny
account_of_caller(struct call *x, struct account *ret)
{
    const struct session *s = x->session;
    enum deny d;

    if (s == NULL && x->command->session == 0) {
        d = account_find(x->hub, x->command->name, ret);
        if (d == DENY_NONE && ret->state == ACCOUNT_DELETED)
            d = DENY_NO_SUCH_PERSON;
        return d;
    }
    if (s == NULL || !sender_is_account(s->sender_id))
        return DENY_NO_ACCOUNT;
    if (session_who(s).lacks & SCOPE_MANAGE)
        return DENY_FORBIDDEN;
    d = account_find_id(x->hub, s->sender_id - SENDER_ACCOUNTS, ret);
    if (d == DENY_NO_SUCH_PERSON
        || (d == DENY_NONE && ret->state != ACCOUNT_ACTIVE))
        return DENY_NO_ACCOUNT;
    return d;
}

enum deny
account_audit(struct call *x, const char *action, struct str target,
              struct str detail)
{
    const struct session *s = x->session;
    struct str actor = s ? session_name(x->hub, s) : nothing;
    int rc;

    if (x->command->session == 0)
        actor = str_of("(operator)");
    else if (actor.n == 0)
        actor = target;
    rc = store_audit(x->hub->store, x->command->now_ms, actor,
                     str_of(action), target, detail);
    return rc < 0 ? batch_failed(x->hub, rc) : DENY_NONE;
}

/* ---- ending connections ---- */

void
account_end(struct hub *h, struct session *s, const char *why, enum deny deny,
            int64_t now_ms)
{
    struct str text = str_of(why);
    struct event *e = event_new(EVENT_CLOSED, nothing, nothing, text, nothing);

    e->deny = deny;
    tell_close(h, s, e);
    session_end(h, s, text, SESSION_NAME_GOES, now_ms);
}

static uint64_t
device_of(const struct session *s)
{
    return s != NULL && s->device != NULL ? s->device->id : 0;
}

static bool
is_cut(const struct account_cut *cut, const struct session *s)
{
    uint64_t kept = device_of(cut->except);

    if (cut->device != 0)
        return device_of(s) == cut->device;
    return s != cut->except && (kept == 0 || device_of(s) != kept);
}

typedef void meet_fn(struct hub *h, struct session *s,
                     const struct account_cut *cut, int64_t now_ms);

static void
meet_each(struct hub *h, const struct account_cut *cut, meet_fn *fn,
          int64_t now_ms)
{
    const struct user *u = map_get_u64(&h->senders, cut->sender_id);
    struct session *s = u ? u->session : NULL;

    while (s != NULL) {
        struct session *next = s->next_of_user;

        if (is_cut(cut, s))
            fn(h, s, cut, now_ms);
        s = next;
    }
    for (s = visitor_next(h, NULL); s != NULL;) {
        struct session *next = visitor_next(h, s);

        if (s->sender_id == cut->sender_id && is_cut(cut, s))
            fn(h, s, cut, now_ms);
        s = next;
    }
}

static void
end(struct hub *h, struct session *s, const struct account_cut *cut,
    int64_t now_ms)
{
    account_end(h, s, cut->why, cut->deny, now_ms);
}

void
account_cut(struct hub *h, const struct account_cut *cut, int64_t now_ms)
{
    meet_each(h, cut, end, now_ms);
}

static void
doom(struct hub *h, struct session *s, const struct account_cut *cut,
     int64_t now_ms)
{
    (void)cut, (void)now_ms;
    s->doomed = h->batch.dooms = true;
}

void
account_doom(struct hub *h, const struct account_cut *cut)
{
    meet_each(h, cut, doom, 0);
}

void
account_doom_over(struct hub *h)
{
    struct session *s;

    if (!h->batch.dooms)
        return;
    h->batch.dooms = false;
    for (size_t pos = 0; (s = map_next(&h->sessions, &pos)) != NULL;)
        s->doomed = false;
}

static struct account_cut
cut_of(const struct call *x, const struct account *a, const char *why,
       bool but_caller)
{
    return (struct account_cut){
        .sender_id = account_sender(a), .why = why,
        .except = but_caller ? x->session : NULL,
        .deny = DENY_BAD_CREDENTIALS,
    };
}

static void
cut_all(const struct call *x, const struct account *a, const char *why,
        bool but_caller)
{
    struct account_cut cut = cut_of(x, a, why, but_caller);

    account_cut(x->hub, &cut, x->command->now_ms);
}

static void
doom_all(const struct call *x, const struct account *a, bool but_caller)
{
    struct account_cut cut = cut_of(x, a, NULL, but_caller);

    account_doom(x->hub, &cut);
}

/* ---- writing ---- */

static enum deny
set(struct call *x, const struct account *a)
{
    struct account_row row = {
        .id = a->id, .name = str_of(a->name.text), .key = str_of(a->name.key),
        .pwhash = str_of(a->pwhash), .state = a->state,
    };
    int rc = store_set_account(x->hub->store, &row);

    return rc < 0 ? batch_failed(x->hub, rc) : DENY_NONE;
}

/* ---- the caller's password, which is asked for once more ---- */

/* Of the caller, or of the operator's: with `make`, the new one is checked. */
static enum deny
ask_hasher(struct call *x, const struct account *a, bool make)
{
    const struct login *l = x->command->login;
    struct secret_job job = {.make = make};
    enum password_fault fault = PASSWORD_OK;
    enum deny d = secret_try(x, str_of(a->name.key));

    if (d != DENY_NONE)
        return d;
    if (make)
        fault = password_prepare(str_of(l->fresh), str_of(a->name.text),
                                 job.fresh);
    if (fault != PASSWORD_OK) {
        secret_was_right(x, str_of(a->name.key));
        x->detail = str_of(password_fault_text(fault));
        return DENY_WEAK_PASSWORD;
    }
    if (x->command->session != 0) {
        job.against = a->pwhash;
        if (password_prepare(str_of(l->password), nothing, job.password)
            != PASSWORD_OK)
            return secret_failed(x, a);
    }
    secret_hash(x, &job);
    return DENY_NONE;
}

/* DENY_NONE, and *ret_asked: it is on its way to a hasher. */
static enum deny
confirm(struct call *x, bool make, struct account *ret, bool *ret_asked)
{
    const struct login *l = x->command->login;
    enum deny d = l ? account_of_caller(x, ret) : DENY_BAD_REQUEST;

    *ret_asked = false;
    if (d == DENY_NONE)
        d = secret_may_come(x);
    if (d != DENY_NONE)
        return d;
    if (!secret_is_back(x)) {
        if (x->command->session == 0 && !make)
            return DENY_NONE;
        *ret_asked = true;
        return ask_hasher(x, ret, make);
    }
    if (x->command->session == 0)
        return DENY_NONE;
    if (!login_fits(l, ret))
        return secret_failed(x, ret);
    secret_was_right(x, str_of(ret->name.key));
    return DENY_NONE;
}

/* ---- PASSWORD ---- */

static enum deny
password_set(struct call *x, const struct account *a, uint64_t number)
{
    (void)number;
    tell_caller_done(x, 0);
    cut_all(x, a, "the password was changed", true);
    return DENY_NONE;
}

enum deny
account_password(struct call *x)
{
    struct account a;
    bool asked;
    enum deny d = confirm(x, true, &a, &asked);

    if (d != DENY_NONE || asked)
        return d;
    if (x->command->login->hash[0] == '\0')
        return DENY_OVERLOADED;
    str_to_z(str_of(x->command->login->hash), a.pwhash, sizeof a.pwhash);
    d = batch_begin(x->hub);
    if (d == DENY_NONE)
        d = set(x, &a);
    if (d == DENY_NONE)
        d = device_drop_others(x, &a, device_of(x->session));
    if (d == DENY_NONE)
        d = account_audit(x, "account.password", str_of(a.name.text),
                          nothing);
    if (d != DENY_NONE)
        return d;
    doom_all(x, &a, true);
    batch_then(x, password_set, &a, 0);
    return DENY_NONE;
}

/* ---- UNREGISTER ---- */

static enum deny
unregistered(struct call *x, const struct account *a, uint64_t number)
{
    (void)number;
    tell_caller_done(x, 0);
    cut_all(x, a, "the account was deleted", false);
    return DENY_NONE;
}

enum deny
account_unregister(struct call *x)
{
    struct account a;
    bool asked;
    int rc;
    enum deny d = confirm(x, false, &a, &asked);

    if (d != DENY_NONE || asked)
        return d;
    a.state = ACCOUNT_DELETED;
    a.pwhash[0] = '\0';
    d = batch_begin(x->hub);
    if (d == DENY_NONE)
        d = account_audit(x, "account.delete", str_of(a.name.text), nothing);
    if (d == DENY_NONE)
        d = set(x, &a);
    if (d == DENY_NONE)
        d = device_drop_others(x, &a, 0);
    if (d == DENY_NONE)
        d = grant_forget(x->hub, account_sender(&a), x->command->now_ms);
    if (d != DENY_NONE)
        return d;
    grant_drop_uploads(x->hub, NULL, account_sender(&a));
    rc = store_drop_memberships(x->hub->store, account_sender(&a));
    if (rc < 0)
        return batch_failed(x->hub, rc);
    doom_all(x, &a, false);
    batch_then(x, unregistered, &a, 0);
    return DENY_NONE;
}

/* ---- ACCOUNT ---- */

static enum deny
state_set(struct call *x, const struct account *a, uint64_t number)
{
    (void)number;
    tell_caller_done(x, a->id);
    if (a->state == ACCOUNT_DISABLED)
        cut_all(x, a, "the account was disabled", false);
    return DENY_NONE;
}

enum deny
account_disable(struct call *x)
{
    bool away = x->command->away;
    struct account a;
    enum deny d = account_of_caller(x, &a);

    if (d == DENY_NONE)
        d = batch_begin(x->hub);
    if (d != DENY_NONE)
        return d;
    a.state = away ? ACCOUNT_DISABLED : ACCOUNT_ACTIVE;
    d = account_audit(x, away ? "account.disable" : "account.enable",
                      str_of(a.name.text), nothing);
    if (d == DENY_NONE)
        d = set(x, &a);
    if (d != DENY_NONE)
        return d;
    if (away) {
        grant_drop_uploads(x->hub, NULL, account_sender(&a));
        doom_all(x, &a, false);
    }
    batch_then(x, state_set, &a, 0);
    return DENY_NONE;
}
