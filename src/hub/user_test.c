/* SPDX-License-Identifier: MIT
 *
 * People who change their names, go away, or were never asked for a name. */
#include "hub/play_test.h"

static struct command *
renaming(struct play *p, uint64_t session, const char *name)
{
    return play_command(p, COMMAND_RENAME, session, NULL, name, NULL);
}

static void
a_new_name_is_told_to_the_others_and_once_to_oneself(void **state)
{
    struct play *p = *state;

    settle(p, 1, "alice");
    settle(p, 2, "bob");
    join(p, 1, "#dev");
    forget(p);
    act(p, renaming(p, 1, "alicia"));
    expect(p, "w0 s1 done\n"
              "w1 room 1 renamed alice ->alicia -s1\n");
    enter(p, 3, "alice");
    say(p, 1, "#dev", "me");
    expect(p, "w0 s3 welcome alice\n"
              "w0 room 2 message 1 alicia me\n"
              "w0 s1 posted 1\n");
}

static void
a_new_name_must_be_free_and_legal(void **state)
{
    struct play *p = *state;

    settle(p, 1, "alice");
    settle(p, 2, "bob");
    act(p, renaming(p, 1, "BOB"));
    expect(p, "w0 s1 denied name_taken BOB\n");
    act(p, renaming(p, 1, "alice"));
    expect(p, "w0 s1 done\n");
    act(p, renaming(p, 1, "Alice"));
    expect(p, "w0 s1 done\n"
              "w1 room 1 renamed alice ->Alice -s1\n");
}

/* ---- names that were given back ---- */

/* From 192.0.2.`host`, or, above 255, from 2001:db8:0:`host`::1. */
static struct command *
entering_from(struct play *p, uint64_t session, const char *name,
              unsigned host)
{
    static const uint8_t v4[16] = {[10] = 0xff, [11] = 0xff, [12] = 192,
                                   [14] = 2};
    static const uint8_t v6[16] = {0x20, 1, 0x0d, 0xb8, [15] = 1};
    struct command *c = entering(p, session, name);

    memcpy(c->from, host > 255 ? v6 : v4, sizeof c->from);
    if (host > 255)
        c->from[6] = (uint8_t)(host >> 8), c->from[7] = (uint8_t)host;
    else
        c->from[15] = (uint8_t)host;
    return c;
}

static void
a_name_waits_for_who_had_it_or_comes_from_there(void **state)
{
    struct play *p = *state;

    act(p, entering_from(p, 1, "alice", 1));
    act(p, leaving(p, 1, "bye", true));
    act(p, entering_from(p, 3, "Alice", 2));
    act(p, entering_from(p, 5, "alice", 1));
    expect(p, "w0 s1 welcome alice\n"
              "w0 s3 denied name_taken Alice\n"
              "w0 s5 welcome alice\n");
    assert_int_equal(hub_users(p->hub), 1);
}

static void
a_name_is_free_for_all_after_a_while(void **state)
{
    struct play *p = *state;

    act(p, entering_from(p, 1, "alice", 1));
    act(p, leaving(p, 1, "bye", true));
    tick(p, 30000);
    forget(p);
    act(p, entering_from(p, 3, "alice", 2));
    expect(p, "w0 s3 welcome alice\n");
}

static void
a_network_of_ipv6_is_one_place(void **state)
{
    struct play *p = *state;
    struct command *c = entering_from(p, 5, "alice", 300);

    act(p, entering_from(p, 1, "alice", 300));
    act(p, leaving(p, 1, "bye", true));
    act(p, entering_from(p, 3, "alice", 301));
    c->from[15] = 99;
    act(p, c);
    expect(p, "w0 s1 welcome alice\n"
              "w0 s3 denied name_taken alice\n"
              "w0 s5 welcome alice\n");
}

static void
a_name_that_was_changed_waits_too(void **state)
{
    struct play *p = *state;

    act(p, entering_from(p, 1, "alice", 1));
    act(p, renaming(p, 1, "alicia"));
    forget(p);
    act(p, entering_from(p, 3, "alice", 2));
    expect(p, "w0 s3 denied name_taken alice\n");
    act(p, renaming(p, 1, "Alice"));
    act(p, leaving(p, 1, "bye", true));
    act(p, entering_from(p, 5, "alicia", 1));
    expect(p, "w0 s1 done\n"
              "w0 s5 welcome alicia\n");
    assert_int_equal(hub_users(p->hub), 1);
}

