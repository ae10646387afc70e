/* SPDX-License-Identifier: MIT
 *
 * Lagging: a receiver that cannot keep up misses nothing, gets nothing twice,
 * and gets everything in order. */
#include "hub/fanout_impl.h"
#include "hub/world_test.h"

static void
a_congested_receiver_gets_from_the_log_what_it_missed(void **state)
{
    struct world *w = *state;
    struct fake *a = listener(w, 1, 7, 0);
    struct fake *b = listener(w, 2, 7, 0);

    a->soft_limit = 9;
    for (uint64_t seq = 1; seq <= 30; seq++) {
        mail_messages(w, 7, seq, seq);
        deliver_mail(w);
    }
    assert_true(a->r.lagging);
    expect_messages(a, 0, 7, 1, 10);
    expect_messages(b, 0, 7, 1, 30);
    assert_null(fake_jobs);

    fake_drain(w->fanout, a);
    read_page(w, 30);
    deliver_mail(w);
    expect_messages(a, 0, 7, 1, 30);
    assert_int_equal(a->last_answer.kind, EVENT_CAUGHT_UP);
    assert_int_equal(a->last_answer.seq, 30);
    assert_int_equal(a->last_answer.room, 7);

    fake_drain(w->fanout, a);
    assert_false(a->r.lagging);
    mail_messages(w, 7, 31, 31);
    deliver_mail(w);
    expect_messages(a, 0, 7, 1, 31);
    assert_null(fake_jobs);
    assert_int_equal(metrics_sum(w->metrics, METRIC_lagging), 0);
    assert_int_equal(metrics_sum(w->metrics, METRIC_lagging_total), 1);
    assert_int_equal(metrics_sum(w->metrics, METRIC_catchup_pages_total), 1);
    fake_free(w->fanout, &a);
    fake_free(w->fanout, &b);
}

static void
a_page_waits_for_who_has_become_congested_meanwhile(void **state)
{
    struct world *w = *state;
    struct fake *a = listener(w, 1, 7, 0);

    a->soft_limit = 9;
    mail_messages(w, 7, 1, 10);
    deliver_mail(w);
    mail_messages(w, 7, 11, 30);
    deliver_mail(w);
    fake_drain(w->fanout, a);
    assert_true(a->r.page_asked);
    a->queued = 10;          /* answers, or a file */
    read_page(w, 30);
    deliver_mail(w);
    expect_messages(a, 0, 7, 1, 10);
    assert_true(a->r.lagging);
    assert_false(a->r.page_asked);

    a->soft_limit = 100;
    fake_drain(w->fanout, a);
    expect_messages(a, 0, 7, 1, 30);
    assert_null(fake_jobs);
    assert_false(a->r.lagging);
    fake_free(w->fanout, &a);
}

static void
a_join_that_resumes_is_fed_right_after_its_answer(void **state)
{
    struct world *w = *state;
    struct fake *a = fake_new(w->fanout, 1);

    mail_welcome(w, 1);
    mail_subscribe(w, 1, 7, 3, 8);
    deliver_mail(w);
    assert_int_equal(a->last_answer.kind, EVENT_SUBSCRIBED);
    assert_true(a->r.lagging && a->r.page_asked);

    read_page(w, 8);
    deliver_mail(w);
    expect_messages(a, 0, 7, 4, 8);
    assert_false(a->r.lagging);
    fake_free(w->fanout, &a);
}

static void
live_messages_that_come_before_the_page_come_after_it(void **state)
{
    struct world *w = *state;
    struct fake *a = fake_new(w->fanout, 1);

    mail_welcome(w, 1);
    mail_subscribe(w, 1, 7, 3, 8);
    mail_messages(w, 7, 9, 9);
    deliver_mail(w);
    read_page(w, 8);
    mail_messages(w, 7, 10, 10);
    deliver_mail(w);
    expect_messages(a, 0, 7, 4, 8);

    read_page(w, 12);
    mail_messages(w, 7, 11, 13);
    deliver_mail(w);
    expect_messages(a, 0, 7, 4, 13);
    assert_null(fake_jobs);
    fake_free(w->fanout, &a);
}

