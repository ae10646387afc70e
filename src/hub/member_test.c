/* SPDX-License-Identifier: MIT
 *
 * Joining and parting, and the rooms that come and go with it. */
#include "hub/hub_impl.h"
#include "hub/play_test.h"
#include "hub/room.h"

static struct command *
parting(struct play *p, uint64_t session, const char *target)
{
    return play_command(p, COMMAND_PART, session, target, NULL, NULL);
}

static struct command *
resuming(struct play *p, uint64_t session, const char *target, uint64_t after)
{
    struct command *c = joining(p, session, target);

    c->resume = true;
    c->after = after;
    return c;
}

static void
who_joins_is_told_of_the_room_and_the_room_of_them(void **state)
{
    struct play *p = *state;

    settle(p, 2, "bob");
    say(p, 2, "#lobby", "hm");
    enter(p, 1, "alice");
    forget(p);
    join(p, 1, "#LOBBY");
    expect(p, "w0 s1 hears 1 after 1/1: subscribed 1 #lobby 2\n"
              "w1 room 1 joined alice 2 -s1\n");
}

static void
a_subscription_carries_what_is_asked_at_delivery(void **state)
{
    struct play *p = *state;
    struct parcel_list l = {0};
    struct parcel *got;

    enter(p, 1, "alice");
    apply(p, joining(p, 1, "#lobby"));
    hub_take(p->hub, 0, &l);
    got = parcel_list_pop(&l);
    assert_int_equal(got->kind, PARCEL_SUBSCRIBE);
    assert_int_equal(got->access.kind, ROOM_CHANNEL);
    assert_int_equal(got->event->request, p->request);
    assert_int_equal(got->event->command, COMMAND_JOIN);
    assert_int_equal(got->event->room_kind, ROOM_CHANNEL);
    parcel_free(&got);
}

static void
a_missing_room_is_made(void **state)
{
    struct play *p = *state;

    enter(p, 1, "alice");
    join(p, 1, "#Dev");
    join(p, 1, "#lobby");
    expect(p, "w0 s1 welcome alice\n"
              "w0 s1 hears 2 after 0/0: subscribed #Dev 1\n"
              "w0 s1 hears 1 after 0/0: subscribed #lobby 1\n");
    assert_int_equal(metrics_sum(p->metrics, METRIC_rooms), 2);
}

static void
an_impossible_room_is_refused(void **state)
{
    static const char *const bad[] = {"lobby", "#", "#a b", "#.hidden"};
    struct play *p = *state;

    enter(p, 1, "alice");
    for (size_t i = 0; i < 4; i++) {
        struct parcel_list l = {0};
        struct parcel *got;

        forget(p);
        apply(p, joining(p, 1, bad[i]));
        hub_take(p->hub, 0, &l);
        got = parcel_list_pop(&l);
        assert_int_equal(got->event->deny, DENY_BAD_ROOM);
        assert_true(str_eq(got->event->name, str_of(bad[i])));
        assert_true(got->event->text.n > 0);
        parcel_free(&got);
    }
    join(p, 1, "");
    expect(p, "w0 s1 denied bad_request\n");
}

static void
joining_again_is_answered_without_a_notice(void **state)
{
    struct play *p = *state;

    settle(p, 1, "alice");
    settle(p, 2, "bob");
    say(p, 2, "#lobby", "one");
    say(p, 2, "#lobby", "two");
    forget(p);
    join(p, 1, "#lobby");
    expect(p, "w0 s1 subscribed 2 #lobby 2\n");
    act(p, resuming(p, 1, "#lobby", 1));
    expect(p, "w0 s1 hears 1 after 1/2: subscribed 2 #lobby 2\n");
}

static void
what_a_room_has_forgotten_is_not_waited_for(void **state)
{
    struct play *p = *state;
    struct room *r;

    settle(p, 2, "bob");
    for (int i = 0; i < 3; i++)
        say(p, 2, "#lobby", "word");
    enter(p, 1, "alice");
    forget(p);
    r = map_get_u64(&p->hub->rooms, 1);
    r->settings.first_seq = 3;
    act(p, resuming(p, 1, "#lobby", 0));
    expect(p, "w0 s1 hears 1 after 2/3: subscribed 3 #lobby 2\n"
              "w1 room 1 joined alice 2 -s1\n");
    r->settings.first_seq = 4;
    act(p, resuming(p, 1, "#lobby", 1));
    expect(p, "w0 s1 hears 1 after 3/3: subscribed 3 #lobby 2\n");
    act(p, resuming(p, 1, "#lobby", UINT64_MAX));
    expect(p, "w0 s1 hears 1 after 3/3: subscribed 3 #lobby 2\n");
}

