/* SPDX-License-Identifier: MIT
 *
 * Blobs on a real file system. */
#include "blob/room_test.h"

#include "blob/media.h"
#include <pthread.h>

static void
a_file_grows_is_read_and_becomes_whole(void **state)
{
    struct room *t = *state;
    uint64_t writer = 0;
    uint8_t sum[32], want[32];
    struct blob *b = room_write(t, 100000, &writer), *reader = NULL;

    assert_int_equal(blob_state(b), BLOB_ARRIVING);
    assert_int_equal(blob_written(b), 0);
    assert_int_equal(blob_size(b), 100000);
    assert_int_equal(room_append(b, writer, 60000), 0);
    assert_int_equal(blob_open(t->blobs, &t->id, &reader), 0);
    assert_ptr_equal(reader, b);
    assert_int_equal(blob_written(reader), 60000);
    room_expect(reader, 60000);

    assert_int_equal(room_append(b, writer, 40000), 0);
    assert_int_equal(blob_finish(b, writer, NULL, sum), 0);

    room_sum(100000, want);
    assert_memory_equal(sum, want, 32);
    assert_int_equal(blob_state(reader), BLOB_WHOLE);
    assert_int_equal(room_on_disk(t, ""), 100000);
    assert_int_equal(room_on_disk(t, ".part"), -1);
    blob_unref(&b);
    blob_unref(&reader);
    assert_null(reader);
}

static void
finishing_again_gives_the_same_sum(void **state)
{
    struct room *t = *state;
    uint64_t writer = 0;
    uint8_t sum[32] = {0}, again[32] = {1};
    struct blob *b = room_write(t, 10, &writer);

    assert_int_equal(room_append(b, writer, 10), 0);
    assert_int_equal(blob_finish(b, writer, NULL, sum), 0);
    assert_int_equal(blob_finish(b, writer, sum, again), 0);
    assert_memory_equal(sum, again, 32);
    blob_unref(&b);

    b = room_write(t, 10, &writer);
    assert_int_equal(blob_state(b), BLOB_WHOLE);
    assert_int_equal(blob_written(b), 10);
    memset(again, 0, sizeof again);
    assert_int_equal(blob_finish(b, writer, NULL, again), 0);
    assert_memory_equal(sum, again, 32);
    again[3] ^= 1;
    assert_int_equal(blob_finish(b, writer, again, sum), -EBADMSG);
    assert_int_equal(room_append(b, writer, 1), -EFBIG);
    blob_unref(&b);
}

static void
the_sums_are_those_of_the_standard(void **state)
{
    struct room *t = *state;
    uint64_t writer = 0;
    uint8_t sum[32];
    struct blob *b;
    static const uint8_t of_abc[32] = {   /* FIPS 180-4, example 1 */
        0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40,
        0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17,
        0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad};
    static const uint8_t of_nothing[4] = {0xe3, 0xb0, 0xc4, 0x42};

    b = room_write(t, UINT64_MAX, &writer);
    assert_int_equal(blob_append(b, writer, "a", 1), 0);
    assert_int_equal(blob_append(b, writer, "bc", 2), 0);
    assert_int_equal(blob_finish(b, writer, of_abc, sum), 0);
    assert_memory_equal(sum, of_abc, 32);
    assert_int_equal(blob_size(b), 3);
    blob_unref(&b);

    t->id = file_id_new();
    b = room_write(t, 0, &writer);
    assert_int_equal(blob_finish(b, writer, NULL, sum), 0);
    assert_memory_equal(sum, of_nothing, 4);
    blob_unref(&b);
}

static void
another_sum_than_expected_leaves_it_arriving(void **state)
{
    struct room *t = *state;
    uint64_t writer = 0;
    uint8_t sum[32], wrong[32] = {1};
    struct blob *b = room_write(t, 100, &writer);

    assert_int_equal(room_append(b, writer, 60), 0);
    assert_int_equal(blob_finish(b, writer, NULL, sum), -EFBIG);
    assert_int_equal(room_append(b, writer, 40), 0);
    assert_int_equal(blob_finish(b, writer, wrong, sum), -EBADMSG);
    assert_int_equal(blob_state(b), BLOB_ARRIVING);
    assert_int_equal(room_on_disk(t, ".part"), 100);
    room_sum(100, wrong);
    assert_int_equal(blob_finish(b, writer, wrong, sum), 0);
    blob_unref(&b);
}

