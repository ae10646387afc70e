/* SPDX-License-Identifier: MIT
 *
 * A password is changed, an account deleted or disabled: what becomes of its
 * connections, and that nothing becomes of them when it could not be stored. */
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

/* alice on sessions 1, by a device, and 3, and bob on 2. */
static void
two_people(struct play *p)
{
    found_account(p, "alice");
    settle(p, 2, "bob");
    act_hashed(p, with_device(by_password(p, COMMAND_ENTER, 1, "alice",
                                          "password of alice"), "phone", 7));
    settle_account(p, 3, "alice");
    join(p, 1, "#lobby");
    forget(p);
}

static struct command *
changing(struct play *p, uint64_t session, const char *old, const char *fresh)
{
    struct command *c = with_login(p, COMMAND_PASSWORD, session,
                                   session ? "" : "alice", LOGIN_PASSWORD,
                                   old);

    snprintf(c->login->fresh, sizeof c->login->fresh, "%s", fresh);
    return c;
}

static void
a_new_password_cuts_every_other_connection(void **state)
{
    struct play *p = *state;

    two_people(p);
    act_hashed(p, changing(p, 1, "password of alice", "a newer one"));
    expect(p, "w0 s1 done\n"
              "w0 s3 ends: closed bad_credentials the password was changed\n");
    act(p, by_token(p, COMMAND_ENTER, 5, 7));
    log_in(p, COMMAND_ENTER, 7, "alice");
    act_hashed(p, by_password(p, COMMAND_ENTER, 9, "alice", "a newer one"));
    expect(p, "w0 s5 welcome alice\n"
              "w0 s7 denied bad_credentials alice\n"
              "w0 s9 welcome alice\n");
}

static struct command *
making_token(struct play *p, uint64_t session, unsigned n)
{
    struct command *c = with_login(p, COMMAND_TOKEN, session, "",
                                   LOGIN_TOKEN, NULL);

    c->login->scope = SCOPE_READ;
    return with_device(c, "bot", n);
}

/* What a hasher has comes back; the batch stays open. */
static void
come_back_and_wait(struct play *p)
{
    struct hash_job *j = hub_take_hashes(p->hub);

    assert_non_null(j);
    assert_null(j->next);
    do_hash(j);
    j->command->inside = true;
    apply(p, j->command);
    free(j);
}

static void
whoever_is_to_be_cut_does_nothing_more_in_that_batch(void **state)
{
    struct play *p = *state;

    two_people(p);
    act(p, changing(p, 1, "password of alice", "a newer one"));
    come_back_and_wait(p);
    apply(p, making_token(p, 3, 8));
    play_commit(p);
    expect(p, "w0 s3 denied bad_credentials\n"
              "w0 s1 done\n"
              "w0 s3 ends: closed bad_credentials the password was changed\n");
    act(p, by_token(p, COMMAND_ENTER, 5, 8));
    expect(p, "w0 s5 denied bad_credentials\n");
}

static void
whoever_was_to_be_cut_goes_on_when_it_was_not_stored(void **state)
{
    struct play *p = *state;

    two_people(p);
    act(p, changing(p, 1, "password of alice", "a newer one"));
    come_back_and_wait(p);
    commit_fails = -ENOSPC;
    play_commit(p);
    commit_fails = 0;
    forget(p);
    act(p, making_token(p, 3, 8));
    expect(p, "w0 s3 done 2\n");
}

static void
nobody_belongs_to_a_room_after_their_account(void **state)
{
    struct play *p = *state;

    two_people(p);
    act(p, with_login(p, COMMAND_UNREGISTER, 1, "", LOGIN_PASSWORD,
                      "password of alice"));
    come_back_and_wait(p);
    apply(p, joining(p, 3, "#cats"));
    play_commit(p);
    forget(p);
    act(p, play_command(p, COMMAND_MEMBERS, 0, "#cats", NULL, NULL));
    expect(p, "w0 s0 denied no_such_room #cats\n");
}

static void
nobody_is_given_a_role_while_their_account_goes(void **state)
{
    struct play *p = *state;
    struct command *c = play_command(p, COMMAND_ROLE, 0, "#lobby", "alice",
                                     NULL);

    two_people(p);
    c->role = ROLE_MODERATOR;
    act(p, with_login(p, COMMAND_UNREGISTER, 1, "", LOGIN_PASSWORD,
                      "password of alice"));
    come_back_and_wait(p);
    apply(p, c);
    play_commit(p);
    forget(p);
    act(p, play_command(p, COMMAND_MEMBERS, 0, "#lobby", NULL, NULL));
    expect(p, "w0 s0 members #lobby\n");
}

static void
a_new_password_revokes_every_other_device(void **state)
{
    struct play *p = *state;

    two_people(p);
    act_hashed(p, changing(p, 3, "password of alice", "a newer one"));
    expect(p, "w0 s3 done\n"
              "w0 s1 ends: closed bad_credentials the password was changed\n");
    act(p, by_token(p, COMMAND_ENTER, 5, 7));
    expect(p, "w0 s5 denied bad_credentials\n");
}