static void
names_do_not_wait_if_none_are_held(void **state)
{
    struct play *p = *state;

    p->options.hold_name_ms = 0;
    play_restart(p);
    act(p, entering_from(p, 1, "alice", 1));
    act(p, renaming(p, 1, "alicia"));
    act(p, leaving(p, 1, "bye", true));
    forget(p);
    act(p, entering_from(p, 3, "alice", 2));
    act(p, entering_from(p, 5, "alicia", 2));
    expect(p, "w0 s3 welcome alice\n"
              "w0 s5 welcome alicia\n");
}

/* ---- away ---- */

static struct command *
going(struct play *p, uint64_t session, bool away, const char *why)
{
    struct command *c = play_command(p, COMMAND_AWAY, session, NULL, NULL,
                                     why);

    c->away = away;
    return c;
}

static void
who_is_away_is_told_to_the_others(void **state)
{
    struct play *p = *state;

    settle(p, 1, "alice");
    settle(p, 2, "bob");
    act(p, going(p, 1, true, "lunch"));
    expect(p, "w0 s1 done\n"
              "w1 room 1 away alice + lunch -s1\n");
    act(p, going(p, 1, true, "lunch"));
    expect(p, "w0 s1 done\n");
    act(p, going(p, 1, false, ""));
    expect(p, "w0 s1 done\n"
              "w1 room 1 away alice -s1\n");
}

static void
a_bad_reason_to_be_away_is_refused(void **state)
{
    struct play *p = *state;
    char text[LIMIT_AWAY_BYTES + 2];

    memset(text, 'x', sizeof text);
    text[LIMIT_AWAY_BYTES + 1] = '\0';
    settle(p, 1, "alice");
    act(p, going(p, 1, true, text));
    act(p, going(p, 1, true, "two\nlines"));
    expect(p, "w0 s1 denied message_too_long\n"
              "w0 s1 denied bad_request\n");
}

static void
nobody_in_a_large_room_is_told_who_is_away(void **state)
{
    struct play *p = *state;
    static const char *const names[] = {"a1", "a2", "a3", "a4"};

    for (uint64_t s = 1; s <= 4; s++)
        settle(p, s, names[s - 1]);
    act(p, going(p, 1, true, "lunch"));
    expect(p, "w0 s1 done\n");
}

/* ---- people who were not asked for a name ---- */

static void
an_address_is_a_name_where_that_is_allowed(void **state)
{
    struct play *p = *state;

    enter(p, 1, "127.0.0.1:4711");
    assert_int_equal(hub_users(p->hub), 0);
    p->options.any_name = true;
    play_restart(p);
    enter(p, 1, "no blanks:1");
    assert_int_equal(hub_users(p->hub), 0);
    forget(p);

    enter(p, 1, "127.0.0.1:4711");
    enter(p, 2, "127.0.0.1:4711");
    enter(p, 3, "[FE80::1]:80");
    enter(p, 5, "[fe80::1]:80");
    expect(p, "w0 s1 welcome 127.0.0.1:4711\n"
              "w1 s2 denied name_taken 127.0.0.1:4711\n"
              "w0 s3 welcome [FE80::1]:80\n"
              "w0 s5 denied name_taken [fe80::1]:80\n");
    act(p, play_command(p, COMMAND_KICK, 0, NULL, "[Fe80::1]:80", ""));
    enter(p, 5, "[fe80::1]:80");
    expect(p, "w0 s3 ends: closed forbidden ->the operator\n"
              "w0 s5 welcome [fe80::1]:80\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        play_test(a_new_name_is_told_to_the_others_and_once_to_oneself),
        play_test(a_new_name_must_be_free_and_legal),
        play_test(a_name_waits_for_who_had_it_or_comes_from_there),
        play_test(a_name_is_free_for_all_after_a_while),
        play_test(a_network_of_ipv6_is_one_place),
        play_test(a_name_that_was_changed_waits_too),
        play_test(names_do_not_wait_if_none_are_held),
        play_test(who_is_away_is_told_to_the_others),
        play_test(a_bad_reason_to_be_away_is_refused),
        play_test(nobody_in_a_large_room_is_told_who_is_away),
        play_test(an_address_is_a_name_where_that_is_allowed),
    };

    return cmocka_run_group_tests(tests, play_group, NULL);
}