static void
a_long_way_is_gone_in_pages_each_after_the_one_before_has_drained(void **state)
{
    struct world *w = *state;
    struct fake *a = fake_new(w->fanout, 1);
    unsigned pages = 0;

    a->soft_limit = 50;
    mail_welcome(w, 1);
    mail_subscribe(w, 1, 7, 0, 1000);
    deliver_mail(w);
    while (a->r.lagging) {
        if (fake_jobs != NULL) {
            read_page(w, 1000);
            pages++;
        }
        deliver_mail(w);
        assert_true(!a->r.page_asked);
        assert_true(a->queued <= 200);
        fake_drain(w->fanout, a);
    }
    assert_int_equal(pages, 5);
    expect_messages(a, 0, 7, 1, 1000);
    fake_free(w->fanout, &a);
}

static void
a_page_leaves_out_ones_own_messages(void **state)
{
    struct world *w = *state;
    struct fake *a = fake_new(w->fanout, 1);

    a->r.skip_own = true;
    mail_welcome(w, 1);
    mail_subscribe(w, 1, 7, 0, 10);
    deliver_mail(w);
    read_page(w, 10);
    deliver_mail(w);

    assert_int_equal(a->n, 8);
    assert_int_equal(fanout_subscription(&a->r, 7)->cursor, 10);
    assert_false(a->r.lagging);
    fake_free(w->fanout, &a);
}

static void
what_is_not_in_the_log_passes_a_congested_receiver_by(void **state)
{
    struct world *w = *state;
    struct fake *a = listener(w, 1, 7, 0);

    a->soft_limit = 0;
    a->queued = 1;
    mail(w, PARCEL_ROOM, 0, 7, plain_event(EVENT_JOINED, 7));
    deliver_mail(w);
    assert_int_equal(a->n, 0);
    assert_true(a->r.lagging);

    fake_drain(w->fanout, a);
    assert_false(a->r.lagging);
    assert_null(fake_jobs);
    mail(w, PARCEL_ROOM, 0, 7, plain_event(EVENT_LEFT, 7));
    deliver_mail(w);
    assert_int_equal(a->n, 1);
    fake_free(w->fanout, &a);
}

/* Half drained is below the soft limit, and still not enough. */
static void
nothing_is_live_before_the_queue_has_drained(void **state)
{
    struct world *w = *state;
    struct fake *a = listener(w, 1, 7, 0);

    a->soft_limit = 9;
    mail_messages(w, 7, 1, 10);
    mail(w, PARCEL_ROOM, 0, 7, plain_event(EVENT_JOINED, 7));
    deliver_mail(w);
    a->queued = 5;
    mail(w, PARCEL_ROOM, 0, 7, plain_event(EVENT_LEFT, 7));
    mail_messages(w, 7, 11, 11);
    deliver_mail(w);
    expect_messages(a, 0, 7, 1, 10);
    assert_null(fake_jobs);

    fake_drain(w->fanout, a);
    read_page(w, 11);
    deliver_mail(w);
    expect_messages(a, 0, 7, 1, 11);
    fake_free(w->fanout, &a);
}

static void
answers_pass_while_lagging(void **state)
{
    struct world *w = *state;
    struct fake *a = listener(w, 1, 7, 0);

    a->queued = FAKE_LOG_MAX + 1;
    mail_messages(w, 7, 1, 1);
    mail(w, PARCEL_SESSION, 1, 0, plain_event(ANSWER_POSTED, 7));
    deliver_mail(w);

    assert_int_equal(a->n, 0);
    assert_int_equal(a->last_answer.kind, ANSWER_POSTED);
    fake_free(w->fanout, &a);
}

