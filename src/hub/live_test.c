/* SPDX-License-Identifier: MIT
 *
 * Runs: what one mail brings together goes out together, in the order of the
 * mail for each receiver. */
#include "hub/live.h"
#include "hub/world_test.h"

/* The n-th event that f was sent, answers not counted. */
static void
expect_told(const struct fake *f, size_t i, enum event_kind kind, uint64_t seq)
{
    assert_true(i < f->n);
    assert_int_equal(f->log[i].kind, kind);
    assert_int_equal(f->log[i].seq, seq);
}

static void
the_messages_of_one_mail_are_one_slab(void **state)
{
    struct world *w = *state;
    struct fake *a = listener(w, 1, 7, 0);
    struct fake *b = listener(w, 2, 7, 0);

    mail_messages(w, 7, 1, 40);
    deliver_mail(w);

    expect_messages(a, 0, 7, 1, 40);
    expect_messages(b, 0, 7, 1, 40);
    assert_int_equal(a->slabs, 1);
    assert_int_equal(fake_encodes, 40);
    assert_int_equal(metrics_sum(w->metrics, METRIC_deliveries_total), 80);
    fake_free(w->fanout, &a);
    fake_free(w->fanout, &b);
}

static void
two_rooms_in_turn_are_two_slabs(void **state)
{
    struct world *w = *state;
    struct fake *a = listener(w, 1, 7, 0);
    struct fake *b = listener(w, 2, 8, 0);

    for (uint64_t seq = 1; seq <= 10; seq++) {
        mail_message(w, 7, seq, 99);
        mail_message(w, 8, seq, 99);
    }
    deliver_mail(w);

    expect_messages(a, 0, 7, 1, 10);
    expect_messages(b, 0, 8, 1, 10);
    assert_int_equal(a->slabs + b->slabs, 2);
    fake_free(w->fanout, &a);
    fake_free(w->fanout, &b);
}

static void
a_long_run_goes_out_in_parts(void **state)
{
    struct world *w = *state;
    struct fake *a = listener(w, 1, 7, 0);
    uint64_t n = 2 * LIVE_RUN_MESSAGES + 1;

    mail_messages(w, 7, 1, n);
    deliver_mail(w);

    expect_messages(a, 0, 7, 1, n);
    assert_int_equal(a->slabs, 3);
    fake_free(w->fanout, &a);
}

static void
big_messages_make_short_runs(void **state)
{
    static char big[LIVE_RUN_BYTES];
    struct world *w = *state;
    struct fake *a = listener(w, 1, 7, 0);
    struct str none = {0}, text = {big, sizeof big};

    memset(big, 'x', sizeof big);
    for (uint64_t seq = 1; seq <= 3; seq++) {
        struct event *e = event_new(EVENT_MESSAGE, none, none, text, none);

        e->room = 7;
        e->seq = seq;
        mail(w, PARCEL_ROOM, 0, 7, e);
    }
    deliver_mail(w);

    expect_messages(a, 0, 7, 1, 3);
    assert_int_equal(a->slabs, 3);
    fake_free(w->fanout, &a);
}

static void
an_answer_comes_behind_what_was_said_before_it(void **state)
{
    struct world *w = *state;
    struct fake *a = listener(w, 1, 7, 0);
    struct fake *b = listener(w, 2, 7, 0);
    size_t answers = a->answers;

    mail_messages(w, 7, 1, 3);
    mail(w, PARCEL_SESSION, 1, 0, plain_event(ANSWER_POSTED, 7));
    deliver_mail(w);
    assert_int_equal(a->answers, answers + 1);
    assert_int_equal(a->n_at_answer, 3);

    mail_messages(w, 7, 4, 5);
    deliver_mail(w);
    expect_messages(a, 0, 7, 1, 5);
    expect_messages(b, 0, 7, 1, 5);
    assert_int_equal(b->slabs, 2);
    fake_free(w->fanout, &a);
    fake_free(w->fanout, &b);
}

