/* SPDX-License-Identifier: MIT
 *
 * Migrations, with steps made up for the purpose (the real first step has no
 * older database to start from), and files that are not ours. */
#include "store/scratch_test.h"

#include "store/db.h"
#include "store/schema.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

static const char *const good[] = {
    "CREATE TABLE a(x); INSERT INTO a VALUES(1);",
    "ALTER TABLE a ADD COLUMN y; UPDATE a SET y = x + 1;",
    "CREATE TABLE b(z); INSERT INTO b SELECT y + 1 FROM a;",
};

static sqlite3 *
open_raw(const struct scratch *t)
{
    sqlite3 *db = NULL;
    struct err e = {0};
    mkdir(t->folder, 0700);
    if (db_open(t->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &db,
                &e) < 0)
        fail_msg("%s", e.text);
    return db;
}

static void
upgrade(sqlite3 *db, const char *const *steps, int from, int to)
{
    struct err e = {0};
    if (schema_upgrade(db, steps, from, to, &e) < 0)
        fail_msg("%s", e.text);
}

static int
version_of(sqlite3 *db)
{
    return (int)scratch_number(db, "PRAGMA user_version");
}

static sqlite3 *
open_copy(const struct scratch *t, int version)
{
    char path[128];
    sqlite3 *db;
    snprintf(path, sizeof path, "%s.schema%d", t->db, version);
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL),
                     SQLITE_OK);
    return db;
}

static void
an_empty_file_is_version_0(void **state)
{
    sqlite3 *db = open_raw(*state);
    int version = 99;

    assert_int_equal(schema_identify(db, 1, &version, NULL), 0);
    assert_int_equal(version, 0);
    sqlite3_close(db);
}

static void
an_empty_file_becomes_the_newest_without_a_copy(void **state)
{
    struct scratch *t = *state;
    sqlite3 *db = open_raw(t);
    upgrade(db, good, 0, 3);

    int version;
    char copy[128];
    assert_int_equal(schema_identify(db, 3, &version, NULL), 0);
    assert_int_equal(version, 3);
    assert_int_equal(scratch_number(db, "SELECT z FROM b"), 3);
    snprintf(copy, sizeof copy, "%s.schema0", t->db);
    assert_int_equal(access(copy, F_OK), -1);
    sqlite3_close(db);
}

