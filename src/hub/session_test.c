/* SPDX-License-Identifier: MIT
 *
 * Who comes, under which name, and what becomes of the name. */
#include "hub/play_test.h"

static void
a_name_is_welcomed(void **state)
{
    struct play *p = *state;
    struct parcel_list l = {0};
    struct parcel *got;

    apply(p, entering(p, 1, "alice"));
    play_commit(p);
    expect(p, "w0 s1 welcome alice\n");
    apply(p, entering(p, 2, "bob"));
    hub_take(p->hub, 1, &l);
    got = parcel_list_pop(&l);
    assert_int_equal(got->who.sender_id, 102);
    assert_true(got->who.named);
    assert_int_equal(got->event->session, 2);
    assert_int_equal(got->event->request, p->request);
    assert_int_equal(got->event->command, COMMAND_ENTER);
    parcel_free(&got);
    assert_int_equal(hub_users(p->hub), 2);
    assert_int_equal(metrics_sum(p->metrics, METRIC_users), 2);
}

static void
a_taken_name_is_refused_in_any_case(void **state)
{
    struct play *p = *state;

    enter(p, 1, "alice");
    enter(p, 2, "ALICE");
    expect(p, "w0 s1 welcome alice\n"
              "w1 s2 denied name_taken ALICE\n");
    enter(p, 2, "bob");
    expect(p, "w1 s2 welcome bob\n");
}

static void
a_bad_name_is_refused_with_its_fault(void **state)
{
    struct play *p = *state;
    struct parcel_list l = {0};
    struct parcel *got;

    apply(p, entering(p, 1, "a b"));
    hub_take(p->hub, 0, &l);
    got = parcel_list_pop(&l);
    assert_int_equal(got->event->deny, DENY_BAD_NAME);
    assert_true(str_eq(got->event->name, str_of("a b")));
    assert_true(str_eq(got->event->text,
                       str_of(name_fault_text(NAME_BAD_CHARACTER))));
    parcel_free(&got);
    assert_int_equal(hub_users(p->hub), 0);
}

static void
similar(struct play *p, uint64_t session, const char *name)
{
    struct command *c = entering(p, session, name);

    c->or_similar = true;
    act(p, c);
}

static void
the_first_free_similar_name_is_given(void **state)
{
    struct play *p = *state;

    for (uint64_t s = 1; s <= 4; s++)
        similar(p, s, "bot");
    expect(p, "w0 s1 welcome bot\n"
              "w1 s2 welcome bot-2\n"
              "w0 s3 welcome bot-3\n"
              "w1 s4 welcome bot-4\n");
    act(p, leaving(p, 3, "", true));
    similar(p, 5, "Bot");
    expect(p, "w0 s5 welcome Bot-3\n");
}

static void
a_similar_name_is_not_too_long(void **state)
{
    struct play *p = *state;
    char max[LIMIT_NAME_BYTES + 1];

    memset(max, 'n', LIMIT_NAME_BYTES);
    max[LIMIT_NAME_BYTES] = '\0';
    enter(p, 1, max);
    forget(p);
    similar(p, 2, max);
    expect(p, "w1 s2 welcome nnnnnnnnnnnnnnnnnnnnnnnnnnnnnn-2\n");
}

static void
a_similar_name_is_cut_between_characters(void **state)
{
    struct play *p = *state;
    const char *max = "n\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9"
                      "\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9";

    assert_int_equal(strlen(max), 31);
    enter(p, 1, max);
    forget(p);
    similar(p, 2, max);
    expect(p, "w1 s2 welcome n\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9"
              "\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9-2\n");
}

static void
a_stranger_may_only_enter(void **state)
{
    struct play *p = *state;

    join(p, 1, "#lobby");
    say(p, 1, "#lobby", "hi");
    act(p, play_command(p, COMMAND_ROOMS, 1, NULL, NULL, NULL));
    act(p, play_command(p, COMMAND_PING, 1, NULL, NULL, NULL));
    expect(p, "w0 s1 denied no_name #lobby\n"
              "w0 s1 denied no_name #lobby\n"
              "w0 s1 denied no_name\n"
              "w0 s1 denied no_name\n");
    act(p, play_command(p, COMMAND_TYPING, 1, "#lobby", NULL, NULL));
    act(p, leaving(p, 1, "", true));
    expect(p, "");
}

