/* SPDX-License-Identifier: MIT
 *
 * Devices and tokens: made, listed, revoked, and what they may. */
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

/* alice on session 1 by device 1, "phone", whose token is 7; bob on 2. */
static void
a_phone(struct play *p)
{
    found_account(p, "alice");
    settle(p, 2, "bob");
    act_hashed(p, with_device(by_password(p, COMMAND_ENTER, 1, "alice",
                                          "password of alice"), "phone", 7));
    join(p, 1, "#lobby");
    forget(p);
}

static struct command *
making(struct play *p, uint64_t session, const char *room, unsigned scope)
{
    struct command *c = command_new_login(COMMAND_TOKEN, str_of(room),
                                          PLAY_NONE, PLAY_NONE, LOGIN_TOKEN);

    c->session = session;
    c->worker = (session - 1) % 2;
    c->request = ++p->request;
    c->now_ms = p->now_ms;
    c->secure = true;
    c->login->scope = (uint8_t)scope;
    return with_device(c, "bot", 8);
}

static struct command *
revoking(struct play *p, uint64_t session, uint64_t number)
{
    struct command *c = play_command(p, COMMAND_REVOKE, session, NULL,
                                     session ? NULL : "alice", NULL);

    c->token = number;
    return c;
}

static void
devices_are_listed_the_newest_first(void **state)
{
    struct play *p = *state;

    a_phone(p);
    act(p, making(p, 1, "#lobby", SCOPE_READ | SCOPE_POST));
    expect(p, "w0 s1 done 2\n");
    act(p, asking(p, COMMAND_DEVICES, 1));
    expect(p, "w0 s1 devices [ device #lobby bot read post 2 ]"
              " [ device phone + all 1 ]\n");
    act(p, asking(p, COMMAND_DEVICES, 2));
    expect(p, "w1 s2 denied no_account\n");
}

static void
a_token_does_only_what_it_is_for(void **state)
{
    struct play *p = *state;

    a_phone(p);
    act(p, making(p, 1, "", SCOPE_READ));
    act(p, by_token(p, COMMAND_ENTER, 3, 8));
    forget(p);
    say(p, 3, "#lobby", "beep");
    act(p, asking(p, COMMAND_DEVICES, 3));
    act(p, making(p, 3, "", SCOPE_READ));
    expect(p, "w0 s3 denied forbidden #lobby\n"
              "w0 s3 denied forbidden\n"
              "w0 s3 denied forbidden\n");
}

static void
a_room_that_a_token_may_not_read_is_not_made_by_it(void **state)
{
    struct play *p = *state;

    a_phone(p);
    act(p, making(p, 1, "", SCOPE_POST | SCOPE_MANAGE));
    act(p, by_token(p, COMMAND_ENTER, 3, 8));
    forget(p);
    join(p, 3, "#attic");
    expect(p, "w0 s3 denied forbidden #attic\n");
    act(p, asking(p, COMMAND_ROOMS, 1));
    expect(p, "w0 s1 rooms [ item =member #lobby 2 ]\n");
}

static void
a_token_for_one_room_hears_of_no_other(void **state)
{
    struct play *p = *state;

    a_phone(p);
    found_account(p, "cleo");
    settle_account(p, 5, "cleo");
    act(p, making(p, 1, "#lobby", SCOPE_ALL));
    act(p, by_token(p, COMMAND_ENTER, 3, 8));
    forget(p);
    say(p, 2, "@alice", "psst");
    expect(p, "w0 s1 hears 2 after 0/0: subscribed @bob 2\n"
              "w0 room 2 message 1 bob psst\n"
              "w1 s2 hears 2 after 0/0: subscribed @alice 2\n"
              "w1 room 2 message 1 bob psst\n"
              "w1 s2 posted 1\n");
    act(p, play_command(p, COMMAND_GROUP, 5, NULL, "#secret", "alice"));
    expect(p, "w0 s5 hears 3 after 0/0: subscribed #secret 2\n"
              "w0 s1 hears 3 after 0/0: subscribed #secret 2\n"
              "w0 s5 done #secret\n");
    act(p, joining(p, 5, "#cats"));
    forget(p);
    act(p, play_command(p, COMMAND_INVITE, 5, "#cats", "alice", NULL));
    expect(p, "w0 s1 invited #cats ->cleo\n"
              "w0 s5 done\n");
}

