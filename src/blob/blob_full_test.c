/* SPDX-License-Identifier: MIT
 *
 * Disks that are full, small or broken. The system's calls are wrapped, so
 * that one can be made to fail; a real small disk is a tmpfs, where the test
 * may mount one. */
#include "blob/room_test.h"

#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/statvfs.h>

static int fail_pwrite, fail_fdatasync, fail_fsync;   /* errno; 0: works */
static size_t pwrite_part;         /* so much is written before it fails */
static uint64_t fake_free;         /* 0: the real one */
static unsigned syncs;

ssize_t __real_pwrite64(int fd, const void *p, size_t n, off_t at);
ssize_t __wrap_pwrite64(int fd, const void *p, size_t n, off_t at);
int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);
int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_fstatvfs64(int fd, struct statvfs *fs);
int __wrap_fstatvfs64(int fd, struct statvfs *fs);

ssize_t
__wrap_pwrite64(int fd, const void *p, size_t n, off_t at)
{
    if (fail_pwrite == 0)
        return __real_pwrite64(fd, p, n, at);
    if (pwrite_part > 0) {
        ssize_t done = __real_pwrite64(fd, p, pwrite_part, at);

        pwrite_part = 0;
        return done;
    }
    errno = fail_pwrite;
    return -1;
}

int
__wrap_fdatasync(int fd)
{
    syncs++;
    if (fail_fdatasync == 0)
        return __real_fdatasync(fd);
    errno = fail_fdatasync;
    return -1;
}

int
__wrap_fsync(int fd)
{
    if (fail_fsync == 0)
        return __real_fsync(fd);
    errno = fail_fsync;
    return -1;
}

/* A disk of 100 MiB. */
int
__wrap_fstatvfs64(int fd, struct statvfs *fs)
{
    int rc = __real_fstatvfs64(fd, fs);

    if (fake_free > 0) {
        fs->f_frsize = 1;
        fs->f_blocks = 100 << 20;
        fs->f_bavail = fake_free;
    }
    return rc;
}

static int
full_setup(void **state)
{
    fail_pwrite = fail_fdatasync = fail_fsync = 0;
    pwrite_part = 0;
    fake_free = 0;
    syncs = 0;
    return room_setup(state);
}

#define full_unit_test(f) \
    cmocka_unit_test_setup_teardown(f, full_setup, room_teardown)

static void
expect_whole(struct blob *b, uint64_t writer, size_t n)
{
    uint8_t sum[32], want[32];

    assert_int_equal(blob_finish(b, writer, NULL, sum), 0);
    room_sum(n, want);
    assert_memory_equal(sum, want, 32);
    room_expect(b, n);
}

static void
a_full_disk_loses_nothing_and_it_goes_on_when_there_is_room(void **state)
{
    struct room *t = *state;
    uint64_t writer = 0;
    struct blob *b = room_write(t, 100000, &writer);

    assert_int_equal(room_append(b, writer, 30000), 0);
    fail_pwrite = ENOSPC;
    pwrite_part = 5000;
    assert_int_equal(room_append(b, writer, 20000), -ENOSPC);
    assert_int_equal(blob_written(b), 30000);
    assert_int_equal(room_on_disk(t, ".part"), 30000);
    assert_int_equal(room_append(b, writer, 20000), -ENOSPC);
    fail_pwrite = 0;
    assert_int_equal(room_append(b, writer, 70000), 0);
    expect_whole(b, writer, 100000);
    blob_unref(&b);
}

static void
a_quota_of_the_disk_is_a_full_disk_and_a_broken_one_is_not(void **state)
{
    struct room *t = *state;
    uint64_t writer = 0;
    struct blob *b = room_write(t, 100, &writer);

    fail_pwrite = EDQUOT;
    assert_int_equal(room_append(b, writer, 10), -ENOSPC);
    fail_pwrite = EIO;
    assert_int_equal(room_append(b, writer, 10), -EIO);
    assert_int_equal(blob_written(b), 0);
    blob_unref(&b);
}

/* The one limit that every kernel has at hand. */
static void
a_limit_on_files_is_a_full_disk(void **state)
{
    struct room *t = *state;
    uint64_t writer = 0;
    struct blob *b = room_write(t, 100000, &writer);
    struct rlimit before, small;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 40000;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    assert_int_equal(room_append(b, writer, 30000), 0);
    assert_int_equal(room_append(b, writer, 30000), -ENOSPC);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(room_on_disk(t, ".part"), 30000);
    assert_int_equal(room_append(b, writer, 70000), 0);
    expect_whole(b, writer, 100000);
    blob_unref(&b);
}

