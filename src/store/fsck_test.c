/* SPDX-License-Identifier: MIT
 *
 * The check: silent when all is well, and one sentence for each thing that is
 * not. Damage is done with a connection that checks nothing. */
#include "store/bodies_test.h"

#include "store/fsck.h"
#include <errno.h>

struct told {
    char text[4096];                /* every sentence, a line each */
    unsigned progress;              /* how often it was told */
    unsigned stop_at;               /* and when to stop; 0 = never */
    uint64_t bytes, total;
};

static void
note_report(void *arg, enum fsck_severity severity, const char *text)
{
    struct told *t = arg;
    size_t n = strlen(t->text);
    snprintf(t->text + n, sizeof t->text - n, "%s%s\n",
             severity == FSCK_NOTE ? "note: " : "", text);
}

static bool
note_progress(void *arg, uint64_t bytes, uint64_t total)
{
    struct told *t = arg;
    t->progress++;
    t->bytes = bytes;
    t->total = total;
    return t->progress != t->stop_at;
}

static struct fsck_result
check_with(const struct scratch *t, struct told *told, bool sizes_only)
{
    struct fsck_options o = {t->folder, sizes_only, note_report, note_progress,
                             told};
    struct fsck_result got = {0};
    struct err e = {0};
    if (fsck_run(&o, &got, &e) < 0)
        fail_msg("%s", e.text);
    return got;
}

/* Says exactly one thing, which holds `part`; or nothing at all. */
static void
expect_fault(const struct scratch *t, const char *part)
{
    struct told told = {0};
    struct fsck_result got = check_with(t, &told, false);
    if (!strstr(told.text, part))
        fail_msg("got %s want %s", told.text, part);
    assert_int_equal(got.faults, part[0] ? 1 : 0);
}

static void
what_is_whole_is_silent_also_while_it_is_used(void **state)
{
    struct scratch *t = *state;
    struct store *s = bodies_fill(t);
    struct told told = {0};
    struct fsck_result got = check_with(t, &told, false);

    assert_string_equal(told.text, "");
    assert_int_equal(got.faults + got.notes, 0);
    assert_int_equal(got.rooms, 2);
    assert_int_equal(got.messages, 20);
    assert_int_equal(got.files, 3);
    assert_int_equal(got.file_bytes, 42);
    assert_false(got.stopped);
    assert_true(told.progress >= 1);
    assert_int_equal(told.bytes, 42);
    assert_int_equal(told.total, 42);
    store_close(&s);
    expect_fault(t, "");
}

static void
what_was_dropped_by_age_is_no_gap(void **state)
{
    struct scratch *t = *state;
    struct store *s = bodies_fill(t);
    unsigned n;
    uint64_t first;

    assert_int_equal(store_begin(s), 0);
    assert_int_equal(store_drop_old(s, 2, 5, 0, 100, NULL, NULL, &n, &first),
                     0);
    assert_int_equal(store_commit(s), 0);
    expect_fault(t, "");
    assert_int_equal(store_begin(s), 0);
    assert_int_equal(store_drop_old(s, 2, 99, 0, 100, NULL, NULL, &n, &first),
                     0);
    assert_int_equal(store_commit(s), 0);
    expect_fault(t, "");
    store_close(&s);
}

static void
faults_of_the_database_are_named(void **state)
{
    static const struct {
        const char *sql, *undo, *want;
    } cases[] = {
        {"UPDATE messages SET seq = 99 WHERE room_id = 2 AND seq = 7",
         "UPDATE messages SET seq = 7 WHERE seq = 99",
         "room 2 (#two) has 10 messages where 99 should be, from 1 to 99; the"
         " first that is missing is 7"},
        {"UPDATE rooms SET last_seq = 12 WHERE id = 2",
         "UPDATE rooms SET last_seq = 0 WHERE id = 2",
         "the first that is missing is 11"},
        {"UPDATE messages SET seq = -5 WHERE room_id = 2 AND seq = 1",
         "UPDATE messages SET seq = 1 WHERE seq = -5",
         "room 2 (#two) has messages before 1, which should be gone"},
        {"UPDATE usage SET bytes = 41 WHERE scope = 2 AND id = 1",
         "UPDATE usage SET bytes = 42 WHERE scope = 2 AND id = 1",
         "the bytes of room 1 are counted as 41 and are 42"},
        {"INSERT INTO usage VALUES(1, 12, 5)",
         "DELETE FROM usage WHERE id = 12",
         "the bytes of person 12 are counted as 5 and are 0"},
        {"INSERT INTO members VALUES(9, 5, 1, 0, 0)", "DELETE FROM members",
         "a row of members refers to one of rooms that is not there"},
        {"INSERT INTO devices VALUES(1, 5, 'x', x'00', NULL, 0, 0, 0, 0)",
         "DELETE FROM devices",
         "a row of devices refers to one of accounts that is not there"},
        {"INSERT INTO restrictions VALUES(1, 1, 9, 5, x'00', 0, '', '', '',"
         " 0, 0)", "DELETE FROM restrictions",
         "a row of restrictions refers to one of rooms that is not there"},
        {"UPDATE files SET seq = 12 WHERE seq = 4",
         "UPDATE files SET seq = 4 WHERE seq = 12",
         "file 2 (photo.webp) has no message"},
    };
    struct scratch *t = *state;
    struct store *s = bodies_fill(t);

    store_close(&s);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (i == 2) {
            /* Also a gap, so this one says two things. */
            struct told told = {0};
            scratch_sql(t->db, cases[i].sql);
            assert_int_equal(check_with(t, &told, false).faults, 2);
            assert_non_null(strstr(told.text, cases[i].want));
        } else {
            scratch_sql(t->db, cases[i].sql);
            expect_fault(t, cases[i].want);
        }
        scratch_sql(t->db, cases[i].undo);
    }
    expect_fault(t, "");
}