static void
a_token_for_one_room_lists_the_people_of_no_other(void **state)
{
    struct play *p = *state;

    a_phone(p);
    enter(p, 5, "carol");
    act(p, making(p, 1, "#lobby", SCOPE_ALL));
    act(p, by_token(p, COMMAND_ENTER, 3, 8));
    forget(p);
    act(p, play_command(p, COMMAND_WHO, 3, NULL, NULL, NULL));
    act(p, play_command(p, COMMAND_WHO, 5, NULL, NULL, NULL));
    expect(p, "w0 s3 people #lobby [ person bob ] [ person =member alice ] 2\n"
              "w0 s5 people [ person bob ] [ person alice ] [ person carol ]"
              " 3\n");
}

static void
nobody_gives_more_than_they_have(void **state)
{
    struct play *p = *state;

    a_phone(p);
    act(p, making(p, 1, "", SCOPE_READ | SCOPE_MANAGE));
    act(p, by_token(p, COMMAND_ENTER, 3, 8));
    forget(p);
    act(p, making(p, 3, "", SCOPE_POST));
    act(p, making(p, 3, "", SCOPE_USUAL));
    expect(p, "w0 s3 denied forbidden\n"
              "w0 s3 denied forbidden\n");
}

/* One rule for whoever says nothing, in whatever language. */
static void
what_is_not_asked_for_is_all_but_to_manage(void **state)
{
    struct play *p = *state;

    a_phone(p);
    act(p, making(p, 1, "", 0));
    act(p, asking(p, COMMAND_DEVICES, 1));
    expect(p, "w0 s1 done 2\n"
              "w0 s1 devices [ device bot read post files 2 ]"
              " [ device phone + all 1 ]\n");
}

static void
and_no_more_than_its_maker_may(void **state)
{
    struct play *p = *state;

    a_phone(p);
    act(p, making(p, 1, "", SCOPE_READ | SCOPE_MANAGE));
    act(p, by_token(p, COMMAND_ENTER, 3, 8));
    act(p, with_device(making(p, 3, "", 0), "bot's bot", 9));
    forget(p);
    act(p, asking(p, COMMAND_DEVICES, 1));
    expect(p, "w0 s1 devices [ device bot's bot read 3 ]"
              " [ device bot read manage 2 ] [ device phone + all 1 ]\n");
}

static void
who_may_only_manage_says_what_for(void **state)
{
    struct play *p = *state;

    a_phone(p);
    act(p, making(p, 1, "", SCOPE_MANAGE));
    act(p, by_token(p, COMMAND_ENTER, 3, 8));
    forget(p);
    act(p, with_device(making(p, 3, "", 0), "x", 9));
    expect(p, "w0 s3 denied forbidden\n");
}

static void
no_token_outlives_the_one_it_was_made_by(void **state)
{
    struct play *p = *state;
    struct command *c;

    a_phone(p);
    c = making(p, 1, "", SCOPE_READ | SCOPE_MANAGE);
    c->login->expires_ms = p->now_ms + 60000;
    act(p, c);
    act(p, by_token(p, COMMAND_ENTER, 3, 8));
    forget(p);
    act(p, with_device(making(p, 3, "", SCOPE_READ), "next", 9));
    c = with_device(making(p, 3, "", SCOPE_READ), "next", 9);
    c->login->expires_ms = p->now_ms + 60001;
    act(p, c);
    c = with_device(making(p, 3, "", SCOPE_READ), "next", 9);
    c->login->expires_ms = p->now_ms + 60000;
    act(p, c);
    expect(p, "w0 s3 denied forbidden it would outlive yours\n"
              "w0 s3 denied forbidden it would outlive yours\n"
              "w0 s3 done 3\n");
}

