/* SPDX-License-Identifier: MIT
 *
 * Retention: what goes, what goes with it, and what must never come back. */
#include "store/files_test.h"

#include "store/reader.h"
#include <errno.h>

struct dropped {
    unsigned n;                    /* of the last call */
    uint64_t first;
    char files[32];                /* their numbers, in order */
};

static void
note_file(void *arg, const struct file_id *id)
{
    struct dropped *d = arg;
    d->files[strlen(d->files)] = (char)('0' + id->b[0]);
}

static struct dropped
drop(struct store *s, uint64_t seq, int64_t before_ms, unsigned max)
{
    struct dropped d = {0};
    assert_int_equal(store_begin(s), 0);
    assert_int_equal(store_drop_old(s, 1, seq, before_ms, max, note_file, &d,
                                    &d.n, &d.first), 0);
    assert_int_equal(store_commit(s), 0);
    return d;
}

/* Messages 1 to 10 of two rooms; scratch_message() says them at 5000 + seq. */
static struct store *
ten_messages(const struct scratch *t)
{
    struct store *s = scratch_open(t);
    scratch_put_room(s, 1, "#one");
    scratch_put_room(s, 2, "#two");
    scratch_fill(s, 1, 1, 10);
    scratch_fill(s, 2, 1, 10);
    return s;
}

static int
count(const char *what)
{
    char sql[128];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", what);
    return (int)scratch_number(scratch_newest, sql);
}

static void
expect_drop(struct dropped d, unsigned n, uint64_t first)
{
    assert_int_equal(d.n, n);
    assert_int_equal(d.first, first);
}

static void
messages_go_by_their_place_in_batches(void **state)
{
    struct store *s = ten_messages(*state);
    struct room_row row;
    int64_t last_ms;

    expect_drop(drop(s, 6, 0, 3), 3, 4);
    expect_drop(drop(s, 6, 0, 3), 2, 6);
    expect_drop(drop(s, 6, 0, 3), 0, 6);
    assert_int_equal(count("messages WHERE room_id = 1 AND seq >= 6"), 5);
    assert_int_equal(count("messages WHERE room_id = 1"), 5);
    assert_int_equal(count("messages WHERE room_id = 2"), 10);
    assert_int_equal(store_find_room_id(s, 1, &row, &last_ms), 0);
    assert_int_equal(row.settings.first_seq, 6);
    assert_int_equal(row.last_seq, 10);
    store_close(&s);
}

static void
messages_go_by_their_age(void **state)
{
    struct store *s = ten_messages(*state);

    expect_drop(drop(s, 0, 5001, 100), 0, 1);
    expect_drop(drop(s, 0, 5004, 100), 3, 4);
    expect_drop(drop(s, 3, 5007, 100), 3, 7);
    expect_drop(drop(s, 9, 5007, 100), 2, 9);
    store_close(&s);
}

static void
settings_do_not_bring_back_what_is_gone(void **state)
{
    struct store *s = ten_messages(*state);
    struct room_row row = scratch_room(1, "#one");
    int64_t last_ms;

    drop(s, 5, 0, 100);
    assert_int_equal(store_begin(s), 0);
    assert_int_equal(store_set_room(s, &row), 0);
    assert_int_equal(store_commit(s), 0);
    assert_int_equal(store_find_room_id(s, 1, &row, &last_ms), 0);
    assert_int_equal(row.settings.first_seq, 5);
    store_close(&s);
}

static void
an_empty_room_goes_on_counting_after_a_restart(void **state)
{
    struct scratch *t = *state;
    struct store *s = ten_messages(t);
    struct room_row row;
    int64_t last_ms;

    expect_drop(drop(s, UINT64_MAX, 0, 100), 10, 11);
    assert_int_equal(count("messages WHERE room_id = 1"), 0);
    store_close(&s);

    s = scratch_open(t);
    assert_int_equal(store_find_room_id(s, 1, &row, &last_ms), 0);
    assert_int_equal(row.last_seq, 10);
    assert_int_equal(row.settings.first_seq, 11);
    expect_drop(drop(s, UINT64_MAX, 0, 100), 0, 11);
    scratch_fill(s, 1, 11, 12);
    expect_drop(drop(s, 12, 0, 100), 1, 12);
    store_close(&s);
}

