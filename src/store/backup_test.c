/* SPDX-License-Identifier: MIT
 *
 * There and back again: while a server writes, while it forgets, without
 * bodies, without room. */
#include "store/backup_test.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>

static void
expect_nothing_left(const struct backup_place *p)
{
    assert_gone(p->part);
    assert_gone(p->copy);
    assert_gone(p->restoring);
}

static void
expect_body(const char *folder, uint8_t n, const char *want)
{
    char path[200], id[FILE_ID_CHARS + 1], got[64] = "";
    struct file_id file = files_id(n);
    file_id_write(&file, id);
    snprintf(path, sizeof path, "%s/files/%s", folder, id);
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    assert_int_equal(read(fd, got, sizeof got - 1), strlen(want));
    close(fd);
    assert_string_equal(got, want);
}

static struct store *
open_folder(const char *folder)
{
    struct store *s;
    struct err e = {0};
    if (store_open(folder, STORE_SYNC_FULL, &s, &e) < 0)
        fail_msg("%s", e.text);
    return s;
}

static void
a_backup_of_a_running_server_comes_back_whole(void **state)
{
    struct scratch *t = *state;
    struct backup_place p = backup_place(t);
    struct store *s = bodies_fill(t);
    struct told told = {{0}};
    struct room_row row;
    struct stat st;
    int64_t last_ms;
    char text[512];

    struct backup_result made = backup_make(t->folder, p.file, &told);
    assert_int_equal(made.files, 3);
    assert_int_equal(made.bytes, 42);
    assert_int_equal(made.absent + made.damaged, 0);
    assert_int_equal(stat(p.file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    scratch_fill(s, 1, 11, 20);

    struct backup_result back = restore_make(p.file, p.folder, &told);
    assert_true(back.time_ms == 1764000000000);
    assert_int_equal(back.files, 3);
    assert_int_equal(back.bytes, 42);
    assert_string_equal(told.text, "");
    expect_nothing_left(&p);
    assert_int_equal(backup_fsck(p.folder, text), 0);
    expect_body(p.folder, 1, "the first body");
    expect_body(p.folder, 2, "");
    assert_int_equal(stat(p.folder, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);

    struct store *again = open_folder(p.folder);
    assert_int_equal(store_find_room_id(again, 1, &row, &last_ms), 0);
    assert_int_equal(row.last_seq, 10);
    assert_true(store_epoch(again) != store_epoch(s));
    store_close(&again);
    store_close(&s);
}

static void
a_backup_needs_no_server_and_keeps_what_numbers_were_given(void **state)
{
    struct scratch *t = *state;
    struct backup_place p = backup_place(t);
    struct store *s = bodies_fill(t);
    struct told told = {{0}};
    struct invitation_row i = {.id = 9, .code_hash = {1}, .uses_left = 1};

    assert_int_equal(store_begin(s), 0);
    assert_int_equal(store_put_invitation(s, &i), 0);
    assert_int_equal(store_drop_invitation(s, 9), 0);
    assert_int_equal(store_commit(s), 0);
    store_close(&s);
    backup_make(t->folder, p.file, &told);
    assert_int_equal(mkdir(p.folder, 0755), 0);
    restore_make(p.file, p.folder, &told);
    s = open_folder(p.folder);
    assert_int_equal(store_next_invitation_id(s), 10);
    store_close(&s);
}

static void
bodies_that_are_missing_or_damaged_are_told_both_times(void **state)
{
    struct scratch *t = *state;
    struct backup_place p = backup_place(t);
    struct store *s = bodies_fill(t);
    struct told told = {{0}}, back = {{0}};
    struct file_id id = files_id(1);
    struct file_row f;
    char path[160], text[512];
    uint64_t bytes;

    bodies_path(t, 1, path);
    unlink(path);
    bodies_path(t, 3, path);
    bodies_write_file(path, "another one, a little LONGER and longer");
    struct backup_result made = backup_make(t->folder, p.file, &told);
    store_close(&s);
    assert_int_equal(told.faults, 2);
    assert_non_null(strstr(told.text, "(photo.webp) is missing\n"));
    assert_non_null(strstr(told.text, "(photo.webp) is damaged\n"));
    assert_int_equal(made.files, 2);
    assert_int_equal(made.absent, 1);
    assert_int_equal(made.damaged, 1);

    made = restore_make(p.file, p.folder, &back);
    assert_int_equal(made.absent, 1);
    assert_int_equal(made.damaged, 1);
    assert_int_equal(back.faults, 1);
    assert_int_equal(backup_fsck(p.folder, text), 1);
    assert_non_null(strstr(text, "has changed"));
    expect_body(p.folder, 3, "another one, a little LONGER");
    s = open_folder(p.folder);
    assert_int_equal(store_find_file(s, &id, &f), -ENOENT);
    assert_int_equal(store_usage(s, USAGE_TOTAL, 0, &bytes), 0);
    assert_int_equal(bytes, 28);
    store_close(&s);
}

struct forgetful {
    const struct scratch *t;
    struct store *s;
};

static void
remove_dropped(void *arg, const struct file_id *id)
{
    char path[160];
    bodies_path(arg, id->b[0], path);
    assert_int_equal(unlink(path), 0);
}

static void
forget(void *arg)
{
    struct forgetful *f = arg;
    unsigned n;
    uint64_t first;
    assert_int_equal(store_begin(f->s), 0);
    assert_int_equal(store_drop_old(f->s, 1, 5, 0, 100, remove_dropped,
                                    (void *)(uintptr_t)f->t, &n, &first), 0);
    assert_int_equal(store_commit(f->s), 0);
}

static void
what_retention_removes_meanwhile_is_no_fault(void **state)
{
    struct scratch *t = *state;
    struct backup_place p = backup_place(t);
    struct forgetful f = {t, bodies_fill(t)};
    struct told told = {.at_first = forget, .arg = &f}, back = {{0}};
    char text[512];

    struct backup_result made = backup_make(t->folder, p.file, &told);
    assert_int_equal(told.faults, 0);
    assert_non_null(strstr(told.text, "(photo.webp) was removed meanwhile"));
    assert_int_equal(made.absent, 2);
    assert_int_equal(made.files, 1);
    restore_make(p.file, p.folder, &back);
    assert_int_equal(backup_fsck(p.folder, text), 0);
    store_close(&f.s);
}

static void
nothing_is_written_over(void **state)
{
    struct scratch *t = *state;
    struct backup_place p = backup_place(t);
    struct store *s = bodies_fill(t);
    struct told told = {{0}};
    struct backup_result got;
    struct err e = {0};

    backup_make(t->folder, p.file, &told);
    assert_int_equal(backup_try(t->folder, p.file, &told, &got, &e), -EEXIST);
    assert_sentence(e, "is there already");
    assert_int_equal(restore_try(p.file, t->folder, &told, &got, &e),
                     -ENOTEMPTY);
    assert_sentence(e, "the folder is not empty");
    assert_int_equal(mkdir(p.restoring, 0700), 0);
    assert_int_equal(restore_try(p.file, p.folder, &told, &got, &e), -EEXIST);
    assert_int_equal(rmdir(p.restoring), 0);
    assert_gone(p.folder);
    store_close(&s);
}

static void
who_stops_it_finds_nothing(void **state)
{
    struct scratch *t = *state;
    struct backup_place p = backup_place(t);
    struct store *s = bodies_fill(t);
    struct told stop = {.stop = true}, told = {{0}};
    struct backup_result got;
    struct err e = {0};

    assert_int_equal(backup_try(t->folder, p.file, &stop, &got, &e),
                     -ECANCELED);
    assert_gone(p.file);
    expect_nothing_left(&p);
    backup_make(t->folder, p.file, &told);
    assert_int_equal(restore_try(p.file, p.folder, &stop, &got, &e),
                     -ECANCELED);
    assert_gone(p.folder);
    expect_nothing_left(&p);
    store_close(&s);
}

static void
limit_files(rlim_t bytes)
{
    struct rlimit l;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &l), 0);
    l.rlim_cur = bytes == 0 ? l.rlim_max : bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &l), 0);
}

