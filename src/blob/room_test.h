/* SPDX-License-Identifier: MIT
 *
 * What the tests of blobs share: a folder of their own, and bytes that tell
 * where they belong. */
#ifndef BLOB_ROOM_TEST_H
#define BLOB_ROOM_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rand.h"
#include "blob/blob.h"
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct room {
    char root[48], folder[64];
    struct blobs_options options;
    struct blobs *blobs;
    struct file_id id;
};

static inline void
room_open(struct room *t)
{
    struct err e = {0};

    if (blobs_open(t->folder, &t->options, &t->blobs, &e) < 0)
        fail_msg("blobs_open: %s", e.text);
}

/* For the whole group: hash tables need their key. */
static inline int
room_begin(void **state)
{
    (void)state;
    rand_init();
    return 0;
}

static inline int
room_setup(void **state)
{
    struct room *t = must_alloc(sizeof *t);

    snprintf(t->root, sizeof t->root, "/tmp/loquat-blob-XXXXXX");
    assert_non_null(mkdtemp(t->root));
    snprintf(t->folder, sizeof t->folder, "%s/files", t->root);
    t->options.sync_bytes = 8 << 20;
    t->id = file_id_new();
    room_open(t);
    *state = t;
    return 0;
}

static inline int
room_remove(const char *path, const struct stat *st, int type,
            struct FTW *where)
{
    (void)st, (void)type, (void)where;
    return remove(path);
}

static inline int
room_teardown(void **state)
{
    struct room *t = *state;

    blobs_close(&t->blobs);
    nftw(t->root, room_remove, 8, FTW_DEPTH | FTW_PHYS);
    free(t);
    return 0;
}

#define room_unit_test(f) \
    cmocka_unit_test_setup_teardown(f, room_setup, room_teardown)

/* The byte at this place of every test's file. */
static inline uint8_t
room_byte(uint64_t at)
{
    return (uint8_t)((at * 2654435761u) >> 13 ^ at);
}

/* n bytes as they belong at `at`. Returns owned. */
static inline uint8_t *
room_bytes(uint64_t at, size_t n)
{
    uint8_t *p = malloc(n ? n : 1);

    assert_non_null(p);
    for (size_t i = 0; i < n; i++)
        p[i] = room_byte(at + i);
    return p;
}

/* The next n bytes. */
static inline int
room_append(struct blob *b, uint64_t writer, size_t n)
{
    uint8_t *p = room_bytes(blob_written(b), n);
    int rc = blob_append(b, writer, p, n);

    free(p);
    return rc;
}

static inline void
room_sum(uint64_t n, uint8_t sum[32])
{
    uint8_t *p = room_bytes(0, n);

    assert_int_equal(EVP_Digest(p, n, sum, NULL, EVP_sha256(), NULL), 1);
    free(p);
}

static inline struct blob *
room_write(struct room *t, uint64_t size, uint64_t *writer)
{
    struct blob *b = NULL;

    assert_int_equal(blob_open_write(t->blobs, &t->id, size, &b, writer), 0);
    return b;
}

static inline void
room_path(const struct room *t, const char *end, char out[160])
{
    char name[FILE_ID_CHARS + 1];

    file_id_write(&t->id, name);
    snprintf(out, 160, "%s/%s%s", t->folder, name, end);
}

/* The size of the file on disk, or -1. */
static inline long long
room_on_disk(const struct room *t, const char *end)
{
    struct stat st;
    char path[160];

    room_path(t, end, path);
    return stat(path, &st) == 0 ? (long long)st.st_size : -1;
}

/* The first n bytes are those of room_byte(). */
static inline void
room_expect(const struct blob *b, size_t n)
{
    uint8_t *got = malloc(n + 1), *want = room_bytes(0, n);

    assert_int_equal(pread(blob_fd(b), got, n, 0), n);
    assert_memory_equal(got, want, n);
    free(got);
    free(want);
}

#endif
