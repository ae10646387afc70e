/* SPDX-License-Identifier: MIT
 *
 * The readers, with a real database and real threads: each job is answered
 * once, to the worker that asked, also when the database cannot be read. */
#include "store/scratch_test.h"

#include "base/rand.h"
#include "hub/readers.h"
#include <semaphore.h>

enum { WORKERS = 2 };

struct box {
    struct mailbox mailbox;
    sem_t woken;
    struct parcel_list taken;
};

struct world {
    struct scratch *scratch;
    struct store *store;
    struct box boxes[WORKERS];
    struct mailbox *mailboxes[WORKERS];
    struct readers *readers;
};

static void
wake(void *arg)
{
    struct box *b = arg;

    sem_post(&b->woken);
}

static int
group_setup(void **state)
{
    (void)state;
    rand_init();
    return 0;
}

static int
world_setup(void **state)
{
    struct world *w = must_alloc(sizeof(*w));

    scratch_setup((void **)&w->scratch);
    w->store = scratch_open(w->scratch);
    scratch_put_room(w->store, 1, "#one");
    scratch_fill(w->store, 1, 1, 50);
    for (unsigned i = 0; i < WORKERS; i++) {
        struct box *b = &w->boxes[i];

        sem_init(&b->woken, 0, 0);
        mailbox_init(&b->mailbox, wake, b);
        w->mailboxes[i] = &b->mailbox;
    }
    *state = w;
    return 0;
}

static int
world_teardown(void **state)
{
    struct world *w = *state;

    readers_stop(&w->readers);
    for (unsigned i = 0; i < WORKERS; i++) {
        parcel_list_done(&w->boxes[i].taken);
        mailbox_done(&w->boxes[i].mailbox);
        sem_destroy(&w->boxes[i].woken);
    }
    store_close(&w->store);
    scratch_teardown((void **)&w->scratch);
    free(w);
    return 0;
}

#define world_unit_test(f) \
    cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

static void
start(struct world *w, unsigned threads)
{
    struct err e = {0};

    if (readers_start(w->scratch->db, threads, w->mailboxes, &w->readers,
                      &e) < 0)
        fail_msg("readers_start: %s", e.text);
}

/* Room 1's messages after `at`. */
static struct read_job *
job_new(unsigned worker, uint64_t session, uint64_t at, uint32_t limit)
{
    struct read_job *job = must_alloc(sizeof(*job));

    job->query = (struct page_query){.room = 1, .mode = PAGE_AFTER,
                                     .at = at, .limit = limit};
    job->worker = worker;
    job->session = session;
    job->access.kind = ROOM_CHANNEL;
    snprintf(job->room_name, sizeof(job->room_name), "#one");
    return job;
}

/* The next parcel for this worker; waits for it. Returns owned. */
static struct parcel *
receive(struct world *w, unsigned worker)
{
    struct box *b = &w->boxes[worker];

    while (b->taken.head == NULL) {
        assert_int_equal(sem_wait(&b->woken), 0);
        mailbox_take(&b->mailbox, &b->taken);
    }
    return parcel_list_pop(&b->taken);
}

static void
a_page_goes_to_the_worker_and_session_that_asked(void **state)
{
    struct world *w = *state;
    struct read_job *job = job_new(1, 77, 10, 3);
    struct parcel *p;

    start(w, 2);
    job->request = 42;
    readers_submit(w->readers, job);
    p = receive(w, 1);

    assert_int_equal(p->kind, PARCEL_SESSION);
    assert_int_equal(p->session, 77);
    assert_int_equal(p->room, 1);
    assert_int_equal(p->access.kind, ROOM_CHANNEL);
    assert_int_equal(p->event->kind, ANSWER_PAGE);
    assert_int_equal(p->event->request, 42);
    assert_int_equal(p->event->command, COMMAND_HISTORY);
    assert_int_equal(p->event->room, 1);
    assert_int_equal(p->event->seq, 10);
    assert_str_is(p->event->room_name, "#one");
    assert_int_equal(p->event->items_n, 3);
    assert_true(p->event->more);
    assert_int_equal(p->event->items[0]->kind, EVENT_MESSAGE);
    assert_int_equal(p->event->items[0]->seq, 11);
    assert_str_is(p->event->items[2]->text, "message 13");
    assert_str_is(p->event->items[2]->name, "alice");
    assert_str_is(p->event->items[2]->room_name, "#one");
    parcel_free(&p);
}

