/* SPDX-License-Identifier: MIT
 *
 * An upload's steps, with real files; the core's answers and the movers' come
 * when the test says so. */
#include "dialect/files_test.h"

static void
ask(struct play *p, uint64_t size, bool resumable, size_t piece_max)
{
    struct upload_wish wish = {.target = str_of("#lobby"),
                               .name = str_of("../photo.webp"),
                               .size = size, .resumable = resumable,
                               .piece_max = piece_max};

    upload_begin(p->conn, &p->up, UP, &wish);
}

/* What the core would say to UPLOAD or RESUME. */
static void
grant(struct play *p, enum command_kind command)
{
    struct str none = {0};
    struct event *e;

    p->facts.state = FILE_ARRIVING;
    e = event_new_file(ANSWER_UPLOAD, str_of("#lobby"), none,
                       str_of("photo.webp"), &p->facts);
    e->command = command;
    e->request = UP;
    e->room = 3;
    e->token = LIMIT_RESERVE_BYTES;
    fake_conn_answer(p->conn, e);
}

/* Up to READY. */
static void
begin(struct play *p, uint64_t size, bool resumable, size_t piece_max)
{
    ask(p, size, resumable, piece_max);
    expect_command(p, COMMAND_UPLOAD);
    p->room->id = p->facts.id;
    grant(p, COMMAND_UPLOAD);
    assert_null(do_move(p, MOVE_OPEN_WRITE));
    assert_int_equal(p->up.state, UPLOAD_READY);
}

/* The next n bytes; returns how many were taken. */
static size_t
give(struct play *p, size_t n)
{
    uint8_t *bytes = room_bytes(p->up.offset, n);
    size_t taken = upload_write(p->conn, &p->up, bytes, n);

    free(bytes);
    return taken;
}

static void
append(struct play *p)
{
    assert_null(do_move(p, MOVE_APPEND));
}

static void
posted(struct play *p)
{
    struct event *e = answer_new(ANSWER_POSTED, COMMAND_SHARE, UP);

    e->room = 3;
    e->seq = 17;
    fake_conn_answer(p->conn, e);
}

/* FINISH and everything behind it. */
static void
expect_done(struct play *p, uint64_t size)
{
    struct command *share = do_move(p, MOVE_FINISH);
    uint8_t sum[32];

    assert_non_null(share);
    assert_int_equal(share->kind, COMMAND_SHARE);
    assert_int_equal(share->request, UP);
    assert_int_equal(share->file->size, size);
    room_sum(size, sum);
    assert_memory_equal(share->file->sha256, sum, 32);
    command_free(&share);
    posted(p);
    assert_int_equal(p->up.state, UPLOAD_DONE);
    assert_int_equal(p->up.seq, 17);
    assert_int_equal(p->up.room, 3);
    assert_int_equal(room_on_disk(p->room, ""), size);
}

/* --- From the beginning to the end -------------------------------------- */

static void
a_file_is_asked_for_opened_written_and_shared(void **state)
{
    struct play *p = *state;

    ask(p, 1000, false, LIMIT_PIECE_BYTES);
    assert_int_equal(p->up.state, UPLOAD_ASKED);
    expect_command(p, COMMAND_UPLOAD);
    assert_true(file_id_given(&p->facts.id));
    assert_true(file_id_given(&p->facts.ticket));
    assert_int_equal(p->facts.size, 1000);
    p->room->id = p->facts.id;
    grant(p, COMMAND_UPLOAD);
    assert_int_equal(p->up.state, UPLOAD_OPENING);
    assert_string_equal(p->up.name, "photo.webp");
    assert_string_equal(p->up.room_name, "#lobby");
    do_move(p, MOVE_OPEN_WRITE);
    assert_int_equal(p->up.state, UPLOAD_READY);

    assert_int_equal(give(p, 600), 600);
    append(p);
    assert_int_equal(p->up.on_disk, 600);
    assert_int_equal(give(p, 400), 400);
    upload_finish(p->conn, &p->up, NULL);
    assert_int_equal(p->up.state, UPLOAD_FINISHING);
    append(p);
    expect_done(p, 1000);
    expect_no_move(p);
    expect_no_command(p);
}

