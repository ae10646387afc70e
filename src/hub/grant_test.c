/* SPDX-License-Identifier: MIT
 *
 * Who belongs to a room, and what they may see of it. */
#include "hub/rights_test.h"

static struct command *
asking_room(struct play *p, uint64_t session, const char *target)
{
    return play_command(p, COMMAND_ROOM, session, target, NULL, NULL);
}

static struct command *
asking_members(struct play *p, uint64_t session, const char *target)
{
    return play_command(p, COMMAND_MEMBERS, session, target, NULL, NULL);
}

static struct read_job *
page_job(struct play *p, uint64_t session, const char *target)
{
    struct command *c = play_command(p, COMMAND_HISTORY, session, target,
                                     NULL, NULL);
    struct read_job *job;

    act(p, c);
    job = hub_take_jobs(p->hub);
    assert_non_null(job);
    assert_null(job->next);
    return job;
}

static uint64_t
floor_of(struct play *p, uint64_t session, const char *target)
{
    struct read_job *job = page_job(p, session, target);
    uint64_t floor = job->query.floor;

    free(job);
    return floor;
}

static void
who_makes_a_room_owns_it_and_who_joins_belongs_to_it(void **state)
{
    struct play *p = *state;

    rights_cats(p);
    act(p, asking_members(p, 1, "#cats"));
    expect(p, "w0 s1 members #cats [ member =owner ann ] [ member =member bob ]"
              " [ member =member cleo ]\n");
    act(p, asking_room(p, 2, "#cats"));
    expect(p, "w1 s2 room =member #cats ann 4\n");
    act(p, asking_room(p, 4, "#cats"));
    expect(p, "w1 s4 room #cats ann 4\n");
}

static void
rights_are_kept_over_a_restart_and_a_leave(void **state)
{
    struct play *p = *state;

    rights_cats(p);
    act(p, leaving(p, 2, NULL, true));
    quietly(p, giving(p, 1, "#cats", "cleo", ROLE_MODERATOR));
    play_restart(p);
    enter(p, 4, "dan");
    forget(p);
    act(p, asking_members(p, 4, "#cats"));
    expect(p, "w1 s4 members #cats [ member =owner ann + ]"
              " [ member =moderator cleo + ] [ member =member bob + ]\n");
}

static void
nobody_owns_the_lobby_and_no_guest_owns_anything(void **state)
{
    struct play *p = *state;

    rights_enter(p, 1, 1, "ann");
    enter(p, 4, "dan");
    join(p, 1, "#lobby");
    join(p, 4, "#dogs");
    forget(p);
    act(p, asking_room(p, 1, "#lobby"));
    expect(p, "w0 s1 room =member #lobby 1\n");
    act(p, asking_members(p, 4, "#dogs"));
    expect(p, "w1 s4 members #dogs\n");
}

static void
posting_into_a_missing_room_makes_it_the_posters(void **state)
{
    struct play *p = *state;

    rights_enter(p, 1, 1, "ann");
    say(p, 1, "#cats", "hi");
    forget(p);
    act(p, asking_members(p, 1, "#cats"));
    expect(p, "w0 s1 members #cats [ member =owner ann ]\n");
    rights_enter(p, 2, 2, "bob");
    say(p, 2, "#cats", "hi too");
    forget(p);
    act(p, asking_room(p, 2, "#cats"));
    expect(p, "w1 s2 room 2 #cats ann 1/0\n");
}

static void
a_guest_makes_no_room_where_only_accounts_may(void **state)
{
    struct play *p = *state;

    p->options.rooms_by_accounts = true;
    play_restart(p);
    rights_enter(p, 1, 1, "ann");
    enter(p, 4, "dan");
    forget(p);
    act(p, joining(p, 4, "#dogs"));
    act(p, saying(p, 4, "#dogs", "hi"));
    expect(p, "w1 s4 denied no_account #dogs\n"
              "w1 s4 denied no_account #dogs\n");
    join(p, 1, "#dogs");
    forget(p);
    act(p, joining(p, 4, "#dogs"));
    forget(p);
    act(p, saying(p, 4, "#lobby", "hi"));
    expect(p, "w1 s4 posted 1\n");
}

static void
parting_ends_it_but_not_for_an_owner_with_others(void **state)
{
    struct play *p = *state;

    rights_cats(p);
    quietly(p, play_command(p, COMMAND_PART, 2, "#cats", NULL, NULL));
    act(p, play_command(p, COMMAND_PART, 1, "#cats", NULL, NULL));
    expect(p, "w0 s1 denied forbidden #cats it is yours: give it to somebody"
              " first\n");
    quietly(p, play_command(p, COMMAND_PART, 3, "#cats", NULL, NULL));
    quietly(p, play_command(p, COMMAND_PART, 1, "#cats", NULL, NULL));
    act(p, asking_members(p, 4, "#cats"));
    expect(p, "w1 s4 members #cats\n");
    act(p, asking_room(p, 4, "#cats"));
    expect(p, "w1 s4 room #cats 1\n");
}

static void
an_account_belongs_to_a_room_until_its_last_connection_parts(void **state)
{
    struct play *p = *state;

    rights_cats(p);
    rights_enter(p, 12, 2, "bob");
    join(p, 12, "#cats");
    quietly(p, play_command(p, COMMAND_PART, 2, "#cats", NULL, NULL));
    act(p, asking_room(p, 12, "#cats"));
    expect(p, "w1 s12 room =member #cats ann 4\n");
    quietly(p, play_command(p, COMMAND_PART, 12, "#cats", NULL, NULL));
    act(p, asking_room(p, 12, "#cats"));
    expect(p, "w1 s12 room #cats ann 3\n");
}