static void
a_cursor_from_the_future_is_cut(void **state)
{
    struct play *p = *state;

    settle(p, 2, "bob");
    say(p, 2, "#lobby", "one");
    enter(p, 1, "alice");
    forget(p);
    act(p, resuming(p, 1, "#lobby", 99));
    expect(p, "w0 s1 hears 1 after 1/1: subscribed 1 #lobby 2\n"
              "w1 room 1 joined alice 2 -s1\n");
    act(p, resuming(p, 1, "#lobby", 0));
    expect(p, "w0 s1 hears 1 after 0/1: subscribed 1 #lobby 2\n");
}

static void
who_parts_hears_no_more_and_the_others_are_told(void **state)
{
    struct play *p = *state;

    settle(p, 1, "alice");
    settle(p, 2, "bob");
    act(p, parting(p, 1, "#lobby"));
    expect(p, "w0 s1 hears 1 no more: unsubscribed #lobby\n"
              "w1 room 1 left alice 1\n");
    act(p, parting(p, 1, "#lobby"));
    act(p, parting(p, 1, "#never"));
    expect(p, "w0 s1 denied not_in_room #lobby\n"
              "w0 s1 denied no_such_room #never\n");
}

static void
there_are_only_so_many_rooms_for_one_session(void **state)
{
    struct play *p = *state;
    char name[16];

    enter(p, 1, "alice");
    for (int i = 0; i < LIMIT_ROOMS_PER_SESSION; i++) {
        snprintf(name, sizeof name, "#r%d", i);
        join(p, 1, name);
    }
    forget(p);
    join(p, 1, "#one-more");
    join(p, 1, "#r7");
    expect(p, "w0 s1 denied too_many_rooms #one-more\n"
              "w0 s1 subscribed #r7 1\n");
    assert_int_equal(metrics_sum(p->metrics, METRIC_rooms),
                     LIMIT_ROOMS_PER_SESSION + 1);
    act(p, leaving(p, 1, "", true));
    assert_int_equal(metrics_sum(p->metrics, METRIC_rooms), 1);
}

static void
an_empty_room_of_which_nothing_is_kept_goes(void **state)
{
    struct play *p = *state;

    settle(p, 1, "alice");
    join(p, 1, "#quiet");
    join(p, 1, "#loud");
    say(p, 1, "#loud", "keep me");
    forget(p);
    act(p, parting(p, 1, "#quiet"));
    act(p, parting(p, 1, "#loud"));
    act(p, parting(p, 1, "#lobby"));
    assert_int_equal(metrics_sum(p->metrics, METRIC_rooms), 2);
    forget(p);
    join(p, 1, "#quiet");
    join(p, 1, "#loud");
    expect(p, "w0 s1 hears 4 after 0/0: subscribed #quiet 1\n"
              "w0 s1 hears 3 after 1/1: subscribed 1 #loud 1\n");
}

static void
rooms_come_back_after_a_restart(void **state)
{
    struct play *p = *state;
    struct command *c;

    settle(p, 1, "alice");
    join(p, 1, "#dev");
    say(p, 1, "#dev", "one");
    c = play_command(p, COMMAND_TOPIC, 1, "#dev", NULL, "Work");
    act(p, c);
    say(p, 1, "#lobby", "hi");
    play_restart(p);
    forget(p);

    enter(p, 1, "alice");
    join(p, 1, "#dev");
    join(p, 1, "#lobby");
    join(p, 1, "#new");
    expect(p, "w0 s1 welcome alice\n"
              "w0 s1 hears 2 after 2/2: subscribed 2 #dev Work 1\n"
              "w0 s1 hears 1 after 1/1: subscribed 1 #lobby 1\n"
              "w0 s1 hears 3 after 0/0: subscribed #new 1\n");
}

/* ---- direct rooms ---- */

static void
a_direct_room_is_joined_by_the_others_name(void **state)
{
    struct play *p = *state;

    enter(p, 1, "alice");
    enter(p, 2, "bob");
    forget(p);
    join(p, 1, "@BOB");
    join(p, 2, "@alice");
    expect(p, "w0 s1 hears 2 after 0/0: subscribed @bob 1\n"
              "w0 room 2 joined bob 2 -s2\n"
              "w1 s2 hears 2 after 0/0: subscribed @alice 2\n");
    act(p, parting(p, 1, "@bob"));
    expect(p, "w0 s1 hears 2 no more: unsubscribed @bob\n"
              "w1 room 2 left alice 1\n");
    act(p, parting(p, 2, "@alice"));
    assert_int_equal(metrics_sum(p->metrics, METRIC_rooms), 1);
}

