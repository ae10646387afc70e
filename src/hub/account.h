/* SPDX-License-Identifier: MIT
 *
 * Accounts: a name that nobody else can have, a password, and a number that
 * is in everything its owner says. What changes one is written first; only
 * after the commit does anything in memory, or any connection, follow it
 * (batch_then()). */
#ifndef HUB_ACCOUNT_H
#define HUB_ACCOUNT_H

#include "hub/hub_impl.h"

/* A copy of an account's row. */
struct account {
    uint64_t id;
    enum account_state state;
    struct name name;
    char pwhash[PASSWORD_HASH_BYTES];
};

static inline uint64_t
account_sender(const struct account *a)
{
    return SENDER_ACCOUNTS + a->id;
}

/* DENY_NO_SUCH_PERSON when there is none, in whatever state; otherwise what
 * else than DENY_NONE comes back is the store's. */
enum deny account_find(struct hub *h, struct str name, struct account *ret);
enum deny account_find_key(struct hub *h, struct str key,
                           struct account *ret);
enum deny account_find_id(struct hub *h, uint64_t id, struct account *ret);

/* The same where a name is only wanted for showing. */
bool account_look(const struct hub *h, uint64_t id, struct account *ret);

/* DENY_NAME_REGISTERED: the name of this key is an account's, or was one's. */
enum deny account_check_free(struct hub *h, struct str key);

/* The caller's own, for what a token needs SCOPE_MANAGE for; for the operator
 * the one that is named in the command. */
enum deny account_of_caller(struct call *x, struct account *ret);

/* Writes what was done. x's batch has begun. */
enum deny account_audit(struct call *x, const char *action, struct str target,
                        struct str detail);

/* Which connections of an account are to end. */
struct account_cut {
    uint64_t sender_id;
    uint64_t device;               /* those that came by it; 0 = all ... */
    const struct session *except;  /* ... but this one, and those of the same
                                      device; or NULL */
    const char *why;
    enum deny deny;
};

/* Ends one: it is told, and closed. */
void account_end(struct hub *h, struct session *s, const char *why,
                 enum deny deny, int64_t now_ms);

/* Ends them, visitors among them: each is told, and closed. */
void account_cut(struct hub *h, const struct account_cut *cut, int64_t now_ms);

/* The same follows this batch, if it is kept: until then they give no more
 * commands, or what they make would outlast them. And the end of every batch,
 * before what follows it. */
void account_doom(struct hub *h, const struct account_cut *cut);
void account_doom_over(struct hub *h);

enum deny account_password(struct call *x);     /* COMMAND_PASSWORD */
enum deny account_unregister(struct call *x);   /* COMMAND_UNREGISTER */
enum deny account_disable(struct call *x);      /* COMMAND_ACCOUNT */

#endif