static void
a_password_is_changed_by_who_knows_the_old_one(void **state)
{
    struct play *p = *state;

    two_people(p);
    act_hashed(p, changing(p, 1, "not this one", "a newer one"));
    act_hashed(p, changing(p, 1, "password of alice", "short"));
    act_hashed(p, changing(p, 2, "password of alice", "a newer one"));
    assert_non_null(strstr(p->heard.p, "w0 s1 denied bad_credentials\n"));
    assert_non_null(strstr(p->heard.p, "w0 s1 denied weak_password "));
    assert_non_null(strstr(p->heard.p, "w1 s2 denied no_account\n"));
    forget(p);
}

static void
the_operator_needs_no_password(void **state)
{
    struct play *p = *state;

    two_people(p);
    act_hashed(p, changing(p, 0, "", "a newer one"));
    expect(p, "w0 s0 done\n"
              "w0 s3 ends: closed bad_credentials the password was changed\n"
              "w0 s1 ends: closed bad_credentials the password was changed\n"
              "w1 room 1 left alice the password was changed 1\n");
}

static void
a_password_that_was_not_stored_is_the_old_one(void **state)
{
    struct play *p = *state;

    two_people(p);
    act(p, changing(p, 1, "password of alice", "a newer one"));
    commit_fails = -ENOSPC;
    come_back(p);
    commit_fails = 0;
    expect(p, "w0 s1 denied storage_full\n");
    log_in(p, COMMAND_ENTER, 5, "alice");
    expect(p, "w0 s5 welcome alice\n");
}

/* ---- the end of an account ---- */

static void
a_deleted_account_is_gone_and_its_name_stays_taken(void **state)
{
    struct play *p = *state;

    two_people(p);
    act_hashed(p, with_login(p, COMMAND_UNREGISTER, 1, "", LOGIN_PASSWORD,
                             "password of alice"));
    expect(p, "w0 s3 is  in 1\n"
              "w0 s1 is  in 1\n"
              "w0 s1 done\n"
              "w0 s3 ends: closed bad_credentials the account was deleted\n"
              "w0 s1 ends: closed bad_credentials the account was deleted\n"
              "w1 room 1 left alice the account was deleted 1\n");
    enter(p, 5, "alice");
    log_in(p, COMMAND_ENTER, 5, "alice");
    act(p, by_token(p, COMMAND_ENTER, 5, 7));
    act_hashed(p, by_password(p, COMMAND_REGISTER, 5, "alice", "a good one"));
    say(p, 2, "@alice", "there?");
    expect(p, "w0 s5 denied name_registered alice\n"
              "w0 s5 denied bad_credentials alice\n"
              "w0 s5 denied bad_credentials\n"
              "w0 s5 denied name_registered alice\n"
              "w1 s2 denied no_such_person @alice\n");
}

static void
a_disabled_account_waits_until_it_is_enabled(void **state)
{
    struct play *p = *state;
    struct command *c = play_command(p, COMMAND_ACCOUNT, 0, NULL, "Alice",
                                     NULL);

    two_people(p);
    c->away = true;
    act(p, c);
    expect(p, "w0 s0 done 1\n"
              "w0 s3 ends: closed bad_credentials the account was disabled\n"
              "w0 s1 ends: closed bad_credentials the account was disabled\n"
              "w1 room 1 left alice the account was disabled 1\n");
    act(p, by_token(p, COMMAND_ENTER, 5, 7));
    act(p, play_command(p, COMMAND_ACCOUNT, 0, NULL, "alice", NULL));
    act(p, by_token(p, COMMAND_ENTER, 5, 7));
    expect(p, "w0 s5 denied bad_credentials\n"
              "w0 s0 done 1\n"
              "w0 s5 welcome alice\n");
}

static void
a_visitor_is_cut_with_its_account(void **state)
{
    struct play *p = *state;
    struct command *c;

    found_account(p, "alice");
    c = by_password(p, COMMAND_ENTER, 1, "alice", "password of alice");
    c->visit = true;
    act_hashed(p, c);
    act(p, visiting(p, 3, "bob"));
    forget(p);
    act_hashed(p, changing(p, 0, "", "a newer one"));
    expect(p, "w0 s0 done\n"
              "w0 s1 ends: closed bad_credentials the password was changed\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        play_test(a_new_password_cuts_every_other_connection),
        play_test(whoever_is_to_be_cut_does_nothing_more_in_that_batch),
        play_test(whoever_was_to_be_cut_goes_on_when_it_was_not_stored),
        play_test(nobody_belongs_to_a_room_after_their_account),
        play_test(nobody_is_given_a_role_while_their_account_goes),
        play_test(a_new_password_revokes_every_other_device),
        play_test(a_password_is_changed_by_who_knows_the_old_one),
        play_test(the_operator_needs_no_password),
        play_test(a_password_that_was_not_stored_is_the_old_one),
        play_test(a_deleted_account_is_gone_and_its_name_stays_taken),
        play_test(a_disabled_account_waits_until_it_is_enabled),
        play_test(a_visitor_is_cut_with_its_account),
    };

    return cmocka_run_group_tests(tests, play_group, NULL);
}
