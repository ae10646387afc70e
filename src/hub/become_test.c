/* SPDX-License-Identifier: MIT
 *
 * Who was somebody already when they logged in: a guest, a reader, in rooms. */
#include "hub/account_test.h"

static void
a_guest_stays_in_their_rooms_under_the_new_name(void **state)
{
    struct play *p = *state;

    found_account(p, "alice");
    settle(p, 2, "bob");
    settle(p, 1, "ally");
    log_in(p, COMMAND_LOGIN, 1, "alice");
    expect(p, "w0 s1 is member in 1\n"
              "w0 s1 welcome alice\n"
              "w1 room 1 renamed ally ->alice -s1\n");
    say(p, 1, "#lobby", "me");
    expect(p, "w0 room 1 message 1 alice me\n"
              "w0 s1 posted 1\n"
              "w1 room 1 message 1 alice me\n");
    assert_int_equal(hub_users(p->hub), 2);
    act(p, leaving(p, 1, "", true));
    expect(p, "w1 room 1 left alice 1\n");
}

static void
where_the_account_is_already_the_guest_has_left(void **state)
{
    struct play *p = *state;

    found_account(p, "alice");
    settle(p, 2, "bob");
    settle_account(p, 3, "alice");
    settle(p, 1, "ally");
    log_in(p, COMMAND_LOGIN, 1, "alice");
    expect(p, "w0 room 1 left ally 2\n"
              "w0 s1 is member in 1\n"
              "w0 s3 is member in 1\n"
              "w0 s1 welcome alice\n"
              "w1 room 1 left ally 2\n");
    act(p, leaving(p, 3, "", true));
    expect(p, "");
    act(p, leaving(p, 1, "", true));
    expect(p, "w1 room 1 left alice 1\n");
}

static void
direct_rooms_of_the_guest_are_left(void **state)
{
    struct play *p = *state;

    found_account(p, "alice");
    settle(p, 2, "bob");
    settle(p, 1, "ally");
    say(p, 1, "@bob", "hi");
    forget(p);
    log_in(p, COMMAND_LOGIN, 1, "alice");
    expect(p, "w0 s1 hears 2 no more: unsubscribed @bob\n"
              "w0 s1 is member in 1\n"
              "w0 s1 welcome alice\n"
              "w1 room 2 left ally 1\n"
              "w1 room 1 renamed ally ->alice -s1\n");
}

static void
the_account_belongs_to_the_rooms_that_were_stayed_in(void **state)
{
    struct play *p = *state;

    found_account(p, "alice");
    settle(p, 2, "bob");
    settle(p, 1, "ally");
    join(p, 1, "#cats");
    say(p, 2, "#cats", "hi");
    log_in(p, COMMAND_LOGIN, 1, "alice");
    act(p, leaving(p, 1, "", true));
    play_restart(p);
    forget(p);
    act(p, play_command(p, COMMAND_MEMBERS, 0, "#cats", NULL, NULL));
    act(p, play_command(p, COMMAND_MEMBERS, 0, "#lobby", NULL, NULL));
    expect(p, "w0 s0 members #cats [ member =member alice + ]\n"
              "w0 s0 members #lobby [ member =member alice + ]\n");
}

/* Else it would see less than the guest did. */
static void
what_the_guest_could_see_the_account_can(void **state)
{
    struct play *p = *state;
    struct command *c;
    struct read_job *job;

    found_account(p, "alice");
    found_account(p, "bob");
    log_in(p, COMMAND_ENTER, 2, "bob");
    join(p, 2, "#cats");
    c = play_command(p, COMMAND_SET, 2, "#cats", NULL, "joined");
    c->setting = SETTING_HISTORY;
    act(p, c);
    say(p, 2, "#cats", "one");
    settle(p, 1, "ally");
    join(p, 1, "#cats");
    say(p, 2, "#cats", "two");
    log_in(p, COMMAND_LOGIN, 1, "alice");
    act(p, play_command(p, COMMAND_HISTORY, 1, "#cats", NULL, NULL));
    job = hub_take_jobs(p->hub);
    assert_non_null(job);
    assert_int_equal(job->query.floor, 1);
    free(job);
    forget(p);
}

