/* SPDX-License-Identifier: MIT
 *
 * Files in the writer: rows, and the sums that quotas are asked against. */
#include "store/files_test.h"

#include <errno.h>

static void
expect_usage(struct store *s, uint64_t total, uint64_t owner, uint64_t room)
{
    uint64_t got = 99;

    assert_int_equal(store_usage(s, USAGE_TOTAL, 0, &got), 0);
    assert_int_equal(got, total);
    assert_int_equal(store_usage(s, USAGE_OWNER, 7, &got), 0);
    assert_int_equal(got, owner);
    assert_int_equal(store_usage(s, USAGE_ROOM, 1, &got), 0);
    assert_int_equal(got, room);
}

static void
expect_facts(const struct file_facts *got, const struct file_facts *want)
{
    assert_memory_equal(&got->id, &want->id, sizeof want->id);
    assert_memory_equal(&got->ticket, &want->ticket, sizeof want->ticket);
    assert_true(got->size == want->size);
    assert_memory_equal(got->sha256, want->sha256, sizeof want->sha256);
    assert_int_equal(got->state, want->state);
    assert_int_equal(got->resumable, want->resumable);
}

static struct store *
open_with_rooms(const struct scratch *t)
{
    struct store *s = scratch_open(t);

    scratch_put_room(s, 1, "#one");
    scratch_put_room(s, 2, "#two");
    return s;
}

static void
a_file_is_found_with_all_it_has(void **state)
{
    struct store *s = open_with_rooms(*state);
    struct file_row f = files_row(3, 12345), got;

    files_put(s, &f);
    assert_int_equal(store_find_file(s, &f.facts.id, &got), 0);
    expect_facts(&got.facts, &f.facts);
    assert_int_equal(got.room, 1);
    assert_int_equal(got.owner_id, 7);
    assert_str_is(got.owner, "alice");
    assert_str_is(got.name, "photo.webp");
    assert_int_equal(got.reserved, 12345);
    assert_int_equal(got.seq, 0);
    assert_int_equal(got.created_ms, 1003);
    assert_int_equal(got.expires_ms, 8997);
    store_close(&s);
}

static void
a_missing_file_touches_nothing(void **state)
{
    struct store *s = open_with_rooms(*state);
    struct file_row f = files_row(1, 5), got = {.room = 77};

    assert_int_equal(store_find_file(s, &f.facts.id, &got), -ENOENT);
    assert_int_equal(got.room, 77);
    assert_int_equal(store_begin(s), 0);
    assert_int_equal(store_set_file(s, &f), -ENOENT);
    assert_int_equal(store_drop_file(s, &f.facts.id), -ENOENT);
    assert_int_equal(store_commit(s), 0);
    expect_usage(s, 0, 0, 0);
    store_close(&s);
}

static void
an_unknown_size_and_an_empty_file_are_not_the_same(void **state)
{
    struct store *s = open_with_rooms(*state);
    struct file_row unknown = files_row(1, FILE_SIZE_UNKNOWN);
    struct file_row empty = files_row(2, 0), got;

    files_put(s, &unknown);
    files_put(s, &empty);
    assert_int_equal(store_find_file(s, &unknown.facts.id, &got), 0);
    assert_true(got.facts.size == FILE_SIZE_UNKNOWN);
    assert_int_equal(got.reserved, 100);
    assert_int_equal(store_find_file(s, &empty.facts.id, &got), 0);
    assert_int_equal(got.facts.size, 0);
    store_close(&s);
}

static void
a_file_becomes_whole(void **state)
{
    struct scratch *t = *state;
    struct store *s = open_with_rooms(t);
    struct file_row f = files_row(1, FILE_SIZE_UNKNOWN), got;

    files_put(s, &f);
    f.facts.size = f.reserved = 40;
    f.created_ms = 4444;
    files_finish(s, &f, 12);
    store_close(&s);

    s = scratch_open(t);
    assert_int_equal(store_find_file(s, &f.facts.id, &got), 0);
    expect_facts(&got.facts, &f.facts);
    assert_int_equal(got.seq, 12);
    assert_int_equal(got.created_ms, 4444);
    assert_int_equal(got.expires_ms, 0);
    expect_usage(s, 40, 40, 40);
    store_close(&s);
}

