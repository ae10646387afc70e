/* SPDX-License-Identifier: MIT
 *
 * Files when the store refuses: whichever of its calls does, everything is
 * afterwards as it was before, and can be done again. */
#include "hub/fault_test.h"
#include "hub/play_test.h"

#include <errno.h>

/* ---- the store, made to fail ---- */

WRAP(store_begin, (struct store *s), (s))
WRAP(store_commit, (struct store *s), (s))
WRAP(store_put_message, (struct store *s, const struct message *m), (s, m))
WRAP(store_put_file, (struct store *s, const struct file_row *f), (s, f))
WRAP(store_set_file, (struct store *s, const struct file_row *f), (s, f))
WRAP(store_drop_file, (struct store *s, const struct file_id *id), (s, id))
WRAP(store_find_file,
     (struct store *s, const struct file_id *id, struct file_row *f),
     (s, id, f))
WRAP(store_usage,
     (struct store *s, enum usage_scope scope, uint64_t id, uint64_t *n),
     (s, scope, id, n))
WRAP(store_each_arriving, (struct store *s, store_file_fn *fn, void *arg),
     (s, fn, arg))

/* ---- */

static int
setup(void **state)
{
    fail_at(NULL, 0, 0);
    return play_setup(state);
}

#define batch_test(f) cmocka_unit_test_setup_teardown(f, setup, play_teardown)

static struct command *
about(struct play *p, enum command_kind kind, uint64_t session, unsigned n,
      uint64_t size)
{
    return play_file_command(p, kind, session, n, size);
}

/* Two people, and file 7 of 100 bytes arriving from the first. */
static void
begin(struct play *p)
{
    settle(p, 1, "alice");
    settle(p, 2, "bob");
    act(p, uploading(p, 1, "#lobby", 7, 100));
    forget(p);
}

static uint64_t
usage(struct play *p)
{
    uint64_t bytes = 0;

    assert_int_equal(store_usage(p->store, USAGE_TOTAL, 0, &bytes), 0);
    return bytes;
}

static void
expect_refused(struct play *p)
{
    assert_null(fault.call);
    assert_int_equal(p->commit, -ENOSPC);
    expect(p, "w0 s1 denied storage_full\n");
    expect_moves(p, "");
}

/* Each way in which a command about file 7 may fail. */
static void
fails(struct play *p, struct command *c, const char *call)
{
    begin(p);
    fail_at(call, 0, -ENOSPC);
    c->request = ++p->request;
    act(p, c);
    expect_refused(p);
}

static void
an_upload_that_is_not_kept_was_never_begun(void **state)
{
    static const char *const calls[] = {
        "store_begin", "store_usage", "store_put_file", "store_commit",
        "store_find_file",
    };

    (void)state;
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        struct play *p = play_new();

        begin(p);
        fail_at(calls[i], 0, -ENOSPC);
        act(p, uploading(p, 1, "#new", 8, 50));
        assert_null(fault.call);
        assert_int_equal(p->commit, -ENOSPC);
        expect(p, "w0 s1 denied storage_full #new\n");
        assert_int_equal(usage(p), 100);
        assert_int_equal(metrics_sum(p->metrics, METRIC_uploads), 1);
        assert_int_equal(metrics_sum(p->metrics, METRIC_rooms), 1);
        act(p, about(p, COMMAND_RESUME, 1, 8, 0));
        expect(p, "w0 s1 denied no_such_file\n");
        act(p, uploading(p, 1, "#new", 8, 50));
        expect(p, "w0 s1 upload {8 50 t} #new photo.webp 50\n");
        play_free(p);
    }
}

static void
who_hears_of_uploads_does_not_hear_of_one_that_is_not_kept(void **state)
{
    struct play *p = *state;

    begin(p);
    fail_at("store_commit", 0, -ENOSPC);
    act(p, uploading(p, 1, "#lobby", 8, 50));
    expect(p, "w0 s1 denied storage_full #lobby\n");
}

