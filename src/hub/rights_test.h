/* SPDX-License-Identifier: MIT
 *
 * Accounts and their rights on the stage of play_test.h. An account comes by a
 * token, so no hasher is asked. */
#ifndef HUB_RIGHTS_TEST_H
#define HUB_RIGHTS_TEST_H

#include "hub/play_test.h"

/* Account n, with token n; may be there already. */
static inline void
rights_found(struct play *p, unsigned n, const char *name)
{
    struct account_row a = {
        .id = n, .name = str_of(name), .key = str_of(name),
        .state = ACCOUNT_ACTIVE, .created_ms = PLAY_NOON,
    };
    struct device_row d = {
        .id = n, .account = n, .name = str_of("test"), .scope = SCOPE_ALL,
        .created_ms = PLAY_NOON, .seen_ms = PLAY_NOON,
    };
    struct account_row found;

    if (store_find_account_id(p->store, n, &found) == 0)
        return;
    memset(d.token_hash, (int)n, sizeof d.token_hash);
    assert_int_equal(store_begin(p->store), 0);
    assert_int_equal(store_put_account(p->store, &a), 0);
    assert_int_equal(store_put_device(p->store, &d), 0);
    assert_int_equal(store_commit(p->store), 0);
}

/* Session enters as account n. */
static inline void
rights_enter(struct play *p, uint64_t session, unsigned n, const char *name)
{
    struct command *c = command_new_login(COMMAND_ENTER, PLAY_NONE,
                                          PLAY_NONE, PLAY_NONE, LOGIN_TOKEN);

    rights_found(p, n, name);
    memset(c->login->token_hash, (int)n, sizeof c->login->token_hash);
    c->session = session;
    c->worker = (session - 1) % 2;
    c->request = ++p->request;
    c->now_ms = p->now_ms;
    c->secure = true;
    act(p, c);
    forget(p);
}

/* The first ones: 1 ann, 2 bob, 3 cleo are accounts, 4 dan is a guest, and all
 * are in #cats, which is ann's; it is room 2. */
static inline void
rights_cats(struct play *p)
{
    static const char *const names[] = {"ann", "bob", "cleo"};

    p->options.gather_above = 100;
    play_restart(p);
    for (unsigned n = 1; n <= 3; n++)
        rights_enter(p, n, n, names[n - 1]);
    enter(p, 4, "dan");
    for (unsigned n = 1; n <= 4; n++)
        join(p, n, "#cats");
    forget(p);
}

/* A command about somebody in a room. */
static inline struct command *
about_whom(struct play *p, enum command_kind kind, uint64_t session,
           const char *target, const char *name, const char *text)
{
    return play_command(p, kind, session, target, name, text);
}

static inline struct command *
giving(struct play *p, uint64_t session, const char *target, const char *name,
       enum room_role role)
{
    struct command *c = about_whom(p, COMMAND_ROLE, session, target, name,
                                   NULL);

    c->role = role;
    return c;
}

static inline struct command *
setting(struct play *p, uint64_t session, const char *target,
        enum setting which, const char *value)
{
    struct command *c = about_whom(p, COMMAND_SET, session, target, NULL,
                                   value);

    c->setting = which;
    return c;
}

static inline struct command *
banning(struct play *p, uint64_t session, const char *target,
        const char *name, bool mute, int64_t for_ms)
{
    struct command *c = about_whom(p, COMMAND_BAN, session, target, name,
                                   "noise");

    c->mute = mute;
    c->until_ms = for_ms > 0 ? p->now_ms + for_ms : 0;
    return c;
}

/* A command that goes without being listened to. */
static inline void
quietly(struct play *p, struct command *c)
{
    act(p, c);
    forget(p);
}

#endif
