/* SPDX-License-Identifier: MIT
 *
 * When the store refuses. Once for real, with files that may not grow; and at
 * every single call, by putting a function in front of the store's own (the
 * linker's --wrap): the call fails without reaching it, the rest is real. */
#include "hub/fault_test.h"
#include "hub/play_test.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>

/* ---- the store, made to fail ---- */

WRAP(store_begin, (struct store *s), (s))
WRAP(store_commit, (struct store *s), (s))
WRAP(store_put_room, (struct store *s, const struct room_row *r), (s, r))
WRAP(store_put_message, (struct store *s, const struct message *m), (s, m))
WRAP(store_set_topic, (struct store *s, uint64_t room, struct str t),
     (s, room, t))
WRAP(store_find_room,
     (struct store *s, struct str key, struct room_row *r, int64_t *ms),
     (s, key, r, ms))
WRAP(store_find_room_id,
     (struct store *s, uint64_t id, struct room_row *r, int64_t *ms),
     (s, id, r, ms))
WRAP(store_each_channel, (struct store *s, store_room_fn *fn, void *arg),
     (s, fn, arg))
WRAP(store_find_post,
     (struct store *s, uint64_t sender, const struct client_id *cid,
      struct message *m), (s, sender, cid, m))

/* ---- */

static int
setup(void **state)
{
    fail_at(NULL, 0, 0);
    return play_setup(state);
}

#define batch_test(f) cmocka_unit_test_setup_teardown(f, setup, play_teardown)

static struct command *
titling(struct play *p, uint64_t session, const char *target, const char *text)
{
    return play_command(p, COMMAND_TOPIC, session, target, NULL, text);
}

static void
two_people(struct play *p)
{
    settle(p, 1, "alice");
    settle(p, 2, "bob");
    say(p, 1, "#lobby", "kept");
    forget(p);
}

static void
a_failed_commit_turns_answers_into_refusals(void **state)
{
    struct play *p = *state;

    two_people(p);
    fail_at("store_commit", 0, -ENOSPC);
    apply(p, saying(p, 1, "#lobby", "lost"));
    apply(p, play_command(p, COMMAND_PING, 2, NULL, NULL, NULL));
    apply(p, titling(p, 2, "#lobby", "lost too"));
    play_commit(p);
    assert_int_equal(p->commit, -ENOSPC);
    expect(p, "w0 s1 denied storage_full #lobby\n"
              "w1 s2 pong\n"
              "w1 s2 denied storage_full #lobby\n");
    expect_log(p, 1, "1 alice kept\n");
    assert_int_equal(metrics_sum(p->metrics, METRIC_storage_errors_total), 1);
    assert_int_equal(metrics_sum(p->metrics, METRIC_messages_total), 1);

    say(p, 2, "#lobby", "again");
    assert_int_equal(p->commit, 0);
    expect(p, "w0 room 1 message 2 bob again\n"
              "w1 room 1 message 2 bob again\n"
              "w1 s2 posted 2\n");
}

static void
a_refusal_keeps_the_place_and_the_request_of_the_answer(void **state)
{
    struct play *p = *state;
    struct parcel_list l = {0};
    struct parcel *got;

    two_people(p);
    fail_at("store_commit", 0, -EIO);
    apply(p, saying(p, 1, "#lobby", "lost"));
    apply(p, play_command(p, COMMAND_PING, 1, NULL, NULL, NULL));
    assert_int_equal(hub_commit(p->hub), -EIO);
    hub_take(p->hub, 0, &l);
    got = parcel_list_pop(&l);
    assert_int_equal(got->event->deny, DENY_STORAGE_BROKEN);
    assert_int_equal(got->event->request, p->request - 1);
    assert_int_equal(got->event->command, COMMAND_POST);
    parcel_free(&got);
    got = parcel_list_pop(&l);
    assert_int_equal(got->event->kind, ANSWER_PONG);
    parcel_free(&got);
    assert_null(parcel_list_pop(&l));
}

/* One of these calls fails, in a batch that makes a room, speaks, titles. */
static void
batch_with_a_fault(struct play *p, const char *call, int skip)
{
    two_people(p);
    join(p, 1, "#new");
    join(p, 2, "#new");
    forget(p);
    fail_at(call, skip, -ENOSPC);
    apply(p, saying(p, 1, "#lobby", "lost"));
    apply(p, saying(p, 2, "#new", "lost"));
    apply(p, titling(p, 1, "#new", "lost"));
    apply(p, saying(p, 2, "#lobby", "lost"));
    play_commit(p);
    assert_null(fault.call);
    assert_int_equal(p->commit, -ENOSPC);
}