static void
a_damaged_page_is_found(void **state)
{
    struct scratch *t = *state;
    struct store *s = bodies_fill(t);
    struct told told = {0};
    char junk[2048];
    int64_t page;
    sqlite3 *db;

    store_close(&s);
    assert_int_equal(sqlite3_open(t->db, &db), SQLITE_OK);
    page = scratch_number(db, "SELECT rootpage FROM sqlite_schema"
                          " WHERE name = 'messages_by_cid'");
    sqlite3_close(db);
    memset(junk, 0xee, sizeof junk);
    int fd = open(t->db, O_WRONLY);
    assert_int_equal(pwrite(fd, junk, sizeof junk, (page - 1) * 4096),
                     sizeof junk);
    close(fd);
    assert_true(check_with(t, &told, true).faults > 0);
    assert_non_null(strstr(told.text, "the database is damaged: "));
}

static void
bodies_that_are_not_as_they_were_are_named(void **state)
{
    struct scratch *t = *state;
    struct store *s = bodies_fill(t);
    struct told told = {0};
    char path[160], away[160];

    bodies_path(t, 1, path);
    bodies_write_file(path, "the first bodY");
    expect_fault(t, "(photo.webp) has changed: its sum is not");
    assert_int_equal(check_with(t, &told, true).faults, 0);
    bodies_write_file(path, "the first");
    expect_fault(t, "(photo.webp) has another length than was kept");
    snprintf(away, sizeof away, "%s/away", t->root);
    assert_int_equal(rename(path, away), 0);
    expect_fault(t, "(photo.webp) is missing");
    assert_int_equal(symlink(away, path), 0);
    expect_fault(t, "(photo.webp) cannot be opened: Invalid argument");
    unlink(path);
    bodies_write_file(path, "the first body");
    expect_fault(t, "");
    store_close(&s);
}

static void
what_no_row_speaks_of_is_noted(void **state)
{
    struct scratch *t = *state;
    struct store *s = bodies_fill(t);
    struct file_row arriving = files_row(4, 9);
    struct told told = {0};
    struct fsck_result got;
    char path[160], part[170];

    files_put(s, &arriving);
    bodies_path(t, 4, path);
    snprintf(part, sizeof part, "%s.part", path);
    bodies_write_file(part, "half");
    bodies_path(t, 9, path);
    bodies_write_file(path, "whose");
    snprintf(path, sizeof path, "%s/files/notes.txt", t->folder);
    bodies_write_file(path, "mine");
    got = check_with(t, &told, false);
    assert_int_equal(got.faults, 0);
    assert_int_equal(got.notes, 2);
    assert_non_null(strstr(told.text, "note: \"files/notes.txt\" is no file"));
    store_close(&s);
}

static void
it_can_be_stopped(void **state)
{
    struct scratch *t = *state;
    struct store *s = bodies_fill(t);
    struct told told = {.stop_at = 1};

    assert_true(check_with(t, &told, false).stopped);
    assert_int_equal(told.progress, 1);
    store_close(&s);
}

static void
a_missing_or_strange_database_is_told(void **state)
{
    struct scratch *t = *state;
    struct fsck_options o = {.folder = t->folder, .report = note_report};
    struct fsck_result got = {.faults = 77};
    struct err e = {0};

    assert_int_equal(fsck_run(&o, &got, &e), -ENOENT);
    assert_sentence(e, "/loquat.db\": No such file");
    mkdir(t->folder, 0700);
    scratch_sql(t->db, "CREATE TABLE x(y)");
    assert_int_equal(fsck_run(&o, &got, &e), -EINVAL);
    assert_sentence(e, "another program's");
    assert_int_equal(got.faults, 77);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        scratch_unit_test(what_is_whole_is_silent_also_while_it_is_used),
        scratch_unit_test(what_was_dropped_by_age_is_no_gap),
        scratch_unit_test(faults_of_the_database_are_named),
        scratch_unit_test(a_damaged_page_is_found),
        scratch_unit_test(bodies_that_are_not_as_they_were_are_named),
        scratch_unit_test(what_no_row_speaks_of_is_noted),
        scratch_unit_test(it_can_be_stopped),
        scratch_unit_test(a_missing_or_strange_database_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
