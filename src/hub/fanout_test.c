/* SPDX-License-Identifier: MIT
 *
 * The fan-out, live: who is told what, once, and in which encoding. */
#include "hub/world_test.h"

static void
a_message_reaches_everyone_in_its_room_and_nobody_else(void **state)
{
    struct world *w = *state;
    struct fake *a = listener(w, 1, 7, 0);
    struct fake *b = listener(w, 2, 7, 0);
    struct fake *c = listener(w, 3, 8, 0);

    mail_message(w, 7, 1, 1);
    mail_message(w, 7, 2, 1);
    mail_message(w, 99, 1, 1);
    deliver_mail(w);

    expect_messages(a, 0, 7, 1, 2);
    expect_messages(b, 0, 7, 1, 2);
    assert_int_equal(c->n, 0);
    assert_int_equal(metrics_sum(w->metrics, METRIC_deliveries_total), 4);
    fake_free(w->fanout, &a);
    fake_free(w->fanout, &b);
    fake_free(w->fanout, &c);
}

static void
an_event_is_encoded_once_per_encoding(void **state)
{
    struct world *w = *state;
    struct fake *f[6];

    for (unsigned i = 0; i < 6; i++) {
        f[i] = listener(w, i + 1, 7, 0);
        f[i]->r.encoding = i < 3 ? 10 : 40;
    }
    f[5]->last_sub->encoding = 23;

    mail_message(w, 7, 1, 99);
    deliver_mail(w);

    assert_int_equal(fake_encodes, 3);
    assert_int_equal(f[0]->log[0].encoding, 10);
    assert_int_equal(f[4]->log[0].encoding, 40);
    assert_int_equal(f[5]->log[0].encoding, 63);
    for (unsigned i = 0; i < 6; i++)
        fake_free(w->fanout, &f[i]);
}

static void
an_encoding_may_have_nothing_to_say(void **state)
{
    struct world *w = *state;
    struct fake *a = listener(w, 1, 7, 0);
    struct fake *b = listener(w, 2, 7, 0);
    struct fake *c = listener(w, 3, 7, 0);

    fake_mute = 0;
    c->r.encoding = 5;
    mail_message(w, 7, 1, 99);
    mail_message(w, 7, 2, 99);
    deliver_mail(w);

    assert_int_equal(a->n + b->n, 0);
    assert_int_equal(fake_encodes, 4);
    expect_messages(c, 0, 7, 1, 2);
    fake_free(w->fanout, &a);
    fake_free(w->fanout, &b);
    fake_free(w->fanout, &c);
}

static void
a_message_is_never_sent_twice(void **state)
{
    struct world *w = *state;
    struct fake *a = listener(w, 1, 7, 5);

    mail_message(w, 7, 5, 99);
    mail_message(w, 7, 6, 99);
    mail_message(w, 7, 6, 99);
    mail_message(w, 7, 7, 99);
    deliver_mail(w);

    expect_messages(a, 0, 7, 6, 7);
    assert_false(a->r.lagging);
    fake_free(w->fanout, &a);
}

static void
who_skips_its_own_messages_keeps_its_place(void **state)
{
    struct world *w = *state;
    struct fake *a = listener(w, 1, 7, 0);
    struct fake *b = listener(w, 2, 7, 0);

    a->r.skip_own = true;
    mail_message(w, 7, 1, 1);
    mail_message(w, 7, 2, 2);
    deliver_mail(w);

    expect_messages(a, 0, 7, 2, 2);
    expect_messages(b, 0, 7, 1, 2);
    assert_false(a->r.lagging);
    fake_free(w->fanout, &a);
    fake_free(w->fanout, &b);
}

static void
the_excepted_session_is_not_told(void **state)
{
    struct world *w = *state;
    struct fake *a = listener(w, 1, 7, 0);
    struct fake *b = listener(w, 2, 7, 0);

    mail(w, PARCEL_ROOM, 1, 7, plain_event(EVENT_TYPING, 7));
    deliver_mail(w);

    assert_int_equal(a->n, 0);
    assert_int_equal(b->n, 1);
    assert_int_equal(b->log[0].kind, EVENT_TYPING);
    fake_free(w->fanout, &a);
    fake_free(w->fanout, &b);
}