static struct command *
following(struct play *p, uint64_t session, const char *target)
{
    struct command *c = joining(p, session, target);

    c->visit = true;
    return c;
}

static void
whoever_only_listens_does_not_belong_to_the_room(void **state)
{
    struct play *p = *state;

    rights_cats(p);
    rights_enter(p, 5, 5, "eve");
    act(p, following(p, 5, "#cats"));
    expect(p, "w0 s5 hears 2 after 0/0: subscribed #cats 5\n"
              "w0 room 2 joined eve 5 -s5\n"
              "w1 room 2 joined eve 5 -s5\n");
    act(p, asking_room(p, 5, "#cats"));
    expect(p, "w0 s5 room #cats ann 5\n");
    act(p, leaving(p, 5, NULL, true));
    play_restart(p);
    forget(p);
    act(p, asking_members(p, 0, "#cats"));
    expect(p, "w0 s0 members #cats [ member =owner ann + ]"
              " [ member =member bob + ] [ member =member cleo + ]\n");
}

static void
listening_in_a_private_room_is_for_the_invited(void **state)
{
    struct play *p = *state;

    rights_cats(p);
    quietly(p, setting(p, 1, "#cats", SETTING_PRIVACY, "private"));
    rights_enter(p, 5, 5, "eve");
    act(p, following(p, 5, "#cats"));
    expect(p, "w0 s5 denied invite_only #cats\n");
    quietly(p, about_whom(p, COMMAND_INVITE, 1, "#cats", "eve", NULL));
    quietly(p, following(p, 5, "#cats"));
    act(p, asking_room(p, 5, "#cats"));
    expect(p, "w0 s5 room private #cats ann 4\n");
}

static void
with_history_from_joining_each_sees_from_their_own_day(void **state)
{
    struct play *p = *state;

    rights_cats(p);
    say(p, 1, "#cats", "one");
    quietly(p, setting(p, 1, "#cats", SETTING_HISTORY, "joined"));
    say(p, 1, "#cats", "two");
    rights_enter(p, 5, 5, "eve");
    enter(p, 6, "finn");
    enter(p, 7, "gus");
    join(p, 5, "#cats");
    join(p, 6, "#cats");
    say(p, 1, "#cats", "three");

    assert_int_equal(floor_of(p, 2, "#cats"), 0);
    assert_int_equal(floor_of(p, 4, "#cats"), 1);
    assert_int_equal(floor_of(p, 5, "#cats"), 2);
    assert_int_equal(floor_of(p, 6, "#cats"), 2);
    assert_int_equal(floor_of(p, 7, "#cats"), INT64_MAX);

    quietly(p, play_command(p, COMMAND_PART, 6, "#cats", NULL, NULL));
    assert_int_equal(floor_of(p, 6, "#cats"), INT64_MAX);
    act(p, leaving(p, 5, NULL, true));
    rights_enter(p, 9, 5, "eve");
    assert_int_equal(floor_of(p, 9, "#cats"), 2);
    quietly(p, setting(p, 1, "#cats", SETTING_HISTORY, "all"));
    assert_int_equal(floor_of(p, 7, "#cats"), 0);
    forget(p);
}

static void
a_join_that_resumes_begins_no_lower_than_the_floor(void **state)
{
    struct play *p = *state;
    struct command *c;

    rights_cats(p);
    quietly(p, setting(p, 1, "#cats", SETTING_HISTORY, "joined"));
    say(p, 1, "#cats", "one");
    say(p, 1, "#cats", "two");
    rights_enter(p, 5, 5, "eve");
    join(p, 5, "#cats");
    say(p, 1, "#cats", "three");
    forget(p);
    c = joining(p, 5, "#cats");
    c->resume = true;
    act(p, c);
    expect(p, "w0 s5 hears 2 after 2/3: subscribed 3 #cats 5\n");
}

static void
a_page_is_that_of_the_moment_in_which_it_was_asked_for(void **state)
{
    struct play *p = *state;
    struct read_job *job;

    rights_cats(p);
    say(p, 1, "#cats", "one");
    forget(p);
    job = page_job(p, 4, "#cats");
    assert_int_equal(job->query.mode, PAGE_BEFORE);
    assert_int_equal(job->query.at, 2);
    assert_int_equal(job->end, 2);
    assert_int_equal(job->decided, 0);
    free(job);
    quietly(p, about_whom(p, COMMAND_REMOVE, 1, "#cats", "dan", NULL));
    job = page_job(p, 2, "#cats");
    assert_int_equal(job->decided, 1);
    assert_int_equal(job->grant.role, ROLE_MEMBER);
    free(job);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        play_test(who_makes_a_room_owns_it_and_who_joins_belongs_to_it),
        play_test(rights_are_kept_over_a_restart_and_a_leave),
        play_test(nobody_owns_the_lobby_and_no_guest_owns_anything),
        play_test(posting_into_a_missing_room_makes_it_the_posters),
        play_test(a_guest_makes_no_room_where_only_accounts_may),
        play_test(parting_ends_it_but_not_for_an_owner_with_others),
        play_test(an_account_belongs_to_a_room_until_its_last_connection_parts),
        play_test(whoever_only_listens_does_not_belong_to_the_room),
        play_test(listening_in_a_private_room_is_for_the_invited),
        play_test(with_history_from_joining_each_sees_from_their_own_day),
        play_test(a_join_that_resumes_begins_no_lower_than_the_floor),
        play_test(a_page_is_that_of_the_moment_in_which_it_was_asked_for),
    };

    return cmocka_run_group_tests(tests, play_group, NULL);
}