/* One room's backlog does not hold up another, once the queue has room. */
static void
a_room_that_is_not_behind_is_live_while_another_is_fed(void **state)
{
    struct world *w = *state;
    struct fake *a = listener(w, 1, 7, 0);

    mail_subscribe(w, 1, 8, 0, 300);
    mail_messages(w, 7, 1, 2);
    mail(w, PARCEL_ROOM, 0, 7, plain_event(EVENT_JOINED, 7));
    mail(w, PARCEL_ROOM, 0, 8, plain_event(EVENT_JOINED, 8));
    deliver_mail(w);

    assert_true(a->r.lagging);
    assert_int_equal(a->n, 3);
    assert_int_equal(a->log[1].seq, 2);
    assert_int_equal(a->log[2].room, 7);
    fake_free(w->fanout, &a);
}

static void
rooms_that_are_behind_take_turns(void **state)
{
    struct world *w = *state;
    struct fake *a = fake_new(w->fanout, 1);
    const uint64_t turns[] = {7, 7, 8, 7, 8, 8};   /* 8 comes a page later */

    mail_welcome(w, 1);
    mail_subscribe(w, 1, 7, 0, 500);
    mail_subscribe(w, 1, 8, 0, 500);
    deliver_mail(w);
    for (unsigned i = 0; i < 6; i++) {
        assert_int_equal(fake_jobs->query.room, turns[i]);
        read_page(w, 500);
        deliver_mail(w);
    }
    assert_false(a->r.lagging);
    assert_int_equal(a->n, 1000);
    fake_free(w->fanout, &a);
}

static void
a_gap_is_filled_from_the_log(void **state)
{
    struct world *w = *state;
    struct fake *a = listener(w, 1, 7, 0);

    mail_messages(w, 7, 4, 4);
    deliver_mail(w);
    assert_int_equal(a->n, 0);
    read_page(w, 4);
    deliver_mail(w);

    expect_messages(a, 0, 7, 1, 4);
    fake_free(w->fanout, &a);
}

static void
a_page_for_a_room_that_was_left_is_dropped(void **state)
{
    struct world *w = *state;
    struct fake *a = fake_new(w->fanout, 1);

    mail_welcome(w, 1);
    mail_subscribe(w, 1, 7, 0, 8);
    mail_subscribe(w, 1, 9, 0, 2);
    mail(w, PARCEL_UNSUBSCRIBE, 1, 7, plain_event(EVENT_UNSUBSCRIBED, 7));
    deliver_mail(w);
    read_page(w, 8);
    deliver_mail(w);
    assert_int_equal(a->n, 0);

    read_page(w, 2);
    deliver_mail(w);
    expect_messages(a, 0, 9, 1, 2);
    assert_false(a->r.lagging);
    fake_free(w->fanout, &a);
}

/* The old page began elsewhere: taking it would leave a hole. */
static void
a_page_asked_before_the_room_was_joined_again_is_dropped(void **state)
{
    struct world *w = *state;
    struct fake *a = fake_new(w->fanout, 1);

    mail_welcome(w, 1);
    mail_subscribe(w, 1, 7, 5, 8);
    mail(w, PARCEL_UNSUBSCRIBE, 1, 7, plain_event(EVENT_UNSUBSCRIBED, 7));
    mail_subscribe(w, 1, 7, 2, 8);
    deliver_mail(w);
    read_page(w, 8);
    deliver_mail(w);
    assert_int_equal(a->n, 0);

    read_page(w, 8);
    deliver_mail(w);
    expect_messages(a, 0, 7, 3, 8);
    fake_free(w->fanout, &a);
}

static void
expect_unreadable(struct world *w, struct fake *a)
{
    deliver_mail(w);
    assert_int_equal(a->ends, 1);
    assert_string_equal(a->end_text, "the history could not be read");
    fake_drain(w->fanout, a);
    assert_null(fake_jobs);
}