/* Access is asked when the event is delivered, whoever has subscribed. */
static void
what_one_may_not_read_is_not_delivered(void **state)
{
    struct world *w = *state;
    struct fake *a = fake_new(w->fanout, 1);
    struct fake *b = fake_new(w->fanout, 2);
    struct access_room direct = {.kind = ROOM_DIRECT, .peers = {1, 9}};

    for (uint64_t session = 1; session <= 2; session++) {
        mail_welcome(w, session);
        mail(w, PARCEL_SUBSCRIBE, session, 7,
             plain_event(EVENT_SUBSCRIBED, 7))->access = direct;
    }
    mail_message(w, 7, 1, 9);
    mail(w, PARCEL_ROOM, 0, 7, plain_event(EVENT_TYPING, 7));
    mail_message(w, 7, 2, 9);
    deliver_mail(w);

    assert_int_equal(a->n, 3);
    assert_int_equal(b->n, 0);
    assert_null(fake_jobs);
    fake_free(w->fanout, &a);
    fake_free(w->fanout, &b);
}

static void
the_welcome_says_who_it_is_before_it_is_passed_on(void **state)
{
    struct world *w = *state;
    struct fake *a = fake_new(w->fanout, 1);

    assert_false(a->r.entered);
    mail_welcome(w, 1);
    deliver_mail(w);

    assert_true(a->r.entered);
    assert_true(a->r.who.named);
    assert_int_equal(a->r.who.sender_id, 1);
    assert_int_equal(a->last_answer.kind, ANSWER_WELCOME);
    fake_free(w->fanout, &a);
}

static void
who_is_refused_under_a_name_is_somebody_else_from_then_on(void **state)
{
    struct world *w = *state;
    struct fake *a = listener(w, 1, 7, 0);
    struct event *e = plain_event(ANSWER_DENIED, 0);

    e->command = COMMAND_ENTER;
    e->deny = DENY_NAME_TAKEN;
    mail(w, PARCEL_SESSION, 1, 0, e);
    deliver_mail(w);
    assert_false(a->r.who.named);
    assert_int_equal(a->r.who.sender_id, 0);
    assert_true(a->r.entered);
    fake_free(w->fanout, &a);
}

static void
an_announcement_is_for_everyone_who_has_entered(void **state)
{
    struct world *w = *state;
    struct fake *a = listener(w, 1, 7, 0);
    struct fake *b = listener(w, 2, 8, 0);
    struct fake *c = fake_new(w->fanout, 3);

    mail(w, PARCEL_EVERYONE, 0, 0, plain_event(EVENT_ANNOUNCEMENT, 0));
    deliver_mail(w);

    assert_int_equal(a->n, 1);
    assert_int_equal(b->n, 1);
    assert_int_equal(c->n, 0);
    assert_int_equal(fake_encodes, 1);
    fake_free(w->fanout, &a);
    fake_free(w->fanout, &b);
    fake_free(w->fanout, &c);
}

static void
stopping_ends_every_connection_also_those_at_the_door(void **state)
{
    struct world *w = *state;
    struct fake *a = listener(w, 1, 7, 0);
    struct fake *b = fake_new(w->fanout, 2);

    mail(w, PARCEL_EVERYONE, 0, 0, plain_event(EVENT_STOPPING, 0));
    deliver_mail(w);

    assert_int_equal(a->ends, 1);
    assert_int_equal(b->ends, 1);
    assert_int_equal(fake_encodes, 0);
    fake_free(w->fanout, &a);
    fake_free(w->fanout, &b);
}

static void
a_close_ends_that_session(void **state)
{
    struct world *w = *state;
    struct fake *a = listener(w, 1, 7, 0);
    struct fake *b = listener(w, 2, 7, 0);

    mail(w, PARCEL_CLOSE, 1, 0, plain_event(EVENT_CLOSED, 0));
    deliver_mail(w);

    assert_int_equal(a->ends, 1);
    assert_int_equal(b->ends, 0);
    fake_free(w->fanout, &a);
    fake_free(w->fanout, &b);
}