static void
an_empty_file_is_one_too(void **state)
{
    struct play *p = *state;

    begin(p, 0, false, LIMIT_PIECE_BYTES);
    upload_finish(p->conn, &p->up, NULL);
    expect_done(p, 0);
}

static void
two_pieces_are_in_memory_and_then_it_waits(void **state)
{
    struct play *p = *state;

    begin(p, 1000, false, 100);
    assert_true(upload_has_room(&p->up));
    assert_int_equal(give(p, 500), 200);
    assert_false(upload_has_room(&p->up));
    assert_int_equal(give(p, 300), 0);
    append(p);
    assert_true(upload_has_room(&p->up));
    assert_int_equal(p->conn->jobs->data.n, 100);
    assert_int_equal(give(p, 300), 100);
    append(p);
    append(p);
    expect_no_move(p);
    assert_int_equal(p->up.on_disk, 300);
}

static void
small_pieces_are_gathered_while_one_is_under_way(void **state)
{
    struct play *p = *state;

    begin(p, 1000, false, LIMIT_PIECE_BYTES);
    for (int i = 0; i < 10; i++)
        assert_int_equal(give(p, 100), 100);
    assert_int_equal(p->conn->jobs->data.n, 100);
    assert_null(p->conn->jobs->next);
    upload_finish(p->conn, &p->up, NULL);
    append(p);
    assert_int_equal(p->conn->jobs->data.n, 900);
    append(p);
    expect_done(p, 1000);
}

/* Whatever comes in whichever pieces, and however late the disk is. */
static void
in_any_pieces_it_is_the_same_file(void **state)
{
    enum { ROUNDS = 40, SIZE = 50000 };
    struct play *p = *state;

    for (int i = 0; i < ROUNDS; i++) {
        begin(p, i % 2 ? SIZE : FILE_SIZE_UNKNOWN, false,
              1 + rand_below(3000));
        while (p->up.offset < SIZE) {
            size_t left = SIZE - p->up.offset;
            size_t n = 1 + rand_below(5000);

            give(p, n < left ? n : left);
            if (rand_below(2) == 0 && p->conn->jobs != NULL)
                append(p);
        }
        upload_finish(p->conn, &p->up, NULL);
        while (p->conn->jobs->what == MOVE_APPEND)
            append(p);
        expect_done(p, SIZE);
        upload_close(p->conn, &p->up);
        expect_no_command(p);
    }
}

static void
the_uploaders_checksum_is_asked_for(void **state)
{
    struct play *p = *state;
    uint8_t sum[32];
    struct command *share;

    begin(p, 100, true, LIMIT_PIECE_BYTES);
    give(p, 100);
    append(p);
    room_sum(100, sum);
    sum[0] ^= 1;
    upload_finish(p->conn, &p->up, sum);
    share = do_move(p, MOVE_FINISH);
    assert_null(share);
    assert_int_equal(p->up.state, UPLOAD_FAILED);
    assert_int_equal(p->up.why, DENY_BAD_CHECKSUM);
    expect_command(p, COMMAND_DROP);     /* or a restart would share it */
    upload_close(p->conn, &p->up);
    expect_no_command(p);
}

/* --- Refusals ----------------------------------------------------------- */

static void
the_core_may_refuse_it(void **state)
{
    struct play *p = *state;

    ask(p, 1000, false, LIMIT_PIECE_BYTES);
    expect_command(p, COMMAND_UPLOAD);
    deny(p, COMMAND_UPLOAD, UP, DENY_NO_QUOTA);
    assert_int_equal(p->up.state, UPLOAD_FAILED);
    assert_int_equal(p->up.why, DENY_NO_QUOTA);
    upload_close(p->conn, &p->up);
    expect_no_command(p);
}