static void
a_share_that_is_not_kept_can_be_done_again(void **state)
{
    static const char *const calls[] = {
        "store_begin", "store_put_message", "store_set_file", "store_commit",
    };

    (void)state;
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        struct play *p = play_new();

        fails(p, sharing(p, 1, 7, 100), calls[i]);
        expect_log(p, 1, "");
        assert_int_equal(metrics_sum(p->metrics, METRIC_uploads), 1);
        assert_int_equal(metrics_sum(p->metrics, METRIC_files_total), 0);
        act(p, sharing(p, 1, 7, 100));
        expect(p, "w0 room 1 message 1 {7 100 whole} alice photo.webp\n"
                  "w0 s1 posted 1\n"
                  "w1 room 1 message 1 {7 100 whole} alice photo.webp\n");
        assert_int_equal(metrics_sum(p->metrics, METRIC_uploads), 0);
        play_free(p);
    }
}

static void
a_share_repeated_in_a_batch_that_is_not_kept_is_refused_twice(void **state)
{
    struct play *p = *state;

    begin(p);
    fail_at("store_commit", 0, -ENOSPC);
    apply(p, sharing(p, 1, 7, 100));
    apply(p, sharing(p, 1, 7, 100));
    play_commit(p);
    expect(p, "w0 s1 denied storage_full\n"
              "w0 s1 denied storage_full\n");
    expect_moves(p, "");
    act(p, sharing(p, 1, 7, 100));
    assert_int_equal(metrics_sum(p->metrics, METRIC_files_total), 1);
}

static void
a_drop_that_is_not_kept_leaves_everything(void **state)
{
    static const char *const calls[] = {
        "store_begin", "store_drop_file", "store_commit",
    };

    (void)state;
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        struct play *p = play_new();

        fails(p, about(p, COMMAND_DROP, 1, 7, 0), calls[i]);
        assert_int_equal(usage(p), 100);
        act(p, about(p, COMMAND_DROP, 1, 7, 0));
        expect(p, "w0 s1 done\n");
        expect_moves(p, "7 ");
        assert_int_equal(usage(p), 0);
        play_free(p);
    }
}

static void
a_resume_that_is_not_kept_gives_no_time(void **state)
{
    struct play *p = *state;

    begin(p);
    act(p, leaving(p, 1, "", true));
    forget(p);
    p->now_ms += 300000;
    fail_at("store_commit", 0, -ENOSPC);
    act(p, about(p, COMMAND_RESUME, 2, 7, 0));
    expect(p, "w1 s2 denied storage_full #lobby\n");
    act(p, leaving(p, 2, "", true));
    p->now_ms = PLAY_NOON + 600000;
    hub_tick(p->hub, p->now_ms);
    play_commit(p);
    expect_moves(p, "7 ");
}

static void
a_reservation_that_is_not_kept_can_be_asked_for_again(void **state)
{
    struct play *p = *state;
    struct command *c;

    begin(p);
    act(p, uploading(p, 1, "#new", 8, FILE_SIZE_UNKNOWN));
    forget(p);
    fail_at("store_set_file", 0, -ENOSPC);
    c = about(p, COMMAND_RESERVE, 1, 8, 2u * LIMIT_RESERVE_BYTES);
    act(p, c);
    expect_refused(p);
    assert_int_equal(usage(p), 100 + LIMIT_RESERVE_BYTES);
    act(p, about(p, COMMAND_RESERVE, 1, 8, 2u * LIMIT_RESERVE_BYTES));
    expect(p, "w0 s1 done 33554432\n");
    assert_int_equal(usage(p), 100 + 2u * LIMIT_RESERVE_BYTES);
}

