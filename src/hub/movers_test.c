/* SPDX-License-Identifier: MIT
 *
 * The movers, with real files and real threads. The core is the test:
 * core_operate() is a semaphore and the last command. */
#include "blob/room_test.h"

#include "hub/movers.h"
#include <semaphore.h>
#include <sys/resource.h>
#include <time.h>

enum { WORKERS = 2, PATIENCE_S = 20 };

struct box {
    struct mailbox mailbox;
    sem_t woken;
    struct parcel_list taken;
};

struct world {
    struct room *room;
    struct box boxes[WORKERS];
    struct mailbox *mailboxes[WORKERS];
    struct movers *movers;
};

/* --- The core ------------------------------------------------------------ */

static sem_t shared;
static pthread_mutex_t shares_lock = PTHREAD_MUTEX_INITIALIZER;
static struct command *shares;
static struct core *const the_core = (struct core *)&shared;

void __wrap_core_operate(struct core *c, struct command *cmd);

void
__wrap_core_operate(struct core *c, struct command *cmd)
{
    must(c == the_core);
    pthread_mutex_lock(&shares_lock);
    cmd->next = shares;
    shares = cmd;
    pthread_mutex_unlock(&shares_lock);
    sem_post(&shared);
}

/* --- The world ----------------------------------------------------------- */

static void
wake(void *arg)
{
    struct box *b = arg;

    sem_post(&b->woken);
}

static int
world_setup(void **state)
{
    struct world *w = must_alloc(sizeof(*w));

    room_setup((void **)&w->room);
    sem_init(&shared, 0, 0);
    for (unsigned i = 0; i < WORKERS; i++) {
        struct box *b = &w->boxes[i];

        sem_init(&b->woken, 0, 0);
        mailbox_init(&b->mailbox, wake, b);
        w->mailboxes[i] = &b->mailbox;
    }
    assert_int_equal(movers_start(w->room->blobs, 2, w->mailboxes, &w->movers,
                                  NULL), 0);
    movers_set_core(w->movers, the_core);
    *state = w;
    return 0;
}

static int
world_teardown(void **state)
{
    struct world *w = *state;

    movers_stop(&w->movers);
    for (unsigned i = 0; i < WORKERS; i++) {
        parcel_list_done(&w->boxes[i].taken);
        mailbox_done(&w->boxes[i].mailbox);
        sem_destroy(&w->boxes[i].woken);
    }
    command_free_all(shares);
    shares = NULL;
    sem_destroy(&shared);
    room_teardown((void **)&w->room);
    free(w);
    return 0;
}

#define world_unit_test(f) \
    cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

static void
wait_for(sem_t *s)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    t.tv_sec += PATIENCE_S;
    assert_int_equal(sem_timedwait(s, &t), 0);
}

/* The next parcel for this worker; waits for it. Returns owned. */
static struct parcel *
receive(struct world *w, unsigned worker)
{
    struct box *b = &w->boxes[worker];

    while (b->taken.head == NULL) {
        wait_for(&b->woken);
        mailbox_take(&b->mailbox, &b->taken);
    }
    return parcel_list_pop(&b->taken);
}

static struct command *
receive_share(void)
{
    struct command *cmd;

    wait_for(&shared);
    pthread_mutex_lock(&shares_lock);
    cmd = shares;
    shares = cmd->next;
    pthread_mutex_unlock(&shares_lock);
    cmd->next = NULL;
    return cmd;
}

static struct move_job *
address(const struct world *w, struct move_job *job)
{
    job->worker = 1;
    job->session = 77;
    job->request = 42;
    job->id = w->room->id;
    return job;
}

static struct move_job *
job_new(const struct world *w, enum move what, struct blob *b)
{
    return address(w, move_job_new(what, b));
}

/* Does it and expects MOVED with this outcome. Returns owned. */
static struct parcel *
move(struct world *w, struct move_job *job, enum deny deny)
{
    enum move what = job->what;
    struct parcel *p;

    movers_submit(w->movers, job);
    p = receive(w, 1);
    assert_int_equal(p->kind, PARCEL_SESSION);
    assert_int_equal(p->session, 77);
    assert_int_equal(p->event->kind, ANSWER_MOVED);
    assert_int_equal(p->event->request, 42);
    assert_int_equal(p->event->token, what);
    assert_int_equal(p->event->deny, deny);
    return p;
}

static void
move_done(struct world *w, struct move_job *job, enum deny deny)
{
    struct parcel *p = move(w, job, deny);

    parcel_free(&p);
}

