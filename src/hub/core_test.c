/* SPDX-License-Identifier: MIT
 *
 * The core with everything real beneath it: store, hub, readers, threads. The
 * test's own threads are the workers. */
#include "hub/core_test.h"
#include <sys/resource.h>

/* --- The life of a message ------------------------------------------------ */

static void
a_post_is_told_to_the_room_and_then_to_its_sender(void **state)
{
    struct world *w = *state;
    struct parcel *p;

    enter_lobby(w, 0);
    enter_lobby(w, 1);
    post(w, 0, "#lobby", 42);

    p = receive_kind(w, 0, EVENT_MESSAGE);
    assert_int_equal(p->kind, PARCEL_ROOM);
    assert_int_equal(p->event->seq, 1);
    parcel_free(&p);
    p = receive_kind(w, 0, ANSWER_POSTED);
    assert_int_equal(p->event->request, 42);
    assert_int_equal(p->event->seq, 1);
    parcel_free(&p);
    p = receive_kind(w, 1, EVENT_MESSAGE);
    assert_str_is(p->event->text, "hello");
    parcel_free(&p);
}

static void
history_comes_from_a_reader(void **state)
{
    struct world *w = *state;
    struct command *c = command(COMMAND_HISTORY, 0, "#lobby", "", "");
    struct parcel *p;

    enter_lobby(w, 0);
    for (uint64_t i = 1; i <= 5; i++)
        post(w, 0, "#lobby", i);
    c->request = 77;
    c->page = (struct page_query){.mode = PAGE_LATEST, .limit = 3};
    submit(w, c);
    p = receive_kind(w, 0, ANSWER_PAGE);

    assert_int_equal(p->event->request, 77);
    assert_int_equal(p->event->items_n, 3);
    assert_int_equal(p->event->items[2]->seq, 5);
    parcel_free(&p);
}

static void
stopping_applies_what_is_queued(void **state)
{
    struct world *w = *state;

    enter_lobby(w, 0);
    for (uint64_t i = 1; i <= 300; i++)
        post(w, 0, "#lobby", i);
    core_stop(&w->core);
    assert_null(w->core);

    for (uint64_t i = 1; i <= 300; i++) {
        struct parcel *p = receive_kind(w, 0, ANSWER_POSTED);

        assert_int_equal(p->event->seq, i);
        parcel_free(&p);
    }
}

static void
the_operator_speaks_to_every_worker(void **state)
{
    struct world *w = *state;
    struct command *c = command(COMMAND_ANNOUNCE, 0, "", "", "tea is ready");

    c->session = 0;
    core_operate(w->core, c);
    for (unsigned i = 0; i < WORKERS; i++)
        expect_kind(w, i, EVENT_ANNOUNCEMENT);
    assert_int_equal(core_may_submit(w->core, 0), SHARE);

    c = command(COMMAND_STOP, 0, "", "", "");
    c->session = 0;
    core_operate(w->core, c);
    for (unsigned i = 0; i < WORKERS; i++)
        expect_kind(w, i, EVENT_STOPPING);
}

/* Above two people, notices are gathered, and nobody says another word. */
static void
what_time_makes_due_comes_by_itself(void **state)
{
    struct world *w = *state;

    for (unsigned i = 0; i < WORKERS; i++)
        enter_lobby(w, i);
    expect_kind(w, 0, EVENT_GATHERED);
}

/* --- Back-pressure -------------------------------------------------------- */

static void
a_worker_that_used_up_its_share_is_told_when_there_is_room(void **state)
{
    struct world *w = *state;
    struct worker *k = &w->workers[0];

    enter_lobby(w, 0);
    enter_lobby(w, 1);
    block_core(w, 1);
    for (unsigned left = SHARE; left > 0; left--) {
        assert_int_equal(core_may_submit(w->core, 0), left);
        post(w, 0, "#lobby", left);
    }
    assert_int_equal(core_may_submit(w->core, 0), 0);
    assert_int_equal(core_may_submit(w->core, 0), 0);
    assert_int_equal(metrics_sum(w->metrics, METRIC_core_stalls_total), 1);
    assert_int_equal(core_may_submit(w->core, 2), SHARE);
    assert_int_equal(atomic_load(&k->starved), 0);

    release_core(w, 1);
    wait_for(&k->fed);
    assert_int_equal(core_may_submit(w->core, 0), SHARE);
    core_stop(&w->core);
    assert_int_equal(atomic_load(&k->starved), 1);
    assert_int_equal(atomic_load(&w->workers[1].starved), 0);
}

