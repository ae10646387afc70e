/* SPDX-License-Identifier: MIT
 *
 * A log's file with room behind it: commits do not make it longer, and what a
 * crash leaves of it is read as it should be. */
#include "store/scratch_test.h"

#include <sys/stat.h>

static int64_t
log_bytes(const struct scratch *t)
{
    struct stat st;
    char path[128];

    snprintf(path, sizeof path, "%s-wal", t->db);
    assert_int_equal(stat(path, &st), 0);
    return st.st_size;
}

static void
commits_fit_into_the_room_that_was_made(void **state)
{
    struct scratch *t = *state;
    struct store *s = scratch_open(t);
    int64_t made;
    unsigned longer = 0;

    scratch_put_room(s, 1, "#a");
    store_reserve(s);
    made = log_bytes(t);
    assert_in_range(made, 512 * 1024, 1024 * 1024);
    for (uint64_t seq = 1; seq <= 500; seq++) {
        scratch_fill(s, 1, seq, seq);
        longer += log_bytes(t) > made;
        store_reserve(s);
        made = log_bytes(t);
    }
    assert_int_equal(longer, 0);
    assert_in_range(made, store_wal_pages(s) * 4120,
                    store_wal_pages(s) * 4120 + 1024 * 1024);
    store_close(&s);
}

static void
a_log_that_begins_anew_keeps_its_room(void **state)
{
    struct scratch *t = *state;
    struct store *s = scratch_open(t);
    int64_t made;

    scratch_put_room(s, 1, "#a");
    for (uint64_t seq = 1; seq <= 300; seq++) {
        scratch_fill(s, 1, seq, seq);
        store_reserve(s);
    }
    made = log_bytes(t);
    assert_int_equal(store_checkpoint(s), 0);
    for (uint64_t seq = 301; seq <= 400; seq++) {
        scratch_fill(s, 1, seq, seq);
        store_reserve(s);
    }
    assert_int_equal(log_bytes(t), made);
    store_close(&s);
}

/* Another process's view after a kill: the files as they are, copied. */
static void
copy_file(const char *from, const char *to)
{
    char command[320];

    snprintf(command, sizeof command, "cp '%s' '%s'", from, to);
    assert_int_equal(system(command), 0);
}

static void
crash(const struct scratch *t, struct scratch *other)
{
    char from[128], to[128];

    *other = *t;
    snprintf(other->folder, sizeof other->folder, "%s/copy", t->root);
    snprintf(other->db, sizeof other->db, "%s/loquat.db", other->folder);
    assert_int_equal(mkdir(other->folder, 0700), 0);
    copy_file(t->db, other->db);
    snprintf(from, sizeof from, "%s-wal", t->db);
    snprintf(to, sizeof to, "%s-wal", other->db);
    copy_file(from, to);
}

static void
a_crash_loses_nothing_and_invents_nothing(void **state)
{
    struct scratch *t = *state, other;
    struct store *s = scratch_open(t), *again;
    struct room_row row;
    int64_t last_ms;

    scratch_put_room(s, 1, "#a");
    scratch_fill(s, 1, 1, 3);
    store_reserve(s);
    scratch_fill(s, 1, 4, 5);

    crash(t, &other);
    again = scratch_open(&other);
    assert_int_equal(store_find_room(again, str_of("#a"), &row, &last_ms), 0);
    assert_int_equal(row.last_seq, 5);
    scratch_fill(again, 1, 6, 6);
    store_close(&again);
    store_close(&s);
}

/* Zeros behind a log that has begun anew stand behind older frames. */
static void
a_crash_after_a_checkpoint_loses_nothing(void **state)
{
    struct scratch *t = *state, other;
    struct store *s = scratch_open(t), *again;
    struct room_row row;
    int64_t last_ms;

    scratch_put_room(s, 1, "#a");
    for (uint64_t seq = 1; seq <= 200; seq++) {
        scratch_fill(s, 1, seq, seq);
        store_reserve(s);
    }
    assert_int_equal(store_checkpoint(s), 0);
    scratch_fill(s, 1, 201, 207);
    store_reserve(s);

    crash(t, &other);
    again = scratch_open(&other);
    assert_int_equal(store_find_room(again, str_of("#a"), &row, &last_ms), 0);
    assert_int_equal(row.last_seq, 207);
    store_close(&again);
    store_close(&s);
}

static void
without_a_log_there_is_nothing_to_do(void **state)
{
    struct scratch *t = *state;
    struct store *s = scratch_open(t);

    store_reserve(s);
    store_reserve(s);
    store_close(&s);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        scratch_unit_test(commits_fit_into_the_room_that_was_made),
        scratch_unit_test(a_log_that_begins_anew_keeps_its_room),
        scratch_unit_test(a_crash_loses_nothing_and_invents_nothing),
        scratch_unit_test(a_crash_after_a_checkpoint_loses_nothing),
        scratch_unit_test(without_a_log_there_is_nothing_to_do),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