static void
wherever_a_batch_fails_nothing_of_it_stays(void **state)
{
    static const struct {
        const char *call;
        int skip;
    } faults[] = {
        {"store_begin", 0}, {"store_put_message", 0}, {"store_put_room", 0},
        {"store_put_message", 1}, {"store_put_message", 2},
        {"store_set_topic", 0}, {"store_put_message", 3}, {"store_commit", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        struct play *p = play_new();

        batch_with_a_fault(p, faults[i].call, faults[i].skip);
        expect(p, "w0 s1 denied storage_full #lobby\n"
                  "w0 s1 denied storage_full #new\n"
                  "w1 s2 denied storage_full #new\n"
                  "w1 s2 denied storage_full #lobby\n");
        expect_log(p, 1, "1 alice kept\n");
        expect_log(p, 2, "");
        play_free(p);
    }
}

static void
after_a_failed_batch_the_next_one_is_as_if_it_had_not_been(void **state)
{
    struct play *p = *state;

    batch_with_a_fault(p, "store_commit", 0);
    forget(p);
    say(p, 2, "#new", "first");
    act(p, titling(p, 1, "#lobby", "Title"));
    expect(p, "w0 room 2 message 1 bob first\n"
              "w1 room 2 message 1 bob first\n"
              "w1 s2 posted 1\n"
              "w0 room 1 message 2 topic alice Title\n"
              "w0 s1 done\n"
              "w1 room 1 message 2 topic alice Title\n");
    join(p, 1, "#new");
    expect(p, "w0 s1 subscribed 1 #new 2\n");
    play_restart(p);
    settle(p, 1, "alice");
    join(p, 1, "#new");
    expect(p, "w0 s1 hears 2 after 1/1: subscribed 1 #new 1\n");
    expect_log(p, 1, "1 alice kept\n"
                     "2 alice Title\n");
}

static void
what_was_not_stored_stays_in_a_failed_batch(void **state)
{
    struct play *p = *state;

    two_people(p);
    enter(p, 3, "carol");
    forget(p);
    fail_at("store_commit", 0, -ENOSPC);
    apply(p, saying(p, 1, "#lobby", "lost"));
    apply(p, titling(p, 1, "#lobby", "Lost"));
    apply(p, joining(p, 3, "#lobby"));
    apply(p, joining(p, 3, "#lobby"));
    play_commit(p);
    expect(p, "w0 s1 denied storage_full #lobby\n"
              "w0 s1 denied storage_full #lobby\n"
              "w0 s3 hears 1 after 1/1: subscribed 1 #lobby 3\n"
              "w0 room 1 joined carol 3 -s3\n"
              "w0 s3 subscribed 1 #lobby 3\n"
              "w1 room 1 joined carol 3 -s3\n");
    say(p, 2, "#lobby", "hi");
    expect(p, "w0 room 1 message 2 bob hi\n"
              "w1 room 1 message 2 bob hi\n"
              "w1 s2 posted 2\n");
}

static void
a_corrected_subscription_is_still_the_answer(void **state)
{
    struct play *p = *state;
    struct parcel_list l = {0};
    struct parcel *got;

    two_people(p);
    enter(p, 4, "dave");
    forget(p);
    fail_at("store_commit", 0, -ENOSPC);
    apply(p, saying(p, 1, "#lobby", "lost"));
    apply(p, joining(p, 4, "#lobby"));
    hub_commit(p->hub);
    hub_take(p->hub, 1, &l);
    got = parcel_list_pop(&l);
    assert_int_equal(got->kind, PARCEL_SUBSCRIBE);
    assert_int_equal(got->event->request, p->request);
    assert_int_equal(got->event->command, COMMAND_JOIN);
    assert_int_equal(got->event->room, 1);
    assert_int_equal(got->event->room_kind, ROOM_CHANNEL);
    parcel_free(&got);
    parcel_list_done(&l);
}

static void
a_post_sent_again_after_a_failure_is_posted(void **state)
{
    struct play *p = *state;
    struct command *c;

    two_people(p);
    fail_at("store_commit", 0, -ENOSPC);
    for (int i = 0; i < 2; i++) {
        c = saying(p, 1, "#lobby", "once");
        c->cid.b[0] = 1;
        apply(p, c);
    }
    play_commit(p);
    expect(p, "w0 s1 denied storage_full #lobby\n"
              "w0 s1 denied storage_full #lobby\n");
    for (int i = 0; i < 2; i++) {
        c = saying(p, 1, "#lobby", "once");
        c->cid.b[0] = 1;
        act(p, c);
    }
    expect(p, "w0 room 1 message 2 alice once\n"
              "w0 s1 posted 2\n"
              "w1 room 1 message 2 alice once\n"
              "w0 s1 posted again 2\n");
}

static void
an_answer_to_an_older_post_survives_a_failed_batch(void **state)
{
    struct play *p = *state;
    struct command *c;

    two_people(p);
    c = saying(p, 1, "#lobby", "once");
    c->cid.b[0] = 1;
    act(p, c);
    forget(p);
    fail_at("store_commit", 0, -ENOSPC);
    apply(p, saying(p, 1, "#lobby", "lost"));
    c = saying(p, 1, "#lobby", "once");
    c->cid.b[0] = 1;
    apply(p, c);
    play_commit(p);
    expect(p, "w0 s1 denied storage_full #lobby\n"
              "w0 s1 posted again 2\n");
}

static void
a_room_that_a_failed_batch_made_goes_when_it_is_empty(void **state)
{
    struct play *p = *state;

    two_people(p);
    join(p, 1, "#new");
    fail_at("store_commit", 0, -ENOSPC);
    apply(p, saying(p, 1, "#new", "lost"));
    apply(p, play_command(p, COMMAND_PART, 1, "#new", NULL, NULL));
    assert_int_equal(metrics_sum(p->metrics, METRIC_rooms), 2);
    play_commit(p);
    assert_int_equal(metrics_sum(p->metrics, METRIC_rooms), 1);

    join(p, 1, "#new");
    apply(p, saying(p, 1, "#new", "kept"));
    apply(p, play_command(p, COMMAND_PART, 1, "#new", NULL, NULL));
    play_commit(p);
    assert_int_equal(metrics_sum(p->metrics, METRIC_rooms), 2);
}

static void
a_direct_room_that_was_left_in_its_batch_leaves_memory(void **state)
{
    struct play *p = *state;

    two_people(p);
    apply(p, saying(p, 1, "@bob", "bye"));
    apply(p, leaving(p, 1, "", true));
    apply(p, leaving(p, 2, "", true));
    assert_int_equal(metrics_sum(p->metrics, METRIC_rooms), 2);
    play_commit(p);
    assert_int_equal(metrics_sum(p->metrics, METRIC_rooms), 1);
    expect_log(p, 2, "1 alice bye\n");
}

static void
a_failed_batch_leaves_no_mark_in_time(void **state)
{
    struct play *p = *state;
    struct parcel_list l = {0};
    struct parcel *got;

    two_people(p);
    fail_at("store_commit", 0, -ENOSPC);
    p->now_ms += 5000;
    say(p, 1, "#lobby", "lost");
    p->now_ms -= 4000;
    forget(p);
    apply(p, saying(p, 1, "#lobby", "kept"));
    hub_take(p->hub, 0, &l);
    got = parcel_list_pop(&l);
    assert_int_equal(got->event->time_ms, PLAY_NOON + 1000);
    parcel_free(&got);
    parcel_list_done(&l);
}

static void
after_an_input_output_error_nothing_is_written_any_more(void **state)
{
    struct play *p = *state;

    two_people(p);
    fail_at("store_commit", 0, -EIO);
    say(p, 1, "#lobby", "lost");
    assert_int_equal(p->commit, -EIO);
    expect(p, "w0 s1 denied storage_broken #lobby\n");
    apply(p, saying(p, 1, "#lobby", "refused"));
    apply(p, titling(p, 2, "#lobby", "refused"));
    apply(p, saying(p, 2, "@alice", "refused"));
    apply(p, play_command(p, COMMAND_HISTORY, 1, "#lobby", NULL, NULL));
    play_commit(p);
    assert_int_equal(p->commit, 0);
    expect(p, "w0 s1 denied storage_broken #lobby\n"
              "w0 s1 hears 2 after 0/0: subscribed @bob 2\n"
              "w1 s2 denied storage_broken #lobby\n"
              "w1 s2 hears 2 after 0/0: subscribed @alice 2\n"
              "w1 s2 denied storage_broken @alice\n");
    expect_log(p, 1, "1 alice kept\n");
    struct read_job *j = hub_take_jobs(p->hub);
    assert_non_null(j);
    free(j);
}

static void
a_question_that_fails_refuses_the_batch(void **state)
{
    struct play *p = *state;
    struct command *c;

    two_people(p);
    fail_at("store_find_post", 0, -EIO);
    apply(p, saying(p, 1, "#lobby", "lost"));
    c = saying(p, 2, "#lobby", "which?");
    c->cid.b[0] = 1;
    apply(p, c);
    play_commit(p);
    assert_int_equal(p->commit, -EIO);
    expect(p, "w0 s1 denied storage_broken #lobby\n"
              "w1 s2 denied storage_broken #lobby\n");
}

static void
a_direct_room_that_cannot_be_looked_for_is_refused(void **state)
{
    struct play *p = *state;

    two_people(p);
    fail_at("store_find_room", 0, -ENOSPC);
    join(p, 1, "@bob");
    assert_int_equal(p->commit, -ENOSPC);
    expect(p, "w0 s1 denied storage_full @bob\n");
    join(p, 1, "@bob");
    expect(p, "w0 s1 hears 2 after 0/0: subscribed @bob 1\n");
}

static void
a_room_that_cannot_be_looked_for_by_its_number_is_refused(void **state)
{
    struct play *p = *state;
    struct command *c;

    two_people(p);
    fail_at("store_find_room_id", 0, -EIO);
    c = joining(p, 1, "");
    c->room = 99;
    act(p, c);
    assert_int_equal(p->commit, -EIO);
    expect(p, "w0 s1 denied storage_broken\n");
}

static void
a_topic_changed_twice_in_a_failed_batch_goes_back_to_the_first(void **state)
{
    struct play *p = *state;

    two_people(p);
    act(p, titling(p, 1, "#lobby", "First"));
    fail_at("store_commit", 0, -ENOSPC);
    apply(p, titling(p, 1, "#lobby", "Second"));
    apply(p, titling(p, 1, "#lobby", "Third"));
    play_commit(p);
    forget(p);
    join(p, 1, "#lobby");
    expect(p, "w0 s1 subscribed 2 #lobby First 2\n");
}

static void
a_hub_that_cannot_read_its_rooms_does_not_start(void **state)
{
    struct play *p = *state;
    struct hub *h = NULL;
    struct err e = {0};

    fail_at("store_each_channel", 0, -EIO);
    assert_int_equal(hub_new(p->store, &p->options, p->shard, &h, &e), -EIO);
    assert_null(h);
    assert_int_equal(e.code, EIO);
    assert_non_null(strstr(e.text, "loquat.db"));
}

/* ---- for real ---- */

static void
limit_file_size(rlim_t bytes)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* Every acknowledged message is there, no other is, and seqs have no gap. */
static void
a_full_disk_loses_nothing_that_was_acknowledged(void **state)
{
    struct play *p = *state;
    struct buf want;
    uint64_t posted = 0, refused = 0;

    buf_init(&want, 1 << 20);
    two_people(p);
    play_put(&want, "1 alice kept\n");
    signal(SIGXFSZ, SIG_IGN);
    limit_file_size(256 << 10);
    for (int i = 0; i < 300 && refused < 20; i++) {
        char text[32];

        snprintf(text, sizeof text, "message number %d", i);
        say(p, 1, "#lobby", text);
        if (p->commit == 0)
            play_put(&want, "%llu alice %s\n",
                     (unsigned long long)(++posted + 1), text);
        else
            refused++;
        assert_int_equal(str_starts_nocase(buf_str(&p->heard),
                                           "w0 s1 denied storage_full"),
                         p->commit != 0);
        forget(p);
    }
    limit_file_size(RLIM_INFINITY);
    assert_true(posted > 5);
    assert_true(refused >= 20);
    say(p, 1, "#lobby", "space again");
    assert_int_equal(p->commit, 0);
    play_put(&want, "%llu alice space again\n",
             (unsigned long long)(posted + 2));
    play_restart(p);
    must(buf_append(&want, "", 1) == 0);
    expect_log(p, 1, want.p);
    buf_done(&want);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        batch_test(a_failed_commit_turns_answers_into_refusals),
        batch_test(a_refusal_keeps_the_place_and_the_request_of_the_answer),
        cmocka_unit_test(wherever_a_batch_fails_nothing_of_it_stays),
        batch_test(after_a_failed_batch_the_next_one_is_as_if_it_had_not_been),
        batch_test(what_was_not_stored_stays_in_a_failed_batch),
        batch_test(a_corrected_subscription_is_still_the_answer),
        batch_test(a_post_sent_again_after_a_failure_is_posted),
        batch_test(an_answer_to_an_older_post_survives_a_failed_batch),
        batch_test(a_room_that_a_failed_batch_made_goes_when_it_is_empty),
        batch_test(a_direct_room_that_was_left_in_its_batch_leaves_memory),
        batch_test(a_failed_batch_leaves_no_mark_in_time),
        batch_test(after_an_input_output_error_nothing_is_written_any_more),
        batch_test(a_question_that_fails_refuses_the_batch),
        batch_test(a_direct_room_that_cannot_be_looked_for_is_refused),
        batch_test(a_room_that_cannot_be_looked_for_by_its_number_is_refused),
        batch_test(
            a_topic_changed_twice_in_a_failed_batch_goes_back_to_the_first),
        batch_test(a_hub_that_cannot_read_its_rooms_does_not_start),
        batch_test(a_full_disk_loses_nothing_that_was_acknowledged),
    };

    return cmocka_run_group_tests(tests, play_group, NULL);
}