static void
a_subscription_comes_with_its_answer(void **state)
{
    struct world *w = *state;
    struct fake *a = listener(w, 1, 7, 4);

    assert_int_equal(a->last_answer.kind, EVENT_SUBSCRIBED);
    assert_ptr_equal(a->last_sub, fanout_subscription(&a->r, 7));
    assert_int_equal(subscription_room(a->last_sub), 7);
    assert_int_equal(a->last_sub->cursor, 4);
    assert_null(fanout_subscription(&a->r, 8));
    assert_ptr_equal(fanout_find(w->fanout, 1), &a->r);
    fake_free(w->fanout, &a);
    assert_null(fanout_find(w->fanout, 1));
}

static void
subscribing_again_moves_the_cursor(void **state)
{
    struct world *w = *state;
    struct fake *a = listener(w, 1, 7, 4);
    struct subscription *sub = a->last_sub;

    mail_subscribe(w, 1, 7, 2, 4);
    deliver_mail(w);
    assert_ptr_equal(a->last_sub, sub);
    assert_int_equal(sub->cursor, 2);
    assert_true(sub->behind);

    mail_subscribe(w, 1, 7, 4, 4);
    mail_message(w, 7, 5, 99);
    deliver_mail(w);
    assert_false(sub->behind);
    expect_messages(a, 0, 7, 5, 5);
    fake_free(w->fanout, &a);
}

static void
a_cursor_from_the_future_counts_as_the_newest(void **state)
{
    struct world *w = *state;
    struct fake *a = fake_new(w->fanout, 1);

    mail_welcome(w, 1);
    mail_subscribe(w, 1, 7, 1000000, 4);
    mail_message(w, 7, 5, 99);
    deliver_mail(w);

    expect_messages(a, 0, 7, 5, 5);
    fake_free(w->fanout, &a);
}

static void
after_unsubscribing_nothing_comes(void **state)
{
    struct world *w = *state;
    struct fake *a = listener(w, 1, 7, 0);

    mail(w, PARCEL_UNSUBSCRIBE, 1, 7, plain_event(EVENT_UNSUBSCRIBED, 7));
    mail_message(w, 7, 1, 99);
    deliver_mail(w);

    assert_int_equal(a->n, 0);
    assert_int_equal(a->last_answer.kind, EVENT_UNSUBSCRIBED);
    assert_null(fanout_subscription(&a->r, 7));
    fake_free(w->fanout, &a);
}

/* The last one moves into each gap: whoever stays must still be found. */
static void
a_crowd_that_comes_and_goes_leaves_the_others_in_place(void **state)
{
    enum { CROWD = 100 };
    struct world *w = *state;
    struct fake *f[CROWD];

    for (unsigned i = 0; i < CROWD; i++)
        f[i] = listener(w, i + 1, 7, 0);
    for (unsigned i = 0; i < CROWD; i++) {
        if (i % 7 != 3)
            fake_free(w->fanout, &f[i]);
    }
    mail_message(w, 7, 1, 999);
    deliver_mail(w);

    for (unsigned i = 3; i < CROWD; i += 7) {
        expect_messages(f[i], 0, 7, 1, 1);
        fake_free(w->fanout, &f[i]);
    }
}

static void
parcels_for_a_session_that_is_gone_are_dropped(void **state)
{
    struct world *w = *state;
    struct fake *a = listener(w, 1, 7, 0);

    fake_free(w->fanout, &a);
    mail_welcome(w, 1);
    mail_subscribe(w, 1, 7, 0, 3);
    mail(w, PARCEL_UNSUBSCRIBE, 1, 7, plain_event(EVENT_UNSUBSCRIBED, 7));
    mail(w, PARCEL_CATCHUP, 1, 7, plain_event(ANSWER_PAGE, 7));
    mail(w, PARCEL_CLOSE, 1, 0, plain_event(EVENT_CLOSED, 0));
    mail_message(w, 7, 4, 99);
    deliver_mail(w);

    assert_int_equal(fake_encodes, 0);
    assert_null(fake_jobs);
}

static void
a_history_page_is_passed_on_to_who_may_read_it(void **state)
{
    struct world *w = *state;
    struct fake *a = listener(w, 1, 7, 0);

    mail(w, PARCEL_SESSION, 1, 7, plain_event(ANSWER_PAGE, 7));
    deliver_mail(w);

    assert_int_equal(a->last_answer.kind, ANSWER_PAGE);
    fake_free(w->fanout, &a);
}

