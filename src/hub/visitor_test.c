/* SPDX-License-Identifier: MIT
 *
 * Visitors: they speak, and nobody is there. */
#include "hub/account_test.h"

static void
visit(struct play *p, uint64_t session, const char *name)
{
    act(p, visiting(p, session, name));
}

static void
a_visitor_is_welcomed_and_present_nowhere(void **state)
{
    struct play *p = *state;
    struct parcel_list l = {0};
    struct parcel *got;

    settle(p, 1, "alice");
    apply(p, visiting(p, 3, "guest"));
    hub_take(p->hub, 0, &l);
    got = parcel_list_pop(&l);
    assert_int_equal(got->event->kind, ANSWER_WELCOME);
    assert_true(str_eq(got->event->name, str_of("guest")));
    assert_int_equal(got->who.sender_id, 103);
    assert_true(got->who.named);
    parcel_free(&got);
    assert_int_equal(hub_users(p->hub), 1);
    assert_int_equal(metrics_sum(p->metrics, METRIC_users), 1);
    join(p, 3, "#lobby");
    act(p, play_command(p, COMMAND_WHO, 1, "", NULL, NULL));
    act(p, play_command(p, COMMAND_WHO, 1, "#lobby", NULL, NULL));
    act(p, leaving(p, 3, "bye", true));
    expect(p, "w0 s3 hears 1 after 0/0: subscribed #lobby 1\n"
              "w0 s1 people [ person alice ] 1\n"
              "w0 s1 people #lobby [ person alice ] 1\n");
}

static void
a_visitor_posts_in_its_name_into_a_room_that_it_makes(void **state)
{
    struct play *p = *state;

    settle(p, 1, "alice");
    visit(p, 2, "guest");
    forget(p);
    say(p, 2, "#lobby", "hello");
    expect(p, "w0 room 1 message 1 guest hello\n"
              "w1 s2 posted 1\n");
    say(p, 2, "#new", "first");
    expect(p, "w1 s2 posted 1\n");
    expect_log(p, 2, "1 guest first\n");
}

static void
a_post_repeated_by_another_visit_of_the_same_person_is_known(void **state)
{
    struct play *p = *state;

    for (uint64_t session = 1; session <= 2; session++) {
        struct command *c = visiting(p, session, "guest");

        c->sender_id = 77;
        act(p, c);
        forget(p);
        c = saying(p, session, "#lobby", "once");
        c->cid.b[0] = 1;
        act(p, c);
    }
    expect(p, "w1 s2 posted again 1\n");
}

static void
several_may_visit_under_one_name(void **state)
{
    struct play *p = *state;

    visit(p, 1, "guest");
    visit(p, 2, "guest");
    say(p, 1, "#lobby", "one");
    say(p, 2, "#lobby", "two");
    expect(p, "w0 s1 welcome guest\n"
              "w1 s2 welcome guest\n"
              "w0 s1 posted 1\n"
              "w1 s2 posted 2\n");
}

static void
somebodys_name_is_not_visited_under(void **state)
{
    struct play *p = *state;
    struct command *c;

    enter(p, 1, "alice");
    enter(p, 3, "alice-2");
    forget(p);
    visit(p, 2, "Alice");
    visit(p, 2, "a b");
    expect(p, "w1 s2 denied name_taken Alice\n"
              "w1 s2 denied bad_name a b has a character that is not allowed"
              " there\n");
    c = visiting(p, 2, "alice");
    c->or_similar = true;
    act(p, c);
    expect(p, "w1 s2 welcome alice-3\n");
}

static void
a_held_name_is_not_visited_under_but_by_its_owner(void **state)
{
    struct play *p = *state;
    struct command *c = entering(p, 1, "alice");

    c->resume = true;
    act(p, c);
    act(p, leaving(p, 1, "lost", false));
    forget(p);
    visit(p, 2, "alice");
    c = visiting(p, 4, "alice");
    c->sender_id = 101;
    act(p, c);
    expect(p, "w1 s2 denied name_taken alice\n"
              "w1 s4 welcome alice\n");
}

static void
a_present_person_may_visit_under_their_own_name(void **state)
{
    struct play *p = *state;
    struct command *c;

    settle(p, 1, "alice");
    c = visiting(p, 2, "alice");
    c->sender_id = 101;
    act(p, c);
    say(p, 2, "#lobby", "by another door");
    act(p, leaving(p, 2, "", true));
    say(p, 1, "#lobby", "still here");
    expect(p, "w1 s2 welcome alice\n"
              "w0 room 1 message 1 alice by another door\n"
              "w1 s2 posted 1\n"
              "w0 room 1 message 2 alice still here\n"
              "w0 s1 posted 2\n");
}