static void
a_worker_may_go_over_its_share(void **state)
{
    struct world *w = *state;

    enter_lobby(w, 0);
    enter_lobby(w, 1);
    block_core(w, 1);
    for (unsigned i = 0; i < SHARE + 5; i++)
        post(w, 0, "#lobby", i);
    assert_int_equal(core_may_submit(w->core, 0), 0);
    release_core(w, 1);
    wait_for(&w->workers[0].fed);
    assert_int_equal(core_may_submit(w->core, 0), SHARE);
}

static void
who_never_asked_is_never_called(void **state)
{
    struct world *w = *state;

    enter_lobby(w, 0);
    for (unsigned i = 0; i < 10 * SHARE; i++)
        post(w, 0, "#lobby", i);
    core_stop(&w->core);
    assert_int_equal(atomic_load(&w->workers[0].starved), 0);
}

/* --- Many workers --------------------------------------------------------- */

enum { POSTS = 2000 };

struct poster {
    pthread_t thread;
    struct world *world;
    unsigned worker;
    uint64_t posted, acknowledged, heard;
};

/* As many posts as there is room for, as one chain. */
static void
post_chain(struct poster *me, unsigned n)
{
    struct command *head = NULL, **end = &head, *tail = NULL;

    for (unsigned i = 0; i < n; i++) {
        tail = command(COMMAND_POST, me->worker, "#lobby", "", "hello");
        tail->request = ++me->posted;
        *end = tail;
        end = &tail->next;
    }
    core_submit(me->world->core, me->worker, head, tail, n);
}

/* The posts of one worker are answered in their order, and the room has one
 * order for everyone. */
static void
take_parcels(struct poster *me)
{
    struct worker *k = &me->world->workers[me->worker];
    struct parcel *p;

    if (k->taken.head == NULL)
        mailbox_take(&k->mailbox, &k->taken);
    while ((p = parcel_list_pop(&k->taken)) != NULL) {
        if (p->event->kind == ANSWER_POSTED)
            must(p->event->request == ++me->acknowledged);
        else if (p->event->kind == EVENT_MESSAGE)
            must(p->event->seq == ++me->heard);
        parcel_free(&p);
    }
}

static void *
post_all(void *arg)
{
    struct poster *me = arg;
    struct worker *k = &me->world->workers[me->worker];

    while (me->posted < POSTS) {
        unsigned n = core_may_submit(me->world->core, me->worker);

        if (n > POSTS - me->posted)
            n = (unsigned)(POSTS - me->posted);
        if (n == 0)
            wait_for(&k->fed);
        else
            post_chain(me, n);
        take_parcels(me);
    }
    while (me->acknowledged < POSTS || me->heard < POSTS * WORKERS) {
        wait_for(&k->woken);
        take_parcels(me);
    }
    return NULL;
}

static void
many_workers_flood_the_core_and_nobody_is_forgotten(void **state)
{
    struct world *w = *state;
    struct poster posters[WORKERS];

    for (unsigned i = 0; i < WORKERS; i++)
        enter_lobby(w, i);
    for (unsigned i = 0; i < WORKERS; i++) {
        posters[i] = (struct poster){.world = w, .worker = i};
        pthread_create(&posters[i].thread, NULL, post_all, &posters[i]);
    }
    for (unsigned i = 0; i < WORKERS; i++)
        pthread_join(posters[i].thread, NULL);

    assert_int_equal(metrics_sum(w->metrics, METRIC_messages_total),
                     POSTS * WORKERS);
    assert_true(metrics_sum(w->metrics, METRIC_core_stalls_total) > 0);
    assert_true(metrics_sum(w->metrics, METRIC_commits_total) <
                POSTS * WORKERS / 2);
}

/* --- The store ------------------------------------------------------------ */

/* What the database file holds without its log. */
static int64_t
messages_in_file(const struct world *w)
{
    char uri[160];
    sqlite3 *db;
    int64_t n;

    snprintf(uri, sizeof uri, "file:%s?immutable=1", w->scratch->db);
    assert_int_equal(sqlite3_open_v2(uri, &db, SQLITE_OPEN_READONLY |
                                     SQLITE_OPEN_URI, NULL), SQLITE_OK);
    n = scratch_number(db, "SELECT count(*) FROM messages");
    sqlite3_close(db);
    return n;
}

/* Moves the empty tables, so that the file can be looked at. The core does not
 * run meanwhile: the store has one user. */
static void
move_empty_log(struct world *w)
{
    core_stop(&w->core);
    assert_int_equal(store_checkpoint(w->store), 0);
    start_core(w);
}

static void
an_idle_core_moves_the_log_into_the_database(void **state)
{
    struct world *w = *state;
    int64_t start_ms;

    move_empty_log(w);
    enter_lobby(w, 0);
    post(w, 0, "#lobby", 1);
    expect_kind(w, 0, ANSWER_POSTED);
    start_ms = clock_mono_ms();
    assert_int_equal(messages_in_file(w), 0);
    while (messages_in_file(w) == 0) {
        assert_true(clock_mono_ms() - start_ms < PATIENCE_S * 1000);
        nanosleep(&(struct timespec){.tv_nsec = 20 * 1000000}, NULL);
    }
    assert_true(clock_mono_ms() - start_ms > 500);
}

