/* SPDX-License-Identifier: MIT
 *
 * What is said: order, stamps, refusals, posting again, direct messages. */
#include "hub/play_test.h"

static const struct client_id cid_a = {{0xaa, 1}};
static const struct client_id cid_b = {{0xbb, 2}};

static struct command *
saying_as(struct play *p, uint64_t session, const char *target,
          const char *text, struct client_id cid)
{
    struct command *c = saying(p, session, target, text);

    c->cid = cid;
    return c;
}

static struct command *
titling(struct play *p, uint64_t session, const char *target, const char *text)
{
    return play_command(p, COMMAND_TOPIC, session, target, NULL, text);
}

static void
a_message_reaches_the_room_and_then_its_sender_is_told(void **state)
{
    struct play *p = *state;

    settle(p, 1, "alice");
    settle(p, 2, "bob");
    forget(p);
    say(p, 1, "#lobby", "hello\nworld");
    expect(p, "w0 room 1 message 1 alice hello\nworld\n"
              "w0 s1 posted 1\n"
              "w1 room 1 message 1 alice hello\nworld\n");
    say(p, 2, "#Lobby", "hi");
    expect(p, "w0 room 1 message 2 bob hi\n"
              "w1 room 1 message 2 bob hi\n"
              "w1 s2 posted 2\n");
    expect_log(p, 1, "1 alice hello\nworld\n"
                     "2 bob hi\n");
    assert_int_equal(metrics_sum(p->metrics, METRIC_messages_total), 2);
    assert_int_equal(metrics_sum(p->metrics, METRIC_commits_total), 2);
}

static void
a_message_goes_only_to_workers_with_receivers(void **state)
{
    struct play *p = *state;

    settle(p, 1, "alice");
    settle(p, 3, "carol");
    enter(p, 2, "bob");
    forget(p);
    say(p, 1, "#lobby", "hi");
    expect(p, "w0 room 1 message 1 alice hi\n"
              "w0 s1 posted 1\n");
}

static void
message_and_answer_wait_for_the_commit(void **state)
{
    struct play *p = *state;
    struct parcel_list l = {0};
    struct parcel *got;

    settle(p, 1, "alice");
    apply(p, saying_as(p, 1, "#lobby", "hi", cid_a));
    hub_take(p->hub, 0, &l);
    got = parcel_list_pop(&l);
    assert_true(got->durable);
    assert_int_equal(got->event->kind, EVENT_MESSAGE);
    assert_int_equal(got->event->sender_id, 101);
    assert_int_equal(got->event->time_ms, PLAY_NOON);
    assert_memory_equal(&got->event->cid, &cid_a, sizeof cid_a);
    assert_true(str_eq(got->event->room_name, str_of("#lobby")));
    parcel_free(&got);
    got = parcel_list_pop(&l);
    assert_true(got->durable);
    assert_int_equal(got->event->request, p->request);
    assert_int_equal(got->event->command, COMMAND_POST);
    assert_int_equal(got->event->room, 1);
    assert_int_equal(got->event->time_ms, PLAY_NOON);
    assert_memory_equal(&got->event->cid, &cid_a, sizeof cid_a);
    parcel_free(&got);
    play_commit(p);
}

static void
an_action_is_kept_as_one(void **state)
{
    struct play *p = *state;
    struct command *c;

    settle(p, 1, "alice");
    c = saying(p, 1, "#lobby", "waves");
    c->message_kind = MESSAGE_ACTION;
    act(p, c);
    expect(p, "w0 room 1 message 1 * alice waves\n"
              "w0 s1 posted 1\n");
}

/* got->event->time_ms of the first parcel of worker 0. */
static int64_t
stamp_of_post(struct play *p)
{
    struct parcel_list l = {0};
    struct parcel *got;
    int64_t ms;

    apply(p, saying(p, 1, "#lobby", "tick"));
    hub_take(p->hub, 0, &l);
    got = parcel_list_pop(&l);
    assert_int_equal(got->event->kind, EVENT_MESSAGE);
    ms = got->event->time_ms;
    parcel_free(&got);
    parcel_list_done(&l);
    play_commit(p);
    return ms;
}

static void
time_never_runs_backwards_in_a_room(void **state)
{
    struct play *p = *state;

    settle(p, 1, "alice");
    assert_int_equal(stamp_of_post(p), PLAY_NOON);
    p->now_ms -= 5000;
    assert_int_equal(stamp_of_post(p), PLAY_NOON);
    play_restart(p);
    settle(p, 1, "alice");
    assert_int_equal(stamp_of_post(p), PLAY_NOON);
    p->now_ms += 6000;
    assert_int_equal(stamp_of_post(p), PLAY_NOON + 1000);
}

