/* SPDX-License-Identifier: MIT
 *
 * A fan-out without threads, for tests: parcels are put into its mail by hand,
 * and readers_submit() is a list of jobs in place of the readers (a link
 * seam). */
#ifndef HUB_WORLD_TEST_H
#define HUB_WORLD_TEST_H

#include "base/rand.h"
#include "hub/fake_test.h"

static struct read_job *fake_jobs;

void
readers_submit(struct readers *r, struct read_job *jobs)
{
    struct read_job **at = &fake_jobs;

    (void)r;
    while (*at != NULL)
        at = &(*at)->next;
    *at = jobs;
}

struct world {
    struct fanout *fanout;
    struct metrics *metrics;
    struct parcel_list mail;
};

/* For the whole group: hash tables need their key. */
static inline int
world_begin(void **state)
{
    (void)state;
    rand_init();
    return 0;
}

static inline int
world_setup(void **state)
{
    struct world *w = must_alloc(sizeof(*w));

    w->metrics = metrics_new();
    w->fanout = fanout_new(3, NULL, metrics_shard_new(w->metrics));
    fake_encodes = 0;
    fake_mute = FANOUT_ENCODINGS;
    *state = w;
    return 0;
}

static inline void
drop_jobs(void)
{
    while (fake_jobs != NULL) {
        struct read_job *next = fake_jobs->next;

        free(fake_jobs);
        fake_jobs = next;
    }
}

static inline int
world_teardown(void **state)
{
    struct world *w = *state;

    drop_jobs();
    parcel_list_done(&w->mail);
    fanout_free(&w->fanout);
    metrics_free(&w->metrics);
    free(w);
    return 0;
}

#define world_unit_test(f) \
    cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

static inline struct event *
plain_event(enum event_kind kind, uint64_t room)
{
    struct str none = {0};
    struct event *e = event_new(kind, str_of("#room"), none, none, none);

    e->room = room;
    return e;
}

static inline struct event *
message_event(uint64_t room, uint64_t seq, uint64_t sender_id)
{
    struct event *e = plain_event(EVENT_MESSAGE, room);

    e->seq = seq;
    e->sender_id = sender_id;
    return e;
}

static inline struct parcel *
mail(struct world *w, enum parcel_kind kind, uint64_t session, uint64_t room,
     struct event *e)
{
    struct parcel *p = parcel_new(kind, session, room, e);

    p->access.kind = ROOM_CHANNEL;
    parcel_list_push(&w->mail, p);
    return p;
}

static inline void
deliver_mail(struct world *w)
{
    fanout_deliver(w->fanout, &w->mail);
    assert_null(w->mail.head);
}

/* The session is welcomed as somebody whose sender id is its number. */
static inline void
mail_welcome(struct world *w, uint64_t session)
{
    mail(w, PARCEL_SESSION, session, 0, plain_event(ANSWER_WELCOME, 0))->who =
        (struct access_who){.sender_id = session, .named = true};
}

static inline void
mail_subscribe(struct world *w, uint64_t session, uint64_t room,
               uint64_t cursor, uint64_t last_seq)
{
    struct parcel *p = mail(w, PARCEL_SUBSCRIBE, session, room,
                            plain_event(EVENT_SUBSCRIBED, room));

    p->cursor = cursor;
    p->last_seq = last_seq;
}

static inline void
mail_message(struct world *w, uint64_t room, uint64_t seq, uint64_t sender)
{
    mail(w, PARCEL_ROOM, 0, room, message_event(room, seq, sender));
}

/* A named session that hears a room from `cursor` on. */
static inline struct fake *
listener(struct world *w, uint64_t session, uint64_t room, uint64_t cursor)
{
    struct fake *f = fake_new(w->fanout, session);

    mail_welcome(w, session);
    mail_subscribe(w, session, room, cursor, cursor);
    deliver_mail(w);
    return f;
}

/* --- The readers by hand; the log is a number per room, its newest seq --- */

static inline struct read_job *
take_job(void)
{
    struct read_job *job = fake_jobs;

    assert_non_null(job);
    fake_jobs = job->next;
    job->next = NULL;
    return job;
}

/* Every fifth message is of sender 1. */
static inline uint64_t
sender_of(uint64_t seq)
{
    return seq % 5 == 0 ? 1 : 99;
}

static inline struct event *
page_event(const struct read_job *job, uint64_t newest)
{
    uint64_t at = job->query.at;
    uint64_t n = newest > at ? newest - at : 0;
    struct event *e = plain_event(ANSWER_PAGE, job->query.room);
    struct event **items;

    e->more = n > job->query.limit;
    if (e->more)
        n = job->query.limit;
    items = must_alloc((n + 1) * sizeof(struct event *));
    for (uint64_t i = 0; i < n; i++)
        items[i] = message_event(job->query.room, at + 1 + i,
                                 sender_of(at + 1 + i));
    event_set_items(e, items, n);
    e->seq = at;
    return e;
}

/* Does the oldest job: its page goes into the mail. */
static inline void
read_page(struct world *w, uint64_t newest)
{
    struct read_job *job = take_job();

    assert_true(job->catchup);
    assert_int_equal(job->worker, 3);
    assert_int_equal(job->query.mode, PAGE_AFTER);
    mail(w, PARCEL_CATCHUP, job->session, job->query.room,
         page_event(job, newest));
    free(job);
}

static inline void
mail_messages(struct world *w, uint64_t room, uint64_t first, uint64_t last)
{
    for (uint64_t seq = first; seq <= last; seq++)
        mail_message(w, room, seq, sender_of(seq));
}

#endif
