/* SPDX-License-Identifier: MIT
 *
 * Backups that were tampered with, cut, or never were any: refused, and
 * nothing is left of them. A good one is unpacked, changed and packed again. */
#include "store/backup_test.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>

enum { ENTRIES = 16 };

struct entry {
    char name[64];
    unsigned type;                  /* AE_IFREG ... */
    const char *link;               /* of a hard link; NULL: none */
    char *bytes;
    size_t n;
};

struct pack {
    struct entry entries[ENTRIES];
    int n;
};

/* manifest, loquat.db, files 1 to 3, end. */
enum { MANIFEST, DATABASE, FIRST, SECOND, THIRD, END, COUNT };

static void
unpack(const char *path, struct pack *ret)
{
    struct archive *a = archive_read_new();
    struct archive_entry *e;
    archive_read_support_format_tar(a);
    assert_int_equal(archive_read_open_filename(a, path, 4096), ARCHIVE_OK);
    ret->n = 0;
    while (archive_read_next_header(a, &e) == ARCHIVE_OK) {
        struct entry *x = &ret->entries[ret->n++];
        snprintf(x->name, sizeof x->name, "%s", archive_entry_pathname(e));
        x->type = AE_IFREG;
        x->link = NULL;
        x->n = (size_t)archive_entry_size(e);
        x->bytes = must_alloc(x->n + 64);
        assert_int_equal(archive_read_data(a, x->bytes, x->n), x->n);
    }
    assert_int_equal(ret->n, COUNT);
    archive_read_free(a);
}

static void
pack(const struct pack *p, const char *path)
{
    struct archive *a = archive_write_new();
    archive_write_set_format_pax_restricted(a);
    assert_int_equal(archive_write_open_filename(a, path), ARCHIVE_OK);
    for (int i = 0; i < p->n; i++) {
        const struct entry *x = &p->entries[i];
        struct archive_entry *e = archive_entry_new();
        archive_entry_set_pathname(e, x->name);
        archive_entry_set_filetype(e, x->type);
        archive_entry_set_size(e, (int64_t)x->n);
        if (x->type == AE_IFLNK)
            archive_entry_set_symlink(e, "/etc/passwd");
        if (x->link)
            archive_entry_set_hardlink(e, x->link);
        assert_int_equal(archive_write_header(a, e), ARCHIVE_OK);
        if (x->type == AE_IFREG && !x->link)
            archive_write_data(a, x->bytes, x->n);
        archive_entry_free(e);
    }
    archive_write_free(a);
}

static void
discard(struct pack *p)
{
    for (int i = 0; i < COUNT; i++)
        free(p->entries[i].bytes);
}

static void
expect_refused(const struct backup_place *p, const char *want)
{
    struct told told = {{0}};
    struct backup_result got = {.files = 77};
    struct err e = {0};
    int r = restore_try(p->file, p->folder, &told, &got, &e);
    if (r != -EINVAL || !strstr(e.text, want))
        fail_msg("got %d %s want %s", r, e.text, want);
    assert_int_equal(got.files, 77);
    assert_gone(p->folder);
    assert_gone(p->restoring);
}

/* ---- what can be done to one -------------------------------------------- */

static void
rename_entry(struct pack *p, int i, const char *name)
{
    snprintf(p->entries[i].name, sizeof p->entries[i].name, "%s", name);
}

static void
set_text(struct pack *p, int i, const char *text)
{
    p->entries[i].n = strlen(text);
    memcpy(p->entries[i].bytes, text, p->entries[i].n);
}

static void
drop_entry(struct pack *p, int i)
{
    struct entry gone = p->entries[i];
    for (p->n--; i < p->n; i++)
        p->entries[i] = p->entries[i + 1];
    p->entries[p->n] = gone;
}

static void
climb_out(struct pack *p)
{
    rename_entry(p, FIRST, "../evil");
}

static void
climb_out_of_files(struct pack *p)
{
    rename_entry(p, FIRST, "files/../../evil");
}

static void
be_absolute(struct pack *p)
{
    rename_entry(p, FIRST, "/tmp/evil");
}

static void
be_unknown(struct pack *p)
{
    rename_entry(p, FIRST, "files/00000000000000000000000000");
}

static void
be_the_lock(struct pack *p)
{
    rename_entry(p, FIRST, "loquat.lock");
}

static void
be_a_link(struct pack *p)
{
    p->entries[FIRST].type = AE_IFLNK;
    p->entries[FIRST].n = 0;
}

static void
be_a_hard_link(struct pack *p)
{
    p->entries[FIRST].link = "loquat.db";
}

static void
be_a_folder(struct pack *p)
{
    p->entries[FIRST].type = AE_IFDIR;
    p->entries[FIRST].n = 0;
}

static void
come_twice(struct pack *p)
{
    rename_entry(p, SECOND, p->entries[FIRST].name);
    p->entries[SECOND].n = p->entries[FIRST].n;
}

static void
grow(struct pack *p)
{
    p->entries[FIRST].n++;
}

static void
change_a_body(struct pack *p)
{
    p->entries[THIRD].bytes[0] ^= 1;
}

static void
change_the_database(struct pack *p)
{
    p->entries[DATABASE].bytes[p->entries[DATABASE].n - 1] ^= 1;
}