static void
a_token_that_there_is_is_not_made_again(void **state)
{
    struct play *p = *state;

    a_phone(p);
    act(p, with_device(making(p, 1, "", SCOPE_READ), "bot", 7));
    expect(p, "w0 s1 denied bad_request\n");
    say(p, 1, "#lobby", "the disk is fine");
    expect(p, "w0 room 1 message 1 alice the disk is fine\n"
              "w0 s1 posted 1\n"
              "w1 room 1 message 1 alice the disk is fine\n");
}

static void
a_token_is_not_for_what_there_is_not(void **state)
{
    struct play *p = *state;

    a_phone(p);
    act(p, making(p, 1, "#nowhere", SCOPE_READ));
    act(p, making(p, 1, "@bob", SCOPE_READ));
    expect(p, "w0 s1 denied no_such_room #nowhere\n"
              "w0 s1 denied no_such_room @bob\n");
}

/* alice's bot, for a minute, whose token is 8; she is on 1. */
static void
a_bot_for_a_minute(struct play *p)
{
    struct command *c;

    a_phone(p);
    c = making(p, 1, "", SCOPE_READ);
    c->login->expires_ms = p->now_ms + 60000;
    act(p, c);
}

static void
a_token_that_runs_out_ends_its_sessions(void **state)
{
    struct play *p = *state;
    struct command *c;

    a_bot_for_a_minute(p);
    act(p, by_token(p, COMMAND_ENTER, 3, 8));
    c = by_token(p, COMMAND_ENTER, 5, 8);
    c->visit = true;
    act(p, c);
    tick(p, 59999);
    forget(p);
    tick(p, 1);
    expect(p, "w0 s3 ends: closed bad_credentials your token has run out\n"
              "w0 s5 ends: closed bad_credentials your token has run out\n");
    act(p, by_token(p, COMMAND_ENTER, 7, 8));
    expect(p, "w0 s7 denied bad_credentials\n");
    tick(p, 3600000);
    expect(p, "");
}

static void
the_hub_wakes_when_a_token_runs_out(void **state)
{
    struct play *p = *state;

    a_bot_for_a_minute(p);
    act(p, by_token(p, COMMAND_ENTER, 3, 8));
    assert_int_equal(hub_tick(p->hub, p->now_ms), PLAY_NOON + 60000);
    act(p, leaving(p, 3, NULL, true));
    tick(p, 60000);
    assert_int_equal(hub_tick(p->hub, p->now_ms), INT64_MAX);
    forget(p);
}

static void
revoking_cuts_that_device_at_once(void **state)
{
    struct play *p = *state;

    a_phone(p);
    settle_account(p, 3, "alice");
    act(p, revoking(p, 3, 1));
    expect(p, "w0 s3 done 1\n"
              "w0 s1 ends: closed bad_credentials logged out\n");
    act(p, by_token(p, COMMAND_ENTER, 5, 7));
    act(p, revoking(p, 3, 1));
    expect(p, "w0 s5 denied bad_credentials\n"
              "w0 s3 denied no_such_device\n");
}

static void
nobody_revokes_what_is_anothers(void **state)
{
    struct play *p = *state;

    a_phone(p);
    found_account(p, "carol");
    settle_account(p, 4, "carol");
    act(p, revoking(p, 4, 1));
    expect(p, "w1 s4 denied no_such_device\n");
}

static void
revoking_all_spares_the_own(void **state)
{
    struct play *p = *state;

    a_phone(p);
    act(p, making(p, 1, "", SCOPE_READ));
    act(p, by_token(p, COMMAND_ENTER, 3, 8));
    act(p, by_token(p, COMMAND_ENTER, 5, 7));
    forget(p);
    act(p, revoking(p, 1, 0));
    expect(p, "w0 s1 done\n"
              "w0 s3 ends: closed bad_credentials logged out\n");
    act(p, asking(p, COMMAND_DEVICES, 1));
    expect(p, "w0 s1 devices [ device phone + all 1 ]\n");
}

static void
a_revocation_that_was_not_stored_cuts_nobody(void **state)
{
    struct play *p = *state;

    a_phone(p);
    settle_account(p, 3, "alice");
    commit_fails = -ENOSPC;
    act(p, revoking(p, 3, 1));
    commit_fails = 0;
    expect(p, "w0 s3 denied storage_full\n");
    act(p, by_token(p, COMMAND_ENTER, 5, 7));
    expect(p, "w0 s5 welcome alice\n");
}

