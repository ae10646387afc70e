/* SPDX-License-Identifier: MIT
 *
 * Bodies of files as backup and fsck see them: plain files of the data folder,
 * read while a server may use them. Internal to store/. */
#ifndef STORE_BODY_H
#define STORE_BODY_H

#include "base/err.h"
#include "base/file_id.h"
#include <stdint.h>

#define BODY_SUM_BYTES 32
#define BODY_SUM_CHARS (2 * BODY_SUM_BYTES)

/* The whole body of id in FOLDER/files: its descriptor (returns owned) with
 * its length. -ENOENT; -EINVAL: what lies there is no plain file. */
int body_open(const char *folder, const struct file_id *id,
              uint64_t *ret_bytes) MUST_USE;

/* SHA-256, of bytes as they come. */
struct sum;

struct sum *sum_new(void);
void sum_add(struct sum *s, const void *p, size_t n);
void sum_free(struct sum **s, uint8_t ret[BODY_SUM_BYTES]);  /* NULL is fine */

/* Reads a piece: how many bytes, 0 at the end, -errno. */
int64_t body_read(int fd, void *p, size_t n) MUST_USE;

void body_sum_write(const uint8_t sum[BODY_SUM_BYTES],
                    char ret[BODY_SUM_CHARS + 1]);

/* False, ret untouched, when s is not the text of one. */
bool body_sum_read(struct str s, uint8_t ret[BODY_SUM_BYTES]);

#endif