static void
rooms_count_on_their_own(void **state)
{
    struct play *p = *state;

    settle(p, 1, "alice");
    join(p, 1, "#dev");
    forget(p);
    apply(p, saying(p, 1, "#lobby", "a"));
    apply(p, saying(p, 1, "#dev", "b"));
    apply(p, saying(p, 1, "#lobby", "c"));
    play_commit(p);
    expect(p, "w0 room 1 message 1 alice a\n"
              "w0 s1 posted 1\n"
              "w0 room 2 message 1 alice b\n"
              "w0 s1 posted 1\n"
              "w0 room 1 message 2 alice c\n"
              "w0 s1 posted 2\n");
    assert_int_equal(metrics_sum(p->metrics, METRIC_commits_total), 1);
}

static void
what_cannot_be_said_is_refused(void **state)
{
    struct play *p = *state;
    char text[66];
    struct command *c;

    memset(text, 'x', sizeof text);
    text[65] = '\0';
    settle(p, 1, "alice");
    say(p, 1, "#lobby", "");
    say(p, 1, "#lobby", " \t\n ");
    say(p, 1, "#lobby", text);
    say(p, 1, "#lobby", "bell \a");
    say(p, 1, "#lobby", "bad \xff");
    c = saying(p, 1, "#lobby", "topic");
    c->message_kind = MESSAGE_TOPIC;
    act(p, c);
    expect(p, "w0 s1 denied empty_message #lobby\n"
              "w0 s1 denied empty_message #lobby\n"
              "w0 s1 denied message_too_long #lobby\n"
              "w0 s1 denied bad_request #lobby\n"
              "w0 s1 denied bad_request #lobby\n"
              "w0 s1 denied bad_request #lobby\n");
    text[64] = '\0';
    say(p, 1, "#lobby", text);
    assert_true(p->heard.n > 0);
    assert_int_equal(metrics_sum(p->metrics, METRIC_denied_total), 6);
    assert_int_equal(metrics_sum(p->metrics, METRIC_messages_total), 1);
}

static void
a_channel_may_be_spoken_into_from_outside(void **state)
{
    struct play *p = *state;

    enter(p, 1, "alice");
    settle(p, 2, "bob");
    forget(p);
    say(p, 1, "#lobby", "hi");
    say(p, 1, "#nowhere", "hi");
    say(p, 1, "", "hi");
    expect(p, "w0 s1 posted 1\n"
              "w1 room 1 message 1 alice hi\n"
              "w0 s1 posted 1\n"
              "w0 s1 denied bad_room is empty\n");
}

/* ---- posting again ---- */

static void
a_post_sent_again_is_answered_like_the_first(void **state)
{
    struct play *p = *state;

    settle(p, 1, "alice");
    settle(p, 2, "bob");
    act(p, saying_as(p, 1, "#lobby", "once", cid_a));
    p->now_ms += 1000;
    say(p, 1, "#lobby", "between");
    forget(p);
    act(p, saying_as(p, 1, "#lobby", "once", cid_a));
    expect(p, "w0 s1 posted again 1\n");
    play_restart(p);
    settle(p, 1, "alice");
    act(p, saying_as(p, 1, "#lobby", "once", cid_a));
    expect(p, "w0 s1 posted again 1\n");
    expect_log(p, 1, "1 alice once\n"
                     "2 alice between\n");
    assert_int_equal(metrics_sum(p->metrics, METRIC_duplicates_total), 2);
}

static void
a_post_sent_again_in_the_same_batch_waits_for_the_same_commit(void **state)
{
    struct play *p = *state;
    struct parcel_list l = {0};
    struct parcel *got;
    int n = 0;

    settle(p, 1, "alice");
    apply(p, saying_as(p, 1, "#lobby", "once", cid_a));
    apply(p, saying_as(p, 1, "#lobby", "once", cid_a));
    hub_take(p->hub, 0, &l);
    while ((got = parcel_list_pop(&l)) != NULL) {
        assert_true(got->durable);
        assert_int_equal(got->event->duplicate, n == 2);
        assert_int_equal(got->event->seq, 1);
        n++;
        parcel_free(&got);
    }
    assert_int_equal(n, 3);
    play_commit(p);
}