static void
a_session_enters_once(void **state)
{
    struct play *p = *state;

    enter(p, 1, "alice");
    enter(p, 1, "bob");
    enter(p, 2, "");
    enter(p, 2, "carol");
    expect(p, "w0 s1 welcome alice\n"
              "w0 s1 denied bad_request bob\n"
              "w1 s2 welcome\n"
              "w1 s2 denied bad_request carol\n");
}

static void
a_person_without_a_sender_id_is_refused(void **state)
{
    struct play *p = *state;
    struct command *c = entering(p, 1, "alice");

    c->sender_id = 0;
    act(p, c);
    c = entering(p, 1, "alice");
    c->sender_id = UINT64_C(1) << 63;
    act(p, c);
    expect(p, "w0 s1 denied bad_request alice\n"
              "w0 s1 denied bad_request alice\n");
}

static void
a_reader_hears_and_asks_but_is_not_present(void **state)
{
    struct play *p = *state;

    settle(p, 1, "alice");
    enter(p, 2, "");
    join(p, 2, "#lobby");
    expect(p, "w1 s2 welcome\n"
              "w1 s2 hears 1 after 0/0: subscribed #lobby 1\n");
    say(p, 1, "#lobby", "hi");
    expect(p, "w0 room 1 message 1 alice hi\n"
              "w0 s1 posted 1\n"
              "w1 room 1 message 1 alice hi\n");
    act(p, play_command(p, COMMAND_PING, 2, NULL, NULL, NULL));
    act(p, play_command(p, COMMAND_PART, 2, "#lobby", NULL, NULL));
    act(p, leaving(p, 2, "", true));
    expect(p, "w1 s2 pong\n"
              "w1 s2 hears 1 no more: unsubscribed #lobby\n");
    assert_int_equal(hub_users(p->hub), 1);
}

static void
a_reader_does_not_speak(void **state)
{
    static const enum command_kind loud[] = {
        COMMAND_POST, COMMAND_TOPIC, COMMAND_RENAME, COMMAND_AWAY,
    };
    struct play *p = *state;

    settle(p, 2, "");
    for (size_t i = 0; i < 4; i++) {
        act(p, play_command(p, loud[i], 2, "#lobby", "carol", "x"));
        expect(p, "w1 s2 denied no_name carol\n");
    }
    act(p, play_command(p, COMMAND_TYPING, 2, "#lobby", NULL, NULL));
    act(p, play_command(p, COMMAND_CURSOR, 2, "#lobby", NULL, NULL));
    expect(p, "");
    assert_int_equal(metrics_sum(p->metrics, METRIC_denied_total), 6);
}

static void
who_leaves_is_gone_and_the_name_is_free(void **state)
{
    struct play *p = *state;

    settle(p, 1, "alice");
    settle(p, 2, "bob");
    act(p, leaving(p, 1, "bedtime", false));
    expect(p, "w1 room 1 left alice bedtime 1\n");
    enter(p, 3, "alice");
    expect(p, "w0 s3 welcome alice\n");
    act(p, leaving(p, 1, "again", false));
    expect(p, "");
}

static void
an_unclean_reason_is_not_told(void **state)
{
    struct play *p = *state;

    settle(p, 1, "alice");
    settle(p, 2, "bob");
    act(p, leaving(p, 1, "\033[31mred", true));
    expect(p, "w1 room 1 left alice 1\n");
}

/* ---- names of a lasting owner ---- */

static struct command *
returning(struct play *p, uint64_t session, const char *name, uint64_t sender)
{
    struct command *c = entering(p, session, name);

    c->sender_id = sender;
    c->resume = true;
    return c;
}