static void
files_go_with_their_messages(void **state)
{
    struct store *s = ten_messages(*state);
    uint64_t bytes;

    for (uint8_t n = 1; n <= 5; n++) {
        struct file_row f = files_row(n, 10);
        f.room = n == 5 ? 2 : 1;
        files_put(s, &f);
        if (n != 4)
            files_finish(s, &f, n * 2u);
    }
    struct dropped d = drop(s, 5, 0, 100);
    assert_string_equal(d.files, "12");
    assert_int_equal(store_usage(s, USAGE_ROOM, 1, &bytes), 0);
    assert_int_equal(bytes, 20);
    assert_int_equal(store_usage(s, USAGE_TOTAL, 0, &bytes), 0);
    assert_int_equal(bytes, 30);
    assert_int_equal(store_usage(s, USAGE_OWNER, 7, &bytes), 0);
    assert_int_equal(bytes, 30);
    d = drop(s, UINT64_MAX, 0, 100);
    assert_string_equal(d.files, "3");
    assert_int_equal(count("files WHERE state = 1"), 1);
    store_close(&s);
}

static void
client_ids_go_with_their_messages(void **state)
{
    struct store *s = ten_messages(*state);
    struct message m = scratch_message(1, 11, "once"), got;

    m.cid = (struct client_id){{5}};
    assert_int_equal(store_begin(s), 0);
    assert_int_equal(store_put_message(s, &m), 0);
    assert_int_equal(store_commit(s), 0);
    drop(s, 11, 0, 100);
    assert_int_equal(store_find_post(s, 7, &m.cid, &got), 0);
    drop(s, 12, 0, 100);
    assert_int_equal(store_find_post(s, 7, &m.cid, &got), -ENOENT);
    store_close(&s);
}

static void
a_rollback_brings_all_of_it_back(void **state)
{
    struct store *s = ten_messages(*state);
    struct file_row f = files_row(1, 10);
    struct dropped d = {0};
    struct room_row row;
    int64_t last_ms;
    uint64_t bytes;

    files_put(s, &f);
    files_finish(s, &f, 2);
    assert_int_equal(store_begin(s), 0);
    assert_int_equal(store_drop_old(s, 1, 9, 0, 100, note_file, &d, &d.n,
                                    &d.first), 0);
    assert_int_equal(d.n, 8);
    store_rollback(s);
    assert_int_equal(count("messages WHERE room_id = 1"), 10);
    assert_int_equal(store_usage(s, USAGE_ROOM, 1, &bytes), 0);
    assert_int_equal(bytes, 10);
    assert_int_equal(store_find_room_id(s, 1, &row, &last_ms), 0);
    assert_int_equal(row.settings.first_seq, 0);
    store_close(&s);
}

static void
a_room_without_a_row_has_nothing_to_drop(void **state)
{
    struct store *s = scratch_open(*state);
    struct dropped d = {.n = 9};

    assert_int_equal(store_begin(s), 0);
    assert_int_equal(store_drop_old(s, 5, 9, 0, 100, note_file, &d, &d.n,
                                    &d.first), -ENOENT);
    assert_int_equal(d.n, 9);
    assert_int_equal(store_commit(s), 0);
    store_close(&s);
}

static void
pages_begin_with_what_is_left(void **state)
{
    static const struct {
        enum page_mode mode;
        uint64_t at;
        size_t n;
        uint64_t first;
        bool more;
    } cases[] = {
        {PAGE_LATEST, 0, 3, 8, true},
        {PAGE_AFTER, 0, 3, 6, true},
        {PAGE_AFTER, 4, 3, 6, true},
        {PAGE_AFTER, 7, 3, 8, false},
        {PAGE_BEFORE, 8, 2, 6, false},
        {PAGE_BEFORE, 6, 0, 0, false},
        {PAGE_BEFORE, 2, 0, 0, false},
        {PAGE_AROUND, 1, 2, 6, true},
    };
    struct scratch *t = *state;
    struct store *s = ten_messages(t);
    struct reader *r;

    drop(s, 6, 0, 100);
    assert_int_equal(reader_open(t->db, &r, NULL), 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct page_query q = {1, cases[i].mode, cases[i].at, 3, 0};
        struct page p;
        assert_int_equal(reader_page(r, &q, &p), 0);
        assert_int_equal(p.n, cases[i].n);
        assert_int_equal(p.more, cases[i].more);
        if (p.n > 0)
            assert_int_equal(p.messages[0].seq, cases[i].first);
        page_done(&p);
    }
    reader_close(&r);
    store_close(&s);
}