static void
an_end_of_a_session_that_is_not_kept_is_made_good_in_time(void **state)
{
    struct play *p = *state;
    struct command *c;

    begin(p);
    c = uploading(p, 1, "#lobby", 8, 50);
    c->file->resumable = false;
    act(p, c);
    fail_at("store_commit", 0, -ENOSPC);
    act(p, leaving(p, 1, "", true));
    assert_int_equal(p->commit, -ENOSPC);
    expect_moves(p, "");
    assert_true(hub_tick(p->hub, p->now_ms + 59999) > p->now_ms + 59999);
    assert_false(hub_has_written(p->hub));
    fail_at("store_drop_file", 0, -ENOSPC);
    hub_tick(p->hub, p->now_ms + 60000);
    play_commit(p);
    assert_int_equal(p->commit, -ENOSPC);
    expect_moves(p, "");
    assert_true(hub_tick(p->hub, p->now_ms + 60001) > p->now_ms + 110000);
    hub_tick(p->hub, p->now_ms + 120000);
    play_commit(p);
    expect_moves(p, "8 ");
    assert_int_equal(usage(p), 100);
}

static void
after_an_input_output_error_no_file_changes(void **state)
{
    struct play *p = *state;

    begin(p);
    fail_at("store_commit", 0, -EIO);
    act(p, sharing(p, 1, 7, 100));
    act(p, sharing(p, 1, 7, 100));
    act(p, uploading(p, 1, "#lobby", 8, 50));
    act(p, about(p, COMMAND_DROP, 1, 7, 0));
    expect(p, "w0 s1 denied storage_broken\n"
              "w0 s1 denied storage_broken\n"
              "w0 s1 denied storage_broken #lobby\n"
              "w0 s1 denied storage_broken\n");
    assert_true(hub_tick(p->hub, p->now_ms + 10000000) == INT64_MAX);
    expect_moves(p, "");
}

static void
a_hub_that_cannot_read_its_uploads_does_not_start(void **state)
{
    struct play *p = *state;
    struct hub *h = NULL;
    struct err e = {0};

    fail_at("store_each_arriving", 0, -EIO);
    assert_int_equal(hub_new(p->store, &p->options, p->shard, &h, &e), -EIO);
    assert_null(h);
}

static void
a_file_that_cannot_be_looked_for_is_kept(void **state)
{
    struct play *p = *state;
    struct file_id id = play_file_id(9);

    fail_at("store_find_file", 0, -EIO);
    assert_true(hub_keeps_file(p->hub, &id, true, 5));
    assert_false(hub_keeps_file(p->hub, &id, true, 5));
}

static void
a_hub_may_be_freed_in_the_middle_of_a_batch(void **state)
{
    struct play *p = *state;

    begin(p);
    apply(p, uploading(p, 1, "#new", 8, 50));
    apply(p, about(p, COMMAND_DROP, 1, 7, 0));
    play_restart(p);
    assert_int_equal(usage(p), 100);
    assert_int_equal(metrics_sum(p->metrics, METRIC_uploads), 1);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        batch_test(an_upload_that_is_not_kept_was_never_begun),
        batch_test(who_hears_of_uploads_does_not_hear_of_one_that_is_not_kept),
        batch_test(a_share_that_is_not_kept_can_be_done_again),
        batch_test(
            a_share_repeated_in_a_batch_that_is_not_kept_is_refused_twice),
        batch_test(a_drop_that_is_not_kept_leaves_everything),
        batch_test(a_resume_that_is_not_kept_gives_no_time),
        batch_test(a_reservation_that_is_not_kept_can_be_asked_for_again),
        batch_test(an_end_of_a_session_that_is_not_kept_is_made_good_in_time),
        batch_test(after_an_input_output_error_no_file_changes),
        batch_test(a_hub_that_cannot_read_its_uploads_does_not_start),
        batch_test(a_file_that_cannot_be_looked_for_is_kept),
        batch_test(a_hub_may_be_freed_in_the_middle_of_a_batch),
    };

    return cmocka_run_group_tests(tests, play_group, NULL);
}