static void
a_lost_name_waits_for_its_owner(void **state)
{
    struct play *p = *state;

    act(p, returning(p, 1, "alice", 7));
    join(p, 1, "#lobby");
    settle(p, 2, "bob");
    act(p, leaving(p, 1, "lost", false));
    expect(p, "w1 room 1 left alice lost 1\n");
    assert_int_equal(hub_users(p->hub), 1);

    enter(p, 3, "Alice");
    say(p, 2, "@alice", "there?");
    expect(p, "w0 s3 denied name_taken Alice\n"
              "w1 s2 denied no_such_person @alice\n");
    act(p, returning(p, 5, "alice", 7));
    join(p, 5, "#lobby");
    expect(p, "w0 s5 welcome alice\n"
              "w0 s5 hears 1 after 0/0: subscribed #lobby 2\n"
              "w1 room 1 joined alice 2 -s5\n");
    assert_int_equal(hub_users(p->hub), 2);
}

static void
a_lost_name_does_not_wait_for_ever(void **state)
{
    struct play *p = *state;

    act(p, returning(p, 1, "alice", 7));
    act(p, leaving(p, 1, "lost", false));
    forget(p);
    assert_int_equal(hub_tick(p->hub, p->now_ms), p->now_ms + 30000);
    tick(p, 29999);
    enter(p, 3, "alice");
    expect(p, "w0 s3 denied name_taken alice\n");
    tick(p, 1);
    enter(p, 3, "alice");
    expect(p, "w0 s3 welcome alice\n");
    assert_int_equal(hub_tick(p->hub, p->now_ms), INT64_MAX);
}

static void
a_name_given_back_cleanly_is_free_at_once(void **state)
{
    struct play *p = *state;

    act(p, returning(p, 1, "alice", 7));
    act(p, leaving(p, 1, "bye", true));
    enter(p, 3, "alice");
    expect(p, "w0 s1 welcome alice\n"
              "w0 s3 welcome alice\n");
}

static void
an_owner_who_comes_back_under_another_name_frees_the_first(void **state)
{
    struct play *p = *state;

    act(p, returning(p, 1, "alice", 7));
    act(p, leaving(p, 1, "lost", false));
    act(p, returning(p, 3, "alicia", 7));
    enter(p, 5, "alice");
    expect(p, "w0 s1 welcome alice\n"
              "w0 s3 welcome alicia\n"
              "w0 s5 welcome alice\n");
}

/* ---- taking over ---- */

static void
a_newer_connection_takes_over_without_a_word_to_others(void **state)
{
    struct play *p = *state;

    settle(p, 2, "bob");
    act(p, returning(p, 1, "alice", 7));
    join(p, 1, "#lobby");
    forget(p);

    act(p, returning(p, 4, "alice", 7));
    join(p, 4, "#lobby");
    expect(p, "w0 s1 ends: closed replaced by a newer connection of yours\n"
              "w1 s4 welcome alice\n"
              "w1 s4 hears 1 after 0/0: subscribed #lobby 2\n");
    act(p, leaving(p, 1, "", false));
    say(p, 4, "#lobby", "back");
    expect(p, "w1 room 1 message 1 alice back\n"
              "w1 s4 posted 1\n");
    assert_int_equal(hub_users(p->hub), 2);
    tick(p, 10000);
    expect(p, "");
}

static void
what_is_not_joined_again_after_a_take_over_is_left_in_time(void **state)
{
    struct play *p = *state;

    settle(p, 2, "bob");
    act(p, returning(p, 1, "alice", 7));
    join(p, 1, "#lobby");
    act(p, returning(p, 3, "alice", 7));
    forget(p);
    act(p, play_command(p, COMMAND_TOPIC, 3, "#lobby", NULL, "not yet"));
    expect(p, "w0 s3 denied not_in_room #lobby\n");
    assert_int_equal(hub_tick(p->hub, p->now_ms), p->now_ms + 10000);
    tick(p, 9999);
    expect(p, "");
    tick(p, 1);
    expect(p, "w1 room 1 left alice 1\n");
}

