/* SPDX-License-Identifier: MIT
 *
 * A download's steps, with real files that the test writes. */
#include "dialect/files_test.h"

/* The page cache cannot be made cold when a test wants it to be. */
static bool is_cold;

bool __wrap_blob_is_warm(const struct blob *b, uint64_t offset, size_t n);
bool __real_blob_is_warm(const struct blob *b, uint64_t offset, size_t n);

bool
__wrap_blob_is_warm(const struct blob *b, uint64_t offset, size_t n)
{
    return !is_cold && __real_blob_is_warm(b, offset, n);
}

static int
warm_setup(void **state)
{
    is_cold = false;
    return play_setup(state);
}

#undef play_unit_test
#define play_unit_test(f) \
    cmocka_unit_test_setup_teardown(f, warm_setup, play_teardown)

/* A file of the test's own, still arriving. Returns owned. */
static struct blob *
file(struct play *p, uint64_t size, size_t written)
{
    struct blob *b = room_write(p->room, size, &p->writer);

    assert_int_equal(room_append(b, p->writer, written), 0);
    return b;
}

static void
finish(struct play *p, struct blob *b)
{
    uint8_t sum[32];

    assert_int_equal(blob_finish(b, p->writer, NULL, sum), 0);
}

/* What the core would say to FETCH. */
static void
found(struct play *p, uint64_t size, enum file_state state)
{
    struct file_facts facts = {.id = p->room->id, .size = size,
                               .state = state};
    struct event *e = event_new_file(ANSWER_FILE, str_of("#lobby"),
                                     str_of("alice"), str_of("photo.webp"),
                                     &facts);

    e->command = COMMAND_FETCH;
    e->request = DOWN;
    e->time_ms = 12345;
    fake_conn_answer(p->conn, e);
}

/* Up to READY. */
static void
begin(struct play *p, uint64_t size, enum file_state state)
{
    download_begin(p->conn, &p->down, DOWN, &p->room->id);
    expect_command(p, COMMAND_FETCH);
    found(p, size, state);
    assert_int_equal(p->down.state, DOWNLOAD_OPENING);
    assert_null(do_move(p, state == FILE_WHOLE ? MOVE_OPEN : MOVE_FOLLOW));
    assert_int_equal(p->down.state, DOWNLOAD_READY);
    conn_want_drain(p->conn, true);
}

/* The disk is asked whenever it must be. */
static void
drain(struct play *p)
{
    fake_conn_drain(p->conn);
    while (p->conn->jobs != NULL) {
        assert_null(do_move(p, MOVE_WARM));
        fake_conn_drain(p->conn);
    }
}

static void
expect_sent(struct play *p, uint64_t from, size_t n)
{
    uint8_t *want = room_bytes(from, n);

    assert_int_equal(p->conn->sent.n, n);
    assert_memory_equal(p->conn->sent.p, want, n);
    free(want);
}

static void
a_whole_file_is_looked_up_opened_and_sent(void **state)
{
    struct play *p = *state;
    struct blob *b = file(p, 3000, 3000);

    finish(p, b);
    begin(p, 3000, FILE_WHOLE);
    assert_string_equal(p->down.name, "photo.webp");
    assert_string_equal(p->down.sender, "alice");
    assert_int_equal(p->down.time_ms, 12345);
    assert_int_equal(p->down.end, 3000);
    drain(p);
    assert_int_equal(p->down.state, DOWNLOAD_DONE);
    expect_sent(p, 0, 3000);
    blob_unref(&b);
}

static void
a_range_is_sent_and_no_more(void **state)
{
    struct play *p = *state;
    struct blob *b = file(p, 3000, 3000);

    finish(p, b);
    begin(p, 3000, FILE_WHOLE);
    p->down.offset = 1000;
    p->down.end = 1500;
    drain(p);
    assert_int_equal(p->down.state, DOWNLOAD_DONE);
    expect_sent(p, 1000, 500);
    blob_unref(&b);
}

static void
an_empty_file_is_done_at_once(void **state)
{
    struct play *p = *state;
    struct blob *b = file(p, 0, 0);

    finish(p, b);
    begin(p, 0, FILE_WHOLE);
    drain(p);
    assert_int_equal(p->down.state, DOWNLOAD_DONE);
    blob_unref(&b);
}

static void
a_full_socket_is_waited_for(void **state)
{
    struct play *p = *state;
    struct blob *b = file(p, 3000, 3000);

    finish(p, b);
    begin(p, 3000, FILE_WHOLE);
    p->conn->file_window = 700;
    for (int i = 1; i <= 4; i++) {
        drain(p);
        assert_int_equal(p->conn->sent.n, i * 700);
        assert_int_equal(p->down.state, DOWNLOAD_READY);
    }
    drain(p);
    assert_int_equal(p->down.state, DOWNLOAD_DONE);
    expect_sent(p, 0, 3000);
    blob_unref(&b);
}

