/* SPDX-License-Identifier: MIT
 *
 * New accounts: by whom, under which name, and never without being stored. */
#include "hub/account_test.h"

#include <errno.h>

static int commit_fails;

int __real_store_commit(struct store *s);
int __wrap_store_commit(struct store *s);
int
__wrap_store_commit(struct store *s)
{
    return commit_fails ? commit_fails : __real_store_commit(s);
}

static struct command *
registering(struct play *p, uint64_t session, const char *name,
            const char *password)
{
    return by_password(p, COMMAND_REGISTER, session, name, password);
}

static void
who_registers_is_the_account_from_then_on(void **state)
{
    struct play *p = *state;

    act_hashed(p, registering(p, 1, "alice", "a good one"));
    expect(p, "w0 s1 welcome alice\n");
    act_hashed(p, by_password(p, COMMAND_ENTER, 3, "alice", "a good one"));
    expect(p, "w0 s3 welcome alice\n");
    assert_int_equal(hub_users(p->hub), 1);
}

static void
a_guest_registers_their_own_name_and_keeps_their_rooms(void **state)
{
    struct play *p = *state;

    settle(p, 2, "bob");
    settle(p, 1, "alice");
    act_hashed(p, with_device(registering(p, 1, "alice", "a good one"),
                              "phone", 7));
    expect(p, "w0 s1 is member in 1\n"
              "w0 s1 welcome alice 1\n"
              "w1 room 1 renamed alice ->alice -s1\n");
    assert_int_equal(hub_users(p->hub), 2);
    act(p, by_token(p, COMMAND_ENTER, 3, 7));
    expect(p, "w0 s3 welcome alice\n");
}

static void
a_name_of_somebody_else_is_not_registered(void **state)
{
    struct play *p = *state;

    settle(p, 2, "bob");
    settle(p, 1, "alice");
    act_hashed(p, registering(p, 1, "Bob", "a good one"));
    act_hashed(p, registering(p, 0, "Bob", "a good one"));
    act_hashed(p, registering(p, 1, "server", "a good one"));
    expect(p, "w0 s1 denied name_taken Bob\n"
              "w0 s0 denied name_taken Bob\n"
              "w0 s1 denied bad_name server is reserved\n");
    found_account(p, "carol");
    act_hashed(p, registering(p, 1, "Carol", "a good one"));
    expect(p, "w0 s1 denied name_registered Carol\n");
}

static void
two_who_want_one_name_get_one_account(void **state)
{
    struct play *p = *state;

    act(p, registering(p, 1, "alice", "a good one"));
    act(p, registering(p, 3, "alice", "another one"));
    assert_int_equal(come_back(p), 2);
    expect(p, "w0 s1 welcome alice\n"
              "w0 s3 denied name_taken alice\n");
}

static void
a_weak_password_is_refused_with_its_fault(void **state)
{
    struct play *p = *state;

    act(p, registering(p, 1, "alice", "short"));
    act(p, registering(p, 1, "alicealice", "alicealice"));
    assert_int_equal(come_back(p), 0);
    assert_non_null(strstr(p->heard.p, "w0 s1 denied weak_password alice "));
    assert_non_null(strstr(p->heard.p,
                           "w0 s1 denied weak_password alicealice "));
    forget(p);
}

static void
a_closed_server_makes_no_accounts_but_the_operators(void **state)
{
    struct play *p = *state;

    p->options.registration = HUB_CLOSED;
    play_restart(p);
    act_hashed(p, registering(p, 1, "alice", "a good one"));
    act_hashed(p, registering(p, 0, "alice", "a good one"));
    expect(p, "w0 s1 denied registration_closed alice\n"
              "w0 s0 done 1\n");
}

static struct command *
inviting(struct play *p, unsigned code, unsigned uses)
{
    struct command *c = with_login(p, COMMAND_CODE, 0, NULL, LOGIN_TOKEN,
                                   NULL);

    play_token_hash(code, c->login->code_hash);
    c->login->uses = uses;
    return c;
}

static struct command *
registering_with(struct play *p, uint64_t session, const char *name,
                 unsigned code)
{
    struct command *c = registering(p, session, name, "a good one");

    play_token_hash(code, c->login->code_hash);
    return c;
}

static void
an_invitation_is_good_so_many_times(void **state)
{
    struct play *p = *state;

    p->options.registration = HUB_INVITED;
    play_restart(p);
    act(p, inviting(p, 5, 2));
    act_hashed(p, registering_with(p, 1, "alice", 6));
    act_hashed(p, registering_with(p, 1, "alice", 5));
    act_hashed(p, registering_with(p, 3, "bob", 5));
    act_hashed(p, registering_with(p, 5, "carol", 5));
    expect(p, "w0 s0 done 1\n"
              "w0 s1 denied bad_invitation alice\n"
              "w0 s1 welcome alice\n"
              "w0 s3 welcome bob\n"
              "w0 s5 denied bad_invitation carol\n");
}