static void
what_is_not_a_message_keeps_its_place(void **state)
{
    struct world *w = *state;
    struct fake *a = listener(w, 1, 7, 0);

    mail_messages(w, 7, 1, 2);
    mail(w, PARCEL_ROOM, 0, 7, plain_event(EVENT_JOINED, 7));
    mail_messages(w, 7, 3, 3);
    mail(w, PARCEL_EVERYONE, 0, 0, plain_event(EVENT_ANNOUNCEMENT, 0));
    mail_messages(w, 7, 4, 4);
    deliver_mail(w);

    assert_int_equal(a->n, 6);
    expect_told(a, 0, EVENT_MESSAGE, 1);
    expect_told(a, 1, EVENT_MESSAGE, 2);
    expect_told(a, 2, EVENT_JOINED, 0);
    expect_told(a, 3, EVENT_MESSAGE, 3);
    expect_told(a, 4, EVENT_ANNOUNCEMENT, 0);
    expect_told(a, 5, EVENT_MESSAGE, 4);
    fake_free(w->fanout, &a);
}

static void
who_comes_and_goes_amid_a_run_hears_its_part(void **state)
{
    struct world *w = *state;
    struct fake *a = listener(w, 1, 7, 0);
    struct fake *b = fake_new(w->fanout, 2);

    mail_messages(w, 7, 1, 2);
    mail_welcome(w, 2);
    mail_subscribe(w, 2, 7, 2, 2);
    mail_messages(w, 7, 3, 4);
    mail(w, PARCEL_UNSUBSCRIBE, 1, 7, plain_event(EVENT_UNSUBSCRIBED, 7));
    mail_messages(w, 7, 5, 6);
    deliver_mail(w);

    expect_messages(a, 0, 7, 1, 4);
    expect_messages(b, 0, 7, 3, 6);
    fake_free(w->fanout, &a);
    fake_free(w->fanout, &b);
}

static void
a_room_that_empties_amid_a_run_is_forgotten(void **state)
{
    struct world *w = *state;
    struct fake *a = listener(w, 1, 7, 0);

    mail_messages(w, 7, 1, 2);
    mail(w, PARCEL_UNSUBSCRIBE, 1, 7, plain_event(EVENT_UNSUBSCRIBED, 7));
    mail_messages(w, 7, 3, 3);
    deliver_mail(w);

    expect_messages(a, 0, 7, 1, 2);
    fake_free(w->fanout, &a);
}

/* Whoever has spoken in a run may be mistaken for another one, never the other
 * way round. */
static void
many_voices_in_a_run_all_skip_their_own(void **state)
{
    enum { VOICES = 48 };
    struct world *w = *state;
    struct fake *f[VOICES];

    for (uint64_t i = 0; i < VOICES; i++) {
        f[i] = listener(w, i + 1, 7, 0);
        f[i]->r.skip_own = true;
    }
    for (uint64_t i = 0; i < VOICES; i++)
        mail_message(w, 7, i + 1, i % 2 ? i + 1 : 256 * i + 1);
    deliver_mail(w);

    for (uint64_t i = 0; i < VOICES; i++) {
        bool spoke = i % 2 || i == 0;

        assert_int_equal(f[i]->n, VOICES - spoke);
        for (size_t k = 0; k < f[i]->n; k++)
            assert_true(!spoke || f[i]->log[k].seq != i + 1);
        fake_free(w->fanout, &f[i]);
    }
}

static void
an_upload_is_handed_to_who_acts_on_it_and_encoded_for_the_others(void **state)
{
    struct world *w = *state;
    struct fake *a = listener(w, 1, 7, 0);
    struct fake *b = listener(w, 2, 7, 0);
    struct fake *c = listener(w, 3, 7, 0);
    size_t answers = a->answers;

    a->r.wants_uploads = c->r.wants_uploads = true;
    mail(w, PARCEL_ROOM, 3, 7, plain_event(EVENT_UPLOADING, 7));
    deliver_mail(w);
    assert_int_equal(a->answers, answers + 1);
    assert_int_equal(a->last_answer.kind, EVENT_UPLOADING);
    assert_ptr_equal(a->last_sub, fanout_subscription(&a->r, 7));
    assert_int_equal(a->n, 0);
    assert_int_equal(b->n, 1);
    assert_int_equal(b->log[0].kind, EVENT_UPLOADING);
    assert_int_not_equal(c->last_answer.kind, EVENT_UPLOADING);
    mail(w, PARCEL_ROOM, 0, 7, plain_event(EVENT_TYPING, 7));
    deliver_mail(w);
    assert_int_equal(a->n, 1);
    fake_free(w->fanout, &a);
    fake_free(w->fanout, &b);
    fake_free(w->fanout, &c);
}