static void
a_catchup_page_is_marked_as_one(void **state)
{
    struct world *w = *state;
    struct read_job *job = job_new(0, 77, 45, 200);
    struct parcel *p;

    start(w, 1);
    job->catchup = true;
    readers_submit(w->readers, job);
    p = receive(w, 0);

    assert_int_equal(p->kind, PARCEL_CATCHUP);
    assert_int_equal(p->event->items_n, 5);
    assert_false(p->event->more);
    parcel_free(&p);
}

static void
a_page_may_be_empty(void **state)
{
    struct world *w = *state;
    struct parcel *p;

    start(w, 1);
    readers_submit(w->readers, job_new(0, 77, 50, 200));
    p = receive(w, 0);

    assert_int_equal(p->event->kind, ANSWER_PAGE);
    assert_int_equal(p->event->items_n, 0);
    parcel_free(&p);
}

static void
in_a_direct_room_a_message_goes_by_its_senders_name(void **state)
{
    struct world *w = *state;
    struct read_job *job = job_new(0, 77, 0, 1);
    struct parcel *p;

    start(w, 1);
    job->room_name[0] = '\0';
    job->access.kind = ROOM_DIRECT;
    readers_submit(w->readers, job);
    p = receive(w, 0);

    assert_str_is(p->event->items[0]->room_name, "@alice");
    assert_int_equal(p->event->items[0]->room_kind, ROOM_DIRECT);
    parcel_free(&p);
}

static void
what_was_just_committed_is_read(void **state)
{
    struct world *w = *state;

    start(w, 2);
    for (uint64_t seq = 51; seq < 70; seq++) {
        struct parcel *p;

        scratch_fill(w->store, 1, seq, seq);
        readers_submit(w->readers, job_new(0, 77, seq - 1, 200));
        p = receive(w, 0);
        assert_int_equal(p->event->items_n, 1);
        parcel_free(&p);
    }
}

static void
one_thread_answers_in_the_order_of_the_jobs(void **state)
{
    struct world *w = *state;
    struct read_job *chain = NULL;

    start(w, 1);
    for (uint64_t session = 20; session > 0; session--) {
        struct read_job *job = job_new(0, session, 0, 1);

        job->next = chain;
        chain = job;
    }
    readers_submit(w->readers, chain);
    readers_submit(w->readers, NULL);
    readers_submit(w->readers, job_new(0, 21, 0, 1));
    for (uint64_t session = 1; session <= 21; session++) {
        struct parcel *p = receive(w, 0);

        assert_int_equal(p->session, session);
        parcel_free(&p);
    }
}

static void
many_threads_answer_every_job_once(void **state)
{
    enum { JOBS = 2000 };
    struct world *w = *state;
    bool seen[JOBS] = {false};

    start(w, 4);
    for (unsigned i = 0; i < JOBS; i++)
        readers_submit(w->readers, job_new(i % WORKERS, i, i % 50, 5));
    for (unsigned i = 0; i < JOBS; i++) {
        struct parcel *p = receive(w, i % WORKERS);

        assert_int_equal(p->session % WORKERS, i % WORKERS);
        assert_false(seen[p->session]);
        seen[p->session] = true;
        assert_int_equal(p->event->items[0]->seq, p->session % 50 + 1);
        parcel_free(&p);
    }
}

static void
a_page_that_cannot_be_read_is_a_refusal(void **state)
{
    struct world *w = *state;
    struct read_job *job = job_new(1, 77, 0, 10);
    struct parcel *p;

    start(w, 1);
    scratch_sql(w->scratch->db, "ALTER TABLE messages RENAME TO gone");
    job->request = 42;
    readers_submit(w->readers, job);
    p = receive(w, 1);

    assert_int_equal(p->kind, PARCEL_SESSION);
    assert_int_equal(p->event->kind, ANSWER_DENIED);
    assert_int_equal(p->event->deny, DENY_STORAGE_BROKEN);
    assert_int_equal(p->event->request, 42);
    assert_str_is(p->event->name, "#one");
    parcel_free(&p);
}

