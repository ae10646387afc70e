/* SPDX-License-Identifier: MIT
 *
 * Files with everything real: the core reserves and shares, a mover writes and
 * removes, a reader finds. */
#include "hub/core_test.h"

#include <sys/stat.h>
#include <unistd.h>

static struct command *
about(enum command_kind kind, uint8_t n, uint64_t size)
{
    struct file_facts f = {.id = {{n, 1}}, .ticket = {{n, 2}}, .size = size,
                           .resumable = true};
    bool begins = kind == COMMAND_UPLOAD;
    struct command *c = command_new_file(kind, str_of(begins ? "#lobby" : ""),
                                         str_of(begins ? "a.txt" : ""), &f);

    c->session = 1;
    c->request = 40u + n;
    c->now_ms = clock_wall_ms();
    return c;
}

static bool
is_on_disk(struct world *w, uint8_t n, const char *suffix)
{
    struct file_id id = {{n, 1}};
    char text[FILE_ID_CHARS + 1], path[160];
    struct stat st;

    file_id_write(&id, text);
    snprintf(path, sizeof path, "%s/files/%s%s", w->scratch->folder, text,
             suffix);
    return stat(path, &st) == 0;
}

/* What comes of a job; the blob that was opened becomes *blob. */
static uint64_t
move(struct world *w, struct move_job *job, struct blob **blob)
{
    struct parcel *p;
    uint64_t writer;

    job->session = 1;
    movers_submit(w->movers, job);
    p = receive_kind(w, 0, ANSWER_MOVED);
    assert_int_equal(p->event->deny, DENY_NONE);
    writer = p->event->session;
    if (blob != NULL)
        *blob = blob_ref(p->event->blob);
    parcel_free(&p);
    return writer;
}

/* File n with "hello" in it; returns the job that would finish it. */
static struct move_job *
bring(struct world *w, uint8_t n)
{
    struct move_job *job = move_job_new(MOVE_OPEN_WRITE, NULL);
    struct blob *blob = NULL;
    struct buf bytes;
    uint64_t writer;

    submit(w, about(COMMAND_UPLOAD, n, 5));
    expect_kind(w, 0, ANSWER_UPLOAD);
    job->id = (struct file_id){{n, 1}};
    job->size = 5;
    writer = move(w, job, &blob);
    buf_init(&bytes, 5);
    assert_int_equal(buf_append(&bytes, "hello", 5), 0);
    job = move_job_append(blob, &bytes);
    job->writer = writer;
    move(w, job, NULL);
    job = move_job_new(MOVE_FINISH, blob);
    job->session = 1;
    job->request = 40u + n;
    job->writer = writer;
    blob_unref(&blob);
    return job;
}

static void
a_file_is_reserved_written_shared_and_found(void **state)
{
    struct world *w = *state;
    struct parcel *p;

    enter_lobby(w, 0);
    enter_lobby(w, 1);
    movers_submit(w->movers, bring(w, 7));
    p = receive_kind(w, 0, ANSWER_POSTED);
    assert_int_equal(p->event->command, COMMAND_SHARE);
    assert_int_equal(p->event->request, 47);
    assert_int_equal(p->event->seq, 1);
    parcel_free(&p);
    expect_kind(w, 1, EVENT_UPLOADING);
    p = receive_kind(w, 1, EVENT_MESSAGE);
    assert_int_equal(p->event->message_kind, MESSAGE_FILE);
    parcel_free(&p);
    assert_true(is_on_disk(w, 7, ""));
    submit(w, about(COMMAND_FETCH, 7, 0));
    p = receive_kind(w, 0, ANSWER_FILE);
    assert_int_equal(p->event->file->size, 5);
    assert_int_equal(p->event->file->state, FILE_WHOLE);
    assert_int_equal(p->event->seq, 1);
    assert_int_equal(p->event->room_kind, ROOM_CHANNEL);
    parcel_free(&p);
}

/* The removal is behind the answer; the mover's next answer is behind it. */
static void
a_dropped_file_is_removed_after_the_commit(void **state)
{
    struct world *w = *state;
    struct move_job *finish, *other;
    struct blob *blob = NULL;

    enter_lobby(w, 0);
    finish = bring(w, 7);
    assert_true(is_on_disk(w, 7, ".part"));
    submit(w, about(COMMAND_DROP, 7, 0));
    expect_kind(w, 0, ANSWER_DONE);
    submit(w, command(COMMAND_PING, 0, "", "", ""));
    expect_kind(w, 0, ANSWER_PONG);
    other = move_job_new(MOVE_OPEN_WRITE, NULL);
    other->id = (struct file_id){{8, 1}};
    move(w, other, &blob);
    assert_false(is_on_disk(w, 7, ".part"));
    blob_unref(&blob);
    move_job_free(&finish);
}

static void
a_session_that_ends_takes_what_cannot_be_resumed_with_it(void **state)
{
    struct world *w = *state;
    struct command *c = about(COMMAND_UPLOAD, 7, 5);

    enter_lobby(w, 0);
    c->file->resumable = false;
    submit(w, c);
    expect_kind(w, 0, ANSWER_UPLOAD);
    assert_int_equal(metrics_sum(w->metrics, METRIC_uploads), 1);
    submit(w, command(COMMAND_LEAVE, 0, "", "", ""));
    c = command(COMMAND_ENTER, 0, "", "ann", "");
    c->session = 9;
    submit(w, c);
    expect_kind(w, 0, ANSWER_WELCOME);
    assert_int_equal(metrics_sum(w->metrics, METRIC_uploads), 0);
}

static void
nobody_but_the_server_shares_through_the_workers_door(void **state)
{
    struct world *w = *state;
    struct parcel *p;

    enter_lobby(w, 0);
    submit(w, about(COMMAND_UPLOAD, 7, 5));
    expect_kind(w, 0, ANSWER_UPLOAD);
    submit(w, about(COMMAND_SHARE, 7, 5));
    p = receive_kind(w, 0, ANSWER_DENIED);
    assert_int_equal(p->event->deny, DENY_FORBIDDEN);
    parcel_free(&p);
}

/* Without a command, the first tick of the core drops it, and commits. */
static void
what_a_crash_left_is_dropped_at_the_start(void **state)
{
    struct world *w = *state;
    struct command *c = about(COMMAND_UPLOAD, 7, 5);
    struct hub_options o = {.workers = WORKERS, .message_bytes = 4096,
                            .file_expires_ms = 3600 * 1000};
    struct file_id id = c->file->id;
    struct file_row row;

    enter_lobby(w, 0);
    c->file->resumable = false;
    submit(w, c);
    expect_kind(w, 0, ANSWER_UPLOAD);
    core_stop(&w->core);
    assert_int_equal(store_find_file(w->store, &id, &row), 0);
    hub_free(&w->hub);
    assert_int_equal(hub_new(w->store, &o, metrics_shard_new(w->metrics),
                             &w->hub, NULL), 0);
    start_core(w);
    core_stop(&w->core);
    assert_true(store_find_file(w->store, &id, &row) < 0);
    start_core(w);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        world_unit_test(a_file_is_reserved_written_shared_and_found),
        world_unit_test(a_dropped_file_is_removed_after_the_commit),
        world_unit_test(
            a_session_that_ends_takes_what_cannot_be_resumed_with_it),
        world_unit_test(nobody_but_the_server_shares_through_the_workers_door),
        world_unit_test(what_a_crash_left_is_dropped_at_the_start),
    };

    return cmocka_run_group_tests(tests, world_begin, NULL);
}