static struct blob *
open_write(struct world *w, uint64_t size, uint64_t *writer)
{
    struct move_job *job = job_new(w, MOVE_OPEN_WRITE, NULL);
    struct parcel *p;
    struct blob *b;

    job->size = size;
    p = move(w, job, DENY_NONE);
    b = blob_ref(p->event->blob);
    *writer = p->event->session;
    parcel_free(&p);
    return b;
}

static struct move_job *
append_job(const struct world *w, struct blob *b, uint64_t writer, size_t n)
{
    struct buf bytes;
    struct move_job *job;
    char *p;

    buf_init(&bytes, n);
    p = buf_reserve(&bytes, n);
    assert_non_null(p);
    for (size_t i = 0; i < n; i++)
        p[i] = (char)room_byte(blob_written(b) + i);
    buf_commit(&bytes, n);
    job = address(w, move_job_append(b, &bytes));
    job->writer = writer;
    return job;
}

static struct move_job *
finish_job(const struct world *w, struct blob *b, uint64_t writer)
{
    struct move_job *job = job_new(w, MOVE_FINISH, b);

    job->writer = writer;
    return job;
}

/* --- What they do -------------------------------------------------------- */

static void
a_file_is_opened_written_finished_and_shared(void **state)
{
    struct world *w = *state;
    uint64_t writer = 0;
    struct blob *b = open_write(w, 1000, &writer);
    struct parcel *p;
    struct command *cmd;
    uint8_t sum[32];

    p = move(w, append_job(w, b, writer, 600), DENY_NONE);
    assert_int_equal(p->event->file->size, 600);
    assert_int_equal(p->event->file->state, FILE_ARRIVING);
    assert_true(file_id_eq(&p->event->file->id, &w->room->id));
    assert_null(p->event->blob);
    parcel_free(&p);
    move_done(w, append_job(w, b, writer, 400), DENY_NONE);
    movers_submit(w->movers, finish_job(w, b, writer));
    cmd = receive_share();

    room_sum(1000, sum);
    assert_int_equal(cmd->kind, COMMAND_SHARE);
    assert_int_equal(cmd->worker, 1);
    assert_int_equal(cmd->session, 77);
    assert_int_equal(cmd->request, 42);
    assert_true(cmd->now_ms > 0 && cmd->made_us > 0);
    assert_true(file_id_eq(&cmd->file->id, &w->room->id));
    assert_int_equal(cmd->file->size, 1000);
    assert_int_equal(cmd->file->state, FILE_WHOLE);
    assert_memory_equal(cmd->file->sha256, sum, 32);
    assert_int_equal(room_on_disk(w->room, ""), 1000);
    command_free(&cmd);
    blob_unref(&b);

    p = move(w, job_new(w, MOVE_OPEN, NULL), DENY_NONE);
    assert_int_equal(p->event->file->state, FILE_WHOLE);
    assert_int_equal(p->event->file->size, 1000);
    room_expect(p->event->blob, 1000);
    parcel_free(&p);
}

static void
nobody_may_finish_a_part_that_is_complete(void **state)
{
    struct world *w = *state;
    uint64_t writer = 0;
    struct blob *b = room_write(w->room, 1000, &writer);
    struct move_job *job;
    struct command *cmd;

    assert_int_equal(room_append(b, writer, 1000), 0);
    blob_unref(&b);
    job = job_new(w, MOVE_FINISH, NULL);
    job->session = job->request = 0;
    job->size = 1000;
    movers_submit(w->movers, job);
    cmd = receive_share();
    assert_int_equal(cmd->session, 0);
    assert_int_equal(cmd->file->size, 1000);
    command_free(&cmd);
    assert_int_equal(room_on_disk(w->room, ""), 1000);
}

static void
every_refusal_has_its_reason(void **state)
{
    struct world *w = *state;
    uint64_t writer = 0, newer = 0;
    struct blob *b, *again;
    struct move_job *job;
    struct parcel *p;

    move_done(w, job_new(w, MOVE_OPEN, NULL), DENY_NO_SUCH_FILE);
    b = open_write(w, 100, &writer);
    move_done(w, append_job(w, b, writer, 101), DENY_BAD_OFFSET);
    move_done(w, append_job(w, b, writer, 100), DENY_NONE);
    job = finish_job(w, b, writer);
    job->expects = true;
    p = move(w, job, DENY_BAD_CHECKSUM);
    assert_int_equal(p->event->file->size, 100);
    parcel_free(&p);
    again = open_write(w, 100, &newer);
    assert_ptr_equal(again, b);
    move_done(w, finish_job(w, b, writer), DENY_BAD_OFFSET);
    blob_unref(&b);
    blob_unref(&again);

    assert_int_equal(move_deny(-ENOSPC), DENY_STORAGE_FULL);
    assert_int_equal(move_deny(-EDQUOT), DENY_STORAGE_FULL);
    assert_int_equal(move_deny(-EIO), DENY_STORAGE_BROKEN);
    assert_int_equal(move_deny(0), DENY_NONE);
}