static void
the_core_may_refuse_to_share_it(void **state)
{
    struct play *p = *state;
    struct command *share;

    begin(p, 10, false, LIMIT_PIECE_BYTES);
    give(p, 10);
    append(p);
    upload_finish(p->conn, &p->up, NULL);
    share = do_move(p, MOVE_FINISH);
    command_free(&share);
    deny(p, COMMAND_SHARE, UP, DENY_STORAGE_FULL);
    assert_int_equal(p->up.state, UPLOAD_FAILED);
    assert_int_equal(p->up.why, DENY_STORAGE_FULL);
}

static void
more_bytes_than_declared_are_refused(void **state)
{
    struct play *p = *state;

    begin(p, 100, false, LIMIT_PIECE_BYTES);
    assert_int_equal(give(p, 60), 60);
    assert_int_equal(give(p, 41), 0);
    assert_int_equal(p->up.state, UPLOAD_FAILED);
    assert_int_equal(p->up.why, DENY_BAD_OFFSET);
    append(p);
    assert_int_equal(p->up.on_disk, 60);
    assert_int_equal(p->up.state, UPLOAD_FAILED);
    expect_no_move(p);
    upload_close(p->conn, &p->up);
    expect_command(p, COMMAND_DROP);
}

static void
fewer_bytes_than_declared_are_refused(void **state)
{
    struct play *p = *state;

    begin(p, 100, false, LIMIT_PIECE_BYTES);
    give(p, 99);
    upload_finish(p->conn, &p->up, NULL);
    assert_int_equal(p->up.state, UPLOAD_FAILED);
    assert_int_equal(p->up.why, DENY_BAD_OFFSET);
}

static void
a_newer_writer_ends_the_older_upload(void **state)
{
    struct play *p = *state;
    uint64_t writer;
    struct blob *b;

    begin(p, 100, true, LIMIT_PIECE_BYTES);
    give(p, 50);
    append(p);
    b = room_write(p->room, 100, &writer);
    give(p, 50);
    append(p);
    assert_int_equal(p->up.state, UPLOAD_FAILED);
    assert_int_equal(p->up.why, DENY_BAD_OFFSET);
    assert_int_equal(p->up.on_disk, 50);
    assert_int_equal(room_append(b, writer, 50), 0);
    blob_unref(&b);
}

static void
a_file_that_cannot_be_opened_fails_with_the_reason(void **state)
{
    struct play *p = *state;
    struct event *e = move_event(MOVE_OPEN_WRITE, UP, -EMFILE, NULL);

    ask(p, 1000, false, LIMIT_PIECE_BYTES);
    expect_command(p, COMMAND_UPLOAD);
    grant(p, COMMAND_UPLOAD);
    fake_conn_answer(p->conn, e);
    assert_int_equal(p->up.state, UPLOAD_FAILED);
    assert_int_equal(p->up.why, DENY_OVERLOADED);
    assert_string_equal(p->up.detail, "it is out of file descriptors");
}

/* --- Unknown size ------------------------------------------------------- */

static void
reserved(struct play *p, uint64_t bytes)
{
    struct event *e = answer_new(ANSWER_DONE, COMMAND_RESERVE, UP);

    e->token = bytes;
    fake_conn_answer(p->conn, e);
}

static void
one_of_unknown_size_reserves_as_it_goes(void **state)
{
    enum { PIECE = 1 << 20 };
    struct play *p = *state;
    uint64_t size = 0;
    unsigned steps = 0;

    begin(p, FILE_SIZE_UNKNOWN, false, PIECE);
    while (steps < 2) {
        struct command *cmd;

        size += give(p, PIECE);
        if (p->conn->jobs != NULL)
            append(p);
        cmd = fake_conn_take(p->conn);
        if (cmd == NULL)
            continue;
        assert_int_equal(cmd->kind, COMMAND_RESERVE);
        assert_int_equal(cmd->file->size,
                         (steps + 2) * (uint64_t)LIMIT_RESERVE_BYTES);
        assert_true(size < (steps + 1) * (uint64_t)LIMIT_RESERVE_BYTES);
        command_free(&cmd);
        steps++;
        reserved(p, (steps + 1) * (uint64_t)LIMIT_RESERVE_BYTES);
    }
    upload_finish(p->conn, &p->up, NULL);
    expect_done(p, size);
}