static void
a_mebibyte_at_a_time_is_enough(void **state)
{
    enum { SIZE = (2 << 20) + 5 };
    struct play *p = *state;
    struct blob *b = file(p, SIZE, SIZE);

    finish(p, b);
    begin(p, SIZE, FILE_WHOLE);
    while (p->down.state == DOWNLOAD_READY) {
        size_t before = p->conn->sent.n;

        fake_conn_drain(p->conn);
        assert_true(p->conn->sent.n - before <= 1 << 20);
        while (p->conn->jobs != NULL)
            do_move(p, MOVE_WARM);
    }
    assert_int_equal(p->down.state, DOWNLOAD_DONE);
    expect_sent(p, 0, SIZE);
    blob_unref(&b);
}

static void
a_cold_file_is_warmed_before_it_is_sent(void **state)
{
    enum { SIZE = 1 << 20 };
    struct play *p = *state;
    struct blob *b = file(p, SIZE, SIZE);

    finish(p, b);
    begin(p, SIZE, FILE_WHOLE);
    is_cold = true;
    fake_conn_drain(p->conn);
    assert_int_equal(p->conn->sent.n, 0);
    assert_true(p->down.waiting);
    fake_conn_drain(p->conn);
    assert_int_equal(p->conn->sent.n, 0);
    assert_non_null(p->conn->jobs);
    assert_null(p->conn->jobs->next);

    /* Sent though the file system still calls it cold. */
    do_move(p, MOVE_WARM);
    assert_false(p->down.waiting);
    fake_conn_drain(p->conn);
    assert_int_equal(p->conn->sent.n, SIZE / 2);
    assert_true(p->down.waiting);
    drain(p);
    drain(p);
    assert_int_equal(p->down.state, DOWNLOAD_DONE);
    expect_sent(p, 0, SIZE);
    blob_unref(&b);
}

/* --- As it arrives ------------------------------------------------------ */

static void
one_that_arrives_is_followed(void **state)
{
    struct play *p = *state;
    struct blob *b = file(p, 3000, 1000);

    begin(p, 3000, FILE_ARRIVING);
    assert_int_equal(p->down.end, 3000);
    drain(p);
    assert_int_equal(p->conn->sent.n, 1000);
    assert_true(p->down.waiting);
    assert_int_equal(fake_conn_grow(p->conn), 0);

    assert_int_equal(room_append(b, p->writer, 500), 0);
    drain(p);
    assert_int_equal(p->conn->sent.n, 1000);
    assert_int_equal(fake_conn_grow(p->conn), 1);
    assert_false(p->down.waiting);
    drain(p);
    assert_int_equal(p->conn->sent.n, 1500);

    assert_int_equal(room_append(b, p->writer, 1500), 0);
    assert_int_equal(fake_conn_grow(p->conn), 1);
    drain(p);
    assert_int_equal(p->down.state, DOWNLOAD_DONE);
    expect_sent(p, 0, 3000);
    finish(p, b);
    blob_unref(&b);
}

static void
one_of_unknown_size_ends_where_it_ends(void **state)
{
    struct play *p = *state;
    struct blob *b = file(p, FILE_SIZE_UNKNOWN, 1000);

    begin(p, FILE_SIZE_UNKNOWN, FILE_ARRIVING);
    assert_int_equal(p->down.end, FILE_SIZE_UNKNOWN);
    drain(p);
    assert_int_equal(room_append(b, p->writer, 234), 0);
    assert_int_equal(fake_conn_grow(p->conn), 1);
    drain(p);
    assert_true(p->down.waiting);
    finish(p, b);
    assert_int_equal(fake_conn_grow(p->conn), 1);
    drain(p);
    assert_int_equal(p->down.state, DOWNLOAD_DONE);
    assert_int_equal(p->down.end, 1234);
    expect_sent(p, 0, 1234);
    blob_unref(&b);
}

static void
a_size_that_the_disk_knows_by_now_is_known(void **state)
{
    struct play *p = *state;
    struct blob *b = file(p, FILE_SIZE_UNKNOWN, 1000);

    finish(p, b);
    begin(p, FILE_SIZE_UNKNOWN, FILE_ARRIVING);
    assert_int_equal(p->down.facts.size, 1000);
    assert_int_equal(p->down.end, 1000);
    blob_unref(&b);
}

static void
one_that_is_given_up_fails_its_readers(void **state)
{
    struct play *p = *state;
    struct blob *b = file(p, 3000, 1000);

    begin(p, 3000, FILE_ARRIVING);
    drain(p);
    assert_int_equal(blob_remove(p->room->blobs, &p->room->id), 0);
    assert_int_equal(fake_conn_grow(p->conn), 1);
    drain(p);
    assert_int_equal(p->down.state, DOWNLOAD_FAILED);
    assert_int_equal(p->down.why, DENY_NO_SUCH_FILE);
    blob_unref(&b);
}

/* --- In pieces ---------------------------------------------------------- */

/* download_read() until it waits; returns how many bytes came. */
static size_t
read_on(struct play *p, size_t piece)
{
    uint8_t bytes[1000];
    size_t total = 0, n;

    assert_true(piece <= sizeof bytes);
    for (;;) {
        uint64_t at = p->down.offset;

        n = download_read(p->conn, &p->down, bytes, piece);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(bytes[i], room_byte(at + i));
        total += n;
        if (n == 0 && p->conn->jobs == NULL)
            return total;
        if (n == 0)
            do_move(p, MOVE_WARM);
    }
}

