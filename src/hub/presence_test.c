/* SPDX-License-Identifier: MIT
 *
 * Comings and goings in small and large rooms; typing; cursors. Notices are
 * gathered above three people here. */
#include "hub/play_test.h"

static void
fill(struct play *p, uint64_t from, uint64_t to)
{
    char name[16];

    for (uint64_t s = from; s <= to; s++) {
        snprintf(name, sizeof name, "p%llu", (unsigned long long)s);
        enter(p, s, name);
        join(p, s, "#lobby");
    }
}

/* A settled room of n, with nothing gathered. */
static void
crowd(struct play *p, uint64_t n)
{
    fill(p, 1, n);
    tick(p, 5000);
    forget(p);
}

static void
part(struct play *p, uint64_t session)
{
    act(p, play_command(p, COMMAND_PART, session, "#lobby", NULL, NULL));
}

static void
a_small_room_hears_of_everyone_at_once(void **state)
{
    struct play *p = *state;

    crowd(p, 2);
    enter(p, 3, "p3");
    forget(p);
    join(p, 3, "#lobby");
    expect(p, "w0 s3 hears 1 after 0/0: subscribed #lobby 3\n"
              "w0 room 1 joined p3 3 -s3\n"
              "w1 room 1 joined p3 3 -s3\n");
    act(p, leaving(p, 3, "tired", true));
    expect(p, "w0 room 1 left p3 tired 2\n"
              "w1 room 1 left p3 tired 2\n");
    /* Nothing but the name waits. */
    assert_int_equal(hub_tick(p->hub, p->now_ms),
                     p->now_ms + p->options.hold_name_ms);
}

static void
readers_do_not_make_a_room_large(void **state)
{
    struct play *p = *state;

    crowd(p, 2);
    for (uint64_t s = 10; s < 20; s++)
        settle(p, s, "");
    enter(p, 4, "p4");
    forget(p);
    join(p, 4, "#lobby");
    expect(p, "w0 room 1 joined p4 3 -s4\n"
              "w1 s4 hears 1 after 0/0: subscribed #lobby 3\n"
              "w1 room 1 joined p4 3 -s4\n");
}

static void
a_large_room_hears_of_many_in_one(void **state)
{
    struct play *p = *state;

    crowd(p, 3);
    fill(p, 4, 8);
    forget(p);
    assert_int_equal(hub_tick(p->hub, p->now_ms), p->now_ms + 1000);
    tick(p, 999);
    expect(p, "");
    tick(p, 1);
    expect(p,
        "w0 room 1 gathered joined [ joined p4 8 ] [ joined p5 8 ] and 3 8\n"
        "w1 room 1 gathered joined [ joined p4 8 ] [ joined p5 8 ] and 3 8\n");
    assert_int_equal(hub_tick(p->hub, p->now_ms), INT64_MAX);
}

static void
one_who_leaves_a_large_room_is_gathered_too(void **state)
{
    struct play *p = *state;

    crowd(p, 5);
    part(p, 2);
    act(p, leaving(p, 4, "why", true));
    forget(p);
    tick(p, 1000);
    expect(p, "w0 room 1 gathered left [ left p2 3 ] [ left p4 3 ] 3\n");
}

static void
comings_and_goings_are_told_apart(void **state)
{
    struct play *p = *state;

    crowd(p, 4);
    part(p, 1);
    fill(p, 5, 5);
    forget(p);
    tick(p, 1000);
    expect(p, "w0 room 1 gathered joined [ joined p5 4 ] 4\n"
              "w0 room 1 gathered left [ left p1 4 ] 4\n"
              "w1 room 1 gathered joined [ joined p5 4 ] 4\n"
              "w1 room 1 gathered left [ left p1 4 ] 4\n");
}

static void
who_comes_and_goes_within_the_window_is_not_told(void **state)
{
    struct play *p = *state;

    crowd(p, 4);
    fill(p, 5, 5);
    part(p, 5);
    forget(p);
    tick(p, 1000);
    expect(p, "");
    join(p, 5, "#lobby");
    part(p, 5);
    join(p, 5, "#lobby");
    forget(p);
    tick(p, 1000);
    expect(p, "w0 room 1 gathered joined [ joined p5 5 ] 5\n"
              "w1 room 1 gathered joined [ joined p5 5 ] 5\n");
}

static void
who_goes_and_comes_back_within_the_window_is_not_told(void **state)
{
    struct play *p = *state;

    crowd(p, 5);
    part(p, 1);
    join(p, 1, "#lobby");
    part(p, 2);
    join(p, 2, "#lobby");
    part(p, 2);
    forget(p);
    tick(p, 1000);
    expect(p, "w0 room 1 gathered left [ left p2 4 ] 4\n"
              "w1 room 1 gathered left [ left p2 4 ] 4\n");
}