static void
nobody_talks_to_themselves_or_to_nobody(void **state)
{
    struct play *p = *state;

    enter(p, 1, "alice");
    forget(p);
    join(p, 1, "@alice");
    join(p, 1, "@nobody");
    join(p, 1, "@");
    say(p, 1, "@alice", "hi me");
    expect(p, "w0 s1 denied bad_request @alice that is you\n"
              "w0 s1 denied no_such_person @nobody\n"
              "w0 s1 denied no_such_person @\n"
              "w0 s1 denied bad_request @alice that is you\n");
}

static void
by_number(struct play *p, uint64_t session, uint64_t room, uint64_t after)
{
    struct command *c = resuming(p, session, "", after);

    c->room = room;
    act(p, c);
}

static void
a_direct_room_is_resumed_by_its_number(void **state)
{
    struct play *p = *state;

    enter(p, 1, "alice");
    enter(p, 2, "bob");
    say(p, 1, "@bob", "one");
    say(p, 2, "@alice", "two");
    play_restart(p);
    forget(p);

    enter(p, 1, "alice");
    by_number(p, 1, 2, 1);
    expect(p, "w0 s1 welcome alice\n"
              "w0 s1 hears 2 after 1/2: subscribed 2 @bob 1\n");
    enter(p, 2, "robert");
    by_number(p, 2, 2, 0);
    expect(p, "w1 s2 welcome robert\n"
              "w0 room 2 joined robert 2 -s2\n"
              "w1 s2 hears 2 after 0/2: subscribed 2 @alice 2\n");
    act(p, parting(p, 1, "@robert"));
    expect(p, "w0 s1 hears 2 no more: unsubscribed @robert\n"
              "w1 room 2 left alice 1\n");
}

static void
nobody_else_learns_of_a_direct_room(void **state)
{
    struct play *p = *state;

    enter(p, 1, "alice");
    enter(p, 2, "bob");
    enter(p, 3, "eve");
    say(p, 1, "@bob", "psst");
    forget(p);
    by_number(p, 3, 2, 0);
    by_number(p, 3, 99, 0);
    expect(p, "w0 s3 denied no_such_room\n"
              "w0 s3 denied no_such_room\n");
    play_restart(p);
    enter(p, 3, "eve");
    forget(p);
    by_number(p, 3, 2, 0);
    by_number(p, 3, 99, 0);
    expect(p, "w0 s3 denied no_such_room\n"
              "w0 s3 denied no_such_room\n");
}

static void
a_direct_room_can_be_left_after_the_other_has_gone(void **state)
{
    struct play *p = *state;

    enter(p, 1, "alice");
    enter(p, 2, "bob");
    say(p, 1, "@bob", "bye");
    act(p, leaving(p, 2, "", true));
    forget(p);
    say(p, 1, "@bob", "still there?");
    act(p, parting(p, 1, "@bob"));
    expect(p, "w0 s1 denied no_such_person @bob\n"
              "w0 s1 hears 2 no more: unsubscribed @bob\n");
    assert_int_equal(metrics_sum(p->metrics, METRIC_rooms), 1);
}

static void
a_name_that_has_passed_on_means_its_new_owner(void **state)
{
    struct play *p = *state;

    enter(p, 1, "alice");
    enter(p, 2, "bob");
    say(p, 1, "@bob", "for the first bob");
    act(p, leaving(p, 2, "", true));
    enter(p, 4, "bob");
    forget(p);
    act(p, parting(p, 1, "@bob"));
    say(p, 1, "@bob", "for the second");
    expect(p, "w0 s1 denied no_such_room @bob\n"
              "w0 s1 hears 3 after 0/0: subscribed @bob 2\n"
              "w0 room 3 message 1 alice for the second\n"
              "w0 s1 posted 1\n"
              "w1 s4 hears 3 after 0/0: subscribed @alice 2\n"
              "w1 room 3 message 1 alice for the second\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        play_test(who_joins_is_told_of_the_room_and_the_room_of_them),
        play_test(a_subscription_carries_what_is_asked_at_delivery),
        play_test(a_missing_room_is_made),
        play_test(an_impossible_room_is_refused),
        play_test(joining_again_is_answered_without_a_notice),
        play_test(a_cursor_from_the_future_is_cut),
        play_test(what_a_room_has_forgotten_is_not_waited_for),
        play_test(who_parts_hears_no_more_and_the_others_are_told),
        play_test(there_are_only_so_many_rooms_for_one_session),
        play_test(an_empty_room_of_which_nothing_is_kept_goes),
        play_test(rooms_come_back_after_a_restart),
        play_test(a_direct_room_is_joined_by_the_others_name),
        play_test(nobody_talks_to_themselves_or_to_nobody),
        play_test(a_direct_room_is_resumed_by_its_number),
        play_test(nobody_else_learns_of_a_direct_room),
        play_test(a_name_that_has_passed_on_means_its_new_owner),
        play_test(a_direct_room_can_be_left_after_the_other_has_gone),
    };

    return cmocka_run_group_tests(tests, play_group, NULL);
}