static void
a_history_page_that_may_not_be_read_becomes_a_refusal(void **state)
{
    struct world *w = *state;
    struct fake *a = listener(w, 1, 7, 0);
    struct event *e = plain_event(ANSWER_PAGE, 8);

    e->request = 42;
    mail(w, PARCEL_SESSION, 1, 8, e)->access =
        (struct access_room){.kind = ROOM_DIRECT, .peers = {5, 6}};
    deliver_mail(w);

    assert_int_equal(a->last_answer.kind, ANSWER_DENIED);
    assert_int_not_equal(a->last_deny, DENY_NONE);
    assert_int_equal(a->last_request, 42);
    fake_free(w->fanout, &a);
}

static struct event *
file_answer(enum event_kind kind)
{
    struct file_facts facts = {.size = 5};
    struct str none = {0};
    struct event *e = event_new_file(kind, str_of("#room"), none,
                                     str_of("photo.webp"), &facts);

    e->request = 42;
    return e;
}

static void
what_is_told_of_files_is_passed_on_to_who_may_read_it(void **state)
{
    struct world *w = *state;
    struct fake *a = listener(w, 1, 7, 0);

    mail(w, PARCEL_SESSION, 1, 7, file_answer(ANSWER_FILES));
    deliver_mail(w);
    assert_int_equal(a->last_answer.kind, ANSWER_FILES);
    fake_free(w->fanout, &a);
}

static void
a_list_of_files_that_may_not_be_read_is_refused(void **state)
{
    struct world *w = *state;
    struct fake *a = listener(w, 1, 7, 0);
    struct access_room others = {.kind = ROOM_DIRECT, .peers = {5, 6}};

    mail(w, PARCEL_SESSION, 1, 8, file_answer(ANSWER_FILES))->access = others;
    deliver_mail(w);
    assert_int_equal(a->last_deny, DENY_NO_SUCH_ROOM);
    assert_int_equal(a->last_request, 42);
    fake_free(w->fanout, &a);
}

/* ---- removals ---- */

static void
mail_revoke(struct world *w, uint64_t session, uint64_t room,
            uint64_t decided)
{
    struct event *e = plain_event(EVENT_REMOVED, room);

    e->deny = DENY_BANNED;
    mail(w, PARCEL_REVOKE, session, room, e)->decided = decided;
}

static void
mail_page(struct world *w, uint64_t session, uint64_t room, uint64_t decided)
{
    mail(w, PARCEL_SESSION, session, room,
         plain_event(ANSWER_PAGE, room))->decided = decided;
}

static void
whoever_is_removed_hears_nothing_from_after_it(void **state)
{
    struct world *w = *state;
    struct fake *a = listener(w, 1, 7, 0);
    struct fake *b = listener(w, 2, 7, 0);

    mail_messages(w, 7, 1, 2);
    mail_revoke(w, 1, 7, 1);
    mail_messages(w, 7, 3, 4);
    deliver_mail(w);
    expect_messages(a, 0, 7, 1, 2);
    assert_int_equal(a->n_at_answer, 2);
    assert_int_equal(a->last_answer.kind, EVENT_REMOVED);
    expect_messages(b, 0, 7, 1, 4);
    fake_free(w->fanout, &a);
    fake_free(w->fanout, &b);
}

static void
a_page_that_was_decided_before_the_removal_is_refused(void **state)
{
    struct world *w = *state;
    struct fake *a = listener(w, 1, 7, 0);

    mail_page(w, 1, 7, 4);
    deliver_mail(w);
    assert_int_equal(a->last_answer.kind, ANSWER_PAGE);
    mail_revoke(w, 1, 7, 5);
    mail_page(w, 1, 7, 4);
    deliver_mail(w);
    assert_int_equal(a->last_answer.kind, ANSWER_DENIED);
    assert_int_equal(a->last_deny, DENY_BANNED);
    mail_page(w, 1, 8, 4);
    deliver_mail(w);
    assert_int_equal(a->last_answer.kind, ANSWER_PAGE);
    mail_page(w, 1, 7, 5);
    deliver_mail(w);
    assert_int_equal(a->last_answer.kind, ANSWER_PAGE);
    fake_free(w->fanout, &a);
}