static void
an_older_database_is_copied_and_then_brought_up_to_date(void **state)
{
    struct scratch *t = *state;
    sqlite3 *db = open_raw(t);
    upgrade(db, good, 0, 1);
    assert_int_equal(sqlite3_exec(db, "INSERT INTO a VALUES(41)", 0, 0, 0), 0);

    upgrade(db, good, 1, 3);
    assert_int_equal(version_of(db), 3);
    assert_int_equal(scratch_number(db, "SELECT max(z) FROM b"), 43);
    sqlite3_close(db);

    sqlite3 *copy = open_copy(t, 1);
    int version = 0;
    assert_int_equal(schema_identify(copy, 3, &version, NULL), 0);
    assert_int_equal(version, 1);
    assert_int_equal(scratch_number(copy, "SELECT max(x) FROM a"), 41);
    struct stat st;
    assert_int_equal(stat(sqlite3_db_filename(copy, "main"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    sqlite3_close(copy);
}

static void
a_current_database_is_left_alone(void **state)
{
    struct scratch *t = *state;
    sqlite3 *db = open_raw(t);
    upgrade(db, good, 0, 3);
    upgrade(db, good, 3, 3);

    char copy[128];
    snprintf(copy, sizeof copy, "%s.schema3", t->db);
    assert_int_equal(access(copy, F_OK), -1);
    sqlite3_close(db);
}

static void
a_failed_step_leaves_the_version_before_it_whole(void **state)
{
    static const char *const bad[] = {
        "CREATE TABLE a(x);",
        "CREATE TABLE b(x);",
        "CREATE TABLE c(x); DROP TABLE a; CREATE TABLE b(again);",
    };
    struct scratch *t = *state;
    struct err e = {0};
    sqlite3 *db = open_raw(t);
    upgrade(db, bad, 0, 1);

    assert_int_equal(schema_upgrade(db, bad, 1, 3, &e), -EIO);
    assert_sentence(e, "table b already exists");
    assert_int_equal(version_of(db), 2);
    assert_int_equal(sqlite3_get_autocommit(db), 1);
    assert_int_equal(scratch_number(db, "SELECT group_concat(name) = 'a,b'"
                                    " FROM sqlite_schema"), 1);
    sqlite3_close(db);

    db = open_copy(t, 1);
    assert_int_equal(scratch_number(db, "SELECT count(*) FROM a"), 0);
    sqlite3_close(db);
}

static void
a_copy_replaces_what_an_interrupted_one_left(void **state)
{
    struct scratch *t = *state;
    char path[128];
    snprintf(path, sizeof path, "%s.schema1.part", t->db);
    sqlite3 *db = open_raw(t);
    upgrade(db, good, 0, 1);
    FILE *half = fopen(path, "w");
    fputs("half a copy", half);
    fclose(half);

    upgrade(db, good, 1, 2);
    assert_int_equal(access(path, F_OK), -1);
    sqlite3_close(db);
    db = open_copy(t, 1);
    assert_int_equal(version_of(db), 1);
    sqlite3_close(db);
}

static void
without_a_copy_nothing_is_changed(void **state)
{
    struct scratch *t = *state;
    struct err e = {0};
    char path[128];
    snprintf(path, sizeof path, "%s.schema1", t->db);
    sqlite3 *db = open_raw(t);
    upgrade(db, good, 0, 1);
    assert_int_equal(mkdir(path, 0700), 0);

    assert_int_equal(schema_upgrade(db, good, 1, 2, &e), -EISDIR);
    assert_sentence(e, "cannot keep the copy");
    assert_int_equal(version_of(db), 1);
    sqlite3_close(db);
}

static void
expect_foreign(const struct scratch *t, const char *sql)
{
    struct err e = {0};
    int version = 99;
    mkdir(t->folder, 0700);
    scratch_sql(t->db, sql);
    sqlite3 *db = open_raw(t);

    assert_int_equal(schema_identify(db, 3, &version, &e), -EINVAL);
    assert_sentence(e, "is another program's database");
    assert_int_equal(version, 99);
    sqlite3_close(db);
}

static void
tables_without_our_mark_are_foreign(void **state)
{
    expect_foreign(*state, "CREATE TABLE t(x)");
}

static void
another_mark_is_foreign(void **state)
{
    expect_foreign(*state, "PRAGMA application_id = 42");
}

static void
another_numbering_is_foreign(void **state)
{
    expect_foreign(*state, "PRAGMA user_version = 1");
}

static void
our_mark_without_a_version_is_foreign(void **state)
{
    expect_foreign(*state, "PRAGMA application_id = 1819242868");
}

static void
the_compiled_in_steps_make_strict_tables(void **state)
{
    sqlite3 *db = open_raw(*state);
    upgrade(db, schema_steps, 0, SCHEMA_VERSION);

    assert_int_equal(scratch_number(db, "SELECT count(*) FROM"
        " pragma_table_list WHERE name IN ('meta', 'rooms', 'messages',"
        " 'files', 'usage', 'accounts', 'devices', 'invitations', 'members',"
        " 'restrictions', 'audit') AND strict"), 11);
    assert_int_equal(scratch_number(db, "SELECT count(*) FROM"
        " pragma_table_list WHERE type = 'table' AND NOT strict"
        " AND name NOT LIKE 'sqlite_%'"), 0);
    assert_int_equal(scratch_number(db, "SELECT count(*) FROM meta"
        " WHERE k = 'epoch' AND typeof(v) = 'integer'"), 1);
    sqlite3_close(db);
}

/* A database of the first version, with two posts under the same id by two
 * senders. */
static void
client_ids_stay_known_through_version_2(void **state)
{
    struct scratch *t = *state;
    struct store *s;
    struct message found;
    struct client_id cid = {{7, 7, 7}};
    sqlite3 *db = open_raw(t);

    upgrade(db, schema_steps, 0, 1);
    assert_int_equal(sqlite3_exec(db,
        "PRAGMA journal_mode = WAL;"
        "INSERT INTO rooms VALUES(1, 0, '#a', '#a', '', 0, 0);"
        "INSERT INTO messages(room_id, seq, ts, sender_id, sender, cid, kind,"
        " body) VALUES"
        "(1, 1, 5, 10, 'a', x'07070700000000000000000000000000', 0, 'one'),"
        "(1, 2, 6, 11, 'b', x'07070700000000000000000000000000', 0, 'two'),"
        "(1, 3, 7, 11, 'b', NULL, 0, 'three')", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);

    s = scratch_open(t);
    assert_int_equal(store_find_post(s, 11, &cid, &found), 0);
    assert_int_equal(found.seq, 2);
    assert_int_equal(store_find_post(s, 10, &cid, &found), 0);
    assert_int_equal(found.seq, 1);
    assert_int_equal(store_find_post(s, 12, &cid, &found), -ENOENT);
    store_close(&s);
    db = open_copy(t, 1);
    assert_int_equal(version_of(db), 1);
    sqlite3_close(db);
}

/* A database of the second version gets the tables of files, and its rooms can
 * have some. */
static void
version_2_learns_of_files(void **state)
{
    struct scratch *t = *state;
    struct file_row f = {
        .facts = {.id = {{1}}, .size = 5, .state = FILE_ARRIVING},
        .room = 1, .owner_id = 7, .owner = str_of("a"), .name = str_of("x"),
        .reserved = 5,
    };
    struct store *s;
    uint64_t bytes;
    sqlite3 *db = open_raw(t);

    upgrade(db, schema_steps, 0, 2);
    assert_int_equal(sqlite3_exec(db,
        "INSERT INTO rooms VALUES(1, 1, '#a', '#a', '', 0, 0);"
        "INSERT INTO messages(room_id, seq, ts, sender_id, sender, cid, kind,"
        " body) VALUES(1, 1, 5, 10, 'a', NULL, 1, 'one')", NULL, NULL, NULL),
        SQLITE_OK);
    sqlite3_close(db);

    s = scratch_open(t);
    assert_int_equal(store_begin(s), 0);
    assert_int_equal(store_put_file(s, &f), 0);
    assert_int_equal(store_commit(s), 0);
    assert_int_equal(store_usage(s, USAGE_ROOM, 1, &bytes), 0);
    assert_int_equal(bytes, 5);
    store_close(&s);
    db = open_copy(t, 2);
    assert_int_equal(version_of(db), 2);
    assert_int_equal(scratch_number(db, "SELECT count(*) FROM messages"), 1);
    sqlite3_close(db);
}

/* A room of the third version is as it was made: public, and all of it is
 * kept; its messages and files are where they were. */
static void
version_3_learns_of_rights(void **state)
{
    struct scratch *t = *state;
    struct file_id id = {{1}};
    struct file_row f;
    struct room_row row;
    struct store *s;
    int64_t last_ms;
    sqlite3 *db = open_raw(t);

    upgrade(db, schema_steps, 0, 3);
    assert_int_equal(sqlite3_exec(db,
        "INSERT INTO rooms VALUES(5, 1, '#a', '#a', 'hi', 0, 9);"
        "INSERT INTO messages(room_id, seq, ts, sender_id, sender, cid, kind,"
        " body) VALUES(5, 1, 5, 10, 'a', NULL, 1, 'one');"
        "INSERT INTO files VALUES(1, x'01000000000000000000000000000000',"
        " x'02000000000000000000000000000000', 5, 10, 'a', 'f', 3, 3, NULL, 2,"
        " 0, 1, 5, 0)", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);

    s = scratch_open(t);
    assert_int_equal(store_find_room(s, str_of("#a"), &row, &last_ms), 0);
    assert_int_equal(row.last_seq, 1);
    assert_str_is(row.topic, "hi");
    assert_str_is(row.settings.description, "");
    assert_int_equal(row.settings.privacy, ROOM_PUBLIC);
    assert_false(row.settings.from_joining || row.settings.closed_ms);
    assert_int_equal(row.settings.keep_ms + row.settings.slow_ms, 0);
    assert_int_equal(row.settings.keep_n + row.settings.first_seq, 0);
    assert_int_equal(store_find_file(s, &id, &f), 0);
    assert_int_equal(store_next_account_id(s), 1);
    assert_int_equal(store_next_room_id(s), 6);
    store_close(&s);
    db = open_copy(t, 3);
    assert_int_equal(version_of(db), 3);
    sqlite3_close(db);
}

/* ---- the same through store_open() -------------------------------------- */

static void
make_file(const struct scratch *t, const void *p, size_t n)
{
    assert_int_equal(mkdir(t->folder, 0700), 0);
    int fd = open(t->db, O_CREAT | O_WRONLY, 0600);
    assert_int_equal(write(fd, p, n), n);
    close(fd);
}

static void
expect_refused(const struct scratch *t, int code, const char *sentence)
{
    struct store *s = NULL;
    struct err e = {0};
    assert_int_equal(store_open(t->folder, STORE_SYNC_FULL, &s, &e), code);
    assert_null(s);
    assert_int_equal(e.code, -code);
    assert_sentence(e, sentence);
}

static void
a_file_of_garbage_is_refused(void **state)
{
    struct scratch *t = *state;
    char junk[8192];
    memset(junk, 'x', sizeof junk);
    make_file(t, junk, sizeof junk);

    expect_refused(t, -EIO, "/loquat.db\" is damaged or not a loquat database");
}

static void
a_torn_database_is_refused(void **state)
{
    struct scratch *t = *state;
    struct store *s = scratch_open(t);
    store_close(&s);
    assert_int_equal(truncate(t->db, 4096 + 100), 0);

    expect_refused(t, -EIO, "/loquat.db\" is damaged");
}

static void
another_programs_database_is_refused_and_left_alone(void **state)
{
    struct scratch *t = *state;
    char before[8192], after[8192];
    assert_int_equal(mkdir(t->folder, 0700), 0);
    scratch_sql(t->db, "CREATE TABLE rooms(x); INSERT INTO rooms VALUES(1)");
    int fd = open(t->db, O_RDONLY);
    assert_int_equal(read(fd, before, sizeof before), sizeof before);
    close(fd);

    expect_refused(t, -EINVAL, "is another program's database");

    fd = open(t->db, O_RDONLY);
    assert_int_equal(read(fd, after, sizeof after), sizeof after);
    close(fd);
    assert_memory_equal(before, after, sizeof before);
}

static void
a_newer_schema_is_refused(void **state)
{
    struct scratch *t = *state;
    struct store *s = scratch_open(t);
    store_close(&s);
    scratch_sql(t->db, "PRAGMA user_version = 7");

    expect_refused(t, -EINVAL, "/loquat.db\" was written by a newer loquatd "
                   "(schema 7, this program knows 4)");
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        scratch_unit_test(an_empty_file_is_version_0),
        scratch_unit_test(an_empty_file_becomes_the_newest_without_a_copy),
        scratch_unit_test(
            an_older_database_is_copied_and_then_brought_up_to_date),
        scratch_unit_test(a_current_database_is_left_alone),
        scratch_unit_test(a_failed_step_leaves_the_version_before_it_whole),
        scratch_unit_test(a_copy_replaces_what_an_interrupted_one_left),
        scratch_unit_test(without_a_copy_nothing_is_changed),
        scratch_unit_test(tables_without_our_mark_are_foreign),
        scratch_unit_test(another_mark_is_foreign),
        scratch_unit_test(another_numbering_is_foreign),
        scratch_unit_test(our_mark_without_a_version_is_foreign),
        scratch_unit_test(the_compiled_in_steps_make_strict_tables),
        scratch_unit_test(client_ids_stay_known_through_version_2),
        scratch_unit_test(version_2_learns_of_files),
        scratch_unit_test(version_3_learns_of_rights),
        scratch_unit_test(a_file_of_garbage_is_refused),
        scratch_unit_test(a_torn_database_is_refused),
        scratch_unit_test(another_programs_database_is_refused_and_left_alone),
        scratch_unit_test(a_newer_schema_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