static void
an_unreadable_history_ends_the_session(void **state)
{
    struct world *w = *state;
    struct fake *a = fake_new(w->fanout, 1);

    mail_welcome(w, 1);
    mail_subscribe(w, 1, 7, 0, 8);
    deliver_mail(w);
    free(take_job());
    mail(w, PARCEL_CATCHUP, 1, 7, plain_event(ANSWER_DENIED, 7));
    expect_unreadable(w, a);
    fake_free(w->fanout, &a);
}

static void
a_log_without_what_was_said_ends_the_session(void **state)
{
    struct world *w = *state;
    struct fake *a = fake_new(w->fanout, 1);

    mail_welcome(w, 1);
    mail_subscribe(w, 1, 7, 5, 8);
    deliver_mail(w);
    read_page(w, 5);
    expect_unreadable(w, a);
    fake_free(w->fanout, &a);
}

/* The worker was told of seq 8, and the log has 10: those two may be newer than
 * a removal that is still on its way. */
static void
a_page_shows_no_more_than_the_worker_was_told(void **state)
{
    struct world *w = *state;
    struct fake *a = fake_new(w->fanout, 1);

    mail_welcome(w, 1);
    mail_subscribe(w, 1, 7, 5, 8);
    deliver_mail(w);
    read_page(w, 10);
    deliver_mail(w);
    expect_messages(a, 0, 7, 6, 8);
    assert_false(a->r.lagging);
    mail_messages(w, 7, 9, 10);
    deliver_mail(w);
    expect_messages(a, 0, 7, 6, 10);
    fake_free(w->fanout, &a);
}

/* The page after the cursor has nothing, and all below first_seq is gone. */
static void
mail_gone(struct world *w, uint64_t first_seq)
{
    struct read_job *job = take_job();
    struct event *e = plain_event(ANSWER_PAGE, job->query.room);

    e->seq = job->query.at;
    e->delivered = first_seq;
    mail(w, PARCEL_CATCHUP, job->session, job->query.room, e);
    deliver_mail(w);
    free(job);
}

static void
what_is_not_kept_any_more_is_passed_over(void **state)
{
    struct world *w = *state;
    struct fake *a = fake_new(w->fanout, 1);

    mail_welcome(w, 1);
    mail_subscribe(w, 1, 7, 5, 8);
    mail_messages(w, 7, 9, 9);
    deliver_mail(w);
    mail_gone(w, 9);
    assert_true(a->r.lagging);
    read_page(w, 9);
    deliver_mail(w);
    assert_int_equal(a->ends, 0);
    expect_messages(a, 0, 7, 9, 9);
    assert_false(a->r.lagging);

    mail_messages(w, 7, 10, 10);
    deliver_mail(w);
    expect_messages(a, 0, 7, 9, 10);
    fake_free(w->fanout, &a);
}

static void
who_waits_for_nothing_but_what_is_gone_has_caught_up(void **state)
{
    struct world *w = *state;
    struct fake *a = fake_new(w->fanout, 1);

    mail_welcome(w, 1);
    mail_subscribe(w, 1, 7, 5, 8);
    deliver_mail(w);
    mail_gone(w, 9);
    assert_int_equal(a->ends, 0);
    assert_int_equal(a->last_answer.kind, EVENT_CAUGHT_UP);
    assert_int_equal(a->last_answer.seq, 8);
    assert_false(a->r.lagging);
    assert_null(fake_jobs);
    fake_free(w->fanout, &a);
}

static void
an_empty_page_without_a_reason_ends_the_session(void **state)
{
    struct world *w = *state;
    struct fake *a = fake_new(w->fanout, 1);

    mail_welcome(w, 1);
    mail_subscribe(w, 1, 7, 5, 8);
    deliver_mail(w);
    mail_gone(w, 6);
    expect_unreadable(w, a);
    fake_free(w->fanout, &a);
}

/* --- Pages in common ---------------------------------------------------- */