static void
it_can_be_read_in_pieces_as_well(void **state)
{
    struct play *p = *state;
    struct blob *b = file(p, 5000, 2000);

    begin(p, 5000, FILE_ARRIVING);
    assert_int_equal(read_on(p, 333), 2000);
    assert_true(p->down.waiting);
    assert_int_equal(room_append(b, p->writer, 3000), 0);
    assert_int_equal(fake_conn_grow(p->conn), 1);
    assert_int_equal(read_on(p, 1000), 3000);
    assert_int_equal(p->down.state, DOWNLOAD_DONE);
    blob_unref(&b);
}

/* --- Refusals, and the end ---------------------------------------------- */

static void
what_may_not_be_fetched_fails(void **state)
{
    struct play *p = *state;

    download_begin(p->conn, &p->down, DOWN, &p->room->id);
    expect_command(p, COMMAND_FETCH);
    deny(p, COMMAND_FETCH, DOWN, DENY_FORBIDDEN);
    assert_int_equal(p->down.state, DOWNLOAD_FAILED);
    assert_int_equal(p->down.why, DENY_FORBIDDEN);
}

static void
what_is_not_on_disk_fails(void **state)
{
    struct play *p = *state;

    download_begin(p->conn, &p->down, DOWN, &p->room->id);
    expect_command(p, COMMAND_FETCH);
    found(p, 10, FILE_WHOLE);
    do_move(p, MOVE_OPEN);
    assert_int_equal(p->down.state, DOWNLOAD_FAILED);
    assert_int_equal(p->down.why, DENY_NO_SUCH_FILE);
}

static void
one_whose_writer_has_not_come_is_followed_from_its_first_byte(void **state)
{
    struct play *p = *state;
    struct blob *b;

    begin(p, 10, FILE_ARRIVING);
    drain(p);
    assert_true(p->down.waiting);
    b = file(p, 10, 10);
    assert_ptr_equal(b, p->down.blob);
    assert_int_equal(fake_conn_grow(p->conn), 1);
    drain(p);
    assert_int_equal(p->down.state, DOWNLOAD_DONE);
    blob_unref(&b);
}

static void
one_that_was_given_up_is_not_followed(void **state)
{
    struct play *p = *state;

    download_begin(p->conn, &p->down, DOWN, &p->room->id);
    expect_command(p, COMMAND_FETCH);
    found(p, 10, FILE_ARRIVING);
    assert_int_equal(blob_remove(p->room->blobs, &p->room->id), 0);
    do_move(p, MOVE_FOLLOW);
    assert_int_equal(p->down.state, DOWNLOAD_FAILED);
    assert_int_equal(p->down.why, DENY_NO_SUCH_FILE);
}

/* Never the clean end of a file that is not there as it should be. */
static void
a_file_that_is_too_short_fails(void **state)
{
    struct play *p = *state;
    struct blob *b = file(p, FILE_SIZE_UNKNOWN, 1000);

    finish(p, b);
    begin(p, 2000, FILE_WHOLE);
    drain(p);
    assert_int_equal(p->down.state, DOWNLOAD_FAILED);
    assert_int_equal(p->down.why, DENY_STORAGE_BROKEN);
    blob_unref(&b);
}

static void
who_closes_waits_for_nothing_any_more(void **state)
{
    struct play *p = *state;
    struct blob *b = file(p, 3000, 1000);

    begin(p, 3000, FILE_ARRIVING);
    drain(p);
    assert_true(p->down.growing);
    download_close(p->conn, &p->down);
    assert_int_equal(p->down.state, DOWNLOAD_NONE);
    assert_int_equal(room_append(b, p->writer, 500), 0);
    assert_int_equal(fake_conn_grow(p->conn), 0);
    blob_unref(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        play_unit_test(a_whole_file_is_looked_up_opened_and_sent),
        play_unit_test(a_range_is_sent_and_no_more),
        play_unit_test(an_empty_file_is_done_at_once),
        play_unit_test(a_full_socket_is_waited_for),
        play_unit_test(a_mebibyte_at_a_time_is_enough),
        play_unit_test(a_cold_file_is_warmed_before_it_is_sent),
        play_unit_test(one_that_arrives_is_followed),
        play_unit_test(one_of_unknown_size_ends_where_it_ends),
        play_unit_test(a_size_that_the_disk_knows_by_now_is_known),
        play_unit_test(one_that_is_given_up_fails_its_readers),
        play_unit_test(it_can_be_read_in_pieces_as_well),
        play_unit_test(what_may_not_be_fetched_fails),
        play_unit_test(what_is_not_on_disk_fails),
        play_unit_test(
            one_whose_writer_has_not_come_is_followed_from_its_first_byte),
        play_unit_test(one_that_was_given_up_is_not_followed),
        play_unit_test(a_file_that_is_too_short_fails),
        play_unit_test(who_closes_waits_for_nothing_any_more),
    };

    return cmocka_run_group_tests(tests, room_begin, NULL);
}