static void
a_newer_connection_under_another_name_is_another_person(void **state)
{
    struct play *p = *state;

    settle(p, 2, "bob");
    act(p, returning(p, 1, "alice", 7));
    join(p, 1, "#lobby");
    forget(p);
    act(p, returning(p, 3, "alicia", 7));
    expect(p, "w0 s1 ends: closed replaced by a newer connection of yours\n"
              "w0 s3 welcome alicia\n"
              "w1 room 1 left alice 1\n");
    assert_int_equal(hub_users(p->hub), 2);
}

static void
a_similar_name_of_ones_own_is_taken_over(void **state)
{
    struct play *p = *state;
    struct command *c;

    enter(p, 2, "bot");
    for (uint64_t s = 1; s <= 3; s += 2) {
        c = returning(p, s, "bot", 7);
        c->or_similar = true;
        act(p, c);
    }
    expect(p, "w1 s2 welcome bot\n"
              "w0 s1 welcome bot-2\n"
              "w0 s1 ends: closed replaced by a newer connection of yours\n"
              "w0 s3 welcome bot-2\n");
}

/* ---- KICK ---- */

static struct command *
kicking(struct play *p, const char *name, const char *why)
{
    return play_command(p, COMMAND_KICK, 0, NULL, name, why);
}

static void
who_is_kicked_is_told_why_and_gone(void **state)
{
    struct play *p = *state;

    settle(p, 1, "alice");
    settle(p, 2, "bob");
    act(p, kicking(p, "ALICE", "too loud"));
    expect(p, "w0 s1 ends: closed forbidden too loud ->the operator\n"
              "w1 room 1 left alice too loud 1\n");
    act(p, kicking(p, "alice", ""));
    act(p, kicking(p, "not a name", ""));
    expect(p, "");
    enter(p, 3, "alice");
    expect(p, "w0 s3 welcome alice\n");
}

static void
kicking_frees_a_name_that_waits(void **state)
{
    struct play *p = *state;

    act(p, returning(p, 1, "alice", 7));
    act(p, leaving(p, 1, "lost", false));
    act(p, kicking(p, "alice", ""));
    enter(p, 3, "alice");
    expect(p, "w0 s1 welcome alice\n"
              "w0 s3 welcome alice\n");
}

static void
only_the_operator_kicks(void **state)
{
    struct play *p = *state;

    settle(p, 1, "alice");
    settle(p, 2, "bob");
    act(p, play_command(p, COMMAND_KICK, 1, NULL, "bob", ""));
    act(p, play_command(p, COMMAND_STOP, 1, NULL, NULL, NULL));
    expect(p, "");
    assert_int_equal(hub_users(p->hub), 2);
    assert_false(hub_stopping(p->hub));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        play_test(a_name_is_welcomed),
        play_test(a_taken_name_is_refused_in_any_case),
        play_test(a_bad_name_is_refused_with_its_fault),
        play_test(the_first_free_similar_name_is_given),
        play_test(a_similar_name_is_not_too_long),
        play_test(a_similar_name_is_cut_between_characters),
        play_test(a_stranger_may_only_enter),
        play_test(a_session_enters_once),
        play_test(a_person_without_a_sender_id_is_refused),
        play_test(a_reader_hears_and_asks_but_is_not_present),
        play_test(a_reader_does_not_speak),
        play_test(who_leaves_is_gone_and_the_name_is_free),
        play_test(an_unclean_reason_is_not_told),
        play_test(a_lost_name_waits_for_its_owner),
        play_test(a_lost_name_does_not_wait_for_ever),
        play_test(a_name_given_back_cleanly_is_free_at_once),
        play_test(an_owner_who_comes_back_under_another_name_frees_the_first),
        play_test(a_newer_connection_takes_over_without_a_word_to_others),
        play_test(what_is_not_joined_again_after_a_take_over_is_left_in_time),
        play_test(a_newer_connection_under_another_name_is_another_person),
        play_test(a_similar_name_of_ones_own_is_taken_over),
        play_test(who_is_kicked_is_told_why_and_gone),
        play_test(kicking_frees_a_name_that_waits),
        play_test(only_the_operator_kicks),
    };

    return cmocka_run_group_tests(tests, play_group, NULL);
}