static void
a_private_room_is_heard_by_those_who_belong_to_it(void **state)
{
    struct world *w = *state;
    struct fake *a = listener(w, 1, 7, 0);
    struct fake *b = listener(w, 2, 7, 0);
    struct event *e = plain_event(EVENT_SETTING, 7);

    mail(w, PARCEL_GRANT, 1, 7, NULL)->grant =
        (struct access_grant){.role = ROLE_MEMBER};
    e->setting = SETTING_PRIVACY;
    mail(w, PARCEL_ROOM, 0, 7, e)->access.privacy = ROOM_HIDDEN;
    mail_messages(w, 7, 1, 3);
    deliver_mail(w);
    expect_messages(a, 1, 7, 1, 3);
    assert_int_equal(b->n, 1);
    fake_free(w->fanout, &a);
    fake_free(w->fanout, &b);
}

static void
a_room_is_called_by_its_new_name(void **state)
{
    struct world *w = *state;
    struct fake *a = listener(w, 1, 7, 8);
    struct fake *b = fake_new(w->fanout, 2);
    struct str none = {0};
    struct event *e = event_new(EVENT_SETTING, str_of("#room"), none,
                                str_of("#hall"), none);
    struct read_job *job;

    e->room = 7;
    e->setting = SETTING_NAME;
    mail(w, PARCEL_ROOM, 0, 7, e);
    mail_welcome(w, 2);
    mail_subscribe(w, 2, 7, 3, 8);
    deliver_mail(w);
    job = take_job();
    assert_string_equal(job->room_name, "#hall");
    free(job);
    fake_free(w->fanout, &a);
    fake_free(w->fanout, &b);
}

static void
freeing_the_fanout_lets_everyone_go(void **state)
{
    struct world *w = *state;
    struct fake *a = listener(w, 1, 7, 0);
    struct fake *b = listener(w, 2, 7, 0);

    fanout_free(&w->fanout);
    assert_null(w->fanout);
    assert_true(list_empty(&a->r.subs));
    free(a);
    free(b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        world_unit_test(a_message_reaches_everyone_in_its_room_and_nobody_else),
        world_unit_test(an_event_is_encoded_once_per_encoding),
        world_unit_test(an_encoding_may_have_nothing_to_say),
        world_unit_test(a_message_is_never_sent_twice),
        world_unit_test(who_skips_its_own_messages_keeps_its_place),
        world_unit_test(the_excepted_session_is_not_told),
        world_unit_test(what_one_may_not_read_is_not_delivered),
        world_unit_test(the_welcome_says_who_it_is_before_it_is_passed_on),
        world_unit_test(
            who_is_refused_under_a_name_is_somebody_else_from_then_on),
        world_unit_test(an_announcement_is_for_everyone_who_has_entered),
        world_unit_test(stopping_ends_every_connection_also_those_at_the_door),
        world_unit_test(a_close_ends_that_session),
        world_unit_test(a_subscription_comes_with_its_answer),
        world_unit_test(subscribing_again_moves_the_cursor),
        world_unit_test(a_cursor_from_the_future_counts_as_the_newest),
        world_unit_test(after_unsubscribing_nothing_comes),
        world_unit_test(a_crowd_that_comes_and_goes_leaves_the_others_in_place),
        world_unit_test(parcels_for_a_session_that_is_gone_are_dropped),
        world_unit_test(a_history_page_is_passed_on_to_who_may_read_it),
        world_unit_test(a_history_page_that_may_not_be_read_becomes_a_refusal),
        world_unit_test(what_is_told_of_files_is_passed_on_to_who_may_read_it),
        world_unit_test(a_list_of_files_that_may_not_be_read_is_refused),
        world_unit_test(whoever_is_removed_hears_nothing_from_after_it),
        world_unit_test(a_page_that_was_decided_before_the_removal_is_refused),
        world_unit_test(a_private_room_is_heard_by_those_who_belong_to_it),
        world_unit_test(a_room_is_called_by_its_new_name),
        world_unit_test(freeing_the_fanout_lets_everyone_go),
    };

    return cmocka_run_group_tests(tests, world_begin, NULL);
}
