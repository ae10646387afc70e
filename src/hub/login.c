/* SPDX-License-Identifier: MIT
 *
 * A wrong password, an unknown name, and an account that is disabled or gone
 * are told alike, and after the same time. */
#include "hub/login.h"
#include "hub/batch.h"
#include "hub/become.h"
#include "hub/device.h"
#include "hub/secret.h"
#include "hub/session.h"
#include "hub/user.h"
#include "hub/visitor.h"
#include "auth/password.h"

#include <errno.h>
#include <sodium.h>

/* How exactly it is known when a device was last there: a write per login
 * would be too many. */
#define SEEN_MS (60 * 60 * 1000)

/* ---- by a password ---- */

static enum deny
ask_hasher(struct call *x, const struct name *n)
{
    struct secret_job job = {.against = ""};
    struct account a;
    struct str typed = str_of(x->command->login->password);
    enum deny d = secret_try(x, str_of(n->key));

    if (d != DENY_NONE)
        return d;
    d = account_find_key(x->hub, str_of(n->key), &a);
    if (d != DENY_NONE && d != DENY_NO_SUCH_PERSON)
        return d;
    if (password_prepare(typed, nothing, job.password) != PASSWORD_OK)
        return secret_failed(x, d == DENY_NONE ? &a : NULL);
    if (d == DENY_NONE && a.state == ACCOUNT_ACTIVE)
        job.against = a.pwhash;
    secret_hash(x, &job);
    return DENY_NONE;
}

/* What was verified is the account's password still. */
bool
login_fits(const struct login *l, const struct account *a)
{
    return l->verified && a->state == ACCOUNT_ACTIVE && a->pwhash[0] != '\0'
        && strcmp(l->against, a->pwhash) == 0;
}

/* *ret has the number 0 as long as a hasher is to be waited for. */
static enum deny
by_password(struct call *x, struct account *ret)
{
    const struct command *c = x->command;
    struct name n;
    enum deny d;

    if (name_check_user(c->name, x->hub->options.charset, &n) != NAME_OK)
        return DENY_BAD_NAME;
    if (!secret_is_back(x))
        return ask_hasher(x, &n);
    d = account_find_key(x->hub, str_of(n.key), ret);
    if (d != DENY_NONE && d != DENY_NO_SUCH_PERSON)
        return d;
    if (d != DENY_NONE || !login_fits(c->login, ret)) {
        enum deny wrong = secret_failed(x, d == DENY_NONE ? ret : NULL);

        ret->id = 0;
        return wrong;
    }
    secret_was_right(x, str_of(n.key));
    return DENY_NONE;
}

/* ---- by a token ---- */

static enum deny
see_device(struct call *x, const struct device_row *d)
{
    struct hub *h = x->hub;
    int64_t now_ms = x->command->now_ms;
    int rc = 0;

    if (!is_due(now_ms, d->seen_ms, SEEN_MS))
        return DENY_NONE;
    if (batch_begin(h) == DENY_NONE)
        rc = store_see_device(h->store, d->id, now_ms);
    return rc < 0 ? batch_failed(h, rc) : DENY_NONE;
}

static bool
is_named(const struct call *x, const struct account *a)
{
    struct str name = x->command->name;
    struct name n;

    return name.n == 0
        || (name_check_user(name, x->hub->options.charset, &n) == NAME_OK
            && strcmp(n.key, a->name.key) == 0);
}

static enum deny
by_token(struct call *x, struct account *ret, struct login_by *by)
{
    const struct command *c = x->command;
    struct device_row row;
    enum deny d;
    int rc = store_find_device(x->hub->store, c->login->token_hash, &row);

    if (rc < 0 && rc != -ENOENT)
        return batch_failed(x->hub, rc);
    if (rc < 0 || (row.expires_ms != 0 && c->now_ms >= row.expires_ms))
        return secret_bad_token(x);
    row.name = nothing;                /* borrowed, until the next call */
    d = account_find_id(x->hub, row.account, ret);
    if (d != DENY_NONE && d != DENY_NO_SUCH_PERSON)
        return d;
    if (d != DENY_NONE || ret->state != ACCOUNT_ACTIVE || !is_named(x, ret)) {
        ret->id = 0;
        return secret_bad_token(x);
    }
    *by = (struct login_by){row.id, row.room, row.expires_ms,
                            row.scope};
    return see_device(x, &row);
}

/* ---- ENTER, LOGIN ---- */

enum deny
login_may_begin(struct call *x)
{
    const struct command *c = x->command;
    const struct session *s = x->session;
    enum deny d = secret_may_come(x);

    if (d == DENY_NONE && c->session != 0)
        d = session_may_come(x, 0);
    if (d != DENY_NONE)
        return d;
    if (c->kind == COMMAND_ENTER && s != NULL && !(c->visit && s->visits))
        return DENY_BAD_REQUEST;
    if (s != NULL && s->user != NULL && sender_is_account(s->sender_id)) {
        x->detail = str_of("you are logged in");
        return DENY_BAD_REQUEST;
    }
    return DENY_NONE;
}

enum deny
login_may_become(struct call *x, const struct account *a)
{
    const struct hub *h = x->hub;
    const struct user *u = map_get_u64(&h->senders, account_sender(a));

    if (u == NULL || user_sessions(u) < LIMIT_ACCOUNT_SESSIONS)
        return session_may_come(x, account_sender(a));
    x->detail = str_of("that account has too many connections");
    return DENY_OVERLOADED;
}

/* Later in the same batch they may have been banned. */
enum deny
login_done(struct call *x, const struct account *a, uint64_t number)
{
    const struct command *c = x->command;
    struct login_by by = {.device = number,
                          .scope = device_login_scope(c->login),
                          .expires_ms = c->login->expires_ms};
    enum deny d = DENY_NONE;

    if (c->session == 0) {
        tell_caller_done(x, a->id);
    } else if (secret_awaits(x->hub, c->session)) {
        d = login_may_become(x, a);
        if (d == DENY_NONE)
            become_account(x, a, &by);
    }
    return d;
}

/* With a device that is to be kept, nobody is logged in before it is. */
static enum deny
enter_with_new_device(struct call *x, const struct account *a)
{
    uint8_t scope = device_login_scope(x->command->login);
    struct login_by by = {.scope = scope};
    uint64_t number = 0;
    enum deny d = device_add(x, a, 0, scope, &number);

    if (d != DENY_NONE)
        return d;
    by.device = number;
    become_belong(x, a, &by);
    batch_then(x, login_done, a, number);
    return DENY_NONE;
}

enum deny
login_enter(struct call *x)
{
    const struct login *l = x->command->login;
    struct account a = {.id = 0};
    struct login_by by = {0};
    enum deny d;

    if (l == NULL)
        return DENY_BAD_REQUEST;
    d = login_may_begin(x);
    if (d == DENY_NONE && x->session != NULL && x->session->visits)
        visitor_forget(x->hub, x->session);
    if (d == DENY_NONE)
        d = l->kind == LOGIN_TOKEN ? by_token(x, &a, &by)
                                   : by_password(x, &a);
    if (d != DENY_NONE || a.id == 0)
        return d;
    d = login_may_become(x, &a);
    if (d != DENY_NONE)
        return d;
    if (l->kind == LOGIN_PASSWORD && l->device[0] != '\0')
        return enter_with_new_device(x, &a);
    become_belong(x, &a, &by);
    become_account(x, &a, &by);
    return DENY_NONE;
}