static void
no_byte_goes_beyond_what_is_reserved(void **state)
{
    enum { PIECE = 1 << 20 };
    struct play *p = *state;

    begin(p, FILE_SIZE_UNKNOWN, true, PIECE);
    while (upload_has_room(&p->up)) {
        give(p, PIECE);
        if (p->conn->jobs != NULL)
            append(p);
    }
    assert_int_equal(p->up.offset, LIMIT_RESERVE_BYTES);
    assert_int_equal(give(p, 1), 0);
    expect_command(p, COMMAND_RESERVE);
    expect_no_command(p);
    deny(p, COMMAND_RESERVE, UP, DENY_NO_QUOTA);
    assert_int_equal(p->up.state, UPLOAD_READY);
    assert_true(upload_has_room(&p->up));
    assert_int_equal(give(p, 1), 0);
    assert_int_equal(p->up.state, UPLOAD_FAILED);
    assert_int_equal(p->up.why, DENY_NO_QUOTA);
    assert_int_equal(p->up.on_disk, LIMIT_RESERVE_BYTES);
}

static void
a_reservation_may_be_smaller_than_what_was_asked_for(void **state)
{
    enum { PIECE = 1 << 20 };
    struct play *p = *state;

    begin(p, FILE_SIZE_UNKNOWN, false, PIECE);
    while (p->up.offset < 13 << 20) {
        give(p, PIECE);
        append(p);
    }
    expect_command(p, COMMAND_RESERVE);
    reserved(p, LIMIT_RESERVE_BYTES + 5);
    while (upload_has_room(&p->up)) {
        give(p, PIECE);
        if (p->conn->jobs != NULL)
            append(p);
    }
    assert_int_equal(p->up.offset, LIMIT_RESERVE_BYTES + 5);
    expect_command(p, COMMAND_RESERVE);
    deny(p, COMMAND_RESERVE, UP, DENY_FILE_TOO_LARGE);
    upload_finish(p->conn, &p->up, NULL);
    expect_done(p, LIMIT_RESERVE_BYTES + 5);
}

static void
a_reservation_that_nobody_needs_any_more_may_be_refused(void **state)
{
    enum { PIECE = 1 << 20, MANY = 13 << 20 };
    struct play *p = *state;

    begin(p, FILE_SIZE_UNKNOWN, false, PIECE);
    while (p->up.offset < MANY) {
        give(p, PIECE);
        append(p);
    }
    expect_command(p, COMMAND_RESERVE);
    upload_finish(p->conn, &p->up, NULL);
    deny(p, COMMAND_RESERVE, UP, DENY_NO_QUOTA);
    assert_int_equal(p->up.state, UPLOAD_FINISHING);
    expect_done(p, MANY);
}

/* --- Resuming ----------------------------------------------------------- */

static void
a_paused_one_is_synced_and_goes_on_from_there(void **state)
{
    struct play *p = *state;
    struct file_id id, ticket;

    begin(p, 1000, true, 100);
    id = p->up.facts.id;
    ticket = p->up.facts.ticket;
    give(p, 200);
    upload_pause(p->conn, &p->up);
    assert_false(upload_has_room(&p->up));
    append(p);
    append(p);
    assert_null(do_move(p, MOVE_SYNC));
    assert_int_equal(p->up.state, UPLOAD_PAUSED);
    assert_int_equal(p->up.on_disk, 200);
    upload_close(p->conn, &p->up);
    expect_no_command(p);

    upload_resume(p->conn, &p->up, UP, &id, &ticket, LIMIT_PIECE_BYTES);
    expect_command(p, COMMAND_RESUME);
    assert_true(file_id_eq(&p->facts.id, &id));
    assert_true(file_id_eq(&p->facts.ticket, &ticket));
    p->facts.size = 1000;
    p->facts.resumable = true;
    grant(p, COMMAND_RESUME);
    do_move(p, MOVE_OPEN_WRITE);
    assert_int_equal(p->up.state, UPLOAD_READY);
    assert_int_equal(p->up.offset, 200);
    give(p, 800);
    upload_finish(p->conn, &p->up, NULL);
    append(p);
    expect_done(p, 1000);
}