static void
a_visitor_becomes_somebody_else_again_and_again(void **state)
{
    struct play *p = *state;
    struct command *c;

    visit(p, 1, "one");
    c = visiting(p, 1, "two");
    c->sender_id = 500;
    act(p, c);
    say(p, 1, "#lobby", "x");
    visit(p, 1, "");
    say(p, 1, "#lobby", "y");
    visit(p, 1, "three");
    say(p, 1, "#lobby", "z");
    expect(p, "w0 s1 welcome one\n"
              "w0 s1 welcome two\n"
              "w0 s1 posted 1\n"
              "w0 s1 welcome\n"
              "w0 s1 denied no_name #lobby\n"
              "w0 s1 welcome three\n"
              "w0 s1 posted 2\n");
    expect_log(p, 1, "1 two x\n2 three z\n");
}

static void
who_is_refused_is_nobody_afterwards(void **state)
{
    struct play *p = *state;
    struct parcel_list l = {0};
    struct parcel *got;

    enter(p, 2, "alice");
    visit(p, 1, "guest");
    forget(p);
    apply(p, visiting(p, 1, "alice"));
    hub_take(p->hub, 0, &l);
    got = parcel_list_pop(&l);
    assert_int_equal(got->event->deny, DENY_NAME_TAKEN);
    assert_int_equal(got->event->command, COMMAND_ENTER);
    assert_int_equal(got->who.sender_id, 0);
    assert_false(got->who.named);
    parcel_free(&got);
    say(p, 1, "#lobby", "as whom?");
    expect(p, "w0 s1 denied no_name #lobby\n");
}

static void
a_second_enter_of_a_present_one_changes_nothing(void **state)
{
    struct play *p = *state;
    struct parcel_list l = {0};
    struct parcel *got;

    enter(p, 1, "alice");
    forget(p);
    apply(p, visiting(p, 1, "bob"));
    hub_take(p->hub, 0, &l);
    got = parcel_list_pop(&l);
    assert_int_equal(got->event->deny, DENY_BAD_REQUEST);
    assert_int_equal(got->who.sender_id, 101);
    assert_true(got->who.named);
    parcel_free(&got);
    visit(p, 3, "carol");
    act(p, entering(p, 3, "carol"));
    expect(p, "w0 s3 welcome carol\n"
              "w0 s3 denied bad_request carol\n");
}

static void
a_name_without_a_sender_is_refused(void **state)
{
    struct play *p = *state;
    struct command *c = visiting(p, 1, "guest");

    c->sender_id = 0;
    act(p, c);
    c = visiting(p, 1, "guest");
    c->sender_id = UINT64_MAX;
    act(p, c);
    expect(p, "w0 s1 denied bad_request guest\n"
              "w0 s1 denied bad_request guest\n");
}

static void
who_enters_gets_the_name_and_the_visitor_signs_no_more(void **state)
{
    struct play *p = *state;

    visit(p, 2, "alice");
    enter(p, 1, "alice");
    forget(p);
    say(p, 2, "#lobby", "as alice?");
    expect(p, "w1 s2 denied name_taken #lobby\n");
    visit(p, 2, "alice");
    expect(p, "w1 s2 denied name_taken alice\n");
}

static void
a_visitor_may_not_do_what_needs_presence(void **state)
{
    struct play *p = *state;

    settle(p, 1, "alice");
    visit(p, 2, "guest");
    join(p, 2, "#lobby");
    forget(p);
    act(p, play_command(p, COMMAND_RENAME, 2, NULL, "other", NULL));
    act(p, play_command(p, COMMAND_AWAY, 2, NULL, NULL, "lunch"));
    act(p, play_command(p, COMMAND_TYPING, 2, "#lobby", NULL, NULL));
    act(p, play_command(p, COMMAND_CURSOR, 2, "#lobby", NULL, NULL));
    expect(p, "w1 s2 denied forbidden other you are only visiting\n"
              "w1 s2 denied forbidden you are only visiting\n");
    assert_int_equal(metrics_sum(p->metrics, METRIC_denied_total), 4);
}

static void
a_visitor_writes_to_a_person_and_reads_what_was_said(void **state)
{
    struct play *p = *state;
    struct read_job *j;

    settle(p, 1, "alice");
    visit(p, 2, "guest");
    forget(p);
    say(p, 2, "@alice", "psst");
    expect(p, "w0 s1 hears 2 after 0/0: subscribed @guest 1\n"
              "w0 room 2 message 1 guest psst\n"
              "w1 s2 posted 1\n");
    expect_log(p, 2, "1 guest psst\n");
    act(p, play_command(p, COMMAND_HISTORY, 2, "@alice", NULL, NULL));
    j = hub_take_jobs(p->hub);
    assert_non_null(j);
    assert_int_equal(j->query.room, 2);
    assert_string_equal(j->room_name, "@alice");
    free(j);
    say(p, 2, "@guest", "me?");
    expect(p, "w1 s2 denied no_such_person @guest\n");
}