static off_t
length_of(const char *path)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return st.st_size;
}

static void
without_room_nothing_is_left(void **state)
{
    struct scratch *t = *state;
    struct backup_place p = backup_place(t);
    struct store *s = bodies_fill(t);
    struct told told = {{0}};
    struct backup_result got;
    struct err e = {0};

    store_close(&s);
    signal(SIGXFSZ, SIG_IGN);
    off_t database = length_of(t->db);
    limit_files(8192);
    assert_int_equal(backup_try(t->folder, p.file, &told, &got, &e), -ENOSPC);
    limit_files((rlim_t)database);
    assert_int_equal(backup_try(t->folder, p.file, &told, &got, &e), -EFBIG);
    limit_files(0);
    assert_sentence(e, "cannot write");
    assert_gone(p.file);
    expect_nothing_left(&p);

    backup_make(t->folder, p.file, &told);
    limit_files(8192);
    assert_int_equal(restore_try(p.file, p.folder, &told, &got, &e), -EFBIG);
    limit_files(0);
    assert_gone(p.folder);
    expect_nothing_left(&p);
    restore_make(p.file, p.folder, &told);
}

static void
a_folder_without_a_database_has_no_backup(void **state)
{
    struct scratch *t = *state;
    struct backup_place p = backup_place(t);
    struct told told = {{0}};
    struct backup_result got;
    struct err e = {0};

    assert_int_equal(backup_try(t->folder, p.file, &told, &got, &e), -ENOENT);
    assert_sentence(e, "/loquat.db\": No such file");
    assert_int_equal(restore_try(p.file, p.folder, &told, &got, &e), -ENOENT);
    assert_sentence(e, "/it.backup\": No such file");
    assert_gone(p.file);
    assert_gone(p.folder);
    expect_nothing_left(&p);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        scratch_unit_test(a_backup_of_a_running_server_comes_back_whole),
        scratch_unit_test(
            a_backup_needs_no_server_and_keeps_what_numbers_were_given),
        scratch_unit_test(
            bodies_that_are_missing_or_damaged_are_told_both_times),
        scratch_unit_test(what_retention_removes_meanwhile_is_no_fault),
        scratch_unit_test(nothing_is_written_over),
        scratch_unit_test(who_stops_it_finds_nothing),
        scratch_unit_test(without_room_nothing_is_left),
        scratch_unit_test(a_folder_without_a_database_has_no_backup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