static void
without_descriptors_it_is_said_so(void **state)
{
    struct world *w = *state;
    struct move_job *job = job_new(w, MOVE_OPEN_WRITE, NULL);
    struct rlimit before, none;
    struct parcel *p;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    p = move(w, job, DENY_OVERLOADED);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_true(str_eq(p->event->text,
                       str_of("it is out of file descriptors")));
    assert_null(p->event->blob);
    parcel_free(&p);
}

static void
syncing_leaves_the_blob_to_the_next_writer(void **state)
{
    struct world *w = *state;
    uint64_t writer = 0;
    struct blob *b = open_write(w, 100, &writer);
    struct move_job *job;

    move_done(w, append_job(w, b, writer, 50), DENY_NONE);
    job = job_new(w, MOVE_SYNC, b);
    job->writer = writer;
    move_done(w, job, DENY_NONE);
    move_done(w, append_job(w, b, writer, 50), DENY_BAD_OFFSET);
    job = job_new(w, MOVE_WARM, b);
    job->n = 50;
    move_done(w, job, DENY_NONE);
    blob_unref(&b);
}

static void
a_last_piece_takes_its_writer_with_it(void **state)
{
    struct world *w = *state;
    uint64_t writer = 0;
    struct blob *b = open_write(w, 100, &writer);
    struct move_job *job = append_job(w, b, writer, 50);

    job->leaves = true;
    move_done(w, job, DENY_NONE);
    assert_int_equal(blob_written(b), 50);
    move_done(w, append_job(w, b, writer, 50), DENY_BAD_OFFSET);
    blob_unref(&b);
}

static void
a_removal_is_done_and_not_answered(void **state)
{
    struct world *w = *state;
    uint64_t writer = 0;
    struct blob *b = open_write(w, 100, &writer);
    struct parcel *p;

    assert_true(movers_await(w->movers, b, 0,
                             &(struct move_job){.worker = 1, .session = 77,
                                                .request = 5}));
    movers_submit(w->movers, job_new(w, MOVE_REMOVE, NULL));
    p = receive(w, 1);
    assert_int_equal(p->event->token, MOVE_GREW);
    assert_int_equal(p->event->request, 5);
    parcel_free(&p);
    assert_int_equal(blob_state(b), BLOB_GONE);
    move_done(w, append_job(w, b, writer, 10), DENY_NO_SUCH_FILE);
    blob_unref(&b);
}

static void
who_waits_for_growth_hears_of_it_once(void **state)
{
    struct world *w = *state;
    uint64_t writer = 0;
    struct blob *b = open_write(w, UINT64_MAX, &writer);
    struct move_job asker = {.worker = 0, .session = 9, .request = 8};
    struct parcel *p;

    assert_true(movers_await(w->movers, b, 0, &asker));
    asker.request = 7;
    assert_true(movers_await(w->movers, b, 0, &asker));
    movers_forget(w->movers, b, 0, 9, 7);
    movers_forget(w->movers, b, 0, 9, 6);
    move_done(w, append_job(w, b, writer, 10), DENY_NONE);
    move_done(w, append_job(w, b, writer, 10), DENY_NONE);
    assert_false(movers_await(w->movers, b, 19, &asker));

    p = receive(w, 0);
    assert_int_equal(p->session, 9);
    assert_int_equal(p->event->kind, ANSWER_MOVED);
    assert_int_equal(p->event->token, MOVE_GREW);
    assert_int_equal(p->event->request, 8);
    assert_int_equal(p->event->file->size, 10);
    parcel_free(&p);
    assert_null(w->boxes[0].taken.head);
    mailbox_take(&w->boxes[0].mailbox, &w->boxes[0].taken);
    assert_null(w->boxes[0].taken.head);
    blob_unref(&b);
}