static void
no_byte_goes_beyond_the_size(void **state)
{
    struct room *t = *state;
    uint64_t writer = 0;
    struct blob *b = room_write(t, 100, &writer), *again = NULL;

    assert_int_equal(room_append(b, writer, 101), -EFBIG);
    assert_int_equal(room_append(b, writer, 50), 0);
    assert_int_equal(room_append(b, writer, 51), -EFBIG);
    assert_int_equal(blob_written(b), 50);
    assert_int_equal(blob_open_write(t->blobs, &t->id, 49, &again, &writer),
                     -EFBIG);
    assert_null(again);
    blob_unref(&b);
}

/* Cut at a few places, with everything closed in between. */
static void
what_is_resumed_has_the_sum_of_the_whole(void **state)
{
    enum { SIZE = 300000 };
    static const size_t pieces[] = {1, 511, 70000, 65536, 100001};
    struct room *t = *state;
    uint64_t writer = 0, at = 0;
    uint8_t sum[32], want[32];
    struct blob *b;

    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        b = room_write(t, SIZE, &writer);
        assert_int_equal(blob_written(b), at);
        assert_int_equal(room_append(b, writer, pieces[i] / 2), 0);
        assert_int_equal(room_append(b, writer, pieces[i] - pieces[i] / 2), 0);
        at += pieces[i];
        blob_unref(&b);
        if (i % 2 == 0) {
            blobs_close(&t->blobs);
            room_open(t);
        }
    }
    b = room_write(t, SIZE, &writer);
    assert_int_equal(room_append(b, writer, SIZE - at), 0);
    assert_int_equal(blob_finish(b, writer, NULL, sum), 0);
    room_sum(SIZE, want);
    assert_memory_equal(sum, want, 32);
    room_expect(b, SIZE);
    blob_unref(&b);
}

static void
the_newest_writer_wins(void **state)
{
    struct room *t = *state;
    uint64_t first = 0, second = 0;
    uint8_t sum[32];
    struct blob *a = room_write(t, 100, &first), *b;

    assert_int_equal(room_append(a, first, 10), 0);
    b = room_write(t, 100, &second);
    assert_ptr_equal(a, b);
    assert_int_not_equal(first, second);
    assert_int_equal(room_append(a, first, 10), -ESTALE);
    assert_int_equal(blob_finish(a, first, NULL, sum), -ESTALE);
    blob_leave(a, first);
    assert_int_equal(room_append(b, second, 10), 0);
    assert_int_equal(blob_written(b), 20);
    blob_leave(b, second);
    assert_int_equal(room_append(b, second, 10), -ESTALE);
    blob_unref(&a);
    blob_unref(&b);
}

static void
what_is_removed_is_gone_for_readers_and_for_good(void **state)
{
    struct room *t = *state;
    uint64_t writer = 0;
    uint8_t sum[32];
    struct blob *b = room_write(t, 100, &writer), *none = NULL;

    assert_int_equal(room_append(b, writer, 10), 0);
    assert_int_equal(blob_remove(t->blobs, &t->id), 0);
    assert_int_equal(blob_state(b), BLOB_GONE);
    room_expect(b, 10);
    assert_int_equal(room_on_disk(t, ".part"), -1);
    assert_int_equal(room_append(b, writer, 10), -ENOENT);
    assert_int_equal(blob_finish(b, writer, NULL, sum), -ENOENT);
    assert_int_equal(blob_open(t->blobs, &t->id, &none), -ENOENT);
    blob_unref(&b);
    assert_int_equal(blob_open_write(t->blobs, &t->id, 100, &none, &writer),
                     -ENOENT);
    assert_int_equal(room_on_disk(t, ".part"), -1);
    assert_int_equal(blob_remove(t->blobs, &t->id), 0);
    assert_null(none);
}