/* Among those at the end of the room are a reader and one who was away for a
 * moment. */
static void
the_first_two_of_those_who_came_and_stayed_are_named(void **state)
{
    struct play *p = *state;

    crowd(p, 4);
    fill(p, 5, 6);
    enter(p, 9, "");
    join(p, 9, "#lobby");
    part(p, 1);
    join(p, 1, "#lobby");
    fill(p, 7, 8);
    part(p, 5);
    forget(p);
    tick(p, 1000);
    expect(p,
        "w0 room 1 gathered joined [ joined p6 7 ] [ joined p7 7 ] and 1 7\n"
        "w1 room 1 gathered joined [ joined p6 7 ] [ joined p7 7 ] and 1 7\n");
}

static void
who_comes_back_under_another_name_is_told(void **state)
{
    struct play *p = *state;

    crowd(p, 5);
    part(p, 2);
    act(p, play_command(p, COMMAND_RENAME, 2, NULL, "new", NULL));
    join(p, 2, "#lobby");
    part(p, 4);
    forget(p);
    tick(p, 1000);
    expect(p, "w0 room 1 gathered joined [ joined new 4 ] 4\n"
              "w0 room 1 gathered left [ left p2 4 ] [ left p4 4 ] 4\n"
              "w1 room 1 gathered joined [ joined new 4 ] 4\n"
              "w1 room 1 gathered left [ left p2 4 ] [ left p4 4 ] 4\n");
}

static void
a_window_that_has_begun_is_kept_when_the_room_shrinks(void **state)
{
    struct play *p = *state;

    crowd(p, 4);
    part(p, 1);
    part(p, 2);
    forget(p);
    part(p, 3);
    expect(p, "w0 s3 hears 1 no more: unsubscribed #lobby\n");
    tick(p, 1000);
    expect(p, "w1 room 1 gathered left [ left p1 1 ] [ left p2 1 ] and 1 1\n");
    part(p, 4);
    expect(p, "w1 s4 hears 1 no more: unsubscribed #lobby\n");
    tick(p, 1000);
    expect(p, "");
}

static void
rooms_gather_on_their_own(void **state)
{
    struct play *p = *state;

    crowd(p, 4);
    for (uint64_t s = 1; s <= 3; s++)
        join(p, s, "#dev");
    forget(p);
    part(p, 1);
    p->now_ms += 400;
    join(p, 4, "#dev");
    forget(p);
    assert_int_equal(hub_tick(p->hub, p->now_ms), p->now_ms + 600);
    tick(p, 600);
    expect(p, "w0 room 1 gathered left [ left p1 3 ] 3\n"
              "w1 room 1 gathered left [ left p1 3 ] 3\n");
    assert_int_equal(hub_tick(p->hub, p->now_ms), p->now_ms + 400);
    tick(p, 400);
    expect(p, "w0 room 2 gathered joined [ joined p4 4 ] 4\n"
              "w1 room 2 gathered joined [ joined p4 4 ] 4\n");
}

static void
a_clock_that_is_set_back_delays_nothing(void **state)
{
    struct play *p = *state;

    crowd(p, 4);
    part(p, 1);
    forget(p);
    tick(p, -3600000);
    expect(p, "w0 room 1 gathered left [ left p1 3 ] 3\n"
              "w1 room 1 gathered left [ left p1 3 ] 3\n");
}

static void
a_room_that_goes_takes_what_it_gathered_along(void **state)
{
    struct play *p = *state;

    fill(p, 1, 4);
    for (uint64_t s = 1; s <= 4; s++)
        join(p, s, "#gone");
    for (uint64_t s = 1; s <= 4; s++)
        act(p, leaving(p, s, "", true));
    forget(p);
    assert_int_equal(metrics_sum(p->metrics, METRIC_rooms), 1);
    tick(p, 1000);
    expect(p, "");
}

static void
a_take_over_within_a_window_is_not_told(void **state)
{
    struct play *p = *state;
    struct command *c;

    crowd(p, 4);
    fill(p, 5, 5);
    c = entering(p, 7, "p5");
    c->sender_id = 105;
    act(p, c);
    join(p, 7, "#lobby");
    forget(p);
    tick(p, 1000);
    expect(p, "w0 room 1 gathered joined [ joined p5 5 ] 5\n"
              "w1 room 1 gathered joined [ joined p5 5 ] 5\n");
}

/* ---- typing ---- */