static void
one_that_was_whole_when_it_is_resumed_can_be_finished(void **state)
{
    struct play *p = *state;
    struct file_id id, ticket;
    struct command *share;

    begin(p, 100, true, LIMIT_PIECE_BYTES);
    id = p->up.facts.id;
    ticket = p->up.facts.ticket;
    give(p, 100);
    append(p);
    upload_finish(p->conn, &p->up, NULL);
    share = do_move(p, MOVE_FINISH);
    command_free(&share);
    upload_close(p->conn, &p->up);
    expect_no_command(p);

    upload_resume(p->conn, &p->up, UP, &id, &ticket, LIMIT_PIECE_BYTES);
    expect_command(p, COMMAND_RESUME);
    p->facts.size = 100;
    grant(p, COMMAND_RESUME);
    do_move(p, MOVE_OPEN_WRITE);
    assert_int_equal(p->up.offset, 100);
    upload_finish(p->conn, &p->up, NULL);
    expect_done(p, 100);
}

static void
one_of_unknown_size_counts_on_what_it_had_reserved(void **state)
{
    struct play *p = *state;
    struct file_id id = file_id_new(), ticket = file_id_new();

    upload_resume(p->conn, &p->up, UP, &id, &ticket, LIMIT_PIECE_BYTES);
    expect_command(p, COMMAND_RESUME);
    p->room->id = id;
    grant(p, COMMAND_RESUME);
    do_move(p, MOVE_OPEN_WRITE);
    assert_int_equal(p->up.reserved, LIMIT_RESERVE_BYTES);
    assert_int_equal(give(p, 10), 10);
    expect_no_command(p);
}

/* --- Giving up ---------------------------------------------------------- */

static void
dropping_is_over_when_the_core_says_so(void **state)
{
    struct play *p = *state;

    begin(p, 1000, true, 100);
    give(p, 200);
    upload_drop(p->conn, &p->up);
    upload_drop(p->conn, &p->up);
    assert_false(upload_has_room(&p->up));
    expect_command(p, COMMAND_DROP);
    expect_no_command(p);
    append(p);
    expect_no_move(p);
    fake_conn_answer(p->conn, answer_new(ANSWER_DONE, COMMAND_DROP, UP));
    assert_int_equal(p->up.state, UPLOAD_DROPPED);
    upload_close(p->conn, &p->up);
    expect_no_command(p);
}

static void
dropping_does_not_wait_for_the_place(void **state)
{
    struct play *p = *state;

    ask(p, 1000, false, 100);
    expect_command(p, COMMAND_UPLOAD);
    upload_drop(p->conn, &p->up);
    grant(p, COMMAND_UPLOAD);
    expect_no_move(p);
    expect_command(p, COMMAND_DROP);
    assert_int_equal(p->up.state, UPLOAD_ASKED);
    fake_conn_answer(p->conn, answer_new(ANSWER_DONE, COMMAND_DROP, UP));
    assert_int_equal(p->up.state, UPLOAD_DROPPED);
}

static void
what_was_shared_first_is_done_and_not_dropped(void **state)
{
    struct play *p = *state;
    struct command *share;

    begin(p, 10, false, 100);
    give(p, 10);
    append(p);
    upload_finish(p->conn, &p->up, NULL);
    share = do_move(p, MOVE_FINISH);
    command_free(&share);
    upload_drop(p->conn, &p->up);
    posted(p);
    deny(p, COMMAND_DROP, UP, DENY_NO_SUCH_FILE);
    assert_int_equal(p->up.state, UPLOAD_DONE);
}

