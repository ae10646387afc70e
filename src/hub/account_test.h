/* SPDX-License-Identifier: MIT
 *
 * Accounts on the stage of play_test.h, and a hasher who is quick: the hash of
 * a password is "H:" and the password. */
#ifndef HUB_ACCOUNT_TEST_H
#define HUB_ACCOUNT_TEST_H

#include "hub/play_test.h"

/* A token's hash is this number, over and over. */
static inline void
play_token_hash(unsigned n, uint8_t hash[32])
{
    memset(hash, (int)n, 32);
}

static inline struct command *
with_login(struct play *p, enum command_kind kind, uint64_t session,
           const char *name, enum login_kind login, const char *password)
{
    struct command *c = command_new_login(kind, PLAY_NONE, str_of(name),
                                          PLAY_NONE, login);

    c->session = session;
    c->worker = session ? (session - 1) % 2 : 0;
    c->request = ++p->request;
    c->now_ms = p->now_ms;
    c->secure = true;
    snprintf(c->login->password, sizeof c->login->password, "%s",
             password ? password : "");
    return c;
}

/* ENTER or LOGIN. */
static inline struct command *
by_password(struct play *p, enum command_kind kind, uint64_t session,
            const char *name, const char *password)
{
    return with_login(p, kind, session, name, LOGIN_PASSWORD, password);
}

static inline struct command *
by_token(struct play *p, enum command_kind kind, uint64_t session, unsigned n)
{
    struct command *c = with_login(p, kind, session, "", LOGIN_TOKEN, NULL);

    play_token_hash(n, c->login->token_hash);
    return c;
}

/* ... that makes a device with token n. */
static inline struct command *
with_device(struct command *c, const char *name, unsigned n)
{
    snprintf(c->login->device, sizeof c->login->device, "%s", name);
    play_token_hash(n, c->login->device_hash);
    return c;
}

static inline void
do_hash(struct hash_job *j)
{
    struct login *l = j->command->login;
    const char *what = j->command->kind == COMMAND_REGISTER ? l->password
                                                            : l->fresh;

    l->verified = j->verify && strncmp(l->against, "H:", 2) == 0
        && strcmp(l->against + 2, l->password) == 0;
    if (j->make && (!j->verify || l->verified))
        snprintf(l->hash, sizeof l->hash, "H:%.100s", what);
}

/* What the hashers have comes back, in batches of one. Returns how many. */
static inline unsigned
come_back(struct play *p)
{
    struct hash_job *j = hub_take_hashes(p->hub), *next;
    unsigned n = 0;

    for (; j != NULL; j = next, n++) {
        next = j->next;
        do_hash(j);
        j->command->inside = true;
        act(p, j->command);
        free(j);
    }
    return n;
}

/* And is hashed at once. */
static inline void
act_hashed(struct play *p, struct command *c)
{
    act(p, c);
    come_back(p);
}

/* By the operator; the name's password is "password of NAME". */
static inline void
found_account(struct play *p, const char *name)
{
    char password[64];

    snprintf(password, sizeof password, "password of %s", name);
    act_hashed(p, by_password(p, COMMAND_REGISTER, 0, name, password));
    forget(p);
}

static inline void
log_in(struct play *p, enum command_kind kind, uint64_t session,
       const char *name)
{
    char password[64];

    snprintf(password, sizeof password, "password of %s", name);
    act_hashed(p, by_password(p, kind, session, name, password));
}

/* Enters as the account and joins #lobby without a word. */
static inline void
settle_account(struct play *p, uint64_t session, const char *name)
{
    log_in(p, COMMAND_ENTER, session, name);
    join(p, session, "#lobby");
    forget(p);
}

/* A command of such a session, without a name or a text. */
static inline struct command *
asking(struct play *p, enum command_kind kind, uint64_t session)
{
    return play_command(p, kind, session, NULL, NULL, NULL);
}

#endif