static unsigned
jobs_waiting(void)
{
    unsigned n = 0;

    for (const struct read_job *j = fake_jobs; j != NULL; j = j->next)
        n++;
    return n;
}

static void
those_who_need_the_same_page_ask_for_it_once(void **state)
{
    enum { RETURNING = 40 };
    struct world *w = *state;
    struct fake *f[RETURNING];

    for (unsigned i = 0; i < RETURNING; i++) {
        f[i] = fake_new(w->fanout, i + 1);
        mail_welcome(w, i + 1);
        mail_subscribe(w, i + 1, 7, 0, 500);
    }
    deliver_mail(w);
    for (unsigned page = 0; page < 3; page++) {
        assert_int_equal(jobs_waiting(), 1);
        read_page(w, 500);
        deliver_mail(w);
    }
    assert_null(fake_jobs);
    assert_int_equal(fake_encodes, 500);
    for (unsigned i = 0; i < RETURNING; i++) {
        expect_messages(f[i], 0, 7, 1, 500);
        assert_int_equal(f[i]->slabs, 3);
        assert_false(f[i]->r.lagging);
        fake_free(w->fanout, &f[i]);
    }
}

/* From wherever they come, they meet at the end of their first page. */
static void
those_who_come_from_elsewhere_meet_on_the_second_page(void **state)
{
    struct world *w = *state;
    struct fake *a = fake_new(w->fanout, 1), *b = fake_new(w->fanout, 2);

    mail_welcome(w, 1);
    mail_welcome(w, 2);
    mail_subscribe(w, 1, 7, 17, 400);
    mail_subscribe(w, 2, 7, 151, 400);
    deliver_mail(w);
    assert_int_equal(jobs_waiting(), 2);
    read_page(w, 400);
    read_page(w, 400);
    deliver_mail(w);
    assert_int_equal(jobs_waiting(), 1);
    read_page(w, 400);
    deliver_mail(w);

    expect_messages(a, 0, 7, 18, 400);
    expect_messages(b, 0, 7, 152, 400);
    fake_free(w->fanout, &a);
    fake_free(w->fanout, &b);
}

static void
a_page_is_kept_while_somebody_lags_and_no_longer(void **state)
{
    struct world *w = *state;
    struct fake *slow = listener(w, 1, 7, 0), *a = fake_new(w->fanout, 2);

    slow->queued = FAKE_LOG_MAX + 1;
    mail_messages(w, 7, 1, 150);
    mail_welcome(w, 2);
    mail_subscribe(w, 2, 7, 0, 150);
    deliver_mail(w);
    read_page(w, 150);
    deliver_mail(w);
    expect_messages(a, 0, 7, 1, 150);
    assert_true(slow->r.lagging);

    fake_drain(w->fanout, slow);
    assert_null(fake_jobs);
    expect_messages(slow, 0, 7, 1, 150);
    assert_false(slow->r.lagging);

    mail_subscribe(w, 2, 7, 0, 150);
    deliver_mail(w);
    assert_int_equal(jobs_waiting(), 1);
    fake_free(w->fanout, &slow);
    fake_free(w->fanout, &a);
}

static void
a_page_whose_waiters_have_left_is_not_kept(void **state)
{
    struct world *w = *state;
    struct fake *a = fake_new(w->fanout, 1);

    mail_welcome(w, 1);
    mail_subscribe(w, 1, 7, 0, 10);
    deliver_mail(w);
    fake_free(w->fanout, &a);
    read_page(w, 10);
    deliver_mail(w);

    assert_int_equal(w->fanout->pages.kept_n, 0);
    assert_int_equal(w->fanout->pages.by_place.count, 0);
}