static void
who_may_not_read_is_not_handed_an_upload(void **state)
{
    struct world *w = *state;
    struct fake *a = listener(w, 1, 7, 0);
    struct fake *b = listener(w, 2, 8, 0);
    struct access_room direct = {.kind = ROOM_DIRECT, .peers = {1, 9}};

    mail(w, PARCEL_SUBSCRIBE, 1, 7, plain_event(EVENT_SUBSCRIBED, 7))->access =
        direct;
    mail(w, PARCEL_SUBSCRIBE, 2, 7, plain_event(EVENT_SUBSCRIBED, 7))->access =
        direct;
    a->r.wants_uploads = b->r.wants_uploads = true;
    mail(w, PARCEL_ROOM, 0, 7, plain_event(EVENT_UPLOADING, 7));
    deliver_mail(w);
    assert_int_equal(a->last_answer.kind, EVENT_UPLOADING);
    assert_int_equal(b->last_answer.kind, EVENT_SUBSCRIBED);
    fake_free(w->fanout, &a);
    fake_free(w->fanout, &b);
}

static void
mail_shared(struct world *w, uint64_t room, uint64_t seq, uint64_t sender)
{
    struct event *e = message_event(room, seq, sender);

    e->message_kind = MESSAGE_FILE;
    mail(w, PARCEL_ROOM, 0, room, e);
}

static void
a_shared_file_is_handed_to_whoever_wants_uploads(void **state)
{
    struct world *w = *state;
    struct fake *a = listener(w, 1, 7, 0);
    struct fake *b = listener(w, 2, 7, 0);
    size_t a_before = a->answers, b_before = b->answers;

    a->r.wants_uploads = true;
    mail_shared(w, 7, 1, 99);
    mail_message(w, 7, 2, 99);
    deliver_mail(w);
    assert_int_equal(a->answers, a_before + 1);
    assert_int_equal(a->last_answer.kind, EVENT_MESSAGE);
    assert_int_equal(a->last_answer.seq, 1);
    assert_int_equal(b->answers, b_before);
    expect_messages(a, 0, 7, 1, 2);
    expect_messages(b, 0, 7, 1, 2);

    a->queued = a->soft_limit + 1;       /* it lags, and is handed it still */
    mail_shared(w, 7, 3, 99);
    deliver_mail(w);
    assert_true(a->r.lagging);
    assert_int_equal(a->last_answer.seq, 3);

    mail(w, PARCEL_ROOM, 0, 7, plain_event(EVENT_UPLOADING, 7));
    deliver_mail(w);
    assert_int_equal(a->last_answer.kind, EVENT_UPLOADING);
    assert_int_equal(b->n, 4);           /* as any event of a room */
    mail_shared(w, 7, 4, 99);
    deliver_mail(w);

    a->r.skip_own = true;
    mail_shared(w, 7, 5, 1);
    deliver_mail(w);
    assert_int_equal(a->last_answer.seq, 4);
    fake_free(w->fanout, &a);
    fake_free(w->fanout, &b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        world_unit_test(the_messages_of_one_mail_are_one_slab),
        world_unit_test(two_rooms_in_turn_are_two_slabs),
        world_unit_test(a_long_run_goes_out_in_parts),
        world_unit_test(big_messages_make_short_runs),
        world_unit_test(an_answer_comes_behind_what_was_said_before_it),
        world_unit_test(what_is_not_a_message_keeps_its_place),
        world_unit_test(who_comes_and_goes_amid_a_run_hears_its_part),
        world_unit_test(a_room_that_empties_amid_a_run_is_forgotten),
        world_unit_test(many_voices_in_a_run_all_skip_their_own),
        world_unit_test(
            an_upload_is_handed_to_who_acts_on_it_and_encoded_for_the_others),
        world_unit_test(who_may_not_read_is_not_handed_an_upload),
        world_unit_test(a_shared_file_is_handed_to_whoever_wants_uploads),
    };

    return cmocka_run_group_tests(tests, world_begin, NULL);
}