static void
a_whole_file_can_be_removed_without_being_open(void **state)
{
    struct room *t = *state;
    uint64_t writer = 0;
    uint8_t sum[32];
    struct blob *b = room_write(t, 10, &writer);

    assert_int_equal(room_append(b, writer, 10), 0);
    assert_int_equal(blob_finish(b, writer, NULL, sum), 0);
    blob_unref(&b);
    assert_int_equal(room_on_disk(t, ""), 10);
    assert_int_equal(blob_remove(t->blobs, &t->id), 0);
    assert_int_equal(room_on_disk(t, ""), -1);
    assert_int_equal(blob_open(t->blobs, &t->id, &b), -ENOENT);
}

static void
what_is_not_there_cannot_be_opened(void **state)
{
    struct room *t = *state;
    struct blob *b = NULL;

    assert_int_equal(blob_open(t->blobs, &t->id, &b), -ENOENT);
    assert_null(b);
    blob_unref(&b);
}

static void
a_link_in_the_place_of_a_file_is_not_followed(void **state)
{
    struct room *t = *state;
    struct blob *b = NULL;
    uint64_t writer;
    char path[160];

    room_path(t, "", path);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    assert_int_equal(blob_open(t->blobs, &t->id, &b), -ELOOP);
    assert_int_equal(blob_open_write(t->blobs, &t->id, 1, &b, &writer),
                     -ELOOP);
}

static void
what_it_is_is_known_from_the_first_512_bytes_on(void **state)
{
    struct room *t = *state;
    uint64_t writer = 0;
    uint8_t sum[32];
    char text[600];
    struct blob *b = room_write(t, UINT64_MAX, &writer);

    memset(text, 'x', sizeof text);
    assert_int_equal(blob_append(b, writer, text, 511), 0);
    assert_int_equal(blob_media(b), MEDIA_UNKNOWN);
    assert_int_equal(blob_append(b, writer, text, 1), 0);
    assert_int_equal(blob_media(b), MEDIA_TEXT);
    blob_unref(&b);

    assert_int_equal(blob_open(t->blobs, &t->id, &b), 0);
    assert_int_equal(blob_media(b), MEDIA_TEXT);
    blob_unref(&b);

    t->id = file_id_new();
    b = room_write(t, 6, &writer);
    assert_int_equal(blob_append(b, writer, "GIF89a", 6), 0);
    assert_int_equal(blob_finish(b, writer, NULL, sum), 0);
    assert_int_equal(blob_media(b), MEDIA_GIF);
    blob_unref(&b);
}

static void
what_has_just_been_written_or_warmed_is_warm(void **state)
{
    struct room *t = *state;
    uint64_t writer = 0;
    uint8_t sum[32];
    bool told;
    struct blob *b = room_write(t, 1 << 20, &writer);

    assert_int_equal(room_append(b, writer, 1 << 20), 0);
    assert_int_equal(blob_finish(b, writer, NULL, sum), 0);
    told = blob_is_warm(b, 0, 1 << 20);
    assert_true(blob_is_warm(b, 12345, 0));
    assert_int_equal(posix_fadvise(blob_fd(b), 0, 0, POSIX_FADV_DONTNEED), 0);
    blob_warm(b, 0, 1 << 20);
    if (told)
        assert_true(blob_is_warm(b, 0, 1 << 20));
    else
        print_message("# this file system does not tell what is warm\n");
    blob_warm(b, 1 << 20, 10);
    blob_unref(&b);
}

/* Open, append, let go, remove, from several threads at once: one handle. */
enum { CROWD = 4, CROWD_ROUNDS = 300 };

static void *
come_and_go(void *arg)
{
    struct room *t = arg;

    for (int i = 0; i < CROWD_ROUNDS; i++) {
        struct blob *b = NULL;
        uint64_t writer;
        int rc = i % 2 ? blob_open(t->blobs, &t->id, &b)
                       : blob_open_write(t->blobs, &t->id, UINT64_MAX, &b,
                                         &writer);

        must(rc == 0);
        if (i % 2 == 0) {
            rc = blob_append(b, writer, "x", 1);
            must(rc == 0 || rc == -ESTALE);
        }
        blob_unref(&b);
    }
    return NULL;
}

static void
many_come_and_go_at_once(void **state)
{
    struct room *t = *state;
    pthread_t threads[CROWD];
    uint64_t writer;
    struct blob *b = room_write(t, UINT64_MAX, &writer);

    blob_unref(&b);
    for (int i = 0; i < CROWD; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, come_and_go, t), 0);
    for (int i = 0; i < CROWD; i++)
        pthread_join(threads[i], NULL);
    b = room_write(t, UINT64_MAX, &writer);
    assert_int_equal(blob_written(b), room_on_disk(t, ".part"));
    assert_true(blob_written(b) > 0);
    blob_unref(&b);
}