static void
type(struct play *p, uint64_t session, bool typing)
{
    struct command *c = play_command(p, COMMAND_TYPING, session, "#lobby",
                                     NULL, NULL);

    c->away = typing;
    act(p, c);
}

static void
who_types_is_told_to_the_others(void **state)
{
    struct play *p = *state;

    crowd(p, 2);
    type(p, 1, true);
    expect(p, "w1 room 1 typing p1 + -s1\n");
    type(p, 1, true);
    p->now_ms += 1999;
    type(p, 1, true);
    expect(p, "");
    type(p, 1, false);
    type(p, 1, true);
    expect(p, "w1 room 1 typing p1 -s1\n"
              "w1 room 1 typing p1 + -s1\n");
    p->now_ms += 2000;
    type(p, 1, true);
    type(p, 2, true);
    expect(p, "w1 room 1 typing p1 + -s1\n"
              "w0 room 1 typing p2 + -s2\n");
}

static void
typing_outside_is_ignored(void **state)
{
    struct play *p = *state;

    crowd(p, 2);
    enter(p, 3, "p3");
    forget(p);
    type(p, 3, true);
    expect(p, "");
    assert_int_equal(metrics_sum(p->metrics, METRIC_denied_total), 1);
}

/* ---- cursors ---- */

static void
point(struct play *p, uint64_t session, uint64_t delivered, uint64_t read)
{
    struct command *c = play_command(p, COMMAND_CURSOR, session, "#lobby",
                                     NULL, NULL);

    c->delivered = delivered;
    c->read = read;
    act(p, c);
}

static void
a_cursor_moves_forward_only_and_not_past_the_end(void **state)
{
    struct play *p = *state;

    crowd(p, 2);
    for (int i = 0; i < 5; i++)
        say(p, 1, "#lobby", "hi");
    forget(p);
    point(p, 2, 3, 1);
    expect(p, "w0 room 1 cursor p2 3/1 -s2\n");
    point(p, 2, 3, 1);
    point(p, 2, 1, 0);
    expect(p, "");
    point(p, 2, 99, 2);
    expect(p, "w0 room 1 cursor p2 5/2 -s2\n");
    point(p, 1, 0, 4);
    expect(p, "w1 room 1 cursor p1 4/4 -s1\n");
}

static void
a_cursor_does_not_run_ahead_of_the_commit(void **state)
{
    struct play *p = *state;
    struct command *c;

    crowd(p, 2);
    say(p, 1, "#lobby", "one");
    apply(p, saying(p, 1, "#lobby", "two"));
    forget(p);
    c = play_command(p, COMMAND_CURSOR, 2, "#lobby", NULL, NULL);
    c->read = 2;
    apply(p, c);
    play_commit(p);
    expect(p, "w0 room 1 message 2 p1 two\n"
              "w0 s1 posted 2\n"
              "w0 room 1 cursor p2 1/1 -s2\n"
              "w1 room 1 message 2 p1 two\n");
}

static void
cursors_are_not_told_in_a_large_room(void **state)
{
    struct play *p = *state;

    crowd(p, 4);
    say(p, 1, "#lobby", "hi");
    forget(p);
    point(p, 2, 1, 1);
    expect(p, "");
    act(p, play_command(p, COMMAND_WHO, 2, "#lobby", NULL, NULL));
    expect(p, "w1 s2 people #lobby [ person p1 ] [ person p2 1/1 ]"
              " [ person p3 ] [ person p4 ] 4\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        play_test(a_small_room_hears_of_everyone_at_once),
        play_test(readers_do_not_make_a_room_large),
        play_test(a_large_room_hears_of_many_in_one),
        play_test(one_who_leaves_a_large_room_is_gathered_too),
        play_test(comings_and_goings_are_told_apart),
        play_test(who_comes_and_goes_within_the_window_is_not_told),
        play_test(who_goes_and_comes_back_within_the_window_is_not_told),
        play_test(the_first_two_of_those_who_came_and_stayed_are_named),
        play_test(who_comes_back_under_another_name_is_told),
        play_test(a_window_that_has_begun_is_kept_when_the_room_shrinks),
        play_test(rooms_gather_on_their_own),
        play_test(a_clock_that_is_set_back_delays_nothing),
        play_test(a_room_that_goes_takes_what_it_gathered_along),
        play_test(a_take_over_within_a_window_is_not_told),
        play_test(who_types_is_told_to_the_others),
        play_test(typing_outside_is_ignored),
        play_test(a_cursor_moves_forward_only_and_not_past_the_end),
        play_test(a_cursor_does_not_run_ahead_of_the_commit),
        play_test(cursors_are_not_told_in_a_large_room),
    };

    return cmocka_run_group_tests(tests, play_group, NULL);
}