static void
a_client_id_means_one_message_of_one_sender(void **state)
{
    struct play *p = *state;
    struct command *c;

    settle(p, 1, "alice");
    settle(p, 3, "carol");
    join(p, 1, "#dev");
    act(p, saying_as(p, 1, "#lobby", "once", cid_a));
    forget(p);
    act(p, saying_as(p, 1, "#lobby", "twice", cid_a));
    act(p, saying_as(p, 1, "#dev", "once", cid_a));
    c = saying_as(p, 1, "#lobby", "once", cid_a);
    c->message_kind = MESSAGE_ACTION;
    act(p, c);
    act(p, saying_as(p, 3, "#lobby", "once", cid_a));
    act(p, saying_as(p, 1, "#lobby", "once", cid_b));
    expect(p, "w0 s1 denied client_id_conflict #lobby\n"
              "w0 s1 denied client_id_conflict #dev\n"
              "w0 s1 denied client_id_conflict #lobby\n"
              "w0 room 1 message 2 carol once\n"
              "w0 s3 posted 2\n"
              "w0 room 1 message 3 alice once\n"
              "w0 s1 posted 3\n");
}

static void
what_was_posted_stays_posted_when_the_other_has_left(void **state)
{
    struct play *p = *state;

    settle(p, 1, "alice");
    settle(p, 2, "bob");
    act(p, saying_as(p, 1, "@bob", "once", cid_a));
    act(p, leaving(p, 2, "", true));
    forget(p);
    act(p, saying_as(p, 1, "@bob", "once", cid_a));
    act(p, saying_as(p, 1, "@bob", "other", cid_a));
    act(p, saying_as(p, 1, "@bob", "new", cid_b));
    expect(p, "w0 s1 posted again 1\n"
              "w0 s1 denied client_id_conflict @bob\n"
              "w0 s1 denied no_such_person @bob\n");
}

/* ---- direct messages ---- */

static void
a_direct_message_begins_a_room_for_both(void **state)
{
    struct play *p = *state;

    settle(p, 1, "alice");
    settle(p, 2, "bob");
    say(p, 1, "@Bob", "psst");
    expect(p, "w0 s1 hears 2 after 0/0: subscribed @bob 2\n"
              "w0 room 2 message 1 alice psst\n"
              "w0 s1 posted 1\n"
              "w1 s2 hears 2 after 0/0: subscribed @alice 2\n"
              "w1 room 2 message 1 alice psst\n");
    say(p, 2, "@alice", "what?");
    expect(p, "w0 room 2 message 2 bob what?\n"
              "w1 room 2 message 2 bob what?\n"
              "w1 s2 posted 2\n");
}

static void
unasked_subscriptions_carry_no_request(void **state)
{
    struct play *p = *state;
    struct parcel_list l = {0};
    struct parcel *got;

    settle(p, 1, "alice");
    settle(p, 2, "bob");
    apply(p, saying(p, 1, "@bob", "psst"));
    hub_take(p->hub, 0, &l);
    got = parcel_list_pop(&l);
    assert_int_equal(got->event->kind, EVENT_SUBSCRIBED);
    assert_int_equal(got->event->request, 0);
    assert_int_equal(got->access.kind, ROOM_DIRECT);
    assert_int_equal(got->access.peers[0], 101);
    assert_int_equal(got->access.peers[1], 102);
    parcel_free(&got);
    got = parcel_list_pop(&l);
    assert_true(str_eq(got->event->room_name, str_of("@alice")));
    assert_int_equal(got->event->room_kind, ROOM_DIRECT);
    parcel_free(&got);
    parcel_list_done(&l);
    play_commit(p);
}

static void
a_direct_message_brings_back_who_left_the_room(void **state)
{
    struct play *p = *state;

    settle(p, 1, "alice");
    settle(p, 2, "bob");
    say(p, 1, "@bob", "one");
    act(p, play_command(p, COMMAND_PART, 2, "@alice", NULL, NULL));
    act(p, play_command(p, COMMAND_PART, 1, "@bob", NULL, NULL));
    assert_int_equal(metrics_sum(p->metrics, METRIC_rooms), 1);
    forget(p);
    say(p, 1, "@bob", "two");
    expect(p, "w0 s1 hears 2 after 1/1: subscribed 1 @bob 2\n"
              "w0 room 2 message 2 alice two\n"
              "w0 s1 posted 2\n"
              "w1 s2 hears 2 after 1/1: subscribed 1 @alice 2\n"
              "w1 room 2 message 2 alice two\n");
}

