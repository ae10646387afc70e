/* SPDX-License-Identifier: MIT
 *
 * Bodies on the disk for the tests of backup and fsck. */
#ifndef STORE_BODIES_TEST_H
#define STORE_BODIES_TEST_H

#include "store/files_test.h"

#include "store/body.h"
#include <fcntl.h>
#include <sys/stat.h>

static inline void
bodies_path(const struct scratch *t, uint8_t n, char path[160])
{
    char id[FILE_ID_CHARS + 1];
    struct file_id file = files_id(n);
    file_id_write(&file, id);
    snprintf(path, 160, "%s/files/%s", t->folder, id);
}

static inline void
bodies_write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

/* File n of room 1, whole, as message `seq`: its body, and then its row. */
static inline void
bodies_put(const struct scratch *t, struct store *s, uint8_t n, uint64_t seq,
           const char *text)
{
    struct file_row f = files_row(n, strlen(text));
    char path[160];
    snprintf(path, sizeof path, "%s/files", t->folder);
    mkdir(path, 0700);
    bodies_path(t, n, path);
    bodies_write_file(path, text);
    files_put(s, &f);
    f.facts.state = FILE_WHOLE;
    f.seq = seq;
    f.expires_ms = 0;
    struct sum *sum = sum_new();
    sum_add(sum, text, strlen(text));
    sum_free(&sum, f.facts.sha256);
    files_set(s, &f);
}

/* Rooms 1 and 2 with ten messages each, and files 1 to 3 of room 1. */
static inline struct store *
bodies_fill(const struct scratch *t)
{
    struct store *s = scratch_open(t);
    scratch_put_room(s, 1, "#one");
    scratch_put_room(s, 2, "#two");
    scratch_fill(s, 1, 1, 10);
    scratch_fill(s, 2, 1, 10);
    bodies_put(t, s, 1, 2, "the first body");
    bodies_put(t, s, 2, 4, "");
    bodies_put(t, s, 3, 6, "another one, a little longer");
    return s;
}

#endif
