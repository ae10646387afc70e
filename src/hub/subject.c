/* SPDX-License-Identifier: MIT */
#include "hub/subject.h"
#include "hub/batch.h"
#include "hub/grant.h"
#include "hub/session.h"
#include "hub/user.h"
#include "hub/visitor.h"

#include <errno.h>

static enum deny
is(struct subject *ret, uint64_t sender_id, struct str name)
{
    ret->sender_id = sender_id;
    str_to_z(name, ret->name, sizeof ret->name);
    return DENY_NONE;
}

static enum deny
find_account(struct call *x, struct str key, struct subject *ret)
{
    struct account_row row;
    int rc = store_find_account(x->hub->store, key, &row);

    if (rc < 0 && rc != -ENOENT)
        return batch_failed(x->hub, rc);
    if (rc < 0 || row.state == ACCOUNT_DELETED)
        return DENY_NO_SUCH_PERSON;
    return is(ret, SENDER_ACCOUNTS + row.id, row.name);
}

/* A held name that waits for nobody in particular is nobody's. Of an account
 * its row says whether it is still there. */
enum deny
subject_find(struct call *x, struct str name, struct subject *ret)
{
    const struct user *u = user_find(x->hub, name);
    const struct session *s;
    struct name n;
    enum deny d;

    if (u != NULL && u->sender_id != 0 && !sender_is_account(u->sender_id))
        return is(ret, u->sender_id, user_name(u));
    if (name_check_user(name, x->hub->options.charset, &n) != NAME_OK)
        return DENY_NO_SUCH_PERSON;
    d = find_account(x, str_of(n.key), ret);
    if (d != DENY_NO_SUCH_PERSON)
        return d;
    s = visitor_find(x->hub, str_of(n.key));
    if (s == NULL)
        return DENY_NO_SUCH_PERSON;
    return is(ret, s->sender_id, visitor_name(x->hub, s));
}

void
subject_name(const struct hub *h, uint64_t sender_id,
             char out[LIMIT_ROOM_BYTES + 1])
{
    const struct user *u = map_get_u64(&h->senders, sender_id);
    struct account_row row;

    out[0] = '\0';
    if (u != NULL)
        str_to_z(user_name(u), out, LIMIT_ROOM_BYTES + 1);
    else if (sender_is_account(sender_id)
             && store_find_account_id(h->store, sender_id - SENDER_ACCOUNTS,
                                      &row) == 0)
        str_to_z(row.name, out, LIMIT_ROOM_BYTES + 1);
}

struct str
subject_caller(const struct call *x)
{
    return grant_is_operator(x) ? str_of("(operator)")
                                : session_name(x->hub, x->session);
}