static void
a_token_for_one_room_makes_no_member_of_another(void **state)
{
    struct play *p = *state;
    struct command *c;

    found_account(p, "alice");
    log_in(p, COMMAND_ENTER, 2, "alice");
    join(p, 2, "#cats");
    c = command_new_login(COMMAND_TOKEN, str_of("#cats"), PLAY_NONE,
                          PLAY_NONE, LOGIN_TOKEN);
    c->session = 2;
    c->worker = 1;
    c->now_ms = p->now_ms;
    c->secure = true;
    c->login->scope = SCOPE_ALL;
    act(p, with_device(c, "bot", 8));
    settle(p, 1, "ally");
    forget(p);
    act(p, by_token(p, COMMAND_LOGIN, 1, 8));
    expect(p, "w0 s1 hears 1 no more: unsubscribed #lobby\n"
              "w0 s1 welcome alice\n");
    act(p, play_command(p, COMMAND_MEMBERS, 0, "#lobby", NULL, NULL));
    expect(p, "w0 s0 members #lobby\n");
}

static void
a_guests_name_waits_after_logging_in(void **state)
{
    struct play *p = *state;
    struct command *c = entering(p, 3, "ally");

    found_account(p, "alice");
    settle(p, 1, "ally");
    log_in(p, COMMAND_LOGIN, 1, "alice");
    forget(p);
    c->from[0] = 9;
    act(p, c);
    expect(p, "w0 s3 denied name_taken ally\n");
}

static void
a_reader_who_logs_in_has_come(void **state)
{
    struct play *p = *state;

    found_account(p, "alice");
    settle(p, 2, "bob");
    settle(p, 1, "");
    log_in(p, COMMAND_LOGIN, 1, "alice");
    expect(p, "w0 s1 is member in 1\n"
              "w0 s1 welcome alice\n"
              "w1 room 1 joined alice 2 -s1\n");
}

static void
who_is_logged_in_is_not_once_more(void **state)
{
    struct play *p = *state;

    found_account(p, "alice");
    found_account(p, "bob");
    settle_account(p, 1, "alice");
    log_in(p, COMMAND_LOGIN, 1, "bob");
    expect(p, "w0 s1 denied bad_request bob you are logged in\n");
}

static void
a_wrong_password_leaves_a_guest_a_guest(void **state)
{
    struct play *p = *state;

    found_account(p, "alice");
    settle(p, 1, "ally");
    act_hashed(p, by_password(p, COMMAND_LOGIN, 1, "alice", "wrong one"));
    say(p, 1, "#lobby", "me");
    expect(p, "w0 s1 denied bad_credentials alice\n"
              "w0 room 1 message 1 ally me\n"
              "w0 s1 posted 1\n");
}

static void
a_visitor_signs_with_the_accounts_name(void **state)
{
    struct play *p = *state;
    struct command *c;

    found_account(p, "alice");
    settle(p, 2, "bob");
    act(p, visiting(p, 1, "ally"));
    c = by_password(p, COMMAND_ENTER, 1, "alice", "password of alice");
    c->visit = true;
    act_hashed(p, c);
    say(p, 1, "#lobby", "me");
    expect(p, "w0 s1 welcome ally\n"
              "w0 s1 welcome alice\n"
              "w0 s1 posted 1\n"
              "w1 room 1 message 1 alice me\n");
    assert_int_equal(hub_users(p->hub), 1);

    act(p, visiting(p, 1, "ally"));
    say(p, 1, "#lobby", "again");
    expect(p, "w0 s1 welcome ally\n"
              "w0 s1 posted 2\n"
              "w1 room 1 message 2 ally again\n");
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        play_test(a_guest_stays_in_their_rooms_under_the_new_name),
        play_test(where_the_account_is_already_the_guest_has_left),
        play_test(direct_rooms_of_the_guest_are_left),
        play_test(the_account_belongs_to_the_rooms_that_were_stayed_in),
        play_test(what_the_guest_could_see_the_account_can),
        play_test(a_token_for_one_room_makes_no_member_of_another),
        play_test(a_guests_name_waits_after_logging_in),
        play_test(a_reader_who_logs_in_has_come),
        play_test(who_is_logged_in_is_not_once_more),
        play_test(a_wrong_password_leaves_a_guest_a_guest),
        play_test(a_visitor_signs_with_the_accounts_name),
    };

    return cmocka_run_group_tests(tests, play_group, NULL);
}
