/* SPDX-License-Identifier: MIT
 *
 * The fan-out against a model: people come and go, join with and without a
 * cursor, talk, and drain their queues or not, in an order that is drawn from
 * a seed; pages come late. Whatever happens, each must be told of each room
 * every message from its cursor on, in order, once, and nothing else. */
#include "hub/world_test.h"

enum { ROOMS = 3, PEOPLE = 5, STEPS = 4000, SEEDS = 60, SOFT = 12, LOW = 4 };

/* What one session must have been told of one room so far. */
struct heard {
    bool joined;
    uint64_t cursor;
};

struct person {
    struct fake *fake;            /* NULL: not connected */
    struct heard heard[ROOMS];
    size_t checked;               /* of fake->log */
};

struct model {
    struct world *w;
    uint64_t seed;
    uint64_t next_session;
    uint64_t newest[ROOMS];       /* in the log */
    struct person people[PEOPLE];
};

static unsigned
pick(struct model *m, unsigned below)
{
    m->seed = m->seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(m->seed >> 33) % below;
}

static bool
is_own(const struct fake *f, uint64_t seq)
{
    return f->r.skip_own && sender_of(seq) == 1;
}

/* The only seqs that may be left out are one's own. */
static void
check_told(struct person *p, const struct told *t)
{
    struct heard *h = &p->heard[t->room - 1];

    if (t->kind != EVENT_MESSAGE)
        return;
    assert_true(h->joined);
    while (++h->cursor < t->seq)
        assert_true(is_own(p->fake, h->cursor));
    assert_int_equal(h->cursor, t->seq);
    assert_false(is_own(p->fake, t->seq));
}

static void
check(struct person *p)
{
    for (; p->fake != NULL && p->checked < p->fake->n; p->checked++)
        check_told(p, &p->fake->log[p->checked]);
    if (p->fake != NULL)
        p->checked = p->fake->n = 0;
}

static void
deliver_and_check(struct model *m)
{
    deliver_mail(m->w);
    for (unsigned i = 0; i < PEOPLE; i++)
        check(&m->people[i]);
}

static void
connect_person(struct model *m, struct person *p)
{
    *p = (struct person){.fake = fake_new(m->w->fanout, ++m->next_session)};
    p->fake->soft_limit = SOFT;
    p->fake->r.skip_own = pick(m, 2) == 0;
    mail(m->w, PARCEL_SESSION, m->next_session, 0,
         plain_event(ANSWER_WELCOME, 0))->who =
        (struct access_who){.sender_id = 1, .named = true};
}

static void
come_or_go(struct model *m, struct person *p)
{
    if (p->fake == NULL)
        connect_person(m, p);
    else if (pick(m, 8) == 0)
        fake_free(m->w->fanout, &p->fake);
}

/* What is in the mail for the old state is delivered first: the core's view
 * and the model's are the same at a JOIN or PART. */
static void
join_or_part(struct model *m, struct person *p)
{
    unsigned room = pick(m, ROOMS);
    struct heard *h = &p->heard[room];
    uint64_t session;

    if (p->fake == NULL)
        return;
    session = p->fake->r.session;
    deliver_and_check(m);
    if (h->joined) {
        mail(m->w, PARCEL_UNSUBSCRIBE, session, room + 1,
             plain_event(EVENT_UNSUBSCRIBED, room + 1));
        deliver_and_check(m);
        h->joined = false;
        return;
    }
    h->joined = true;
    h->cursor = pick(m, 2) ? m->newest[room]
                           : pick(m, (unsigned)m->newest[room] + 1);
    mail_subscribe(m->w, session, room + 1, h->cursor, m->newest[room]);
}

static void
say_something(struct model *m)
{
    unsigned room = pick(m, ROOMS);

    for (unsigned n = pick(m, 6); n > 0; n--) {
        uint64_t seq = ++m->newest[room];

        mail_message(m->w, room + 1, seq, sender_of(seq));
    }
    if (pick(m, 3) == 0)
        mail(m->w, PARCEL_ROOM, 0, room + 1,
             plain_event(EVENT_TYPING, room + 1));
}

/* As a connection does it: told once when it falls to the low mark. */
static void
drain_some(struct model *m, struct person *p, size_t n)
{
    struct fake *f = p->fake;
    bool was_above;

    if (f == NULL)
        return;
    was_above = f->queued > LOW;
    f->queued -= n < f->queued ? n : f->queued;
    if (was_above && f->queued <= LOW)
        fanout_drained(m->w->fanout, &f->r);
}

static void
do_job(struct model *m)
{
    if (fake_jobs != NULL)
        read_page(m->w, m->newest[fake_jobs->query.room - 1]);
}

static void
step(struct model *m)
{
    struct person *p = &m->people[pick(m, PEOPLE)];

    switch (pick(m, 8)) {
    case 0: come_or_go(m, p); break;
    case 1: join_or_part(m, p); break;
    case 2: case 3: say_something(m); break;
    case 4: drain_some(m, p, pick(m, 20)); break;
    case 5: do_job(m); break;
    default: deliver_and_check(m); break;
    }
}

static bool
is_quiet(const struct model *m)
{
    for (unsigned i = 0; i < PEOPLE; i++) {
        const struct fake *f = m->people[i].fake;

        if (f != NULL && (f->r.lagging || f->queued > 0))
            return false;
    }
    return fake_jobs == NULL && m->w->mail.head == NULL;
}

static void
settle(struct model *m)
{
    unsigned turns = 0;

    while (!is_quiet(m)) {
        assert_true(++turns < 1000);
        deliver_and_check(m);
        do_job(m);
        for (unsigned i = 0; i < PEOPLE; i++)
            drain_some(m, &m->people[i], SOFT);
    }
}

static void
expect_complete(const struct model *m, const struct person *p)
{
    for (unsigned room = 0; p->fake != NULL && room < ROOMS; room++) {
        uint64_t seq = p->heard[room].cursor;

        while (p->heard[room].joined && ++seq <= m->newest[room])
            assert_true(is_own(p->fake, seq));
    }
}

static void
run_model(struct world *w, uint64_t seed)
{
    struct model m = {.w = w, .seed = seed, .next_session = seed * 1000000};

    for (unsigned i = 0; i < STEPS; i++)
        step(&m);
    settle(&m);
    for (unsigned i = 0; i < PEOPLE; i++) {
        expect_complete(&m, &m.people[i]);
        if (m.people[i].fake != NULL)
            fake_free(w->fanout, &m.people[i].fake);
    }
}

static void
every_stream_is_dense_ordered_and_without_repeats(void **state)
{
    struct world *w = *state;

    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        run_model(w, seed);
    assert_int_equal(metrics_sum(w->metrics, METRIC_lagging), 0);
    assert_true(metrics_sum(w->metrics, METRIC_lagging_total) > 10 * SEEDS);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        world_unit_test(every_stream_is_dense_ordered_and_without_repeats),
    };

    return cmocka_run_group_tests(tests, world_begin, NULL);
}