static void
a_small_disk_fills_up_and_is_emptied_again(void **state)
{
    enum { SIZE = 3 << 20, PIECE = 64 << 10 };
    struct room *t = *state;
    struct blobs *blobs = NULL;
    struct file_id other = file_id_new();
    uint64_t writer = 0, other_writer = 0;
    struct blob *b = NULL, *filler = NULL;
    int rc = 0;

    if (unshare(CLONE_NEWNS) < 0 ||
        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("none", t->root, "tmpfs", 0, "size=4m") < 0) {
        print_message("# a tmpfs may not be mounted here\n");
        return;
    }
    assert_int_equal(blobs_open(t->folder, &t->options, &blobs, NULL), 0);
    assert_int_equal(blob_open_write(blobs, &other, UINT64_MAX, &filler,
                                     &other_writer), 0);
    assert_int_equal(room_append(filler, other_writer, 2 << 20), 0);
    assert_int_equal(blob_open_write(blobs, &t->id, UINT64_MAX, &b, &writer),
                     0);
    while (rc == 0)
        rc = room_append(b, writer, PIECE);
    assert_int_equal(rc, -ENOSPC);
    assert_int_equal(blob_written(b), room_on_disk(t, ".part"));
    assert_int_equal(blob_remove(blobs, &other), 0);
    blob_unref(&filler);

    /* Whoever fails next frees what was removed. */
    assert_int_equal(room_append(b, writer, PIECE), -ENOSPC);
    while (blob_written(b) < SIZE)
        assert_int_equal(room_append(b, writer, PIECE), 0);
    expect_whole(b, writer, SIZE);
    assert_true(blob_is_warm(b, 0, SIZE));
    blob_unref(&b);
    blobs_close(&blobs);
    assert_int_equal(umount2(t->root, MNT_DETACH), 0);
}

static void
a_failed_sync_is_not_tried_again_and_cut_back_to_the_last_good_one(
    void **state)
{
    struct room *t = *state;
    uint64_t writer = 0;
    uint8_t sum[32];
    struct blob *b = room_write(t, 100000, &writer), *again = NULL;

    assert_int_equal(room_append(b, writer, 30000), 0);
    assert_int_equal(blob_sync(b), 0);
    assert_int_equal(room_append(b, writer, 30000), 0);
    fail_fdatasync = EIO;
    assert_int_equal(blob_sync(b), -EIO);
    fail_fdatasync = 0;
    syncs = 0;
    assert_int_equal(blob_sync(b), -EIO);
    assert_int_equal(room_append(b, writer, 10), -EIO);
    assert_int_equal(blob_finish(b, writer, NULL, sum), -EIO);
    assert_int_equal(blob_open_write(t->blobs, &t->id, 100000, &again,
                                     &writer), -EIO);
    assert_int_equal(syncs, 0);
    blob_unref(&b);

    b = room_write(t, 100000, &writer);
    assert_int_equal(blob_written(b), 30000);
    assert_int_equal(room_append(b, writer, 70000), 0);
    expect_whole(b, writer, 100000);
    blob_unref(&b);
}

static void
a_failed_sync_at_the_end_does_not_make_it_whole(void **state)
{
    struct room *t = *state;
    uint64_t writer = 0;
    uint8_t sum[32];
    struct blob *b = room_write(t, 10, &writer);

    assert_int_equal(room_append(b, writer, 10), 0);
    fail_fsync = EIO;
    assert_int_equal(blob_finish(b, writer, NULL, sum), -EIO);
    fail_fsync = 0;
    assert_int_equal(blob_finish(b, writer, NULL, sum), -EIO);
    assert_int_equal(blob_state(b), BLOB_ARRIVING);
    assert_int_equal(room_on_disk(t, ""), -1);
    blob_unref(&b);
}

static void
it_is_synced_at_bounded_intervals(void **state)
{
    struct room *t = *state;
    uint64_t writer = 0;
    struct blob *b;

    blobs_close(&t->blobs);
    t->options.sync_bytes = 10000;
    room_open(t);
    b = room_write(t, UINT64_MAX, &writer);
    syncs = 0;
    for (int i = 0; i < 100; i++)
        assert_int_equal(room_append(b, writer, 1000), 0);
    assert_int_equal(syncs, 10);
    blob_unref(&b);
}

static void
reopen_with_floor(struct room *t, uint64_t bytes, unsigned percent)
{
    blobs_close(&t->blobs);
    t->options.floor_bytes = bytes;
    t->options.floor_percent = percent;
    room_open(t);
}