static void
reserved_bytes_count_three_times_until_the_drop(void **state)
{
    struct store *s = open_with_rooms(*state);
    struct file_row a = files_row(1, 100), b = files_row(2, 20);
    struct file_row c = files_row(3, 3);

    b.owner_id = 8;
    c.room = 2;
    files_put(s, &a);
    files_put(s, &b);
    files_put(s, &c);
    expect_usage(s, 123, 103, 120);
    a.reserved = 250;
    files_set(s, &a);
    expect_usage(s, 273, 253, 270);
    assert_int_equal(store_begin(s), 0);
    assert_int_equal(store_drop_file(s, &a.facts.id), 0);
    assert_int_equal(store_drop_file(s, &c.facts.id), 0);
    assert_int_equal(store_commit(s), 0);
    expect_usage(s, 20, 0, 20);
    assert_int_equal(scratch_number(scratch_newest,
        "SELECT count(*) FROM usage"), 3);
    store_close(&s);
}

static void
a_rollback_takes_the_sums_back_too(void **state)
{
    struct store *s = open_with_rooms(*state);
    struct file_row a = files_row(1, 100), b = files_row(2, 20), got;

    files_put(s, &a);
    assert_int_equal(store_begin(s), 0);
    assert_int_equal(store_put_file(s, &b), 0);
    assert_int_equal(store_drop_file(s, &a.facts.id), 0);
    expect_usage(s, 20, 20, 20);
    store_rollback(s);
    expect_usage(s, 100, 100, 100);
    assert_int_equal(store_find_file(s, &a.facts.id, &got), 0);
    assert_int_equal(store_find_file(s, &b.facts.id, &got), -ENOENT);
    store_close(&s);
}

static void
an_id_is_given_once(void **state)
{
    struct store *s = open_with_rooms(*state);
    struct file_row f = files_row(1, 1);

    files_put(s, &f);
    assert_int_equal(store_begin(s), 0);
    assert_int_equal(store_put_file(s, &f), -EIO);
    store_rollback(s);
    expect_usage(s, 1, 1, 1);
    store_close(&s);
}

static void
a_file_needs_its_room(void **state)
{
    struct store *s = open_with_rooms(*state);
    struct file_row f = files_row(1, 1);

    f.room = 99;
    assert_int_equal(store_begin(s), 0);
    assert_int_equal(store_put_file(s, &f), -EIO);
    store_rollback(s);
    store_close(&s);
}

static void
note_id(void *arg, const struct file_row *f)
{
    char *text = arg;

    assert_int_equal(f->facts.state, FILE_ARRIVING);
    assert_str_is(f->owner, "alice");
    text[strlen(text)] = (char)('0' + f->facts.id.b[0]);
}

static void
arriving_files_come_in_the_order_in_which_they_expire(void **state)
{
    struct store *s = open_with_rooms(*state);
    char text[16] = "";

    for (uint8_t n = 1; n <= 4; n++) {
        struct file_row f = files_row(n, 1);

        files_put(s, &f);
        if (n == 2)
            files_finish(s, &f, 1);
    }
    assert_int_equal(store_each_arriving(s, note_id, text), 0);
    assert_string_equal(text, "431");
    store_close(&s);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        scratch_unit_test(a_file_is_found_with_all_it_has),
        scratch_unit_test(a_missing_file_touches_nothing),
        scratch_unit_test(an_unknown_size_and_an_empty_file_are_not_the_same),
        scratch_unit_test(a_file_becomes_whole),
        scratch_unit_test(reserved_bytes_count_three_times_until_the_drop),
        scratch_unit_test(a_rollback_takes_the_sums_back_too),
        scratch_unit_test(an_id_is_given_once),
        scratch_unit_test(a_file_needs_its_room),
        scratch_unit_test(
            arriving_files_come_in_the_order_in_which_they_expire),
    };

    scratch_watch_connections();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