/* Of the whole process, the readers too; the test's own sleep counts one, and
 * a sanitizer may have a thread of its own. */
static void
whoever_has_nothing_to_do_does_not_wake_up(void **state)
{
    struct world *w = *state;
    struct rusage before, after;

    move_empty_log(w);
    getrusage(RUSAGE_SELF, &before);
    nanosleep(&(struct timespec){.tv_nsec = 500 * 1000000}, NULL);
    getrusage(RUSAGE_SELF, &after);
    assert_true(after.ru_nvcsw - before.ru_nvcsw < 20);
    assert_true(after.ru_utime.tv_sec * 1000000 + after.ru_utime.tv_usec <
                before.ru_utime.tv_sec * 1000000 + before.ru_utime.tv_usec +
                100000);
}

static void
a_broken_store_is_reported_once(void **state)
{
    struct world *w = *state;

    enter_lobby(w, 0);
    scratch_sql(w->scratch->db, "ALTER TABLE messages RENAME TO gone");
    for (uint64_t i = 1; i <= 3; i++) {
        struct parcel *p;

        post(w, 0, "#lobby", i);
        p = receive_kind(w, 0, ANSWER_DENIED);
        assert_int_equal(p->event->request, i);
        assert_int_equal(p->event->deny, DENY_STORAGE_BROKEN);
        parcel_free(&p);
    }
    assert_int_equal(atomic_load(&w->broken), 1);
}

/* --- A slow receiver, with everything real -------------------------------- */

enum { ROUNDS = 300 };

static void
deliver_next(struct world *w, struct fanout *f)
{
    struct parcel_list one = {0};

    parcel_list_push(&one, receive(w, 0));
    fanout_deliver(f, &one);
}

/* Of each room every seq from 1 on, once, in order. */
static void
expect_both_rooms_whole(const struct fake *slow)
{
    uint64_t seq[2] = {0};

    for (size_t i = 0; i < slow->n; i++) {
        const struct told *t = &slow->log[i];

        if (t->kind == EVENT_MESSAGE)
            assert_int_equal(t->seq, ++seq[t->room == slow->log[0].room]);
    }
    assert_int_equal(seq[0], ROUNDS);
    assert_int_equal(seq[1], ROUNDS);
}

static void
a_slow_receiver_gets_both_rooms_whole(void **state)
{
    struct world *w = *state;
    struct fanout *f = fanout_new(0, w->readers,
                                  metrics_shard_new(w->metrics));
    struct fake *slow = fake_new(f, 1);

    slow->soft_limit = 20;
    submit(w, command(COMMAND_ENTER, 0, "", "ann", ""));
    submit(w, command(COMMAND_JOIN, 0, "#lobby", "", ""));
    submit(w, command(COMMAND_JOIN, 0, "#tea", "", ""));
    for (uint64_t i = 1; i <= ROUNDS; i++) {
        post(w, 0, "#lobby", 0);
        post(w, 0, "#tea", i);
    }
    while (slow->last_request != ROUNDS)
        deliver_next(w, f);
    assert_true(slow->r.lagging);
    assert_true(slow->n < 30);

    fake_drain(f, slow);
    while (slow->r.lagging) {
        deliver_next(w, f);
        fake_drain(f, slow);
    }
    expect_both_rooms_whole(slow);
    assert_int_equal(metrics_sum(w->metrics, METRIC_catchup_pages_total), 4);
    fake_free(f, &slow);
    fanout_free(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        world_unit_test(a_post_is_told_to_the_room_and_then_to_its_sender),
        world_unit_test(history_comes_from_a_reader),
        world_unit_test(stopping_applies_what_is_queued),
        world_unit_test(the_operator_speaks_to_every_worker),
        world_unit_test(what_time_makes_due_comes_by_itself),
        world_unit_test(
            a_worker_that_used_up_its_share_is_told_when_there_is_room),
        world_unit_test(a_worker_may_go_over_its_share),
        world_unit_test(who_never_asked_is_never_called),
        world_unit_test(many_workers_flood_the_core_and_nobody_is_forgotten),
        world_unit_test(an_idle_core_moves_the_log_into_the_database),
        world_unit_test(whoever_has_nothing_to_do_does_not_wake_up),
        world_unit_test(a_broken_store_is_reported_once),
        world_unit_test(a_slow_receiver_gets_both_rooms_whole),
    };

    return cmocka_run_group_tests(tests, world_begin, NULL);
}