static void
nothing_is_begun_that_would_pass_the_floor(void **state)
{
    struct room *t = *state;
    uint64_t writer = 0;
    struct blob *b = NULL;

    reopen_with_floor(t, 20 << 20, 0);
    fake_free = 30 << 20;
    assert_int_equal(blob_open_write(t->blobs, &t->id, (10 << 20) + 1, &b,
                                     &writer), -ENOSPC);
    assert_int_equal(room_on_disk(t, ".part"), -1);
    b = room_write(t, 10 << 20, &writer);
    blob_unref(&b);

    reopen_with_floor(t, 0, 25);
    assert_int_equal(blob_open_write(t->blobs, &t->id, (5 << 20) + 1, &b,
                                     &writer), -ENOSPC);
    b = room_write(t, 5 << 20, &writer);
    blob_unref(&b);

    fake_free = 25 << 20;
    assert_int_equal(blob_open_write(t->blobs, &t->id, UINT64_MAX, &b,
                                     &writer), -ENOSPC);
    fake_free = (25 << 20) + 1;
    b = room_write(t, UINT64_MAX, &writer);
    blob_unref(&b);
}

static void
what_others_are_going_to_need_counts(void **state)
{
    struct room *t = *state;
    uint64_t first = 0, writer = 0;
    struct blob *a, *b = NULL;

    fake_free = 30 << 20;
    a = room_write(t, 20 << 20, &first);
    t->id = file_id_new();
    assert_int_equal(blob_open_write(t->blobs, &t->id, (10 << 20) + 1, &b,
                                     &writer), -ENOSPC);
    assert_int_equal(room_append(a, first, 5 << 20), 0);
    fake_free = 25 << 20;
    b = room_write(t, 10 << 20, &writer);
    blob_unref(&b);
    blob_leave(a, first);
    b = room_write(t, 25 << 20, &writer);
    blob_unref(&b);
    blob_unref(&a);
}

static void
a_disk_that_fills_up_stops_an_upload_until_there_is_room(
    void **state)
{
    enum { PIECE = 1 << 20 };
    struct room *t = *state;
    uint64_t writer = 0;
    struct blob *b;
    int rc = 0;

    reopen_with_floor(t, 50 << 20, 0);
    fake_free = 90 << 20;
    b = room_write(t, UINT64_MAX, &writer);
    assert_int_equal(room_append(b, writer, PIECE), 0);
    fake_free = 40 << 20;
    for (int i = 0; rc == 0 && i < 8; i++)
        rc = room_append(b, writer, PIECE);
    assert_int_equal(rc, -ENOSPC);
    assert_int_equal(room_append(b, writer, PIECE), -ENOSPC);
    assert_int_equal(room_on_disk(t, ".part"), blob_written(b));
    fake_free = 90 << 20;
    assert_int_equal(room_append(b, writer, PIECE), 0);
    blob_unref(&b);
}

static void
without_descriptors_nothing_is_opened_and_all_goes_on_afterwards(void **state)
{
    struct room *t = *state;
    uint64_t writer = 0;
    struct blob *b = NULL;
    struct rlimit before, none;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    assert_int_equal(blob_open_write(t->blobs, &t->id, 10, &b, &writer),
                     -EMFILE);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    b = room_write(t, 10, &writer);
    assert_int_equal(room_append(b, writer, 10), 0);
    expect_whole(b, writer, 10);
    blob_unref(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        full_unit_test(
            a_full_disk_loses_nothing_and_it_goes_on_when_there_is_room),
        full_unit_test(
            a_quota_of_the_disk_is_a_full_disk_and_a_broken_one_is_not),
        full_unit_test(a_limit_on_files_is_a_full_disk),
        full_unit_test(
            a_failed_sync_is_not_tried_again_and_cut_back_to_the_last_good_one),
        full_unit_test(a_failed_sync_at_the_end_does_not_make_it_whole),
        full_unit_test(it_is_synced_at_bounded_intervals),
        full_unit_test(nothing_is_begun_that_would_pass_the_floor),
        full_unit_test(what_others_are_going_to_need_counts),
        full_unit_test(
            a_disk_that_fills_up_stops_an_upload_until_there_is_room),
        full_unit_test(
            without_descriptors_nothing_is_opened_and_all_goes_on_afterwards),
        full_unit_test(a_small_disk_fills_up_and_is_emptied_again),
    };

    return cmocka_run_group_tests(tests, room_begin, NULL);
}