static void
a_direct_room_follows_its_people_through_new_names(void **state)
{
    struct play *p = *state;

    settle(p, 1, "alice");
    settle(p, 2, "bob");
    say(p, 1, "@bob", "one");
    act(p, play_command(p, COMMAND_RENAME, 2, NULL, "robert", NULL));
    forget(p);
    say(p, 1, "@bob", "two");
    say(p, 1, "@robert", "two");
    join(p, 1, "@robert");
    expect(p, "w0 s1 denied no_such_person @bob\n"
              "w0 room 2 message 2 alice two\n"
              "w0 s1 posted 2\n"
              "w1 room 2 message 2 alice two\n"
              "w0 s1 subscribed 2 @robert 2\n");
}

static void
a_person_in_too_many_rooms_is_not_put_into_one_more(void **state)
{
    struct play *p = *state;
    char name[16];

    enter(p, 1, "alice");
    enter(p, 2, "bob");
    for (int i = 0; i < LIMIT_ROOMS_PER_SESSION; i++) {
        snprintf(name, sizeof name, "#r%d", i);
        join(p, 2, name);
    }
    forget(p);
    say(p, 1, "@bob", "psst");
    say(p, 2, "@alice", "psst");
    expect(p, "w0 s1 denied forbidden @bob they are in too many rooms\n"
              "w1 s2 denied too_many_rooms @alice\n");
    assert_int_equal(metrics_sum(p->metrics, METRIC_rooms),
                     LIMIT_ROOMS_PER_SESSION + 1);
}

/* ---- topics ---- */

static void
a_topic_is_a_message_and_stays(void **state)
{
    struct play *p = *state;

    settle(p, 1, "alice");
    settle(p, 2, "bob");
    act(p, titling(p, 1, "#lobby", "Welcome"));
    expect(p, "w0 room 1 message 1 topic alice Welcome\n"
              "w0 s1 done\n"
              "w1 room 1 message 1 topic alice Welcome\n");
    act(p, titling(p, 2, "#lobby", ""));
    expect(p, "w0 room 1 message 2 topic bob\n"
              "w1 room 1 message 2 topic bob\n"
              "w1 s2 done\n");
    act(p, titling(p, 2, "#lobby", "Hi"));
    play_restart(p);
    forget(p);
    enter(p, 1, "alice");
    join(p, 1, "#lobby");
    expect(p, "w0 s1 welcome alice\n"
              "w0 s1 hears 1 after 3/3: subscribed 3 #lobby Hi 1\n");
}

static void
a_bad_topic_is_refused(void **state)
{
    struct play *p = *state;
    char text[LIMIT_TOPIC_BYTES + 2];

    memset(text, 'x', sizeof text);
    text[LIMIT_TOPIC_BYTES + 1] = '\0';
    settle(p, 1, "alice");
    act(p, titling(p, 1, "#lobby", text));
    act(p, titling(p, 1, "#lobby", "two\nlines"));
    act(p, titling(p, 1, "#none", "x"));
    expect(p, "w0 s1 denied message_too_long #lobby\n"
              "w0 s1 denied bad_request #lobby\n"
              "w0 s1 denied no_such_room #none\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        play_test(a_message_reaches_the_room_and_then_its_sender_is_told),
        play_test(a_message_goes_only_to_workers_with_receivers),
        play_test(message_and_answer_wait_for_the_commit),
        play_test(an_action_is_kept_as_one),
        play_test(time_never_runs_backwards_in_a_room),
        play_test(rooms_count_on_their_own),
        play_test(what_cannot_be_said_is_refused),
        play_test(a_channel_may_be_spoken_into_from_outside),
        play_test(a_post_sent_again_is_answered_like_the_first),
        play_test(
            a_post_sent_again_in_the_same_batch_waits_for_the_same_commit),
        play_test(a_client_id_means_one_message_of_one_sender),
        play_test(what_was_posted_stays_posted_when_the_other_has_left),
        play_test(a_direct_message_begins_a_room_for_both),
        play_test(unasked_subscriptions_carry_no_request),
        play_test(a_direct_message_brings_back_who_left_the_room),
        play_test(a_direct_room_follows_its_people_through_new_names),
        play_test(a_person_in_too_many_rooms_is_not_put_into_one_more),
        play_test(a_topic_is_a_message_and_stays),
        play_test(a_bad_topic_is_refused),
    };

    return cmocka_run_group_tests(tests, play_group, NULL);
}