static void
an_invitation_ends_and_is_taken_back(void **state)
{
    struct play *p = *state;
    struct command *c = inviting(p, 5, 9), *back = inviting(p, 0, 0);

    p->options.registration = HUB_INVITED;
    play_restart(p);
    c->login->expires_ms = p->now_ms + 1000;
    act(p, c);
    act(p, inviting(p, 6, 9));
    back->token = 2;
    act(p, back);
    forget(p);
    act_hashed(p, registering_with(p, 1, "alice", 6));
    p->now_ms += 1000;
    act_hashed(p, registering_with(p, 1, "alice", 5));
    expect(p, "w0 s1 denied bad_invitation alice\n"
              "w0 s1 denied bad_invitation alice\n");
}

static void
only_the_operator_invites(void **state)
{
    struct play *p = *state;
    struct command *c = inviting(p, 5, 1);

    found_account(p, "alice");
    settle_account(p, 1, "alice");
    c->session = 1;
    act(p, c);
    expect(p, "w0 s1 denied forbidden\n");
}

/* ---- what is not stored did not happen ---- */

static void
an_account_that_was_not_stored_is_nobodys(void **state)
{
    struct play *p = *state;

    settle(p, 2, "bob");
    settle(p, 1, "ally");
    act(p, registering(p, 1, "alice", "a good one"));
    commit_fails = -ENOSPC;
    come_back(p);
    commit_fails = 0;
    expect(p, "w0 s1 denied storage_full alice\n");
    say(p, 1, "#lobby", "still me");
    expect(p, "w0 room 1 message 1 ally still me\n"
              "w0 s1 posted 1\n"
              "w1 room 1 message 1 ally still me\n");
    act_hashed(p, by_password(p, COMMAND_ENTER, 3, "alice", "a good one"));
    expect(p, "w0 s3 denied bad_credentials alice\n");
    act_hashed(p, registering(p, 1, "alice", "a good one"));
    expect(p, "w0 s1 is member in 1\n"
              "w0 s1 welcome alice\n"
              "w1 room 1 renamed ally ->alice -s1\n");
}

static void
a_use_of_an_invitation_that_was_not_stored_does_not_count(void **state)
{
    struct play *p = *state;

    p->options.registration = HUB_INVITED;
    play_restart(p);
    act(p, inviting(p, 5, 1));
    act(p, registering_with(p, 1, "alice", 5));
    commit_fails = -ENOSPC;
    come_back(p);
    commit_fails = 0;
    forget(p);
    act_hashed(p, registering_with(p, 1, "alice", 5));
    expect(p, "w0 s1 welcome alice\n");
}

static void
an_account_whose_device_is_refused_is_not_made(void **state)
{
    struct play *p = *state;

    p->options.registration = HUB_INVITED;
    play_restart(p);
    act(p, inviting(p, 5, 2));
    act_hashed(p, with_device(registering_with(p, 1, "alice", 5), "phone",
                              7));
    act_hashed(p, with_device(registering_with(p, 3, "bob", 5), "phone", 7));
    act_hashed(p, by_password(p, COMMAND_ENTER, 4, "bob", "a good one"));
    act_hashed(p, registering_with(p, 3, "bob", 5));
    expect(p, "w0 s0 done 1\n"
              "w0 s1 welcome alice 1\n"
              "w0 s3 denied bad_request bob\n"
              "w1 s4 denied bad_credentials bob\n"
              "w0 s3 welcome bob\n");
}

static void
who_leaves_before_the_commit_has_an_account_and_no_session(void **state)
{
    struct play *p = *state;
    struct hash_job *j;

    act(p, registering(p, 1, "alice", "a good one"));
    j = hub_take_hashes(p->hub);
    do_hash(j);
    j->command->inside = true;
    apply(p, j->command);
    free(j);
    act(p, leaving(p, 1, "", false));
    expect(p, "");
    assert_int_equal(hub_users(p->hub), 0);
    act_hashed(p, by_password(p, COMMAND_ENTER, 3, "alice", "a good one"));
    expect(p, "w0 s3 welcome alice\n");
}

static void
an_account_lasts(void **state)
{
    struct play *p = *state;

    found_account(p, "alice");
    play_restart(p);
    enter(p, 1, "alice");
    log_in(p, COMMAND_ENTER, 3, "alice");
    expect(p, "w0 s1 denied name_registered alice\n"
              "w0 s3 welcome alice\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        play_test(who_registers_is_the_account_from_then_on),
        play_test(a_guest_registers_their_own_name_and_keeps_their_rooms),
        play_test(a_name_of_somebody_else_is_not_registered),
        play_test(two_who_want_one_name_get_one_account),
        play_test(a_weak_password_is_refused_with_its_fault),
        play_test(a_closed_server_makes_no_accounts_but_the_operators),
        play_test(an_invitation_is_good_so_many_times),
        play_test(an_invitation_ends_and_is_taken_back),
        play_test(only_the_operator_invites),
        play_test(an_account_that_was_not_stored_is_nobodys),
        play_test(a_use_of_an_invitation_that_was_not_stored_does_not_count),
        play_test(an_account_whose_device_is_refused_is_not_made),
        play_test(who_leaves_before_the_commit_has_an_account_and_no_session),
        play_test(an_account_lasts),
    };

    return cmocka_run_group_tests(tests, play_group, NULL);
}