/* File 1 of room `room`; whole, with seq 5, in #one. */
static struct file_id
put_file(struct world *w, uint64_t room)
{
    struct file_row f = {
        .facts = {.id = {{1}}, .ticket = {{2}}, .size = 77,
                  .state = FILE_WHOLE, .sha256 = {9}},
        .room = room, .owner_id = 7, .owner = str_of("alice"),
        .name = str_of("photo.webp"), .reserved = 77, .seq = 5,
        .created_ms = 1234,
    };

    assert_int_equal(store_begin(w->store), 0);
    assert_int_equal(store_put_file(w->store, &f), 0);
    assert_int_equal(store_commit(w->store), 0);
    return f.facts.id;
}

/* The moment in which it was decided who may read it. */
static void
a_page_shows_nothing_from_its_end_on(void **state)
{
    struct world *w = *state;
    struct read_job *job = job_new(1, 77, 0, 10);
    struct parcel *p;

    start(w, 1);
    job->end = 4;
    job->decided = 9;
    job->grant = (struct access_grant){.role = ROLE_MEMBER};
    readers_submit(w->readers, job);
    p = receive(w, 1);
    assert_int_equal(p->event->items_n, 3);
    assert_int_equal(p->event->items[2]->seq, 3);
    assert_true(p->event->more);
    assert_int_equal(p->decided, 9);
    assert_int_equal(p->grant.role, ROLE_MEMBER);
    parcel_free(&p);
    job = job_new(1, 77, 0, 10);
    job->end = 1;                      /* nothing had been said */
    readers_submit(w->readers, job);
    p = receive(w, 1);
    assert_int_equal(p->event->items_n, 0);
    parcel_free(&p);
}

static void
a_rooms_files_are_listed(void **state)
{
    struct world *w = *state;
    struct read_job *job = job_new(0, 77, 0, 10);
    struct parcel *p;

    put_file(w, 1);
    start(w, 1);
    job->kind = READ_FILES;
    job->query.mode = PAGE_LATEST;
    readers_submit(w->readers, job);
    p = receive(w, 0);
    assert_int_equal(p->event->kind, ANSWER_FILES);
    assert_int_equal(p->event->command, COMMAND_FILES);
    assert_int_equal(p->access.kind, ROOM_CHANNEL);
    assert_str_is(p->event->room_name, "#one");
    assert_int_equal(p->event->items_n, 1);
    assert_false(p->event->more);
    assert_int_equal(p->event->items[0]->kind, ITEM_FILE);
    assert_int_equal(p->event->items[0]->seq, 5);
    assert_str_is(p->event->items[0]->text, "photo.webp");
    assert_int_equal(p->event->items[0]->file->size, 77);
    parcel_free(&p);
}

static void
a_missing_database_is_found_out_at_once(void **state)
{
    struct world *w = *state;
    struct readers *r = NULL;
    struct err e = {0};

    assert_true(readers_start("/nonexistent/loquat.db", 2, w->mailboxes, &r,
                              &e) < 0);
    assert_null(r);
    assert_int_not_equal(e.text[0], '\0');
}

static void
stopping_drops_what_waits(void **state)
{
    struct world *w = *state;

    start(w, 2);
    for (unsigned i = 0; i < 1000; i++)
        readers_submit(w->readers, job_new(0, i, 0, 50));
    readers_stop(&w->readers);
    assert_null(w->readers);
    readers_stop(&w->readers);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        world_unit_test(a_page_goes_to_the_worker_and_session_that_asked),
        world_unit_test(a_catchup_page_is_marked_as_one),
        world_unit_test(a_page_may_be_empty),
        world_unit_test(in_a_direct_room_a_message_goes_by_its_senders_name),
        world_unit_test(what_was_just_committed_is_read),
        world_unit_test(one_thread_answers_in_the_order_of_the_jobs),
        world_unit_test(many_threads_answer_every_job_once),
        world_unit_test(a_page_that_cannot_be_read_is_a_refusal),
        world_unit_test(a_page_shows_nothing_from_its_end_on),
        world_unit_test(a_rooms_files_are_listed),
        world_unit_test(a_missing_database_is_found_out_at_once),
        world_unit_test(stopping_drops_what_waits),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
