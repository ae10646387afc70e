/* SPDX-License-Identifier: MIT
 *
 * Everything is checked before the hasher is asked, so that what is refused
 * costs nothing, and again after it. The account, the invitation's use and the
 * first device are one transaction; after it the session is the account's. */
#include "hub/register.h"
#include "auth/password.h"
#include "hub/batch.h"
#include "hub/become.h"
#include "hub/device.h"
#include "hub/login.h"
#include "hub/secret.h"
#include "hub/user.h"

#include <errno.h>

/* ---- REGISTER ---- */

static bool
is_operators(const struct call *x)
{
    return x->command->session == 0;
}

/* By whom the caller was invited; the number is the invitation's, or 0. */
static enum deny
check_invitation(struct call *x, uint64_t *ret, uint64_t *ret_by)
{
    struct hub *h = x->hub;
    struct invitation_row row;
    int rc;

    *ret = *ret_by = 0;
    if (is_operators(x) || h->options.registration == HUB_OPEN)
        return DENY_NONE;
    if (h->options.registration == HUB_CLOSED)
        return DENY_REGISTRATION_CLOSED;
    rc = store_find_invitation(h->store, x->command->login->code_hash, &row);
    if (rc < 0 && rc != -ENOENT)
        return batch_failed(h, rc);
    if (rc < 0 || row.uses_left == 0
        || (row.expires_ms != 0 && x->command->now_ms >= row.expires_ms))
        return DENY_BAD_INVITATION;
    *ret = row.id;
    *ret_by = row.by;
    return DENY_NONE;
}

/* Nobody's; or the caller's own, as a guest. The operator does not wait for a
 * name that is only held. */
static enum deny
check_name(struct call *x, struct name *ret)
{
    struct hub *h = x->hub;
    const struct command *c = x->command;
    enum name_fault fault = name_check_user(c->name, h->options.charset, ret);
    uint64_t sender = x->session ? x->session->sender_id : 0;
    const struct user *u;

    if (fault != NAME_OK) {
        x->detail = str_of(name_fault_text(fault));
        return DENY_BAD_NAME;
    }
    u = map_get_str(&h->names, str_of(ret->key));
    if (is_operators(x) && u != NULL && u->session != NULL)
        return DENY_NAME_TAKEN;
    if (!is_operators(x)
        && !user_is_free_for(h, str_of(ret->key), sender, c->from))
        return DENY_NAME_TAKEN;
    return account_check_free(h, str_of(ret->key));
}

static enum deny
ask_hasher(struct call *x, const struct name *n)
{
    struct secret_job job = {.make = true};
    enum password_fault fault =
        password_prepare(str_of(x->command->login->password), str_of(n->text),
                         job.password);
    enum deny d;

    if (fault != PASSWORD_OK) {
        x->detail = str_of(password_fault_text(fault));
        return DENY_WEAK_PASSWORD;
    }
    d = secret_try(x, str_of(n->key));
    if (d == DENY_NONE)
        secret_hash(x, &job);
    return d;
}

static enum deny
write_account(struct call *x, const struct name *n, uint64_t by,
              struct account *ret)
{
    struct store *s = x->hub->store;
    struct account_row row = {
        .id = store_next_account_id(s), .name = str_of(n->text),
        .key = str_of(n->key), .pwhash = str_of(x->command->login->hash),
        .state = ACCOUNT_ACTIVE, .created_ms = x->command->now_ms,
        .invited_by = by,
    };
    int rc = store_put_account(s, &row);

    if (rc < 0)
        return batch_failed(x->hub, rc);
    *ret = (struct account){.id = row.id, .state = row.state, .name = *n};
    return account_audit(x, "account.register", row.name, nothing);
}

static enum deny
use_invitation(struct call *x, uint64_t invitation)
{
    int rc = 0;

    if (invitation != 0)
        rc = store_use_invitation(x->hub->store, invitation);
    if (rc == -ENOENT)
        return DENY_BAD_INVITATION;
    return rc < 0 ? batch_failed(x->hub, rc) : DENY_NONE;
}

/* Everything has been checked: from the first write on, only the store can
 * refuse, and that is the whole batch's end. */
static enum deny
make(struct call *x, const struct name *n, uint64_t invitation, uint64_t by)
{
    struct account a;
    struct login_by with = {
        .scope = device_login_scope(x->command->login)};
    uint64_t device = 0;
    enum deny d = batch_begin(x->hub);

    if (d == DENY_NONE)
        d = use_invitation(x, invitation);
    if (d == DENY_NONE)
        d = write_account(x, n, by, &a);
    if (d == DENY_NONE && x->command->login->device[0] != '\0')
        d = device_add(x, &a, 0, device_login_scope(x->command->login),
                       &device);
    if (d != DENY_NONE)
        return d;
    with.device = device;
    become_belong(x, &a, &with);
    batch_then(x, login_done, &a, device);
    return DENY_NONE;
}

enum deny
register_account(struct call *x)
{
    const struct login *l = x->command->login;
    uint64_t invitation, by;
    struct name n;
    enum deny d = l ? login_may_begin(x) : DENY_BAD_REQUEST;

    if (d == DENY_NONE)
        d = check_invitation(x, &invitation, &by);
    if (d == DENY_NONE)
        d = check_name(x, &n);
    if (d == DENY_NONE)
        d = device_check(x);
    if (d != DENY_NONE)
        return d;
    if (!secret_is_back(x))
        return ask_hasher(x, &n);
    if (store_next_account_id(x->hub->store) >= SENDER_ACCOUNTS_MAX)
        return DENY_OVERLOADED;
    return l->hash[0] ? make(x, &n, invitation, by) : DENY_OVERLOADED;
}

/* ---- CODE ---- */

static enum deny
code_written(struct call *x, const struct account *a, uint64_t number)
{
    (void)a;
    tell_caller_done(x, number);
    return DENY_NONE;
}

static enum deny
put_invitation(struct call *x, uint64_t *ret)
{
    struct store *s = x->hub->store;
    const struct login *l = x->command->login;
    struct invitation_row row, there;
    int rc = store_find_invitation(s, l->code_hash, &there);

    if (rc == 0)
        return DENY_BAD_REQUEST;
    if (rc != -ENOENT)
        return batch_failed(x->hub, rc);
    row = (struct invitation_row){
        .id = store_next_invitation_id(s), .uses_left = l->uses,
        .created_ms = x->command->now_ms, .expires_ms = l->expires_ms,
    };
    memcpy(row.code_hash, l->code_hash, sizeof row.code_hash);
    rc = store_put_invitation(s, &row);
    *ret = row.id;
    return rc < 0 ? batch_failed(x->hub, rc) : DENY_NONE;
}

static enum deny
drop_invitation(struct call *x)
{
    int rc = store_drop_invitation(x->hub->store, x->command->token);

    if (rc == -ENOENT)
        return DENY_BAD_INVITATION;
    return rc < 0 ? batch_failed(x->hub, rc) : DENY_NONE;
}

enum deny
register_code(struct call *x)
{
    const struct login *l = x->command->login;
    uint64_t number = x->command->token;
    enum deny d = l ? batch_begin(x->hub) : DENY_BAD_REQUEST;

    if (d == DENY_NONE)
        d = l->uses > 0 ? put_invitation(x, &number) : drop_invitation(x);
    if (d == DENY_NONE)
        d = account_audit(x, l->uses ? "account.invite" : "account.uninvite",
                          nothing, nothing);
    if (d == DENY_NONE)
        batch_then(x, code_written, NULL, number);
    return d;
}