static void
closing_drops_what_cannot_be_resumed_whenever_that_is(void **state)
{
    struct play *p = *state;

    ask(p, 1000, false, 100);
    expect_command(p, COMMAND_UPLOAD);
    upload_close(p->conn, &p->up);
    expect_command(p, COMMAND_DROP);

    begin(p, 1000, false, 100);
    give(p, 200);
    upload_close(p->conn, &p->up);
    expect_command(p, COMMAND_DROP);
    assert_true(file_id_eq(&p->facts.id, &p->room->id));
    append(p);
    expect_no_move(p);
    assert_int_equal(p->up.state, UPLOAD_NONE);

    begin(p, 200, false, 100);
    give(p, 200);
    upload_finish(p->conn, &p->up, NULL);
    upload_close(p->conn, &p->up);
    expect_command(p, COMMAND_DROP);
    append(p);
    expect_no_command(p);
}

static void
closing_leaves_a_resumable_one_as_far_along_as_it_is(void **state)
{
    struct play *p = *state;
    struct blob *b = NULL;

    begin(p, 1000, true, 100);
    give(p, 100);
    append(p);
    upload_close(p->conn, &p->up);
    expect_no_command(p);
    expect_no_move(p);
    assert_int_equal(blob_open(p->room->blobs, &p->room->id, &b), 0);
    assert_int_equal(blob_written(b), 100);
    blob_unref(&b);

    ask(p, 1000, true, 100);
    expect_command(p, COMMAND_UPLOAD);
    upload_close(p->conn, &p->up);
    expect_command(p, COMMAND_DROP);
}

static void
closing_does_not_stop_what_is_being_shared(void **state)
{
    struct play *p = *state;
    struct command *share;

    begin(p, 10, false, 100);
    give(p, 10);
    append(p);
    upload_finish(p->conn, &p->up, NULL);
    upload_close(p->conn, &p->up);
    expect_no_command(p);
    share = do_move(p, MOVE_FINISH);
    assert_non_null(share);
    command_free(&share);
    posted(p);
    assert_int_equal(p->up.state, UPLOAD_NONE);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        play_unit_test(a_file_is_asked_for_opened_written_and_shared),
        play_unit_test(an_empty_file_is_one_too),
        play_unit_test(two_pieces_are_in_memory_and_then_it_waits),
        play_unit_test(small_pieces_are_gathered_while_one_is_under_way),
        play_unit_test(in_any_pieces_it_is_the_same_file),
        play_unit_test(the_uploaders_checksum_is_asked_for),
        play_unit_test(the_core_may_refuse_it),
        play_unit_test(the_core_may_refuse_to_share_it),
        play_unit_test(more_bytes_than_declared_are_refused),
        play_unit_test(fewer_bytes_than_declared_are_refused),
        play_unit_test(a_newer_writer_ends_the_older_upload),
        play_unit_test(a_file_that_cannot_be_opened_fails_with_the_reason),
        play_unit_test(one_of_unknown_size_reserves_as_it_goes),
        play_unit_test(no_byte_goes_beyond_what_is_reserved),
        play_unit_test(
            a_reservation_may_be_smaller_than_what_was_asked_for),
        play_unit_test(
            a_reservation_that_nobody_needs_any_more_may_be_refused),
        play_unit_test(a_paused_one_is_synced_and_goes_on_from_there),
        play_unit_test(one_that_was_whole_when_it_is_resumed_can_be_finished),
        play_unit_test(one_of_unknown_size_counts_on_what_it_had_reserved),
        play_unit_test(dropping_is_over_when_the_core_says_so),
        play_unit_test(dropping_does_not_wait_for_the_place),
        play_unit_test(what_was_shared_first_is_done_and_not_dropped),
        play_unit_test(closing_drops_what_cannot_be_resumed_whenever_that_is),
        play_unit_test(closing_leaves_a_resumable_one_as_far_along_as_it_is),
        play_unit_test(closing_does_not_stop_what_is_being_shared),
    };

    return cmocka_run_group_tests(tests, room_begin, NULL);
}