/* --- The sweep ------------------------------------------------------------ */

struct kept {
    struct file_id id;
    unsigned asked, parts;
    uint64_t bytes;
};

static bool
keep_one(void *arg, const struct file_id *id, bool whole, uint64_t bytes)
{
    struct kept *k = arg;

    k->asked++;
    k->parts += !whole;
    if (!file_id_eq(id, &k->id))
        return false;
    k->bytes = bytes;
    return true;
}

static void
put_file(const struct room *t, const char *name)
{
    char path[160];
    int fd;

    snprintf(path, sizeof path, "%s/%s", t->folder, name);
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    close(fd);
}

static unsigned
count_files(const struct room *t)
{
    char command[128];
    unsigned n = 0;
    FILE *f;

    snprintf(command, sizeof command, "ls -A %s | wc -l", t->folder);
    f = popen(command, "r");
    assert_non_null(f);
    assert_int_equal(fscanf(f, "%u", &n), 1);
    pclose(f);
    return n;
}

static void
the_sweep_keeps_what_is_asked_for_and_nothing_else(void **state)
{
    struct room *t = *state;
    uint64_t writer = 0;
    uint8_t sum[32];
    struct kept k = {.id = t->id};
    struct blob *b = room_write(t, 10, &writer);
    char path[160];

    assert_int_equal(room_append(b, writer, 10), 0);
    assert_int_equal(blob_finish(b, writer, NULL, sum), 0);
    blob_unref(&b);
    t->id = file_id_new();
    b = room_write(t, 10, &writer);
    assert_int_equal(room_append(b, writer, 4), 0);
    blob_unref(&b);
    put_file(t, "README");
    put_file(t, "0000000000000000000000000!");
    put_file(t, "0000000000000000000000000z");
    put_file(t, ".hidden.part");
    snprintf(path, sizeof path, "%s/lost+found", t->folder);
    assert_int_equal(mkdir(path, 0700), 0);

    assert_int_equal(blobs_sweep(t->blobs, keep_one, &k, NULL), 0);

    assert_int_equal(k.asked, 2);
    assert_int_equal(k.parts, 1);
    assert_int_equal(k.bytes, 10);
    assert_int_equal(count_files(t), 2);
    t->id = k.id;
    assert_int_equal(room_on_disk(t, ""), 10);
}

static void
a_folder_that_cannot_be_made_is_told(void **state)
{
    struct room *t = *state;
    struct blobs *b = NULL;
    struct err e = {0};
    char path[160];

    put_file(t, "plain");
    snprintf(path, sizeof path, "%s/plain/files", t->folder);
    assert_int_equal(blobs_open(path, &t->options, &b, &e), -ENOTDIR);
    assert_null(b);
    assert_non_null(strstr(e.text, path));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        room_unit_test(a_file_grows_is_read_and_becomes_whole),
        room_unit_test(finishing_again_gives_the_same_sum),
        room_unit_test(the_sums_are_those_of_the_standard),
        room_unit_test(another_sum_than_expected_leaves_it_arriving),
        room_unit_test(no_byte_goes_beyond_the_size),
        room_unit_test(what_is_resumed_has_the_sum_of_the_whole),
        room_unit_test(the_newest_writer_wins),
        room_unit_test(what_is_removed_is_gone_for_readers_and_for_good),
        room_unit_test(a_whole_file_can_be_removed_without_being_open),
        room_unit_test(what_is_not_there_cannot_be_opened),
        room_unit_test(a_link_in_the_place_of_a_file_is_not_followed),
        room_unit_test(what_it_is_is_known_from_the_first_512_bytes_on),
        room_unit_test(what_has_just_been_written_or_warmed_is_warm),
        room_unit_test(many_come_and_go_at_once),
        room_unit_test(the_sweep_keeps_what_is_asked_for_and_nothing_else),
        room_unit_test(a_folder_that_cannot_be_made_is_told),
    };

    return cmocka_run_group_tests(tests, room_begin, NULL);
}
