/* SPDX-License-Identifier: MIT
 *
 * Rows of files for the tests of this folder. */
#ifndef STORE_FILES_TEST_H
#define STORE_FILES_TEST_H

#include "store/scratch_test.h"

static inline struct file_id
files_id(uint8_t n)
{
    return (struct file_id){{n, [15] = 1}};
}

/* An arriving one of room 1 and owner 7. */
static inline struct file_row
files_row(uint8_t n, uint64_t size)
{
    return (struct file_row){
        .facts = {.id = files_id(n), .ticket = files_id((uint8_t)(100 + n)),
                  .size = size, .state = FILE_ARRIVING, .resumable = true},
        .room = 1, .owner_id = 7, .owner = str_of("alice"),
        .name = str_of("photo.webp"),
        .reserved = size == FILE_SIZE_UNKNOWN ? 100 : size,
        .created_ms = 1000 + n, .expires_ms = 9000 - n,
    };
}

static inline void
files_put(struct store *s, const struct file_row *f)
{
    assert_int_equal(store_begin(s), 0);
    assert_int_equal(store_put_file(s, f), 0);
    assert_int_equal(store_commit(s), 0);
}

static inline void
files_set(struct store *s, const struct file_row *f)
{
    assert_int_equal(store_begin(s), 0);
    assert_int_equal(store_set_file(s, f), 0);
    assert_int_equal(store_commit(s), 0);
}

/* It is whole, with this seq. */
static inline void
files_finish(struct store *s, struct file_row *f, uint64_t seq)
{
    f->facts.state = FILE_WHOLE;
    f->facts.sha256[0] = 0xab;
    f->seq = seq;
    f->expires_ms = 0;
    files_set(s, f);
}

#endif