/* Whatever the moment: nothing is freed twice or left behind. */
static void
forgetting_and_growing_may_meet(void **state)
{
    struct world *w = *state;
    uint64_t writer = 0;
    struct blob *b = open_write(w, UINT64_MAX, &writer);
    struct move_job asker = {.worker = 0, .session = 9, .request = 8};

    for (unsigned i = 0; i < 500; i++) {
        struct parcel *p;

        movers_await(w->movers, b, blob_written(b), &asker);
        movers_submit(w->movers, append_job(w, b, writer, 10));
        movers_forget(w->movers, b, 0, 9, 8);
        p = receive(w, 1);
        parcel_free(&p);
    }
    assert_true(movers_await(w->movers, b, 5000, &asker));
    blob_unref(&b);
}

static void
all_that_was_submitted_is_done_before_the_end_and_nothing_after(void **state)
{
    struct world *w = *state;
    uint64_t writer = 0;
    struct blob *b = open_write(w, 100, &writer);
    struct command *cmd;
    unsigned answers = 0;

    move_done(w, append_job(w, b, writer, 100), DENY_NONE);
    for (int i = 0; i < 50; i++)
        movers_submit(w->movers, job_new(w, MOVE_WARM, b));
    movers_submit(w->movers, finish_job(w, b, writer));
    movers_finish(w->movers);
    mailbox_take(&w->boxes[1].mailbox, &w->boxes[1].taken);
    for (struct parcel *p; (p = parcel_list_pop(&w->boxes[1].taken)); answers++)
        parcel_free(&p);
    assert_int_equal(answers, 50);
    cmd = receive_share();
    command_free(&cmd);

    movers_submit(w->movers, job_new(w, MOVE_REMOVE, NULL));
    movers_finish(w->movers);
    assert_int_equal(room_on_disk(w->room, ""), 100);
    blob_unref(&b);
}

static void
a_finish_before_the_core_is_there_waits_for_it(void **state)
{
    struct world *w = *state;
    uint64_t writer = 0;
    struct blob *b = room_write(w->room, 10, &writer);
    struct command *cmd;

    movers_stop(&w->movers);
    assert_int_equal(room_append(b, writer, 10), 0);
    assert_int_equal(movers_start(w->room->blobs, 1, w->mailboxes, &w->movers,
                                  NULL), 0);
    movers_submit(w->movers, finish_job(w, b, writer));
    movers_set_core(w->movers, the_core);
    cmd = receive_share();
    assert_int_equal(cmd->file->size, 10);
    command_free(&cmd);
    blob_unref(&b);
}

/* As many uploads at once as there are; each of them in its own order. */
static void
many_uploads_at_once_all_arrive(void **state)
{
    enum { UPLOADS = 20, PIECES = 20, PIECE = 997 };
    struct world *w = *state;
    struct blob *blobs[UPLOADS];
    uint64_t writers[UPLOADS];
    uint8_t want[32];

    for (unsigned i = 0; i < UPLOADS; i++) {
        w->room->id = file_id_new();
        blobs[i] = room_write(w->room, PIECES * PIECE, &writers[i]);
    }
    for (unsigned piece = 0; piece < PIECES; piece++) {
        for (unsigned i = 0; i < UPLOADS; i++)
            movers_submit(w->movers,
                          append_job(w, blobs[i], writers[i], PIECE));
        for (unsigned i = 0; i < UPLOADS; i++) {
            struct parcel *p = receive(w, 1);

            assert_int_equal(p->event->deny, DENY_NONE);
            parcel_free(&p);
        }
    }
    room_sum(PIECES * PIECE, want);
    for (unsigned i = 0; i < UPLOADS; i++)
        movers_submit(w->movers, finish_job(w, blobs[i], writers[i]));
    for (unsigned i = 0; i < UPLOADS; i++) {
        struct command *cmd = receive_share();

        assert_memory_equal(cmd->file->sha256, want, 32);
        command_free(&cmd);
        blob_unref(&blobs[i]);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        world_unit_test(a_file_is_opened_written_finished_and_shared),
        world_unit_test(nobody_may_finish_a_part_that_is_complete),
        world_unit_test(every_refusal_has_its_reason),
        world_unit_test(without_descriptors_it_is_said_so),
        world_unit_test(syncing_leaves_the_blob_to_the_next_writer),
        world_unit_test(a_last_piece_takes_its_writer_with_it),
        world_unit_test(a_removal_is_done_and_not_answered),
        world_unit_test(who_waits_for_growth_hears_of_it_once),
        world_unit_test(forgetting_and_growing_may_meet),
        world_unit_test(
            all_that_was_submitted_is_done_before_the_end_and_nothing_after),
        world_unit_test(a_finish_before_the_core_is_there_waits_for_it),
        world_unit_test(many_uploads_at_once_all_arrive),
    };

    return cmocka_run_group_tests(tests, room_begin, NULL);
}