static void
an_empty_page_tells_what_is_gone(void **state)
{
    struct scratch *t = *state;
    struct store *s = ten_messages(t);
    struct page_query q = {1, PAGE_AFTER, 10, 3, 0};
    struct reader *r;
    struct page p;

    assert_int_equal(reader_open(t->db, &r, NULL), 0);
    assert_int_equal(reader_page(r, &q, &p), 0);
    assert_int_equal(p.first_seq, 0);
    page_done(&p);
    drop(s, UINT64_MAX, 0, 100);
    q.at = 2;
    assert_int_equal(reader_page(r, &q, &p), 0);
    assert_int_equal(p.n, 0);
    assert_int_equal(p.first_seq, 11);
    page_done(&p);
    reader_close(&r);
    store_close(&s);
}

static uint64_t
next_closed(struct store *s, uint64_t after, int64_t before_ms)
{
    uint64_t id = 0;
    int r = store_next_closed(s, after, before_ms, &id);
    assert_true(r == 0 || r == -ENOENT);
    return r == 0 ? id : 0;
}

static void
closed_rooms_are_found_until_nothing_is_left_in_them(void **state)
{
    struct store *s = ten_messages(*state);
    struct room_row row = {
        .id = 1, .kind = ROOM_CHANNEL, .name = str_of("#one"),
        .key = str_of("!1"), .last_seq = 10,
        .settings.closed_ms = 9000,
    };

    assert_int_equal(next_closed(s, 0, INT64_MAX), 0);
    assert_int_equal(store_begin(s), 0);
    assert_int_equal(store_set_room(s, &row), 0);
    assert_int_equal(store_commit(s), 0);
    assert_int_equal(next_closed(s, 0, 9000), 0);
    assert_int_equal(next_closed(s, 0, 9001), 1);
    assert_int_equal(next_closed(s, 1, 9001), 0);
    expect_drop(drop(s, INT64_MAX, 0, 100), 10, 11);
    assert_int_equal(next_closed(s, 0, 9001), 0);
    store_close(&s);
}

static unsigned
drop_audit(struct store *s, int64_t before_ms, unsigned max)
{
    unsigned n = 0;
    assert_int_equal(store_begin(s), 0);
    assert_int_equal(store_drop_audit(s, before_ms, max, &n), 0);
    assert_int_equal(store_commit(s), 0);
    return n;
}

static void
the_audits_oldest_rows_go_in_batches(void **state)
{
    struct store *s = ten_messages(*state);
    struct str x = str_of("x");

    assert_int_equal(store_begin(s), 0);
    for (int64_t ts = 1; ts <= 10; ts++)
        assert_int_equal(store_audit(s, ts, x, x, x, x), 0);
    assert_int_equal(store_commit(s), 0);
    assert_int_equal(drop_audit(s, 6, 3), 3);
    assert_int_equal(drop_audit(s, 6, 3), 2);
    assert_int_equal(drop_audit(s, 6, 3), 0);
    assert_int_equal(count("audit WHERE ts >= 6"), 5);
    store_close(&s);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        scratch_unit_test(messages_go_by_their_place_in_batches),
        scratch_unit_test(messages_go_by_their_age),
        scratch_unit_test(settings_do_not_bring_back_what_is_gone),
        scratch_unit_test(an_empty_room_goes_on_counting_after_a_restart),
        scratch_unit_test(files_go_with_their_messages),
        scratch_unit_test(client_ids_go_with_their_messages),
        scratch_unit_test(a_rollback_brings_all_of_it_back),
        scratch_unit_test(a_room_without_a_row_has_nothing_to_drop),
        scratch_unit_test(pages_begin_with_what_is_left),
        scratch_unit_test(an_empty_page_tells_what_is_gone),
        scratch_unit_test(
            closed_rooms_are_found_until_nothing_is_left_in_them),
        scratch_unit_test(the_audits_oldest_rows_go_in_batches),
    };

    scratch_watch_connections();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