/* Also through a page that is here already, and without asking for others. */
static void
a_page_leaves_out_what_one_of_many_may_not_hear(void **state)
{
    struct world *w = *state;
    struct fake *a = fake_new(w->fanout, 1), *b = fake_new(w->fanout, 2);

    a->r.skip_own = true;
    mail_welcome(w, 1);
    mail_welcome(w, 2);
    mail_subscribe(w, 1, 7, 0, 10);
    mail_subscribe(w, 2, 7, 0, 10);
    deliver_mail(w);
    read_page(w, 10);
    deliver_mail(w);

    assert_int_equal(a->n, 8);
    expect_messages(b, 0, 7, 1, 10);
    fake_free(w->fanout, &a);
    fake_free(w->fanout, &b);
}

static void
an_unreadable_page_ends_all_who_wait_for_it(void **state)
{
    struct world *w = *state;
    struct fake *a = fake_new(w->fanout, 1), *b = fake_new(w->fanout, 2);

    mail_welcome(w, 1);
    mail_welcome(w, 2);
    mail_subscribe(w, 1, 7, 0, 10);
    mail_subscribe(w, 2, 7, 0, 10);
    deliver_mail(w);
    free(take_job());
    mail(w, PARCEL_CATCHUP, 0, 7, plain_event(ANSWER_DENIED, 7));
    deliver_mail(w);

    assert_int_equal(a->ends, 1);
    assert_int_equal(b->ends, 1);
    fake_free(w->fanout, &a);
    fake_free(w->fanout, &b);
}

static void
whoever_leaves_while_lagging_is_not_counted_any_longer(void **state)
{
    struct world *w = *state;
    struct fake *a = fake_new(w->fanout, 1);

    mail_welcome(w, 1);
    mail_subscribe(w, 1, 7, 0, 8);
    deliver_mail(w);
    assert_int_equal(metrics_sum(w->metrics, METRIC_lagging), 1);
    fake_free(w->fanout, &a);
    assert_int_equal(metrics_sum(w->metrics, METRIC_lagging), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        world_unit_test(a_congested_receiver_gets_from_the_log_what_it_missed),
        world_unit_test(a_page_waits_for_who_has_become_congested_meanwhile),
        world_unit_test(a_join_that_resumes_is_fed_right_after_its_answer),
        world_unit_test(live_messages_that_come_before_the_page_come_after_it),
        world_unit_test(
            a_long_way_is_gone_in_pages_each_after_the_one_before_has_drained),
        world_unit_test(a_page_leaves_out_ones_own_messages),
        world_unit_test(what_is_not_in_the_log_passes_a_congested_receiver_by),
        world_unit_test(nothing_is_live_before_the_queue_has_drained),
        world_unit_test(answers_pass_while_lagging),
        world_unit_test(a_room_that_is_not_behind_is_live_while_another_is_fed),
        world_unit_test(rooms_that_are_behind_take_turns),
        world_unit_test(a_gap_is_filled_from_the_log),
        world_unit_test(a_page_for_a_room_that_was_left_is_dropped),
        world_unit_test(
            a_page_asked_before_the_room_was_joined_again_is_dropped),
        world_unit_test(an_unreadable_history_ends_the_session),
        world_unit_test(a_log_without_what_was_said_ends_the_session),
        world_unit_test(a_page_shows_no_more_than_the_worker_was_told),
        world_unit_test(what_is_not_kept_any_more_is_passed_over),
        world_unit_test(who_waits_for_nothing_but_what_is_gone_has_caught_up),
        world_unit_test(an_empty_page_without_a_reason_ends_the_session),
        world_unit_test(whoever_leaves_while_lagging_is_not_counted_any_longer),
        world_unit_test(those_who_need_the_same_page_ask_for_it_once),
        world_unit_test(those_who_come_from_elsewhere_meet_on_the_second_page),
        world_unit_test(a_page_is_kept_while_somebody_lags_and_no_longer),
        world_unit_test(a_page_whose_waiters_have_left_is_not_kept),
        world_unit_test(a_page_leaves_out_what_one_of_many_may_not_hear),
        world_unit_test(an_unreadable_page_ends_all_who_wait_for_it),
    };

    return cmocka_run_group_tests(tests, world_begin, NULL);
}