static void
cut_the_database(struct pack *p)
{
    p->entries[DATABASE].n -= 4096;
}

static void
lose_a_body(struct pack *p)
{
    drop_entry(p, SECOND);
}

static void
lose_the_end(struct pack *p)
{
    drop_entry(p, END);
}

static void
lose_the_manifest(struct pack *p)
{
    drop_entry(p, MANIFEST);
}

static void
go_on(struct pack *p)
{
    p->entries[p->n++] = p->entries[MANIFEST];
}

static void
tell_of_damage(struct pack *p)
{
    set_text(p, END, "absent 1\nend\n");
}

static void
babble_at_the_end(struct pack *p)
{
    set_text(p, END, "absent zero\nend\n");
}

static void
babble_at_the_start(struct pack *p)
{
    set_text(p, MANIFEST, "loquat-backup 1\nhello\n");
}

static void
be_newer(struct pack *p)
{
    set_text(p, MANIFEST, "loquat-backup 2\n");
}

static void
be_long(struct pack *p)
{
    struct entry db = p->entries[DATABASE];
    p->entries[DATABASE] = p->entries[MANIFEST];
    p->entries[MANIFEST] = db;
    rename_entry(p, MANIFEST, "manifest");
}

static const struct {
    void (*how)(struct pack *p);
    const char *want;
} tricks[] = {
    {climb_out, "something that is not of a backup (entry 3)"},
    {climb_out_of_files, "something that is not of a backup"},
    {be_absolute, "something that is not of a backup"},
    {be_the_lock, "something that is not of a backup"},
    {be_unknown, "a file that its database does not have"},
    {be_a_link, "not a plain file"},
    {be_a_hard_link, "not a plain file"},
    {be_a_folder, "not a plain file"},
    {come_twice, "holds the same file twice"},
    {grow, "a file that its database does not have"},
    {change_a_body, "its files are not those that it should have"},
    {change_the_database, "the sum of its database is wrong"},
    {cut_the_database, "its database is not the manifest's"},
    {lose_a_body, "its files are not those that it should have"},
    {lose_the_end, "it ends too early (entry 6)"},
    {lose_the_manifest, "it does not begin with a manifest"},
    {go_on, "it goes on behind its end"},
    {tell_of_damage, "its files are not those that it should have"},
    {babble_at_the_end, "its end cannot be understood"},
    {babble_at_the_start, "its manifest cannot be understood"},
    {be_newer, "was made by a newer loquatd"},
    {be_long, "a part of it is too long"},
};

static struct backup_place
good_backup(const struct scratch *t)
{
    struct backup_place p = backup_place(t);
    struct told told = {{0}};
    struct store *s = bodies_fill(t);
    backup_make(t->folder, p.file, &told);
    store_close(&s);
    return p;
}

static void
no_trick_gets_through(void **state)
{
    struct scratch *t = *state;
    struct backup_place p = good_backup(t);
    struct pack *good = must_alloc(sizeof *good);
    char evil[96], original[128];

    snprintf(original, sizeof original, "%s.original", p.file);
    snprintf(evil, sizeof evil, "%s/evil", t->root);
    assert_int_equal(rename(p.file, original), 0);
    for (size_t i = 0; i < sizeof tricks / sizeof tricks[0]; i++) {
        unpack(original, good);
        tricks[i].how(good);
        pack(good, p.file);
        good->entries[COUNT] = (struct entry){{0}};
        expect_refused(&p, tricks[i].want);
        assert_gone(evil);
        discard(good);
    }
    free(good);
}

static void
packed_again_as_it_was_it_is_good(void **state)
{
    struct scratch *t = *state;
    struct backup_place p = good_backup(t);
    struct pack *good = must_alloc(sizeof *good);
    struct told told = {{0}};
    char text[512];

    unpack(p.file, good);
    pack(good, p.file);
    assert_int_equal(restore_make(p.file, p.folder, &told).files, 3);
    assert_int_equal(backup_fsck(p.folder, text), 0);
    discard(good);
    free(good);
}

static void
a_cut_backup_is_refused_wherever_it_was_cut(void **state)
{
    struct scratch *t = *state;
    struct backup_place p = good_backup(t);
    struct stat st;

    assert_int_equal(stat(p.file, &st), 0);
    /* The tar's own end is two blocks, before it `end` fills one. */
    off_t size = st.st_size - 3 * 512;
    for (int i = 0; i < 20 && size > 0; i++, size -= i < 12 ? 256 : 20000) {
        assert_int_equal(truncate(p.file, size), 0);
        expect_refused(&p, "is not a whole backup");
    }
    assert_int_equal(truncate(p.file, 0), 0);
    expect_refused(&p, "is not a whole backup");
}

static void
something_else_is_no_backup(void **state)
{
    struct scratch *t = *state;
    struct backup_place p = backup_place(t);

    bodies_write_file(p.file, "Dear diary, today I made no backup.");
    expect_refused(&p, "is not a whole backup");
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        scratch_unit_test(no_trick_gets_through),
        scratch_unit_test(packed_again_as_it_was_it_is_good),
        scratch_unit_test(a_cut_backup_is_refused_wherever_it_was_cut),
        scratch_unit_test(something_else_is_no_backup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