static void
a_visitor_is_not_carried_kicked_or_held(void **state)
{
    struct play *p = *state;
    struct command *c = visiting(p, 2, "guest");

    c->resume = true;
    act(p, c);
    act(p, play_command(p, COMMAND_KICK, 0, NULL, "guest", "out"));
    act(p, leaving(p, 2, "lost", false));
    enter(p, 1, "guest");
    expect(p, "w1 s2 welcome guest\n"
              "w0 s1 welcome guest\n");
}

static void
visitors_may_still_be_there_when_the_hub_goes(void **state)
{
    struct play *p = *state;

    visit(p, 1, "a-rather-long-name");
    join(p, 1, "#lobby");
    visit(p, 3, "other");
    play_restart(p);
    visit(p, 1, "again");
    assert_int_equal(hub_users(p->hub), 0);
}

/* ---- of an account ---- */

static void
visit_as(struct play *p, uint64_t session, const char *name)
{
    char password[64];
    struct command *c;

    snprintf(password, sizeof password, "password of %s", name);
    c = by_password(p, COMMAND_ENTER, session, name, password);
    c->visit = true;
    act_hashed(p, c);
    forget(p);
}

static struct command *
to_room(struct play *p, enum command_kind kind, uint64_t session,
        const char *text)
{
    return play_command(p, kind, session, "#den", NULL, text);
}

static void
a_visitors_account_belongs_to_a_room_until_it_parts(void **state)
{
    struct play *p = *state;

    found_account(p, "alice");
    visit_as(p, 1, "alice");
    join(p, 1, "#den");
    act(p, leaving(p, 1, "bye", true));
    forget(p);
    visit_as(p, 3, "alice");
    act(p, to_room(p, COMMAND_TOPIC, 3, "Warm"));
    expect(p, "w0 s3 done\n");
    expect_log(p, 2, "1 alice Warm\n");
    act(p, to_room(p, COMMAND_PART, 3, NULL));
    expect(p, "w0 s3 unsubscribed #den\n");
    act(p, to_room(p, COMMAND_PART, 3, NULL));
    expect(p, "w0 s3 denied not_in_room #den\n");
    /* It has no owner now, and so is everybody's. */
    act(p, to_room(p, COMMAND_TOPIC, 3, "Cold"));
    expect(p, "w0 s3 done\n");
}

static void
a_visitor_does_not_part_while_another_session_is_there(void **state)
{
    struct play *p = *state;

    found_account(p, "alice");
    log_in(p, COMMAND_ENTER, 1, "alice");
    join(p, 1, "#den");
    visit_as(p, 3, "alice");
    act(p, to_room(p, COMMAND_PART, 3, NULL));
    expect(p, "w0 s3 denied forbidden #den another connection of yours is in "
              "it\n");
}

static void
a_visitor_makes_a_group(void **state)
{
    struct play *p = *state;

    found_account(p, "alice");
    found_account(p, "bob");
    visit_as(p, 1, "alice");
    act(p, play_command(p, COMMAND_GROUP, 1, NULL, "#group-1", "bob"));
    expect(p, "w0 s1 done #group-1\n");
    act(p, play_command(p, COMMAND_PART, 1, "#group-1", NULL, NULL));
    expect(p, "w0 s1 denied forbidden #group-1 it is yours: give it to "
              "somebody first\n");
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        play_test(a_visitor_is_welcomed_and_present_nowhere),
        play_test(a_visitor_posts_in_its_name_into_a_room_that_it_makes),
        play_test(
            a_post_repeated_by_another_visit_of_the_same_person_is_known),
        play_test(several_may_visit_under_one_name),
        play_test(somebodys_name_is_not_visited_under),
        play_test(a_held_name_is_not_visited_under_but_by_its_owner),
        play_test(a_present_person_may_visit_under_their_own_name),
        play_test(a_visitor_becomes_somebody_else_again_and_again),
        play_test(who_is_refused_is_nobody_afterwards),
        play_test(a_second_enter_of_a_present_one_changes_nothing),
        play_test(a_name_without_a_sender_is_refused),
        play_test(who_enters_gets_the_name_and_the_visitor_signs_no_more),
        play_test(a_visitor_may_not_do_what_needs_presence),
        play_test(a_visitor_writes_to_a_person_and_reads_what_was_said),
        play_test(a_visitor_is_not_carried_kicked_or_held),
        play_test(visitors_may_still_be_there_when_the_hub_goes),
        play_test(a_visitors_account_belongs_to_a_room_until_it_parts),
        play_test(a_visitor_does_not_part_while_another_session_is_there),
        play_test(a_visitor_makes_a_group),
    };

    return cmocka_run_group_tests(tests, play_group, NULL);
}