static void
a_device_that_was_not_stored_lets_nobody_in(void **state)
{
    struct play *p = *state;

    found_account(p, "alice");
    act(p, with_device(by_password(p, COMMAND_ENTER, 1, "alice",
                                   "password of alice"), "phone", 7));
    commit_fails = -ENOSPC;
    come_back(p);
    commit_fails = 0;
    expect(p, "w0 s1 denied storage_full alice\n");
    assert_int_equal(hub_users(p->hub), 0);
    log_in(p, COMMAND_ENTER, 1, "alice");
    expect(p, "w0 s1 welcome alice\n");
}

static void
logging_out_revokes_the_device_it_came_by(void **state)
{
    struct play *p = *state;

    a_phone(p);
    act(p, by_token(p, COMMAND_ENTER, 3, 7));
    forget(p);
    act(p, asking(p, COMMAND_LOGOUT, 1));
    expect(p, "w0 s1 done\n"
              "w0 s1 ends: closed logged out\n"
              "w0 s3 ends: closed bad_credentials logged out\n"
              "w1 room 1 left alice logged out 1\n");
    act(p, by_token(p, COMMAND_ENTER, 5, 7));
    expect(p, "w0 s5 denied bad_credentials\n");
}

static void
logging_out_without_a_device_ends_one_connection(void **state)
{
    struct play *p = *state;

    found_account(p, "alice");
    settle_account(p, 1, "alice");
    settle_account(p, 3, "alice");
    act(p, asking(p, COMMAND_LOGOUT, 1));
    expect(p, "w0 s1 done\n"
              "w0 s1 ends: closed logged out\n");
    act(p, asking(p, COMMAND_LOGOUT, 2));
    expect(p, "w1 s2 denied no_name\n");
}

static void
an_account_has_only_so_many_devices_that_are_good(void **state)
{
    struct play *p = *state;
    struct command *c;

    p->options.devices_max = 2;
    play_restart(p);
    a_phone(p);
    c = making(p, 1, "", SCOPE_READ);
    c->login->expires_ms = p->now_ms + 1000;
    act(p, c);
    c = with_device(making(p, 1, "", SCOPE_READ), "more", 9);
    act(p, c);
    expect(p, "w0 s1 done 2\n"
              "w0 s1 denied forbidden you have too many devices, "
              "revoke some\n");
    p->now_ms += 1000;
    act(p, with_device(making(p, 1, "", SCOPE_READ), "more", 9));
    expect(p, "w0 s1 done 3\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        play_test(devices_are_listed_the_newest_first),
        play_test(a_token_does_only_what_it_is_for),
        play_test(a_room_that_a_token_may_not_read_is_not_made_by_it),
        play_test(a_token_for_one_room_hears_of_no_other),
        play_test(a_token_for_one_room_lists_the_people_of_no_other),
        play_test(nobody_gives_more_than_they_have),
        play_test(no_token_outlives_the_one_it_was_made_by),
        play_test(what_is_not_asked_for_is_all_but_to_manage),
        play_test(and_no_more_than_its_maker_may),
        play_test(who_may_only_manage_says_what_for),
        play_test(a_token_that_there_is_is_not_made_again),
        play_test(a_token_is_not_for_what_there_is_not),
        play_test(a_token_that_runs_out_ends_its_sessions),
        play_test(the_hub_wakes_when_a_token_runs_out),
        play_test(revoking_cuts_that_device_at_once),
        play_test(nobody_revokes_what_is_anothers),
        play_test(revoking_all_spares_the_own),
        play_test(a_revocation_that_was_not_stored_cuts_nobody),
        play_test(a_device_that_was_not_stored_lets_nobody_in),
        play_test(logging_out_revokes_the_device_it_came_by),
        play_test(logging_out_without_a_device_ends_one_connection),
        play_test(an_account_has_only_so_many_devices_that_are_good),
    };

    return cmocka_run_group_tests(tests, play_group, NULL);
}
