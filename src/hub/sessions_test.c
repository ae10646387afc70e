/* SPDX-License-Identifier: MIT
 *
 * An account with several connections: one person for everybody else. */
#include "hub/account_test.h"

static void
a_second_connection_is_no_second_person(void **state)
{
    struct play *p = *state;

    found_account(p, "alice");
    settle(p, 2, "bob");
    settle_account(p, 1, "alice");
    log_in(p, COMMAND_ENTER, 3, "alice");
    join(p, 3, "#lobby");
    expect(p, "w0 s3 welcome alice\n"
              "w0 s3 hears 1 after 0/0: subscribed #lobby 2\n");
    assert_int_equal(hub_users(p->hub), 2);

    act(p, leaving(p, 1, "home", true));
    expect(p, "");
    assert_int_equal(hub_users(p->hub), 2);
    act(p, leaving(p, 3, "bye", true));
    expect(p, "w1 room 1 left alice bye 1\n");
    assert_int_equal(hub_users(p->hub), 1);
}

static void
a_person_joins_and_leaves_with_the_first_and_the_last(void **state)
{
    struct play *p = *state;

    found_account(p, "alice");
    settle(p, 2, "bob");
    settle_account(p, 1, "alice");
    log_in(p, COMMAND_ENTER, 3, "alice");
    forget(p);
    join(p, 2, "#dev");
    join(p, 3, "#dev");
    expect(p, "w1 s2 hears 2 after 0/0: subscribed #dev 1\n"
              "w0 s3 hears 2 after 0/0: subscribed #dev 2\n"
              "w1 room 2 joined alice 2 -s3\n");
    join(p, 1, "#dev");
    act(p, play_command(p, COMMAND_PART, 3, "#dev", NULL, NULL));
    expect(p, "w0 s1 hears 2 after 0/0: subscribed #dev 2\n"
              "w0 s3 hears 2 no more: unsubscribed #dev\n");
    act(p, play_command(p, COMMAND_PART, 1, "#dev", NULL, NULL));
    expect(p, "w0 s1 is  in 2\n"
              "w0 s1 hears 2 no more: unsubscribed #dev\n"
              "w1 room 2 left alice 1\n");
}

static void
who_lists_a_person_once_with_the_furthest_cursor(void **state)
{
    struct play *p = *state;
    struct command *c;

    found_account(p, "alice");
    settle_account(p, 1, "alice");
    settle_account(p, 3, "alice");
    say(p, 1, "#lobby", "one");
    say(p, 1, "#lobby", "two");
    c = play_command(p, COMMAND_CURSOR, 1, "#lobby", NULL, NULL);
    c->read = 2;
    act(p, c);
    forget(p);
    act(p, play_command(p, COMMAND_WHO, 3, "#lobby", NULL, NULL));
    expect(p, "w0 s3 people #lobby [ person =member alice 2/2 ] 1\n");
    act(p, play_command(p, COMMAND_WHO, 3, "", NULL, NULL));
    expect(p, "w0 s3 people [ person alice ] 1\n");
}

static void
being_away_is_told_once_per_room(void **state)
{
    struct play *p = *state;
    struct command *c;

    found_account(p, "alice");
    settle(p, 2, "bob");
    settle_account(p, 1, "alice");
    settle_account(p, 3, "alice");
    join(p, 2, "#dev");
    join(p, 3, "#dev");
    forget(p);
    c = play_command(p, COMMAND_AWAY, 1, NULL, NULL, "lunch");
    c->away = true;
    act(p, c);
    expect(p, "w0 room 1 away alice + lunch -s1\n"
              "w0 room 2 away alice + lunch -s1\n"
              "w0 s1 done\n"
              "w1 room 1 away alice + lunch -s1\n"
              "w1 room 2 away alice + lunch -s1\n");
}

static void
a_kick_ends_all_of_them(void **state)
{
    struct play *p = *state;

    found_account(p, "alice");
    settle(p, 2, "bob");
    settle_account(p, 1, "alice");
    settle_account(p, 3, "alice");
    act(p, play_command(p, COMMAND_KICK, 0, NULL, "alice", "enough"));
    expect(p, "w0 s3 ends: closed forbidden enough ->the operator\n"
              "w0 s1 ends: closed forbidden enough ->the operator\n"
              "w1 room 1 left alice enough 1\n");
    assert_int_equal(hub_users(p->hub), 1);
}

static void
all_connections_of_both_hear_a_direct_message(void **state)
{
    struct play *p = *state;

    found_account(p, "alice");
    found_account(p, "bob");
    settle_account(p, 1, "alice");
    settle_account(p, 3, "alice");
    settle_account(p, 2, "bob");
    settle_account(p, 4, "bob");
    say(p, 1, "@bob", "hi");
    expect(p, "w0 s3 hears 2 after 0/0: subscribed @bob 2\n"
              "w0 s1 hears 2 after 0/0: subscribed @bob 2\n"
              "w0 room 2 message 1 alice hi\n"
              "w0 s1 posted 1\n"
              "w1 s4 hears 2 after 0/0: subscribed @alice 2\n"
              "w1 s2 hears 2 after 0/0: subscribed @alice 2\n"
              "w1 room 2 message 1 alice hi\n");
}

static void
a_coming_that_is_not_told_yet_is_the_others_when_its_session_goes(void **state)
{
    struct play *p = *state;

    found_account(p, "alice");
    for (uint64_t s = 10; s < 14; s++)
        settle(p, s, (const char *[]){"ann", "bob", "cat", "dan"}[s - 10]);
    tick(p, 2000);
    forget(p);
    settle_account(p, 1, "alice");
    settle_account(p, 3, "alice");
    act(p, leaving(p, 1, "", true));
    tick(p, 1000);
    expect(p, "w0 room 1 gathered joined [ joined alice 5 ] 5\n"
              "w1 room 1 gathered joined [ joined alice 5 ] 5\n");
}

static void
a_guest_has_one_connection_still(void **state)
{
    struct play *p = *state;
    struct command *c = entering(p, 3, "alice");

    settle(p, 1, "alice");
    c->sender_id = 101;
    act(p, c);
    expect(p, "w0 s1 ends: closed replaced by a newer connection of yours\n"
              "w0 s3 welcome alice\n");
    assert_int_equal(hub_users(p->hub), 1);
}

static void
an_account_has_only_so_many_connections(void **state)
{
    struct play *p = *state;

    found_account(p, "alice");
    for (uint64_t s = 1; s <= LIMIT_ACCOUNT_SESSIONS; s++)
        log_in(p, COMMAND_ENTER, s, "alice");
    forget(p);
    log_in(p, COMMAND_ENTER, 201, "alice");
    expect(p, "w0 s201 denied overloaded alice that account has too many "
              "connections\n");
    assert_int_equal(hub_users(p->hub), 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        play_test(a_second_connection_is_no_second_person),
        play_test(a_person_joins_and_leaves_with_the_first_and_the_last),
        play_test(who_lists_a_person_once_with_the_furthest_cursor),
        play_test(being_away_is_told_once_per_room),
        play_test(a_kick_ends_all_of_them),
        play_test(all_connections_of_both_hear_a_direct_message),
        play_test(
            a_coming_that_is_not_told_yet_is_the_others_when_its_session_goes),
        play_test(a_guest_has_one_connection_still),
        play_test(an_account_has_only_so_many_connections),
    };

    return cmocka_run_group_tests(tests, play_group, NULL);
}
